"""Trained weights as an archive: packed, taken, and refused."""

import contextlib
import http.server
import io
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from dvc.repo import Repo

from nnlabs.core import paths
from nnlabs.core.disk import DiskFullError
from nnlabs.core.errors import UserError
from nnlabs.pipeline import weights

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep:DeprecationWarning")  # within DVC
PIPELINE = """
stages:
  one: {cmd: mkdir -p models/one && echo 1 > models/one/seed-0.safetensors, outs: [models/one]}
  two: {cmd: mkdir -p models/two && echo 2 > models/two/seed-0.safetensors, outs: [models/two]}
  lab: {cmd: mkdir -p models/lab, outs: [models/lab]}
"""
A = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
"""SHA-256 of the letter."""
ONE, TWO = "models/one/seed-0.safetensors", "models/two/seed-0.safetensors"
OTHERS = f"{A}  {ONE}\n{A}  {TWO}\n".encode()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline of three stages that has run."""
    folder = tmp_path_factory.mktemp("weights") / "ran"
    folder.mkdir()
    (folder / "dvc.yaml").write_text(PIPELINE)
    with contextlib.chdir(folder), Repo.init(no_scm=True) as repo:
        repo.reproduce()
    return folder


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Makes a folder the checkout."""

    def move(folder: Path) -> None:
        monkeypatch.chdir(folder)
        for name in ("DATA", "MODELS", "PREDICTIONS", "REPORTS"):
            monkeypatch.setattr(paths, name, folder / name.lower())
        monkeypatch.setattr(paths, "ROOT", folder)
        monkeypatch.setenv("NNLABS_CACHE", str(folder / ".nnlabs"))

    return move


@pytest.fixture
def archive(ran: Path, here: Callable[[Path], None]) -> Path:
    here(ran)
    return weights.pack()


@pytest.fixture
def clone(ran: Path, archive: Path, tmp_path: Path, here: Callable[[Path], None]) -> Path:
    """What git has of it: neither weights nor DVC's cache."""
    folder = tmp_path / "clone"
    folder.mkdir()
    (folder / ".dvc").mkdir()
    for name in ("dvc.yaml", "dvc.lock", ".dvc/config"):
        shutil.copy(ran / name, folder / name)
    here(folder)
    return folder


