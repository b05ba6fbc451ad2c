"""What is left to run: in what order it may, and what each stage costs."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import networkx as nx

from nnlabs.core import paths, settings
from nnlabs.core.errors import UserError
from nnlabs.pipeline.repository import Repository

OTHER_SECONDS = 0.5
"""What a stage takes beside what is recorded of it: its start, and DVC's share."""


@dataclass
class Plan:
    """What may have to run: each stage with the stages that it waits for."""

    waiting: dict[str, set[str]]
    threads: dict[str, int]
    seconds: dict[str, float]
    took: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def done(self, stage: str) -> None:
        """Nothing waits for the stage any more."""
        for needs in self.waiting.values():
            needs.discard(stage)

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

    def announcement(self, jobs: int) -> str:
        """What is to come, in words; a variant that was never recorded is counted, not guessed."""
        new = sum(s.startswith("train@") and seconds == OTHER_SECONDS for s, seconds in self.seconds.items())
        more = f", and {new} variants of which there is no record yet" if new else ""
        minutes = self.estimate(jobs) / 60
        return f"{len(self.waiting)} stages to run: about {minutes:.0f} minutes by the last records{more}"


def plan(repository: Repository, targets: Iterable[str] = ()) -> Plan:
    """The stages that have changed, and all that follow from them, among the targets' ancestors.

    What follows may turn out to be unchanged once what it reads has been made.
    """
    needs, targets = repository.needs, [*targets]
    wanted = {*targets}.union(*(nx.descendants(needs, target) for target in targets)) if targets else {*needs}
    changed = {name for name in wanted if repository.changed(name)}
    dirty = changed.union(*(nx.ancestors(needs, name) for name in changed)) & wanted
    waiting = {name: {*needs.successors(name)} & dirty for name in sorted(dirty)}
    given = {name: _parameters(name) for name in dirty}
    return Plan(
        waiting,
        {name: _threads(name, each) for name, each in given.items()},
        {name: OTHER_SECONDS + _seconds(name, each) for name, each in given.items()},
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


def _parameters(stage: str) -> dict[str, Any]:
    """What the stage goes by; nothing for the one that settles it."""
    kind, _, key = stage.partition("@")
    return settings.read(kind, key).parameters if kind != "settings" else {}


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
        return recorded_seconds(parameters["variant"])
    record = {"compute": paths.computed_record, "features": paths.features_record}.get(kind)
    return _recorded(record(key)).get("seconds", 0.0) if record else 0.0


def recorded_seconds(variant: dict[str, Any]) -> float:
    """All seeds of a variant, by the seconds an epoch last recorded."""
    training = variant["training"]
    recorded = _recorded(paths.run_record(variant["lab"], variant["id"])).get("runs", [])
    try:
        seconds, epochs = (sum(run[key] for run in recorded) for key in ("seconds", "epochs"))
        each = min(training["epochs"], epochs / len(recorded)) if training["patience"] else training["epochs"]
        runs = len(training["seeds"]) + len(training["lr_grid"] or [0]) - 1  # the rates are tried on the first seed
        return float(runs * each * seconds / epochs)
    except (KeyError, TypeError, ZeroDivisionError):
        return 0.0


def _recorded(path: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record
