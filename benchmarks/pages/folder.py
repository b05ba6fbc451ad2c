"""The part of benchmarks/README.md about a folder of pictures."""

import math
from collections.abc import Iterator
from statistics import median
from typing import Any

from pages.verdicts import alone, ratios, spread, table
from sections.folder import LATER, ONCE, SIDE, TORCHVISION, WANTED

EPOCHS = 10
"""Of the example."""

INTRODUCTION = """\
{files:,} JPEGs of {side} x {side} pixels and {kilobytes:.0f} kB, laid out as AFHQ is ({pictures}), become
{wanted} x {wanted}; they were just written, so they are in the system's file cache. Torchvision's row is ImageFolder,
Resize, ToTensor and a shuffling DataLoader of {workers} workers, which decodes every file again in every epoch. Ours
decodes once, in {workers} processes, and does all that the stage `data` does besides: a hash of each file and of each
picture, test pictures dropped that are in training too, odd files found, splits, statistics, arrays written and hashed.
An epoch of what is prepared is shuffled batches of floats from the mapped arrays. Starting Python and importing are not
counted, starting the workers is.
"""

PIXELS = """\
Where a JPEG has more pixels than are needed, ours asks its decoder for half of them a side, a quarter and so on, down
to twice the side that is wanted, and resizes those with antialiasing; torchvision decodes all of them. The results lie
{apart:.1f} of 255 apart on average.
"""


def render(results: dict[str, Any]) -> Iterator[str]:
    if not (section := results.get("folder")):
        return
    seconds, images = section["seconds"], section["images"]
    yield "## A folder of pictures beside torchvision's ImageFolder\n"
    yield INTRODUCTION.format(side=SIDE, wanted=WANTED, **section)
    rows = [
        (
            title,
            spread(each),
            spread([images[title] / value for value in each], 0),
            f"{median(ratios(seconds, TORCHVISION, title)):.2f} ×",
        )
        for title, each in seconds.items()
    ]
    yield table(("", "seconds", "images/s", "torchvision's speed"), rows)
    yield alone(section, section)
    yield verdict(*(median(seconds[title]) for title in (TORCHVISION, ONCE, LATER)))
    yield PIXELS.format(apart=section["apart"])


def verdict(theirs: float, once: float, later: float) -> str:
    """In words, from seconds: torchvision's epoch, the preparation, an epoch after it."""
    if later >= theirs:
        return "An epoch of what is prepared takes no less time than one of torchvision's: preparing does not pay.\n"
    first = max(1, math.ceil(once / (theirs - later)))
    when = "from the first epoch on" if first == 1 else f"from epoch {first} on"
    return (
        f"Preparing takes {once / theirs:.2f} times as long as one epoch of torchvision's, and has paid {when}: "
        f"{EPOCHS} epochs take {once + EPOCHS * later:.1f} s so, preparation included, and {EPOCHS * theirs:.1f} s "
        "with torchvision.\n"
    )
