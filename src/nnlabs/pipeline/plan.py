"""What is left to run: in what order it may, and what each stage costs."""

import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import networkx as nx

from nnlabs.core import paths, runtime, settings
from nnlabs.core.errors import UserError
from nnlabs.pipeline import checkout
from nnlabs.pipeline.repository import Repository

OTHER_SECONDS = 0.5
"""What a stage takes beside what is recorded of it: its start, and DVC's share."""

IN_FLOAT32 = 1.5
"""How many times as long as in bf16 trainings take: 1.47, all of a run together, on two cores of an AMD EPYC."""

COPIES = 2
"""Of what a stage makes: in its place, and in DVC's cache."""


@dataclass
class Plan:
    """What may have to run: each stage with the stages that it waits for."""

    waiting: dict[str, set[str]]
    threads: dict[str, int]
    seconds: dict[str, float]
    room: int = 0
    """Bytes that what is to come leaves on the disk, by the last records."""
    needs: dict[str, list[str]] = field(default_factory=dict)
    """Of all that was asked for, what is up to date too, the stages that each reads from."""
    devices: dict[str, str] = field(default_factory=dict)
    """Of the stages that may compute elsewhere than on the CPU, what params.yaml says."""
    labs: dict[str, str] = field(default_factory=dict)
    """Of trainings and tests of variants."""
    cpus: dict[str, str] = field(default_factory=dict)
    """Of a lab, what its variants were trained on which need not run, where that is one kind."""
    took: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def done(self, stage: str) -> None:
        """Nothing waits for the stage any more."""
        for needs in self.waiting.values():
            needs.discard(stage)

    def demands(self, stage: str) -> dict[str, Any]:
        """What the stage asks of the machine that it runs on, by the names of `Command`."""
        lab = self.labs.get(stage)
        return {
            "threads": self.threads[stage],
            "seconds": self.seconds[stage],
            "device": self.devices.get(stage, "cpu"),
            "lab": lab,
            "cpu": self.cpus.get(lab or ""),
        }

    def chains(self) -> dict[str, float]:
        """Seconds from each stage's start to the end of the longest chain of stages that begins with it."""
        following = nx.DiGraph()
        following.add_nodes_from(self.waiting)
        following.add_edges_from((need, stage) for stage, needs in self.waiting.items() for need in needs)
        chains: dict[str, float] = {}
        for stage in reversed([*nx.topological_sort(following)]):
            chains[stage] = self.seconds[stage] + max((chains[later] for later in following[stage]), default=0.0)
        return chains

    def estimate(self, jobs: int) -> float:
        """Seconds until all is done, were the cores never idle."""
        core_seconds = sum(seconds * min(self.threads[stage], jobs) for stage, seconds in self.seconds.items())
        return max(core_seconds / jobs, *self.chains().values())

    def told(self) -> dict[str, dict[str, Any]]:
        """What those who watch have to know of each stage: what it reads from, whether it waits, and what it costs."""
        return {
            name: {"needs": needs}
            | ({"threads": self.threads[name], "seconds": self.seconds[name]} if name in self.waiting else {})
            for name, needs in self.needs.items()
        }

    def announcement(self, jobs: int | None) -> str:
        """What is to come, in words; a variant that was never recorded is counted, not guessed.

        Nothing is said of the time that it takes on cores that are not counted.
        """
        if jobs is None:
            return f"{len(self.waiting)} stages to run"
        new = sum(s.startswith("train@") and seconds == OTHER_SECONDS for s, seconds in self.seconds.items())
        more = f", and {new} variants of which there is no record yet" if new else ""
        minutes = self.estimate(jobs) / 60
        return f"{len(self.waiting)} stages to run: about {minutes:.0f} minutes by the last records{more}"

    def shortage(self, free: int) -> str | None:
        """What to say where so many free bytes will not do."""
        if free >= self.room:
            return None
        return (
            f"they need about {self.room / 1e9:.1f} GB on the disk, and {free / 1e9:.1f} GB are free: make room, or it "
            "will be full before the end"
        )


def plan(repository: Repository, targets: Iterable[str] = ()) -> Plan:
    """The stages that have changed, and all that follow from them, among the targets' ancestors.

    What follows may turn out to be unchanged once what it reads has been made.
    """
    needs, targets = repository.needs, [*targets]
    wanted = {*targets}.union(*(nx.descendants(needs, target) for target in targets)) if targets else {*needs}
    changed = {name for name in wanted if repository.changed(name)}
    dirty = changed.union(*(nx.ancestors(needs, name) for name in changed)) & wanted
    waiting = {name: {*needs.successors(name)} & dirty for name in sorted(dirty)}
    costs = {name: cost(name) for name in dirty}
    labs = {name: _lab(name) for name in wanted if name.startswith(("train@", "evaluate@"))}
    return Plan(
        waiting,
        {name: threads for name, (threads, _) in costs.items()},
        {name: seconds for name, (_, seconds) in costs.items()},
        COPIES * sum(repository.size(name) for name in dirty) + _to_fetch(dirty),
        {name: sorted(needs.successors(name)) for name in sorted(wanted)},
        {name: _parameters(name).get("device", "cpu") for name in dirty},
        {name: lab for name, lab in labs.items() if name in dirty},
        _trained_on({name: lab for name, lab in labs.items() if name not in dirty}),
    )


