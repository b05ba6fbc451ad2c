"""The files that the stage `settings` writes: what changed, a damaged one among it, and no other."""

from pathlib import Path

import pytest

from nnlabs.config import write
from nnlabs.core import paths
from nnlabs.core.settings import as_text


@pytest.fixture
def composed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, int]]:
    """What is to be written, in a folder of its own."""
    wanted = {"train@one": {"lr": 1}, "report": {"labs": 2}}
    monkeypatch.setattr(paths, "SETTINGS", tmp_path / "settings")
    monkeypatch.setenv("NNLABS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(write, "_composed", lambda closures, variants: wanted)
    return wanted


@pytest.mark.parametrize("damage", [b"\xe5", b"", b"{"])
def test_a_damaged_file_is_written_anew_and_the_others_are_left(
    composed: dict[str, dict[str, int]], damage: bytes
) -> None:
    write.settings()
    damaged, whole = paths.settings("train", "one"), paths.settings("report")
    before = whole.stat().st_mtime_ns
    damaged.write_bytes(damage)
    (gone := paths.settings("train", "gone")).write_text("{}")
    write.settings()
    assert damaged.read_text() == as_text(composed["train@one"])
    assert whole.stat().st_mtime_ns == before
    assert not gone.exists()
