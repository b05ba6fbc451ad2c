"""The parts of the loop: schedules, augmentation, streams, scores, checkpoints, progress."""

import hashlib
import io
import multiprocessing
import random
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from nnlabs.core import seeding
from nnlabs.models.predict import shifted
from nnlabs.pipeline.torture.damage import damaged
from nnlabs.telling import progress
from nnlabs.training import augment, checkpoint, schedules, scores
from nnlabs.training.checkpoint import Checkpoints, checkpoints
from nnlabs.training.distributed import SINGLE
from nnlabs.training.split import Split

# ---------------------------------------------------------------- schedules


def test_schedules_by_hand() -> None:
    assert schedules.constant(0.7, 0) == 1
    assert [schedules.cosine(p, 0) for p in (0, 0.5, 1)] == pytest.approx([1, 0.5, 0])
    # up over the first fifth, down over the rest: half way down at 0.2 + 0.8 / 2 = 0.6
    assert [schedules.one_cycle(p, 0.2) for p in (0, 0.1, 0.2, 0.6, 1)] == pytest.approx([0, 0.5, 1, 0.5, 0])
    assert schedules.one_cycle(0, 0) == 1


# ---------------------------------------------------------------- augmentation

IMAGES = torch.arange(2 * 3 * 5 * 4).view(2, 3, 5, 4).to(torch.uint8)


def test_flip_mirrors_about_half_and_nothing_else() -> None:
    many = IMAGES[:1].expand(1000, -1, -1, -1)
    chosen = augment.coins(torch.Generator().manual_seed(0), SINGLE.shard(len(many)))
    flipped = Split([many], torch.zeros(len(many)), many.device).mirrored(many, chosen)
    mirrored = (flipped == many.flip(-1)).flatten(1).all(1)
    assert ((flipped == many).flatten(1).all(1) ^ mirrored).all()
    assert 430 < mirrored.sum() < 570  # 500 +- 4.4 standard deviations of 16


@pytest.mark.parametrize("pixels", [1, 2])
def test_crop_cuts_windows_of_the_reflected_image_at_every_place(pixels: int) -> None:
    many = IMAGES[:1].expand(800, -1, -1, -1)
    cut = augment.crop(many, pixels, torch.Generator().manual_seed(0))
    padded = np.pad(IMAGES[0].numpy(), ((0, 0), (pixels, pixels), (pixels, pixels)), mode="reflect")
    places = range(2 * pixels + 1)
    windows = {padded[:, r : r + 5, c : c + 4].tobytes() for r in places for c in places}
    assert {image.contiguous().numpy().tobytes() for image in cut} == windows


def test_augmentation_follows_its_generator() -> None:
    one, two = (augment.crop(IMAGES, 2, torch.Generator().manual_seed(4)) for _ in range(2))
    assert torch.equal(one, two)


def test_alternation_mirrors_each_image_in_every_second_epoch() -> None:
    first, second, third = (augment.alternating(1000, e, torch.Generator().manual_seed(0)) for e in (1, 2, 3))
    assert torch.equal(second, ~first)
    assert torch.equal(third, first)
    assert 430 < first.sum() < 570


def test_shifted_views_are_the_corners_of_the_reflected_image() -> None:
    corners = shifted(IMAGES, 1)
    padded = np.pad(IMAGES.numpy(), ((0, 0), (0, 0), (1, 1), (1, 1)), mode="reflect")
    windows = [padded[:, :, y : y + 5, x : x + 4] for y in (0, 2) for x in (0, 2)]
    for corner, window in zip(corners, windows, strict=True):
        assert np.array_equal(corner.numpy(), window)


def test_windows_are_parts_of_their_images_at_every_place() -> None:
    image = torch.arange(20, dtype=torch.uint8).view(1, 1, 4, 5)
    seen = augment.crop(image.expand(400, 1, 4, 5), 0, torch.Generator().manual_seed(1), side=3)
    assert (seen.dtype, seen.shape) == (torch.uint8, (400, 1, 3, 3))
    places = {tuple(window.flatten().tolist()) for window in seen}
    assert places == {tuple(image[0, 0, y : y + 3, x : x + 3].flatten().tolist()) for y in range(2) for x in range(3)}


# ---------------------------------------------------------------- streams


def test_streams_differ_by_seed_name_and_epoch() -> None:
    seeds = {seeding.stream(s, n, e) for s in (0, 1) for n in ("order", "dropout") for e in (0, 1, 2)}
    assert len(seeds) == 12
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert seeding.stream(0, "order", 1) == seeding.stream(0, "order", 1)


