"""Numbers that a source prints, each beside ours."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import hypot, prod

import numpy as np

from nnlabs.core.errors import UserError
from nnlabs.evaluation.statistics import sampling_error
from nnlabs.reporting.claims.evidence import AbsentError, Evidence
from nnlabs.reporting.claims.verdicts import FAILS, HOLDS, INSIDE, OPEN, PARTLY, UNTESTED, one_run, prediction
from nnlabs.reporting.names import in_markdown
from nnlabs.reporting.printed import agrees
from nnlabs.reporting.reported import Reported
from nnlabs.reporting.result import Result
from nnlabs.reporting.results import Results
from nnlabs.scratch.activations import activation

MINUS = "\N{MINUS SIGN}"
STEPS = {
    "delta1[0]": (0.5, -0.0282, 0.542, 1 - 0.542),
    "delta1[1]": (0.6, -0.0282, 0.574, 1 - 0.574),
    "dW1[0, 0]": (-0.00341, 0.1),
    "dW1[0, 1]": (-0.00341, 0.2),
}
"""Of the backward pass the products that the source writes down, where rounding between steps matters."""


@dataclass(frozen=True)
class Figure:
    """A number that a source prints."""

    what: str
    printed: str
    here: str
    verdict: str


@dataclass(frozen=True)
class Table:
    """Figures that stand together."""

    source: str
    section: str
    title: str
    lab: str
    note: str
    figures: tuple[Figure, ...]


def tables(evidence: Evidence) -> Iterator[Table]:
    """Of the labs that this report has."""
    made = (
        (
            "2, example; 3, implementation",
            "Activations at −5, −2, 0, 2 and 5, and one neuron",
            "activations",
            _activations,
        ),
        ("6, example of a forward pass", "Forward pass of 2-3-1", "backprop", _forward),
        ("7, example of a backward pass", "Forward and backward pass of 2-2-1", "backprop", _backward),
        ("8, PyTorch; 9, FashionMNIST", "Counts", "xor", _counts),
        ("9, FashionMNIST", "One training of 784-512-256-128-10, five epochs", "fashion", _runs),
    )
    for section, title, lab, figures in made:
        try:
            found = tuple(figures(evidence))
        except AbsentError:
            continue
        if found:
            yield Table("week6", section, title, lab, NOTES.get(title, ""), found)


NOTES = {
    "Forward and backward pass of 2-2-1": (
        "The source rounds between steps. *Holds in part*: the exact number differs, but the source's own step is "
        "right from the numbers that it had printed, which were rounded or wrong."
    ),
    "One training of 784-512-256-128-10, five epochs": (
        "The source trained once, on all 60,000 training images, and what it calls validation is the test set, looked "
        "at after every epoch; here some of the 60,000 are kept back for validation, so an epoch has fewer updates. "
        "Each of its figures is held against the interval in which one more run of ours would lie with 95 %: "
        "mean ± t·s·√(1 + 1/S) over S seeds. The test images are the same; where ours are validation images, what the "
        "choice of these adds is counted too. Where a figure of training, or a loss on other images, lies outside, it "
        "cannot be told whether updates and images are the reason. Even if nothing differed, about one figure in "
        "twenty would lie outside."
    ),
}


def _exact(what: str, value: float, printed: str, factors: tuple[float, ...] = ()) -> Figure:
    """A number that can be computed exactly; `factors` are those that the source multiplied."""
    by_step = PARTLY if factors and agrees(prod(factors), printed) else FAILS
    verdict = HOLDS if agrees(value, printed) else by_step
    digits = len(printed.partition(".")[2])
    here = f"{value:,.{digits + 2 if digits else 0}f}" if digits else f"{value:g}"
    return Figure(what, _minus(printed), _minus(here), verdict)


def _minus(text: str) -> str:
    return text.replace("-", MINUS)


# ---------------------------------------------------------------- activations


def _activations(evidence: Evidence) -> Iterator[Figure]:
    neuron = evidence.computed("activations")[0]["neuron"]
    for row in evidence.told("activations")["reported"]:
        name, quantity = row["function"], row["quantity"]
        if quantity == "neuron":
            yield _exact(f"neuron: {NAMES.get(name, _minus(name))}", neuron[name], row["printed"])
        else:
            function = activation(name)
            of = function.function if quantity == "value" else function.derivative
            value = float(of(np.array([float(row["z"])]))[0])
            dash = "′" * (quantity == "derivative")
            yield _exact(f"{NAMES.get(name, name)}{dash}({_minus(row['z'])})", value, row["printed"])


NAMES = {"relu": "ReLU", "leaky_relu": "leaky ReLU"}

# ---------------------------------------------------------------- backpropagation


def _quantities(evidence: Evidence, example: str) -> dict[str, float]:
    found = evidence.computed("backprop")[0]["examples"][example]["quantities"]
    return {each["name"]: each["value"] for each in found}


def _reported(evidence: Evidence, example: str, values: Mapping[str, float]) -> Iterator[Figure]:
    for row in evidence.told("backprop")["reported"]:
        if row["example"] == example:
            name = row["quantity"]
            yield _exact(_symbol(name), values[name], row["printed"], STEPS.get(name, ()))


def _symbol(name: str) -> str:
    """'δ2', 'dL/da2', 'σ′(z2)', 'exp(−z2)' for `delta2`, `da2`, `slope2`, `exp2`."""
    kind, index = re.fullmatch(r"([A-Za-z]+)(.*)", name).groups()  # type: ignore[union-attr]
    return {"delta": f"δ{index}", "da": f"dL/da{index}", "slope": f"σ′(z{index})", "exp": f"exp(−z{index})"}.get(
        kind, name
    )


def _forward(evidence: Evidence) -> Iterator[Figure]:
    yield from _reported(evidence, "forward", _quantities(evidence, "forward"))


def _backward(evidence: Evidence) -> Iterator[Figure]:
    values = _quantities(evidence, "backward")
    yield from _reported(evidence, "backward", values)
    yield _exact("0.5 · a1[0]", 0.5 * values["a1[0]"], "0.271")
    yield _exact("0.6 · a1[1]", 0.6 * values["a1[1]"], "0.344")


def _counts(evidence: Evidence) -> Iterator[Figure]:
    counts = {tuple(each["sizes"]): each["parameters"] for each in evidence.computed("xor")[0]["counts"]}
    for sizes, printed in (((4, 8, 2), "58"), ((784, 512, 256, 128, 10), "567,434")):
        if sizes in counts:
            here = f"{counts[sizes]:,}"
            verdict = HOLDS if here == printed else FAILS
            yield Figure(f"parameters of {'-'.join(map(str, sizes))}", printed, here, verdict)


# ---------------------------------------------------------------- a training


def _runs(evidence: Evidence) -> Iterator[Figure]:
    results = evidence.trained("fashion")
    sizes = results.data["sizes"]
    for what, n, printed in (
        ("training images, validation among them", sizes["train"] + sizes["validation"], "60,000"),
        ("test images", sizes["test"], "10,000"),
    ):
        yield Figure(what, printed, f"{n:,}", HOLDS if f"{n:,}" == printed else FAILS)
    for each in results.reported:
        if each.variant in results.shown:
            yield _of_a_run(each, results.shown[each.variant], results)


def _of_a_run(each: Reported, result: Result, results: Results) -> Figure:
    percents = each.metric == "accuracy"
    scale, digits, unit = (100, 2, " %") if percents else (1, 4, "")
    printed = f"{each.value:.{digits}f}{unit}"
    values = [scale * value for value in _values(each, result, results)]
    if not values:
        return Figure(in_markdown(each.what), printed, "–", UNTESTED)
    mean = float(np.mean(values))
    images = _other_images(each, mean, results) if percents else 0.0
    verdict = one_run(each.value, values, images)
    if each.split != "test" and verdict != INSIDE and (each.split == "train" or not percents):
        verdict = OPEN  # an epoch of theirs has more updates; how far a loss varies with the images is not known
    half = prediction(values, images)
    here = f"{mean:.{digits}f}" + (f" ± {half:.{digits}f}" if half > 0 else "") + unit
    return Figure(in_markdown(each.what), printed, here, verdict)


def _values(each: Reported, result: Result, results: Results) -> list[float]:
    """One a seed, parts of 1; none where no run of ours went so far."""
    if each.split == "test":
        if each.class_name is None:
            return [float(value) for value in getattr(result.scores, each.metric)]
        names: list[str] = results.data["classes"]
        if each.class_name not in names:
            raise UserError(
                f"labs/{results.lab}/reported.csv, {each.what!r}: class_name {each.class_name!r} is unknown;"
                f" allowed: {', '.join(names)}"
            )
        return [float(of_seed[names.index(each.class_name)]) for of_seed in result.scores.class_accuracy]
    if each.split == "train" and result.picked:
        return []
    rows = result.at_kept() if each.epoch is None else result.history[result.history["epoch"] == each.epoch]
    return [float(value) for value in rows[f"{each.split}_{each.metric}"]]


def _other_images(each: Reported, accuracy: float, results: Results) -> float:
    """What is to be added, in percent, where the figure was measured on test images and ours on validation images."""
    if each.split != "validation":
        return 0.0
    sizes = results.data["sizes"]
    part = accuracy / 100
    return 100 * hypot(sampling_error(part, sizes["validation"]), sampling_error(part, sizes["test"]))
