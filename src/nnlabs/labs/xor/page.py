"""The page of `xor`."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtr

from nnlabs.labs.common import curves, layers
from nnlabs.labs.xor import figures as drawn
from nnlabs.labs.xor.results import CORNERS, ClassRun, Corners, Count, Output, Results
from nnlabs.labs.xor.sentences import accuracies, answer, between, expected, verdicts, weakest
from nnlabs.labs.xor.settings import Settings
from nnlabs.reporting import figures, seeds, sentences, tables
from nnlabs.scratch.arrays import Array

__all__ = ["answer", "curve", "metrics", "page"]

TITLES = {"regressed": "one output, regressed on the number", "softmax": "four outputs, softmax"}


@dataclass(frozen=True)
class View:
    """Tables, sentences, and numbers as the page writes them."""

    corner_rows: str
    by_seed: str
    pair: str
    """The lines of the two hidden units that are drawn, in LaTeX."""
    pair_seed: int
    line_verdict: tuple[str, ...]
    class_rows: str
    class_verdict: tuple[str, ...]
    weakest: str
    examples: str
    between: str
    ceiling: str
    """What no rule gets right more often than at this noise, percent."""
    corners: tuple[str, ...]
    """The corner of each class."""
    counts: str
    overshoots: bool
    """Whether the first steps make the loss larger."""
    seed: int
    """The one that is drawn."""
    drawn: int
    """How many of its points."""
    messages: dict[str, str]


def metrics(results: Results) -> dict[str, float]:
    """Accuracies on held-out points, means over the seeds."""
    found = accuracies(results)
    return {f"{kind}_accuracy": float(np.mean(found[kind])) for kind in ("network", "softmax")}


def curve(results: Results, arrays: dict[str, Array]) -> curves.Rows:
    """log10 of the network's loss by step, of the first seed."""
    return curves.line(arrays["corners.iterations"], np.log10(arrays["corners.losses"]), "network")


def networks(results: Results, settings: Settings, shape: Sequence[int]) -> dict[str, layers.Layers]:
    """One for each part of the page, from the two coordinates of a point."""
    hidden, four = results.corners.hidden, settings.classes.hidden
    return {
        "A line": layers.connected([2, 1], "Sigmoid"),
        "Two hidden units": layers.connected([2, 2, 1], "Sigmoid"),
        f"{hidden} hidden units": layers.connected([2, hidden, 1], "Sigmoid"),
        "Four classes, one output": layers.connected([2, four, 1], "Tanh"),
        "Four classes, an output each": [*layers.connected([2, four, 4], "Tanh"), layers.same("Softmax", [4])],
    }


def page(results: Results, arrays: dict[str, Array], settings: Settings, folder: Path) -> View:
    corners, classes = results.corners, results.classes
    pair = drawn.best(corners.pairs)
    figures.save(drawn.hidden_layer(pair, arrays), folder / "pair.svg", __name__)
    figures.save(drawn.accuracies(corners), folder / "accuracies.svg", __name__)
    figures.save(drawn.network(corners, arrays), folder / "network.svg", __name__)
    figures.save(drawn.class_losses(arrays), folder / "class-losses.svg", __name__)
    figures.save(drawn.regions(classes[0], arrays), folder / "regions.svg", __name__)
    against_line, against_regression = verdicts(corners.runs, classes)
    return View(
        corner_rows=tables.markdown([_corner_row(corners, kind) for kind in ("line", "pair", "network")]),
        by_seed=tables.markdown(_by_seed(corners)),
        pair=_lines(pair.lines),
        pair_seed=pair.seed,
        line_verdict=(expected(corners.runs), against_line),
        class_rows=tables.markdown([_class_row(classes, kind) for kind in TITLES]),
        class_verdict=(against_regression,),
        weakest=weakest(classes),
        examples=tables.markdown(_examples(classes[0])),
        between=between(classes[0]),
        ceiling=sentences.percent(float(_right_side(settings.classes.noise)) ** 2),
        corners=tuple(", ".join(map(str, corner)) for corner in CORNERS),
        counts=tables.markdown([_count_row(each) for each in results.counts]),
        overshoots=bool(arrays["corners.losses"].max() > arrays["corners.losses"][0]),
        seed=corners.runs[0].seed,
        drawn=min(drawn.DRAWN, len(arrays["corners.x"])),
        messages=_messages(results, arrays),
    )


