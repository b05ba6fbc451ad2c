"""The Sobel filter: on edges by hand, beside SciPy, and learnt from examples."""

import numpy as np
import pytest
from scipy import ndimage

from nnlabs.core.errors import UserError
from nnlabs.scratch.convolution import Conv2d
from nnlabs.scratch.sobel import HORIZONTAL, LUMA, VERTICAL, grey, imitate, sobel


def test_edges_by_hand() -> None:
    # dark left, bright right: (1 + 2 + 1) · 1 wherever the window holds the edge
    image = np.tile([0.0, 0.0, 1.0, 1.0], (4, 1))[None, None]
    horizontal, vertical, magnitude = sobel(image)
    assert horizontal.tolist() == [[[[4, 4], [4, 4]]]]
    assert vertical.tolist() == [[[[0, 0], [0, 0]]]]
    assert magnitude.tolist() == horizontal.tolist()
    # turned by a right angle: dark above, bright below
    turned = sobel(image.swapaxes(2, 3))
    assert [each.tolist() for each in turned] == [vertical.tolist(), horizontal.tolist(), magnitude.tolist()]


def test_a_slope_by_hand() -> None:
    # brightness 3 x + 4 y: (1 + 2 + 1) (3 · 2) = 24, (1 + 2 + 1) (4 · 2) = 32, √(24² + 32²) = 40
    y, x = np.mgrid[:5, :6].astype(float)
    horizontal, vertical, magnitude = sobel((3 * x + 4 * y)[None, None])
    assert horizontal.shape == (1, 1, 3, 4)
    np.testing.assert_allclose(horizontal, 24)
    np.testing.assert_allclose(vertical, 32)
    np.testing.assert_allclose(magnitude, 40)


def test_agreement_with_scipy() -> None:
    images = np.random.default_rng(0).random((3, 1, 9, 7))
    horizontal, vertical, magnitude = sobel(images)
    inner = (..., slice(1, -1), slice(1, -1))
    # SciPy smooths along every other axis: the batch and the channels too, so each image goes alone
    for i, image in enumerate(images[:, 0]):
        theirs = [ndimage.sobel(image, axis)[inner] for axis in (1, 0)]
        np.testing.assert_allclose(horizontal[i, 0], theirs[0], atol=1e-13)
        np.testing.assert_allclose(vertical[i, 0], theirs[1], atol=1e-13)
        np.testing.assert_allclose(magnitude[i, 0], np.hypot(*theirs), atol=1e-13)


def test_grey_by_hand() -> None:
    pure = np.zeros((5, 3, 1, 1), np.uint8)
    pure[0, 0] = pure[1, 1] = pure[2, 2] = 255  # red, green, blue
    pure[3], pure[4] = 255, 51  # white, a fifth of it
    brightness = grey(pure)
    assert brightness.shape == (5, 1, 1, 1)
    assert brightness.ravel().tolist() == pytest.approx([0.299, 0.587, 0.114, 1, 0.2])
    assert LUMA.sum() == pytest.approx(1, rel=1e-15)


@pytest.mark.parametrize("shape", [(2, 1, 4, 4), (2, 4, 4, 3), (3, 4, 4)])
def test_images_without_three_colours_are_told(shape: tuple[int, ...]) -> None:
    found = " x ".join(map(str, shape))
    with pytest.raises(UserError, match=f"grey: the input is {found}; N x 3 x H x W is needed"):
        grey(np.zeros(shape))


def test_colour_and_small_images_are_told() -> None:
    with pytest.raises(UserError, match=r"Conv2d\(1, 2, .*: the input is 2 x 3 x 8 x 8; N x 1 x H x W is needed"):
        sobel(np.zeros((2, 3, 8, 8)))
    with pytest.raises(UserError, match="the kernel, 3 x 3, is larger than the padded input, 2 x 8"):
        sobel(np.zeros((2, 1, 2, 8)))


@pytest.mark.parametrize("kernel", [HORIZONTAL, VERTICAL], ids=["horizontal", "vertical"])
def test_a_convolution_learns_the_filter(kernel: np.ndarray) -> None:
    images = np.random.default_rng(0).random((20, 1, 8, 8))
    layer, losses = imitate(images, kernel, np.random.default_rng(1), steps=800, batch_size=8, lr=0.1)
    np.testing.assert_allclose(layer.parameters["weight"][0, 0], kernel, atol=0.01)
    assert abs(layer.parameters["bias"][0]) < 0.01
    assert len(losses) == 800
    assert losses[-1] < 1e-4 < 1 < losses[0]


def test_the_first_loss_is_the_mean_square_over_positions() -> None:
    images = np.random.default_rng(0).random((3, 1, 6, 5))
    start = Conv2d(1, 1, 3, np.random.default_rng(1))
    _, losses = imitate(images, HORIZONTAL, np.random.default_rng(1), steps=1, batch_size=3, lr=0.1)
    horizontal, _, _ = sobel(images)
    assert losses == pytest.approx([((start.forward(images) - horizontal) ** 2).mean()], rel=1e-12)


def test_learning_follows_its_generator() -> None:
    images = np.random.default_rng(0).random((6, 1, 5, 5))
    runs = [imitate(images, HORIZONTAL, np.random.default_rng(seed), 5, 2, 0.1)[1] for seed in (0, 0, 1)]
    assert runs[0] == runs[1] != runs[2]
    assert np.isfinite(runs).all()


def test_the_loss_does_not_depend_on_the_size_of_the_images() -> None:
    # the same slope everywhere: the mean over more positions is the mean over fewer
    small = np.ones((4, 1, 4, 4)) * np.arange(4)
    large = np.ones((4, 1, 9, 4)) * np.arange(4)
    first = [imitate(images, HORIZONTAL, np.random.default_rng(0), 3, 4, 0.1)[1] for images in (small, large)]
    assert first[0] == pytest.approx(first[1], rel=1e-12)
