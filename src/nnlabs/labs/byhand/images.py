"""McNemar's count: the test images that one program alone classifies rightly, and what they say."""

from typing import Any

from scipy.special import bdtr, ndtri

from nnlabs.labs.byhand.results import Results, Run
from nnlabs.reporting.sentences import counted, percent, points

DOUBT = 0.05
"""How often one of the counts of images of a page may seem unequal though it is not."""


def span(values: list[int]) -> str:
    low, high = min(values), max(values)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def unequal(runs: list[Run]) -> list[Run]:
    """Seeds in which one program alone is right too often for chance: McNemar's exact test, for all seeds together."""
    return [run for run in runs if chance(run) < DOUBT / len(runs)]


def chance(run: Run) -> float:
    """How often a fair coin would part so many images as unequally, or more so."""
    fewer, every = min(run.numpy_alone, run.torch_alone), run.numpy_alone + run.torch_alone
    return min(1.0, 2 * float(bdtr(fewer, every, 0.5))) if every else 1.0


def either_way(runs: list[Run]) -> str:
    if parted := unequal(runs):
        return f"and in {len(parted)} of {counted(len(runs))} more of them in one program than chance would have it"
    return "split between the two no more unequally than tosses of a coin would be"


def sentence(results: Results) -> str:
    """McNemar's count, and how large a difference of accuracies it leaves room for."""
    runs, n = results.runs, results.test_images
    worst = max(runs, key=lambda run: abs(run.numpy_alone - run.torch_alone))
    said = (
        "Only images that one program has right and the other wrong can tell the two apart; all others count for "
        "both or for neither. "
        f"The largest difference is {difference(worst, n)} points, in seed {worst.seed}. "
    )
    if parted := unequal(runs):
        named = ", ".join(str(run.seed) for run in parted)
        return said + (
            f"In seed {named} they are split more unequally than chance explains: there the programs are "
            "**not** equally good."
        )
    largest = percent(max(room(run, n, len(runs)) for run in runs))
    return said + (
        "In no seed are they split more unequally than tosses of a coin would be, and a difference of more than "
        f"{largest} points is excluded."
    )


def difference(run: Run, images: int) -> str:
    return points((run.numpy_alone - run.torch_alone) / images)


def room(run: Run, images: int, together: int) -> float:
    """The far end of the interval of a difference of accuracies on the same images (normal approximation)."""
    apart, every = run.numpy_alone - run.torch_alone, run.numpy_alone + run.torch_alone
    spread = max(every - apart**2 / images, 1.0) ** 0.5
    return (abs(apart) + float(ndtri(1 - DOUBT / together / 2)) * spread) / images


def count_row(run: Run, images: int) -> dict[str, Any]:
    return {
        "seed": run.seed,
        "right in NumPy alone": f"{run.numpy_alone:,}",
        "in PyTorch alone": f"{run.torch_alone:,}",
        "difference, points": difference(run, images),
        "McNemar's p": f"{chance(run):.2f}",
    }
