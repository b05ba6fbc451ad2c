"""What `make quick` leaves of params.yaml."""

from nnlabs.pipeline.quick import cut


def test_one_seed_a_fifth_of_the_epochs_half_of_the_images_and_one_rate_of_a_search() -> None:
    settings = {
        "datasets": {
            "few": {"train_per_class": 1},
            "cars": {"train_per_class": 1000, "test_per_class": 500, "original": {"train_per_class": None}},
        },
        "labs": {"cars": {"defaults": {"seeds": [3, 1, 2], "lr_grid": [0.001, 0.003, 0.01, 0.03], "epochs": 4}}},
        "variants": {"a": {"lr_grid": [0.1, 0.2, 0.3], "epochs": 6}, "b": {"lr_grid": None, "lr": 0.1}},
        "optional": {
            "c": {"seeds": [5, 6]},
            "d": {"epochs": 12, "windows": [24, 28, 30, 31, 32, 32], "proxy": {"keep": 0.5, "first_epoch": 11}},
        },
    }
    cut(settings)
    assert settings == {
        "datasets": {
            "few": {"train_per_class": 1},
            "cars": {"train_per_class": 500, "test_per_class": 500, "original": {"train_per_class": None}},
        },
        "labs": {"cars": {"defaults": {"seeds": [3], "lr_grid": None, "epochs": 1, "lr": 0.003}}},
        "variants": {"a": {"lr_grid": None, "epochs": 2, "lr": 0.2}, "b": {"lr_grid": None, "lr": 0.1}},
        "optional": {
            "c": {"seeds": [5]},
            "d": {"epochs": 3, "windows": [32, 32], "proxy": {"keep": 0.5, "first_epoch": 3}},
        },
    }