def pages(lab: str, repository: Repository) -> list[str]:
    """The stage that writes the page of a lab.

    Raises
    ------
    UserError
        Where params.yaml has none of this name.
    """
    known = sorted(name.removeprefix("page@") for name in repository.needs if name.startswith("page@"))
    if lab not in known:
        raise UserError(f"LAB: {lab!r} is not in params.yaml; allowed: {', '.join(known)}")
    return [f"page@{lab}"]


def cost(stage: str) -> tuple[int, float]:
    """Threads that the stage computes with, and seconds that it takes by the last record.

    Raises
    ------
    UserError
        Where what it goes by has not been settled.
    """
    parameters = _parameters(stage)
    return _threads(stage, parameters), OTHER_SECONDS + _seconds(stage, parameters)


def _parameters(stage: str) -> dict[str, Any]:
    """What the stage goes by; nothing for the one that settles it."""
    kind, _, key = stage.partition("@")
    return settings.read(kind, key).parameters if kind != "settings" else {}


def _lab(stage: str) -> str:
    """The lab of the variant that is trained or tested."""
    parameters = _parameters(stage)
    return str(parameters.get("variant", parameters)["lab"])


def _trained_on(stages: dict[str, str]) -> dict[str, str]:
    """Of labs, by stages that need not run, the processor that all their variants were trained on."""
    found: dict[str, set[str]] = {}
    for stage, lab in stages.items():
        kind, _, variant = stage.partition("@")
        if kind == "train" and (cpu := _read(paths.run_record(lab, variant)).get("cpu")):
            found.setdefault(lab, set()).add(cpu)
    return {lab: cpus.pop() for lab, cpus in found.items() if len(cpus) == 1}


def _threads(stage: str, parameters: dict[str, Any]) -> int:
    match stage.partition("@")[0]:
        case "train":
            return int(parameters["variant"]["training"]["threads"])
        case "evaluate":
            return int(parameters["threads"])
        case "features":
            return int(parameters["features"]["threads"])
    return 1


def _seconds(stage: str, parameters: dict[str, Any]) -> float:
    """What the stage took when it was last recorded; 0 where it never was. It orders and announces."""
    kind, _, key = stage.partition("@")
    if kind == "train":
        return recorded_seconds(parameters["variant"], _precision(parameters))
    if kind == "features":
        return float(_recorded(paths.features_record(key), parameters["features"]["dataset"]).get("seconds", 0))
    if kind == "compute":
        return float(_recorded(paths.computed_record(key), parameters["dataset"]).get("seconds", 0))
    return 0.0


def recorded_seconds(variant: dict[str, Any], precision: str | None = None) -> float:
    """All seeds of a variant, by the seconds an epoch last recorded; in the precision, where one is given."""
    training = variant["training"]
    record = _recorded(paths.run_record(variant["lab"], variant["id"]), variant["dataset"])
    recorded = record.get("runs", [])
    try:
        seconds, epochs = (sum(run[key] for run in recorded) for key in ("seconds", "epochs"))
        each = min(training["epochs"], epochs / len(recorded)) if training["patience"] else training["epochs"]
        runs = len(training["seeds"]) + len(training["lr_grid"] or [0]) - 1  # the rates are tried on the first seed
        return float(runs * each * seconds / epochs) * _slower(record, precision)
    except (KeyError, TypeError, ZeroDivisionError):
        return 0.0


def _slower(record: dict[str, Any], precision: str | None) -> float:
    """How many times as long as recorded a training takes in the precision; nothing else is guessed."""
    if record.get("device") != "cpu":  # a card's seconds say nothing of a processor
        return 1.0
    match record.get("precision"), precision:
        case "bf16", "float32":
            return IN_FLOAT32
        case "float32", "bf16":
            return 1 / IN_FLOAT32
    return 1.0


def _precision(parameters: dict[str, Any]) -> str:
    """What a training computes in on this processor, as `devices.precision` has it."""
    wanted = str(parameters.get("precision", "auto"))
    return wanted if wanted != "auto" else "bf16" if _multiplies_bf16() else "float32"


@cache
def _multiplies_bf16() -> bool:
    """As `devices.has_bf16`, without torch, which takes longer to import than a plan to make."""
    return "bf16" in str(runtime.machine()["cpu"])


def _to_fetch(stages: Iterable[str]) -> int:
    """Bytes of the origins that are not on the disk yet, by who served them last."""
    served = [_read(paths.served(name.partition("@")[2])) for name in stages if name.startswith("data@")]
    sizes = {each["origin"]: each["bytes"] for each in served if {"origin", "bytes"} <= each.keys()}
    return sum(size for origin, size in sizes.items() if not (paths.cache() / "downloads" / origin).exists())


def _recorded(path: Path, dataset: str) -> dict[str, Any]:
    """The last record of what was made of a dataset; nothing where that was its other edition."""
    record = _read(path)
    return {} if record.get("edition") not in (None, _edition(dataset)) else record


def _edition(dataset: str) -> str | None:
    """The edition that a dataset, or the one that features are made of, is to have."""
    if paths.settings("features", dataset).exists():
        return _edition(settings.read("features", dataset).parameters["features"]["dataset"])
    return str(settings.read("data", dataset).parameters["edition"])


def _read(path: Path) -> dict[str, Any]:
    """A record; the committed one where a stage that failed has lost its own."""
    for read in (_text, checkout.committed):
        with contextlib.suppress(OSError, ValueError, UserError):
            record = json.loads(read(path))
            if isinstance(record, dict):
                return record
    return {}


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
