"""The pages about runs: what may differ between two honest ones."""

import json
from importlib import import_module
from statistics import median
from typing import Any

from nnlabs.core import paths
from nnlabs.config import Params
from nnlabs.reporting import equal_time, figures, tables
from nnlabs.reporting.collect import Result, Results, collect, read_json, run_record, study_stage
from nnlabs.reporting.equal_time import Clock
from nnlabs.reporting.rendering import write
from nnlabs.reporting.sentences import with_interval


def write_runs(key: str, settings: Params) -> None:
    """Write reports/run/<lab>.md and its figures: time, memory, machines."""
    results = collect(key, settings)
    records = {name: run_record(key, name) for name in results.shown} if results.arms else {}
    rows = [_times(results.shown[name], record) for name, record in records.items()]
    features = {name: read_json(paths.features_record(name), f"features@{name}") for name in results.features if rows}
    clocks = {
        name: Clock.of(
            [(run["seed"], run["epoch_seconds"]) for run in record["runs"] if _kept(run, results.shown[name])],
            features.get(results.shown[name].arm.dataset, {"seconds": 0.0})["seconds"],
        )
        for name, record in records.items()
    }
    if rows:
        ends = {name: clock.ends for name, clock in clocks.items()}
        figures.save(figures.times(rows), paths.REPORTS / "run" / f"{key}-times.svg")
        figures.save(figures.accuracy_against_time(results, ends), paths.REPORTS / "run" / f"{key}-accuracy.svg")
    served = read_json(paths.served(results.lab.dataset), f"data@{results.lab.dataset}")
    write(
        f"run/{key}.md",
        "run.md.j2",
        sample=settings.sample,
        results=results,
        tables=tables,
        rows=rows,
        table=_table(rows, results, clocks, bool(features)) if rows else "",
        features=features,
        raced=equal_time.table(results, clocks) if rows else "",
        transferred=equal_time.transfer(results, clocks) if rows else [],
        machines=_machines(records),
        served=served,
    )


def write_study_runs(settings: Params) -> None:
    """Write reports/run/studies.md: seconds and machine of the pages without arms."""
    records = {name: read_json(paths.study_record(name), study_stage(name, settings)) for name in settings.studied()}
    titles = {name: import_module(f"nnlabs.labs.{name}.page").TITLE for name in records}
    machines = _machines(records)
    rows = [
        {"page": f"[{titles[name]}](../{name}.md)", "computed in, s": f"{record['seconds']:.1f}"}
        | ({"machine": _number(name, machines)} if len(machines) > 1 else {})
        for name, record in records.items()
    ]
    table = tables.markdown(rows) if rows else ""
    write("run/studies.md", "run-studies.md.j2", sample=settings.sample, table=table, machines=machines)


def _number(name: str, machines: list[tuple[dict[str, Any], list[str]]]) -> int:
    return next(i for i, (_, names) in enumerate(machines, 1) if name in names)


def _kept(run: dict[str, Any], result: Result) -> bool:
    """Whether the run's weights were kept: lr_grid tries on the first seed end up in the record too."""
    return bool(run["lr"] in result.metrics["lr"])


def _times(result: Result, record: dict[str, Any]) -> dict[str, Any]:
    runs = record["runs"]
    return {
        "arm": result.name,
        "seconds_per_epoch": median(run["seconds_per_epoch"] for run in runs),
        "images_per_second": median(run["images_per_second"] for run in runs),
        "seconds": sum(run["seconds"] for run in runs),
        "runs": len(runs),
        "memory": _memory(record),
        "threads": record["threads"],
        "processes": result.metrics["processes"][0],
        "precision": record["precision"],
        "device": record["device"],
    }


def _memory(record: dict[str, Any]) -> str:
    whole, on_card = record["peak_memory_bytes"], record.get("peak_gpu_memory_bytes")
    told = f"{whole / 2**20:,.0f} MiB" if whole else "–"
    return told + (f", on the GPU {on_card / 2**20:,.0f}" if on_card else "")


def _table(rows: tables.Rows, results: Results, clocks: dict[str, Clock], features: bool) -> str:
    several = any(row["processes"] > 1 for row in rows)
    shown = []
    for row in rows:
        result = results.shown[row["arm"]]
        shown.append(
            {
                "arm": tables.marked(row["arm"], results),
                f"test {results.score}, %": with_interval(result.test, result.interval),
                "trained parameters": tables.parameters(result, results),
                "s an epoch": f"{row['seconds_per_epoch']:.3g}",
                "images/s": f"{row['images_per_second']:,.0f}",
                f"s a seed{', features included' * features}": f"{clocks[row['arm']].total:,.1f}",
                "training in all, s": f"{row['seconds']:,.1f}",
                "runs": row["runs"],
                "peak memory": row["memory"],
                "threads": row["threads"],
            }
            | ({"processes": row["processes"]} if several else {})
            | {"precision": row["precision"], "device": row["device"]}
        )
    return tables.markdown(shown)


def _machines(records: dict[str, dict[str, Any]]) -> list[tuple[dict[str, Any], list[str]]]:
    """Each machine with what ran on it; a study's record has no date."""
    machines: dict[str, list[str]] = {}
    for name, record in records.items():
        told = {field: record.get(field) for field in ("cpu", "cores", "gpu", "system", "versions", "when")}
        machines.setdefault(json.dumps(told, sort_keys=True), []).append(name)
    return [(json.loads(machine), names) for machine, names in machines.items()]
