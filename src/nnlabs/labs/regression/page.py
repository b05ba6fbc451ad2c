"""The page of `regression`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnlabs.labs.common import curves, layers
from nnlabs.labs.regression import figures as drawn
from nnlabs.labs.regression.results import Learned, Results, Spikes
from nnlabs.labs.regression.settings import Curve, Settings
from nnlabs.reporting import figures, tables
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.seeds import number
from nnlabs.reporting.sentences import counted
from nnlabs.scratch.arrays import Array

LIMIT = "Each network has one size and one rate, so nothing here says that they are the best."


@dataclass(frozen=True)
class View:
    points: str
    """Of the sigmoid, repeats included."""
    layers: int
    """Of the cosine's network."""
    sigmoid: str
    """Table of the errors at the snapshots."""
    cosine: str
    noise: str
    """Table of the losses at the end beside what the noise makes of them; empty without noise."""
    jumped: bool
    cured: bool
    """Whether the falling rate left no jump."""
    ends: str
    """The last losses, with the falling rate and the constant one."""
    gradient: str
    step: str
    messages: dict[str, str]


def answer(results: Results) -> Answer:
    sigmoid = results.curves["sigmoid"]
    sentences = (
        _sigmoid(sigmoid),
        _against(sigmoid),
        f"{_cosine(results.curves['cosine'])}; its {_spikes(results.spikes)}",
        LIMIT,
    )
    return Answer(tuple(each for each in sentences if each), "sigmoid.svg", _message(sigmoid))


def _sigmoid(learned: Learned) -> str:
    said = (
        f"A network written by hand learns a sigmoid from points to within {number(learned.mean_error)} of the true "
        f"function (root mean square, mean of {counted(len(learned.errors))})"
    )
    if not learned.noise:
        return said + "."
    share = learned.mean_error / learned.noise
    if share >= 1:
        return f"{said}, no nearer than the single points, whose noise is {learned.noise:g}."
    return (
        f"{said}, {100 * share:.0f} % of the noise of {learned.noise:g} that each point has: it sees many points, and "
        "their noise averages out."
    )


def _against(learned: Learned) -> str:
    """The loss of the first seed's end beside the noise as it was drawn."""
    if not learned.noise:
        return ""
    loss, own, floor = learned.losses[0], learned.variances[0], learned.floors[0]
    why = ", so this one follows some of it" if loss < own else ""
    return (
        f"Its squared error to the points ends at {number(loss)} (first seed), where the true function itself has "
        f"{number(own)}: a curve that gets below that follows the noise{why}, and no function of x can get below "
        f"{number(floor)}."
    )


def _cosine(learned: Learned) -> str:
    noise = f"with noise of {learned.noise:g}" if learned.noise else "without noise"
    return f"In PyTorch, {noise}, a cosine is learnt to within {number(learned.mean_error)}"


def _spikes(found: Spikes) -> str:
    if not found.constant:
        return "loss makes no jump on the way."
    said = f"loss jumps up {counted(found.constant, 'time')} on the way"
    if found.falling >= found.constant:
        return f"{said}, and {found.falling} with a rate that falls to 0."
    cured = "never does" if not found.falling else f"does so {counted(found.falling, 'time')}"
    return f"{said}, since Adam's steps stay long where gradients are tiny; with a rate that falls to 0 it {cured}."


def _message(learned: Learned) -> str:
    first, last = (float(np.mean([each[at] for each in learned.errors])) for at in (0, -1))
    verb = "comes nearer to" if last < first else "does not come nearer to"
    distances = f"{number(first)} from it at the first snapshot, {number(last)} at the last"
    return f"The curve {verb} the dashed true function: {distances}."


def metrics(results: Results) -> dict[str, float]:
    return {f"{name}_error": learned.mean_error for name, learned in results.curves.items()}


def curve(results: Results, arrays: dict[str, Array]) -> curves.Rows:
    """log10 of the first seed's loss by iteration, a line a network."""
    return [
        row
        for name in results.curves
        for row in curves.line(arrays[f"{name}.iterations"], np.log10(arrays[f"{name}.losses"]), name)
    ]


def networks(results: Results, settings: Settings, shape: Sequence[int]) -> dict[str, layers.Layers]:
    """From one number to one number."""
    return {
        "The sigmoid, by hand": layers.connected([1, *settings.sigmoid.hidden, 1], "ReLU"),
        "The cosine, in PyTorch": layers.connected([1, *settings.cosine.hidden, 1], "Tanh"),
    }


def page(results: Results, arrays: dict[str, Array], settings: Settings, folder: Path) -> View:
    sigmoid, cosine = results.curves["sigmoid"], results.curves["cosine"]
    for name, chosen in (("sigmoid", settings.sigmoid), ("cosine", settings.cosine)):
        figures.save(drawn.snapshots(name, chosen, arrays), folder / f"{name}.svg", __name__)
    figures.save(drawn.losses("sigmoid", sigmoid, arrays), folder / "sigmoid-loss.svg", __name__)
    figures.save(drawn.spikes(arrays), folder / "spikes.svg", __name__)
    return View(
        points=f"{settings.sigmoid.points * settings.sigmoid.repeats:,}",
        layers=len(settings.cosine.hidden) + 1,
        sigmoid=tables.markdown(_rows(sigmoid, settings.sigmoid)),
        cosine=tables.markdown(_rows(cosine, settings.cosine)),
        noise=tables.markdown(_noise(sigmoid, settings.sigmoid.seeds)) if sigmoid.noise else "",
        jumped=results.spikes.constant > 0,
        cured=results.spikes.falling == 0,
        ends=f"{number(results.spikes.falling_loss)} in place of {number(results.spikes.constant_loss)}",
        gradient=_digits(results.spikes.gradient),
        step=_digits(results.spikes.step),
        messages={
            "loss": _against(sigmoid) or f"The loss ends at {number(sigmoid.losses[0])}.",
            "cosine": _message(cosine),
            "spikes": f"The {_spikes(results.spikes)}",
        },
    )


def _digits(factor: float) -> str:
    """Two digits of a factor that was read off at single iterations."""
    return f"{float(f'{factor:.2g}'):,.0f}"


def _rows(learned: Learned, settings: Curve) -> list[dict[str, Any]]:
    errors = np.array(learned.errors)  # seeds x snapshots
    return [
        {"iterations": f"{iteration:,}", "mean": f"{errors[:, i].mean():.4f}"}
        | {f"seed {seed}": f"{errors[j, i]:.4f}" for j, seed in enumerate(settings.seeds)}
        for i, iteration in enumerate(settings.snapshots)
    ]


def _noise(learned: Learned, seeds: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "seed": seed,
            "network, at the end": f"{loss:.5f}",
            "true function": f"{own:.5f}",
            "mean of the points at each x": f"{floor:.5f}",
        }
        for seed, loss, own, floor in zip(seeds, learned.losses, learned.variances, learned.floors, strict=True)
    ]
