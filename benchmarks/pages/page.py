"""From results.json to benchmarks/README.md. Nothing is measured here."""

from collections.abc import Iterator
from statistics import mean, median
from typing import Any

from harness.tasks import TRAIN, VALIDATION
from nnlabs.evaluation.statistics import interval
from pages import byhand as byhand_page
from pages import cifar10 as cifar10_page
from pages import deep as deep_page
from pages import folder as folder_page
from pages import gpu as gpu_page
from pages.verdicts import (
    GENSIM,
    OURS,
    PLAIN,
    TEXTBOOK,
    TWO,
    WORDS,
    difference,
    measured,
    ratios,
    spread,
    table,
    targets,
    where,
)

INTRODUCTION = """\
# Speed beside peers

Made by `make bench`, one part by `python benchmarks/run.py --only lecture`. Every loop runs in a process of its own;
they take turns, an epoch each, round after round, after one epoch to warm up. A figure is the median over the rounds,
with the smallest and the largest; a ratio is the median of the ratios within a round. Everyone trains on the same
images, validates on the same and writes its weights to disk after every epoch. Peers have as many threads as they
choose by themselves.
"""

LIMITS = """\
Half of the textbook loop's MLP epoch and more, as of Lightning's on the same loaders, is Python that runs for each
image: an index, a PIL image, a tensor, a normalisation, and a batch stacked from 128 of them. Tensors in memory behind
a DataLoader leave out the image but not the loop. Ours takes a batch by one index into the bytes and normalises it in
the network: what is left is the products below, Adam, dropout and, in bf16, the conversions. A convolution's epoch is
mostly arithmetic; there the gain is the memory layout, bf16 and memory that is kept between steps. "Products alone"
are the operations at the machine's best rate for large square matrices; a batch's matrices are smaller.
"""


def render(results: dict[str, Any]) -> str:
    """The whole page, of the parts that were measured."""
    parts = [INTRODUCTION, *_targets(results)]
    for section in (
        _lecture,
        _accuracy,
        cifar10_page.render,
        deep_page.render,
        folder_page.render,
        gpu_page.render,
        byhand_page.render,
        _words,
        _pipeline,
        _limits,
        _versions,
    ):
        parts += section(results)
    return "\n".join(parts)


def _targets(results: dict[str, Any]) -> Iterator[str]:
    rows = [(each.what, each.bound, each.measured, "yes" if each.met else "**no**") for each in targets(results)]
    if rows:
        yield "## Targets\n"
        yield table(("", "target", "measured", "met"), rows)


def _lecture(results: dict[str, Any]) -> Iterator[str]:
    if not (section := results.get("lecture")):
        return
    seconds = section["seconds"]
    yield "## The lecture's MLP on Fashion-MNIST\n"
    yield "784-512-256-128-10, ReLU, dropout 0.3, Adam 0.001, batch 128; 55,000 training and 5,000 validation images.\n"
    rows = []
    for title, each in seconds.items():
        times = 2 if title == TWO else 1
        rate = times * TRAIN["lecture"] * section["share"] / median(each)
        rows.append((title, spread(each), f"{rate:,.0f}", f"{median(ratios(seconds, TEXTBOOK, title, times)):.2f} ×"))
    rows.sort(key=lambda row: float(row[3].split()[0]))
    yield table(("loop", "seconds an epoch", "images/s", "textbook's throughput"), rows)
    yield measured(section)


def _accuracy(results: dict[str, Any]) -> Iterator[str]:
    if not (section := results.get("accuracy")):
        return
    accuracies = section["accuracies"]
    rows = []
    for title, values in accuracies.items():
        mean = 100 * sum(values) / len(values)
        less = ""
        if title != TEXTBOOK:
            less = "{:+.2f} ({:+.2f} to {:+.2f})".format(*difference(values, accuracies[TEXTBOOK]))
        rows.append((title, f"{mean:.2f} ± {100 * interval(values):.2f}", less))
    yield f"### What it learns in {section['epochs']} epochs\n"
    yield table(("loop", "validation accuracy, %", "less the textbook loop's, points"), rows)
    yield (
        f"Seeds a loop: {len(accuracies[TEXTBOOK])}; last epoch; 95 % intervals, "
        f"Student's of a mean, Welch's of a difference. {where(section)}"
    )


def _words(results: dict[str, Any]) -> Iterator[str]:
    if not (section := results.get("words")):
        return
    seconds, words, scores = section["seconds"], section["words"], section["scores"]
    recipe = ", ".join(f"{name} {value:g}" for name, value in sorted(section["recipe"].items()))
    yield "## Word vectors beside gensim\n"
    yield (
        f"Skip-gram with negative sampling on the {words[WORDS]:,} words of `data/speeches`: {recipe}; "
        f"{section['epochs']} epochs at one falling rate. gensim is given the same words as lists in memory, of at "
        "most 10,000 each. Scores are those of the last epoch, measured by the same code.\n"
    )
    rates = {title: [words[title] / each for each in row] for title, row in seconds.items()}
    rows = []
    for title, each in sorted(rates.items(), key=lambda row: median(row[1])):
        told = scores.get(title)
        learnt = (_mean(told["similarity"], 1, 3), _mean(told["analogies"], 100, 1)) if told else ("", "")
        beside = f"{median(each) / median(rates[GENSIM]):.3g} ×"
        rows.append((title, f"{median(each):,.0f} ({min(each):,.0f} to {max(each):,.0f})", beside, *learnt))
    header = ("loop", "words/s", "of gensim's two workers", "WordSim-353, Spearman", "questions-words, % right")
    yield table(header, rows)
    yield "![Words a second](figures/words.svg)\n"
    yield (
        f"Epochs: {len(seconds[WORDS])} of each loop in {section['seeds']} trainings, after one each to warm up; "
        f"matrix products have one thread. The definition in NumPy takes the first {words[PLAIN]:,} words. Cores in "
        f"use while every loop waits: {section['idle_cores']:.2f}. {where(section)}"
    )
    yield _words_limits(section)


