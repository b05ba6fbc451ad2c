"""What the page says of learning rate, batch size and hidden size."""

from collections.abc import Sequence
from itertools import combinations
from math import isnan
from pathlib import Path

from nnlabs.labs.common import recipes
from nnlabs.labs.objects3.grid import Cell, Curve, curve, grid, heat_map, pace_chart
from nnlabs.reporting import epochs, figures, network
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.seeds import number
from nnlabs.reporting.sentences import counted, excluded, listed, percent

RUN_4 = "objects3-lr0p001-h50-b32"
"""What the source calls its run 4 and its best."""
ORIGINAL = (
    "On the source's own classes of CIFAR-100, apple, clock and house, the original edition gave 80.4 ± 1.0 % for "
    "run 4 and 82.1 ± 1.5 % for the best of the grid (five seeds, intervals over seeds alone); that run is not part "
    "of this report."
)
"""Measured once with `edition: original`, with this grid and as many epochs, by an earlier version of this project."""
SAME = "objects3-lr0p005-h50-b128"
"""A rate five times as large and batches four times as large: nearly run 4's rate / batch size."""


def answer(found: Findings) -> Answer:
    cells = grid(found)
    along = curve(cells)
    sentences = (_follows(found, cells, along), _size(found, cells), _run_4(found), _limit(found, cells))
    return Answer(
        tuple(each for each in sentences if each),
        "pace.svg" if along else "accuracy.svg",
        _message(cells) if along else found.message(),
    )


def _follows(found: Findings, cells: Sequence[Cell], along: Curve | None) -> str:
    """Whether accuracy goes with learning rate / batch size, as far as the grid can show it."""
    if along is None or len(along.paces) < 2:
        return ""
    means = ", ".join(percent(each, 1) for each in along.means)
    ends = f"from {number(along.paces[0])} to {number(along.paces[-1])}"
    same = found.pair(SAME, RUN_4)
    if along.rising and same and same.decidable and not same.found:
        return (
            "The runs agree with the argument that the learning rate divided by the batch size is what counts: ordered "
            f"by it, {ends}, mean test accuracy goes {means} %, and a rate five times as large with batches four times "
            f"as large cannot be told from the source's run 4 ({excluded(same)})."
        )
    rises = "rises throughout" if along.rising else "does not rise throughout"
    return (
        f"Ordered by learning rate / batch size, {ends}, mean test accuracy {rises}, as means, whatever their "
        f"intervals: {means} %."
    )


def _size(found: Findings, cells: Sequence[Cell]) -> str:
    """Whether the hidden sizes can be told apart where all else is equal."""
    pairs = [pair for pair in combinations(cells, 2) if len({(cell.rate, cell.batch) for cell in pair}) == 1]
    told = [found.pair(large.result.id, small.result.id) for small, large in pairs]
    compared = [each for each in told if each]
    if not compared:
        return ""
    sizes = listed([str(size) for size in sorted({cell.hidden for cell in cells})])
    apart = percent(max(abs(each.difference) for each in compared), 1)
    differing = [each for each in compared if each.found]
    if differing:
        few, many = (all(each) for each in ((one.worse for one in differing), (one.better for one in differing)))
        which = "fewer" if few else "more" if many else "another number of"
        where = f"{len(differing)} of {len(compared)} pairs of rate and batch size"
        return f"Of {sizes} hidden units, {which} units score higher in {where}."
    if not all(each.decidable for each in compared):
        return ""
    return (
        f"{sizes} hidden units cannot be told apart in any of the {len(compared)} pairs of rate and batch size (means "
        f"differ by at most {apart} points): both lie on one curve as far as these runs show."
    )


def _run_4(found: Findings) -> str:
    if not found.there(RUN_4):
        return ""
    compared = [each for each in found.compared.get("run-4", []) if RUN_4 in (each.variant, each.reference)]
    better = [each for each in compared if each.better]
    said = f"The source's run 4 (rate 0.001, 50 units, batch 32) reaches {found.reached(RUN_4)}"
    if better:
        are = "is" if len(better) == 1 else "are"
        return f"{said}; {len(better)} of {len(compared)} others {are} found to be better."
    if not compared or not all(each.decidable for each in compared):
        return f"{said}."
    worse = [each for each in compared if each.worse]
    return (
        f"{said}; none of the {len(compared)} others is found to be better and "
        f"{len(worse) or 'none'} {'is' if len(worse) < 2 else 'are'} found to be worse."
    )


