"""Stages on other machines, with machines that are folders of this one: what travels, and what a loss leaves behind."""

import os
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.pipeline.executors import Command, fleet, trees, worker
from nnlabs.pipeline.executors.contents import Contents, WrongHashError, sha256
from nnlabs.pipeline.executors.fleet import Fleet
from nnlabs.pipeline.executors.link import LostError, Machine, refusal
from nnlabs.pipeline.executors.worker import Worker

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
    return {"python": worker.PYTHON, "versions": {"numpy": "2", "torch": "1"}, "code": worker.code()} | other


def test_who_is_refused_is_told_why() -> None:
    here = {"numpy": "2", "torch": "1"}
    assert refusal(about(), here) is None
    assert refusal(about(python="3.9"), here) == f"its Python is 3.9, here it is {worker.PYTHON}"
    assert refusal(about(versions={"numpy": "1.26"}), here) == (
        "it has other libraries (numpy is 1.26, here 2; torch is missing, here 1): `make setup` there"
    )
    other = worker.code() | {"core/files.py": "else"}
    assert refusal(about(code=other), here) == (
        "its nnlabs is of another commit (src/nnlabs/core/files.py differs): `git pull` there"
    )
    del other["core/files.py"]
    assert "core/files.py differs" in str(refusal(about(code=other), here))


class Named:
    """A link of which only what it says of itself matters."""

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

    gpus: list[str] = []

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self.name, self.threads = folder.name, threads
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
    monkeypatch.setattr(worker, "_held", lambda folder: (folder, threading.Lock()))
    found = Folders(tmp_path)
    yield found
    for each in found.all:
        with_lock = each.worker._held
        if not with_lock.locked():
            with_lock.acquire()
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
