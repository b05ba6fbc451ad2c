"""Trained networks within a page: packed, read again, and computed as the pipeline's own."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from nnlabs.core.errors import UserError
from nnlabs.models import weights
from nnlabs.models.cnn import CNN
from nnlabs.models.cnn import Settings as CNNSettings
from nnlabs.models.mlp import MLP
from nnlabs.models.mlp import Settings as MLPSettings
from nnlabs.play import packed, trained
from nnlabs.play.networks import Layers, add_scratch, add_variant
from nnlabs.scratch.convolution import Conv2d, MaxPool2d
from nnlabs.scratch.fast_cnn import FastCNN
from play.javascript import evaluate

MEAN, STD = [0.13], [0.31]
RUN = """
  const list = core_packed.halves(core_packed.unpack(given.weights));
  const layers = core_cnn.withArrays(given.layers, list);
  return given.images.map((image) => [...core_cnn.run(layers, Float64Array.from(image), given.side).at(-1).data]);"""


def _images(side: int, n: int = 4) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, size=(n, 1, side, side), dtype=np.uint8)


def _logits(layers: Layers, images: np.ndarray) -> np.ndarray:
    given = {
        "weights": packed.text(packed.halves(np.concatenate(layers.arrays))),
        "layers": layers.take(),
        "images": images.reshape(len(images), -1).tolist(),
        "side": images.shape[-1],
    }
    return np.array(evaluate(RUN, given))


def test_bytes_and_half_precision_come_back() -> None:
    content = bytes(range(256)) + b"\x00\xff\x00"
    assert evaluate("return [...core_packed.unpack(given)];", packed.text(content)) == list(content)
    numbers = np.array([0.0, 1.0, -2.5, 6.1e-5, 6e-8, -65504.0, 0.3333], np.float32)
    body = "return [...core_packed.halves(core_packed.unpack(given))];"
    assert evaluate(body, packed.text(packed.halves(numbers))) == numbers.astype(np.float16).astype(float).tolist()
    assert not set("<&\\\"'") & set(packed.text(np.arange(256, dtype=np.uint8).repeat(7).tobytes()))


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (1, 1), (2, 1), (3, 2)])
def test_convolution_and_pooling(stride: int, padding: int) -> None:
    rng = np.random.default_rng(0)
    x, layer = rng.normal(size=(1, 3, 9, 7)), Conv2d(3, 4, 3, rng, stride, padding)
    layer.parameters["bias"][...] = rng.normal(size=4)
    body = """
      const { image, convolve, maxPool } = core_convolution;
      const y = convolve(image(3, 9, 7, Float64Array.from(given.x)), given.w, given.b, 3, given.stride, given.padding);
      return [[y.height, y.width], [...y.data], [...maxPool(y).data]];"""
    weight, bias = (layer.parameters[name].ravel().tolist() for name in ("weight", "bias"))
    given = {"x": x.ravel().tolist(), "w": weight, "b": bias, "stride": stride, "padding": padding}
    shape, values, pooled = evaluate(body, given)
    ours = layer.forward(x)
    assert tuple(shape) == ours.shape[2:]
    np.testing.assert_allclose(values, ours.ravel(), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(pooled, MaxPool2d(2).forward(ours).ravel(), rtol=1e-12, atol=1e-12)


NETWORKS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain MLP": ("mlp", {"hidden": [7]}),
    "MLP with all": ("mlp", {"hidden": [7, 5], "batch_norm": True, "dropout": 0.2}),
    "plain CNN": ("cnn", {"channels": [3, 4]}),
    "CNN with all": (
        "cnn",
        {"channels": [3, 4], "convolutions": 2, "batch_norm": True, "hidden": [6], "dropout": 0.1},
    ),
}


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., tuple[Path, torch.nn.Module]]:
    """Make a network of random half-precision weights and save it as the training does."""

    def save(model: str, network: dict[str, Any]) -> tuple[Path, torch.nn.Module]:
        kind, of = (MLP, MLPSettings) if model == "mlp" else (CNN, CNNSettings)
        torch.manual_seed(0)
        made = kind(of(**network), (1, 12, 12), 10, MEAN, STD).eval()  # type: ignore[arg-type]
        with torch.no_grad():
            for name, tensor in made.state_dict().items():
                if "running_var" in name:
                    tensor.uniform_(0.5, 2)
                elif tensor.is_floating_point() and "normalize" not in name:
                    tensor.normal_(0, 0.4)
        path = tmp_path / "seed-0.safetensors"
        config = {"variant": {"id": "a", "model": model, "network": of(**network).model_dump(mode="json")}}
        weights.save(path, made.state_dict(), config)
        return path, made

    return save


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_trained_network_answers_as_it_did(kind: str, saved: Callable[..., Any]) -> None:
    path, network = saved(*NETWORKS[kind])
    images, layers = _images(12), Layers()
    add_variant(layers, path)
    with torch.no_grad():
        expected = network(torch.from_numpy(images)).numpy()
    theirs = _logits(layers, images)
    size = np.abs(expected).max()
    np.testing.assert_allclose(theirs, expected, atol=0.01 * size)  # weights of half precision
    exact = [array.astype(np.float16).astype(np.float32) for array in layers.arrays]
    assert all(np.isfinite(array).all() for array in exact)


def test_the_network_by_hand_answers_as_it_did(tmp_path: Path) -> None:
    network = FastCNN(np.random.default_rng(0), (3, 4), 5, (1, 28, 28), 10, "float64")
    state = {name: array.astype(np.float16).astype(np.float32) for name, array in network.parameters.items()}
    for name, array in network.parameters.items():
        array[...] = state[name]
    path, images, layers = tmp_path / "seed-0-numpy.safetensors", _images(28), Layers()
    save_file(state, path)
    add_scratch(layers, path, MEAN, STD)
    scale, shift = (np.float64(np.float16(layers.arrays[i][0])) for i in range(2))
    np.testing.assert_allclose(_logits(layers, images), network.logits(images * scale + shift), rtol=1e-9, atol=1e-9)


def test_what_a_page_cannot_hold_is_told(tmp_path: Path, saved: Callable[..., Any]) -> None:
    path, _ = saved("mlp", {"hidden": [3], "activation": "tanh"})
    with pytest.raises(UserError, match="a is a mlp with tanh; a page can hold mlp and cnn with relu"):
        add_variant(Layers(), path)
    with pytest.raises(UserError, match="is missing; `dvc repro train@"):
        add_variant(Layers(), tmp_path / "none.safetensors")
    with pytest.raises(UserError, match="is missing; `dvc repro compute@"):
        add_scratch(Layers(), tmp_path / "none.safetensors", MEAN, STD)
    (tmp_path / "damaged.safetensors").write_bytes(b"nothing")
    with pytest.raises(UserError, match="not a weights file"):
        add_variant(Layers(), tmp_path / "damaged.safetensors")
    with pytest.raises(UserError, match="not of a network by hand"):
        add_scratch(Layers(), tmp_path / "damaged.safetensors", MEAN, STD)


PARAMETERS = {
    "title": "A",
    "dataset": "mnist",
    "photographs": "cifar10",
    "variants": [{"id": "first", "name": "First", "seed": 0}, {"id": "second", "name": "Second", "seed": 0}],
    "byhand": {"lab": "byhand", "name": "By hand", "seed": 0},
}


@pytest.fixture
def prepared_and_trained(tmp_path: Path, saved: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Images of two kinds, one CNN under the names of two variants, and one by hand."""
    path, _ = saved("cnn", {"channels": [3, 4]})
    network = FastCNN(np.random.default_rng(0), (3,), 5, (1, 28, 28), 10, "float32")
    (tmp_path / "byhand").mkdir()
    save_file(dict(network.parameters), tmp_path / "byhand" / "seed-0-numpy.safetensors")
    rng = np.random.default_rng(0)

    def load(name: str) -> SimpleNamespace:
        shape = (trained.SAMPLES, 1, 28, 28) if name == "mnist" else (trained.PICTURES, 3, 32, 32)
        images, labels = rng.integers(0, 256, size=shape, dtype=np.uint8), np.arange(shape[0]) % 10
        classes = [str(k) for k in range(10)]
        return SimpleNamespace(test=SimpleNamespace(images=images, labels=labels), classes=classes, mean=MEAN, std=STD)

    monkeypatch.setattr(trained.prepared, "load", load)
    monkeypatch.setattr(trained.paths, "weights", lambda variant, seed: path)
    monkeypatch.setattr(trained.paths, "models", lambda key: tmp_path / key)


