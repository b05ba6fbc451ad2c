"""The part of benchmarks/README.md about a GPU."""

from collections.abc import Iterator
from statistics import mean, median
from typing import Any

from nnlabs.evaluation.statistics import interval
from pages import deep as deep_page
from pages.verdicts import difference, table, where
from sections.deep import PRECISIONS

LABS = """\
By `python benchmarks/gpu.py`: arms as params.yaml has them, with all their seeds, one after the other, on the GPU in
mixed precision (bf16). Beside it stands what the report has from a processor: other arithmetic and, in dropout, other
random numbers, so accuracies should differ by no more than seeds do. Of {n} differences {apart} further from 0 than
{theirs} 95 % interval reaches; chance alone puts about {expected:.1f} there.
"""

SPEED = """\
An epoch, validation and checkpoint included, goes from {slow:.1f} times (`{slowest}`) to {fast:.0f} times (`{fastest}`)
as fast as the report's, which had a core or two. What decides is the work in a batch: Python starts a step's some
dozens of operations one by one, whatever their size, and the card waits for it; so small networks gain nothing.
"""

DEEP = """\
The steps of [the deep networks above](#deep-networks-beside-plain-torchvision-code), at the same sizes of image and
batch, which are the labs': small for this card, so most of its rate for large products ({float32:,.0f} TFLOP/s in
float32, {bf16:,.0f} in bf16) is left over. float32 is float32 in both: TF32 is off. Ours choose algorithms that give
the same bytes again, torchvision's whatever is fastest.
"""


def render(results: dict[str, Any]) -> Iterator[str]:
    labs, deep = results.get("gpu_labs"), results.get("gpu_deep")
    if labs:
        yield f"## The labs on a GPU: {labs['machine']['gpu']}\n"
        yield from _labs(labs["arms"])
        left_out = ", ".join(f"`{name}`" for name in labs["left_out"])
        yield f"Not run there: {left_out}.\n" * bool(left_out) + where(labs)
    if deep:
        yield f"## Deep networks on a GPU: {deep['machine']['gpu']}\n"
        yield DEEP.format(**{each: median(deep_page.limits(deep, each)) / 1e12 for each in PRECISIONS})
        for mode, title in deep_page.MODES.items():
            yield f"{title}:\n"
            yield deep_page.rates_table(deep, mode)
        rounds = len(next(iter(deep["train"]["seconds"].values())))
        yield f"Rounds: {rounds}. {where(deep)}"


def _labs(arms: dict[str, Any]) -> Iterator[str]:
    rows, apart = [], 0
    faster = {name: arm["report"]["seconds_per_epoch"] / arm["here"]["seconds_per_epoch"] for name, arm in arms.items()}
    for name, arm in sorted(arms.items(), key=lambda each: (each[1]["lab"], each[0])):
        here = arm["here"]
        less, low, high = difference(here["accuracies"], arm["report"]["accuracies"])
        apart += bool(low > 0 or high < 0)
        rows.append(
            (
                f"`{name}`",
                f"{100 * mean(here['accuracies']):.2f} ± {100 * interval(here['accuracies']):.2f}",
                f"{less:+.2f} ({low:+.2f} to {high:+.2f})",
                f"{here['seconds_per_epoch']:.3g}",
                f"{faster[name]:.1f} ×",
                f"{here['seconds']:.1f}",
                f"{here['gpu_memory'] / 2**20:,.0f}",
            )
        )
    lies = "one lies" if apart == 1 else f"{apart or 'none'} lie"
    theirs = "its" if apart == 1 else "their"
    yield LABS.format(n=len(rows), apart=lies, theirs=theirs, expected=len(rows) / 20)
    header = (
        "arm",
        "test accuracy, %",
        "less the report's, points",
        "s an epoch",
        "speed of the report's",
        "training in all, s",
        "GPU memory, MiB",
    )
    yield table(header, rows)
    (slowest, slow), (fastest, fast) = (pick(faster.items(), key=lambda each: each[1]) for pick in (min, max))
    yield SPEED.format(slow=slow, slowest=slowest, fast=fast, fastest=fastest)
