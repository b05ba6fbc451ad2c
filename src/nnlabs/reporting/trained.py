"""The page of a lab of trained variants, and what it leaves for the report's index and for DVC.

What only this lab can say stands in its folder, and any part of it may be missing: `page.md.j2`, which extends
`lab.md.j2`, has the background and what to try; `page.py` has functions of the lab's `Findings`,

- `answer(found)`: an `Answer`, in place of the one that any lab can give;
- `notes(found)`: by comparison, paragraphs that say why it came out so;
- `draw(found, folder)`: figures of the lab's own.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlabs.reporting import (
    charts,
    classes,
    dvc_views,
    epochs,
    figures,
    findings,
    outputs,
    places,
    provenance,
    rendering,
    score_tables,
    tables,
)
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.names import in_markdown, shortened
from nnlabs.reporting.result import Result
from nnlabs.reporting.results import Question, Results, collect
from nnlabs.reporting.sentences import emphasised, listed, percent
from nnlabs.reporting.tracked import gallery, remove_stale

if TYPE_CHECKING:
    from nnlabs.core.settings import StageSettings


@dataclass(frozen=True)
class Section:
    """One comparison of the page."""

    key: str
    asked: Question
    variants: tuple[str, ...]
    """Ids of those that are there."""
    names: tuple[str, ...]
    removed: tuple[str, ...]
    """Names of those that params.yaml has no more."""
    table: str
    sentences: tuple[str, ...]
    notes: tuple[str, ...]
    """Why it came out so, paragraphs."""


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
    test_images: str
    sampling_error: str
    variants: str
    defaults: str


@dataclass(frozen=True)
class Classes:
    """Single classes: a table of all and a matrix, or of many the worst, the best and the mistakes."""

    many: bool
    n: int
    shown: int
    table: str = ""
    worst: str = ""
    best: str = ""
    confusions: str = ""
    shortened: str = ""
    """What figures show in place of a name, and the name."""


@dataclass(frozen=True)
class Numbers:
    """All that a page shows of a lab that has variants."""

    overfitting: str
    sections: tuple[Section, ...]
    together: int
    """For how many comparisons every interval is adjusted."""
    setup: Setup
    accuracies: str
    while_training: str
    """What training has on and validation has not, if only in some variants."""
    chosen: bool
    left_out: str
    """The mark of what the default run leaves out, where such a variant is shown."""
    rates: str
    edges: tuple[str, ...]
    epochs: str
    stopped: tuple[str, ...]
    loose: tuple[str, ...]
    """Names of the variants that stand in no comparison."""
    classes: Classes
    pictured: str
    """Name of the variant whose confusions and images are shown."""
    pictured_seed: int
    reported: str
    commands: tuple[str, ...]


@dataclass(frozen=True)
class View:
    lab: str
    title: str
    question: str
    sample: bool
    answer: Answer
    edition: str
    score: str
    by_accuracy: bool
    numbers: Numbers | None


def write(settings: "StageSettings") -> None:
    """Write a trained lab's page, figures, answer, metrics and plots; `settings` are those of its stage `page`."""
    parameters = settings.parameters
    lab = parameters["lab"]
    remove_stale(lab, {each["id"] for each in parameters["variants"]})
    found = Findings(collect(parameters))
    results = found.results
    own: Any = import_module(parameters["page"]) if parameters["page"] and results.variants else None
    notes = own.notes(found) if hasattr(own, "notes") else {}
    sections = _sections(found, notes)
    loose = [key for key in results.shown if not any(key in section.variants for section in sections)]
    view = _view(found, parameters, sections, loose, own.answer(found) if hasattr(own, "answer") else found.answer())
    with outputs.figures(lab) as folder:
        if results.variants:
            _draw(results, sections, loose, folder)
        if hasattr(own, "draw"):
            own.draw(found, folder)
    rendering.write(places.page(lab), parameters["template"], view=view, found=found)
    outputs.write_answer(lab, title=view.title, question=view.question, answer=view.answer, edition=view.edition)
    outputs.write_metrics(lab, dvc_views.metrics(results))
    outputs.write_plots(lab, dvc_views.plots(results))


def _sections(found: Findings, notes: Mapping[str, Sequence[str]]) -> tuple[Section, ...]:
    """Every comparison of a lab with what the numbers say of it."""
    results = found.results
    sections = []
    for key, asked in results.questions.items():
        compared = found.compared.get(key, [])
        there = found.present(asked)
        missing = [each for each in asked.variants if each not in results.variants and each not in results.switched]
        sections.append(
            Section(
                key=key,
                asked=asked,
                variants=tuple(each.id for each in there),
                names=tuple(each.name for each in there),
                removed=tuple(results.named(each) for each in missing),
                table=tables.compared([found.named(each) for each in compared]) if compared else "",
                sentences=tuple(found.judged(each) for each in compared),
                notes=tuple(notes.get(key, ())),
            )
        )
    return tuple(sections)


def _view(
    found: Findings, parameters: dict[str, Any], sections: tuple[Section, ...], loose: list[str], answer: Answer
) -> View:
    results = found.results
    return View(
        lab=results.lab,
        title=results.title,
        question=results.question,
        sample=parameters["sample"],
        answer=answer,
        edition=tables.edition(results.data),
        score=results.score,
        by_accuracy=results.score_key == "accuracy",
        numbers=_numbers(found, parameters, sections, loose) if results.variants else None,
    )


