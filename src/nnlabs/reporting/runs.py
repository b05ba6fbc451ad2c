"""The pages about runs: what may differ between two honest ones."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from nnlabs.core import paths
from nnlabs.core.files import write_json
from nnlabs.reporting import (
    equal_time,
    figures,
    places,
    rendering,
    score_tables,
    tables,
    time_charts,
    time_to_score,
)
from nnlabs.reporting.equal_time import Clock
from nnlabs.reporting.result import SCORES, Result
from nnlabs.reporting.results import Results, collect
from nnlabs.reporting.sentences import counted, with_interval
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

    @property
    def kinds(self) -> list[str]:
        """Processors, with the card where there is one: numbers from two of them differ in the last bits."""
        return sorted({", ".join(filter(None, (each.cpu, each.gpu))) for each in self.machines})


@dataclass(frozen=True, kw_only=True)
class ComputedRun(Run):
    measured: str
    """A table of what the lab measured beside its results; empty of one that measures nothing."""
    measured_title: str


@dataclass(frozen=True, kw_only=True)
class TrainedRun(Run):
    score: str
    left_out: str
    """The mark of what the default run leaves out, where such a variant is shown."""
    table: str
    alike: str
    """What all runs have in common: threads, precision, device."""
    slowest: str
    """What the chart of seconds shows."""
    highest: str
    """What the chart of scores against time shows."""
    raced: str
    reached: str
    quickest: tuple[str, ...]
    """Of comparisons whose leader was also the quickest."""
    transferred: tuple[str, ...]
    features: tuple[tuple[str, str], ...]
    """Name of features, and the seconds that they took."""


def write(lab: Mapping[str, Any], sample: bool, folder: Path) -> Run:
    """Write the page of one lab with its figures, and the seconds of its trainings as a metric.

    `lab` is what the report is told of it. One that computes has the seconds and the machine of that alone.
    """
    run = _trained(lab, sample, folder) if not lab["computes"] else _computed(lab, sample)
    trained = isinstance(run, TrainedRun)
    if trained:  # those of a computation are nothing that one chooses by
        write_json(places.seconds(run.lab), {"seconds": round(run.seconds, 1)})
    rendering.write(folder / f"{run.lab}.md", "run.md.j2" if trained else "run-computed.md.j2", view=run)
    return run


def _computed(lab: Mapping[str, Any], sample: bool) -> ComputedRun:
    key = lab["lab"]
    data = read_json(paths.computed(key) / "results.json", f"compute@{key}")["data"]
    record = read_json(paths.computed_record(key), f"compute@{key}")
    measured = record.get("measured") or {"title": "", "rows": []}
    return ComputedRun(
        lab=key,
        title=lab["title"],
        sample=sample,
        edition=tables.edition(data),
        seconds=record["seconds"],
        machines=_machines({lab["title"]: record}),
        served=_served(data),
        measured=tables.markdown(measured["rows"]) if measured["rows"] else "",
        measured_title=measured["title"],
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
    ends = {key: clock.ends for key, clock in clocks.items()}
    table, alike = _table(rows, shown, clocks, bool(features)) if rows else ("", "")
    if rows:
        figures.save(time_charts.times(results, rows), folder / f"{results.lab}-times.svg", __name__)
        figures.save(time_charts.accuracy_against_time(results, ends), folder / f"{results.lab}-accuracy.svg", __name__)
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
        table=table,
        alike=alike,
        slowest=_slowest(rows) if rows else "",
        highest=_highest(results, ends) if rows else "",
        raced=equal_time.table(results, clocks) if rows else "",
        reached=time_to_score.table(results, clocks) if rows else "",
        quickest=tuple(equal_time.quickest(results, clocks)) if rows else (),
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


SETTING = ("runs", "threads", "processes", "precision", "device")
"""Columns of a table of times that are worth one only where variants differ in them."""


def _table(rows: tables.Rows, shown: dict[str, Result], clocks: dict[str, Clock], features: bool) -> tuple[str, str]:
    """The table, and in words what its variants have in common."""
    alike = {key: rows[0][key] for key in SETTING if len({row[key] for row in rows}) == 1}
    table = [
        {
            "variant": score_tables.marked(shown[row["id"]]),
            f"test {SCORES[shown[row['id']].score]}, %": with_interval(
                shown[row["id"]].test, shown[row["id"]].interval
            ),
            "s per epoch": time_charts.brief(row["seconds_per_epoch"]),
            "images/s": f"{row['images_per_second']:,.0f}",
            f"s per seed{', with features' * features}": f"{clocks[row['id']].total:,.1f}",
            "s in all": f"{row['seconds']:,.1f}",
            "peak memory": row["memory"],
        }
        | {key: row[key] for key in SETTING if key not in alike}
        for row in rows
    ]
    return tables.markdown(table), _setting(alike)


def _setting(alike: dict[str, Any]) -> str:
    """'All variants: 5 runs each, 1 thread, bf16, on the CPU.'"""
    told = [f"{counted(alike['runs'], 'run')} each"] if "runs" in alike else []
    told += [counted(alike["threads"], "thread")] if "threads" in alike else []
    told += [f"{alike['processes']} processes"] if alike.get("processes", 1) > 1 else []
    told += [str(alike["precision"])] if "precision" in alike else []
    told += ["on the CPU" if alike["device"] == "cpu" else f"on {alike['device']}"] if "device" in alike else []
    return f"All variants: {', '.join(told)}." if told else ""


def _slowest(rows: tables.Rows) -> str:
    """Who takes longest in the chart of seconds, and who is quickest."""
    quick, *_, slow = sorted(rows * 2, key=lambda row: row["seconds_per_epoch"])
    takes = f"{slow['name']}: {time_charts.brief(slow['seconds_per_epoch'])} s per epoch"
    if len(rows) == 1:
        return takes
    return f"{takes}, the longest; {quick['name']}: {time_charts.brief(quick['seconds_per_epoch'])} s, the shortest"


def _highest(results: Results, ends: dict[str, dict[int, list[float]]]) -> str:
    """Who is highest in the chart of scores against time, and when."""
    drawn = {
        key: time_charts.against_time(each, ends[key])
        for key, each in results.shown.items()
        if each.validated and key in ends
    }
    if not drawn:
        return f"No variant has validation {results.score}"
    key = max(drawn, key=lambda each: drawn[each][1].max())
    seconds, score = drawn[key]
    at = int(score.argmax())
    reached = f"{score[at]:.1f} % after {time_charts.brief(seconds[at])} s"
    return f"The highest validation {results.score}: {results.named(key)}, {reached}"


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
