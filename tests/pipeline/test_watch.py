"""A run one can watch: from events to what is shown, the server, and the page in a browser."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import networkx as nx
import pytest
from dvc.exceptions import ReproductionError
from dvc.repo import reproduce
from tiny import Tiny

from nnlabs.core.errors import UserError
from nnlabs.pipeline import events, schedule
from nnlabs.pipeline.events import Events
from nnlabs.pipeline.watch import by_dvc, follow, server
from nnlabs.pipeline.watch.follow import Watched
from nnlabs.pipeline.watch.server import Server
from nnlabs.pipeline.watch.state import Run
from pipeline.test_scheduler import Stages, made
from play.javascript import browser

HISTORY = "lr,seed,epoch,train_loss,validation_accuracy\n0.1,0,1,1.5,0.5\n0.1,0,2,1.0,0.6\n0.1,1,1,1.4,\n"
PLAN = {
    "settings": {"needs": []},
    "data@tens": {"needs": ["settings"], "threads": 1, "seconds": 2.0},
    "train@a": {"needs": ["data@tens", "settings"], "threads": 2, "seconds": 40.0},
    "train@b": {"needs": ["data@tens", "settings"], "threads": 1, "seconds": 20.0},
    "page@one": {"needs": ["train@a"], "threads": 1, "seconds": 1.0},
    "page@two": {"needs": ["train@b"], "threads": 1, "seconds": 1.0},
    "report": {"needs": ["page@one", "page@two"], "threads": 1, "seconds": 1.0},
}


class Told:
    """A run that tells a second apart."""

    def __init__(self) -> None:
        self.run, self.version = Run("repro"), 0
        self.tell("begin", title="make repro", root="/nowhere", pid=1, jobs=2)
        self.tell("plan", stages=PLAN)

    def tell(self, event: str, **content: Any) -> None:
        self.version += 1
        self.run.apply({"t": 1000.0 + self.version, "event": event} | content, self.version)

    def end(self, stage: str, state: str = "done", **content: Any) -> None:
        self.tell("start", stage=stage)
        self.tell("end", stage=stage, state=state, **content)

    @property
    def states(self) -> dict[str, str]:
        return {name: stage.state for name, stage in self.run.stages.items()}


# ---------------------------------------------------------------- events and what they come to


def test_a_failure_holds_back_what_follows_and_shows_its_log() -> None:
    told = Told()
    told.end("data@tens")
    told.tell("start", stage="train@a")
    told.tell("line", stage="train@a", text="error: a bad x")
    told.tell("end", stage="train@a", state="failed", error="train@a failed; it has said why")
    assert told.states == {
        **{"settings": "fresh", "data@tens": "done", "train@a": "failed", "train@b": "waiting"},
        **{"page@one": "held", "page@two": "waiting", "report": "held"},
    }
    shown = told.run.changes(0)["stages"]
    assert shown["train@a"]["log"] == ["error: a bad x"]
    assert shown["train@a"]["error"] == "train@a failed; it has said why"
    assert "log" not in shown["data@tens"]


def test_a_page_is_told_what_has_changed_since_its_version() -> None:
    told = Told()
    before = told.version
    told.tell("start", stage="data@tens")
    assert {*told.run.changes(before)["stages"]} == {"data@tens"}
    assert {*told.run.changes(0)["stages"]} == {*PLAN}
    assert told.run.changes(told.version)["stages"] == {}


def test_lines_make_curves_and_say_what_is_left() -> None:
    told = Told()
    told.tell("start", stage="train@a")
    for line in (
        "a seed 0 lr 0.01 epoch 1/4: loss 2.5000, validation 40.00%, 90 s left",
        "a seed 0 lr 0.01 epoch 4/4: loss nan, stopped: validation gets no better",
        "a seed 1 epoch 1/4: loss 1.5",
        "an archive: 45% of 12.0 MB, 70 s left",
    ):
        told.tell("line", stage="train@a", text=line)
    stage = told.run.stages["train@a"]
    assert {run: (curve.of, curve.points) for run, curve in stage.curves.items()} == {
        "seed 0 lr 0.01": (4, [[1, 2.5, 40.0], [4, None, None]]),
        "seed 1": (4, [[1, 1.5, None]]),
    }
    assert stage.until(1.0) == 1000.0 + told.version + 70  # the 40 s of the record are over before
    assert stage.until(3.0) == 1003.0 + 3 * 40
    json.dumps(told.run.changes(0), allow_nan=False)


def points(log: Path) -> dict[str, list[list[float | None]]]:
    with closing(Watched()) as watched:
        return {run: curve.points for run, curve in watched.follow(log).stages["train@a"].curves.items()}


def test_the_history_has_the_epochs_that_were_not_told(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "results" / "one" / "a" / "history.csv"
    path.parent.mkdir(parents=True)
    path.write_text(HISTORY)
    begin = {"t": 1, "event": "begin", "title": "a run", "root": str(tmp_path), "pid": os.getpid(), "jobs": 1}
    line = {"t": 2, "event": "line", "stage": "train@a", "text": "a seed 0 epoch 2/2: loss 1.0, validation 60.00%"}
    done = {"t": 3, "event": "end", "stage": "train@a", "state": "done"}
    log = tmp_path / "run.jsonl"
    log.write_text("".join(f"{json.dumps(each)}\n" for each in (begin, line, done)))
    curves = {"seed 0": [[1, 1.5, 50.0], [2, 1.0, 60.0]], "seed 1": [[1, 1.4, None]]}
    assert points(log) == curves
    for damaged in ("7\n", "lr,seed,epoch\n0.1,0,1\n"):  # what was said remains
        path.write_text(damaged)
        assert points(log) == {"seed 0": [[2, 1.0, 60.0]]}


def test_seconds_left_are_core_seconds_but_no_less_than_the_longest_chain() -> None:
    told = Told()
    now = 1000.0 + told.version
    assert told.run.until(1.0) == round(now + (2 + 2 * 40 + 20 + 1 + 1 + 1) / 2, 1)
    told.run.jobs = 8
    assert told.run.until(1.0) == now + 2 + 40 + 1 + 1
    assert told.run.until(2.0) == now + 2 * (2 + 40 + 1 + 1)


def test_what_took_longer_than_its_record_slows_what_is_to_come() -> None:
    told = Told()
    told.tell("start", stage="train@a")
    assert told.run.pace() == 1
    told.run.stages["train@a"].began = 900.0
    told.tell("end", stage="train@a", state="done")
    assert told.run.pace() == pytest.approx((1000 + told.version - 900) / 40)


def test_what_runs_when_a_run_ends_was_interrupted() -> None:
    told = Told()
    told.tell("start", stage="data@tens")
    told.tell("over")
    assert told.states["data@tens"] == "interrupted"
    assert told.states["settings"] == "fresh"
    assert told.states["report"] == "left"
    assert told.run.changes(0)["over"] == 1000 + told.version


# ---------------------------------------------------------------- who tells, and who follows


def test_the_scheduler_tells_what_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "folder", lambda *_: tmp_path)
    todo = made({"data": set(), "train": {"data"}, "page": {"train"}, "other": set()})
    stages = Stages(2, failing=("train",), unchanged=("other",))
    with events.events("repro") as told:
        schedule.run(todo, stages, stages, told)  # type: ignore[arg-type]
        lines = [json.loads(line) for line in (tmp_path / "repro.jsonl").read_text().splitlines()]
    assert [*tmp_path.iterdir()] == []
    assert [(each["event"], each["stage"], each.get("state")) for each in lines] == [
        *(("start", "data", None), ("end", "other", "unchanged"), ("end", "data", "done")),
        *(("start", "train", None), ("end", "train", "failed")),
    ]


def test_dvc_tells_what_it_reproduces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("train@a", "evaluate@a", "page@one")
    repo = SimpleNamespace(root_dir=str(tmp_path))
    stages = [type(name, (), {"addressing": name, "repo": repo}) for name in names]
    graph = nx.DiGraph([(stages[1], stages[0]), (stages[2], stages[1])])
    told = []

    def step(stage: type, **_: object) -> type | None:
        told[:] = (tmp_path / ".nnlabs" / "watch" / "dvc.jsonl").read_text().splitlines()
        if stage is stages[2]:
            raise ValueError("a bad\npage")
        return stage if stage is stages[0] else None

    monkeypatch.setattr(sys, "argv", ["dvc", "repro", "page@one"])
    monkeypatch.setattr(reproduce, "_reproduce", reproduce._reproduce)
    by_dvc.tell()
    with pytest.raises(ReproductionError):
        reproduce._reproduce(stages, graph=graph, repro_fn=step)
    begin, plan, *rest = [json.loads(line) for line in told]
    assert (begin["title"], begin["pid"]) == ("dvc repro page@one", os.getpid())
    assert [each["needs"] for each in plan["stages"].values()] == [[], ["train@a"], ["evaluate@a"]]
    assert [(each["event"], each["stage"], each.get("state")) for each in rest] == [
        *(("start", "train@a", None), ("end", "train@a", "done")),
        *(("start", "evaluate@a", None), ("end", "evaluate@a", "unchanged"), ("start", "page@one", None)),
    ]


def test_an_experiment_is_told_where_the_user_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    about = tmp_path / "1a2b3c4d5e.run"
    about.write_text('{"name": "lucid-cats"}')
    monkeypatch.setattr(sys, "argv", ["dvc", "exp", "exec-run", "--infofile", str(about)])
    root = str(tmp_path / ".dvc" / "tmp" / "exps" / "tmp7")
    assert by_dvc._name(root) == ("experiment-tmp7", tmp_path)
    begin = by_dvc._begin(root)
    assert (begin["title"], begin["log"]) == ("experiment lucid-cats", str(tmp_path / "1a2b3c4d5e.out"))
    about.unlink()
    assert by_dvc._begin(root)["title"].startswith("dvc exp exec-run")


def test_no_run_fails_because_it_could_not_be_told() -> None:
    with Path("/dev/full").open("wb") as full:
        Events(full.fileno()).tell("line", text="x")


def test_what_is_told_too_late_or_is_not_utf8_harms_nothing(tmp_path: Path) -> None:
    path = tmp_path / "other"
    with events.events("repro", tmp_path) as told:
        told.tell("line", text="\udcff")
    with path.open("wb") as other:  # may have the number that the closed file had
        told.tell("line", text="late")
        assert other.tell() == 0
    assert path.read_bytes() == b""


def test_a_line_counts_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "repro.jsonl"
    path.write_text('{"t": 1, "ev')
    tail = follow.Tail(path)
    assert tail.lines() == []
    with path.open("a") as file:
        file.write('ent": "x"}\n\n{"t": 2, "even')
    assert [*follow._events(tail.lines())] == [{"t": 1, "event": "x"}]
    tail.close()


def test_a_run_is_found_while_its_process_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "folder", lambda *_: tmp_path)
    with closing(Watched()) as watched, events.events("repro") as told:
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
            watched.find()
            assert not watched.runs  # it has not begun
            told.tell("begin", title="make repro", root=str(tmp_path), pid=process.pid, jobs=1)
            told.tell("start", stage="data")
            watched.find()
            run = watched.runs["repro"]
            watched.find()
            assert watched.runs["repro"] is run
            watched.look()
            assert watched.at_work()
            assert watched.machine.samples
            process.kill()
        watched.look()
        assert not watched.at_work()
        assert run.stages["data"].state == "interrupted"
    with closing(Watched()) as later:
        later.find()
        assert not later.runs


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_a_clock_that_is_set_ends_no_run(step: float) -> None:
    run = Run("repro")
    run.apply({"t": time.time() + step, "event": "begin", "title": "x", "root": "", "jobs": 1} | events.process(), 1)
    assert follow.alive(run)
    watched = Watched()
    watched.machine.sample([], time.time() + step, 1)
    assert watched.machine.due(time.time())


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process is known by its number alone")
def test_another_process_with_the_number_of_a_run_is_not_the_run() -> None:
    run = Run("repro")
    told = events.process()
    run.apply({"t": 1.0, "event": "begin", "title": "x", "root": "", "jobs": 1} | told | {"ticks": 1}, 1)
    assert told["ticks"] > 1 and not follow.alive(run)


def test_what_an_experiment_says_is_its_stages(tmp_path: Path) -> None:
    log, path = tmp_path / "a.out", tmp_path / "experiment.jsonl"
    begin = {"t": 1, "event": "begin", "title": "x", "root": "", "pid": os.getpid(), "jobs": 1, "log": str(log)}
    path.write_text(f"{json.dumps(begin)}\n")
    log.write_text("Stage 'data@d' didn't change, skipping\nRunning stage 'train@a':\n> python stages/train.py a\n")
    with closing(Watched()) as watched:
        run = watched.follow(path)
        with log.open("a") as file:
            file.write("a seed 0 epoch 1/2: loss 1.0\n")
        watched.look()
        assert [*run.stages["train@a"].log] == ["a seed 0 epoch 1/2: loss 1.0"]
        assert run.stages["train@a"].curves["seed 0"].points == [[1, 1.0, None]]


# ---------------------------------------------------------------- the server


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Server, Events]]:
    """A run that has begun, and what serves it."""
    path = tmp_path / "repro.jsonl"
    with path.open("wb", buffering=0) as file:
        told = Events(file.fileno())
        told.tell("begin", title="make repro", root=str(tmp_path), pid=os.getpid(), jobs=2)
        told.tell("plan", stages=PLAN)
        with closing(Watched()) as watched:
            watched.follow(path)
            with Server(watched, 0) as serving:
                yield serving, told
                serving.shutdown()


def answer(serving: Server, path: str, host: str | None = None) -> tuple[int, str]:
    connection = http.client.HTTPConnection(server.ADDRESS, serving.server_port, timeout=30)
    with closing(connection):
        connection.request("GET", path, headers={"Host": host} if host else {})
        response = connection.getresponse()
        return response.status, response.read().decode()


def test_only_the_page_and_what_has_changed_are_served(served: tuple[Server, Events]) -> None:
    serving, told = served
    status, page = answer(serving, "/")
    assert status == 200
    assert "connect-src 'self'" in page
    _, changes = answer(serving, "/changes?since=0")
    version = json.loads(changes)["version"]
    assert json.loads(answer(serving, f"/changes?since={version}")[1])["runs"] == {}
    told.tell("start", stage="train@a")
    serving.watched.look()
    assert [*json.loads(answer(serving, f"/changes?since={version}")[1])["runs"]["repro"]["stages"]] == ["train@a"]
    later = json.loads(answer(serving, "/changes?since=999999")[1])  # what another server had told
    assert {*later["runs"]["repro"]["stages"]} == {*PLAN}
    for path in (
        "/repro.jsonl",
        "/../repro.jsonl",
        "/changes",
        "/changes?since=-1",
        "/changes?since=0&x",
        "//etc/passwd",
    ):
        assert answer(serving, path)[0] == 404
    assert answer(serving, "/", "nnlabs.example")[0] == 403  # a name that somebody else leads here


def test_a_page_that_was_closed_is_no_error_of_the_run(
    served: tuple[Server, Events], capsys: pytest.CaptureFixture[str]
) -> None:
    for error, said in ((ConnectionResetError(), False), (ValueError("a mistake"), True)):
        try:
            raise error
        except Exception:
            served[0].handle_error(None, (server.ADDRESS, 1))
        assert ("Traceback" in capsys.readouterr().err) == said


def test_a_port_that_is_taken_is_told(served: tuple[Server, Events]) -> None:
    for port in (served[0].server_port, 70000):
        with pytest.raises(UserError, match=f"PORT: {port} cannot be had"):
            Server(Watched(), port)


# ---------------------------------------------------------------- in a browser


def wait(serving: Server, page: Any, words: str) -> None:
    """Until the page shows them."""
    deadline = time.monotonic() + 60
    while words not in (text := page.locator("#page").inner_text()):
        assert time.monotonic() < deadline, text
        with serving.lock:
            serving.watched.look()
        page.wait_for_timeout(100)


def test_a_log_stays_where_it_is_read_and_is_followed_at_its_end(served: tuple[Server, Events]) -> None:
    serving, told = served

    def say(*numbers: int) -> None:
        for number in numbers:
            told.tell("line", stage="train@a", text=f"line {number}:" + 60 * " of many words")

    told.tell("start", stage="train@a")
    say(*range(8))
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 360, "height": 740})
        page.goto(serving.address)
        wait(serving, page, "1 running")
        page.locator(".stage.running").focus()
        log = page.locator(".chosen-stage .log")
        place, size = "each => each.scrollTop", "each => each.scrollHeight - each.clientHeight"
        assert log.evaluate(place) == log.evaluate(size) > 300
        log.evaluate("each => (each.scrollTop = 40)")
        log.focus()
        say(8, 9)
        wait(serving, page, "line 9:")
        say(*range(10, 30))  # more than are told
        wait(serving, page, "line 29:")
        assert log.evaluate(place) == 40 and log.evaluate("each => each === document.activeElement")
        assert log.inner_text().startswith("line 0:") and "\n…\nline 22:" in log.inner_text()
        log.evaluate("each => (each.scrollTop = each.scrollHeight)")
        say(30)
        wait(serving, page, "line 30:")
        assert log.evaluate(place) == log.evaluate(size)
        log.evaluate("each => (each.scrollTop = 40)")
        told.tell("end", stage="train@a", state="failed", error="it has said why")  # and all that it said is there
        wait(serving, page, "it has said why")
        assert log.inner_text().startswith("line 0:")
        assert log.evaluate(place) > 300  # line 23 is in its place
        failed = page.locator(".failed .log")
        assert failed.evaluate(place) == failed.evaluate(size) > 300


def test_the_page_follows_a_run_and_remains(served: tuple[Server, Events], tmp_path: Path) -> None:
    serving, told = served
    asked, complaints = [], []
    until = partial(wait, serving)
    with browser() as chromium:
        context = chromium.new_context(viewport={"width": 360, "height": 740}, color_scheme="dark")
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(serving.address)
        until(page, "0 of 6 stages done, 6 waiting; 1 were up to date.")
        told.tell("start", stage="train@a")
        told.tell("process", stage="train@a", pid=os.getpid())
        told.tell("line", stage="train@a", text="a seed 0 epoch 1/4: loss 2.5, validation 40.00%, 90 s left")
        told.tell("line", stage="train@a", text="a seed 0 epoch 2/4: loss 1.5, validation 55.00%, 60 s left")
        until(page, "Orange: seed 0, epoch 2 of 4, 55.00 %.")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        told.tell("line", stage="train@a", text="<b>error</b>: a bad x")
        told.tell("end", stage="train@a", state="failed", error="train@a failed; it has said why")
        until(page, "<b>error</b>: a bad x")
        until(page, "Held back: page@one, report.")
        told.tell("over")
        until(page, "The run is over.")
        serving.watched.finish()
        assert {url.split("?")[0] for url in asked} == {serving.address, f"{serving.address}changes"}
        server.write(serving.watched, tmp_path / "watch.html")
        serving.shutdown()
        asked.clear()
        page.goto((tmp_path / "watch.html").as_uri())
        page.set_viewport_size({"width": 1200, "height": 900})
        until(page, "0 of 6 stages done, 1 failed, 2 held back, 3 not begun; 1 were up to date. The run is over.")
        page.locator(".stage.failed").focus()
        page.keyboard.press("ArrowRight")
        assert page.locator(".chosen-stage h4").inner_text() == "page@one"
        unnamed = "[...document.querySelectorAll('button, [role=button], [role=group], [role=progressbar], pre')]"
        assert page.evaluate(f"{unnamed}.filter((each) => !each.getAttribute('aria-label')).length") == 0
        page.get_by_text("Table of the stages").click()
        until(page, "held back")
        page.wait_for_timeout(1200)  # it asks nobody
        context.close()
    assert complaints == []
    assert asked == [(tmp_path / "watch.html").as_uri()]


# ---------------------------------------------------------------- all of it


def test_make_repro_is_watched_and_leaves_its_page(tmp_path: Path) -> None:
    project = Tiny(tmp_path / "tiny")
    project.turn("alone", x="typo")
    told = project.schedule("--watch", "--jobs", "1", status=1)
    page = project.folder / ".nnlabs" / "watch.html"
    assert told.startswith("watch it at http://127.0.0.1:")
    assert f"what there was to see remains in {page}\n" in told
    assert "error: params.yaml: a typo" in page.read_text()
    nothing = project.run(sys.executable, "-m", "nnlabs.pipeline.watch", status=1)
    assert nothing == "error: nothing runs in this folder; `make repro WATCH=1` begins a run and shows it\n"
