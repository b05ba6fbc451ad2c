"""What the page of `animals` says of its numbers."""

from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from nnlabs.labs.common import networks
from nnlabs.reporting import drawings, epochs, figures
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.result import Result
from nnlabs.reporting.sentences import counted, listed, percent

CNN, VGG, INCEPTION, RESNET = "animals-cnn", "animals-vgg", "animals-inception", "animals-resnet18"
FROZEN, FINETUNED = "animals-frozen", "animals-finetuned"
SCRATCH = (VGG, CNN, INCEPTION, RESNET)
DRAWN = (CNN, VGG, RESNET)
PATIENCE = 3
"""Epochs without a better validation score after which a run would be stopped."""


@dataclass(frozen=True)
class Own:
    """What the template shows beside the common view."""

    epochs: str
    """How many epochs each network from scratch has."""
    networks: str
    """What the drawing of the networks shows; empty where there is none."""


def answer(found: Findings) -> Answer:
    if not found.there(VGG, FINETUNED, FROZEN):
        return found.answer()
    said = (_taken_over(found), _from_scratch(found), _overfitting(found), _limit(found))
    return Answer(tuple(filter(None, said)), "accuracy.svg", found.message())


def _taken_over(found: Findings) -> str:
    reached = f"{found.reached(FINETUNED)} against {found.reached(VGG)} of {found.name(VGG)} from fresh weights"
    if not found.better(FINETUNED, VGG):
        verdict = found.verdict(FINETUNED, VGG)
        return f"Fine-tuning a pretrained network reaches {reached}. {verdict}"
    frozen = found.reached(FROZEN)
    also = f"; training nothing but a new output reaches {frozen}"
    if found.better(FROZEN, VGG):
        also = f"; even a new output on the frozen network, {frozen}, is better than that"
    why = "One reason may be that its filters need not be found again from few pictures."
    return f"Take over what another network has learned, and train it further: {reached}{also}. {why}"


def _from_scratch(found: Findings) -> str:
    """Who leads where all have a budget of about the same time."""
    there = [key for key in SCRATCH if found.there(key)]
    if len(there) < 2:
        return ""
    others = [key for key in there if key != VGG]
    beaten = [key for key in others if found.better(VGG, key)]
    ahead = [key for key in others if found.better(key, VGG)]
    timed = ""
    if found.results.data["edition"] != "original":
        timed = ", each given the epochs that took about the same time on the processor that they were set on,"
    start = f"Of the networks from fresh weights{timed}"
    if ahead:
        return f"{start} {_named(found, ahead)} {_is(ahead)} better than {found.name(VGG)}."
    if len(beaten) == len(others):
        return f"{start} {found.name(VGG)} with its recipe learns most: it is better than {_named(found, beaten)}."
    untold = [key for key in others if key not in beaten]
    better = f" is better than {_named(found, beaten)} and" if beaten else ""
    return f"{start} {found.name(VGG)}{better} cannot be told from {_named(found, untold)}."


def _named(found: Findings, keys: list[str]) -> str:
    return listed([found.name(key) for key in keys])


def _is(keys: list[str]) -> str:
    return "are" if len(keys) > 1 else "is"


def _overfitting(found: Findings) -> str:
    """Where the plain network, which has nothing against it, begins to overfit."""
    if not found.there(CNN):
        return ""
    turns = epochs.turns(found.of(CNN))
    up = [each for each in turns if each.rise > 0]
    if len(up) < len(turns) or not turns:
        return ""
    lowest = sorted({each.lowest for each in turns})
    after = f"epoch {lowest[0]}" if len(lowest) == 1 else f"epochs {lowest[0]} to {lowest[-1]}"
    return (
        f"{found.name(CNN)}, with nothing against overfitting, has its lowest validation loss after {after} of "
        f"{found.of(CNN).epochs} in every seed, and ends above it."
    )


def _limit(found: Findings) -> str:
    data = found.results.data
    known = (
        "all of them kinds of animals that ImageNet, where the network was pretrained, has in plenty"
        if data["edition"] != "original"
        else "which ImageNet, where the network was pretrained, has in plenty"
    )
    return (
        f"This holds for {data['sizes']['train']:,} pictures of {len(data['classes'])} classes, {known}, and for short "
        "trainings, each network with a recipe of its own: with more time, or one recipe for all, the order of the "
        "networks from scratch may be different."
    )


def notes(found: Findings) -> dict[str, list[str]]:
    """Why the comparisons came out so."""
    return {"scratch": _why_scratch(found), "pretrained": _why_pretrained(found)}


