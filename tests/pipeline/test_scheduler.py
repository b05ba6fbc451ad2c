"""The scheduler and its plan: what runs when, what is said, what a failure or a kill leaves behind."""

import copy
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import networkx as nx
import psutil
import pytest
import yaml
from tiny import Tiny

from nnlabs.core import paths, runtime
from nnlabs.core.errors import UserError
from nnlabs.core.settings import as_text
from nnlabs.pipeline import plan as planning
from nnlabs.pipeline import schedule
from nnlabs.pipeline.executors import Command, Ended
from nnlabs.pipeline.plan import Plan

# dvc 3.67 asks its prefix tree in a deprecated way
pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")


class Stages:
    """Stands in for repository and executor: stages that end one after the other, and a record of what ran when."""

    def __init__(self, jobs: int, failing: tuple[str, ...] = (), unchanged: tuple[str, ...] = ()) -> None:
        self.jobs, self.failing, self.unchanged = jobs, failing, unchanged
        self.threads: dict[str, int] = {}
        self.order: list[str] = []
        self.saved: list[str] = []
        self.open: list[str] = []
        self.busiest = 0
        self.needs = nx.DiGraph()

    def changed(self, name: str) -> bool:
        return name not in self.unchanged

    def begin(self, name: str) -> bool:
        return True

    def command(self, name: str) -> Command:
        return Command(name, f"run {name}")

    def size(self, name: str) -> int:
        return 0

    def end(self, name: str) -> None:
        self.saved.append(name)

    def has_room(self, command: Command) -> bool:
        return not self.open or sum(self.threads[stage] for stage in self.open) + command.threads <= self.jobs

    def start(self, command: Command) -> None:
        self.threads[command.stage] = command.threads
        self.order.append(command.stage)
        self.open.append(command.stage)
        self.busiest = max(self.busiest, sum(self.threads[stage] for stage in self.open))

    def wait(self) -> Ended:
        stage = self.open.pop(0)
        return Ended(stage, int(stage in self.failing))

    def close(self) -> None:
        assert not self.open


def made(waiting: dict[str, set[str]], threads: dict[str, int] | None = None) -> Plan:
    """A plan whose stages take as many seconds as their names have letters."""
    return Plan(waiting, dict.fromkeys(waiting, 1) | (threads or {}), {s: float(len(s)) for s in waiting})


def ran(todo: Plan, jobs: int, **how: tuple[str, ...]) -> Stages:
    stages = Stages(jobs, **how)
    schedule.run(todo, stages, stages)  # type: ignore[arg-type]
    stages.close()
    return stages


def test_longest_first_and_never_more_threads_than_jobs() -> None:
    todo = made({s: set() for s in ("a", "bb", "ccc", "dddd")}, {"ccc": 2})
    stages = ran(todo, 2)
    # dddd takes one core; ccc needs two and has to wait, while bb fits beside
    assert stages.order == ["dddd", "bb", "ccc", "a"] or stages.order == ["dddd", "bb", "a", "ccc"]
    assert stages.busiest == 2
    assert {*todo.took} == {*stages.saved} == {"a", "bb", "ccc", "dddd"}


def test_what_a_long_chain_waits_for_comes_before_a_longer_stage() -> None:
    assert ran(made({"feats": set(), "finetuned": {"feats"}, "scratch": set(), "other": set()}), 1).order == [
        "feats",
        "finetuned",
        "scratch",
        "other",
    ]


def test_a_stage_of_two_threads_runs_alone_where_there_is_one_job() -> None:
    stages = ran(made({"a": set(), "bb": set()}, {"a": 2, "bb": 2}), 1)
    assert (stages.order, stages.busiest) == (["bb", "a"], 2)


