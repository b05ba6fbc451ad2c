"""Runs on made data."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nnlabs.data.prepared import Dataset, Part
from nnlabs.training import loop
from nnlabs.training.checkpoint import Checkpoints
from nnlabs.training.loop import Job
from nnlabs.training.split import Split, trained_on
from variants import variant

CPU = torch.device("cpu")


def made(shape: tuple[int, int, int] = (1, 28, 28), classes: int = 3, sizes: tuple[int, ...] = (96, 30, 30)) -> Dataset:
    """Images whose brightest band of rows is their class, under noise."""
    rng = np.random.default_rng(0)

    def part(n: int) -> Part:
        labels = np.arange(n) % classes
        images = rng.integers(0, 150, (n, *shape))
        for image, label in zip(images, labels, strict=True):
            image[:, 8 * label : 8 * label + 8] += 100
        return Part(images.astype(np.uint8), labels.astype(np.int64))

    meta = {
        "edition": "embedded",
        "classes": list("abcdefghij")[:classes],
        "shape": list(shape),
        "mean": [0.3] * shape[0],
        "std": [0.2] * shape[0],
        "content": {"train_images": "made"},
    }
    return Dataset(meta, *(part(n) for n in sizes))


def job(**changes: Any) -> Job:
    settings = {"variant": variant(), "lr": 0.01, "seed": 0, "device": CPU, "precision": "float32"}
    return Job(**{**settings, **changes})  # type: ignore[arg-type]


def run(folder: Path, data: Dataset, one: Job) -> loop.State:
    folder.mkdir(parents=True, exist_ok=True)
    fit = one.variant.training.fit
    validation = Split.on(one.device, data.validation) if fit == "train" else None
    return loop.run(one, data, trained_on(data, one.device, fit), validation, Checkpoints(folder))


def run_in_two_parts(folder: Path, data: Dataset, one: Job, monkeypatch: pytest.MonkeyPatch) -> loop.State:
    """The run, interrupted when its third epoch begins, and started again; every epoch before that has a checkpoint."""
    train_epoch = loop.train_epoch

    def interrupted(*arguments: Any) -> dict[str, float]:
        if arguments[4] == 3:
            raise KeyboardInterrupt
        return train_epoch(*arguments)

    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)
    monkeypatch.setattr(loop, "train_epoch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(folder, data, one)
    monkeypatch.setattr(loop, "train_epoch", train_epoch)
    return run(folder, data, one)


def same(one: loop.State, other: loop.State) -> bool:
    return (
        one.history == other.history
        and one.best_epoch == other.best_epoch
        and one.best_weights.keys() == other.best_weights.keys()
        and all(torch.equal(w, other.best_weights[key]) for key, w in one.best_weights.items())
    )
