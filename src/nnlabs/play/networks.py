"""Trained networks written down layer by layer, for `core/cnn.js`.

A layer is a dictionary with its `kind`; its arrays stand in one list of numbers, as [where they begin, how many].
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from nnlabs.core import sealed
from nnlabs.core.errors import UserError, said
from nnlabs.play.settings import FAMILIES

Array = NDArray[np.float32]


@dataclass
class Layers:
    """Layers, and the list that their arrays stand in."""

    found: list[dict[str, Any]] = field(default_factory=list)
    arrays: list[Array] = field(default_factory=list)
    length: int = 0

    def add(self, kind: str, arrays: dict[str, Array] | None = None, **more: int) -> None:
        placed = {}
        for name, array in (arrays or {}).items():
            placed[name] = [self.length, array.size]
            self.arrays.append(array.ravel())
            self.length += array.size
        self.found.append({"kind": kind, **placed, **more})

    def take(self) -> list[dict[str, Any]]:
        """The layers since the last time."""
        taken, self.found = self.found, []
        return taken


def add_variant(layers: Layers, path: Path) -> None:
    """A trained MLP or CNN of the pipeline.

    Raises
    ------
    UserError
        Where the file is missing or damaged, or the network has layers that a page has not.
    """
    try:
        content, config = sealed.read(path)
        state, variant = load(content), config["variant"]
        model, network = variant["model"], variant["network"]
    except FileNotFoundError:
        raise UserError(f"{path} is missing; `dvc repro train@{path.parent.name}` makes it") from None
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise UserError(f"{path} is not a weights file of nnlabs ({said(error)}); train the variant again") from None
    if model not in FAMILIES or network["activation"] != "relu":
        raise UserError(
            f"play: {variant['id']} is a {model} with {network.get('activation', 'other layers')}; a page can hold "
            f"{' and '.join(FAMILIES)} with relu"
        )
    layers.add("affine", {"scale": state["normalize.scale"], "shift": state["normalize.shift"]})
    steps = _of_cnn(network) if model == "cnn" else _of_mlp(network)
    for kind, name in steps:
        if kind in ("pool", "relu"):
            layers.add(kind)
        elif kind == "norm":
            layers.add("affine", _normalisation(state, name))
        else:
            weight = state[f"{name}.weight"]
            bias = state.get(f"{name}.bias", np.zeros(len(weight), np.float32))
            _add_weighted(layers, kind, weight, bias, padding=1)


def add_scratch(layers: Layers, path: Path, mean: list[float], std: list[float]) -> None:
    """The CNN of lab byhand: convolution, ReLU and pooling as often as there are kernels, then one linear layer.

    Raises
    ------
    UserError
        Where the file is missing or of another network.
    """
    try:
        state = load(path.read_bytes())
        names = sorted({int(name.partition(".")[0]) for name in state})
        scale = np.array([1 / (255 * s) for s in std], np.float32)
        shift = np.array([-m / s for m, s in zip(mean, std, strict=True)], np.float32)
        layers.add("affine", {"scale": scale, "shift": shift})
        for number in names:
            weight, bias = state[f"{number}.weight"], state[f"{number}.bias"]
            _add_weighted(layers, "conv" if weight.ndim == 4 else "linear", weight, bias, padding=0)
            if weight.ndim == 4:
                layers.add("relu")
                layers.add("pool")
    except FileNotFoundError:
        raise UserError(f"{path} is missing; `dvc repro compute@{path.parent.name}` makes it") from None
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise UserError(f"{path} is not of a network by hand ({said(error)}); compute it again") from None


def _add_weighted(layers: Layers, kind: str, weight: Array, bias: Array, padding: int) -> None:
    if kind == "conv":
        more = {"kernel": weight.shape[2], "inputs": weight.shape[1], "padding": padding}
        layers.add("conv", {"weight": weight, "bias": bias}, **more)
    else:
        layers.add("linear", {"weight": weight, "bias": bias})


def _normalisation(state: dict[str, Array], name: str) -> dict[str, Array]:
    """Batch normalisation after training: a scale and a shift for each channel."""
    std = np.sqrt(state[f"{name}.running_var"] + 1e-5)
    scale = state[f"{name}.weight"] / std
    return {"scale": scale, "shift": state[f"{name}.bias"] - scale * state[f"{name}.running_mean"]}


def _of_cnn(network: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Kinds and names of layers, in the order of `models.cnn`: a block's last convolution is pooled at once."""
    at = 0
    for _ in network["channels"]:
        for i in range(network["convolutions"]):
            yield "conv", f"blocks.{at}"
            at += 1
            if i == network["convolutions"] - 1:
                yield "pool", ""
                at += 1
            if network["batch_norm"]:
                yield "norm", f"blocks.{at}"
                at += 1
            yield "relu", ""
            at += 1
    for i, _ in enumerate(network["hidden"]):
        yield "linear", f"head.{3 * i + 1}"
        yield "relu", ""
    yield "linear", "output"


def _of_mlp(network: dict[str, Any]) -> Iterator[tuple[str, str]]:
    at = 0
    for _ in network["hidden"]:
        yield "linear", f"hidden.{at}"
        at += 1
        if network["batch_norm"]:
            yield "norm", f"hidden.{at}"
            at += 1
        yield "relu", ""
        at += 1 + bool(network["dropout"])
    yield "linear", "output"
