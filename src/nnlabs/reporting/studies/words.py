"""The page of the word vectors."""

from pathlib import Path
from statistics import mean
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from nnlabs.evaluation.statistics import interval
from nnlabs.evaluation.vectors import similarity_interval
from nnlabs.reporting.figures import PALETTE, WIDTH, save
from nnlabs.reporting.tables import markdown, value
from nnlabs.reporting.verdict import points, with_interval

TITLE = "Word vectors"
QUESTION = "What do word vectors learn?"

Results = dict[str, Any]
Arrays = dict[str, NDArray[Any]]

GRAMMAR = "gram"
"""Sections of questions-words that ask for forms of a word begin so; the others ask what things are."""
FEW = 100
"""A section with fewer questions is too small to be named the best or the worst."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
SKIPPED = ("dataset", "neighbours", "analogies", "map")
"""Settings that the table leaves out: they stand elsewhere on the page."""


def answer(results: Results) -> str:
    """One sentence with its numbers, for the index."""
    similarity, analogies = results["similarity"], results["analogies"]
    return (
        f"Likeness: the cosine of two words and people's judgement correlate at {_correlation(similarity)} "
        f"(Spearman, {similarity['known']} pairs, {_seeds(results)}); of {analogies['known']:,} analogies "
        f"{with_interval(analogies['mean'], analogies['interval'], 1)} % come out right."
    )


def page(results: Results, arrays: Arrays, folder: Path) -> dict[str, Any]:
    """Save the figures into a folder; return what the template `words.md.j2` says."""
    settings = results["settings"]
    save(losses(arrays["running"], arrays["fixed"]), folder / "loss.svg")
    save(sections(results["analogies"]["sections"]), folder / "analogies.svg")
    save(word_map(results["map"]["groups"], arrays["map"], results["map"]["explained"]), folder / "map.svg")
    return {
        "title": TITLE,
        "question": QUESTION,
        "results": results,
        "answers": [_similarity_sentence(results), _analogy_sentence(results), _grammar_sentence(results)],
        "losses": _loss_sentences(arrays["running"].mean(0), arrays["fixed"].mean(0)),
        "settings": ", ".join(f"{key} {value(each)}" for key, each in settings.items() if key not in SKIPPED),
        "seeds": _seeds(results),
        "scores": _scores(results),
        "sections": _sections_table(results["analogies"]["sections"]),
        "neighbours": _neighbours_table(results["neighbours"]),
        "examples": _examples_table(results["examples"]),
        "right": sum(each["rank"] == 1 for each in results["examples"]),
        "other_window": 2 * settings["window"],
        "mapped": sum(len(each["words"]) for each in results["map"]["groups"]),
        "words": settings["neighbours"][:2],
    }


# ---------------------------------------------------------------- sentences


def _seeds(results: Results) -> str:
    n = len(results["settings"]["seeds"])
    return f"{n} seed{'s' * (n != 1)}"


def _correlation(each: dict[str, Any]) -> str:
    half = f" ± {each['interval']:.3f}" if each["interval"] is not None else ""
    return f"{each['mean']:.3f}{half}".replace("-", "\N{MINUS SIGN}")


def _similarity_sentence(results: Results) -> str:
    each = results["similarity"]
    low, high = similarity_interval(each["mean"], each["known"])
    found = "They learn which words are alike" if low > 0 else "That they learn which words are alike does not show"
    between = f"{low:.2f} to {high:.2f}".replace("-", "\N{MINUS SIGN}")
    return (
        f"{found}: the cosine of two words and people's judgement of their likeness correlate at {_correlation(each)} "
        f"(Spearman, mean of {_seeds(results)}; for the choice of the {each['known']} pairs the 95 % interval is "
        f"{between}). Before learning it was {_correlation(each['untrained'])}."
    )


def _analogy_sentence(results: Results) -> str:
    each, words = results["analogies"], results["corpus"]["vocabulary"]
    large = [section for section in each["sections"] if section["known"] >= FEW] or each["sections"]
    best = max(large, key=lambda section: section["mean"])
    worst = min(large, key=lambda section: section["mean"])
    return (
        f"{with_interval(each['mean'], each['interval'], 1)} % of {each['known']:,} analogies come out right; one word "
        f"taken at random from {words:,} would be right in {100 / words:.2f} %. The best section is "
        f"{_name(best)} ({with_interval(best['mean'], best['interval'], 1)} %), the worst {_name(worst)} "
        f"({with_interval(worst['mean'], worst['interval'], 1)} %)."
    )


def _grammar_sentence(results: Results) -> str:
    """Forms of a word against knowledge of the world, paired by seed."""
    rows = results["analogies"]["sections"]
    kinds = [[row for row in rows if row["section"].startswith(GRAMMAR) is grammar] for grammar in (True, False)]
    if not all(kinds):
        return "The vocabulary has questions of one kind only, so grammar and facts cannot be compared."
    grammar, facts = (
        [
            sum(row["known"] * row["per_seed"][i] for row in kind) / sum(row["known"] for row in kind)
            for i in range(len(results["settings"]["seeds"]))
        ]
        for kind in kinds
    )
    apart = [a - b for a, b in zip(grammar, facts, strict=True)]
    half = interval(apart)
    said = (
        f"Grammar (sections `{GRAMMAR}*`) {with_interval(mean(grammar), interval(grammar), 1)} %, facts "
        f"{with_interval(mean(facts), interval(facts), 1)} %: "
    )
    if np.isnan(half):
        return said + f"{points(mean(apart), 1)} points, one seed, too few to say whether they differ."
    if abs(mean(apart)) <= half:
        return said + f"no difference found at {_seeds(results)} ({points(mean(apart), 1)} ± {100 * half:.1f} points)."
    more = "grammar" if mean(apart) > 0 else "facts"
    return said + f"more is learnt of {more} ({points(mean(apart), 1)} ± {100 * half:.1f} points, paired by seed)."


def _loss_sentences(running: NDArray[Any], fixed: NDArray[Any]) -> list[str]:
    falls = "in every epoch" if (np.diff(fixed) < 0).all() else "though not in every epoch"
    said = [f"Measured on the same pairs all along, the loss falls from {fixed[0]:.3f} to {fixed[-1]:.3f}, {falls}."]
    lowest = int(running.argmin())
    if lowest < len(running) - 1:
        said.append(
            f"The loss that is met on the way, each pair's just before its step, is lowest in epoch {lowest + 1} "
            f"({running[lowest]:.3f}) and then rises to {running[-1]:.3f}: while the rate is high the vectors follow "
            "the address that is being read and forget it in the next; as the rate falls they stop following and "
            "settle on what holds for all."
        )
    return said


def _name(section: dict[str, Any]) -> str:
    return f"`{section['section']}`"


# ---------------------------------------------------------------- tables


def _scores(results: Results) -> str:
    similarity, analogies = results["similarity"], results["analogies"]
    return markdown(
        [
            {
                "test": "WordSim-353, Spearman's correlation",
                "known to the vocabulary": f"{similarity['known']:,} of {similarity['all']:,}",
                "before learning": _correlation(similarity["untrained"]),
                "after": f"**{_correlation(similarity)}**",
            },
            {
                "test": "questions-words, right answers, %",
                "known to the vocabulary": f"{analogies['known']:,} of {analogies['all']:,}",
                "before learning": with_interval(analogies["untrained"]["mean"], analogies["untrained"]["interval"]),
                "after": f"**{with_interval(analogies['mean'], analogies['interval'])}**",
            },
        ]
    )


def _sections_table(rows: list[dict[str, Any]]) -> str:
    return markdown(
        [
            {
                "section": _name(row),
                "questions": f"{row['known']:,}",
                "right, %": with_interval(row["mean"], row["interval"], 1),
            }
            for row in sorted(rows, key=lambda row: -row["mean"])
        ]
    )


def _neighbours_table(rows: list[dict[str, Any]]) -> str:
    table = pd.DataFrame(
        [
            {"word": f"**{row['word']}**", "in the text": f"{row['count']:,}", "nearest, with cosine": _near(row)}
            for row in rows
        ]
    )
    return str(table.to_markdown(index=False, disable_numparse=True, colalign=("left", "right", "left")))


def _near(row: dict[str, Any]) -> str:
    return ", ".join(f"{word} {cosine:.2f}" for word, cosine in row["neighbours"])


def _examples_table(rows: list[dict[str, Any]]) -> str:
    shown = []
    for row in rows:
        first, second, third, expected = row["question"]
        right = row["rank"] == 1
        shown.append(
            {
                "question": f"{first} : {second} = {third} : ?",
                "expected": expected,
                "answer": f"**{row['answer']}**" if right else row["answer"],
                "its cosine": f"{row['score']:.2f}",
                "cosine of the expected": _or_none(row["expected_score"], ".2f"),
                "its place": _or_none(row["rank"], ",d"),
            }
        )
    return markdown(shown)


def _or_none(number: float | None, form: str) -> str:
    """The expected answer may be one of the question's own words, which have no place."""
    return "–" if number is None else format(number, form)


