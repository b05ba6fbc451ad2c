"""How many runs agree on a mistake that the page shows: where all do, of several kinds, the label is to be doubted."""

from dataclasses import dataclass

import numpy as np

from nnlabs.reporting.names import in_markdown
from nnlabs.reporting.results import Results
from nnlabs.reporting.sentences import listed

ENOUGH = 5
"""Fewer other runs than this say nothing of a label."""
SEVERAL = 2
"""Kinds of network that have to agree."""


@dataclass(frozen=True)
class Agreement:
    """What the page's other runs say of an image that the pictured one gets wrong."""

    label: str
    said: str
    """What the pictured run takes it for."""
    agree: int
    """How many of the others say so too."""
    others: int
    kinds: int
    """Of how many kinds of network the runs are: one kind shares its mistakes, which says nothing of a label."""


def agreements(results: Results) -> dict[int, Agreement]:
    """Of every mistake in the gallery, by its place there; none where it is not known which test images are shown.

    The others are all runs of the page, of whatever variant and seed, that were tested on the same images.
    """
    pictured = results.pictured
    if pictured.outcomes is None:
        return {}
    labels = pictured.outcomes.labels
    known = {each.id: each.outcomes for each in results.shown.values() if each.outcomes is not None}
    alike = {key: each.predicted for key, each in known.items() if np.array_equal(each.labels, labels)}
    votes = np.concatenate([*alike.values()])  # runs x N
    kinds = len({results.shown[key].model for key in alike})
    if len(votes) - 1 < ENOUGH:
        return {}
    classes = results.data["classes"]
    found = {}
    for place, shown in enumerate(pictured.scores.gallery):
        if "image" in shown and shown["true"] != shown["predicted"]:
            same = int((votes[:, shown["image"]] == classes.index(shown["predicted"])).sum())
            # the pictured run is one of them
            found[place] = Agreement(shown["true"], shown["predicted"], same - 1, len(votes) - 1, kinds)
    return found


def sentence(found: dict[int, Agreement]) -> str:
    """What the other runs say of the labels; empty where nothing is known of them."""
    if not found:
        return ""
    one = next(iter(found.values()))
    others = f"the page's {one.others} other runs, of all variants and seeds"
    start = f"Over each mistake stands how many of {others}, say the same."
    if one.kinds < SEVERAL:
        return f"{start} They are networks of one kind, which share mistakes, so that says nothing of the labels."
    against = [each for each in found.values() if each.agree == each.others]
    if not against:
        return f"{start} Nowhere do all of them, so no label is doubtful for that reason."
    told = listed([f"*{in_markdown(each.said)}* where the label is *{in_markdown(each.label)}*" for each in against])
    return (
        f"{start} All of them say {told}. Where networks of {one.kinds} kinds agree against a label, it may be "
        "wrong, or the picture may look like the other class; only a look at it can tell."
    )