@pytest.mark.usefixtures("prepared_and_trained")
def test_what_the_pad_holds() -> None:
    data = trained.digits(PARAMETERS)
    assert [network["name"] for network in data["networks"]] == ["First", "By hand", "Second"]
    assert len(data["samples"]["labels"]) == trained.SAMPLES
    assert [layer["kind"] for layer in data["networks"][1]["layers"]] == ["affine", "conv", "relu", "pool", "linear"]
    assert "title" in data
    json.dumps(data)


@pytest.mark.usefixtures("prepared_and_trained")
def test_what_the_page_of_convolution_holds() -> None:
    data = trained.convolution(PARAMETERS)
    assert [picture["height"] for picture in data["pictures"]] == [32] * 4 + [28] * 4
    assert data["pictures"][0]["name"] == "cifar10: 0"
    assert np.shape(data["filters"]) == (3, 9)
    assert data["network"] == "Second"
    json.dumps(data)


# ---------------------------------------------------------------- the pad

STROKES = [[[60, 30], [100, 40], [60, 130], [105, 130]]]
PREPARE = """
  return given.map(({ strokes, width }) => {
    const image = core_ink.prepare(core_ink.draw(strokes, width));
    return image && [...image];
  });"""


def _prepared(*drawings: tuple[list[Any], float]) -> list[np.ndarray | None]:
    found = evaluate(PREPARE, [{"strokes": strokes, "width": width} for strokes, width in drawings])
    return [None if image is None else np.reshape(image, (28, 28)) for image in found]