def _limit(found: Findings, cells: Sequence[Cell]) -> str:
    data, run = found.results.data, found.results.pictured
    error = percent(run.scores.sampling_error, 1)
    said = [f"{data['sizes']['test']:,} test images alone leave ± {error} points open"]
    if cells:
        rates, batches = len({each.rate for each in cells}), len({each.batch for each in cells})
        tried = f"{counted(rates, 'rate')} and {counted(batches, 'batch size')}"
        said.append(f"{tried} cannot show that nothing but their ratio counts")
    if data["edition"] != "original":
        names = listed(data["classes"])
        said.append(f"{names} of CIFAR-10 stand in for the source's apple, clock and house of CIFAR-100")
    return f"{', and '.join(filter(None, [', '.join(said[:-1]), said[-1]]))}."


def _message(cells: Sequence[Cell]) -> str:
    """What the curve shows."""
    along = curve(cells)
    assert along is not None
    each = [f"{percent(mean, 1)} % at {number(pace)}" for pace, mean in zip(along.paces, along.means, strict=True)]
    return f"Test accuracy by learning rate / batch size, mean of the hidden sizes: {listed(each)}"


def notes(found: Findings) -> dict[str, list[str]]:
    """Why it came out so."""
    cells = grid(found)
    along = curve(cells)
    if along is None:
        return {}
    said = [f"![{heat_message(cells)}](figures/objects3/grid.svg)", _claim(found), *_why(cells)]
    if found.results.data["edition"] != "original":
        said.append(ORIGINAL)
    return {"run-4": [each for each in said if each]}


def heat_message(cells: Sequence[Cell]) -> str:
    low, high = min(cells, key=lambda cell: cell.result.test), max(cells, key=lambda cell: cell.result.test)
    ends = [
        f"{what} {percent(cell.result.test, 1)} % with rate {cell.rate:g}, {cell.hidden} units, batch {cell.batch}"
        for what, cell in (("lowest", low), ("highest", high))
    ]
    return f"Test accuracy of all {len(cells)} cells of the grid: {listed(ends)}"


def _claim(found: Findings) -> str:
    """'Best on training and on test', counted."""
    every = [*found.results.variants.values()]
    if not found.there(RUN_4) or any(each.picked for each in every):
        return ""
    own = found.of(RUN_4)
    ranks = [
        1 + sum(value(each) > value(own) for each in every)
        for value in (lambda each: each.running, lambda each: each.validation, lambda each: each.test)
    ]
    known = "" if isnan(own.validation) else f", {ranks[1]} on validation"
    return (
        "The source calls run 4 the best on training and on test images. In this grid its place among "
        f"{len(every)} is {ranks[0]} on training images{known} and {ranks[2]} on test images, by the means of the "
        "seeds."
    )


def _why(cells: Sequence[Cell]) -> list[str]:
    slow, fast = cells[0], cells[-1]
    reached = [recipes.at_epoch(each.result, each.result.epochs, "train_accuracy") for each in (slow, fast)]
    said = [
        "An epoch of $N$ images has $N / B$ steps, and each moves the weights by $\\eta$ times the mean gradient of "
        "its batch. As long as the gradient hardly changes from one step to the next, an epoch therefore moves them "
        "by $N \\eta / B$ times the mean gradient, however that is divided into steps: half the batch size does "
        "what twice the rate does. What such a network has learnt after a fixed number of epochs then depends on "
        "$\\eta / B$ alone."
    ]
    if reached[0] < reached[1]:
        said.append(
            f"The slowest cell has not arrived after {slow.result.epochs} epochs: {percent(reached[0], 1)} % of the "
            f"training images are right in its last one, against {percent(reached[1], 1)} % in the fastest."
        )
    turned = [each.rise > 0 for each in epochs.turns(fast.result)]
    if any(turned):
        said.append(
            f"The fastest one is past its best by then: in {sum(turned)} of {counted(len(turned))} its validation "
            "loss was lowest before the last epoch, and the kept epoch stops it in time."
        )
    return said


def drawn(found: Findings) -> str:
    """What the drawing of the network shows; empty where none is drawn."""
    known = recipes.layers(found, RUN_4)
    return "; ".join(network.message(name, layers) for name, layers in known.items())


def draw(found: Findings, folder: Path) -> None:
    cells = grid(found)
    if cells:
        figures.save(pace_chart(cells), folder / "pace.svg", __name__)
        figures.save(heat_map(cells), folder / "grid.svg", __name__)
    if known := recipes.layers(found, RUN_4):
        figures.save(network.strips(known), folder / "networks.svg", __name__)