def _numbers(found: Findings, parameters: dict[str, Any], sections: tuple[Section, ...], loose: list[str]) -> Numbers:
    results, pictured = found.results, found.results.pictured
    return Numbers(
        overfitting=epochs.overfitting(results),
        sections=sections,
        together=found.together,
        setup=_setup(results, parameters),
        accuracies=score_tables.accuracies(results),
        while_training=_while_training(results),
        chosen=results.best is not None,
        left_out=score_tables.LEFT_OUT if results.left_out else "",
        rates=score_tables.rates(results),
        edges=tuple(findings.edges(results)),
        epochs=epochs.table(results),
        stopped=tuple(epochs.stopped(results)),
        loose=tuple(results.named(key) for key in loose),
        classes=_classes(results),
        pictured=pictured.name,
        pictured_seed=pictured.scores.seeds[0],
        reported=score_tables.reported(results),
        commands=_commands(results, parameters["dataset"]),
    )


def _setup(results: Results, parameters: dict[str, Any]) -> Setup:
    chosen, shown, pictured = parameters["dataset_settings"], results.shown.values(), results.pictured
    features = results.features
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
        notes=tuple(note for result in shown for note in _notes(result)),
        precisions=", ".join(sorted({result.scores.precision for result in shown})),
        test_images=f"{results.data['sizes']['test']:,}",
        sampling_error=percent(pictured.scores.sampling_error),
        variants=score_tables.variants(results),
        defaults=", ".join(f"{key} {tables.value(content)}" for key, content in results.defaults.items()),
    )


AUGMENTATION = ("flip", "crop", "sizes")
"""Settings of a training that change its images."""


def _while_training(results: Results) -> str:
    settled = [result.scores.variant for result in results.shown.values()]
    on = {
        "dropout": any(each["network"].get("dropout") for each in settled),
        "augmentation": any(each["training"].get(key) for each in settled for key in AUGMENTATION),
    }
    return listed([name for name, somewhere in on.items() if somewhere])


def _notes(result: Result) -> list[str]:
    name, notes = emphasised(result.name), []
    if not result.validated:
        notes.append(
            f"{name} learns from the validation images too, after every choice was fixed, and keeps the weights of its "
            "last epoch: it has no validation figures, and nothing is chosen by it."
        )
    if result.scores.batch_statistics == "of each process":
        notes.append(
            f"{name} was trained by {result.scores.processes} processes; batch normalisation takes its statistics from "
            "each one's share of a batch, so the losses are not those of one process."
        )
    return notes


def _classes(results: Results) -> Classes:
    names = results.data["classes"]
    if not classes.many(results):
        table = classes.table(results)
        return Classes(many=False, n=len(names), shown=len(names), table=table, shortened=_shortened(names, names))
    gallery_told = results.pictured.scores.gallery
    return Classes(
        many=True,
        n=len(names),
        shown=classes.SHOWN,
        worst=classes.worst(results),
        best=classes.best(results),
        confusions=classes.confusions(results.pictured, names),
        shortened=_shortened(names, {each[key] for each in gallery_told for key in ("true", "predicted")}),
    )


def _shortened(names: Sequence[str], of: Collection[str]) -> str:
    """What figures show in place of those names that are too long for them or of other letters."""
    other = {shown: name for shown, name in shortened(names).items() if name in of}
    return "; ".join(f"*{in_markdown(shown)}* is {in_markdown(name)}" for shown, name in other.items())


def _draw(results: Results, sections: tuple[Section, ...], loose: list[str], folder: Path) -> None:
    for section in sections:
        if section.variants:
            figures.save(charts.curves(results, section.variants), folder / f"curves-{section.key}.svg")
    if loose:
        figures.save(charts.curves(results, loose), folder / "curves-others.svg")
    pictured = results.pictured
    figures.save(charts.accuracies(results), folder / "accuracy.svg")
    if not classes.many(results):
        figures.save(charts.confusion(pictured, results.data["classes"]), folder / "confusion.svg")
    shown = gallery(results.lab, pictured.id)
    figures.save(charts.gallery(shown, pictured.scores.gallery, results.data["classes"]), folder / "gallery.png")


def _commands(results: Results, dataset: str) -> tuple[str, ...]:
    """What a reader may try, each in one line."""
    lab, first, last = results.lab, next(iter(results.variants.values())), [*results.variants][-1]
    edition = ".original" if results.data["edition"] == "original" else ""
    return (
        f"make repro LAB={lab}",
        f"dvc repro train@{first.id}",
        f"dvc exp run -S ++variants.{first.id}{edition}.epochs={first.epochs + 1} page@{lab}",
        f"dvc exp run -S 'labs.{lab}.defaults.seeds=[0,1]' page@{lab}",
        f"dvc exp run -S '+variants.{lab}-mine={{lab: {lab}, dataset: {dataset}, model: mlp, hidden: [64, 32]}}'",
        f"dvc exp run -S '~variants.{last}'",
        *(f"dvc exp run -S '+variants.{key}=${{optional.{key}}}' page@{lab}" for key in results.switched),
        "dvc exp show --only-changed",
    )
