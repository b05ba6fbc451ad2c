"""Word vectors beside gensim."""

from dataclasses import dataclass
from statistics import median
from typing import Any

from harness.kinds import Record, records
from nnlabs.reporting.sentences import listed
from pages.conditions import side_by_side, where
from pages.numbers import Seconds, ratios, spread, times, with_interval
from sections.words import DEFINITION, GENSIM, OURS_COMPILED


@dataclass(frozen=True)
class Limits:
    """What ours spends its time on; on the first kind of CPU."""

    pairs_a_word: float
    drawing: float  # part of an epoch
    nanoseconds: float  # of the compiled loop, a pair
    rate: float  # GFLOP/s
    reached: float  # GFLOP/s of large products
    rows: int  # of vectors that a pair reads
    numbers: int  # in a vector
    megabytes: float  # of all vectors
    definition: float  # how many times as long one pair after the other takes


@dataclass(frozen=True)
class View:
    words: int
    definition_words: int
    recipe: str
    message: str  # of the figure
    epochs: int
    table: str
    kinds: list["Kind"]
    limits: Limits


@dataclass(frozen=True)
class Kind:
    measured: int  # epochs of each loop
    seeds: int
    idle_cores: float
    where: str


def view(results: dict[str, Any]) -> View | None:
    if not (found := records(results, "words")):
        return None
    section = found[0]
    words = section["words"]
    header = ("loop", "words/s", "of gensim's two workers", "WordSim-353, Spearman", "questions-words, % right")
    return View(
        words[OURS_COMPILED],
        words[DEFINITION],
        ", ".join(f"{name} {value:g}" for name, value in sorted(section["recipe"].items())),
        message(section),
        section["epochs"],
        side_by_side(header, found, _rows),
        [Kind(len(each["seconds"][OURS_COMPILED]), each["seeds"], each["idle_cores"], where(each)) for each in found],
        _limits(section),
    )


def rates(section: dict[str, Any]) -> dict[str, list[float]]:
    """Words a second of every loop, epoch by epoch."""
    return {title: [section["words"][title] / each for each in row] for title, row in section["seconds"].items()}


def per_word(section: dict[str, Any]) -> Seconds:
    """Seconds a word of every loop, epoch by epoch: the definition takes a few of the words only."""
    return {title: [each / section["words"][title] for each in row] for title, row in section["seconds"].items()}


def message(section: dict[str, Any]) -> str:
    """What the figure shows."""
    middles = sorted(((median(each), title) for title, each in rates(section).items()), reverse=True)
    first, *others = (f"{title} ({rate:,.0f})" for rate, title in middles)
    return f"The most words a second are those of {first}, before {listed(others)}"


def _rows(section: Record) -> list[tuple[str, ...]]:
    found, seconds = rates(section), per_word(section)
    rows = []
    for title, each in sorted(found.items(), key=lambda row: median(row[1])):
        told = section["scores"].get(title)
        learnt = (
            (with_interval(told["similarity"], 1, 3), with_interval(told["analogies"], 100, 1)) if told else ("", "")
        )
        rows.append((title, spread(each, 0), times(ratios(seconds, GENSIM, title)), *learnt))
    return rows


def _limits(section: dict[str, Any]) -> Limits:
    words, pairs, seconds = section["words"], section["pairs"], section["seconds"]
    epoch = median(seconds[OURS_COMPILED])
    rows, numbers = 1 + section["recipe"]["negatives"], section["recipe"]["dimensions"]
    return Limits(
        pairs_a_word=pairs / words[OURS_COMPILED],
        drawing=section["drawing"] / epoch,
        nanoseconds=1e9 * (epoch - section["drawing"]) / pairs,
        # of each row a product, a sum by v and a sum by u, two operations a number each
        rate=6 * rows * numbers * pairs / epoch / 1e9,
        reached=section["machine"]["gflops"]["1"]["float32"],
        rows=rows,
        numbers=numbers,
        megabytes=2 * 4 * section["vocabulary"] * numbers / 1e6,
        definition=median(ratios(per_word(section), DEFINITION, OURS_COMPILED)),
    )
