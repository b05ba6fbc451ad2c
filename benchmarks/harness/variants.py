"""Variants as the package composes and builds them: the one place of the benchmarks that knows how."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness import deep

if TYPE_CHECKING:
    from torch import nn, optim

    from nnlabs.config.whole import Config
    from nnlabs.training.settings import Variant


def settings() -> "Config":
    """All of params.yaml, checked."""
    from nnlabs.config.whole import load

    return load()


def named(name: str) -> "Variant":
    """A variant of params.yaml."""
    return settings().variants[name].variant()


def cut(variant: "Variant", epochs: int) -> "Variant":
    """The same variant, trained for so many epochs."""
    return replace(variant, training=variant.training.model_copy(update={"epochs": epochs}))


def of(case: deep.Case, optimizer: str = "adam") -> "Variant":
    """A case of the deep networks as an entry of params.yaml would say it."""
    if case.network == "mobilenet_v2":
        return _made("transfer", {"backbone": case.network, "frozen": 0, "size": case.size}, optimizer, case.batch)
    return _made("resnet", {"depth": 50, "stem": "large"}, optimizer, case.batch)


def _made(model: str, network: dict[str, Any], optimizer: str, batch: int) -> "Variant":
    from nnlabs import models
    from nnlabs.training import optimizers
    from nnlabs.training.settings import Training, Variant

    training = Training(batch_size=batch, epochs=1, optimizer=optimizer, lr=deep.LEARNING_RATE, seeds=(0,))
    family, algorithm = models.family(model).Settings, optimizers.algorithm(optimizer).Settings
    return Variant("deep", "", "", model, training, family.model_validate(network), algorithm())


def optimizer(variant: "Variant", network: "nn.Module", precision: str) -> "optim.Optimizer":
    """The only optimizer of a variant that has one."""
    from nnlabs.training import optimizers

    (rate,) = variant.training.rates
    algorithm = optimizers.algorithm(variant.training.optimizer)
    (only,) = algorithm.build(variant.algorithm, network, rate, precision)
    return only


def frozen(backbone: str, mean: Sequence[float], std: Sequence[float], size: int) -> "nn.Module":
    """A whole backbone as the stage `features` runs it, batch normalisation folded in."""
    from nnlabs.models import backbones
    from nnlabs.models.pretrained import STAGES

    network = backbones.FrozenStages(backbone, STAGES[backbone], mean, std, size)
    network.fold()
    return network


def words() -> dict[str, Any]:
    """Knobs of the lab of word vectors, and its `dataset`."""
    from harness.lacking import LackingError

    lab = settings().labs.get("words")
    if lab is None or lab.knobs is None:
        raise LackingError("params.yaml: labs.words: missing; the benchmark of word vectors takes its knobs from there")
    return lab.knobs.model_dump(mode="json") | {"dataset": lab.dataset}