def _why_scratch(found: Findings) -> list[str]:
    there = [key for key in SCRATCH if found.there(key)]
    if len(there) < 2:
        return []
    passes = listed([f"{found.name(key)} {found.of(key).epochs}" for key in there])
    said = [
        f"A budget set by time buys unequal numbers of passes over the images: {passes} epochs. How well a network "
        "would do in the end is another question, to which this comparison gives no answer."
    ]
    if found.results.data["edition"] != "original":
        said[0] += (
            " The same epochs take a different time on another processor; what they took in this run, and what the "
            "networks had reached when the quickest was done, is on [its page](run/pages/animals.md)."
        )
    if found.there(CNN, VGG) and found.better(VGG, CNN):
        gaps = {key: epochs.gap(found.of(key)) for key in (CNN, VGG)}
        if gaps[VGG] > 0 and gaps[CNN] > gaps[VGG] + 0.02:
            said.append(
                f"{found.name(CNN)} learns its training images by heart: at its last epoch it is right in "
                f"{percent(gaps[CNN], 1)} points more of them than of the validation images, {found.name(VGG)} in "
                f"{percent(gaps[VGG], 1)}. That one has augmentation, dropout, batch normalisation and a falling "
                "rate against it."
            )
    stopped = _early(found.of(CNN)) if found.there(CNN) else None
    if stopped:
        said.append(stopped)
    if found.there(RESNET) and found.of(RESNET).model == "thin_resnet":
        said.append(
            f"{found.name(RESNET)} has the stem for small images, a 3 x 3 convolution, where the published one, made "
            "for 224 pixels, would leave 8 x 8 of 32 x 32 to the first block."
        )
    return said


def _early(result: Result) -> str | None:
    """Where early stopping would have ended its runs, and what it would have cost."""
    stops, lost = [], []
    for _, column in result.by_epoch(f"validation_{result.score}").items():
        scores = column.dropna().tolist()
        last = stopping(scores, PATIENCE)
        if last is not None:
            stops.append(last)
            lost.append(max(scores) - max(scores[:last]))
    if not stops:
        return None
    some = "" if len(stops) == len(result.scores.seeds) else f" in {len(stops)} of {counted(len(result.scores.seeds))}"
    at = listed([str(each) for each in stops]) if len(set(stops)) > 1 else str(stops[0])
    cost = (
        "nothing of it lost" if not any(lost) else f"{percent(mean(lost), 1)} points of validation accuracy given away"
    )
    return (
        f"Stopping early, after {PATIENCE} epochs without a better validation accuracy, would have ended "
        f"*{result.name}*{some} at epoch {at} of {result.epochs}, {cost}; here the epochs are run to their end, so "
        "that the curves show what follows, and the best epoch's weights are kept."
    )


def stopping(scores: list[float], patience: int) -> int | None:
    """The epoch after which a run would be stopped for want of a better score; None where its epochs are over first."""
    best = 0
    for i, score in enumerate(scores):
        if score > scores[best]:
            best = i
        elif i - best >= patience and i + 1 < len(scores):
            return i + 1
    return None


def _why_pretrained(found: Findings) -> list[str]:
    if not found.there(VGG, FROZEN, FINETUNED):
        return []
    said = []
    if found.better(FINETUNED, VGG):
        said.append(
            "The pretrained network has seen 1.2 million photographs, so its filters, for edges or fur, need not be "
            "found again from these few thousand. It is also a different network from those trained from scratch, and "
            "sees the pictures enlarged, so not all of the difference need be due to pretraining. Fine-tuning adapts "
            "its later stages to the new classes and to small pictures enlarged; a frozen network cannot adapt."
        )
    trained = found.of(FROZEN).scores.parameters
    said.append(
        f"The frozen network is a linear classifier of what it computes, {trained:,} weights: it can use only "
        "what was worth computing to tell ImageNet's classes apart. Its time goes into computing features, once; those "
        "of the fine-tuned network are its first stages' output, computed once as well."
    )
    return said


def draw(found: Findings, folder: Path) -> None:
    figures.save(drawings.skip(), folder / "skip.svg", __name__)
    networks.draw(found, DRAWN, folder)


def shown(found: Findings) -> Own:
    there = [key for key in SCRATCH if found.there(key)]
    epochs_of = listed([f"{found.name(key)} {found.of(key).epochs}" for key in there]) if there else ""
    return Own(epochs_of, networks.message(found, DRAWN))
