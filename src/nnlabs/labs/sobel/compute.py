"""The Sobel filter on real images, and a convolution that learns it from them."""

from typing import Any

import numpy as np
from safetensors.numpy import save_file

from nnlabs.core import paths
from nnlabs.data import dataset
from nnlabs.core.errors import UserError
from nnlabs.core.files import aside
from nnlabs.params.studies import Sobel
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.sobel import HORIZONTAL, VERTICAL, grey, imitate, sobel


def study(settings: Sobel) -> tuple[dict[str, Any], dict[str, Array]]:
    data = dataset.load(settings.dataset)
    train = _grey(data.train.images[: settings.images])
    if settings.batch_size > len(train):
        raise UserError(
            f"sobel: batch_size {settings.batch_size} found;"
            f" allowed: up to the {len(train)} training images of {settings.dataset}"
        )
    arrays: dict[str, Array] = {}
    learned, errors = {}, {}
    for name, kernel in (("horizontal", HORIZONTAL), ("vertical", VERTICAL)):
        rng = np.random.default_rng(settings.seed)
        layer, losses = imitate(train, kernel, rng, settings.steps, settings.batch_size, settings.lr)
        learned[name] = layer.parameters["weight"][0, 0]
        arrays[f"{name}.losses"] = np.array(losses)
        errors[name] = float(np.abs(learned[name] - kernel).max())
    with aside(paths.models("sobel") / "kernels.safetensors") as beside:
        save_file({name: kernel.copy() for name, kernel in learned.items()}, beside)

    shown = np.asarray(data.val.images[: settings.shown])
    arrays["images"] = shown
    for name, response in zip(("horizontal", "vertical", "magnitude"), sobel(_grey(shown)), strict=True):
        arrays[name] = response[:, 0].astype(np.float32)
    results = {
        "settings": settings.model_dump(mode="json"),
        "kernels": {"horizontal": HORIZONTAL.tolist(), "vertical": VERTICAL.tolist()},
        "learned": {name: kernel.tolist() for name, kernel in learned.items()},
        "labels": [data.classes[label] for label in data.val.labels[: settings.shown]],
        "errors": errors,
        "headline": {"largest_error_of_a_weight": max(errors.values())},
    }
    return results, arrays


def _grey(images: Array) -> Array:
    return grey(images) if images.shape[1] == 3 else np.asarray(images) / 255.0
