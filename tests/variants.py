"""Variants on made data, and such with changes."""

from typing import Any

from nnlabs import models
from nnlabs.training import optimizers
from nnlabs.training.settings import Training, Variant

DEFAULTS = {"batch_size": 16, "epochs": 3, "optimizer": "adam", "lr": 0.001, "seeds": (0,)}
MUON = {"optimizer": "muon", "lr": 0.05, "adam_lr": 0.003, "momentum": 0.9, "nesterov": True}
ONE_CYCLE = {"schedule": "one_cycle", "warmup": 0.2}

RECIPES: dict[str, dict[str, Any]] = {
    "mlp": {"hidden": (128, 64)},
    "lecture": {"hidden": (512, 256, 128), "dropout": 0.3, "mean": (0.286,), "std": (0.353,)},
    "best-mlp": {"hidden": (512, 256, 128), "batch_norm": True, "flip": True, **MUON, **ONE_CYCLE},
    "cnn": {"model": "cnn", "channels": (4, 4), "hidden": (8,), "batch_norm": True, "label_smoothing": 0.1, "crop": 2}
    | MUON
    | ONE_CYCLE,
    "strong": {"model": "whitened", "channels": (32, 112, 128), "flip": True, "crop": 2, "tta_flip": True}
    | MUON
    | ONE_CYCLE
    | {"lr": 0.2, "adam_lr": 0.02, "momentum": 0.6, "label_smoothing": 0.1},
    "record": {"model": "whitened", "channels": (8, 8, 8), "activation": "silu", "norm_scale": False}
    | {"flip": True, "alternate_flip": True, "crop": 2, "tta_flip": True, "tta_shift": 1, "label_smoothing": 0.2}
    | {"optimizer": "muon", "lr": 0.12, "bias_lr": 26.5, "head_lr": 0.41, "sgd_momentum": 0.85, "sgd_decay": 0.001}
    | {"fixed_norm": True, "ns_steps": 3, "momentum": 0.6, "nesterov": True, "schedule": "one_cycle"},
    "resnet50": {"model": "resnet", "depth": 50, "stem": "large", "flip": True, "crop": 2, **ONE_CYCLE},
    "vgg": {"model": "vgg", "blocks": ((4,), (8,)), "hidden": (8,), "optimizer": "adamw", **ONE_CYCLE},
    "inception": {"model": "inception", "stem": 16, "blocks": ((16,), (32,)), "optimizer": "adamw", **ONE_CYCLE},
}
"""After those of params.yaml, smaller; each with three epochs."""


def variant(recipe: str = "mlp", **changes: Any) -> Variant:
    """A variant of this recipe, its keys changed; None takes one away."""
    keys = DEFAULTS | RECIPES[recipe] | changes
    return composed(**{key: value for key, value in keys.items() if value is not None})


def composed(id: str = "made", lab: str = "made", dataset: str = "made", model: str = "mlp", **keys: Any) -> Variant:
    """A variant whose keys go to who owns them: training, network or optimizer.

    Raises
    ------
    ValueError
        Where a value is wrong; a key that none owns is the optimizer's mistake.
    """

    def of(owner: Any) -> Any:
        return owner.model_validate({key: keys.pop(key) for key in list(keys) if key in owner.model_fields})

    training = of(Training)
    network = of(models.family(model).Settings)
    algorithm = optimizers.algorithm(training.optimizer).Settings.model_validate(keys)
    return Variant(id, lab, dataset, model, training, network, algorithm)
