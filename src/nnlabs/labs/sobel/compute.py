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


def compute(settings: Settings, dataset: str) -> tuple[Results, dict[str, Array]]:
    data = prepared.load(dataset)
    train = _grey(data.train.images[: settings.images])
    if settings.batch_size > len(train):
        raise UserError(
            f"params.yaml: labs.sobel.batch_size: {settings.batch_size} found;"
            f" allowed: up to the {len(train)} training images of {dataset}"
        )
    arrays: dict[str, Array] = {}
    kernels, weights = {}, {}
    for name, kernel in (("horizontal", HORIZONTAL), ("vertical", VERTICAL)):
        errors = []
        for seed in settings.seeds:
            rng = np.random.default_rng(seed)
            layer, losses = imitate(train, kernel, rng, settings.steps, settings.batch_size, settings.lr)
            learned = layer.parameters["weight"][0, 0]
            errors.append(float(np.abs(learned - kernel).max()))
            if seed == settings.seeds[0]:
                weights[name], arrays[f"{name}.losses"] = learned, np.array(losses)
        kernels[name] = Kernel(kernel.tolist(), weights[name].tolist(), errors)
    with aside(paths.models("sobel") / "kernels.safetensors") as beside:
        save_file({name: kernel.copy() for name, kernel in weights.items()}, beside)

    shown = np.asarray(data.validation.images[: settings.shown])
    arrays["images"] = shown
    for name, response in zip(("horizontal", "vertical", "magnitude"), sobel(_grey(shown)), strict=True):
        arrays[name] = response[:, 0].astype(np.float32)
    labels = [data.classes[label] for label in data.validation.labels[: settings.shown]]
    return Results(len(train), settings.steps, kernels, labels), arrays


def _grey(images: Array) -> Array:
    return grey(images) if images.shape[1] == 3 else np.asarray(images) / 255.0
