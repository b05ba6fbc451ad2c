"""Trained networks, and what their answers rest on: regions of a picture, and training pictures like it."""

import base64
import io
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from nnlabs.core import npy, paths
from nnlabs.core.errors import UserError
from nnlabs.data import meta
from nnlabs.evaluation.occlusion import occlusion
from nnlabs.models import transfer, weights
from nnlabs.models.predict import predict

Picture = NDArray[np.uint8]  # C x H x W
AT_ONCE = 50  # pictures in a batch: the activations of each may take megabytes
LARGEST = 256  # pixels a side of what is sent; the page makes larger pictures smaller
SEARCHED, SHOWN = 1000, 6  # training pictures, evenly over all, and those that are shown


def file(variant: str) -> Path | None:
    """The weights of a variant's first seed; none where it is not trained yet."""
    return min(paths.models(variant).glob("seed-*.safetensors"), default=None)


def as_png(picture: Picture) -> str:
    file = io.BytesIO()
    Image.fromarray(picture.transpose(1, 2, 0).squeeze()).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def trained(variant: str) -> "Trained":
    """A variant's first network; UserError where it is not trained yet, or what it needs is missing or damaged."""
    if path := file(variant):
        return _kept(path, path.stat().st_mtime_ns)
    raise UserError(f"{variant} is not trained yet; `dvc repro train@{variant}` trains it")


class Trained:
    """A network from pictures to logits, and to the features of its last hidden layer beside them."""

    def __init__(self, path: Path, _: int) -> None:
        network, self.config = weights.restore(path)
        self.classes: list[str] = self.config["classes"]
        self.data = meta.read(self.config["variant"]["dataset"])
        self.pictures = meta.read(self.data["features"]["dataset"]) if "features" in self.data else self.data
        if "shuffled_pixels" in self.pictures:
            raise UserError(f"{path.parent.name} sees shuffled pixels, in which nobody finds anything; choose another")
        output: Any = network.output
        logits = output.forward
        output.forward = lambda features: torch.cat([logits(features), features], 1)
        self.network, self.last = network, network  # the last: what was trained, on activations where it had those
        if isinstance(network, transfer.Transfer):
            self.network = transfer.whole(network, self.config, paths.backbone(self.data["dataset"]))

    def sees(self, sent: Any) -> Picture:
        """A PNG in base64 as a picture that it takes; networks of grey ones know light things on black."""
        channels, height, width = self.pictures["shape"]
        kind = "RGB" if channels == 3 else "L"
        try:
            with Image.open(io.BytesIO(base64.b64decode(sent, validate=True)), formats=["PNG"]) as image:
                if max(image.size) > LARGEST:  # as the beginning says; nothing is decoded yet
                    raise ValueError
                found = np.array(image.convert(kind).resize((width, height), Image.Resampling.BILINEAR))
        except Exception:  # Pillow raises whatever odd bytes lead to
            raise UserError(f"no whole PNG of at most {LARGEST} x {LARGEST} pixels came; the page sends one") from None
        if channels == 1 and np.median(found[[0, -1]]) > 127:  # its edge is light
            found = 255 - found
        return found.reshape(height, width, channels).transpose(2, 0, 1)

    def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float64]:  # N x C x H x W -> N x classes
        """Averaged over mirrored and moved pictures where the variant's scores are."""
        views = {key: self.config["variant"]["training"][key] for key in ("tta_flip", "tta_shift")}
        logits, _ = self._outputs(self.network, pictures, **views)
        return logits.double().softmax(1).numpy()

    def regions(self, picture: Picture) -> tuple[Picture, str, float]:
        """In orange what, covered, makes the likeliest class less probable; the class, and by how much at most."""
        ground = np.array(self.config["mean"] if len(picture) == 3 else [0]) * 255  # that of grey pictures is black
        best, lost, most = occlusion(self.probabilities, picture, ground)
        share = 0.85 * lost.clip(0) / max(lost.max(), 1e-9)
        shown = (1 - share) * (80 + 0.6 * picture.mean(0)) + share * np.array([[[213]], [[94]], [[0]]])  # orange
        return shown.round().astype(np.uint8), self.classes[best], max(most, 0.0)

    def nearest(self, picture: Picture) -> list[tuple[Picture, str, float]]:
        """Training pictures like it, their classes, and the cosines of the angles between their hidden features."""
        features, pictures, labels = self._examples
        _, (own,) = self._outputs(self.network, picture[None], tta_flip=False)
        alike = (features @ own).numpy()
        return [(pictures[i], self.classes[labels[i]], float(alike[i])) for i in np.argsort(-alike)[:SHOWN]]

    @cached_property
    def _examples(self) -> tuple[torch.Tensor, NDArray[np.uint8], NDArray[np.int64]]:
        """Features, pictures and labels. Only these rows are read: `prepared.load` would compare all bytes."""
        files = (self.data, "images"), (self.pictures, "images"), (self.pictures, "labels")
        given, *shown = (npy.mapped(paths.dataset(data["dataset"]) / f"train_{kind}.npy", "r") for data, kind in files)
        rows = np.linspace(0, len(given) - 1, min(SEARCHED, len(given))).astype(int)
        given = given[rows, 0] if given.ndim == 5 else given[rows]  # of two views the first is of the picture as it is
        _, features = self._outputs(self.last, given, tta_flip=False)
        return features, *(each[rows] for each in shown)

    def _outputs(self, network: nn.Module, given: NDArray[Any], **views: Any) -> tuple[torch.Tensor, torch.Tensor]:
        found = predict(network, torch.from_numpy(given), self.config["precision"], batch_size=AT_ONCE, **views)
        return found[:, : len(self.classes)], nn.functional.normalize(found[:, len(self.classes) :])


_kept = lru_cache(4)(Trained)  # so many ResNet-50 take 400 MB; by the file's time, too: it may be trained again
