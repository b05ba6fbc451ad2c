"""What the page of `dogs` says of its numbers."""

from dataclasses import dataclass
from pathlib import Path

from nnlabs.evaluation.statistics import Comparison
from nnlabs.labs.common import networks, recipes
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.sentences import emphasised

NONE, SOME, ALL, FRESH = "dogs-none", "dogs-some", "dogs-all", "dogs-fresh"
DRAWN = (NONE, FRESH)
SMALL = 0.003
"""Three images of a thousand: an interval that goes no further on one side all but excludes that side."""


def answer(found: Findings) -> Answer:
    if not found.there(NONE, SOME, ALL):
        return found.answer()
    fresh = _fresh(found) if found.there(FRESH) else ""
    said = (_early(found), _every(found), fresh, _limit(found))
    return Answer(tuple(each for each in said if each), "accuracy.svg", found.message(), why=fresh)


def _early(found: Findings) -> str:
    """Whether to freeze the early stages."""
    reached = f"{found.reached(SOME)} against {found.reached(NONE)}"
    if found.better(SOME, NONE):
        return f"Freeze the early stages: that is better than training all of the network, {reached}."
    if found.better(NONE, SOME):
        return f"Freeze nothing: training all of the network is better than freezing its early stages, {reached}."
    pair = found.pair(SOME, NONE)
    if pair is None or not pair.decidable:
        return f"Whether to freeze the early stages cannot be told from these runs: {reached}."
    return (
        f"Between freezing the early stages and freezing nothing no difference is found: {reached}, "
        f"{found.difference(SOME, NONE)}{_nearly(pair)}."
    )


def _nearly(pair: Comparison) -> str:
    """Which way the difference can only be small, where the interval includes zero near one of its ends."""
    if pair.high < SMALL:
        return "; a gain from freezing is all but excluded, a loss is not"
    if pair.low > -SMALL:
        return "; a loss from freezing is all but excluded, a gain is not"
    return ""


def _every(found: Findings) -> str:
    """What comes of training the output alone."""
    reached = f"{found.reached(ALL)}, {found.difference(ALL, NONE)} against training everything"
    if found.better(NONE, ALL):
        return f"Freezing every stage, so that only a new output is trained, loses: {reached}."
    if found.better(ALL, NONE):
        return f"Freezing every stage, so that only a new output is trained, is better: {reached}."
    return f"Training nothing but a new output reaches {reached}, which does not tell them apart."


def _fresh(found: Findings) -> str:
    """What the same images give a network that begins with nothing."""
    start = f"From fresh weights a small network reaches {found.reached(FRESH)}"
    worth = f"a pretrained network with its early stages frozen gains {found.difference(SOME, FRESH)}"
    if found.better(SOME, FRESH):
        return (
            f"{start}; {worth}: it brings what 1.2 million images taught it. But it is also a different network, and "
            "sees the images enlarged, so not all of that need be due to pretraining."
        )
    return f"{start}, {found.name(SOME)} {found.reached(SOME)}. {found.verdict(SOME, FRESH)}".rstrip()


def _limit(found: Findings) -> str:
    data = found.results.data
    images, classes = data["sizes"]["train"], len(data["classes"])
    start = f"All of it holds for {images:,} training images of {classes} classes"
    if data["edition"] == "original":
        return f"{start}, of which ImageNet, where the network was pretrained, has many breeds."
    return (
        f"{start} that ImageNet, where the network was pretrained, knows well: classes unlike those would ask for more."
    )


def notes(found: Findings) -> dict[str, list[str]]:
    """Why the comparisons came out so."""
    return {"frozen": _why_frozen(found), "pretrained": _why_pretrained(found)}


def _why_frozen(found: Findings) -> list[str]:
    if not found.there(NONE, SOME, ALL):
        return []
    said = []
    if found.better(NONE, ALL):
        trained, frozen = found.of(ALL).scores.parameters, found.of(NONE).scores.parameters
        said.append(
            f"With every stage frozen, what is trained is a linear classifier: {trained:,} weights of {frozen:,}. "
            "The last stages were shaped to tell ImageNet's thousand classes apart, at 224 pixels; here they see "
            "enlarged small pictures, and cannot be bent to them. Training goes on from pretrained weights where it "
            "can, and a small learning rate keeps most of what they know."
        )
    if found.undecided(NONE, SOME):
        said.append(
            "Whether it matters that the early stages go on learning cannot be told from these runs. It need not "
            "matter much: edges, colours and textures are much the same in any photograph. Freezing them saves time "
            "either way, since their output is computed once and gradients end there."
        )
    elif found.better(SOME, NONE):
        said.append(
            "Stages that are frozen cannot be spoiled: with so few images the first steps of training, whose "
            "gradients come through a new and random output, move early filters away from what a million images "
            "taught them."
        )
    return said + _edges(found, NONE, SOME, ALL)


def _edges(found: Findings, *keys: str) -> list[str]:
    """That a better rate may lie beyond those tried, of each variant where the search ended on its edge."""
    there = [found.of(key) for key in keys if found.there(key)]
    return [
        f"Of the rates searched {emphasised(each.name)} keeps the {edge}, {recipes.rate(each)}: with one beyond it, it "
        "might do better."
        for each in there
        if (edge := recipes.on_edge(each))
    ]


def _why_pretrained(found: Findings) -> list[str]:
    if not found.there(FRESH, SOME, ALL) or not found.better(SOME, FRESH):
        return []
    running, validation = (100 * each for each in (found.of(FRESH).running, found.of(FRESH).validation))
    said = (
        f"The network from fresh weights reaches {running:.1f} % on the images that it learns from, with their "
        f"augmentation, and {validation:.1f} % on validation. It has to find its filters in these images alone; the "
        "pretrained network brings filters that 1.2 million images have shaped."
    )
    if found.better(ALL, FRESH):
        said += " Even a linear classifier of its last stage's output does better."
    return [said, *_edges(found, FRESH)]


@dataclass(frozen=True)
class Own:
    """What the template shows beside the common view."""

    networks: str
    """What the drawing of the networks shows; empty where there is none."""


def shown(found: Findings) -> Own:
    return Own(networks.message(found, DRAWN))


def draw(found: Findings, folder: Path) -> None:
    networks.draw(found, DRAWN, folder)
