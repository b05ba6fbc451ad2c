"""What a trained lab's page says of its setup: which images, how they were split, what each variant is."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nnlabs.reporting import provenance, score_tables, tables
from nnlabs.reporting.result import Result
from nnlabs.reporting.results import Results
from nnlabs.reporting.sentences import emphasised, listed


@dataclass(frozen=True)
class Setup:
    """What was done with which images."""

    sizes: str
    origin: tuple[str, ...]
    """Paragraphs."""
    validation: str
    notes: tuple[str, ...]
    """Of variants that differ in more than their settings."""
    precisions: str
    variants: str
    defaults: str


AUGMENTATION = ("flip", "crop", "windows")
"""Settings of a training that change its images."""


def of(results: Results, parameters: dict[str, Any]) -> Setup:
    chosen, shown, features = parameters["dataset_settings"], results.shown.values(), results.features
    paragraphs = [
        "\n".join(provenance.files(results.data, chosen)),
        provenance.groups(chosen),
        "\n".join(f"- {provenance.features(name, data)}" for name, data in features.items()),
        *provenance.weights(features),
    ]
    return Setup(
        sizes=score_tables.sizes(results),
        origin=tuple(paragraph for paragraph in paragraphs if paragraph),
        validation=provenance.splits(chosen),
        notes=tuple(note for result in shown for note in _notes(result, parameters["dataset"])),
        precisions=", ".join(sorted({result.scores.precision for result in shown})),
        variants=score_tables.variants(results),
        defaults=", ".join(f"{key} {tables.value(content)}" for key, content in results.defaults.items()),
    )


def while_training(results: Iterable[Result]) -> str:
    """What training has on and validation has not, if only with some of these: 'dropout and augmentation'."""
    settled = [result.scores.variant for result in results]
    on = {
        "dropout": any(each["network"].get("dropout") for each in settled),
        "augmentation": any(each["training"].get(key) for each in settled for key in AUGMENTATION),
    }
    return listed([name for name, somewhere in on.items() if somewhere])


def _notes(result: Result, dataset: str) -> list[str]:
    """`dataset` is the lab's."""
    name, notes = emphasised(result.name), []
    if result.dataset != dataset and not result.pretrained:
        sizes = result.scores.data["sizes"]
        notes.append(
            f"{name} has the dataset `{result.dataset}`: {sizes['train']:,} images to learn from, "
            f"{sizes['validation']:,} for validation and {sizes['test']:,} for the test."
        )
    if not result.validated:
        notes.append(
            f"{name} learns from the validation images too, after every choice was fixed, and keeps the weights of its "
            "last epoch: it has no validation figures, and nothing is chosen by it."
        )
    if result.picked:
        first, drawn = result.training["proxy"]["first_epoch"], result.drawn(result.epochs)
        notes.append(
            f"{name} learns of every {drawn:,} images only the {result.training['batch_size']:,} that a small network "
            f"beside it finds hardest{f', from epoch {first} on' if first > 1 else ''}; its scores while training are "
            "then those of these images alone."
        )
    if result.training.get("ema_decay"):
        decay = result.training["ema_decay"]
        notes.append(
            f"{name} keeps a running mean of its weights, of which each step leaves {decay:g} as it was: this mean "
            "is what is evaluated, training scores are those of the weights that go on."
        )
    if result.scores.batch_statistics == "of each process":
        notes.append(
            f"{name} was trained by {result.scores.processes} processes; batch normalisation takes its statistics from "
            "each one's share of a batch, so the losses are not those of one process."
        )
    return notes
