"""What the page of `xor` says, each sentence under a condition on the numbers."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nnlabs.evaluation.statistics import Comparison, Sample, compare
from nnlabs.labs.xor.figures import best
from nnlabs.labs.xor.results import CORNERS, ClassRun, CornerRun, Corners, Results
from nnlabs.reporting import seeds, sentences
from nnlabs.reporting.answers import Answer

WANTED, LINE = 0.995, 0.80
"""Held-out accuracy that the network is expected to reach on every seed, and the line to stay under."""
LIMIT = "The points are made, and around the four corners their noise hardly overlaps; real classes are seldom so neat."


def answer(results: Results) -> Answer:
    said = (_layer(results), pairs(results.corners), _classes(results), LIMIT)
    return Answer(said, "pair.svg", message(results.corners))


def _layer(results: Results) -> str:
    network, line, _, _ = accuracies(results).values()
    moved = "A hidden layer moves the points to where one line can part them: a"
    return (
        f"{moved if min(network) >= WANTED and max(line) < LINE else 'A'} network with "
        f"{sentences.counted(results.corners.hidden, 'hidden unit')} gets {seeds.share(network)} % of held-out points "
        f"right, a line alone {seeds.share(line)} % ({sentences.counted(len(network))})."
    )


def pairs(corners: Corners) -> str:
    """How often two hidden units found XOR."""
    found = [pair for pair in corners.pairs if pair.accuracy >= WANTED]
    others = [pair.accuracy for pair in corners.pairs if pair.accuracy < WANTED]
    starts = sentences.counted(len(corners.pairs), "start")
    rest = ""
    if others:
        low, high = sentences.percent(min(others), 1), sentences.percent(max(others), 1)
        rest = f"{low} %" if low == high else f"{low} to {high} %"
    if not found:
        return f"With two hidden units gradient descent found XOR from none of {starts}; they got {rest}."
    said = (
        "Two hidden units are enough, and gradient descent found where their lines belong from "
        f"{len(found)} of {starts}"
    )
    return f"{said}; the rest got {rest}." if rest else f"{said}."


def _classes(results: Results) -> str:
    _, _, softmax, regressed = accuracies(results).values()
    said = (
        f"With a class for each corner, four outputs and softmax get {seeds.share(softmax)} % right, one output "
        f"trained to be the number of the class {seeds.share(regressed)} %"
    )
    if min(softmax) > max(regressed):
        return said + ": between class 0 and class 3, neighbours in the plane, that output passes 1 and 2."
    return said + "."


def message(corners: Corners) -> str:
    pair = best(corners.pairs)
    right = f"{sentences.percent(pair.accuracy, 1)} % of held-out points are right"
    if pair.accuracy < WANTED:
        return f"Two lines in the plane, one in the space of the hidden outputs: {right}."
    return f"Two lines cut the plane; in the space of the hidden outputs one line parts the classes, and {right}."


def accuracies(results: Results) -> dict[str, list[float]]:
    """Of every model, a number a seed."""
    return {
        "network": [run.network for run in results.corners.runs],
        "line": [run.line for run in results.corners.runs],
        "softmax": [run.softmax.accuracy for run in results.classes],
        "regressed": [run.regressed.accuracy for run in results.classes],
    }


def verdicts(corners: Sequence[CornerRun], classes: Sequence[ClassRun]) -> tuple[str, str]:
    """The two comparisons of the page in words: network against line, softmax against regression.

    The values are shares of held-out points, as many as the settings' `points`, other ones for each seed.
    """
    line, regressed = _compared(corners, classes)
    return (
        sentences.sentence(replace(line, variant="a hidden layer", reference="a line")),
        sentences.sentence(replace(regressed, variant="four outputs", reference="one output")),
    )


def _compared(corners: Sequence[CornerRun], classes: Sequence[ClassRun]) -> list[Comparison]:
    values = {kind: Sample.of([getattr(run, kind) for run in corners]) for kind in ("network", "line")}
    values |= {kind: Sample.of([getattr(run, kind).accuracy for run in classes]) for kind in ("softmax", "regressed")}
    return compare(values, [("network", "line"), ("softmax", "regressed")])


def expected(runs: Sequence[CornerRun]) -> str:
    low, high = min(run.network for run in runs), max(run.line for run in runs)
    told = []
    for who, held, value, wanted, extreme in (
        ("the network", low >= WANTED, low, f"{sentences.percent(WANTED, 1)} % or more", "lowest"),
        ("the line", high < LINE, high, f"less than {sentences.percent(LINE, 0)} %", "highest"),
    ):
        found = f"{extreme} of {sentences.counted(len(runs))}: {sentences.percent(value)} %"
        told.append(f"{who} {'gets' if held else 'does **not** get'} {wanted} on every seed ({found})")
    text = "; ".join(told)
    return text[0].upper() + text[1:] + "."


def weakest(runs: Sequence[ClassRun]) -> str:
    """Where regression loses most against softmax, in the outer classes or the inner; '' where one has no point."""
    behind = {
        where: float(np.mean([run.softmax.per_class[k] - run.regressed.per_class[k] for run in runs for k in classes]))
        for where, classes in (("outer", (0, 3)), ("inner", (1, 2)))
    }
    if not np.isfinite(list(behind.values())).all():
        return ""
    text = (
        f"Regression gets {_more_or_fewer(-behind['outer'])} right than softmax in the first and the last class, "
        f"{_more_or_fewer(-behind['inner'])} in the two between"
    )
    why = ": the first and the last are neighbours in the plane, and between them it says the others' names."
    return text + (why if behind["outer"] > max(behind["inner"], 0) else ".")


def _more_or_fewer(difference: float) -> str:
    """'12.0 points fewer'."""
    return f"{sentences.percent(abs(difference), 1)} points {'fewer' if difference < 0 else 'more'}"


def between(run: ClassRun) -> str:
    """What both say half-way between the first class and the last."""
    regressed, softmax = run.regressed.examples[-1], run.softmax.examples[-1]
    where = ", ".join(f"{each:g}" for each in regressed.x)
    told = f"At ({where}) it says {regressed.output[0]:.2f}, which is class {regressed.predicted}"
    wrong = regressed.predicted in (1, 2)
    told += f", whose points are all near ({', '.join(map(str, CORNERS[regressed.predicted]))})" if wrong else ""
    outer = softmax.output[0] + softmax.output[3]
    return f"{told}; softmax divides {100 * outer:.1f} % of its belief between classes 0 and 3."
