"""The part of benchmarks/README.md about deep networks."""

from collections.abc import Iterator
from statistics import median
from typing import Any

from harness.products import OPERATIONS
from ours.deep import CASES
from ours.updates import UPDATES
from pages.verdicts import alone, ratios, spread, table
from sections.deep import PRECISIONS

TITLES = {
    "resnet50": "ResNet-50, 32 px, batch 64",
    "resnet50-large": "ResNet-50, 128 px, batch 32",
    "mobilenet": "MobileNetV2, 96 px, batch 128",
}
MODES = {"train": "Training", "classify": "Classifying"}
PASSES = {"train": 3, "classify": 1}
OPTIMIZERS = {"torch-adamax": "AdaMax, torch's own", "adamax": "AdaMax, ours", "adam": "Adam, torch's fused one"}

INTRODUCTION = """\
Images in memory. Torchvision's rows are what a tutorial does with `torchvision.models`: normalised float images in the
usual memory layout, Adam as it comes, `loss.item()` a batch, `torch.autocast` for bf16, as many threads as torch takes
by itself. Ours are the steps of this project's loop, from bytes; MobileNetV2 classifies as the stage `features` runs
it, with batch normalisation folded into the convolutions. Part of the difference, in training at 32 pixels and of
MobileNetV2 in bf16, is that torch has no fast code for some gradients on a processor: convolutions that see few pixels
are products of matrices here, and depthwise ones with a stride stay in float32 (`src/nnlabs/models/layers.py`).
"""

SHARE = """\
The last column is the part of the machine's rate for large matrix products, taken in the same rounds in the row's
precision on all cores ({float32:,.0f} and {bf16:,.0f} GFLOP/s), that the network's multiplications and additions make
up; a training step is counted as three forward passes. What is missing is memory: at 32 pixels ResNet-50's last blocks
see a single pixel, so a batch shares each of 23 million weights among few products, and the optimizer goes over all of
them and over its two memories after every batch; MobileNetV2's depthwise convolutions do nine products for a number
read, and batch normalisation and activations do hardly any.
"""

UPDATE = """\
An update of ResNet-50's 23.5 million weights. torch has no fused AdaMax: its own goes over all weights once for each of
the formula's operations, ours is compiled and goes over them once, on one thread: memory allows no more.
"""


def render(results: dict[str, Any]) -> Iterator[str]:
    if not (section := results.get("deep")):
        return
    yield "## Deep networks beside plain torchvision code\n"
    yield INTRODUCTION
    yield "![Images a second](figures/deep.svg)\n"
    for mode, title in MODES.items():
        yield f"### {title}\n"
        yield rates_table(section, mode)
        yield alone(section[mode], section)
    yield SHARE.format(**{precision: median(limits(section, precision)) / 1e9 for precision in PRECISIONS})
    yield "### AdaMax\n"
    yield UPDATE
    yield _updates(section)
    yield alone(section["updates"], section)


def limits(section: dict[str, Any], precision: str) -> list[float]:
    """Operations a second of large products, of every race and round."""
    races = (section[mode]["seconds"][f"products, {case}, {precision}"] for mode in MODES for case in TITLES)
    return [OPERATIONS / seconds for race in races for seconds in race]


def rates(section: dict[str, Any], mode: str, row: str) -> list[float]:
    """Images a second, round by round."""
    _, case, _ = row.split(", ")
    batch = CASES[case].batch
    images = max(1, section[mode]["images"][case] // batch) * batch
    return [images / seconds for seconds in section[mode]["seconds"][row]]


def share(section: dict[str, Any], mode: str, row: str) -> float:
    """The part of the machine's rate for large products that the network's own operations make up."""
    _, case, precision = row.split(", ")
    seconds = section[mode]["seconds"][f"products, {case}, {precision}"]
    image = section["operations"][case] * PASSES[mode]
    ours = rates(section, mode, row)
    return median(rate * image * each / OPERATIONS for rate, each in zip(ours, seconds, strict=True))


def rates_table(section: dict[str, Any], mode: str) -> str:
    seconds = section[mode]["seconds"]
    rows = []
    for case, title in TITLES.items():
        plain = f"torchvision, {case}, float32"
        for precision in PRECISIONS:
            for who in ("torchvision", "ours"):
                row = f"{who}, {case}, {precision}"
                rows.append(
                    (
                        title,
                        f"{who}, {precision}",
                        spread(rates(section, mode, row), 0),
                        f"{median(ratios(seconds, f'torchvision, {case}, {precision}', row)):.2f} ×",
                        f"{median(ratios(seconds, plain, row)):.2f} ×",
                        f"{share(section, mode, row):.0%}",
                    )
                )
    header = (
        "network",
        "code",
        "images/s",
        "torchvision's speed, same precision",
        "its float32 speed",
        "of the machine's rate",
    )
    return table(header, rows)


def _updates(section: dict[str, Any]) -> str:
    seconds = section["updates"]["seconds"]
    rows = []
    for row in seconds:
        optimizer, threads = row.split(", ")
        milliseconds = spread([1e3 * each / UPDATES for each in seconds[row]], 1)
        faster = median(ratios(seconds, f"torch-adamax, {threads}", row))
        rows.append((OPTIMIZERS[optimizer], threads, milliseconds, f"{faster:.2f} ×"))
    return table(("optimizer", "threads", "ms an update", "speed of torch's AdaMax"), rows)
