"""The scheduler and its plan: what runs when, what is said, what a failure holds back."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from copies import FAST, OTHER, Copy

from nnlabs import config as params
from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.pipeline import plan as planning
from nnlabs.pipeline import schedule
from nnlabs.pipeline.plan import Plan

Start = Callable[[str, int, threading.Event], subprocess.Popen[str]]


class Stages:
    """Stands in for `dvc repro`: processes that end at once, and a record of what ran beside what."""

    def __init__(self, threads: dict[str, int], failing: tuple[str, ...] = ()) -> None:
        self.threads, self.failing = threads, failing
        self.order: list[str] = []
        self.busiest = 0
        self.open: dict[str, subprocess.Popen[str]] = {}

    def start(self, stage: str, jobs: int, ended: threading.Event) -> subprocess.Popen[str]:
        self.order.append(stage)
        code = f"import time; time.sleep(0.15); raise SystemExit({stage in self.failing:d})"
        self.open[stage] = subprocess.Popen([sys.executable, "-S", "-c", code], text=True)
        self.busiest = max(self.busiest, sum(self.threads[s] for s, p in self.open.items() if p.poll() is None))
        return self.open[stage]


def made(waiting: dict[str, set[str]], threads: dict[str, int] | None = None) -> Plan:
    """A plan whose stages take as many seconds as their names have letters."""
    return Plan(waiting, dict.fromkeys(waiting, 1) | (threads or {}), {s: float(len(s)) for s in waiting})


def test_longest_first_and_never_more_threads_than_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    todo = made({s: set() for s in ("a", "bb", "ccc", "dddd")}, {"ccc": 2})
    stages = Stages(dict(todo.threads))
    monkeypatch.setattr(schedule, "_start", stages.start)
    schedule.run(todo, 2)
    # dddd takes one core; ccc needs two and has to wait, while bb fits beside
    assert stages.order[0] == "dddd"
    assert stages.order.index("bb") < stages.order.index("ccc")
    assert stages.busiest <= 2
    assert set(todo.took) == {"a", "bb", "ccc", "dddd"}


def test_what_a_long_chain_waits_for_comes_before_a_longer_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    todo = made({"feats": set(), "finetuned": {"feats"}, "scratch": set(), "other": set()})
    stages = Stages(dict(todo.threads))
    monkeypatch.setattr(schedule, "_start", stages.start)
    schedule.run(todo, 1)
    assert stages.order == ["feats", "finetuned", "scratch", "other"]


def test_a_stage_of_two_threads_runs_alone_where_there_is_one_job(monkeypatch: pytest.MonkeyPatch) -> None:
    todo = made({"a": set(), "bb": set()}, {"a": 2, "bb": 2})
    stages = Stages(dict(todo.threads))
    monkeypatch.setattr(schedule, "_start", stages.start)
    schedule.run(todo, 1)
    assert stages.order == ["bb", "a"]
    assert stages.busiest == 2


def test_a_failure_holds_back_what_depends_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    todo = made({"train": set(), "evaluate": {"train"}, "page": {"evaluate"}, "other": set(), "after": {"other"}})
    stages = Stages(dict(todo.threads), failing=("train",))
    monkeypatch.setattr(schedule, "_start", stages.start)
    schedule.run(todo, 2)
    assert (todo.failed, set(todo.waiting)) == (["train"], {"evaluate", "page"})
    assert "after" in todo.took


def test_the_estimate_is_core_seconds_over_jobs_but_no_less_than_the_longest_chain() -> None:
    todo = Plan({s: set() for s in "abc"}, {"a": 1, "b": 2, "c": 1}, {"a": 30, "b": 40, "c": 10})
    assert todo.estimate(2) == (30 + 2 * 40 + 10) / 2
    assert todo.estimate(1) == 30 + 40 + 10  # two threads on one core: no more than it has
    assert Plan({"a": set(), "b": {"a"}}, {"a": 1, "b": 1}, {"a": 30, "b": 2}).estimate(2) == 32


def test_the_announcement_counts_what_was_never_recorded() -> None:
    seconds = {"train@a": planning.OTHER_SECONDS + 120, "train@b": planning.OTHER_SECONDS, "report": 3.0}
    todo = Plan({stage: set() for stage in seconds}, dict.fromkeys(seconds, 1), seconds)
    assert todo.announcement(1) == (
        "3 stages to run: about 2 minutes by the last records, and 1 variants of which there is no record yet"
    )
    del seconds["train@b"], todo.waiting["train@b"]
    assert todo.announcement(1).endswith("by the last records")


def test_lines_of_stages_side_by_side_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    fake = tmp_path / "dvc"
    fake.write_text(
        '#!/bin/sh\necho "small seed 0 epoch 1/1: loss 1 $NNLABS_PROGRESS"; echo "ERROR: odd" >&2; exit 3\n'
    )
    fake.chmod(0o755)
    monkeypatch.setattr(schedule, "DVC", (str(fake),))
    ended = threading.Event()
    process = schedule._start("train@small", 2, ended)
    assert ended.wait(10)
    assert process.returncode == 3
    assert capfd.readouterr().out == "small seed 0 epoch 1/1: loss 1 lines\ntrain@small: ERROR: odd\n"
    assert schedule._start("train@small", 1, ended).wait() == 3
    assert capfd.readouterr().out.startswith("small seed 0 epoch 1/1: loss 1 \n")  # its own terminal, its own bar


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> Plan:
    """`main` finds this plan and runs it at once."""
    todo = made({"train@a": set(), "page@x": {"train@a"}})
    monkeypatch.setattr(schedule, "plan", lambda settings, targets: todo)
    return todo


def test_main_says_an_estimate_and_what_took_how_long(
    planned: Plan, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(schedule, "_start", Stages(dict(planned.threads)).start)
    monkeypatch.setattr(sys, "argv", ["schedule", "--jobs", "2", "--lab", "fashion"])
    schedule.main()
    first, *rows, last = capsys.readouterr().out.splitlines()
    assert first == ("2 stages to run: about 0 minutes by the last records")
    assert {row.split()[-1] for row in rows[:2]} == {"train@a", "page@x"}
    assert rows[2].endswith("in all, 2 stages")
    assert last == "the report is in reports/fashion.md"


def test_main_names_what_failed_and_how_to_get_the_old_results_back(
    planned: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "_start", Stages(dict(planned.threads), failing=("train@a",)).start)
    monkeypatch.setattr(sys, "argv", ["schedule"])
    with pytest.raises(UserError, match=r"failed: train@a; held back: page@x.*git checkout -- reports"):
        schedule.main()


@pytest.mark.parametrize(("wrong", "said"), [(["--jobs", "0"], "JOBS: 0"), (["--lab", "fashoin"], "LAB: 'fashoin'")])
def test_main_refuses_what_it_cannot_do(wrong: list[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["schedule", *wrong])
    with pytest.raises(UserError, match=said):
        schedule.main()


# ---------------------------------------------------------------- the plan


# dvc 3.67 asks its prefix tree in a deprecated way
pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")


@pytest.fixture
def fresh(copy_project: Callable[..., Copy], monkeypatch: pytest.MonkeyPatch) -> Copy:
    """A copy in which nothing has run; this process is in it."""
    copy = copy_project(FAST, OTHER)
    monkeypatch.chdir(copy.folder)
    monkeypatch.setattr(paths, "REPORTS", copy.folder / "reports")
    return copy


def test_a_plan_of_a_fresh_clone_has_every_stage_behind_what_it_needs(fresh: Copy) -> None:
    settings = params.load(fresh.folder / "params.yaml")
    todo = planning.plan(settings, [])
    assert todo.waiting["data@objects3"] == set()
    assert todo.waiting[f"train@{FAST}"] == {"data@objects3"}
    assert todo.waiting[f"evaluate@{FAST}"] == {"data@objects3", f"train@{FAST}"}
    assert todo.waiting["page@objects3"] >= {"arms", f"evaluate@{FAST}", f"evaluate@{OTHER}", "data@objects3"}
    only = planning.plan(settings, [f"evaluate@{OTHER}"])
    assert set(only.waiting) == {"data@objects3", f"train@{OTHER}", f"evaluate@{OTHER}"}


def test_seconds_come_from_the_last_record(fresh: Copy) -> None:
    settings = params.load(fresh.folder / "params.yaml")
    assert planning.recorded_seconds(FAST, settings) == 0
    record = paths.run_record("objects3", FAST)
    record.parent.mkdir(parents=True)
    # two recorded runs of 10 and 20 s, an epoch each; one seed now
    record.write_text(json.dumps({"runs": [{"seconds": 10.0, "epochs": 1}, {"seconds": 20.0, "epochs": 1}]}))
    assert planning.recorded_seconds(FAST, settings) == 15
    longer = settings.arms[FAST].model_copy(update={"epochs": 4})
    assert planning.recorded_seconds(FAST, settings.model_copy(update={"arms": {FAST: longer}})) == 60
    stopped = longer.model_copy(update={"patience": 1})
    assert planning.recorded_seconds(FAST, settings.model_copy(update={"arms": {FAST: stopped}})) == 15
    searched = settings.arms[FAST].model_copy(update={"lr": None, "lr_grid": (0.001, 0.003, 0.01)})
    assert planning.recorded_seconds(FAST, settings.model_copy(update={"arms": {FAST: searched}})) == 45
    assert planning.plan(settings, [f"train@{FAST}"]).seconds[f"train@{FAST}"] == 15 + planning.OTHER_SECONDS
    record.write_text("{")
    assert planning.recorded_seconds(FAST, settings) == 0
