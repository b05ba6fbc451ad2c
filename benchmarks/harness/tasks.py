"""What every worker trains, read from data/: the images that our own loop trains and validates on."""

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CACHE = Path(".nnlabs") / "bench"
"""Raw files in torchvision's layout; made by run.py."""

VARIANTS = {"lecture": "fashion-lecture", "cifar10": "cifar10-cnn", "strong": "cifar10-strong"}
"""The variant of params.yaml that each task is about."""

RECORD = "cifar10-record"
"""The variant for 94 %."""

MNIST = "digits"
"""The lab that MNIST's seconds are of."""
REACHED = 0.99
"""Validation accuracy that they are counted to."""

TRAIN = {"lecture": 55_000, "cifar10": 45_000, "strong": 45_000}
VALIDATION = 5_000
"""Images of a whole epoch."""

SIZES = [784, 512, 256, 128, 10]
"""Layer widths of the lecture's network."""
DROPOUT = 0.3
LEARNING_RATE = 0.001
BATCH = 128
VALIDATION_BATCH = 1000
MEAN, STD = 0.2860, 0.3530
"""Of Fashion-MNIST, as the lecture gives them."""


def parser(*tasks: str) -> argparse.ArgumentParser:
    """The arguments that every worker takes."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("task", choices=tasks)
    arguments.add_argument("--epochs", type=int, required=True)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--share", type=float, default=1.0, help="part of the images that is an epoch")
    return arguments


def meta(dataset: str) -> dict[str, list[float]]:
    return json.loads((Path("data") / dataset / "meta.json").read_text(encoding="utf-8"))


def part(dataset: str, name: str, share: float) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images N x C x H x W and labels of `train` or `validation`, cut to the share."""
    images, labels = (np.load(Path("data") / dataset / f"{name}_{kind}.npy") for kind in ("images", "labels"))
    n = round(share * len(images))
    return images[:n], labels[:n]


def normalised(name: str, share: float) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Fashion-MNIST as in-memory peers are given it: N x 784, float32, normalised; labels."""
    images, labels = part("fashion", name, share)
    pixels = images.reshape(len(images), -1).astype(np.float32) / 255
    return (pixels - np.float32(MEAN)) / np.float32(STD), labels
