"""The grid of input images."""

import numpy as np
import pytest

from nnlabs.evaluation import metrics
from nnlabs.reporting import samples


@pytest.mark.parametrize(("classes", "each"), [(2, 10), (3, 6), (6, 3), (10, 2), (70, 1)])
def test_samples_are_the_first_of_each_class(classes: int, each: int) -> None:
    labels = np.arange(12 * classes) % classes
    found = metrics.samples(labels)
    assert found[:each] == [classes * i for i in range(each)]
    assert len(found) <= 20
    assert {int(labels[i]) for i in found} == set(range(min(classes, 20)))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("classes", [2, 3, 6, 10, 20])
def test_every_class_has_its_images_under_its_name(channels: int, classes: int) -> None:
    each = 20 // classes
    names = [f"class {k}" for k in range(classes) for _ in range(each)]
    images = np.random.default_rng(0).integers(0, 256, (len(names), channels, 6, 6), np.uint8)
    figure = samples.grid(images, names)
    drawn = [axes for axes in figure.axes if axes.get_title(loc="center")]
    assert [axes.get_title(loc="center") for axes in drawn] == list(dict.fromkeys(names))
    row = np.asarray(drawn[-1].images[0].get_array())
    assert row.shape == (6, 6 * each + each - 1, 4)
    np.testing.assert_array_equal(row[:, :6, 0], images[-each][0])
    assert (row[:, :6, 3] == 255).all() and (each == 1 or (row[:, 6, 3] == 0).all())


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["disc", "disc", "ring", "ring"], "2 images each of disc and ring"),
        (["disc"], "1 image each of disc"),
        (["disc", "disc", "*ring*"], r"Up to 2 images each of disc and \*ring\*"),
        ([str(i) for i in range(11)], "1 image each of 11 classes"),
    ],
)
def test_samples_are_told_by_their_classes(names: list[str], said: str) -> None:
    assert samples.message(names) == said
