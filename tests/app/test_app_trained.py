"""Trained networks for pictures: what they say, what matters to them, and what they have seen like it."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from app import madeapp
from nnlabs.app.trained import trained
from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.data import prepared


@pytest.fixture(autouse=True)
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    madeapp.into(tmp_path, monkeypatch)
    madeapp.dataset("shapes")


def test_probabilities_are_those_of_the_network() -> None:
    network = madeapp.variant("cnn", "shapes", model="cnn", channels=(4, 4), batch_norm=True, tta_flip=True).eval()
    images = prepared.load("shapes").test.images
    with torch.no_grad():
        given = torch.from_numpy(images)
        expected = ((network(given) + network(given.flip(-1))) / 2).softmax(1)
    found = trained("cnn").probabilities(images)
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-6)


def test_a_variant_that_is_not_trained_says_how_to() -> None:
    with pytest.raises(UserError, match="mine is not trained yet; `dvc repro train@mine` trains it"):
        trained("mine")


def test_a_network_that_was_trained_again_is_read_again() -> None:
    madeapp.variant("linear", "shapes")
    first = trained("linear")
    assert trained("linear") is first
    path = paths.weights("linear", 0)
    path.touch()
    assert trained("linear") is not first
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UserError, match="is not a weights file"):
        trained("linear")


def test_shuffled_pixels_are_refused() -> None:
    madeapp.dataset("shuffled", shuffled_pixels=0)
    madeapp.variant("linear", "shuffled")
    with pytest.raises(UserError, match="linear sees shuffled pixels"):
        trained("linear")


@pytest.mark.parametrize(("channels", "ground"), [(1, 0), (3, 127)])
def test_what_matters_is_where_the_weights_are(channels: int, ground: int) -> None:
    """A linear network that looks at four pixels: only squares over them change anything."""
    data = f"shapes{channels}"
    madeapp.dataset(data, channels)

    def fill(output: torch.nn.Linear) -> None:
        weight = torch.zeros(3, channels, 28, 28)
        weight[1, :, 2:4, 2:4] = 1
        output.weight.copy_(weight.flatten(1))
        output.bias.zero_()

    madeapp.variant("linear", data, channels, fill=fill)
    picture = np.full((channels, 28, 28), ground, np.uint8)
    picture[:, 2:4, 2:4] = 255
    answering = trained("linear")
    shown, best, most = answering.regions(picture)
    covered = picture.copy()
    covered[:, :7, :7] = ground
    own, other = answering.probabilities(np.stack([picture, covered]))[:, 1]
    assert best == "b" and most == pytest.approx(own - other) and most > 0.1
    orange = shown[0].astype(int) - shown[2] > 20
    assert orange[2:4, 2:4].all() and not orange[10:].any() and not orange[:, 10:].any()


def test_nothing_matters_to_a_network_without_weights() -> None:
    madeapp.variant("linear", "shapes", fill=lambda output: torch.nn.init.zeros_(output.weight))
    shown, _, most = trained("linear").regions(np.full((3, 28, 28), 255, np.uint8))
    assert most == 0 and (shown == shown[0]).all()


@pytest.mark.parametrize(
    "recipe",
    [
        {"hidden": (16,)},
        {"model": "cnn", "channels": (4, 4), "hidden": (8,)},
        {"model": "resnet", "depth": 18, "stem": "small"},
    ],
    ids=["mlp", "cnn", "resnet"],
)
def test_a_training_picture_is_nearest_to_itself(recipe: dict[str, object]) -> None:
    madeapp.variant("one", "shapes", **recipe)
    data = prepared.load("shapes").train
    answering = trained("one")
    before = answering.probabilities(data.images[:4])
    for i in (0, 31):
        (picture, name, alike), *others = answering.nearest(data.images[i])
        assert np.array_equal(picture, data.images[i]) and name == "abc"[data.labels[i]]
        assert alike == pytest.approx(1, abs=1e-4)
        assert len(others) == 5 and all(other[2] <= alike for other in others)
    assert np.array_equal(answering.probabilities(data.images[:4]), before)  # the network itself keeps its output


def test_missing_data_names_the_command() -> None:
    madeapp.variant("one", "shapes")
    shutil.rmtree(paths.dataset("shapes"))
    with pytest.raises(UserError, match="`dvc repro data@shapes`"):
        trained("one")
