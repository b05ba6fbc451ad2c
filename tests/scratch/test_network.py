"""The network: its parameters, the outputs of every layer, its gradient, and the way to PyTorch and back."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from comparing import checked, close
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from nnlabs.core.errors import UserError
from nnlabs.labs.common.agreement import numerical_gradient
from nnlabs.scratch.activations import activation
from nnlabs.scratch.convolution import AvgPool2d, Conv2d, MaxPool2d
from nnlabs.scratch.layers import Activate, BatchNorm, Dropout, Flatten, Linear, Residual, Softmax
from nnlabs.scratch.losses import cross_entropy
from nnlabs.scratch.network import Network


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def _mlp() -> tuple[Network, nn.Sequential, tuple[int, ...]]:
    ours = Network.of_sizes([5, 7, 4, 3], _rng(), activation("tanh"), activation("sigmoid"))
    linear = nn.Linear(5, 7), nn.Linear(7, 4), nn.Linear(4, 3)
    theirs = nn.Sequential(linear[0], nn.Tanh(), linear[1], nn.Tanh(), linear[2], nn.Sigmoid())
    return ours, theirs.double(), (6, 5)


def _cnn() -> tuple[Network, nn.Sequential, tuple[int, ...]]:
    ours = Network(
        Conv2d(2, 3, (3, 2), _rng(), (1, 2), (1, 0)),
        BatchNorm(3),
        Activate(activation("relu")),
        MaxPool2d(2),
        Conv2d(3, 4, 2, _rng(), padding=1),
        Activate(activation("leaky_relu")),
        AvgPool2d(2, 1),
        Flatten(),
        Dropout(0.5, _rng()),
        Linear(4 * 4 * 2, 5, _rng()),
        BatchNorm(5),
        Softmax(),
    )
    theirs = nn.Sequential(
        nn.Conv2d(2, 3, (3, 2), (1, 2), (1, 0)),
        nn.BatchNorm2d(3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(3, 4, 2, padding=1),
        nn.LeakyReLU(),
        nn.AvgPool2d(2, 1),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(4 * 4 * 2, 5),
        nn.BatchNorm1d(5),
        nn.Softmax(-1),
    )
    return ours, theirs.double(), (6, 2, 8, 8)


MADE = pytest.mark.parametrize("make", [_mlp, _cnn])
Make = Callable[[], tuple[Network, nn.Sequential, tuple[int, ...]]]


# ---------------------------------------------------------------- sizes, outputs, gradients


def test_parameters_are_counted() -> None:
    # (4 + 1) 8 + (8 + 1) 2 = 40 + 18
    assert Network.of_sizes([4, 8, 2], _rng()).count() == 58
    # 785 · 512 + 513 · 256 + 257 · 128 + 129 · 10 = 401,920 + 131,328 + 32,896 + 1,290
    assert Network.of_sizes([784, 512, 256, 128, 10], _rng()).count() == 567_434
    # 3 · 2 · 3 · 2 + 3, 2 · 3, 4 · 3 · 2 · 2 + 4, 32 · 5 + 5, 2 · 5; running statistics are not trained
    assert _cnn()[0].count() == 39 + 6 + 52 + 165 + 10


def test_sizes_and_activations_are_as_asked_for() -> None:
    assert str(Network.of_sizes([4, 8, 2], _rng())) == "Linear(4, 8) → relu → Linear(8, 2)"
    network = Network.of_sizes([4, 8, 6, 2], _rng(), activation("tanh"), activation("sigmoid"))
    assert str(network) == "Linear(4, 8) → tanh → Linear(8, 6) → tanh → Linear(6, 2) → sigmoid"
    assert list(network.parameters) == [f"{i}.{name}" for i in (0, 2, 4) for name in ("weight", "bias")]


def test_every_layers_output_by_hand() -> None:
    network = Network.of_sizes([2, 2, 1], _rng(), activation("relu"), activation("identity"))
    values = {"0.weight": [[1, 2], [3, -4]], "0.bias": [0, 1], "2.weight": [[5, 6]], "2.bias": [-1]}
    network.set_state({name: np.array(value, float) for name, value in values.items()})
    # (1 + 2, 3 - 4 + 1) = (3, 0); (1 + 4, 3 - 8 + 1) = (5, -4); relu; 15 - 1, 25 - 1
    outputs = network.outputs(np.array([[1.0, 1.0], [1.0, 2.0]]))
    assert [each.tolist() for each in outputs] == [[[3, 0], [5, -4]], [[3, 0], [5, 0]], [[14], [24]]]


@MADE
def test_the_last_output_is_the_networks(make: Make) -> None:
    network, _, shape = make()
    x = _rng().normal(size=shape)
    outputs = network.outputs(x)
    assert len(outputs) == len(network.layers)
    assert np.array_equal(outputs[-1], network.forward(x))
    for layer, before, after in zip(network.layers, (x, *outputs), outputs, strict=False):
        assert np.array_equal(layer.forward(before), after)


@checked
@given(
    st.lists(st.integers(1, 5), min_size=2, max_size=5),
    st.sampled_from(["sigmoid", "tanh", "elu"]),
    st.sampled_from(["identity", "sigmoid", "tanh"]),
    st.integers(0, 99),
)
def test_the_chain_rule_by_differences(sizes: list[int], hidden: str, output: str, seed: int) -> None:
    rng = _rng(seed)
    network = Network.of_sizes(sizes, rng, activation(hidden), activation(output), "xavier")
    x, labels = rng.normal(size=(3, sizes[0])), rng.integers(sizes[-1], size=3)

    def loss(_: object) -> float:
        return cross_entropy(network.forward(x), labels)[0]

    dx = network.backward(cross_entropy(network.forward(x), labels)[1])
    gradients = network.gradients
    close(dx, numerical_gradient(loss, x), 1e-8)
    for name, parameter in network.parameters.items():
        close(gradients[name], numerical_gradient(loss, parameter), 1e-8)


# ---------------------------------------------------------------- to PyTorch and back


def _moved(network: Network) -> Network:
    """Parameters and running statistics away from where they start."""
    rng = _rng(5)
    for name, array in network.state.items():
        array[...] = rng.uniform(0.5, 2, array.shape) if "num_batches" not in name else 7
    return network


@MADE
def test_our_state_is_torchs(make: Make) -> None:
    ours, theirs, shape = make()
    theirs.load_state_dict({name: torch.tensor(array) for name, array in _moved(ours).state.items()})
    _same_outputs(ours, theirs, shape)


@MADE
def test_torchs_state_is_ours(make: Make) -> None:
    ours, theirs, shape = make()
    theirs(torch.tensor(_rng(3).normal(2, 3, size=shape)))  # moves the running statistics
    ours.set_state({name: tensor.numpy() for name, tensor in theirs.state_dict().items()})
    assert ours.state.keys() == theirs.state_dict().keys()
    _same_outputs(ours, theirs, shape)


@MADE
def test_our_file_is_torchs(make: Make, tmp_path: Path) -> None:
    ours, theirs, shape = make()
    _moved(ours).save(tmp_path / "network.safetensors")
    theirs.load_state_dict(safetensors.torch.load_file(tmp_path / "network.safetensors"))
    _same_outputs(ours, theirs, shape)


@MADE
def test_torchs_file_is_ours(make: Make, tmp_path: Path) -> None:
    ours, theirs, shape = make()
    theirs(torch.tensor(_rng(3).normal(2, 3, size=shape)))
    safetensors.torch.save_file(theirs.state_dict(), tmp_path / "network.safetensors")
    ours.load(tmp_path / "network.safetensors")
    _same_outputs(ours, theirs, shape)


@MADE
def test_a_saved_network_comes_back(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "new" / "network.safetensors"
    saved, loaded = _moved(make()[0]), make()[0]
    saved.save(path)
    loaded.load(path)
    assert [file.name for file in path.parent.iterdir()] == ["network.safetensors"]
    for name, array in saved.state.items():
        assert np.array_equal(loaded.state[name], array), name
        assert loaded.state[name].shape == array.shape


def test_loading_reaches_layers_inside_a_skip_connection(tmp_path: Path) -> None:
    saved, loaded = (Network(Residual(Linear(3, 3, _rng(seed)), BatchNorm(3))) for seed in (0, 1))
    _moved(saved).save(tmp_path / "network.safetensors")
    loaded.load(tmp_path / "network.safetensors")
    x = _rng().normal(size=(4, 3))
    assert np.array_equal(loaded.forward(x), saved.forward(x))


def _same_outputs(ours: Network, theirs: nn.Module, shape: tuple[int, ...]) -> None:
    x = _rng(4).normal(size=shape)
    with torch.no_grad():
        close(ours.forward(x), theirs.eval()(torch.tensor(x)).numpy(), 1e-13)


def test_float32_networks_train_and_agree_with_torch(tmp_path: Path) -> None:
    ours = Network.of_sizes([5, 7, 3], _rng(), dtype="float32")
    theirs = nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 3))
    theirs.load_state_dict({name: torch.tensor(array) for name, array in ours.state.items()})
    x, labels = _rng().normal(size=(6, 5)).astype(np.float32), _rng().integers(3, size=6)
    loss, dy = cross_entropy(ours.forward(x), labels)
    ours.backward(dy)
    value = nn.functional.cross_entropy(theirs(torch.tensor(x)), torch.tensor(labels))
    value.backward()
    assert loss == pytest.approx(value.item(), rel=1e-6)
    for name, parameter in theirs.named_parameters():
        assert parameter.grad is not None
        assert ours.gradients[name].dtype == np.float32
        close(ours.gradients[name], parameter.grad.numpy(), 1e-6)


# ---------------------------------------------------------------- what is refused


def _file(path: Path, **arrays: Any) -> Path:
    safetensors.torch.save_file({name.replace("_", "."): torch.tensor(each) for name, each in arrays.items()}, path)
    return path


def test_files_that_are_none_are_told(tmp_path: Path) -> None:
    network, path = Network.of_sizes([2, 1], _rng()), tmp_path / "network.safetensors"
    before = {name: array.copy() for name, array in network.state.items()}
    for content in (None, b"", b"not weights", b"\xff" * 100):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(UserError, match=r"network\.safetensors cannot be read as safetensors \(.+\)"):
            network.load(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(UserError, match=r"network\.safetensors cannot be read as safetensors"):
        network.load(path)
    assert all(np.array_equal(network.state[name], array) for name, array in before.items())


def test_another_networks_file_is_told_and_changes_nothing(tmp_path: Path) -> None:
    network = Network.of_sizes([2, 1], _rng())
    before = network.state["0.weight"].copy()
    path = _file(tmp_path / "a.safetensors", w=[1.0])
    with pytest.raises(UserError, match=r"a\.safetensors holds w; this network has 0\.bias, 0\.weight"):
        network.load(path)
    path = tmp_path / "b.safetensors"
    safetensors.torch.save_file({"0.weight": torch.ones(1, 2), "0.bias": torch.ones(3)}, path)
    with pytest.raises(UserError, match=r"b\.safetensors: 0\.bias is 3; 1 is needed"):
        network.load(path)
    # as many numbers, in another shape, would fit unseen where one axis is 1
    safetensors.torch.save_file({"0.weight": torch.ones(2), "0.bias": torch.ones(1)}, path)
    with pytest.raises(UserError, match=r"b\.safetensors: 0\.weight is 2; 1 x 2 is needed"):
        network.load(path)
    assert np.array_equal(network.state["0.weight"], before)


def test_half_precision_files_are_read_or_told(tmp_path: Path) -> None:
    network, path = Network.of_sizes([2, 1], _rng()), tmp_path / "c.safetensors"
    safetensors.torch.save_file({"0.weight": torch.ones(1, 2).half(), "0.bias": torch.ones(1).half()}, path)
    network.load(path)
    assert network.state["0.weight"].tolist() == [[1, 1]]
    assert network.state["0.weight"].dtype == np.float64
    safetensors.torch.save_file({"0.weight": torch.ones(1, 2).bfloat16(), "0.bias": torch.ones(1).bfloat16()}, path)
    with pytest.raises(UserError, match=r"c\.safetensors cannot be read"):
        network.load(path)


@pytest.mark.parametrize(
    ("sizes", "said"), [([3], r"sizes \[3\] found"), ([], r"sizes \[\]"), ([3, 0, 1], "at least 1")]
)
def test_sizes_that_make_no_network_are_told(sizes: list[int], said: str) -> None:
    with pytest.raises(UserError, match=said):
        Network.of_sizes(sizes, _rng())


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Network.of_sizes([2, 3, 1], _rng(), activation("swish")), "activation 'swish' is unknown"),
        (lambda: Network.of_sizes([2, 1], _rng(), output=activation("softmax")), "activation 'softmax' is unknown"),
        (lambda: Network.of_sizes([2, 1], _rng(), initialisation="glorot"), "initialisation 'glorot' is unknown"),
    ],
)
def test_unknown_names_are_told(make: Callable[[], Network], said: str) -> None:
    with pytest.raises(UserError, match=said):
        make()


def test_the_layer_that_an_input_does_not_fit_is_named() -> None:
    network = Network(Linear(3, 4, _rng()), Activate(activation("relu")), Linear(5, 2, _rng()))
    with pytest.raises(UserError, match=r"Linear\(5, 2\): the input is 6 x 4; N x 5 is needed"):
        network.forward(np.ones((6, 3)))
    with pytest.raises(UserError, match=r"Linear\(3, 4\): the input, 6 x 3, holds NaN or infinity"):
        network.forward(np.full((6, 3), np.nan))


def test_networks_of_one_generator_are_the_same() -> None:
    one, two, other = (Network.of_sizes([3, 4, 2], _rng(seed)) for seed in (0, 0, 1))
    pairs = list(itertools.combinations([each.parameters["0.weight"] for each in (one, two, other)], 2))
    assert [np.array_equal(a, b) for a, b in pairs] == [True, False, False]
