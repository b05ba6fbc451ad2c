"""The targets of speed, and what the figures say to them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf
from statistics import mean, median
from typing import Any

from scipy import stats

from harness.kinds import Record, records
from harness.tasks import RECORD
from nnlabs.reporting.sentences import percent
from pages.app import milliseconds
from pages.conditions import ON, place
from pages.machines import over_ideal, share
from pages.numbers import difference, per_batch, ratios, signed, spread, table
from pages.words import per_word
from sections.words import GENSIM, OURS_COMPILED

TEXTBOOK = "textbook loop"
ONE = "one thread"
BOTH_CORES = "two threads"
"""What libraries are compared with: they take as many threads as there are cores."""
TWO = "two variants at once"
SIMILARITY, ANALOGIES = 0.03, 1.0
"""Spearman's correlation and points of right answers that our vectors may be worth less than gensim's."""
POINTS = 0.3
"""Accuracy that the fast loop may lie apart from the textbook one, in points."""


@dataclass(frozen=True)
class Target:
    what: str
    bound: str
    measured: str
    met: bool | None  # None where it cannot be told
    place: str = ""  # machine and day


def ours(record: Record, ending: str) -> str:
    """A row of ours in the precision that it takes on this kind of CPU: what the targets are about."""
    return f"ours, {record['precision']}, {ending}"


MET = {True: "yes", None: "cannot tell", False: "**no**"}


def inside(low: float, high: float, least: float, most: float = inf) -> bool | None:
    """Whether a difference lies within a margin, from its interval: all of it must; None where it crosses a bound."""
    if least <= low and high <= most:
        return True
    return False if high < least or low > most else None


@dataclass(frozen=True)
class View:
    table: str


def view(results: dict[str, Any]) -> View | None:
    rows = [(each.what, each.bound, each.measured, MET[each.met], each.place) for each in targets(results)]
    return View(table(("", "target", "measured", "met", ON), rows)) if rows else None


def targets(results: dict[str, Any]) -> Iterator[Target]:
    """Every target whose figures are there, for each kind of CPU."""
    for section, of in (("lecture", _lecture), ("accuracy", _accuracy), ("cifar10", _cifar10)):
        yield from _each(records(results, section), of)
    if record := results.get("reported", {}).get("cifar10", {}).get(RECORD):
        yield from _each([record], _strongest)
    for section, of in (("words", _words), ("byhand", _byhand), ("machines", _machines), ("app", _app)):
        yield from _each(records(results, section), of)


def _each(found: Iterable[Record], of: Callable[[Record], Iterator[Target]]) -> Iterator[Target]:
    """Each target for one record after the other."""
    placed = ([replace(target, place=place(record)) for target in of(record)] for record in found)
    return (target for same in zip(*placed, strict=True) for target in same)


def _lecture(record: Record) -> Iterator[Target]:
    for what, slow, fast, times, least in (
        ("MLP: speed over the textbook loop", TEXTBOOK, ONE, 1, 3.8),
        (
            "MLP: speed over Lightning on tensors in memory, two threads each",
            "Lightning, tensors in memory",
            BOTH_CORES,
            1,
            1.7,
        ),
        ("MLP: speed over Keras on JAX, two threads each", "Keras on JAX", BOTH_CORES, 1, 1.0),
        ("MLP: throughput of two variants at once over the textbook loop's", TEXTBOOK, TWO, 2, 7.0),
    ):
        yield _speed(what, ratios(record["seconds"], slow, ours(record, fast), times), least)


def _accuracy(record: Record) -> Iterator[Target]:
    accuracies = record["accuracies"]
    apart, low, high = difference(accuracies[f"ours, {record['precision']}"], accuracies[TEXTBOOK])
    yield Target(
        f"MLP: validation accuracy after {record['epochs']} epochs less the textbook loop's, "
        f"{len(accuracies[TEXTBOOK])} seeds",
        f"within {POINTS} points",
        f"{signed(apart)} points (95 % interval {signed(low)} to {signed(high)})",
        inside(low, high, -POINTS, POINTS),
    )


def _cifar10(record: Record) -> Iterator[Target]:
    seconds, strong = record["seconds"], record["strong"]
    faster = ratios(seconds, "textbook loop, plain CNN", ours(record, "plain CNN"))
    yield _speed("CNN: speed over the textbook loop", faster, 2.8)
    two_epochs = 2 * median(seconds["textbook loop, strong CNN"]) / record["share"]
    yield Target(
        "strong CNN: time to its final accuracy",
        f"90 % within two epochs of the textbook loop on the same network ({two_epochs:.0f} s)",
        f"{percent(strong['accuracy'])} % in {strong['seconds']:.0f} s",
        strong["accuracy"] >= 0.9 and strong["seconds"] <= two_epochs,
    )


def _strongest(record: Record) -> Iterator[Target]:
    accuracies, longest = record["accuracies"], max(record["seconds"])
    accuracy, told = mean(accuracies), ""
    if len(accuracies) > 1:
        told = f" (one-sided p = {stats.ttest_1samp(accuracies, 0.94, alternative='greater').pvalue:.2g})"
    yield Target(
        "strongest CNN: mean test accuracy, and training a seed",
        "94 % within 600 s",
        f"{percent(accuracy)} %{told}, at most {longest:.0f} s (n = {len(accuracies)})",
        accuracy >= 0.94 and longest <= 600,
    )


def _words(record: Record) -> Iterator[Target]:
    faster = ratios(per_word(record), GENSIM, OURS_COMPILED)
    yield _speed("word2vec: one thread over gensim's two workers", faster, 2.0)
    for name, score, scale, bound, digits in (
        ("Spearman's correlation", "similarity", 0.01, SIMILARITY, 3),
        ("right analogies", "analogies", 1.0, ANALOGIES, 1),
    ):
        own, theirs = (record["scores"][title][score] for title in (OURS_COMPILED, GENSIM))
        apart, low, high = (scale * each for each in difference(own, theirs))
        told = [signed(each, digits) for each in (apart, low, high)]
        unit = " points" if score == "analogies" else ""
        yield Target(
            f"word2vec: {name} less that of gensim's two workers, {record['seeds']} seeds",
            f"at least \N{MINUS SIGN}{bound}{unit}",
            f"{told[0]}{unit} (95 % interval {told[1]} to {told[2]})",
            inside(low, high, -bound),
        )


def _app(record: Record) -> Iterator[Target]:
    waited, taken = milliseconds(record["first"]), record["memory"] / 1e6
    who = f"app, {record['users']} users at once"
    yield Target(f"{who}: 95th percentile until the probabilities", "at most 500 ms", f"{waited:.0f} ms", waited <= 500)
    yield Target(f"{who}: memory of the server", "at most 900 MB", f"{taken:.0f} MB", taken <= 900)


def _machines(record: Record) -> Iterator[Target]:
    more, many = share(record), over_ideal(record, "ray")
    yield Target("a stage on a worker of Ray over one of `local`", "at most 0.5 s", f"{more:.2f} s", more <= 0.5)
    what = f"{record['many']} stages of a second on {record['machines']} workers of Ray: time over the ideal"
    yield Target(what, "at most 1.3 ×", f"{many:.2f} ×", many <= 1.3)


def _byhand(section: Record) -> Iterator[Target]:
    """The networks by hand."""
    times = per_batch(section["batch"])
    for threads, name, most in (("1", "one thread", 1.2), ("2", "two threads", 1.5)):
        measured = ratios(times, f"ours, {threads}", f"pytorch, {threads}")
        yield Target(
            f"NumPy CNN, {name}: time a batch over PyTorch's",
            f"at most {most:g} ×",
            f"{spread(measured)} ×",
            median(measured) <= most,
        )
    best = min(section["batch"]["steps"], key=lambda name: median(times[name]))
    yield _speed(f"NumPy CNN, two threads: speed over the best public one ({best})", ratios(times, best, "ours, 2"), 8)
    yield _speed("NumPy CNN, two threads: speed over numpy-ml", ratios(times, "numpy-ml", "ours, 2"), 100)
    seconds = section["descent"]["seconds"]
    for key, title, least in (
        ("regression", "regression", 3),
        ("xor, 8 hidden", "XOR with 8 hidden units", 5),
        ("xor, 64 hidden", "XOR with 64 hidden units", 5),
    ):
        measured = ratios(seconds, f"{key}: autograd", f"{key}: ours")
        yield _speed(f"50,000 steps, {title}: speed over the autograd loop", measured, least)


def _speed(what: str, measured: list[float], least: float) -> Target:
    return Target(what, f"at least {least:g} ×", f"{spread(measured)} ×", median(measured) >= least)
