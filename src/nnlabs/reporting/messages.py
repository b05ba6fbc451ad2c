"""What the figures of a trained lab's page show, for those who do not see them: what there is to see, in numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnlabs.reporting import classes, samples
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.names import in_markdown
from nnlabs.reporting.result import Result
from nnlabs.reporting.results import Results
from nnlabs.reporting.sentences import counted, listed, percent

SEVERAL = 4
"""More variants than this are told by the lowest and the highest."""


@dataclass(frozen=True)
class Messages:
    """Alternative texts of what every page of a trained lab has."""

    loose: str
    """Of the curves of variants that stand in no comparison."""
    samples: str
    gallery: str
    confusion: str
    accuracy: str
    against_time: str
    """Without seconds, which differ from one run to the next and so stand on the page about the runs alone."""


def of(found: Findings, loose: Sequence[str]) -> Messages:
    results, pictured = found.results, found.results.pictured
    return Messages(
        loose=curves(results, loose) if loose else "",
        samples=samples.message(pictured.scores.samples),
        gallery=gallery(pictured.scores.gallery),
        confusion=f"{pictured.name}: {classes.mistake(pictured, results.data['classes']).rstrip('.')}",
        accuracy=found.message(),
        against_time=against_time(results),
    )


def curves(results: Results, keys: Sequence[str]) -> str:
    """Where the curves of these variants end: 'Validation accuracy ends at 60.9 % (MLP) and 79.2 % (Plain CNN)'."""
    shown = [results.shown[key] for key in keys]
    trained = [each for each in shown if not each.validated]
    parts = (
        (f"Validation {results.score}", "validation", [each for each in shown if each.validated]),
        (f"Training {results.score}", "train", [each for each in trained if not each.picked]),
        (f"Training {results.score} on hard images alone", "train", [each for each in trained if each.picked]),
    )
    return "; ".join(_ends(what, column, those) for what, column, those in parts if those)


def _ends(what: str, column: str, those: Sequence[Result]) -> str:
    ends = [(float(each.at_last()[f"{column}_{each.score}"].mean()), each.name) for each in those]
    told = [f"{percent(end, 1)} % ({name})" for end, name in (ends if len(ends) <= SEVERAL else sorted(ends))]
    if len(ends) <= SEVERAL:
        return f"{what} ends at {listed(told)}"
    return f"{what} ends between {told[0]} and {told[-1]} with {len(ends)} variants"


def gallery(shown: Sequence[Mapping[str, Any]]) -> str:
    """How many of the images are mistaken, and the surest mistake; `shown` has what was predicted of each."""
    wrong = [each for each in shown if each["true"] != each["predicted"]]
    if not wrong:
        return f"{counted(len(shown), 'test image')}, none of them mistaken"
    surest = max(wrong, key=lambda each: float(each["confidence"]))
    one, other = (in_markdown(surest[key]) for key in ("true", "predicted"))
    return (
        f"{counted(len(shown), 'test image')}, {len(wrong)} of them mistaken; the surest mistake is {one} taken for "
        f"{other}, with {percent(surest['confidence'], 0)} %"
    )


def against_time(results: Results) -> str:
    """Which variant's curve climbs highest, without the seconds that it takes."""
    known = [each for each in results.variants.values() if each.validated]
    if not known:
        return f"No variant has validation {results.score}"
    top, name = max(((_top(each), each.name) for each in known), key=lambda each: each[0])
    among = " of the default run" if results.left_out else ""
    return (
        f"The highest validation {results.score}{among}: {name}, {percent(top, 1)} %; the page of the runs says "
        "after how many seconds"
    )


def _top(result: Result) -> float:
    """The highest point of the curve, which is a mean over seeds as far as every seed goes."""
    return float(result.by_epoch(f"validation_{result.score}").dropna().mean(axis=1).max())