# ---------------------------------------------------------------- scores


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_scores_are_scikit_learns(pairs: list[tuple[int, int]]) -> None:
    labels, predicted = (torch.tensor(side) for side in zip(*pairs, strict=True))
    counts = scores.confusion(labels, predicted, 4)
    assert np.array_equal(counts, metrics.confusion_matrix(labels, predicted, labels=range(4)))
    assert scores.accuracy(counts) == pytest.approx(metrics.accuracy_score(labels, predicted))
    f1 = metrics.f1_score(labels, predicted, average="macro", zero_division=0)
    assert scores.macro_f1(counts) == pytest.approx(f1)


# ---------------------------------------------------------------- checkpoints


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    saved = Checkpoints(tmp_path)
    assert saved.load("a") is None
    saved.save("a", {"w": torch.arange(3.0), "epoch": 2})
    state = saved.load("a")
    assert state is not None
    assert state["epoch"] == 2
    assert torch.equal(state["w"], torch.arange(3.0))
    assert [path.name for path in tmp_path.iterdir()] == ["a.pt"]


def test_a_damaged_checkpoint_is_told_and_begun_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever byte it is; torch itself takes other numbers as they are."""
    saved, file = Checkpoints(tmp_path / "made-key"), tmp_path / "made-key" / "seed-0.pt"
    file.parent.mkdir()
    saved.save("seed-0", {"w": torch.arange(300.0)})
    good = file.read_bytes()
    for seed in range(100):
        file.write_bytes(damaged(good, random.Random(seed)))
        assert saved.load("seed-0") is None
        assert not file.exists()
        assert capsys.readouterr().out == (
            "made-key: seed-0.pt is damaged (other bytes than were written); the run begins anew\n"
        )


def test_a_pickle_that_runs_code_is_not_loaded(tmp_path: Path) -> None:
    stream = io.BytesIO()
    torch.save({"w": pytest.raises}, stream)
    (tmp_path / "a.pt").write_bytes(hashlib.sha256(stream.getvalue()).digest() + stream.getvalue())
    assert Checkpoints(tmp_path).load("a") is None


def test_the_folder_goes_when_all_is_written_and_stays_after_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNLABS_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match="interrupted"), checkpoints("x", "k") as saved:
        saved.save("a", {"epoch": 1})
        raise ValueError("interrupted")
    with checkpoints("x", "k") as saved:
        assert saved.load("a") == {"epoch": 1}
    assert not list((tmp_path / "checkpoints").glob("x-k/"))


def _hold(cache: str, ready: Any) -> None:
    import os

    os.environ["NNLABS_CACHE"] = cache
    with checkpoints("x", "k"):
        ready.set()
        time.sleep(0.5)


def test_a_second_process_waits_for_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("NNLABS_CACHE", str(tmp_path))
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    other = context.Process(target=_hold, args=(str(tmp_path), ready))
    other.start()
    assert ready.wait(60)
    with checkpoints("x", "k"):
        other.join(0)
        assert "waiting" in capsys.readouterr().out
    other.join(10)
    assert other.exitcode == 0


def test_a_key_depends_on_all_its_parts() -> None:
    assert checkpoint.key("digest", {"a": 1}) == checkpoint.key("digest", {"a": 1})
    assert len({checkpoint.key(digest, {"a": a}) for digest in ("one", "other") for a in (1, 2)}) == 4


# ---------------------------------------------------------------- progress


def test_lines_tell_what_is_left_every_two_seconds_and_how_it_ended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = [0.0]
    monkeypatch.setenv(progress.LINES, "lines")
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    with progress.EpochProgress("variant seed 0", 4, 0, 4) as told:
        for epoch, clock[0] in ((1, 1.5), (2, 3.0), (3, 3.5)):
            told.epoch(epoch, 0.5, 0.75, last=False)
        told.epoch(4, 0.25, None, last=True)
    with progress.EpochProgress("variant seed 1", 4, 0, 4) as told:
        told.epoch(3, 0.5, 0.75, last=True)
    assert capsys.readouterr().out.splitlines() == [
        "variant seed 0 epoch 2/4: loss 0.5000, validation 75.00%, 3 s left",
        "variant seed 0 epoch 4/4: loss 0.2500",
        "variant seed 1 epoch 3/4: loss 0.5000, validation 75.00%, stopped: validation gets no better",
    ]
