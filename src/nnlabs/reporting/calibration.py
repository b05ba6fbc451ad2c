"""Whether a network is as often right as it is sure: a reliability diagram, and what it says in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from nnlabs.evaluation.metrics import Floats
from nnlabs.reporting.figures import WIDTH, colours
from nnlabs.reporting.result import Result
from nnlabs.reporting.results import Results
from nnlabs.reporting.sentences import emphasised, listed, percent

FEW = 20
"""Fewer images of all seeds than this are no point of the diagram: their part that is right is chance."""
PART = 0.75
"""Of a calibration error that goes one way, the part from which a page says which way."""


@dataclass(frozen=True)
class Sureness:
    """How sure a variant is and how often right; parts of 1, means over seeds."""

    result: Result

    @property
    def smoothing(self) -> float:
        return float(self.result.training.get("label_smoothing") or 0.0)

    @property
    def error(self) -> float:
        """Expected calibration error."""
        return float(np.mean([each.error for each in self.result.calibration]))

    @property
    def lean(self) -> float:
        """By how much it is right more often than it says, if at all; negative where it is less often right."""
        n, sure, right = self._sums()
        return float((right - sure).sum() / n.sum())

    def points(self) -> tuple[list[float], list[float]]:
        """Of every bin with images enough, mean confidence and the part that is right, all seeds together."""
        n, sure, right = self._sums()
        kept = n >= FEW
        return (sure[kept] / n[kept]).tolist(), (right[kept] / n[kept]).tolist()

    def _sums(self) -> tuple[Floats, Floats, Floats]:
        """By bin: images, the sum of their confidences, how many are right; all seeds together."""
        seeds = self.result.calibration
        images = np.array([each.images for each in seeds], float)  # S x bins
        sure, right = (
            np.array([[value or 0.0 for value in values] for values in by_seed])
            for by_seed in ([each.confidence for each in seeds], [each.right for each in seeds])
        )
        return images.sum(0), (images * sure).sum(0), (images * right).sum(0)


def asked(results: Results) -> list[Sureness]:
    """The variants to look at: those that learned from softened labels, and one that did not to compare them with.

    None where no variant did, or nothing was kept.
    """
    known = [Sureness(each) for each in results.shown.values() if each.calibration]
    smoothed = [each for each in known if each.smoothing]
    plain = [each for each in known if not each.smoothing]
    if not smoothed:
        return []
    return [*smoothed, *sorted(plain, key=lambda each: -each.result.test)[:1]]


def diagram(results: Results, shown: Sequence[Sureness]) -> Figure:
    """The part that is right against confidence; on the diagonal they are the same."""
    figure = Figure(figsize=(WIDTH, 4.4))
    axes = figure.add_subplot()
    styles = colours(list(results.shown))
    axes.plot([0, 100], [0, 100], color="#666666", linewidth=1.0, linestyle=(0, (2, 3)))
    for each in shown:
        sure, right = (100 * np.array(values) for values in each.points())
        axes.plot(
            sure, right, marker="o", markersize=5, linewidth=1.8, label=each.result.name, **styles[each.result.id]
        )
    axes.set_xlim(0, 102)
    axes.set_ylim(0, 102)
    axes.set_xlabel("how sure: probability of the predicted class, %")
    axes.set_ylabel("how often right, %")
    diagonal = mpl.lines.Line2D([], [], color="#666666", linewidth=1.0, linestyle=(0, (2, 3)), label="as sure as right")
    handles, _ = axes.get_legend_handles_labels()
    figure.legend(handles=[*handles, diagonal], loc="outside upper left", ncols=2)
    return figure


def sentences(shown: Sequence[Sureness]) -> list[str]:
    """What the diagram says of each variant."""
    return [_said(each) for each in shown]


def _said(each: Sureness) -> str:
    how = f"label smoothing {each.smoothing:g}" if each.smoothing else "no label smoothing"
    start = f"{emphasised(each.result.name)} ({how}): confidence and accuracy lie {percent(each.error, 1)} points apart"
    if each.error < 0.0005 or abs(each.lean) < PART * each.error:
        return f"{start}, by turns above and below."
    return f"{start}; it is right {'more' if each.lean > 0 else 'less'} often than it says."


def left_open(results: Results) -> list[str]:
    """A sentence on each variant that learned from softened labels and cannot be asked."""
    unknown = [each for each in map(Sureness, results.shown.values()) if each.smoothing and not each.result.calibration]
    return [
        f"{emphasised(each.result.name)} (label smoothing {each.smoothing:g}) is not in the diagram: its probabilities "
        "were not kept."
        for each in unknown
    ]


def message(shown: Sequence[Sureness]) -> str:
    """What the diagram shows, for those who do not see it."""
    told = [f"{each.result.name} {percent(each.error, 1)} points" for each in shown]
    return f"How often right against how sure; the two lie apart: {listed(told)}"
