"""A lab's page, a study's, and the report's index."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from nnlabs.core import paths
from nnlabs.config import Params
from nnlabs.reporting import classes, epochs, figures, provenance as origin, tables, sentences as verdict
from nnlabs.reporting.collect import Results, collect, gallery, read_json, remove_stale, study_results
from nnlabs.reporting.rendering import write


@contextmanager
def _figures(page: str) -> Iterator[Path]:
    """The folder of a page's figures, emptied; never left empty, for git would not keep it and DVC would miss it."""
    folder = paths.FIGURES / page
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
    if not any(folder.iterdir()):
        (folder / ".gitkeep").touch()


def write_lab(key: str, settings: Params) -> None:
    """Write one lab's page and figures from the tracked results."""
    remove_stale(key, settings)
    results = collect(key, settings)
    studies = _studies(results, settings)
    loose = [name for name in results.shown if not any(name in study["arms"] for study in studies)]
    with _figures(key) as folder:
        for study in studies:
            if study["arms"]:
                figures.save(figures.curves(results, study["arms"]), folder / f"curves-{study['name']}.svg")
        if loose and results.arms:
            figures.save(figures.curves(results, loose), folder / "curves-others.svg")
        if results.arms:
            pictured = results.pictured
            figures.save(figures.accuracies(results), folder / "accuracy.svg")
            if not classes.many(results):
                figures.save(figures.confusion(pictured, results.data["classes"]), folder / "confusion.svg")
            figures.save(figures.gallery(*gallery(key, pictured.name)), folder / "gallery.png")
    write(
        f"{key}.md",
        "lab.md.j2",
        sample=settings.sample,
        results=results,
        studies=studies,
        loose=loose,
        switched=list(settings.left_out(key)),
        classes=classes,
        epochs=epochs,
        origin=origin,
        dataset=settings.images()[results.lab.dataset],
        tables=tables,
        verdict=verdict,
    )


def _studies(results: Results, settings: Params) -> list[dict[str, Any]]:
    """Every comparison of a lab with what the numbers say of it."""
    compared = verdict.comparisons(results)
    return [
        {
            "name": name,
            "asked": asked,
            "arms": [arm.name for arm in verdict.present(asked, results)],
            "removed": [arm for arm in asked.arms if arm not in results.arms and arm not in settings.extras],
            "table": tables.compared(compared[name]) if name in compared else "",
            "sentences": [verdict.judged(each, results) for each in compared.get(name, [])],
            "ranking": verdict.ranking(asked, results),
        }
        for name, asked in results.lab.comparisons.items()
    ]


def write_study(name: str, settings: Params) -> None:
    """Write the page and figures of an exercise or a study."""
    chosen = settings.studied()[name]
    results, arrays = study_results(name, settings)
    shown = import_module(f"nnlabs.labs.{name}.page")
    dataset = getattr(chosen, "dataset", None)
    common = {
        "title": shown.TITLE,
        "question": shown.QUESTION,
        "answer": shown.answer(results),
        "sample": settings.sample,
        "results": results,
        "settings": chosen,
        "data": read_json(paths.provenance(dataset), f"data@{dataset}") if dataset else None,
        "tables": tables,
    }
    with _figures(name) as folder:
        own = shown.page(results, arrays, chosen, folder)
    write(f"{name}.md", f"{name}.md.j2", **common | own)


def write_index(settings: Params) -> None:
    """Write reports/README.md: a row a page, then what the data is."""
    labs = [collect(key, settings) for key in settings.labs]
    used = {each.lab.dataset for each in labs} | {each.dataset for _, each in settings.studies if each is not None}
    datasets = {name: read_json(paths.provenance(name), f"data@{name}") for name in settings.datasets if name in used}
    rows = [
        {
            "lab": f"[{each.lab.title}]({each.key}.md)",
            "question": each.lab.question,
            "answer": verdict.answer(each),
            "edition": tables.edition(each.data),
        }
        for each in labs
    ]
    others = []
    for name, chosen in settings.studied().items():
        shown = import_module(f"nnlabs.labs.{name}.page")
        dataset = getattr(chosen, "dataset", None)
        others.append(
            {
                "lab": f"[{shown.TITLE}]({name}.md)",
                "question": shown.QUESTION,
                "answer": shown.answer(study_results(name, settings)[0]),
                "edition": tables.edition(datasets[dataset]) if dataset else "–",
            }
        )
    first = len([name for name, each in settings.exercises if each is not None])
    images = {name: data for name, data in datasets.items() if "train_images" in data["content"]}
    write(
        "README.md",
        "index.md.j2",
        settings=settings,
        sample=settings.sample,
        rows=[*others[:first], *rows, *others[first:]],
        images=images,
        texts={name: data for name, data in datasets.items() if name not in images},
        licences={data["origin"]: data["licence"] for data in datasets.values()},
        labs=labs,
        tables=tables,
    )
