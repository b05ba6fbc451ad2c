"""The Sobel filter on real images, and a convolution that learns it from them."""

import numpy as np
from safetensors.numpy import save_file

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.core.files import aside
from nnlabs.data import prepared
from nnlabs.labs.sobel.results import Kernel, Results
from nnlabs.labs.sobel.settings import Settings
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.sobel import HORIZONTAL, VERTICAL, grey, imitate, sobel

FILTERS = {"horizontal": HORIZONTAL, "vertical": VERTICAL}


def compute(settings: Settings, dataset: str) -> tuple[Results, dict[str, Array]]:
    """Learn both kernels, and look at some images through the filter; keep the kernels.

    The arrays are `images`, n x C x H x W, what the filter makes of them, `horizontal`, `vertical` and `magnitude`,
    n x H - 2 x W - 2, and the loss of every step of learning, `horizontal.losses` and `vertical.losses`.

    Raises
    ------
    UserError
        Where the data is missing, or has fewer images than a batch.
    """
    data = prepared.load(dataset)
    train = _brightness(data.train.images[: settings.images])
    if settings.batch_size > len(train):
        raise UserError(
            f"sobel: batch_size {settings.batch_size} found;"
            f" allowed: up to the {len(train)} training images of {dataset}"
        )
    arrays: dict[str, Array] = {}
    learned = {}
    for kind, kernel in FILTERS.items():
        rng = np.random.default_rng(settings.seed)
        layer, losses = imitate(train, kernel, rng, settings.steps, settings.batch_size, settings.lr)
        learned[kind] = layer.parameters["weight"][0, 0]
        arrays[f"{kind}.losses"] = np.array(losses)
    with aside(paths.models("sobel") / "kernels.safetensors") as beside:
        save_file({kind: kernel.copy() for kind, kernel in learned.items()}, beside)

    shown = np.asarray(data.validation.images[: settings.shown])
    arrays["images"] = shown
    for name, response in zip((*FILTERS, "magnitude"), sobel(_brightness(shown)), strict=True):
        arrays[name] = response[:, 0].astype(np.float32)
    results = Results(
        images=settings.images,
        steps=settings.steps,
        kernels=[
            Kernel(kind, kernel.tolist(), learned[kind].tolist(), float(np.abs(learned[kind] - kernel).max()))
            for kind, kernel in FILTERS.items()
        ],
        labels=[data.classes[label] for label in data.validation.labels[: settings.shown]],
    )
    return results, arrays


def _brightness(images: Array) -> Array:
    return grey(images) if images.shape[1] == 3 else np.asarray(images) / 255.0
