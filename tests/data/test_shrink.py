"""All images of a folder at once: the same bytes from one process and from several."""

import hashlib
import os
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from imaging import encoded, scene, write

from nnlabs.core.errors import UserError
from nnlabs.data import shrink as shrinking
from nnlabs.data.shrink import Shrunk, shrink
from nnlabs.data.survey import Entry

N = 40


@pytest.fixture
def entries(tmp_path: Path) -> list[Entry]:
    told = []
    for i in range(N):
        content = b"" if i == 5 else encoded(scene(seed=i).convert("L" if i % 10 == 1 else "RGB"))
        path = write(tmp_path / "set" / f"{i:02}.png", content)
        told.append(Entry(path.name, "train", 0, (0, 0, 10, 10) if i % 2 else None, ""))
    return told


def run(tmp_path: Path, entries: list[Entry], *, to_box: bool = False) -> Shrunk:
    shrunk = shrink("made", tmp_path / "set", entries, 8, tmp_path / "pixels", to_box=to_box)
    assert shrunk.images.shape == (N, 3, 8, 8)
    return shrunk


def content(shrunk: Shrunk) -> np.ndarray:
    whole = np.array([i for i, pixels in enumerate(shrunk.pixels) if pixels is not None])
    images = shrunk.images[whole]
    shrunk.images.close()
    assert [hashlib.sha256(image.tobytes()).hexdigest() for image in images] == [p for p in shrunk.pixels if p]
    return images


def test_several_processes_give_what_one_gives(
    tmp_path: Path, entries: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = run(tmp_path, entries)
    assert alone.kinds == {"empty": ["05.png"], "grey": ["01.png", "11.png", "21.png", "31.png"]}
    assert alone.pixels[5] is None
    monkeypatch.setattr(shrinking, "FEW", 0)
    monkeypatch.setattr(shrinking, "TASK", 7)
    monkeypatch.setattr(shrinking, "_cores", lambda: 2)
    together = run(tmp_path, entries)
    assert (together.pixels, together.kinds) == (alone.pixels, alone.kinds)
    images = content(alone)
    assert np.array_equal(content(together), images)
    assert len(images) == N - 1


def test_boxes_count_where_they_are_asked_for(tmp_path: Path, entries: list[Entry]) -> None:
    whole, boxed = content(run(tmp_path, entries)), content(run(tmp_path, entries, to_box=True))
    differ = (whole != boxed).any((1, 2, 3))
    without_empty = [i % 2 == 1 for i in range(N) if i != 5]
    assert differ.tolist() == without_empty


def _killed(task: list[shrinking.Job]) -> None:
    os._exit(9)


def test_a_killed_process_is_one_clear_error(
    tmp_path: Path, entries: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shrinking, "FEW", 0)
    monkeypatch.setattr(shrinking, "_cores", lambda: 2)
    monkeypatch.setattr(shrinking, "_work", _killed)
    with pytest.raises(UserError, match="made: a process that reads images was killed; is there enough memory"):
        run(tmp_path, entries)


def test_a_scheduler_gets_lines(
    tmp_path: Path, entries: list[Entry], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, entries).images.close()
    assert capsys.readouterr() == ("", "")  # off a terminal
    monkeypatch.setenv("NNLABS_PROGRESS", "lines")
    seconds = count(step=10)  # so long ago each time
    monkeypatch.setattr("nnlabs.telling.progress.time", SimpleNamespace(monotonic=lambda: next(seconds)))
    run(tmp_path, entries).images.close()
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == f"made: 100% of {N} images, 0 s left"
    assert err == ""