def _changed(scale: float, x: float, y: float) -> list[Any]:
    return [[[scale * a + x, scale * b + y] for a, b in stroke] for stroke in STROKES]


def test_ink_is_shrunk_to_twenty_pixels_with_its_mass_in_the_middle() -> None:
    (image,) = _prepared((STROKES, 14))
    assert image is not None
    rows = np.flatnonzero(image.max(1) > 60)
    assert 18 <= rows[-1] - rows[0] + 1 <= 21
    y, x = np.indices(image.shape) + 0.5
    assert (image * x).sum() / image.sum() == pytest.approx(14.5, abs=0.5)  # whole pixels, as in MNIST
    assert (image * y).sum() / image.sum() == pytest.approx(14.5, abs=0.5)  # whole pixels, as in MNIST
    assert image.max() == pytest.approx(255, abs=1)


def test_place_size_and_pen_hardly_matter() -> None:
    usual, corner, small, thin, thick = _prepared(
        (STROKES, 14), (_changed(0.5, 100, 90), 7), (_changed(0.25, 5, 5), 4), (STROKES, 4), (STROKES, 24)
    )
    assert usual is not None
    for other in (corner, small, thin, thick):
        assert other is not None
        assert np.corrcoef(usual.ravel(), other.ravel())[0, 1] > 0.8


def test_an_empty_pad_is_no_image() -> None:
    assert _prepared(([], 14)) == [None]


def test_a_dot_is_an_image() -> None:
    (image,) = _prepared(([[[80, 80]]], 14))
    assert image is not None
    assert np.isfinite(image).all()
    assert image.sum() > 0