def _messages(results: Results, arrays: dict[str, Array]) -> dict[str, str]:
    """What each figure shows, for those who do not see it."""
    corners, first = results.corners, results.classes[0]
    shares = {
        "a line": [run.line for run in corners.runs],
        "two hidden units": [pair.accuracy for pair in corners.pairs],
        f"{corners.hidden} hidden units": [run.network for run in corners.runs],
    }
    told = sentences.listed([f"{name} {seeds.extremes(values, 1)} %" for name, values in shares.items()])
    run = corners.runs[0]
    softmax, regressed = (sentences.percent(each.accuracy, 1) for each in (first.softmax, first.regressed))
    loss = f"{run.first_loss:,.0f} to {run.last_loss:,.2f}"
    return {
        "accuracies": f"Held-out points right, from seed to seed: {told}.",
        "network": f"{sentences.percent(run.network, 1)} % of held-out points are right; the loss goes from {loss}.",
        "regions": f"With one output {regressed} % are right, with four {softmax} %. {between(first)}",
        "losses": f"The mean loss of an epoch goes from {_ends(arrays, 'regressed')} with one output and from "
        f"{_ends(arrays, 'softmax')} with four.",
    }


def _ends(arrays: dict[str, Array], kind: str) -> str:
    """The first seed's loss in the first epoch and in the last: '1.31 to 0.16'."""
    losses = arrays[f"classes.{kind}.losses"]
    return f"{seeds.number(float(losses[0]))} to {seeds.number(float(losses[-1]))}"


def _lines(lines: Sequence[Sequence[float]]) -> str:
    r"""The hidden units' lines: $4.1 x_1 + 4.2 x_2 - 2.1 = 0$."""
    return " and ".join(f"${w1:.3g} x_1 {_plus(w2)} x_2 {_plus(b)} = 0$" for w1, w2, b in lines)


def _plus(value: float) -> str:
    return f"{'-' if value < 0 else '+'} {abs(value):.3g}"


def _by_seed(corners: Corners) -> list[dict[str, Any]]:
    return [
        {
            "seed": run.seed,
            "a line, %": sentences.percent(run.line),
            "2 units, %": sentences.percent(pair.accuracy),
            f"{corners.hidden} units, %": sentences.percent(run.network),
            "loss before": f"{run.first_loss:,.1f}",
            "after": f"{run.last_loss:,.3f}",
        }
        for run, pair in zip(corners.runs, corners.pairs, strict=True)
    ]


def _right_side(noise: float) -> float:
    """The chance that a coordinate stays on its corner's side of ½."""
    return float(ndtr(0.5 / noise)) if noise else 1.0


def _corner_row(corners: Corners, kind: str) -> dict[str, Any]:
    if kind == "pair":
        name, values, parameters = "2-2-1, sigmoid", [pair.accuracy for pair in corners.pairs], 9
    else:
        values = [getattr(run, kind) for run in corners.runs]
        name, parameters = (
            ("2-1, a line", 3) if kind == "line" else (f"2-{corners.hidden}-1, sigmoid", corners.parameters)
        )
    return {
        "model": name,
        "held-out accuracy, %": seeds.share(values),
        "lowest to highest seed, %": seeds.extremes(values),
        "parameters": f"{parameters:,}",
    }


def _class_row(runs: Sequence[ClassRun], kind: str) -> dict[str, Any]:
    outputs: list[Output] = [getattr(run, kind) for run in runs]
    per_class = [seeds.share([output.per_class[k] for output in outputs], 1) for k in range(4)]
    return {
        "output layer": TITLES[kind],
        "held-out accuracy, %": seeds.share([output.accuracy for output in outputs]),
        **{f"class {k}": each for k, each in enumerate(per_class)},
        "parameters": outputs[0].parameters,
        "seeds": len(runs),
    }


def _examples(run: ClassRun) -> list[dict[str, Any]]:
    rows = []
    for regressed, softmax in zip(run.regressed.examples, run.softmax.examples, strict=True):
        x = regressed.x
        there = str(CORNERS.index(x)) if x in CORNERS else "between 0 and 3"
        rows.append(
            {
                "point": f"({x[0]:g}, {x[1]:g})",
                "class": there,
                "regressed output": f"{regressed.output[0]:.3f}".replace("-", "\N{MINUS SIGN}"),
                "is class": regressed.predicted,
                "softmax probabilities": ", ".join(f"{each:.3f}" for each in softmax.output),
                "is class ": softmax.predicted,
            }
        )
    return rows


def _count_row(each: Count) -> dict[str, Any]:
    sizes = each.sizes
    terms = " + ".join(f"({inputs} + 1) · {outputs}" for inputs, outputs in pairwise(sizes))
    return {"network": "-".join(map(str, sizes)), "computed": terms, "parameters": f"{each.parameters:,}"}
