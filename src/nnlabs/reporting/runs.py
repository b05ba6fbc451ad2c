"""The pages about runs: what may differ between two honest ones."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from nnlabs.core import paths
from nnlabs.core.files import write_json
from nnlabs.reporting import charts, equal_time, figures, places, rendering, score_tables, tables
from nnlabs.reporting.equal_time import Clock
from nnlabs.reporting.result import SCORES, Result
from nnlabs.reporting.results import Results, collect
from nnlabs.reporting.sentences import with_interval
from nnlabs.reporting.tracked import read_json, run_record

Record = dict[str, Any]


@dataclass(frozen=True)
class Machine:
    cpu: str
    cores: int
    gpu: str | None
    system: str
    versions: dict[str, str]
    when: str | None
    """The day; a computation's record has none."""
    what: tuple[str, ...]
    """Names of what ran on it."""


@dataclass(frozen=True)
class Served:
    """Who served a dataset."""

    dataset: str
    source: str
    megabytes: str
    seconds: str
    fetched: bool
    hashed: bool
    """Whether a hash of the content was published, so that whoever serves it makes the same arrays."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A lab's page about its runs; `seconds` are all that training or the computation took."""

    lab: str
    title: str
    sample: bool
    edition: str
    seconds: float
    machines: tuple[Machine, ...]
    served: Served | None


@dataclass(frozen=True, kw_only=True)
class TrainedRun(Run):
    score: str
    left_out: str
    """The mark of what the default run leaves out, where such a variant is shown."""
    table: str
    raced: str
    transferred: tuple[str, ...]
    features: tuple[tuple[str, str], ...]
    """Name of features, and the seconds that they took."""


def write(lab: Mapping[str, Any], sample: bool, folder: Path) -> Run:
    """Write the page of one lab with its figures, and the seconds that it took as a metric.

    `lab` is what the report is told of it. One that computes has the seconds and the machine of that alone.
    """
    run = _trained(lab, sample, folder) if not lab["computes"] else _computed(lab, sample)
    write_json(places.seconds(run.lab), {"seconds": round(run.seconds, 1)})
    template = "run.md.j2" if isinstance(run, TrainedRun) else "run-computed.md.j2"
    rendering.write(folder / f"{run.lab}.md", template, view=run)
    return run


def _computed(lab: Mapping[str, Any], sample: bool) -> Run:
    key = lab["lab"]
    data = read_json(paths.computed(key) / "results.json", f"compute@{key}")["data"]
    record = read_json(paths.computed_record(key), f"compute@{key}")
    return Run(
        lab=key,
        title=lab["title"],
        sample=sample,
        edition=tables.edition(data),
        seconds=record["seconds"],
        machines=_machines({lab["title"]: record}),
        served=_served(data),
    )


def _trained(lab: Mapping[str, Any], sample: bool, folder: Path) -> TrainedRun:
    results = collect(lab)
    shown = {key: each for key, each in results.shown.items() if _recorded(each, results)} if results.variants else {}
    records = {key: run_record(results.lab, key) for key in shown}
    features = {name: read_json(paths.features_record(name), f"features@{name}") for name in results.features}
    clocks = {
        key: Clock.of(
            [(run["seed"], run["epoch_seconds"]) for run in record["runs"] if _kept(run, shown[key])],
            features.get(shown[key].dataset, {"seconds": 0.0})["seconds"],
        )
        for key, record in records.items()
    }
    rows = [_times(shown[key], record) for key, record in records.items()]
    if rows:
        ends = {key: clock.ends for key, clock in clocks.items()}
        figures.save(charts.times(rows), folder / f"{results.lab}-times.svg")
        figures.save(charts.accuracy_against_time(results, ends), folder / f"{results.lab}-accuracy.svg")
    return TrainedRun(
        lab=results.lab,
        title=results.title,
        sample=sample,
        edition=tables.edition(results.data),
        seconds=_seconds(rows, shown, features),
        machines=_machines({shown[key].name: record for key, record in records.items()}),
        served=_served(results.data),
        score=results.score,
        left_out=score_tables.LEFT_OUT if any(not each.default for each in shown.values()) else "",
        table=_table(rows, shown, clocks, bool(features)) if rows else "",
        raced=equal_time.table(results, clocks) if rows else "",
        transferred=tuple(equal_time.transfer(results, clocks)) if rows else (),
        features=tuple((name, f"{record['seconds']:.1f}") for name, record in features.items()),
    )


