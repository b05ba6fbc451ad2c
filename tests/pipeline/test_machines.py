"""Stages on other machines, with machines that are folders of this one: what travels, and what a loss leaves behind."""

import errno
import json
import os
import queue
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.pipeline import plan as planning
from nnlabs.pipeline import repository, schedule
from nnlabs.pipeline.executors import Command, Ended, alike, fleet, ray, submitit, trees, worker
from nnlabs.pipeline.executors.contents import Contents, WrongHashError, sha256
from nnlabs.pipeline.executors.fleet import Fleet
from nnlabs.pipeline.executors.link import LostError, Machine
from nnlabs.pipeline.executors.worker import Worker
from nnlabs.pipeline.plan import Plan

# ---------------------------------------------------------------- contents and trees


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return Contents(tmp_path / "contents", limit=1000)


def kept(contents: Contents, folder: Path, content: bytes) -> str:
    (folder / "file").unlink(missing_ok=True)
    (folder / "file").write_bytes(content)
    return contents.keep(folder / "file")


def test_a_content_that_was_written_into_is_not_there_any_more(contents: Contents, tmp_path: Path) -> None:
    digest = kept(contents, tmp_path, b"as it was")
    assert contents.has(digest)
    contents.lay(digest, tmp_path / "laid" / "out")
    with (tmp_path / "laid" / "out").open("r+b") as file:
        file.write(b"AS")
    assert not contents.has(digest)
    assert not contents.path(digest).exists()


def test_pieces_become_the_content_or_nothing(contents: Contents, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"onetwo")
    digest = sha256(tmp_path / "file")
    contents.write(digest, 0, 6, b"one")
    assert not contents.has(digest)
    with pytest.raises(WrongHashError, match=digest[:12]):
        contents.write(digest, 3, 6, b"TWO")
    assert [*contents.folder.iterdir()] == []
    contents.write(digest, 0, 6, b"one")
    contents.write(digest, 3, 6, b"two")
    assert contents.has(digest)
    assert contents.read(digest, 2, 2) == b"et"


def test_what_was_used_longest_ago_makes_room(contents: Contents, tmp_path: Path) -> None:
    old, used, needed = (kept(contents, tmp_path, letter * 300) for letter in (b"a", b"b", b"c"))
    for age, digest in enumerate((needed, used, old), 1):  # by their times, what is needed is the oldest
        path = contents.path(digest)
        os.utime(path, (age, path.stat().st_mtime))
    contents.has(old)
    contents.make_room(200, [needed])
    assert {path.name for path in contents.folder.iterdir()} == {old, needed}
    assert {path.name for path in Contents(contents.folder, 600).folder.iterdir()} == {old, needed}


def test_a_folder_holds_exactly_the_tree(contents: Contents, tmp_path: Path) -> None:
    source, place = tmp_path / "source", tmp_path / "place"
    for name in ("code/a.py", "code/b.py", "data/1"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(name)
    (source / "data" / "empty").mkdir()
    (source / "code" / "__pycache__").mkdir()
    (source / "code" / "__pycache__" / "a.pyc").write_text("")
    tree = trees.read(source, ["code", "data"], contents.keep)
    assert {name: entry and entry[1] for name, entry in tree.items()} == {
        **{"code/a.py": 9, "code/b.py": 9},
        **{"data/1": 6, "data/empty": None},
    }
    trees.lay(tree, place, contents)
    (place / "code" / "__pycache__").mkdir()
    (place / "code" / "__pycache__" / "a.pyc").write_text("")
    (place / "data" / "made").write_text("by a stage")
    (place / "data" / "1").write_text("edited")
    (place / "left" / "__pycache__").mkdir(parents=True)
    del tree["code/b.py"]
    trees.lay(tree | {"data/1": tree["code/a.py"]}, place, contents)
    found = {path.relative_to(place).as_posix() for path in place.rglob("*")}
    assert found == {
        *("code", "code/a.py", "code/__pycache__", "code/__pycache__/a.pyc"),
        *("data", "data/1", "data/empty"),
    }
    assert (place / "data" / "1").read_text() == "code/a.py"


def test_other_code_never_has_the_time_of_what_it_replaces(contents: Contents, tmp_path: Path) -> None:
    # Python takes the bytecode of a source by its size and time
    one, other = (kept(contents, tmp_path, content) for content in (b"x = 1", b"x = 2"))
    assert contents.path(one).stat().st_mtime != contents.path(other).stat().st_mtime


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="data/x is missing"):
        trees.read(tmp_path, ["data/x"], sha256)


