"""Variants as the package composes and builds them: the one place of the benchmarks that knows how."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness import deep

if TYPE_CHECKING:
    from torch import nn, optim

    from nnlabs import config
    from nnlabs.config import Arm as Variant


def settings() -> "config.Params":
    """All of params.yaml, checked."""
    from nnlabs import config

    return config.load()


def named(name: str) -> "Variant":
    """A variant of params.yaml."""
    return settings().arms[name]


def words() -> dict[str, Any]:
    """Knobs of the lab of word vectors, and its `dataset`."""
    from nnlabs.core.errors import UserError

    found = settings().studies.words
    if found is None:
        raise UserError("params.yaml: studies.words: missing; the benchmark of word vectors takes its settings there")
    return found.model_dump(mode="json")


def cut(variant: "Variant", epochs: int) -> "Variant":
    """The same variant, trained for so many epochs."""
    return variant.model_copy(update={"epochs": epochs})


def epochs(variant: "Variant") -> int:
    return variant.epochs


def batch_size(variant: "Variant") -> int:
    return variant.batch_size


def of(case: deep.Case, optimizer: str = "adam") -> "Variant":
    """A case of the deep networks as an entry of params.yaml would say it."""
    training = {"optimizer": optimizer, "lr": deep.LEARNING_RATE, "batch_size": case.batch}
    if case.network == "mobilenet_v2":
        return _made("transfer", {"backbone": case.network, "frozen": 0, "size": case.size}, **training)
    return _made("resnet", {"depth": 50, "stem": "large"}, **training)


def _made(model: str, network: dict[str, Any], **training: Any) -> "Variant":
    """What its network's family is told, and how it trains."""
    from nnlabs import config

    common = {"lab": "", "dataset": "", "model": model, "seeds": [0], "epochs": 1}
    return config.ARMS[model].model_validate(common | network | training)


def network(
    variant: "Variant", shape: Sequence[int], classes: int, mean: Sequence[float], std: Sequence[float]
) -> "nn.Module":
    """The variant's network with fresh weights, for images of the shape (C, H, W)."""
    from nnlabs.models.build import build

    return build(variant, shape, classes, mean, std)


def optimizer(variant: "Variant", network: "nn.Module", lr: float, precision: str) -> "optim.Optimizer":
    """The only optimizer of a variant that has one."""
    from nnlabs.training import optimizers

    (only,) = optimizers.build(variant, network, lr, precision)
    return only


def frozen(backbone: str, mean: Sequence[float], std: Sequence[float], size: int) -> "nn.Module":
    """A whole backbone as the stage `features` runs it, batch normalisation folded in."""
    from nnlabs.data.settings import STAGES
    from nnlabs.models import backbones

    network = backbones.Frozen(backbone, STAGES[backbone], mean, std, size)
    network.fold()
    return network
