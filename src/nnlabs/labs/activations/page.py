"""The page of `activations`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnlabs.labs.activations import figures as drawn
from nnlabs.labs.activations.figures import NAMES, SHOWN
from nnlabs.labs.activations.results import Killed, Results, Revived, Row
from nnlabs.labs.activations.settings import Settings
from nnlabs.labs.common import curves
from nnlabs.labs.common.printed import agrees
from nnlabs.reporting import figures, tables
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.seeds import number
from nnlabs.reporting.sentences import counted, listed, percent
from nnlabs.scratch.arrays import Array

COURSE_SLOPE, COURSE_NEURON = 0.01, ((2.0, -1.0), (0.5, -0.3), 0.1)
"""Leaky ReLU's slope, and x, w and b of the neuron, for which the course prints its values."""
COURSE = "the notebook *Week 6: Artificial neural networks*"
STEPS = {
    "z": "$z$",
    "exp(-z)": "$e^{-z}$",
    "1 + exp(-z)": "$1 + e^{-z}$",
    "exp(z)": "$e^z$",
    "exp(z) - exp(-z)": "$e^z - e^{-z}$",
    "exp(z) + exp(-z)": "$e^z + e^{-z}$",
    "sigmoid": r"sigmoid, $\dfrac{1}{1 + e^{-z}}$",
    "tanh": r"tanh, $\dfrac{e^z - e^{-z}}{e^z + e^{-z}}$",
    "relu": "ReLU, $z$ since $z > 0$",
    "leaky_relu": "leaky ReLU, $z$ since $z > 0$",
}
"""The numbers on a neuron's way from z to what each function makes of it."""


@dataclass(frozen=True)
class Beside:
    """What was computed, and what the course prints of it."""

    results: Results
    printed: list[list[str | None]]
    """As long as the table and its rows."""
    neuron: dict[str, str]
    """Empty where the neuron is another than the course's."""
    misprints: list[str]


@dataclass(frozen=True)
class View:
    """Tables, and numbers as the page writes them."""

    slope: str
    limit: str
    largest: str
    """Of the sigmoid's derivative."""
    z: str
    """The neuron's, with the numbers put in."""
    values: str
    printed: str
    """What the course prints of the table's values; empty where it is of other points."""
    agree: str
    """Whether ours agree with them."""
    neuron: str
    elu: str
    errors: str
    extremes: str
    died: str
    """What large rates did to ReLU units, in a sentence."""
    killed: str
    revived: str
    stayed: bool
    """Whether no ReLU unit came back."""
    smallest: str
    """Of the rates at which ReLU networks were trained."""


def judge(results: Results, settings: Settings, reported: list[dict[str, str]], names: dict[str, str]) -> Beside:
    told = {(row["function"], row["quantity"], float(row["z"])): row["printed"] for row in reported if "z" in row}
    if settings.slope != COURSE_SLOPE:
        told = {key: text for key, text in told.items() if key[0] != "leaky_relu"}
    printed = [[told.get((row.name, row.what, z)) for z in settings.points] for row in results.table]
    same = (settings.inputs, settings.weights, settings.bias) == COURSE_NEURON
    neuron = {row["function"]: row["printed"] for row in reported if same and row["quantity"] == "neuron"}
    misprints = [
        f"{NAMES[row.name]} {row.what} at {z:g}"
        for row, texts in zip(results.table, printed, strict=True)
        for z, value, text in zip(settings.points, row.values, texts, strict=True)
        if text is not None and not agrees(value, text)
    ]
    misprints += [f"{STEPS.get(name, name)}" for name, text in neuron.items() if not agrees(results.neuron[name], text)]
    return Beside(results, printed, neuron, misprints)


def answer(shown: Beside) -> Answer:
    sentences = (_passed(shown.results), _died(shown.results), _came_back(shown.results), _checked(shown), LIMIT)
    return Answer(tuple(each for each in sentences if each), "functions.svg", MESSAGE)


MESSAGE = (
    "The sigmoid and tanh level off on both sides and their derivatives fall to 0 there; ReLU, leaky ReLU and ELU are "
    "straight on the right, where their derivative is 1."
)
LIMIT = (
    "Units that die were counted in small networks on made points alone; that does not tell how much they cost a large "
    "network."
)


def _passed(results: Results) -> str:
    largest = results.largest_derivative_of_sigmoid
    return (
        "On its way back through the layers an error is multiplied by each activation's derivative: at most "
        f"{largest:g} for the sigmoid, so that ten of them leave at most {number(largest**10)}, at most 1 for tanh, "
        "and 1 or 0 for ReLU, which is why ReLU is the usual choice in hidden layers."
    )


def _worst(results: Results) -> Killed:
    return max(results.killed, key=lambda each: sum(each.dead))


def _died(results: Results) -> str:
    worst = _worst(results)
    if not any(worst.dead):
        return f"No ReLU unit died at learning rates up to {results.killed[-1].lr:g}."
    low, high = min(worst.dead), max(worst.dead)
    many = f"{low} to {high}" if low < high else f"{low}"
    return (
        f"ReLU's price is that units can die: trained with a learning rate of {worst.lr:g}, {many} of {results.units} "
        f"units were 0 for every point ({counted(len(worst.dead))})."
    )


