"""What moved images do to the networks of `cifar10`: sentences, a table and the figure."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlabs.evaluation.statistics import Comparison, Sample, compare, interval
from nnlabs.labs.cifar10.ids import CNN, MLP, SMALL_CNN, SMALL_MLP
from nnlabs.reporting import figures
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.result import Result
from nnlabs.reporting.sentences import percent


def moved(found: Findings) -> list[Result]:
    """The variants whose accuracy on moved images is known; the small ones have learned from no moved image."""
    return [each for each in found.results.shown.values() if each.scores.shifts]


def _accuracy(result: Result) -> tuple[list[int], NDArray[np.float64]]:
    """Pixels, and accuracy S x pixels."""
    known = result.scores.shifts or {}
    return list(known["pixels"]), np.array(known["accuracy"], float)


def _lost(result: Result) -> list[float]:
    """What the furthest shift costs, as a part of what unmoved images show beyond guessing; a number a seed."""
    _, accuracy = _accuracy(result)
    chance = 1 / len(result.scores.data["classes"])
    lost: list[float] = ((accuracy[:, 0] - accuracy[:, -1]) / np.maximum(accuracy[:, 0] - chance, 1e-9)).tolist()
    return lost


def _costs(found: Findings) -> Comparison:
    """The small MLP's loss against the small CNN's, over seeds."""
    samples = {key: Sample.of(_lost(found.of(key))) for key in (SMALL_MLP, SMALL_CNN)}
    (more,) = compare(samples, [(SMALL_MLP, SMALL_CNN)])
    return more


def _fall(found: Findings) -> tuple[int, dict[str, tuple[float, float]]] | None:
    """The furthest shift, and of the two small networks accuracy before and after; None where it is not known."""
    if not found.there(SMALL_MLP, SMALL_CNN):
        return None
    pair = {key: found.of(key) for key in (SMALL_MLP, SMALL_CNN)}
    if any(not each.scores.shifts for each in pair.values()):
        return None
    told = {}
    for key, each in pair.items():
        _, accuracy = _accuracy(each)
        told[key] = float(accuracy[:, 0].mean()), float(accuracy[:, -1].mean())
    return _accuracy(pair[SMALL_CNN])[0][-1], told


def in_short(found: Findings) -> str:
    known = _fall(found)
    if known is None:
        return ""
    pixels, told = known
    lost = {key: float(np.mean(_lost(found.of(key)))) for key in told}
    said = {key: f"from {percent(before, 0)} to {percent(after, 0)} %" for key, (before, after) in told.items()}
    more = _costs(found)
    begin = (
        "A CNN loses a smaller share of what it knows when things move: where"
        if more.better
        else "A CNN loses a larger share of what it knows when things move: where"
        if more.worse
        else "Where"
    )
    return (
        f"{begin} test images are moved by {pixels} pixels, a small CNN that never saw a moved one goes "
        f"{said[SMALL_CNN]}, a small MLP {said[SMALL_MLP]}, which is {percent(lost[SMALL_CNN], 0)} % against "
        f"{percent(lost[SMALL_MLP], 0)} % of what they know beyond guessing{_in_points(more, told)}."
    )


def _in_points(more: Comparison, told: Mapping[str, tuple[float, float]]) -> str:
    """That in points it is the other way round, where the smaller share is one of so much more."""
    fallen = {"MLP": told[SMALL_MLP][0] - told[SMALL_MLP][1], "CNN": told[SMALL_CNN][0] - told[SMALL_CNN][1]}
    less, other = ("CNN", "MLP") if more.better else ("MLP", "CNN")
    if not more.found or fallen[less] <= fallen[other]:
        return ""
    return (
        f"; in points the {less}, which has more to lose, loses more ({percent(fallen[less], 1)} against "
        f"{percent(fallen[other], 1)})"
    )


def sentences(found: Findings) -> list[str]:
    """What the figure of shifts says, and why."""
    known = _fall(found)
    if known is None:
        return []
    pixels, told = known
    lost = {key: float(np.mean(_lost(found.of(key)))) for key in (SMALL_MLP, SMALL_CNN)}
    said = [
        f"Of what they know beyond guessing, a shift of {pixels} pixels takes {percent(lost[SMALL_MLP], 0)} % from "
        f"{found.name(SMALL_MLP)} and {percent(lost[SMALL_CNN], 0)} % from {found.name(SMALL_CNN)}; neither saw a "
        f"moved image while it learned{_in_points(_costs(found), told)}."
    ]
    if _costs(found).better:
        said.append(
            "A weight of the MLP belongs to one pixel, so what it learned of a wheel at the lower left says nothing "
            "of one further up. A filter of the CNN is the same at every place: its answer moves along with the "
            "wheel, and poolings make small moves vanish. What is left of the fall may come from the last layer, which "
            "does have a weight for each place, from poolings that a move of one pixel does not shift by a whole "
            "place, and from the border."
        )
    if found.there(MLP, CNN) and all(found.of(key).scores.shifts for key in (MLP, CNN)):
        crops = {key: found.of(key).training.get("crop") or 0 for key in (MLP, CNN)}
        if all(crops.values()):
            said.append(
                f"{found.name(MLP)} and {found.name(CNN)} learned from images moved by up to {crops[MLP]} and "
                f"{crops[CNN]} pixels: what a convolution has built in can be taught by examples, as far as they go."
            )
    return said


def message(found: Findings) -> str:
    """What the figure of shifts shows."""
    told = []
    for each in moved(found):
        pixels, accuracy = _accuracy(each)
        means = accuracy.mean(0)
        told.append(f"{each.name} {percent(means[0], 0)} % unmoved, {percent(means[-1], 0)} % at {pixels[-1]} pixels")
    return "; ".join(told)


def row(result: Result) -> dict[str, str]:
    pixels, accuracy = _accuracy(result)
    cells = {
        "unmoved" if not each else f"{each} px": percent(accuracy[:, i].mean(), 1) for i, each in enumerate(pixels)
    }
    return {"variant": result.name, **cells}


def figure(found: Findings) -> Figure:
    """Accuracy against the shift, the mean of the seeds with its interval over them."""
    drawn = Figure(figsize=(figures.WIDTH, 4.2))
    axes = drawn.add_subplot()
    styles = figures.colours(list(found.results.shown))
    for each in moved(found):
        pixels, accuracy = _accuracy(each)
        half = [0.0 if len(accuracy) < 2 else 100 * interval(column.tolist()) for column in accuracy.T]
        look = styles[each.id]
        axes.errorbar(
            pixels, 100 * accuracy.mean(0), yerr=half, marker="o", markersize=5, capsize=3, label=each.name, **look
        )
    axes.set_xticks(pixels)
    axes.set_ylim(0, 100)
    axes.set_xlabel("test images moved by, pixels")
    axes.set_ylabel("accuracy, %")
    drawn.legend(loc="outside upper left", ncols=2)
    return drawn
