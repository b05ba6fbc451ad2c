"""Trained networks, and what their answers rest on: regions of a picture, and training pictures like it."""

import copy
import itertools
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nnlabs.app.pictures import Picture, Shape
from nnlabs.core import npy, paths
from nnlabs.core.errors import UserError
from nnlabs.data import meta
from nnlabs.models import transfer, weights
from nnlabs.models.predict import predict

KEPT = 4
"""Networks in memory at once: so many ResNet-50 take 400 MB."""
AT_ONCE = 50
"""Pictures in a batch: the activations of each may take megabytes."""
PLACES, SIDE = 7, 4
"""Of the covering square along a side, and how often it fits into that."""
SEARCHED, SHOWN = 1000, 6
"""Training pictures, evenly over all, and those that are shown."""
ORANGE = np.array([213, 94, 0])


def file(variant: str) -> Path | None:
    """The weights of a variant's first seed; none where it is not trained yet."""
    return min(paths.models(variant).glob("seed-*.safetensors"), default=None)


def trained(variant: str) -> "Trained":
    """A variant's first network; UserError where it is not trained yet, or what it needs is missing or damaged."""
    path = file(variant)
    if path is None:
        raise UserError(f"{variant} is not trained yet; `dvc repro train@{variant}` trains it")
    return _restored(path, path.stat().st_mtime_ns)


@lru_cache(KEPT)
def _restored(path: Path, _: int) -> "Trained":
    network, config = weights.restore(path)
    data = meta.read(config["variant"]["dataset"])
    images = meta.read(data["features"]["dataset"]) if "features" in data else data
    if "shuffled_pixels" in images:
        raise UserError(f"{path.parent.name} sees shuffled pixels, in which nobody finds anything; choose another")
    # the same weights once more, so that one may be asked for its features while the other answers
    shared = {id(each): each for each in (*network.parameters(), *network.buffers())}
    last: Any = copy.deepcopy(network, shared)
    last.output.forward = lambda features: features
    hidden = last
    if isinstance(network, transfer.Transfer):
        network = transfer.whole(network, config, paths.backbone(data["dataset"]))
        if isinstance(network, nn.Sequential):
            hidden = nn.Sequential(network[0], last)
    return Trained(network, hidden, last, config, data["dataset"], images["dataset"], tuple(images["shape"]))


@dataclass(frozen=True, eq=False)
class Trained:
    """A network from pictures to logits, and from pictures and from what it was trained on to hidden features."""

    network: nn.Module
    hidden: nn.Module
    last: nn.Module
    config: dict[str, Any]
    data: str
    images: str
    shape: Shape

    def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float64]:  # N x C x H x W -> N x classes
        """Averaged over mirrored and moved pictures where the variant's scores are."""
        views = {key: self.config["variant"]["training"][key] for key in ("tta_flip", "tta_shift")}
        images, precision = torch.from_numpy(pictures), self.config["precision"]
        logits = predict(self.network, images, precision, batch_size=AT_ONCE, **views)
        return logits.double().softmax(1).numpy()

    def regions(self, picture: Picture, label: int) -> tuple[Picture, float]:
        """The picture with the places in orange that, covered, make a class less probable, and by how much at most."""
        channels, *sides = picture.shape
        cover = np.array(self.config["mean"] if channels == 3 else [0]) * 255  # grey pictures have a black ground
        tops, lefts = (np.linspace(0, side - side // SIDE, PLACES).astype(int) for side in sides)
        squares = np.zeros((PLACES**2, *sides), bool)
        for square, (top, left) in zip(squares, itertools.product(tops, lefts), strict=True):
            square[top : top + sides[0] // SIDE, left : left + sides[1] // SIDE] = True
        covered = np.where(squares[:, None], cover[:, None, None], picture).astype(np.uint8)
        own, *others = self.probabilities(np.concatenate([picture[None], covered]))[:, label]
        lost = own - np.array(others)
        mean = (np.tensordot(lost, squares, axes=1) / squares.sum(0)).clip(0)  # of the squares over a pixel
        share = 0.85 * mean / max(mean.max(), 1e-9)
        shown = (1 - share) * (80 + 0.6 * picture.mean(0)) + share * ORANGE[:, None, None]  # 3 x H x W
        return shown.round().astype(np.uint8), max(lost.max(), 0.0)

    def nearest(self, picture: Picture) -> list[tuple[Picture, str, float]]:
        """Training pictures like it, their classes, and the cosines of the angles between their hidden features."""
        features, pictures, labels = self._examples
        alike = features @ self._features(self.hidden, picture[None])[0]
        classes = self.config["classes"]
        return [(pictures[i], classes[labels[i]], float(alike[i])) for i in np.argsort(-alike)[:SHOWN]]

    @cached_property
    def _examples(self) -> tuple[NDArray[np.float32], NDArray[np.uint8], NDArray[np.int64]]:
        given, pictures = _rows(self.data, "images"), _rows(self.images, "images")
        if given.ndim == 5:  # activations of two views: the first is of the picture as it is
            given = given[:, 0]
        return self._features(self.last, given), pictures, _rows(self.images, "labels")

    def _features(self, network: nn.Module, given: NDArray[Any]) -> NDArray[np.float32]:  # N x D, of length 1 each
        images, precision = torch.from_numpy(given), self.config["precision"]
        found = predict(network, images, precision, tta_flip=False, batch_size=AT_ONCE).flatten(1)
        return nn.functional.normalize(found).numpy()


def _rows(dataset: str, kind: str) -> NDArray[Any]:
    """SEARCHED rows of the training part; `prepared.load` would read all files to compare their bytes."""
    try:
        whole = npy.mapped(paths.dataset(dataset) / f"train_{kind}.npy", "r")
    except (OSError, ValueError) as error:
        raise meta.unreadable(dataset, error) from None
    chosen: NDArray[Any] = whole[np.linspace(0, len(whole) - 1, min(SEARCHED, len(whole))).astype(int)]
    return chosen