def _came_back(results: Results) -> str:
    """Of silent units with Adam, which gives small gradients large steps."""
    told = [each for each in results.revived if each.optimizer == "Adam" and each.silent]
    if not told:
        return ""
    counts = listed([f"{each.back} with {NAMES[each.name]}" for each in told])
    return (
        f"Of {told[0].silent} units that began silent, below 0 for every point, training with Adam brought back "
        f"{counts}."
    )


def _checked(shown: Beside) -> str:
    checked = sum(text is not None for texts in shown.printed for text in texts) + len(shown.neuron)
    if not checked:
        return ""
    if shown.misprints:
        return f"Of {checked} values that {COURSE} prints, these are not ours: {', '.join(shown.misprints)}."
    return f"All {checked} values that {COURSE} prints agree with ours to one unit of their last digit."


def metrics(shown: Beside) -> dict[str, float]:
    return {"largest_error": _largest_error(shown.results)}


def curve(shown: Beside, arrays: dict[str, Array]) -> curves.Rows:
    """F' by z, a line a function."""
    every = slice(None, None, 8)
    return [
        row
        for name in SHOWN
        for row in curves.line(arrays["z"][every], arrays[f"{name}.derivative"][every], NAMES[name])
    ]


def _largest_error(results: Results) -> float:
    return max(max(row.value, row.derivative) for row in results.errors)


def page(shown: Beside, arrays: dict[str, Array], settings: Settings, folder: Path) -> View:
    results = shown.results
    figures.save(drawn.functions(arrays), folder / "functions.svg", __name__)
    figures.save(drawn.alphas(settings.alphas, arrays), folder / "alphas.svg", __name__)
    figures.save(drawn.dying(results.killed, results.units), folder / "dying.svg", __name__)
    rows = list(zip(results.table, shown.printed, strict=True))
    return View(
        slope=f"{settings.slope:g}",
        limit=f"{settings.limit:g}",
        largest=f"{results.largest_derivative_of_sigmoid:g}",
        z=_z(settings, results.neuron["z"]),
        values=tables.markdown(
            [{"function": _named(row)} | _cells(settings.points, row.values) for row in results.table]
        ),
        printed=tables.markdown(
            [
                {"function": _named(row)}
                | {_signed(f"z = {z:g}"): _signed(text or "–") for z, text in zip(settings.points, texts, strict=True)}
                for row, texts in rows
                if any(texts)
            ]
        )
        if any(any(texts) for _, texts in rows)
        else "",
        agree=_checked(shown),
        neuron=tables.markdown(
            [
                {"quantity": STEPS[name], "computed": _short(value)}
                | ({"printed": shown.neuron.get(name, "–")} if shown.neuron else {})
                for name, value in results.neuron.items()
            ]
        ),
        elu=tables.markdown(
            [{"function": NAMES[name]} | _cells(settings.elu_points, values) for name, values in results.elu.items()]
        ),
        errors=tables.markdown(
            [
                {"function": NAMES[row.name], "value": number(row.value), "derivative": number(row.derivative)}
                for row in results.errors
            ]
        ),
        extremes=tables.markdown(
            [
                dict(zip(FAR, (NAMES[name], *(_signed(f"{value:,g}") for value in values)), strict=True))
                for name, values in results.extremes.items()
            ]
        ),
        died=_died(results),
        killed=tables.markdown([_killed(each) for each in results.killed]),
        revived=tables.markdown([_revived(each) for each in results.revived]),
        stayed=not any(each.back for each in results.revived if each.name == "relu"),
        smallest=f"{settings.dying.rates[0]:g}",
    )


FAR = ("function", "f(−10,000)", "f(10,000)", "f′(−10,000)", "f′(10,000)")


def _z(settings: Settings, z: float) -> str:
    """A neuron's sum with its numbers, in LaTeX."""
    pairs = zip(settings.weights, settings.inputs, strict=True)
    products = " + ".join(rf"{_factor(weight)} \cdot {_factor(x)}" for weight, x in pairs)
    return f"z = {products} + {_factor(settings.bias)} = {z:.4g}"


def _factor(value: float) -> str:
    return f"{value:g}" if value >= 0 else f"({value:g})"


def _named(row: Row) -> str:
    return NAMES[row.name] + ("′" if row.what == "derivative" else "")


def _killed(each: Killed) -> dict[str, Any]:
    return {
        "learning rate": f"{each.lr:g}",
        "dead units, by seed": ", ".join(map(str, each.dead)),
        "accuracy by seed, %": ", ".join(percent(share, 1) for share in each.accuracy),
    }


def _revived(each: Revived) -> dict[str, Any]:
    return {
        "activation": NAMES[each.name],
        "trained by": each.optimizer,
        "silent at first": each.silent,
        "brought back": each.back,
    }


def _cells(points: Sequence[float], values: Sequence[float]) -> dict[str, str]:
    return {_signed(f"z = {point:g}"): _short(value) for point, value in zip(points, values, strict=True)}


def _short(value: float) -> str:
    return _signed(f"{value:.4g}")


def _signed(text: str) -> str:
    """With a true minus sign."""
    return text.replace("-", "\N{MINUS SIGN}")
