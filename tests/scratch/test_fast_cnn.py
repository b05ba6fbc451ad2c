"""The CNN in its fast layout computes what loops over the definition compute."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from nnlabs.core.errors import UserError
from nnlabs.scratch import fast_cnn
from nnlabs.scratch.fast_cnn import FastCNN, views

Array = NDArray[Any]
SMALL: dict[str, Any] = {"channels": (3, 4), "kernel": 3, "image": (2, 14, 14), "classes": 5, "dtype": "float64"}
"""14 x 14 becomes 12 x 12, 6 x 6, 4 x 4 and 2 x 2."""


def batch(n: int, network: FastCNN, seed: int = 0) -> tuple[Array, Array]:
    """Images of which a good part is background, all of one value: where maxima tie."""
    rng = np.random.default_rng(seed)
    images = np.maximum(rng.standard_normal((n, *network.image)), 0).astype(network.flat.dtype)
    images[:, :, :5] = 0
    return images, rng.integers(0, network.classes, n)


def plainly(network: FastCNN, images: Array) -> Array:
    """Logits by the definition, a pixel at a time, N x C x H x W."""
    x = images
    *layers, head = zip(*[iter(network.parameters.values())] * 2, strict=True)
    for weight, bias in layers:
        (outputs, _, k, _), n = weight.shape, len(x)
        height, width = x.shape[2] - k + 1, x.shape[3] - k + 1
        convolved = np.empty((n, outputs, height, width))
        for i in range(height):
            for j in range(width):
                patch = x[:, None, :, i : i + k, j : j + k]
                convolved[:, :, i, j] = (patch * weight).sum(axis=(2, 3, 4)) + bias
        activated = np.maximum(convolved, 0)
        x = np.empty((n, outputs, height // 2, width // 2))
        for i in range(height // 2):
            for j in range(width // 2):
                x[:, :, i, j] = activated[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max(axis=(2, 3))
    return x.reshape(len(x), -1) @ head[0].T + head[1]


def in_pytorch(network: FastCNN) -> torch.nn.Sequential:
    layers: list[torch.nn.Module] = []
    *blocks, head = [array.shape for name, array in network.parameters.items() if "weight" in name]
    for outputs, inputs, kernel, _ in blocks:
        layers += [torch.nn.Conv2d(inputs, outputs, kernel), torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
    model = torch.nn.Sequential(*layers, torch.nn.Flatten(), torch.nn.Linear(*head[::-1]))
    model.to(torch.tensor(network.flat).dtype)
    model.load_state_dict({name: torch.tensor(array) for name, array in network.parameters.items()})
    return model


def test_logits_follow_the_definition() -> None:
    network = FastCNN(np.random.default_rng(0), **SMALL)
    images, _ = batch(7, network)
    np.testing.assert_allclose(network.logits(images), plainly(network, images), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("n", [1, 31, 64, 70])
@pytest.mark.parametrize(
    "options",
    [
        {"dtype": "float64"},
        SMALL,
        {"channels": (2, 3, 4), "kernel": 3, "image": (1, 30, 22), "dtype": "float64"},
        {"channels": (2,), "kernel": 1, "image": (3, 6, 4), "dtype": "float64"},
    ],
)
def test_loss_and_gradient_are_pytorchs(options: dict[str, Any], n: int) -> None:
    network = FastCNN(np.random.default_rng(1), **options)
    images, labels = batch(n, network)
    model = in_pytorch(network)
    logits = model(torch.tensor(images))
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor(labels))
    expected.backward()
    for _ in range(2):  # the second time, every buffer holds the first's numbers
        loss, gradient = network.loss_and_gradient(images, labels)
        assert loss == pytest.approx(expected.item(), rel=1e-12)
        for (name, parameter), ours in zip(
            model.named_parameters(), views(gradient, network.shapes).values(), strict=True
        ):
            np.testing.assert_allclose(ours, parameter.grad.numpy(), rtol=1e-9, atol=1e-13, err_msg=name)
        np.testing.assert_allclose(network.logits(images), logits.detach().numpy(), rtol=1e-10, atol=1e-12)


def test_the_gradient_is_the_losss_slope() -> None:
    network = FastCNN(np.random.default_rng(2), **SMALL)
    images, labels = batch(5, network)
    images = images + 0.1 * np.random.default_rng(3).random(images.shape)  # no ties: there is no slope at a kink
    _, gradient = network.loss_and_gradient(images, labels)
    eps = 1e-6
    for i in range(0, network.flat.size, 7):
        start = network.flat[i]
        losses = []
        for value in (start + eps, start - eps):
            network.flat[i] = value
            losses.append(network.loss_and_gradient(images, labels)[0])
        network.flat[i] = start
        assert gradient[i] == pytest.approx((losses[0] - losses[1]) / (2 * eps), rel=1e-5, abs=1e-8)


@pytest.mark.parametrize(("first", "place"), [((0, 0), 0), ((0, 1), 1), ((1, 0), 2), ((1, 1), 3)])
def test_of_equal_maxima_the_first_is_paid(first: tuple[int, int], place: int) -> None:
    """One 1 x 1 kernel of weight 1 and one window; from `first` on every pixel is 3, before it 1.

    The gradient of the kernel is the winner's pixel times what arrives. Were all the equal ones
    paid, it would be as many times as large.
    """
    network = FastCNN(np.random.default_rng(0), (1,), 1, (1, 2, 2), 2, "float64")
    network.flat[:] = [1, 0, 1, -1, 0, 0]  # weight, bias, head 2 x 1, its bias
    image = np.full((1, 1, 2, 2), 3.0)
    image.reshape(-1)[:place] = 1.0
    assert image[(0, 0, *first)] == 3
    loss, gradient = network.loss_and_gradient(image, np.array([0]))
    # logits 3 and -3: p1 = 1 / (1 + e^6); dL/dlogits = (-p1, p1); dL/dy = -2 p1; dL/dw = 3 · -2 p1
    wrong = 1 / (1 + np.exp(6))
    assert loss == pytest.approx(np.log1p(np.exp(-6)))
    assert gradient == pytest.approx([-6 * wrong, -2 * wrong, -3 * wrong, 3 * wrong, -wrong, wrong])


def test_an_all_black_image_has_pytorchs_gradient() -> None:
    network = FastCNN(np.random.default_rng(4), **SMALL)
    images, labels = np.zeros((3, *network.image)), np.array([0, 1, 2])
    model = in_pytorch(network)
    torch.nn.functional.cross_entropy(model(torch.tensor(images)), torch.tensor(labels)).backward()
    _, gradient = network.loss_and_gradient(images, labels)
    expected = np.concatenate([parameter.grad.numpy().ravel() for parameter in model.parameters()])
    np.testing.assert_allclose(gradient, expected, rtol=1e-10, atol=1e-14)


def test_float32_stays_and_is_near_float64() -> None:
    exact, network = (FastCNN(np.random.default_rng(5), dtype=dtype) for dtype in ("float64", "float32"))
    images, labels = batch(64, exact)
    loss, gradient = network.loss_and_gradient(images.astype(np.float32), labels)
    expected_loss, expected = exact.loss_and_gradient(images, labels)
    assert gradient.dtype == network.flat.dtype == network.logits(images.astype(np.float32)).dtype == np.float32
    assert all(array.dtype == np.float32 for array in network.parameters.values())
    assert loss == pytest.approx(expected_loss, rel=1e-5)
    np.testing.assert_allclose(gradient, expected, rtol=1e-3, atol=1e-5)


def test_threads_change_no_bit() -> None:
    one, two, three = (FastCNN(np.random.default_rng(6), threads=threads) for threads in (1, 2, 3))
    images, labels = batch(150, one)
    loss, gradient = one.loss_and_gradient(images, labels)
    for other in (two, three):
        assert other.loss_and_gradient(images, labels)[0] == loss
        assert (other.loss_and_gradient(images, labels)[1] == gradient).all()
        assert (other.logits(images) == one.logits(images)).all()


def test_parameters_are_views_named_as_pytorchs() -> None:
    network = FastCNN(np.random.default_rng(7))
    assert {name: array.shape for name, array in network.parameters.items()} == {
        "0.weight": (8, 1, 5, 5),
        "0.bias": (8,),
        "3.weight": (16, 8, 5, 5),
        "3.bias": (16,),
        "7.weight": (10, 256),
        "7.bias": (10,),
    }
    assert in_pytorch(network).state_dict().keys() == network.parameters.keys()
    network.flat[:] = 0
    assert all((array == 0).all() for array in network.parameters.values())


def test_it_learns() -> None:
    network = FastCNN(np.random.default_rng(8), **SMALL)
    images, labels = batch(32, network)
    losses = []
    for _ in range(60):
        loss, gradient = network.loss_and_gradient(images, labels)
        network.flat -= 0.5 * gradient
        losses.append(loss)
    assert losses[-1] < losses[0] / 4


def test_no_memory_is_kept_for_every_size_of_batch() -> None:
    network = FastCNN(np.random.default_rng(9), **SMALL)
    for n in (64, 40, 41, 42, 10):
        network.loss_and_gradient(*batch(n, network))
    assert sorted(network._shards[0]) == [10, fast_cnn.SHARD]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"kernel": 4}, "kernel 4 found; odd numbers are allowed"),
        ({"image": (1, 27, 28)}, "convolution 1 of 2 would get 27 x 28 pixels"),
        ({"kernel": 3}, "convolution 2 of 2 would get 13 x 13 pixels"),
        ({"channels": (8, 16, 16)}, "convolution 3 of 3 would get 4 x 4 pixels; even numbers above its kernel, 5"),
    ],
)
def test_sizes_that_do_not_go_together_are_told(options: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told):
        FastCNN(np.random.default_rng(0), **options)


@pytest.mark.parametrize(
    ("images", "labels", "told"),
    [
        (np.zeros((4, 28, 28)), np.zeros(4, int), "FastCNN: the input is 4 x 28 x 28; N x 1 x 28 x 28 is needed"),
        (np.zeros((4, 1, 28, 27)), np.zeros(4, int), "4 x 1 x 28 x 27; N x 1 x 28 x 28 is needed"),
        (np.full((4, 1, 28, 28), np.nan), np.zeros(4, int), "4 x 1 x 28 x 28, holds NaN or infinity"),
        (np.zeros((0, 1, 28, 28)), np.zeros(0, int), "a batch of no images"),
        (np.zeros((4, 1, 28, 28)), np.zeros(3, int), "labels are 3 int64; 4 whole numbers are needed"),
        (np.zeros((4, 1, 28, 28)), np.zeros(4), "labels are 4 float64; 4 whole numbers are needed"),
        (np.zeros((4, 1, 28, 28)), np.array([0, 1, 10, 2]), "label 10 found; allowed: 0 to 9"),
        (np.zeros((4, 1, 28, 28)), np.array([0, -1, 9, 2]), "label -1 found; allowed: 0 to 9"),
    ],
)
def test_what_is_no_batch_is_told_in_one_line(images: Array, labels: Array, told: str) -> None:
    with pytest.raises(UserError, match=told) as error:
        FastCNN(np.random.default_rng(0)).loss_and_gradient(images, labels)
    assert "\n" not in str(error.value)