def test_a_failure_holds_back_what_depends_on_it(capsys: pytest.CaptureFixture[str]) -> None:
    todo = made({"train": set(), "evaluate": {"train"}, "page": {"evaluate"}, "other": set(), "after": {"other"}})
    stages = ran(todo, 2, failing=("train",))
    assert (todo.failed, {*todo.waiting}) == (["train"], {"evaluate", "page"})
    assert {*stages.saved} == {"other", "after"}
    assert capsys.readouterr().out == "error: train failed; it has said why\n"


def test_what_turns_out_unchanged_does_not_run_but_what_follows_is_looked_at() -> None:
    stages = ran(made({"data": set(), "train": {"data"}, "page": {"train"}}), 2, unchanged=("train",))
    assert stages.order == ["data", "page"]


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


def test_seconds_of_a_variant_come_from_the_last_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "REPORTS", tmp_path)
    monkeypatch.setattr(paths, "SETTINGS", tmp_path / "settings")
    training = {"epochs": 1, "seeds": [0], "lr_grid": None, "patience": None}
    edition(tmp_path, "embedded")

    def seconds(**knobs: object) -> float:
        return planning.recorded_seconds({"id": "a", "lab": "x", "dataset": "d", "training": training | knobs})

    assert seconds() == 0
    record = paths.run_record("x", "a")
    record.parent.mkdir(parents=True)
    # two recorded runs of 10 and 20 s, an epoch each; one seed now
    record.write_text(json.dumps({"runs": [{"seconds": 10.0, "epochs": 1}, {"seconds": 20.0, "epochs": 1}]}))
    assert seconds() == 15
    assert seconds(epochs=4) == 60
    assert seconds(epochs=4, patience=1) == 15
    assert seconds(lr_grid=[0.001, 0.003, 0.01]) == 45
    record.write_text("{")
    assert seconds() == 0


@pytest.mark.parametrize(
    ("cpu", "wanted", "device", "recorded", "seconds"),
    [
        ("AMD EPYC (avx2, avx512f, avx512_bf16)", "auto", "cpu", "bf16", 10),
        ("AMD EPYC (avx2)", "auto", "cpu", "bf16", 15),
        ("AMD EPYC (avx2)", "auto", "cpu", "float32", 10),
        ("Intel Xeon (avx2, avx512f, avx512_bf16, amx_bf16)", "auto", "cpu", "float32", 10 / 1.5),
        ("AMD EPYC (avx2, avx512f, avx512_bf16)", "float32", "cpu", "bf16", 15),
        ("AMD EPYC (avx2)", "auto", "cuda", "bf16", 10),
    ],
)
def test_float32_takes_longer_than_bf16_was_recorded_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cpu: str, wanted: str, device: str, recorded: str, seconds: float
) -> None:
    monkeypatch.setattr(paths, "REPORTS", tmp_path)
    monkeypatch.setattr(paths, "SETTINGS", tmp_path / "settings")
    monkeypatch.setattr(runtime, "machine", lambda: {"cpu": cpu})
    monkeypatch.setattr(planning, "_multiplies_bf16", planning._multiplies_bf16.__wrapped__)
    training = {"epochs": 1, "seeds": [0], "lr_grid": None, "patience": None, "threads": 1}
    variant = {"id": "a", "lab": "x", "dataset": "d", "training": training}
    edition(tmp_path, "embedded")
    settled = tmp_path / "settings/train/a.json"
    settled.parent.mkdir(parents=True)
    settled.write_text(as_text({"parameters": {"variant": variant, "precision": wanted}}))
    record = paths.run_record("x", "a")
    record.parent.mkdir(parents=True)
    told = {"device": device, "precision": recorded}
    record.write_text(json.dumps(told | {"runs": [{"seconds": 10.0, "epochs": 1}]}))
    assert planning.cost("train@a")[1] == pytest.approx(planning.OTHER_SECONDS + seconds)


def edition(folder: Path, name: str) -> None:
    """Settle which edition the dataset `d`, and `f`, features of it, have."""
    for stage, key, parameters in (("data", "d", {"edition": name}), ("features", "f", {"features": {"dataset": "d"}})):
        path = folder / "settings" / stage / f"{key}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_text({"parameters": parameters}))


