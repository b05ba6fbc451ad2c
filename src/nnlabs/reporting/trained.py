"""The page of a lab of trained variants, and what it leaves for the report's index and for DVC.

What only this lab can say stands in its folder, and any part of it may be missing: `page.md.j2`, which extends
`lab.md.j2`, has the background and what to try; `page.py` has functions of the lab's `Findings`,

- `answer(found)`: an `Answer`, in place of the one that any lab can give;
- `notes(found)`: by comparison, paragraphs that say why it came out so;
- `draw(found, folder)`: figures of the lab's own.

Its template is given the module as `own`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlabs.reporting import (
    calibration,
    charts,
    classes,
    doubts,
    dvc_views,
    epochs,
    figure_sources,
    figures,
    findings,
    messages,
    outputs,
    places,
    provenance,
    rendering,
    samples,
    score_tables,
    setup,
    tables,
)
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.classes import Classes
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.messages import Messages
from nnlabs.reporting.results import Question, Results, collect
from nnlabs.reporting.setup import Setup
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
    curves: str
    """Alternative text of the curves."""
    table: str
    sentences: tuple[str, ...]
    notes: tuple[str, ...]
    """Why it came out so, paragraphs."""


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
    """A sentence on each variant that stands in no comparison."""
    classes: Classes
    mistake: str
    """The most frequent one."""
    doubt: str
    """That labels may be wrong: of which images that are shown, and of what sets it is known."""
    sureness: tuple[str, ...]
    """What the reliability diagram says; none where nobody learned from softened labels."""
    sureness_message: str
    samples: int
    """Images of each class in the grid of samples; 0 without one."""
    pictured: str
    """Name of the variant whose confusions and images are shown."""
    pictured_seed: int
    messages: Messages
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
    shows = {"view": view, "found": found, "own": own, "sources": figure_sources.of(lab, results.data, timed=True)}
    rendering.write(places.page(lab), parameters["template"] or "lab.md.j2", **shows)
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
                curves=messages.curves(results, [each.id for each in there]) if there else "",
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
    sureness = calibration.asked(results)
    return Numbers(
        overfitting=epochs.overfitting(results),
        sections=sections,
        together=found.together,
        setup=setup.of(results, parameters),
        accuracies=score_tables.accuracies(results),
        while_training=setup.while_training(results.shown.values()),
        chosen=results.best is not None,
        left_out=score_tables.LEFT_OUT if results.left_out else "",
        rates=score_tables.rates(results),
        edges=tuple(findings.edges(results)),
        epochs=epochs.table(results),
        stopped=tuple(epochs.stopped(results)),
        loose=tuple(found.alone(key) for key in loose),
        classes=classes.of(results),
        mistake=classes.mistake(pictured, results.data["classes"]),
        doubt=" ".join(filter(None, (doubts.sentence(doubts.agreements(results)), provenance.doubt(results.data)))),
        sureness=(*calibration.sentences(sureness), *calibration.left_open(results)) if sureness else (),
        sureness_message=calibration.message(sureness) if sureness else "",
        samples=max(Counter(pictured.scores.samples).values(), default=0),
        pictured=pictured.name,
        pictured_seed=pictured.scores.seeds[0],
        messages=messages.of(found, loose),
        reported=score_tables.reported(results),
        commands=_commands(results, parameters["dataset"]),
    )


def _draw(results: Results, sections: tuple[Section, ...], loose: list[str], folder: Path) -> None:
    for section in sections:
        if section.variants:
            figures.save(charts.curves(results, section.variants), folder / f"curves-{section.key}.svg", __name__)
    if loose:
        figures.save(charts.curves(results, loose), folder / "curves-others.svg", __name__)
    if sureness := calibration.asked(results):
        figures.save(calibration.diagram(results, sureness), folder / "calibration.svg", __name__)
    pictured = results.pictured
    figures.save(charts.accuracies(results), folder / "accuracy.svg", __name__)
    if not classes.many(results):
        figures.save(charts.confusion(pictured, results.data["classes"]), folder / "confusion.svg", __name__)
    shown = gallery(results.lab, pictured.id)
    told, sampled = pictured.scores.gallery, pictured.scores.samples
    agreements = {place: f"{each.agree} of {each.others} agree" for place, each in doubts.agreements(results).items()}
    drawn = charts.gallery(shown[: len(told)], told, results.data["classes"], agreements)
    figures.save(drawn, folder / "gallery.png", __name__)
    if sampled:
        figures.save(samples.grid(shown[len(told) :], sampled), folder / "samples.png", __name__)


def _commands(results: Results, dataset: str) -> tuple[str, ...]:
    """What a reader may try, each in one line."""
    lab, first, last = results.lab, next(iter(results.variants.values())), [*results.variants][-1]
    edition = ".original" if results.data["edition"] == "original" else ""
    return (
        f"make repro LAB={lab}",
        f"dvc repro train@{first.id}",
        f"dvc exp run -S ++variants.{first.id}{edition}.epochs={first.epochs + 1} page@{lab}",
        f"dvc exp run -S 'labs.{lab}.defaults.seeds=[7,8,9]' page@{lab}",
        f"dvc exp run -S '+variants.{lab}-mine={{lab: {lab}, dataset: {dataset}, model: mlp, hidden: [64, 32]}}'",
        f"dvc exp run -S '~variants.{last}'",
        *(f"dvc exp run -S '+variants.{key}=${{optional.{key}}}' page@{lab}" for key in results.switched),
        "dvc exp show --only-changed",
    )