# ---------------------------------------------------------------- who may, and who has room


def about(**other: Any) -> dict[str, Any]:
    return {"python": alike.PYTHON, "versions": {"numpy": "2", "torch": "1"}, "code": alike.code()} | other


def test_who_is_refused_is_told_why() -> None:
    here = {"numpy": "2", "torch": "1"}
    assert alike.refusal(about(), here, alike.code()) is None
    assert alike.refusal(about(python="3.9"), here, {}) == f"its Python is 3.9, here it is {alike.PYTHON}"
    assert alike.refusal(about(versions={"numpy": "1.26"}), here, {}) == (
        "it has other libraries (numpy is 1.26, here 2; torch is missing, here 1): `make setup` there"
    )
    other = alike.code() | {"core/files.py": "else"}
    assert alike.refusal(about(code=other), here, alike.code()) == (
        "its nnlabs is of another commit (src/nnlabs/core/files.py differs): `git pull` there"
    )
    del other["core/files.py"]
    assert "core/files.py differs" in str(alike.refusal(about(code=other), here, alike.code()))


class Named:
    """A link of which only what it says of itself matters."""

    takes_cards, many = ("auto", "cuda"), False

    def __init__(self, name: str, threads: int = 1, gpus: tuple[str, ...] = ()) -> None:
        self.name, self.threads, self.gpus = name, threads, [*gpus]

    def call(self, method: str, *given: Any) -> Any:
        raise AssertionError

    def close(self) -> None:
        pass


def test_threads_and_cards_are_taken_and_given_back() -> None:
    machine = Machine(Named("a", 4, ("H", "H")), "cpu")
    on_cards = Command("train@a", "torchrun", threads=2, device="cuda", processes=2)
    assert machine.kind == "cpu, H"
    assert machine.has_room(on_cards)
    machine.begin(on_cards)
    assert machine.cards == {"train@a": [0, 1]}
    assert not machine.has_room(Command("train@b", "", device="auto"))  # there are cards, but none is free
    assert machine.has_room(Command("page@b", "", threads=2))
    assert not machine.has_room(Command("page@b", "", threads=3))
    machine.end("train@a")
    assert machine.has_room(Command("train@b", "", device="auto"))
    assert machine.has_room(Command("page@b", "", threads=9))  # alone, what needs more than there is
    assert not machine.serves(Command("train@c", "", device="cuda", processes=3))
    assert not Machine(Named("b", 4), "cpu").has_room(on_cards)
    assert Machine(Named("b", 4), "cpu").has_room(Command("train@b", "", device="auto"))


# ---------------------------------------------------------------- a fleet


class Folder:
    """A link to a worker in a folder; `faults` are called with the worker, before a method, and may raise."""

    takes_cards, many = ("auto", "cuda"), False

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self.name, self.threads, self.gpus = folder.name, threads, list[str]()
        self.worker = Worker(str(folder))
        self.cpu = "a processor"
        self.told: list[str] = []
        self.faults: dict[str, Callable[[list[Any]], Any]] = {}
        self.closed = False

    def call(self, method: str, *given: Any) -> Any:
        self.told.append(method)
        if self.closed:
            raise LostError("it is gone")
        if fault := self.faults.get(method):
            answer = fault([*given])
            if answer is not None:
                return answer
        answer = getattr(self.worker, method)(*given)
        return answer | {"cpu": self.cpu} if method == "about" else answer

    def close(self) -> None:
        self.closed = True
        self.worker.close()