@pytest.mark.parametrize("dataset", ["d", "f"])
def test_what_the_other_edition_took_is_no_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: str
) -> None:
    monkeypatch.setattr(paths, "REPORTS", tmp_path)
    monkeypatch.setattr(paths, "SETTINGS", tmp_path / "settings")
    training = {"epochs": 1, "seeds": [0], "lr_grid": None, "patience": None}
    variant = {"id": "a", "lab": "x", "dataset": dataset, "training": training}
    record = paths.run_record("x", "a")
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps({"edition": "embedded", "runs": [{"seconds": 10.0, "epochs": 1}]}))
    edition(tmp_path, "embedded")
    assert planning.recorded_seconds(variant) == 10
    edition(tmp_path, "original")
    assert planning.recorded_seconds(variant) == 0


def test_the_record_of_a_stage_that_failed_is_the_committed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    record = tmp_path / "run" / "a.json"
    record.parent.mkdir()
    record.write_text('{"seconds": 3}')
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "a"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    record.unlink()
    assert planning._read(record) == {"seconds": 3}
    assert planning._read(record.with_name("b.json")) == {}


def test_too_little_room_is_said() -> None:
    todo = Plan({}, {}, {}, room=3_100_000_000)
    assert todo.shortage(3_100_000_000) is None
    assert todo.shortage(1_200_000_000) == (
        "they need about 3.1 GB on the disk, and 1.2 GB are free: make room, or it will be full before the end"
    )


# ---------------------------------------------------------------- beside `dvc repro`


@pytest.fixture(scope="module", autouse=True)
def forks(surroundings: dict[str, str]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tiny, "forks", surroundings["FORKED"])
        yield