def _seconds(rows: tables.Rows, shown: dict[str, Result], features: dict[str, Record]) -> float:
    """Of the default run: its trainings, and the features that they stand on."""
    trainings = sum(row["seconds"] for row in rows if shown[row["id"]].default)
    used = {each.dataset for each in shown.values() if each.default}
    return float(trainings + sum(record["seconds"] for name, record in features.items() if name in used))


def _recorded(result: Result, results: Results) -> bool:
    """Of what the default run leaves out the record may be missing."""
    return result.default or paths.run_record(results.lab, result.id).exists()


def _kept(run: Record, result: Result) -> bool:
    """Whether the run's weights were kept: rates tried on the first seed end up in the record too."""
    return bool(run["lr"] in result.scores.lr)


def _times(result: Result, record: Record) -> dict[str, Any]:
    runs = record["runs"]
    return {
        "id": result.id,
        "name": result.name,
        "seconds_per_epoch": median(run["seconds_per_epoch"] for run in runs),
        "images_per_second": median(run["images_per_second"] for run in runs),
        "seconds": sum(run["seconds"] for run in runs),
        "runs": len(runs),
        "memory": _memory(record),
        "threads": record["threads"],
        "processes": result.scores.processes,
        "precision": record["precision"],
        "device": record["device"],
    }


def _memory(record: Record) -> str:
    whole, on_card = record["peak_memory_bytes"], record.get("peak_gpu_memory_bytes")
    told = f"{whole / 2**20:,.0f} MiB" if whole else "–"
    return told + (f", on the GPU {on_card / 2**20:,.0f}" if on_card else "")


def _table(rows: tables.Rows, shown: dict[str, Result], clocks: dict[str, Clock], features: bool) -> str:
    several = any(row["processes"] > 1 for row in rows)
    table = []
    for row in rows:
        result = shown[row["id"]]
        table.append(
            {
                "variant": score_tables.marked(result),
                f"test {SCORES[result.score]}, %": with_interval(result.test, result.interval),
                "trained parameters": score_tables.parameters(result),
                "s an epoch": f"{row['seconds_per_epoch']:.3g}",
                "images/s": f"{row['images_per_second']:,.0f}",
                f"s a seed{', features included' * features}": f"{clocks[row['id']].total:,.1f}",
                "training in all, s": f"{row['seconds']:,.1f}",
                "runs": row["runs"],
                "peak memory": row["memory"],
                "threads": row["threads"],
            }
            | ({"processes": row["processes"]} if several else {})
            | {"precision": row["precision"], "device": row["device"]}
        )
    return tables.markdown(table)


def _machines(records: dict[str, Record]) -> tuple[Machine, ...]:
    """Each machine with what ran on it."""
    machines: dict[str, list[str]] = {}
    for name, record in records.items():
        told = {field: record.get(field) for field in ("cpu", "cores", "gpu", "system", "versions", "when")}
        machines.setdefault(json.dumps(told, sort_keys=True), []).append(name)
    return tuple(Machine(**json.loads(machine), what=tuple(names)) for machine, names in machines.items())


def _served(data: dict[str, Any]) -> Served | None:
    """None of a lab without data."""
    if not tables.has_data(data):
        return None
    name = data["dataset"]
    record = read_json(paths.served(name), f"data@{name}")
    return Served(
        dataset=name,
        source=record["source"],
        megabytes=f"{record['bytes'] / 1e6:.1f}",
        seconds=f"{record['seconds']:.1f}",
        fetched=record["fetched"],
        hashed="images" not in data,
    )


def write_overview(runs: list[Run], sample: bool, folder: Path) -> None:
    """The page that leads to all the others."""
    rows = [{"lab": f"[{run.title}]({run.lab}.md)", "seconds": f"{run.seconds:,.1f}"} for run in runs]
    table = tables.markdown(rows) if rows else ""
    rendering.write(folder / "README.md", "runs.md.j2", sample=sample, table=table)