def repacked(archive: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The archive with other members."""
    with tarfile.open(archive) as old:
        members = {member.name: old.extractfile(member).read() for member in old}  # type: ignore[union-attr]
    change(members)
    with tarfile.open(target, "w") as new:
        for name, content in members.items():
            new.addfile(weights._member(name, len(content)), io.BytesIO(content))
    return target


def test_where_it_is_packed_is_said_wherever_the_cache_is(
    ran: Path, here: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    here(ran)
    monkeypatch.setenv("NNLABS_CACHE", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["weights"])
    weights.main()
    assert Path(capsys.readouterr().out.partition(": ")[0]).samefile(tmp_path / weights.NAME)


def test_an_archive_depends_on_the_weights_alone(ran: Path, archive: Path) -> None:
    before = archive.read_bytes()
    for path in (ran / ONE, ran / TWO):
        path.chmod(0o600)
    assert weights.pack().read_bytes() == before
    with tarfile.open(archive) as packed:
        assert packed.getnames() == ["SHA256SUMS", ONE, TWO]
        sums = packed.extractfile("SHA256SUMS").read().decode()  # type: ignore[union-attr]
    printed = subprocess.run(["sha256sum", ONE, TWO], cwd=ran, check=True, capture_output=True, text=True).stdout
    assert sums == printed


def test_what_was_taken_dvc_finds_trained(clone: Path, archive: Path) -> None:
    said = weights.take(f"file://{archive}")
    assert said[0].startswith("2 of 2 trained networks are in models/") and len(said) == 2
    assert (clone / ONE).read_text() == "1\n"
    with Repo() as repo:
        assert repo.status() == {}
        assert repo.reproduce() == []
    assert archive.exists() and not list((clone / "models").glob(".*"))
    assert weights.take(str(archive)) == said  # a second time changes nothing


@pytest.fixture
def asked() -> list[str]:
    """What the server was asked for."""
    return []


@pytest.fixture
def served(archive: Path, asked: list[str]) -> Iterator[str]:
    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            asked.append(self.path)

    handler = partial(Handler, directory=archive.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{archive.name}"
        server.shutdown()


def test_an_archive_comes_by_url(clone: Path, served: str) -> None:
    assert weights.take(served)[0].startswith("2 of 2 ")
    assert not list((clone / ".nnlabs" / "downloads").iterdir())
    with pytest.raises(UserError, match=r"^http://\S+: answers 404 "):
        weights.take(f"{served}.gone")


def test_what_was_fetched_stays_until_it_is_taken(
    clone: Path, served: str, asked: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: Any) -> None:
        raise DiskFullError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(weights, "unpack", full)
        with pytest.raises(DiskFullError):
            weights.take(served)
    assert not list((clone / "models").glob("*"))
    assert weights.take(served)[0].startswith("2 of 2 ")
    assert len(asked) == 1 and " was fetched before; " in capsys.readouterr().out
    assert not list((clone / ".nnlabs" / "downloads").iterdir())


@pytest.mark.parametrize(
    ("change", "said", "stays"),
    [
        (lambda members: members.update({ONE: b"other"}), "fetch it again$", False),
        (
            lambda members: members.update(SHA256SUMS=OTHERS, **dict.fromkeys((ONE, TWO), b"a")),
            r"weights-\w+\.tar stays: remove it if the address has another by now$",
            True,
        ),
    ],
)
def test_what_is_damaged_is_fetched_anew_and_what_does_not_fit_is_kept(
    clone: Path,
    archive: Path,
    served: str,
    tmp_path: Path,
    change: Callable[[dict[str, bytes]], None],
    said: str,
    stays: bool,
) -> None:
    good = archive.read_bytes()
    archive.write_bytes(repacked(archive, tmp_path / "wrong.tar", change).read_bytes())
    try:
        with pytest.raises(UserError, match=said):
            weights.take(served)
    finally:
        archive.write_bytes(good)
    assert bool(list((clone / ".nnlabs" / "downloads").iterdir())) == stays


def test_weights_of_something_else_are_left_out(clone: Path, archive: Path, tmp_path: Path) -> None:
    lock = clone / "dvc.lock"
    text = lock.read_text()
    md5 = text[: text.index("path: models/two")]  # the hash of `two` stands after its path
    old = text[len(md5) :].partition("md5: ")[2].partition("\n")[0]
    lock.write_text(text.replace(old, "1" * 32 + ".dir"))
    said = weights.take(str(archive))
    assert said[0].startswith("1 of 2 ")
    assert said[1].endswith("trained with other settings, code or data: models/two")
    assert (clone / ONE).exists() and not (clone / "models/two").exists()


def test_own_weights_stay(clone: Path, archive: Path) -> None:
    (clone / "models/one").mkdir(parents=True)
    (clone / ONE).write_text("mine")
    said = weights.take(str(archive))
    assert said[0].startswith("1 of 2 ") and "left as they were" in said[1] and "models/one" in said[1]
    assert (clone / ONE).read_text() == "mine"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda members: members.update({ONE: b"other"}), f"{ONE} other than SHA256SUMS says"),
        (lambda members: members.pop(TWO), f"{TWO} other than SHA256SUMS says"),
        (lambda members: members.update(more=b""), "more other than SHA256SUMS says"),
        (lambda members: members.pop("SHA256SUMS"), "holds no SHA256SUMS"),
        (lambda members: members.update({"../out": b""}), "leaves its folder"),
        (
            lambda members: members.update(SHA256SUMS=OTHERS, **dict.fromkeys((ONE, TWO), b"a")),
            "none of its weights is one of dvc.lock's",
        ),
    ],
)
def test_an_archive_that_is_damaged_or_of_another_version_is_refused_whole(
    clone: Path, archive: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None], said: str
) -> None:
    wrong = repacked(archive, tmp_path / "wrong.tar", change)
    with pytest.raises(UserError, match=rf"^wrong\.tar: [^\n]*{said}[^\n]*$"):
        weights.take(str(wrong))
    assert not list((clone / "models").iterdir())


def test_a_file_that_is_no_archive_is_refused(clone: Path, archive: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.tar"
    half.write_bytes(archive.read_bytes()[:1500])
    for source, said in ((str(half), "damaged archive"), (str(tmp_path / "none.tar"), "no such file")):
        with pytest.raises(UserError, match=said):
            weights.take(source)


def test_only_what_dvc_lock_has_is_packed(clone: Path) -> None:
    with pytest.raises(UserError, match=r"models/one, models/two, models/lab: missing, or not what dvc\.lock has"):
        weights.pack()


def test_a_folder_as_remote_brings_them_too(
    ran: Path, clone: Path, tmp_path: Path, here: Callable[[Path], None]
) -> None:
    """`dvc push` and `dvc pull`, as docs/running.md has it."""
    shared: dict[str, Any] = {"core": {"remote": "shared"}, "remote": {"shared": {"url": str(tmp_path / "shared")}}}
    here(ran)
    with Repo(config=shared) as repo:
        repo.push()
    here(clone)
    with Repo(config=shared) as repo:
        assert len(repo.status()) == 3
        repo.pull()
        assert repo.status() == {}
    assert (clone / TWO).read_text() == "2\n"
