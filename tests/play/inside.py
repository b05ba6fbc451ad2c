"""What the page of digits holds, read out of its HTML: its code, its networks, which NumPy has too, its test images."""

import base64
import json
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from nnlabs.play import packed
from nnlabs.scratch.activations import activation
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.convolution import Conv2d, MaxPool2d
from nnlabs.scratch.layers import Activate, Flatten, Layer, Linear
from nnlabs.scratch.network import Network
from play.javascript import evaluate

SIDE, PAD = 28, 168
AS_BYTES = {to: chr(letter) for letter, to in packed.AS_SCRIPT.items()}
BY_STROKES = """
  const list = core_packed.halves(core_packed.unpack(given.weights));
  const networks = given.networks.map(({ layers }) => core_cnn.withArrays(layers, list));
  return given.drawings.map(([strokes, width]) => {
    const image = core_ink.prepare(core_ink.draw(strokes, width));
    return networks.map((layers) => [...core_cnn.run(layers, image, core_ink.SIDE).at(-1).data]);
  });"""
RUN = """
  const list = core_packed.halves(core_packed.unpack(given.weights)), bytes = core_packed.unpack(given.bytes);
  const networks = given.networks.map(({ layers }) => core_cnn.withArrays(layers, list));
  return Array.from({ length: given.count }, (_, i) => {
    const size = bytes.length / given.count, pixels = Float64Array.from(bytes.subarray(i * size, (i + 1) * size));
    const image = given.drawn ? core_ink.prepare(pixels.map((each) => each / 255)) : pixels;
    return networks.map((layers) => [...core_cnn.run(layers, image, core_ink.SIDE).at(-1).data]);
  });"""


class Affine(Layer):
    """y = scale x + shift, a number of each for every channel; x is N x C, more axes may follow."""

    def __init__(self, scale: Array, shift: Array) -> None:
        super().__init__()
        self.scale, self.shift = scale, shift

    def forward(self, x: Array, training: bool = False) -> Array:
        sizes = (-1, *[1] * (x.ndim - 2))
        return x * self.scale.reshape(sizes) + self.shift.reshape(sizes)


@dataclass(frozen=True)
class Inside:
    script: str
    """Modules of `core`, as they stand in the page."""
    weights: bytes
    """High bytes, then low ones."""
    networks: list[dict[str, Any]]
    images: Array
    """The test images that it shows: N x 28 x 28, sixteen greys."""
    labels: Array

    @property
    def names(self) -> list[str]:
        return [network["name"] for network in self.networks]

    def in_numpy(self) -> list[Network]:
        """The networks of `nnlabs.scratch` with the page's weights, in float64."""
        return [Network(*_layers(each["layers"], self._numbers())) for each in self.networks]

    def logits(self, images: Array, drawn: bool = False) -> Array:
        """By the page's own code, of images N x 28 x 28, or of the pad's pixels where they are `drawn`, both uint8.

        Networks x N x classes.
        """
        given = {
            "networks": self.networks,
            "weights": packed.text(self.weights),
            "bytes": packed.text(images.tobytes()),
            "count": len(images),
            "drawn": drawn,
        }
        return np.moveaxis(np.array(evaluate(RUN, given, self.script)), 1, 0)

    def logits_of(self, drawings: list[Any]) -> Array:
        """Likewise, of strokes on the pad and the pen's width, as `strokes.drawn` gives them."""
        given = {"networks": self.networks, "weights": packed.text(self.weights), "drawings": drawings}
        return np.moveaxis(np.array(evaluate(BY_STROKES, given, self.script)), 1, 0)

    def _numbers(self) -> Array:
        high, low = np.frombuffer(self.weights, np.uint8).reshape(2, -1)
        return np.stack([low, high], 1).ravel().view("<f2").astype(float)


def read(path: Path) -> Inside:
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)
    data = json.loads(blocks[0])
    nibbles = np.frombuffer(_inflated(data["samples"]["pixels"]), np.uint8)
    images = np.stack([nibbles >> 4, nibbles & 15], 1).reshape(-1, SIDE, SIDE) * np.uint8(17)
    script = blocks[1].partition("const ui_")[0]  # what follows needs a document
    return Inside(script, _inflated(data["weights"]), data["networks"], images, np.array(data["samples"]["labels"]))


def _inflated(text: str) -> bytes:
    return zlib.decompress(base64.b85decode(text.translate(str.maketrans(AS_BYTES))))


def _layers(described: list[dict[str, Any]], numbers: Array) -> list[Layer]:
    rng, made, flat = np.random.default_rng(0), [], False
    for each in described:
        arrays = {name: numbers[at[0] : at[0] + at[1]] for name, at in each.items() if isinstance(at, list)}
        layer: Layer
        match each["kind"]:
            case "affine":
                layer = Affine(**arrays)
            case "conv":
                outputs = arrays["bias"].size
                layer = Conv2d(each["inputs"], outputs, each["kernel"], rng, padding=each["padding"])
            case "linear":
                made += [] if flat else [Flatten()]
                flat = True
                layer = Linear(arrays["weight"].size // arrays["bias"].size, arrays["bias"].size, rng)
            case "pool":
                layer = MaxPool2d(2)
            case "relu":
                layer = Activate(activation("relu"))
        for name, array in layer.parameters.items():
            array[...] = arrays[name].reshape(array.shape)
        made.append(layer)
    return made


def enlarged(images: Array, seed: int = 0) -> Array:
    """The digits' ink on the pad, N x 168 x 168, uint8: each in another place and size, a quarter of the pad to all."""
    rng, pads = np.random.default_rng(seed), np.zeros((len(images), PAD, PAD), np.uint8)
    for image, pad in zip(images, pads, strict=True):
        rows, columns = (np.flatnonzero(image.max(axis)) for axis in (1, 0))
        cut = Image.fromarray(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
        scale = rng.uniform(PAD / 4, PAD) / max(cut.size)
        width, height = (max(round(side * scale), 1) for side in cut.size)
        left, top = rng.integers(PAD - width + 1), rng.integers(PAD - height + 1)
        pad[top : top + height, left : left + width] = cut.resize((width, height), Image.Resampling.BICUBIC)
    return pads