# ---------------------------------------------------------------- figures


def losses(running: NDArray[Any], fixed: NDArray[Any]) -> Figure:
    """The loss of fixed pairs, and the one met on the way, by epoch: seeds thin, their mean thick."""
    figure = Figure(figsize=(WIDTH, 3.4))
    axes = figure.add_subplot()
    for table, first, colour, style, label in (
        (fixed, 0, PALETTE[0], "-", "the same pairs, after each epoch"),
        (running, 0.5, PALETTE[1], (0, (4, 2)), "on the way, mean over each epoch"),
    ):
        epochs = np.arange(table.shape[1]) + first  # a mean over an epoch stands in its middle
        axes.plot(epochs, table.T, color=colour, linewidth=0.7, alpha=0.5, linestyle=style)
        axes.plot(
            epochs, table.mean(0), color=colour, linewidth=2, linestyle=style, marker="o", markersize=4, label=label
        )
    axes.set_xlabel("epochs")
    axes.set_ylabel("loss of a pair")
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
    axes.legend(fontsize=8.5)
    return figure


def sections(rows: list[dict[str, Any]]) -> Figure:
    """Right answers of every section: a tick a seed, a bar for their mean; colour says grammar or facts."""
    rows = sorted(rows, key=lambda row: -row["mean"])
    figure = Figure(figsize=(WIDTH, 1.0 + 0.28 * len(rows)))
    axes = figure.add_subplot()
    for i, row in enumerate(rows):
        colour = PALETTE[0] if row["section"].startswith(GRAMMAR) else PALETTE[4]
        axes.barh(i, 100 * row["mean"], height=0.62, color=colour)
        axes.plot(100 * np.array(row["per_seed"]), [i] * len(row["per_seed"]), "|", color="#222222", markersize=9)
        top = 100 * max(row["mean"], *row["per_seed"])
        text = f"{100 * row['mean']:.1f} % of {row['known']:,}"
        axes.annotate(text, (top, i), xytext=(7, 0), textcoords="offset points", va="center", fontsize=8.5)
    axes.set_yticks(range(len(rows)), [row["section"] for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.margins(x=0.18)
    axes.set_xlim(left=0)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("right answers, %")
    patch = mpl.patches.Patch
    axes.legend(
        handles=[patch(color=PALETTE[0], label="grammar"), patch(color=PALETTE[4], label="facts")],
        loc="lower right",
        fontsize=8.5,
    )
    return figure


def word_map(groups: list[dict[str, Any]], places: NDArray[Any], explained: list[float]) -> Figure:
    """The chosen words on the plane of their first two principal components."""
    figure = Figure(figsize=(WIDTH, 6.2))
    axes = figure.add_subplot()
    start = 0
    for i, each in enumerate(groups):
        x, y = places[start : start + len(each["words"])].T
        axes.scatter(
            x, y, s=26, color=PALETTE[i % len(PALETTE)], marker=MARKERS[i % len(MARKERS)], label=each["group"], zorder=3
        )
        start += len(each["words"])
    axes.margins(0.09)
    axes.set_xlabel(f"first component, {explained[0]:.0%} of the variance")
    axes.set_ylabel(f"second component, {explained[1]:.0%}")
    figure.legend(loc="outside upper center", ncols=len(groups), fontsize=8.5)
    _label(axes, [word for each in groups for word in each["words"]], places)
    return figure


def _label(axes: Axes, words: list[str], places: NDArray[Any]) -> None:
    """Write each word beside its point, on the side where it meets the fewest others."""
    figure = axes.figure
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # settles the layout, so that texts have their sizes
    renderer = canvas.get_renderer()
    points = axes.transData.transform(places)
    taken = [Bbox.from_bounds(x - 4, y - 4, 8, 8) for x, y in points]
    sides = [("left", 6, 0), ("right", -6, 0), ("center", 0, 9), ("center", 0, -9), ("left", 6, 8), ("left", 6, -8)]
    sides += [("right", -6, 8), ("right", -6, -8)]
    for word, place in zip(words, places, strict=True):
        tried = []
        for ha, dx, dy in sides:
            text = axes.annotate(
                word,
                place,
                xytext=(dx, dy),
                textcoords="offset points",
                ha=ha,
                va="center",
                fontsize=8,
                color="#222222",
            )
            box = text.get_window_extent(renderer)
            tried.append((sum(box.overlaps(other) for other in taken), len(tried), text, box))
        _, _, best, box = min(tried, key=lambda each: each[:2])
        for *_, text, _ in tried:
            if text is not best:
                text.remove()
        taken.append(box)
