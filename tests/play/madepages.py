"""Pages as their stages write them, those of trained networks with made ones."""

from pathlib import Path
from typing import Any

import numpy as np

from nnlabs.config.stages import stages
from nnlabs.config.whole import load
from nnlabs.play import bundle, packed
from nnlabs.play.networks import Layers
from nnlabs.play.pages import MODULES, PAGES, TRAINED, entry

EVERY = {MODULES.get(key, key): page for key, page in (PAGES | TRAINED).items()}


def write(folder: Path) -> dict[str, Path]:
    """The file of each page, by its name."""
    settings = {
        stage.key or stage.kind: stage.parameters for stage in stages(load()) if stage.kind in ("play", *TRAINED)
    }
    assert settings.keys() == (PAGES | TRAINED).keys()
    data = settings | {"pad": settings["pad"] | _digits(), "kernels": settings["kernels"] | _convolution()}
    made = {}
    for key, parameters in data.items():
        name = MODULES.get(key, key)
        made[name] = folder / f"{name}.html"
        made[name].write_text(bundle.page(entry(key), parameters["title"], parameters), encoding="utf-8")
    return made


def _digits() -> dict[str, Any]:
    """Networks that say 1 where much is dark in the middle column, else 0; two test images."""
    rng, layers = np.random.default_rng(0), Layers()
    weight = np.zeros((10, 784), np.float32)
    weight[1, 14::28] = 0.01
    bias = np.array([5, *[0] * 9], np.float32)
    layers.add("linear", {"weight": weight, "bias": bias})
    networks = [{"name": "First", "layers": layers.take()}]
    kernels, none = rng.normal(size=(3, 1, 5, 5)).astype(np.float32), np.zeros(3, np.float32)
    layers.add("conv", {"weight": kernels, "bias": none}, kernel=5, inputs=1, padding=0)
    layers.add("relu")
    layers.add("pool")
    layers.add("linear", {"weight": np.zeros((10, 3 * 144), np.float32), "bias": bias})
    networks.append({"name": "Second", "layers": layers.take()})
    return {
        "classes": [str(k) for k in range(10)],
        "networks": networks,
        "weights": packed.deflated(packed.halves(np.concatenate(layers.arrays))),
        "samples": {"labels": [4, 7], "pixels": packed.deflated(rng.integers(256, size=784, dtype=np.uint8).tobytes())},
    }


def _convolution() -> dict[str, Any]:
    ramp = np.tile(np.arange(0, 250, 25, dtype=np.uint8), (12, 1))
    picture = {"name": "a ramp", "height": 12, "width": 10, "bytes": packed.text(ramp.tobytes())}
    return {"pictures": [picture], "filters": [[0.5, -1, 0, 0, 0, 0, 0, 0, 2]], "network": "A network"}