@pytest.fixture(scope="module")
def by_dvc(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What DVC makes of the tiny project, without anything of ours."""
    project = Tiny(tmp_path_factory.mktemp("dvc") / "tiny")
    project.run(sys.executable, "-m", "dvc", "repro", "-q")
    return project.files()


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """The tiny project, its pipeline run. Tests leave it so."""
    project = Tiny(tmp_path_factory.mktemp("schedule") / "tiny")
    told = project.schedule("--jobs", "2")
    assert "13 stages to run" in told
    assert "alone seed 0 epoch 1/1: loss 1\n" in told
    assert told.endswith("in all, 13 stages\nthe report is in reports/README.md\n")
    project.ran()
    return project


@pytest.fixture
def project(done: Tiny, tmp_path: Path) -> Tiny:
    """A copy of its own."""
    ours = copy.copy(done)
    ours.folder = tmp_path / "tiny"
    subprocess.run(["cp", "-a", done.folder, ours.folder], check=True)
    return ours


def test_lock_and_outputs_are_those_of_dvc_to_the_byte(done: Tiny, by_dvc: dict[str, bytes]) -> None:
    assert done.files() == by_dvc
    assert done.stale() == set()
    assert "0 stages\n" in done.schedule()
    assert done.ran() == set()


def test_the_dvc_of_the_environment_writes_what_dvc_does(tmp_path: Path) -> None:
    """A new lock; one that grows and changes; one with somebody's comment or another system's line ends."""
    ours, theirs = (Tiny(tmp_path / name / "tiny") for name in ("ours", "theirs"))

    def both(*targets: str) -> None:
        mine = ours.run(sys.executable, "-m", "nnlabs.pipeline.command", "repro", *targets)
        told = theirs.run(sys.executable, "-m", "dvc", "repro", *targets)
        assert mine.count("Updating lock file 'dvc.lock'") == told.count("Updating lock file 'dvc.lock'")
        assert ours.files() == theirs.files()

    both("evaluate@first")
    for project in (ours, theirs):
        project.turn("first", x=7)
    both("evaluate@first", "compute@one")
    for change in (("stages:", "stages:  # all"), ("\n", "\r\n")):
        for project in (ours, theirs):
            lock = project.folder / "dvc.lock"
            lock.write_bytes(lock.read_text().replace(*change).encode())
        both("-f", "-s", "compute@one")


def test_only_what_changed_runs_and_an_earlier_run_is_not_repeated(project: Tiny) -> None:
    before = project.files()
    project.turn("alone", x=11)  # of which the scores are the same
    told = project.schedule("--jobs", "2")
    assert "4 stages to run: about 1 minutes" in told  # page and report may follow
    assert "in all, 2 stages\n" in told
    assert project.ran() == {"settings", "train@alone", "evaluate@alone"}
    after = project.files()
    project.turn("alone", x=1)
    told = project.schedule("--jobs", "1")
    assert "train@alone: ran before with the same settings and inputs; its results are back\n" in told
    assert project.ran() == {"settings"}
    assert project.files() == before
    # DVC itself finds what the scheduler has remembered
    project.turn("alone", x=11)
    told = project.run("dvc", "repro")
    assert "Stage 'train@alone' is cached - skipping run" in told
    assert project.ran() == {"settings"}
    assert project.files() == after


def test_one_lab_alone(project: Tiny) -> None:
    for variant in ("alone", "first"):
        project.turn(variant, x=4)
    assert project.schedule("--lab", "one").endswith("the report is in reports/one.md\n")
    assert project.ran() == {"settings", "train@alone", "evaluate@alone", "page@one"}
    assert project.stale() == {"train@first", "report"}


def test_what_fails_is_named_and_the_rest_goes_on(project: Tiny) -> None:
    project.turn("alone", x="bad")
    project.turn("first", x=4)
    told = project.schedule("--jobs", "2", status=1)
    assert "train@alone: error: a bad x\n" in told
    assert "error: failed: train@alone; held back: evaluate@alone, page@one, report." in told
    assert project.ran() == {"settings", "train@alone", "train@first", "evaluate@first", "page@two"}
    project.turn("alone", x=1)
    project.run("dvc", "repro", "-q")
    assert "report" in project.ran()


def test_nothing_runs_where_the_settings_are_wrong(project: Tiny) -> None:
    before = project.files()
    project.turn("alone", x="typo")
    told = project.schedule("--jobs", "2", status=1)
    assert "error: params.yaml: a typo" in told
    assert "what the stage settings has said has to be mended first" in told
    assert (project.ran(), project.files()) == ({"settings"}, before)


@pytest.mark.parametrize(
    ("error", "told"), [("KeyboardInterrupt", "interrupted: run the same command again\n"), ("OSError", "Traceback")]
)
def test_an_interrupt_of_a_command_that_still_imports_is_a_line(error: str, told: str) -> None:
    begun = f"import sys; sys.argv = ['-m']; import nnlabs.pipeline; raise {error}"
    done = subprocess.run([sys.executable, "-c", begun], capture_output=True, text=True)
    assert done.returncode != 0
    assert done.stderr.startswith(told)
    assert ("Traceback" in done.stderr) == (told == "Traceback")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--jobs", "0"], "error: argument --jobs: '0' found; allowed: 1 or more; `make help` says what there is\n"),
        (["--jobs", "x"], "error: argument --jobs: 'x' found; allowed: 1 or more; `make help` says what there is\n"),
        (["--lab", "tow"], "error: LAB: 'tow' is not in params.yaml; allowed: one, two\n"),
    ],
)
def test_what_cannot_be_done_is_refused(wrong: list[str], said: str, done: Tiny) -> None:
    assert done.schedule(*wrong, status=1) == said


def test_a_pipeline_that_cannot_be_read_is_a_line(project: Tiny) -> None:
    with (project.folder / "dvc.yaml").open("a") as file:
        file.write("  more: 1\n")
    told = project.schedule(status=1)
    assert told.startswith("error: ") and told.count("\n") == 1


# ---------------------------------------------------------------- two at once, and kills


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def training(project: Tiny) -> bool:
    log = project.folder / "ran.txt"
    return log.exists() and "train@alone" in log.read_text()


@pytest.mark.parametrize("how", ["schedule", "dvc"])
def test_one_at_a_time(project: Tiny, how: str) -> None:
    project.turn("alone", x=5, waits=True)
    command = ["dvc", "repro"] if how == "dvc" else [sys.executable, "-m", "nnlabs.pipeline.schedule"]
    with project.start(*command) as first:
        wait_for(lambda: training(project))
        name = r"another `make repro`" if how == "schedule" else r"`\S+/dvc repro`"
        said = rf"error: {name} \(process {first.pid}, since \d\d:\d\d\) is at work in this folder; wait for its end\n"
        assert re.fullmatch(said, project.schedule(status=1))
        if how == "schedule":
            assert "Unable to acquire lock" in project.run("dvc", "repro", status=255)
        project.go()
        first.communicate()
    assert first.returncode == 0
    assert project.stale() == set()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_killed_scheduler_leaves_what_dvc_goes_on_with(project: Tiny, jobs: str) -> None:
    reference = project.files()
    project.turn("first", x=12)  # is done when the kill comes
    project.turn("alone", x=5, waits=True)
    with project.start(sys.executable, "-m", "nnlabs.pipeline.schedule", "--jobs", jobs) as killed:
        wait_for(lambda: training(project))
        stages = psutil.Process(killed.pid).children(recursive=True)
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
    _, alive = psutil.wait_procs(stages, timeout=20)
    assert not alive
    project.go()
    assert not (project.folder / "models" / "alone").exists()
    project.ran()
    project.run("dvc", "repro", "-q")
    assert "train@alone" in project.ran()
    assert project.stale() == set()
    project.turn("first", x=2)
    project.turn("alone", x=1, waits=False)
    project.run("dvc", "repro", "-q")
    assert project.files() == reference


def test_an_interrupted_scheduler_interrupts_its_stages(project: Tiny) -> None:
    project.turn("alone", x=5, waits=True)
    with project.start(sys.executable, "-m", "nnlabs.pipeline.schedule") as process:
        wait_for(lambda: training(project))
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert told.endswith("interrupted: run the same command again to resume\n")
    assert not [p for p in psutil.process_iter(["cwd"]) if p.info["cwd"] == str(project.folder)]


def test_the_lock_is_whole_at_every_moment_and_has_a_stage_once_it_is_done(project: Tiny) -> None:
    def locked() -> object:
        return yaml.safe_load((project.folder / "dvc.lock").read_text())["stages"]["evaluate@first"]

    before = locked()
    project.turn("first", x=12)
    project.turn("alone", x=5, waits=True)
    with project.start(sys.executable, "-m", "nnlabs.pipeline.schedule", "--jobs", "3") as process:
        wait_for(lambda: locked() != before)
        wait_for(lambda: training(project))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert {"train@first", "evaluate@first"}.isdisjoint(project.stale())


def test_a_labs_page_is_found_among_the_stages() -> None:
    fake = Stages(1)
    fake.needs.add_nodes_from(["page@a", "page@b", "report"])
    assert planning.pages("a", fake) == ["page@a"]  # type: ignore[arg-type]
    with pytest.raises(UserError, match="allowed: a, b"):
        planning.pages("c", fake)  # type: ignore[arg-type]


def test_every_script_with_a_key_settles_its_threads() -> None:
    """A stage that is forked begins with the one thread of the server, a new process with all."""
    for script in Path("stages").glob("*.py"):
        text = script.read_text()
        computes = ("settings.of(" in text and "play.write" not in text) or "play.trained" in text
        assert computes == ("runtime.configure(" in text), script
