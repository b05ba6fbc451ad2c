"""The two pages to play with that hold trained weights and test images."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.core import paths
from nnlabs.data import prepared
from nnlabs.play import packed
from nnlabs.play.networks import Layers, add_scratch, add_variant

SAMPLES = 150
"""Test images that the page of digits holds, the first ones: at four bits a pixel what its size allows."""
PICTURES = 4
"""Test images of each kind that the page of convolution holds."""
FILTERS = 32
"""Kernels of the network's first layer that it shows at most."""
LUMA = np.array([0.299, 0.587, 0.114])
"""How bright red, green and blue look (ITU-R BT.601)."""


def digits(parameters: dict[str, Any]) -> dict[str, Any]:
    """What `pages/digits.js` finds as DATA: networks, test images, names of the classes."""
    data = prepared.load(parameters["dataset"])
    layers, networks = Layers(), []
    for variant in parameters["variants"]:
        add_variant(layers, paths.weights(variant["id"], variant["seed"]))
        networks.append({"name": variant["name"], "layers": layers.take()})
    byhand = parameters["byhand"]
    path = paths.models(byhand["lab"]) / f"seed-{byhand['seed']}-numpy.safetensors"
    add_scratch(layers, path, data.mean, data.std)
    networks.insert(1, {"name": byhand["name"], "layers": layers.take()})
    images = np.asarray(data.test.images[:SAMPLES, 0])
    nibbles = np.minimum((images.reshape(-1, 2).astype(int) + 8) // 17, 15)
    return parameters | {
        "classes": data.classes,
        "networks": networks,
        "weights": packed.deflated(packed.halves(np.concatenate(layers.arrays))),
        "samples": {
            "labels": data.test.labels[:SAMPLES].tolist(),
            "pixels": packed.deflated((16 * nibbles[:, 0] + nibbles[:, 1]).astype(np.uint8).tobytes()),
        },
    }


def convolution(parameters: dict[str, Any]) -> dict[str, Any]:
    """What `pages/convolution.js` finds as DATA: grey test images, and the first kernels of a network."""
    pictures = []
    for key in (parameters["photographs"], parameters["dataset"]):
        data = prepared.load(key)
        for image, label in zip(data.test.images[:PICTURES], data.test.labels[:PICTURES], strict=True):
            pictures.append(_picture(np.asarray(image), f"{key}: {data.classes[label]}"))
    variant = parameters["variants"][-1]
    layers = Layers()
    add_variant(layers, paths.weights(variant["id"], variant["seed"]))
    numbers = np.concatenate(layers.arrays)
    first = next((each for each in layers.take() if each["kind"] == "conv"), None)
    filters: list[list[float]] = []
    if first is not None:  # an MLP may take part in the CNN's place; it has none
        at, size = first["weight"]
        kernels = numbers[at : at + size].reshape(-1, first["inputs"], 9)[:, 0]
        filters = [[float(f"{w:.4g}") for w in kernel] for kernel in kernels[:FILTERS]]
    return parameters | {"pictures": pictures, "filters": filters, "network": variant["name"]}


def _picture(image: NDArray[np.uint8], name: str) -> dict[str, Any]:
    """An image, C x H x W, in grey."""
    grey: Sequence[Any] | NDArray[Any] = image[0] if len(image) == 1 else np.rint(np.tensordot(LUMA, image, axes=1))
    content = np.asarray(grey).astype(np.uint8)
    height, width = content.shape
    return {"name": name, "height": height, "width": width, "bytes": packed.text(content.tobytes())}
