"""What labs of trained variants say of a recipe, and of how fast it learns."""

from collections.abc import Sequence
from statistics import mean
from typing import Any

from nnlabs.reporting.findings import Findings
from nnlabs.reporting.result import Result
from nnlabs.reporting.sentences import counted, emphasised, listed, percent
from nnlabs.reporting.tables import markdown


def regularisation(result: Result) -> list[str]:
    """What a recipe has against overfitting, by its settings."""
    training, network = result.training, result.scores.variant["network"]
    algorithm = result.scores.variant["algorithm"]
    norms = network.get("batch_norm") or any(layer["kind"].startswith("BatchNorm") for layer in result.scores.layers)
    crop = training.get("crop", 0)
    found = [
        (network.get("dropout"), "dropout {:g}"),
        (algorithm.get("weight_decay"), "weight decay {:g}"),
        (training.get("label_smoothing"), "label smoothing {:g}"),
        (training.get("flip"), "mirrored images"),
        (crop, f"images shifted by up to {counted(crop, 'pixel')}"),
        (training.get("windows"), "windows of images at random places"),
        (norms, "batch normalisation, whose statistics differ from batch to batch"),
    ]
    return [said.format(each) for each, said in found if each]


def against_overfitting(found: Findings, *keys: str) -> str:
    """One sentence a recipe."""
    said = []
    for key in keys:
        if not found.there(key):
            continue
        own = regularisation(found.of(key))
        said.append(f"{emphasised(found.of(key).name)} has {listed(own) if own else 'nothing of the kind'}.")
    return " ".join(said)


def whitened(result: Result) -> list[str]:
    """What a whitened network is; nothing of another."""
    if result.scores.variant["model"] != "whitened":
        return []
    views = " What it says of a test image is the mean over the image and its mirror image."
    return [
        "Its first layer is computed from training images, not learned: it whitens patches of 2 x 2, which takes out "
        "what neighbouring pixels have in common (after [K. Jordan](https://arxiv.org/abs/2404.00498), 2024)."
        + (views if result.training.get("tta_flip") else "")
    ]


def epochs_to(result: Result, score: float) -> list[int | None]:
    """Of every seed the first epoch whose validation score is that high; None where there is none."""
    table = result.by_epoch(f"validation_{result.score}")  # epochs x seeds
    reached = [table.index[table[seed] >= score] for seed in table.columns]
    return [int(each[0]) if len(each) else None for each in reached]


def convergence(results: Sequence[Result], scores: Sequence[float]) -> str:
    """A table of the epochs that each variant takes to reach each validation score: the mean of the seeds."""
    rows: list[dict[str, Any]] = []
    for result in results:
        if not result.validated:
            continue
        cells = {f"{percent(score, 0)} %": _epochs(epochs_to(result, score)) for score in scores}
        rows.append({"variant": result.name} | cells)
    return markdown(rows) if rows else ""


def _epochs(found: Sequence[int | None]) -> str:
    known = [each for each in found if each is not None]
    if not known:
        return "–"
    return f"{mean(known):.1f}" + ("" if len(known) == len(found) else f" ({len(known)} of {len(found)} seeds)")


def slower(one: Result, other: Result, score: float) -> bool:
    """Whether the first takes more epochs to a validation score than the second: every seed of both reaches it."""
    ours, theirs = epochs_to(one, score), epochs_to(other, score)
    known = [each for each in (*ours, *theirs) if each is not None]
    if len(known) < len(ours) + len(theirs) or not known:
        return False
    return mean(each for each in ours if each) > mean(each for each in theirs if each)


def at_epoch(result: Result, epoch: int, column: str) -> float:
    """A column of the history at one epoch, mean over seeds; nan where it has none."""
    rows = result.history[result.history["epoch"] == epoch][column]
    return float(rows.mean()) if len(rows) else float("nan")


def on_edge(result: Result) -> str:
    """'largest' or 'smallest' where the kept learning rate is that of those tried; else empty."""
    tried = sorted(result.tried)
    kept = result.scores.lr[0]
    return "" if not tried else "largest" if kept == tried[-1] else "smallest" if kept == tried[0] else ""


def beyond(*compared: Result) -> list[str]:
    """Whose search ended at the edge of its grid."""
    return [
        f"*{each.name}* keeps the {edge} rate that was tried; beyond it may be a better one."
        for each in compared
        if (edge := on_edge(each))
    ]


def rate(result: Result) -> str:
    return f"{result.scores.lr[0]:g}"


def layers(found: Findings, *keys: str) -> dict[str, list[dict[str, Any]]]:
    """By a variant's name what its drawing needs, of those whose layers are known."""
    known = [found.of(key) for key in keys if found.there(key)]
    return {each.name: each.scores.layers for each in known if each.scores.layers}


def learnt(found: Findings, *keys: str) -> bool:
    """Whether all of these are there and clearly above chance."""
    return found.there(*keys) and all(found.learnt(found.of(key)) for key in keys)
