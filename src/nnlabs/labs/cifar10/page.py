"""What the page of `cifar10` says of its numbers."""

from dataclasses import dataclass
from pathlib import Path

from nnlabs.labs.cifar10 import shifts
from nnlabs.labs.cifar10.ids import CNN, MLP, SHUFFLED, SMALL_CNN, SMALL_MLP, STRONG
from nnlabs.labs.common import networks
from nnlabs.reporting import drawings, figures
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.result import Result
from nnlabs.reporting.tables import markdown

CLOSE = 0.02
"""A difference within this is called hardly any, where its whole interval is."""


@dataclass(frozen=True)
class Own:
    """What the template shows beside the common view."""

    moved: bool
    """Whether anything is known of shifts."""
    message: str
    moved_says: tuple[str, ...]
    table: str
    images: str
    """How many were moved."""
    networks: str
    """What the drawing of the networks shows; empty where there is none."""
    filters: str
    """Name of the variant whose first filters are drawn; empty where none are known."""
    kept: int


def answer(found: Findings) -> Answer:
    if not found.there(MLP, CNN):
        return found.answer()
    said = [_better(found), shifts.in_short(found), _order(found), _limit(found)]
    drawn = bool(shifts.moved(found))
    return Answer(
        tuple(filter(None, said)),
        "shifts.svg" if drawn else "accuracy.svg",
        shifts.message(found) if drawn else found.message(),
    )


def _better(found: Findings) -> str:
    cnn, mlp = found.of(CNN), found.of(MLP)
    reached = f"{found.reached(CNN)} of the test images, a fully connected one {found.reached(MLP)}"
    weights = f"{cnn.scores.parameters:,} weights and the other {mlp.scores.parameters:,}"
    if found.better(CNN, MLP):
        return f"A plain convolutional network recognises {reached}; the first has {weights}."
    return f"A plain convolutional network recognises {reached}. {found.verdict(CNN, MLP)}"


# ---------------------------------------------------------------- order of the pixels


def _order(found: Findings) -> str:
    """What shuffled pixels do to either network, in one sentence."""
    if not found.there(*SHUFFLED, *SHUFFLED.values()):
        return ""
    mlp, cnn = (found.pair(shuffled, ordered) for ordered, shuffled in SHUFFLED.items())
    if mlp is None or cnn is None:
        return ""
    of_cnn = found.difference(SHUFFLED[SMALL_CNN], SMALL_CNN)
    of_mlp = found.difference(SHUFFLED[SMALL_MLP], SMALL_MLP)
    if cnn.worse and (mlp.within(CLOSE) or cnn.high < mlp.low):
        hardly = "hardly changes, by" if mlp.within(CLOSE) else "changes by"
        return (
            "A CNN needs neighbouring pixels to belong together: with the pixels of every image shuffled in the same "
            "way, the small one "
            f"{found.beside(SHUFFLED[SMALL_CNN], SMALL_CNN)} than with pixels in place, and the small MLP {hardly} "
            f"{of_mlp}."
        )
    return (
        f"With the pixels of every image shuffled in the same way, the small CNN changes by {of_cnn}, the MLP by "
        f"{of_mlp}."
    )


def notes(found: Findings) -> dict[str, list[str]]:
    """Why the comparisons came out so."""
    return {
        "convolution": _why_better(found),
        "mlp-order": _why_mlp(found),
        "cnn-order": _why_cnn(found),
    }


def _why_better(found: Findings) -> list[str]:
    if not (found.there(MLP, CNN) and found.better(CNN, MLP)):
        return []
    cnn, mlp = found.of(CNN), found.of(MLP)
    said = []
    if cnn.scores.parameters < mlp.scores.parameters:
        said.append(
            f"Not for want of weights: the MLP has {mlp.scores.parameters / cnn.scores.parameters:.0f} times as "
            "many. A filter of 3 x 3 pixels is learned from every place of every image, some thousand examples an "
            "image, where a weight of the MLP sees one number of each."
        )
    if found.there(STRONG) and found.better(STRONG, MLP):
        said.append(
            f"{found.name(STRONG)} adds what the field has found since: a first layer that whitens patches of 2 x 2 "
            "(takes out what neighbouring pixels have in common), two convolutions a block, the optimizer Muon (which "
            "makes the step of every weight matrix nearly orthogonal), label smoothing, and the mean over an image and "
            "its mirror image."
        )
    return said


def _why_mlp(found: Findings) -> list[str]:
    pair = found.pair(SHUFFLED[SMALL_MLP], SMALL_MLP)
    if pair is None or not pair.within(CLOSE):
        return []
    return [
        "To an MLP the two are the same problem: its first layer, $h = Wx + b$, has a weight of its own for every "
        "pixel, and with the pixels in another order, $Px$, the weights $WP^T$ do the same. It cannot know which "
        "pixels are neighbours, so it cannot use it; only the random start differs."
    ]


def _why_cnn(found: Findings) -> list[str]:
    pair = found.pair(SHUFFLED[SMALL_CNN], SMALL_CNN)
    if pair is None or not pair.worse:
        return []
    said = (
        "A convolution assumes that pixels that are near belong together, and that what is worth finding in one "
        "place is worth finding in another. Shuffled, neither holds: a patch of 3 x 3 pixels is nine from all over "
        "the image, no edge is left, and pooling throws away what cannot be found again."
    )
    mlp = found.of(SHUFFLED[SMALL_MLP]) if found.there(SHUFFLED[SMALL_MLP]) else None
    cnn = found.of(SHUFFLED[SMALL_CNN])
    if mlp is not None and mlp.test - mlp.interval > cnn.test + cnn.interval:
        more = ", with more weights," if mlp.scores.parameters > cnn.scores.parameters else ""
        said += f" There the MLP{more} is ahead: the CNN's advantage needs pictures whose neighbours belong together."
    return [said]


def _limit(found: Findings) -> str:
    data = found.results.data
    shared = ""
    if found.there(MLP, CNN):
        shared = "; the two networks differ in recipe and training time as well as in kind"
    return f"All of it holds for {data['sizes']['train']:,} photographs of 32 pixels and minutes of training{shared}."


# ---------------------------------------------------------------- what the template and the figures show


def shown(found: Findings) -> Own:
    moved = shifts.moved(found)
    filtered = _filtered(found)
    return Own(
        moved=bool(moved),
        message=shifts.message(found),
        moved_says=tuple(shifts.sentences(found)),
        table=markdown([shifts.row(each) for each in moved]) if moved else "",
        images=f"{moved[0].scores.shifts['images']:,}" if moved and moved[0].scores.shifts else "",
        networks=networks.message(found, (MLP, CNN)),
        filters=filtered.name if filtered else "",
        kept=len(filtered.scores.filters or ()) if filtered else 0,
    )


def _filtered(found: Findings) -> Result | None:
    """The plain network's filters, which are learned; the strong one's first layer is computed."""
    for key in (CNN, SMALL_CNN):
        if found.there(key) and found.of(key).scores.filters:
            return found.of(key)
    return None


def draw(found: Findings, folder: Path) -> None:
    figures.save(drawings.convolution(), folder / "convolution.svg", __name__)
    networks.draw(found, (MLP, CNN), folder)
    if shifts.moved(found):
        figures.save(shifts.figure(found), folder / "shifts.svg", __name__)
    if (filtered := _filtered(found)) is not None:
        figures.save(drawings.filters(filtered.scores.filters or []), folder / "filters.png", __name__)