def _words_limits(section: dict[str, Any]) -> str:
    """What ours spends its time on."""
    words, pairs, seconds = section["words"], section["pairs"], section["seconds"]
    epoch = median(seconds[WORDS])
    rows, numbers = 1 + section["recipe"]["negatives"], section["recipe"]["dimensions"]
    # of each row a product, a sum by v and a sum by u, two operations a number each
    rate = 6 * rows * numbers * pairs / epoch / 1e9
    reached = section["machine"]["gflops"]["1"]["float32"]
    learning = 1e9 * (epoch - section["drawing"]) / pairs
    plain = median(seconds[PLAIN]) / words[PLAIN] * words[WORDS] / epoch
    return (
        f"What limits ours: a word is {pairs / words[WORDS]:.1f} pairs; drawing them in NumPy takes "
        f"{section['drawing'] / epoch:.0%} of the time, the compiled loop {learning:.0f} ns a pair. That is "
        f"{rate:.0f} GFLOP/s where large float32 products reach {reached:.0f}: a pair is {rows} products of {numbers} "
        f"numbers and twice as many sums, each with a row from somewhere in {_megabytes(section):.0f} MB of vectors, "
        f"{rows} exponentials between them, and the next pair needs what this one has changed. With one pair after "
        f"the other in NumPy an epoch takes {plain:,.0f} times as long: that is calls, hardly arithmetic.\n"
    )


def _megabytes(section: dict[str, Any]) -> float:
    return 2 * 4 * section["vocabulary"] * section["recipe"]["dimensions"] / 1e6


def _mean(values: list[float], scale: float, digits: int) -> str:
    return f"{scale * mean(values):.{digits}f} ± {scale * interval(values):.{digits}f}"


def _pipeline(results: dict[str, Any]) -> Iterator[str]:
    section, memory = results.get("pipeline"), results.get("memory")
    rows = []
    if section:
        no_op = section["no_op"]
        rows = [
            (f"`dvc repro` with nothing to do, {section['stages']} stages", f"{spread(no_op)} s" if no_op else "-"),
            (f"`{section['stage']}` alone", f"{spread(section['alone'])} s"),
            (f"`{section['stage']}` through DVC", f"{spread(section['through_dvc'])} s"),
            ("the pipeline's own share of a stage", f"{section['overhead']:.2f} s"),
        ]
    if memory:
        rows.append((f"peak memory of `{memory['command']}`, its whole process tree", f"{memory['megabytes']:,.0f} MB"))
    if rows:
        yield "## The pipeline\n"
        yield table(("", "measured"), rows)
    if section:
        yield f"Repeats: {len(section['alone'])}. {where(section)}"


def _limits(results: dict[str, Any]) -> Iterator[str]:
    rows = []
    for task, name, title, threads in (
        ("lecture", "MLP", OURS, "1"),
        ("lecture", "MLP", "ours, float32, one thread", "1"),
        ("cifar10", "plain CNN", "ours, bf16, plain CNN", "2"),
        ("cifar10", "plain CNN", "ours, float32, plain CNN", "2"),
    ):
        if not (section := results.get(task)):
            continue
        machine = section["machine"]
        precision = "bf16" if "bf16" in title else "float32"
        work = machine["operations"][task]
        giga = (work["train"] * TRAIN[task] + work["classify"] * VALIDATION) / 1e9
        rate = machine["gflops"].get(threads, machine["gflops"]["1"])[precision]
        epoch = median(section["seconds"][title]) / section["share"]
        figures = (f"{giga:,.0f}", f"{rate:,.0f}", f"{giga / rate:.2f} s", f"{epoch:.2f} s")
        rows.append((name, precision, threads, *figures))
    if rows:
        header = ("network", "precision", "threads", "GFLOP an epoch", "GFLOP/s", "products alone", "our epoch")
        yield "## What limits the figures\n"
        yield LIMITS
        yield table(header, rows)


def _versions(results: dict[str, Any]) -> Iterator[str]:
    found = {name: sections for name, sections in _by_versions(results).items() if name}
    if found:
        yield "## Versions\n"
        yield "".join(f"- {', '.join(sections)}: {versions}\n" for versions, sections in found.items())


def _by_versions(results: dict[str, Any]) -> dict[str, list[str]]:
    """Which sections were measured with which versions: they may have been measured apart."""
    found: dict[str, list[str]] = {}
    for name, section in results.items():
        versions = section.get("machine", {}).get("versions", {})
        found.setdefault(", ".join(f"{key} {value}" for key, value in sorted(versions.items())), []).append(name)
    return found
