"""Images on the disk, piece by piece: the bytes that np.save writes, and memory that does not grow."""

import hashlib
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from nnlabs.data import rows
from nnlabs.data.prepared import Writer


def test_pieces_make_the_same_file_as_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "PIECE", 500)
    images = np.random.default_rng(0).integers(0, 256, (50, 3, 6, 5), dtype=np.uint8)
    scratch = rows.Scratch(tmp_path / "scratch", images.shape)
    for i in np.random.default_rng(1).permutation(50).tolist():
        scratch.write(i, images[i])
    indices = np.array([7, 3, 49, *range(10, 30)])
    np.save(tmp_path / "wanted.npy", images[indices])
    for source in (images, scratch):
        writer, counts = Writer(tmp_path), rows.Counts(3)
        pieces = counts.counted(rows.pieces(source, indices))
        writer.images("train", pieces, len(indices), images.shape[1:], np.uint8)
        assert (tmp_path / "train_images.npy").read_bytes() == (tmp_path / "wanted.npy").read_bytes()
        assert writer.content == {"train_images": hashlib.sha256(images[indices].tobytes()).hexdigest()}
        mean, std = counts.statistics()
        np.testing.assert_allclose(mean, (images[indices] / 255).mean((0, 2, 3)), rtol=1e-12)
        np.testing.assert_allclose(std, (images[indices] / 255).std((0, 2, 3)), rtol=1e-12)
    assert np.array_equal(rows.Taken(scratch, indices)[np.array([2, 0])], images[[49, 7]])
    assert list(rows.pieces(scratch, indices[:0])) == []
    scratch.close()


def test_memory_does_not_grow_with_the_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "PIECE", 1 << 20)
    peaks = []
    for n in (500, 4000):
        scratch = rows.Scratch(tmp_path / f"{n}", (n, 3, 64, 64))
        scratch.write(n - 1, np.ones((3, 64, 64), np.uint8))  # the file is as long as the set
        tracemalloc.start()
        counts = rows.Counts(3)
        pieces = counts.counted(rows.pieces(scratch, np.arange(n)))
        Writer(tmp_path).images("train", pieces, n, (3, 64, 64), np.uint8)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        scratch.close()
        assert counts.counts[:, 1].tolist() == [64 * 64] * 3
    assert peaks[1] < 1.2 * peaks[0]
    assert peaks[1] < 16 << 20  # of a set of 49 MB


def test_a_row_that_was_not_written_whole_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = rows.Scratch(tmp_path / "scratch", (1, 3, 2, 2))
    monkeypatch.setattr(os, "pwrite", lambda file, content, offset: len(content) - 1)  # as on a disk that fills up
    with pytest.raises(OSError, match="No space left on device"):
        scratch.write(0, np.ones((3, 2, 2), np.uint8))
    scratch.close()
