"""A lab's page, the report's index, and the pages about runs: Markdown from templates."""

import json
import shutil
from importlib import import_module
from statistics import median
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from nnlabs import paths
from nnlabs.files import aside
from nnlabs.params import Params
from nnlabs.reporting import figures, tables, verdict
from nnlabs.reporting.collect import Results, collect, gallery, read_json, remove_stale, run_record, study_results

TEMPLATES = Environment(
    loader=PackageLoader("nnlabs.reporting"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def write_lab(key: str, settings: Params) -> None:
    """Write one lab's page and figures from the tracked results."""
    remove_stale(key, settings)
    results = collect(key, settings)
    folder = paths.FIGURES / key
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    compared = verdict.comparisons(results)
    studies: list[dict[str, Any]] = []
    for name, asked in results.lab.comparisons.items():
        arms = [arm.name for arm in verdict.present(asked, results)]
        if arms:
            figures.save(figures.curves(results, arms), folder / f"curves-{name}.svg")
        studies.append(
            {
                "name": name,
                "asked": asked,
                "arms": arms,
                "removed": [arm for arm in asked.arms if arm not in results.arms],
                "table": tables.compared(compared[name]) if name in compared else "",
                "sentences": [verdict.sentence(each) for each in compared.get(name, [])],
                "ranking": verdict.ranking(asked, results),
            }
        )
    loose = [name for name in results.arms if not any(name in study["arms"] for study in studies)]
    if loose:
        figures.save(figures.curves(results, loose), folder / "curves-others.svg")
    if results.arms:
        best = results.best
        figures.save(figures.accuracies(results), folder / "accuracy.svg")
        figures.save(figures.confusion(best, results.data["classes"]), folder / "confusion.svg")
        figures.save(figures.gallery(*gallery(key, best.name)), folder / "gallery.png")
    _write(f"{key}.md", "lab.md.j2", results=results, studies=studies, loose=loose, tables=tables, verdict=verdict)


def write_study(name: str, settings: Params) -> None:
    """Write the page and figures of an exercise or a study."""
    chosen = settings.studied()[name]
    results, arrays = study_results(name, settings)
    folder = paths.FIGURES / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shown = import_module(f"nnlabs.reporting.studies.{name}")
    dataset = getattr(chosen, "dataset", None)
    common = {
        "title": shown.TITLE,
        "question": shown.QUESTION,
        "answer": shown.answer(results),
        "results": results,
        "settings": chosen,
        "data": read_json(paths.provenance(dataset), f"data@{dataset}") if dataset else None,
        "tables": tables,
    }
    _write(f"{name}.md", f"{name}.md.j2", **common | shown.page(results, arrays, chosen, folder))


def write_index(settings: Params) -> None:
    """Write reports/README.md: a row a page, then what the data is."""
    labs = [collect(key, settings) for key in settings.labs]
    rows = [
        {"lab": f"[{each.lab.title}]({each.key}.md)", "question": each.lab.question, "answer": verdict.answer(each)}
        for each in labs
    ]
    studies = {name: import_module(f"nnlabs.reporting.studies.{name}") for name in settings.studied()}
    others = [
        {
            "lab": f"[{shown.TITLE}]({name}.md)",
            "question": shown.QUESTION,
            "answer": shown.answer(study_results(name, settings)[0]),
        }
        for name, shown in studies.items()
    ]
    first = len([name for name, each in settings.exercises if each is not None])
    rows = [*others[:first], *rows, *others[first:]]
    used = {each.lab.dataset for each in labs} | {each.dataset for _, each in settings.studies if each is not None}
    datasets = {name: read_json(paths.provenance(name), f"data@{name}") for name in settings.datasets if name in used}
    licences = {data["origin"]: data["licence"] for data in datasets.values()}
    images = {name: data for name, data in datasets.items() if "train_images" in data["content"]}
    texts = {name: data for name, data in datasets.items() if name not in images}
    _write(
        "README.md",
        "index.md.j2",
        settings=settings,
        rows=rows,
        images=images,
        texts=texts,
        licences=licences,
        labs=labs,
    )


def write_runs(key: str, settings: Params) -> None:
    """Write reports/run/<lab>.md and its figures: what may differ between two honest runs."""
    results = collect(key, settings)
    records = {name: run_record(key, name) for name in results.arms}
    rows = [_times(name, record) for name, record in records.items()]
    if rows:
        seconds = {
            name: [run["epoch_seconds"] for run in record["runs"] if _kept(run, results, name)]
            for name, record in records.items()
        }
        figures.save(figures.times(rows), paths.REPORTS / "run" / f"{key}-times.svg")
        figures.save(figures.accuracy_against_time(results, seconds), paths.REPORTS / "run" / f"{key}-accuracy.svg")
    served = read_json(paths.served(results.lab.dataset), f"data@{results.lab.dataset}")
    _write(f"run/{key}.md", "run.md.j2", results=results, rows=rows, machines=_machines(records), served=served)


def _kept(run: dict[str, Any], results: Results, name: str) -> bool:
    """Whether the run's weights were kept: lr_grid tries on the first seed end up in the record too."""
    return bool(run["lr"] in results.arms[name].metrics["lr"])


def _times(name: str, record: dict[str, Any]) -> dict[str, Any]:
    runs, peak = record["runs"], record["peak_memory_bytes"]
    return {
        "arm": name,
        "seconds_per_epoch": median(run["seconds_per_epoch"] for run in runs),
        "images_per_second": median(run["images_per_second"] for run in runs),
        "seconds": sum(run["seconds"] for run in runs),
        "runs": len(runs),
        "memory": f"{peak / 2**20:,.0f} MiB" if peak else "–",
        "threads": record["threads"],
        "precision": record["precision"],
        "device": record["device"],
    }


def _machines(records: dict[str, dict[str, Any]]) -> list[tuple[dict[str, Any], list[str]]]:
    """Each machine with the arms that were trained on it."""
    machines: dict[str, list[str]] = {}
    for name, record in records.items():
        told = {field: record[field] for field in ("cpu", "cores", "gpu", "system", "versions", "when")}
        machines.setdefault(json.dumps(told, sort_keys=True), []).append(name)
    return [(json.loads(machine), names) for machine, names in machines.items()]


def _write(name: str, template: str, **content: Any) -> None:
    text = TEMPLATES.get_template(template).render(**content)
    with aside(paths.REPORTS / name) as beside:
        beside.write_text(text, encoding="utf-8")
