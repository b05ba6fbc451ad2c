"""A small dataset and trained networks in a folder of their own, as the app finds them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nnlabs.core import paths, settings
from nnlabs.data import prepared
from nnlabs.models import weights
from variants import composed

MEAN = STD = 0.5
Fill = Callable[[torch.nn.Linear], None]


def into(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let paths lead there while a test, or a fixture, lasts."""
    for name in ("DATA", "MODELS", "REPORTS"):
        monkeypatch.setattr(paths, name, folder / name.lower())
    monkeypatch.setattr(paths, "SETTINGS", folder / "reports" / "settings")


def dataset(name: str, channels: int = 3, side: int = 28, classes: str = "abc", **more: Any) -> None:
    """Noise, in which the rows of a band say the class."""
    rng = np.random.default_rng(0)
    shape = channels, side, side
    with prepared.writing(name) as writer:
        for part, n in {"train": 60, "validation": 6, "test": 6}.items():
            labels = np.arange(n) % len(classes)
            images = rng.integers(0, 150, (n, *shape))
            for image, label in zip(images, labels, strict=True):
                image[:, 8 * (label % 3) : 8 * (label % 3) + 8] += 100
            writer.images(part, [images.astype(np.uint8)], n, shape, np.uint8)
            writer.labels(part, labels)
        writer.meta({"dataset": name, "classes": list(classes), "shape": list(shape), **more})


def variant(
    id: str, data: str, inputs: int = 3, side: int = 28, classes: str = "abc", fill: Fill | None = None, **recipe: Any
) -> Any:
    """A network in its file; by default a linear one. `fill` may change its fresh weights."""
    given = {"batch_size": 8, "epochs": 1, "optimizer": "adam", "lr": 0.1, "seeds": (0,)} | recipe
    given |= {} if "model" in given or "hidden" in given else {"hidden": ()}
    one = composed(id=id, lab="made", dataset=data, **given)
    torch.manual_seed(0)
    network = one.build((inputs, side, side), len(classes), [MEAN] * inputs, [STD] * inputs)
    if fill:
        with torch.no_grad():
            fill(network.output)
    config = {
        "variant": one.parameters(),
        "seed": 0,
        "classes": list(classes),
        "shape": [inputs, side, side],
        "mean": [MEAN] * inputs,
        "std": [STD] * inputs,
        "precision": "float32",
    }
    weights.save(paths.weights(id, 0), network.state_dict(), config)
    return network


def listed(*variants: tuple[str, str], digits: str = "mnist") -> None:
    """Settings files of variants, each with its dataset: what the menu is made from."""
    files = {
        paths.settings("train", id): {"variant": {"id": id, "lab": "made", "dataset": data}} for id, data in variants
    }
    files |= {paths.settings("page", "made"): {"names": {}}, paths.settings("pad"): {"dataset": digits}}
    for path, parameters in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(settings.as_text({"parameters": parameters}), encoding="utf-8")