class Folders:
    """Those machines, all there from the first look on, or as a test adds them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.all: list[Folder] = []
        self.coming: queue.SimpleQueue[Folder] = queue.SimpleQueue()

    def join(self, name: str, threads: int = 1, cpu: str = "a processor") -> Folder:
        joined = Folder(self.folder / name, threads)
        joined.cpu = cpu
        self.all.append(joined)
        self.coming.put(joined)
        return joined

    def look(self) -> Iterator[Folder]:
        while not self.coming.empty():
            yield self.coming.get()

    def awaited(self) -> bool:
        return not self.coming.empty()

    def close(self) -> None:
        pass


@pytest.fixture
def machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folders]:
    root = tmp_path / "checkout"
    (root / "code").mkdir(parents=True)
    (root / "code" / "say.sh").write_text('echo "saying $1"; mkdir -p out; cat data/in > out/$1\n')
    (root / "data").mkdir()
    (root / "data" / "in").write_text("read")
    monkeypatch.setattr(paths, "ROOT", root)
    monkeypatch.setattr(fleet, "LOOKS", 0.05)
    monkeypatch.setattr(fleet, "PATIENCE", 1.0)
    monkeypatch.setattr(worker, "LOOKS", 0.02)
    monkeypatch.setattr(worker, "SMALL", 0)
    found = Folders(tmp_path)
    yield found
    for each in found.all:
        each.close()


@pytest.fixture
def executor(machines: Folders) -> Iterator[Fleet]:
    made = Fleet(machines, ("code",), jobs=1)
    yield made
    made._here.close()


def say(key: str, **more: Any) -> Command:
    return Command(f"page@{key}", f"sh code/say.sh {key}", ("data",), ("out",), **more)


def run(executor: Fleet, command: Command) -> int:
    assert executor.has_room(command)
    executor.start(command)
    ended = None
    while ended is None:
        ended = executor.wait()
    assert ended.stage == command.stage
    return ended.status


def run_with_another(
    executor: Fleet, command: Command, machines: Folders, name: str = "pc2"
) -> tuple[Folder, Ended | None]:
    """Start it, then have one more machine join; that, and how it ended."""
    executor.start(command)
    joined = machines.join(name)
    while (ended := executor.wait()) is None:
        pass
    return joined, ended


def made(key: str) -> str:
    return (paths.ROOT / "out" / key).read_text()


def test_a_stage_goes_there_and_what_it_made_comes_back(
    machines: Folders, executor: Fleet, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = machines.join("pc1")
    assert run(executor, say("a")) == 0
    assert (made("a"), (paths.ROOT / "data" / "in").read_text()) == ("read", "read")
    assert capsys.readouterr().out == "pc1 is there: a processor, 1 threads\npage@a: saying a\n"
    assert [*machine.worker.places.rglob("say.sh")], "the code is there"
    assert machine.told.count("take") == 1
    monkeypatch.setattr(worker, "SMALL", 100)
    asked = machine.told.count("give")
    assert run(executor, say("b")) == 0
    assert machine.told.count("give") == asked == 1, "what is small comes with the end"
    assert not (paths.ROOT / "out" / "a").exists(), "a folder is what the stage made it, as at home"
    assert machine.told.count("take") == 1, "what it has is not sent again"
    (paths.ROOT / "data" / "in").write_text("other")
    assert run(executor, say("a")) == 0
    assert made("a") == "other"
    assert not [*(paths.ROOT / ".nnlabs" / "arriving").iterdir()]


def test_what_settles_and_what_fetches_stays_here(
    machines: Folders, executor: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(paths.ROOT)
    machine = machines.join("pc1")
    assert run(executor, Command("data@a", "echo here > data/in")) == 0
    assert (paths.ROOT / "data" / "in").read_text() == "here\n"
    assert run(executor, say("a")) == 0
    assert made("a") == "here\n"
    assert machine.told.count("begin") == 2, "it lacked something, and began when it was sent"


def test_a_failure_is_the_stages_own(machines: Folders, executor: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    machine = machines.join("pc1")
    assert run(executor, Command("page@a", "echo error: so; exit 3", (), ("out",))) == 3
    assert run(executor, Command("page@b", "kill -9 $$", (), ("out",))) == -9
    assert "page@a: error: so\n" in capsys.readouterr().out
    assert not machine.closed
    assert run(executor, Command("page@a", "cat", ("data/none",), ("out",))) == 1
    assert capsys.readouterr().out == "error: page@a: data/none is missing\n"


def broken(machine: Folder, method: str, after: int, error: Exception) -> None:
    """Have a machine fail at a call of this method, and be gone from then on."""
    left = [after]

    def fault(given: list[Any]) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise error

    machine.faults[method] = fault


@pytest.mark.parametrize("method", ["begin", "make_room", "take", "news", "give"])
def test_a_machine_that_is_lost_costs_a_line(
    machines: Folders, executor: Fleet, capsys: pytest.CaptureFixture[str], method: str
) -> None:
    first = machines.join("pc1")
    assert run(executor, say("a")) == 0
    (paths.ROOT / "data" / "in").write_text("other")
    broken(first, method, 0, LostError("it is gone"))
    second, ended = run_with_another(executor, say("b"), machines)
    assert ended == Ended("page@b", 0)
    assert made("b") == "other"
    assert first.closed and not second.closed
    told = capsys.readouterr().out
    assert "pc1 is not used any more: it is gone\npage@b: goes on on another machine\n" in told
    assert run(executor, say("c")) == 0


KEY = "0123456789abcdef0123"


def test_a_training_goes_on_from_its_last_checkpoint(
    machines: Folders, executor: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    script = f"""
    folder=.nnlabs/checkpoints/mine-{KEY}; mkdir -p $folder models
    if [ -e $folder/seed-0.pt ]; then
        echo mine from $(cat $folder/seed-0.pt); rm -r $folder; echo done > models/mine
    else
        echo 2 > $folder/.part; mv $folder/.part $folder/seed-0.pt; exec sleep 60
    fi"""
    (paths.ROOT / "code" / "train.sh").write_text(script)
    executor._sources |= trees.read(paths.ROOT, ["code"], sha256)
    first = machines.join("pc1")
    here = paths.ROOT / ".nnlabs" / "checkpoints"
    saved, other = here / f"mine-{KEY}" / "seed-0.pt", here / f"mine-too-{KEY}" / "seed-0.pt"
    other.parent.mkdir(parents=True)
    other.write_text("of another variant")

    def gone_with_it(given: list[Any]) -> None:
        if saved.exists():
            raise LostError("it is gone")

    first.faults["news"] = gone_with_it
    command = Command("train@mine", "sh code/train.sh", (), ("models/mine",))
    _, ended = run_with_another(executor, command, machines)
    assert ended == Ended("train@mine", 0)
    assert capsys.readouterr().out.endswith("train@mine: goes on on another machine\nmine from 2\n")
    assert (paths.ROOT / "models" / "mine").read_text() == "done\n"
    assert not saved.exists(), "a training that is done leaves none"
    assert other.exists()


def test_another_hash_is_asked_for_again_and_then_no_more(
    machines: Folders, executor: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    first = machines.join("pc1")
    answers = [[b"rEad"]]
    first.faults["give"] = lambda given: answers.pop() if answers else None
    assert run(executor, say("a")) == 0
    assert made("a") == "read"
    answers += [[b"rEad"]] * 2
    run_with_another(executor, say("a"), machines)
    assert "pc1 is not used any more: what it sent of a is not what it made (another hash)" in capsys.readouterr().out
    assert made("a") == "read"


def test_what_comes_to_it_as_something_else_is_sent_again(
    machines: Folders, executor: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    first = machines.join("pc1")
    damages = [True]

    def damage(given: list[Any]) -> None:
        if damages:
            damages.pop()
            given[0][0] = (*given[0][0][:3], bytes(given[0][0][2]))

    first.faults["take"] = damage
    assert run(executor, say("a")) == 0
    (paths.ROOT / "data" / "in").write_text("more")
    damages += [True, True]
    run_with_another(executor, say("a"), machines)
    assert "pc1 is not used any more: what was sent to it came as something else" in capsys.readouterr().out
    assert made("a") == "more"


def test_a_full_disk_is_told_and_another_machine_goes_on(
    machines: Folders, executor: Fleet, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    first = machines.join("pc1")
    assert run(executor, say("a")) == 0
    monkeypatch.setattr(first.worker, "_try_disk", full)
    failing = Command("page@b", "exit 1", (), ())  # as a stage ends whose disk is full
    second, ended = run_with_another(executor, failing, machines)
    assert ended == Ended("page@b", 1), "a disk with room: the stage's own fault"
    assert "pc1 is not used any more: the disk is full\n" in capsys.readouterr().out
    monkeypatch.setattr(second.worker._contents, "write", full)
    third, ended = run_with_another(executor, say("c"), machines, "pc3")
    assert ended == Ended("page@c", 0)
    assert "pc2 is not used any more: the disk is full\n" in capsys.readouterr().out
    assert not third.closed


def test_a_stage_that_three_machines_are_lost_under_fails(
    machines: Folders, executor: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in range(1, 5):
        broken(machines.join(f"pc{n}"), "news", 0, LostError("it is gone"))
    assert run(executor, say("a")) == 1
    assert "error: page@a: pc1, pc2, pc3 were lost while they did it\n" in capsys.readouterr().out


def test_without_a_machine_that_can_a_stage_fails_in_time(
    machines: Folders, executor: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(executor, say("a")) == 1
    assert capsys.readouterr().out == "error: page@a: no machine of the cluster is left\n"
    machines.join("pc1")
    assert run(executor, say("a", device="cuda")) == 1
    assert "error: page@a: no machine of the cluster is with a GPU for it\n" in capsys.readouterr().out


def test_a_refused_machine_is_named_and_gets_nothing(
    machines: Folders, executor: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    old = machines.join("pc1")
    old.faults["about"] = lambda given: about(versions={}, name="pc1", cpu="c")
    machines.join("pc2")
    assert run(executor, say("a")) == 0
    assert capsys.readouterr().out.startswith("pc1 is refused: it has other libraries (")
    assert (old.closed, old.told) == (True, ["about"])


def test_variants_of_a_lab_are_on_machines_of_one_kind(
    machines: Folders, executor: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = machines.join("pc1", threads=2), machines.join("pc2", cpu="another", threads=4)
    assert executor.has_room(say("a", lab="fashion"))
    executor.start(say("a", lab="fashion"))
    for key in "bcd":
        assert executor.has_room(say(key, lab="fashion"))
        executor.start(say(key, lab="fashion"))
    assert not executor.has_room(say("e", lab="fashion")), "the other kind's machine has room"
    assert executor.has_room(say("e", lab="digits"))
    ended = set[str]()
    while len(ended) < 4:
        if over := executor.wait():
            ended.add(over.stage)
    assert "begin" not in one.told
    assert two.told.count("take") == 1, "what four lack is sent once"
    # as its other variants, which need not run: on a machine that has less room
    assert run(executor, say("a", lab="digits", cpu="a processor")) == 0
    assert "news" in one.told
    asked = one.told.count("news")
    # and where none of the kind is left, on another, which is said
    broken(two, "news", 0, LostError("it is gone"))
    assert run(executor, say("a", lab="fashion")) == 0
    told = capsys.readouterr().out
    assert "fashion: no machine with another is left, others go on; the run page says so\n" in told
    assert one.told.count("news") > asked


def test_a_slow_machine_is_told_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    machine = Machine(Named("pc1", 2), "cpu")
    machine.begin(Command("train@a", "", seconds=100))
    machine.begin(Command("page@a", "", seconds=1))
    assert [*machine.slower()] == []
    now = 170.0
    assert [*machine.slower()] == ["page@a has taken 70 s on pc1; its last record says 1"]
    now = 401.0
    assert [*machine.slower()] == ["train@a has taken 301 s on pc1; its last record says 100"]
    assert [*machine.slower()] == []


def test_a_machine_that_ends_takes_its_stages_along(tmp_path: Path) -> None:
    machine = Worker(str(tmp_path / "work"))
    machine.begin("train@a", "echo $$; exec sleep 60", {}, [])
    ((_, line),) = machine.news("train@a", 0, 30)
    machine.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int(line), 0)


def test_an_end_is_told_however_late_somebody_asks(tmp_path: Path) -> None:
    machine = Worker(str(tmp_path / "work"))
    machine.begin("page@a", "true", {}, [])
    assert machine._running["page@a"].over.wait(30)
    time.sleep(0.1)  # its end is told a moment later
    machine.begin("page@b", "true", {}, [])
    assert machine.news("page@a", 0, 30)[-1][:2] == ("ended", 0)
    assert machine.news("page@b", 0, 30)[-1][:2] == ("ended", 0)
    machine.begin("page@c", "true", {}, [])
    assert [*machine._running] == ["page@c"], "nobody asks for the others any more"
    machine.close()


def test_stages_that_begin_at_once_have_one_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def slow(*given: Any) -> str:
        made.append(given)
        time.sleep(0.1)
        return "the server"

    monkeypatch.setattr(worker, "Server", slow)
    machine = Worker(str(tmp_path / "work"))
    with ThreadPoolExecutor(4) as pool:
        assert [*pool.map(lambda _: machine._server(), range(4))] == ["the server"] * 4
    assert len(made) == 1


def test_two_workers_of_a_machine_have_folders_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "ENDING", 0.0)
    first, second = Worker(str(tmp_path / "work")), Worker(str(tmp_path / "work"))
    assert (first.folder.name, second.folder.name) == ("work", "work-2")
    first.close()
    second.close()


def test_a_place_that_cannot_be_written_is_the_machines_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker(str(tmp_path / "work"))
    assert worker.begin("page@a", "true", {"a": ("0" * 64, 1)}, []) == ["0" * 64]
    worker.places.write_text("no folder")
    assert worker.begin("page@a", "true", {}, []) == []
    ((kind, status, made, trouble, _),) = worker.news("page@a", 0, 30)
    assert (kind, status, made) == ("ended", 1, {})
    assert "Not a directory" in trouble or "File exists" in trouble
    worker.close()


# ---------------------------------------------------------------- what is asked for


def test_what_is_not_installed_or_unknown_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r"needs Ray, .*: `\.venv/bin/pip install -r requirements-ray\.lock`"):
        ray.Cluster("127.0.0.1:6379")
    monkeypatch.setitem(sys.modules, "submitit", None)
    with pytest.raises(UserError, match=r"needs submitit, .*: `\.venv/bin/pip install -r requirements-submitit\.lock`"):
        submitit.Jobs(None)
    monkeypatch.setattr(sys, "argv", ["schedule", "--executor", "cloud"])
    with pytest.raises(UserError, match="EXECUTOR: 'cloud' found; allowed: local, ray, submitit"):
        schedule.main()


def test_a_lab_goes_on_where_its_variants_were_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "REPORTS", tmp_path)
    for variant, lab, cpu in (("a", "one", "x"), ("b", "one", "x"), ("c", "two", "x"), ("d", "two", "y")):
        record = paths.run_record(lab, variant)
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps({"cpu": cpu}))
    current = {"train@a": "one", "train@b": "one", "train@c": "two", "train@d": "two", "evaluate@e": "three"}
    assert planning._trained_on(current) == {"one": "x"}
    todo = Plan({"train@f": set()}, {"train@f": 2}, {"train@f": 5.0}, labs={"train@f": "one"}, cpus={"one": "x"})
    asked = replace(Command("train@f", ""), **todo.demands("train@f"))
    assert (asked.threads, asked.seconds, asked.lab, asked.cpu, asked.device) == (2, 5.0, "one", "x", "cpu")


def test_processes_of_torchrun_are_read_from_the_command() -> None:
    line = "torchrun --nproc-per-node=2 stages/train.py a"
    assert repository._processes(line) == repository._processes(line.replace("=", " ")) == 2
    assert repository._processes("python stages/train.py a") == 1
