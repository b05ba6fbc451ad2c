"""A disk without room is one line, whichever library meets it, and leaves what was there."""

import errno
import re
import resource
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_tensors

from nnlabs.core import disk
from nnlabs.core.disk import DiskFullError
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.core.files import aside, replaced, write_json
from nnlabs.training.checkpoint import Checkpoints

LARGE = 100_000
"""Numbers, of eight bytes each."""
NOISE = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)


@pytest.fixture
def limited() -> Iterator[None]:
    """No file may grow past 100 kB: what a full disk does, without one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _numpy_file(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros(LARGE))


WRITERS: dict[str, Callable[[Path], object]] = {
    "text": lambda path: path.write_text("x" * LARGE * 8),
    "bytes": lambda path: path.write_bytes(b"x" * LARGE * 8),
    "numpy file": _numpy_file,
    "safetensors of numpy": lambda path: save_file({"a": np.zeros(LARGE)}, path),
    "safetensors of torch": lambda path: save_tensors({"a": torch.zeros(LARGE)}, path),
    "picture": lambda path: Image.fromarray(NOISE).save(path, format="png"),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_every_library_is_told_in_the_same_words(limited: None, tmp_path: Path, writer: str) -> None:
    target = tmp_path / "made" / "target"
    with aside(target) as path:
        path.write_text("old")
    with pytest.raises(DiskFullError) as told, aside(target) as path:
        WRITERS[writer](path)
    assert str(target) in str(told.value)
    assert str(told.value).endswith("free; make room and run the same command again")
    assert "\n" not in str(told.value)
    assert target.read_text() == "old"
    assert [each.name for each in target.parent.iterdir()] == ["target"]


def test_a_checkpoint_that_finds_no_room_leaves_the_one_before(limited: None, tmp_path: Path) -> None:
    saved = Checkpoints(tmp_path)
    saved.save("a", {"epoch": 1})
    with pytest.raises(DiskFullError, match=r"a\.pt cannot be written"):
        saved.save("a", {"epoch": 2, "weights": torch.zeros(LARGE)})
    assert saved.load("a") == {"epoch": 1}
    assert [each.name for each in tmp_path.iterdir()] == ["a.pt"]


def test_a_folder_without_room_leaves_the_one_before(limited: None, tmp_path: Path) -> None:
    with replaced(tmp_path / "folder") as folder:
        write_json(folder / "a.json", 1)
    full = pytest.raises(DiskFullError, match="folder cannot be written")
    with full, replaced(tmp_path / "folder") as folder:
        np.save(folder / "labels.npy", np.zeros(LARGE))
    assert [each.name for each in (tmp_path / "folder").iterdir()] == ["a.json"]
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), errno.ENOSPC),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), errno.EDQUOT),
        (ValueError("Error while serializing: I/O error: No space left on device (os error 28)"), errno.ENOSPC),
        (RuntimeError("database or disk is full"), errno.ENOSPC),
        ("npm ERR! code ENOSPC", errno.ENOSPC),
        (OSError(errno.EACCES, "Permission denied"), None),
        (ValueError("os error 280"), None),
        ("429 Too Many Requests", None),
    ],
)
def test_the_cause_is_found(error: BaseException | str, code: int | None) -> None:
    assert disk.cause(error) == code


def test_the_cause_of_a_cause_is_found() -> None:
    with pytest.raises(RuntimeError) as raised:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError:
            raise RuntimeError("unexpected pos 704 vs 598") from None
    assert disk.cause(raised.value) == errno.ENOSPC


@pytest.mark.parametrize(("size", "enough"), [(1, True), (1 << 60, False)])
def test_room_is_looked_for_before(tmp_path: Path, size: int, enough: bool) -> None:
    target = tmp_path / "not yet" / "there"
    if enough:
        disk.need(target, size)
    else:
        with pytest.raises(DiskFullError, match=r"there needs 1,152,921,504,606\.8 MB, and [\d,.]+ MB are free"):
            disk.need(target, size)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DiskFullError("the disk is full: x"), r"error: the disk is full: x$"),
        (
            OSError(errno.ENOSPC, "No space left on device", "a/b"),
            r"error: the disk is full: a/b cannot be written, .* free",
        ),
        (RuntimeError("I/O error (os error 28)"), r"error: the disk is full: /.* cannot be written"),
        (PermissionError(errno.EACCES, "Permission denied", "a/b"), r"error: .*Permission denied: 'a/b'; mend that"),
        (UserError("a bad knob"), r"error: a bad knob$"),
    ],
)
def test_a_stage_ends_with_one_line(error: Exception, said: str) -> None:
    with pytest.raises(SystemExit) as stopped, one_line_errors():
        raise error
    assert re.match(said, str(stopped.value.code))
    assert "\n" not in str(stopped.value.code)


def test_what_is_a_fault_of_ours_stays_a_traceback() -> None:
    with pytest.raises(ZeroDivisionError), one_line_errors():
        raise ZeroDivisionError
