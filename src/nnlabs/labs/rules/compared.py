"""All that `rules` compares, at one level for all of it."""

import numpy as np

from nnlabs.evaluation.statistics import Sample
from nnlabs.labs.common.means import Difference, differences
from nnlabs.labs.rules.results import Measured
from nnlabs.labs.rules.settings import Settings
from nnlabs.labs.rules.stack import ACTIVATIONS
from nnlabs.scratch.arrays import Array


def differences_of(
    measured: Measured, settings: Settings, right: dict[tuple[str, float], Array], by_width: dict[int, Array]
) -> dict[str, Difference]:
    """All that is compared, at one level for all of it; accuracies with what the choice of the images adds."""
    low, high = settings.rates[0], settings.rates[-1]
    best = {name: measured.best(name) for name in ACTIVATIONS}
    pairs = {
        "dead.rate": _numbers(measured.of("relu", high).dead, measured.of("relu", low).dead),
        "dead.bias": _numbers(measured.of("relu", low, settings.bias).dead, measured.of("relu", low).dead),
        "leaky.low": _outcomes(right["leaky_relu", low], right["relu", low]),
        "leaky.high": _outcomes(right["leaky_relu", high], right["relu", high]),
        "accuracy.tanh-sigmoid": _outcomes(right["tanh", best["tanh"].rate], right["sigmoid", best["sigmoid"].rate]),
    }
    for one, other in (("tanh", "sigmoid"), ("relu", "sigmoid"), ("relu", "tanh"), ("relu", "leaky_relu")):
        if best[one].arrived and best[other].arrived:
            pairs[f"steps.{one}-{other}"] = _numbers(
                *([float(step or 0) for step in best[name].reached] for name in (one, other))
            )
    for rule, units in measured.rules.items():
        pairs |= {
            f"size.{rule}.{other}": _outcomes(by_width[other], by_width[units]) for other in by_width if other != units
        }
    plain, *others = measured.stuck.methods
    pairs |= {f"stuck.{each.name}": _numbers(each.solved, plain.solved) for each in others}
    return differences(pairs)


def _numbers(one: list[float], other: list[float]) -> tuple[Sample, Sample]:
    return Sample.of(one), Sample.of(other)


def _outcomes(one: Array, other: Array) -> tuple[Sample, Sample]:
    """Of seeds x images, whether right."""
    return Sample.of(one.mean(1), one.astype(np.float64)), Sample.of(other.mean(1), other.astype(np.float64))
