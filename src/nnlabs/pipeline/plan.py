"""Which stages have to run, in what order they may, and what each costs."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import networkx as nx
from dvc.repo import Repo

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.config import Params

OTHER_SECONDS = 3.0
"""What a stage that trains nothing takes, DVC's own share included."""


@dataclass
class Plan:
    """What is left to run: each stage with the stages that it waits for."""

    waiting: dict[str, set[str]]
    threads: dict[str, int]
    seconds: dict[str, float]
    took: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

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


def plan(settings: Params, targets: list[str]) -> Plan:
    """Find the stages that have changed, and all that follow from them, among the targets' ancestors."""
    repo = Repo()
    names = nx.relabel_nodes(repo.index.graph, lambda stage: stage.addressing)  # edges point to dependencies
    wanted = {*targets}.union(*(nx.descendants(names, target) for target in targets)) if targets else {*names}
    changed = {name for name in repo.status() if name in wanted}
    dirty = changed.union(*(nx.ancestors(names, name) for name in changed)) & wanted
    waiting = {name: {*names.successors(name)} & dirty for name in sorted(dirty)}
    return Plan(
        waiting, {name: _threads(name, settings) for name in dirty}, {name: _seconds(name, settings) for name in dirty}
    )


def pages(lab: str, settings: Params) -> list[str]:
    """The stages that write the pages of a lab, an exercise or a study.

    Raises
    ------
    UserError
        Where params.yaml has none of this name.
    """
    for kind, names in (("exercise", dict(settings.exercises)), ("study", dict(settings.studies))):
        if names.get(lab) is not None:
            return [f"{kind}-page@{lab}"]
    if lab not in settings.labs:
        allowed = ", ".join([*settings.labs, *settings.studied()])
        raise UserError(f"LAB: {lab!r} is not in params.yaml; allowed: {allowed}")
    return [f"page@{lab}", f"run@{lab}"]


def _threads(stage: str, settings: Params) -> int:
    kind, _, key = stage.partition("@")
    if kind == "features":
        return settings.features[key].threads
    return settings.arms[key].threads if kind in ("train", "evaluate") else 1


def _seconds(stage: str, settings: Params) -> float:
    kind, _, key = stage.partition("@")
    if kind in ("exercise", "study"):
        return OTHER_SECONDS + _once(paths.study_record(key))
    if kind == "features":
        return OTHER_SECONDS + _once(paths.features_record(key))
    return OTHER_SECONDS + (recorded_seconds(key, settings) if kind == "train" else 0)


def _once(record: Path) -> float:
    """What was computed once took when it was last recorded; 0 where it never was."""
    try:
        return float(json.loads(record.read_text(encoding="utf-8"))["seconds"])
    except (OSError, ValueError, KeyError):
        return 0.0


def recorded_seconds(variant: str, settings: Params) -> float:
    """What training the variant takes by the seconds an epoch last recorded, all seeds; 0 where none were.

    It orders and announces, it decides nothing.
    """
    arm = settings.arms[variant]
    try:
        recorded = json.loads(paths.run_record(arm.lab, variant).read_text(encoding="utf-8"))["runs"]
        seconds, epochs = (sum(run[key] for run in recorded) for key in ("seconds", "epochs"))
        each = min(arm.epochs, epochs / len(recorded)) if arm.patience else arm.epochs  # it may have stopped early
        runs = len(arm.seeds) + len(arm.rates) - 1  # the rates are tried on the first seed
        return float(runs * each * seconds / epochs)
    except (OSError, ValueError, KeyError, ZeroDivisionError):
        return 0.0
