"""What `make quick` leaves of params.yaml."""

from nnlabs.pipeline.quick import cut


def test_one_seed_half_of_the_epochs_and_the_two_middle_rates_of_a_search() -> None:
    settings = {
        "labs": {"cars": {"defaults": {"seeds": [3, 1, 2], "lr_grid": [0.001, 0.003, 0.01, 0.03], "epochs": 4}}},
        "variants": {"a": {"lr_grid": [0.1, 0.2, 0.3], "epochs": 5}, "b": {"lr_grid": None, "lr": 0.1}},
        "optional": {"c": {"seeds": [5, 6]}},
    }
    cut(settings)
    assert settings == {
        "labs": {"cars": {"defaults": {"seeds": [3], "lr_grid": [0.003, 0.01], "epochs": 2}}},
        "variants": {"a": {"lr_grid": [0.1, 0.2], "epochs": 3}, "b": {"lr_grid": None, "lr": 0.1}},
        "optional": {"c": {"seeds": [5]}},
    }
