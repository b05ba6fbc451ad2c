"""Moved images, and the filters that see them."""

import numpy as np
import pytest
import torch
from torch import nn

from nnlabs import models
from nnlabs.core.errors import UserError
from nnlabs.evaluation import filters, shifts


def test_images_move_and_the_border_is_mirrored() -> None:
    image = torch.arange(12, dtype=torch.uint8).view(1, 1, 3, 4)
    right = shifts.moved(image, 0, 1)[0, 0]
    assert right.tolist() == [[1, 0, 1, 2], [5, 4, 5, 6], [9, 8, 9, 10]]
    up = shifts.moved(image, -1, 0)[0, 0]
    assert up.tolist() == [[4, 5, 6, 7], [8, 9, 10, 11], [4, 5, 6, 7]]
    assert torch.equal(shifts.moved(image, 0, 0), image)


class Corner(nn.Module):
    """Says class 1 where the pixel at row 2, column 2 is bright."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        bright = images[:, 0, 2, 2].float() * self.scale
        return torch.stack([torch.full_like(bright, 100.0), bright], 1)


def test_accuracy_of_each_shift_is_the_mean_of_four_ways() -> None:
    images = torch.zeros(2, 1, 5, 5, dtype=torch.uint8)
    images[1, 0, 2, 2:] = 255  # bright from the middle to the right: moved left by one it still is
    found = shifts.accuracies(Corner(), images, np.array([0, 1]), "float32", (0, 1))
    # image 0 is right throughout, image 1 unmoved and moved left
    assert found == [1.0, (1.0 + 0.5 + 0.5 + 0.5) / 4]


def test_a_shift_beyond_the_image_is_refused() -> None:
    with pytest.raises(UserError, match=r"5 found; images of 5 x 5 pixels allow at most 4"):
        shifts.accuracies(Corner(), torch.zeros(1, 1, 5, 5, dtype=torch.uint8), np.array([0]), "float32", (5,))


def test_the_first_filters_are_those_that_see_the_image() -> None:
    family = models.family("cnn")
    network = family.build(family.Settings.model_validate({"channels": [4, 4]}), (3, 8, 8), 2, [0.5] * 3, [0.2] * 3)
    found = filters.first(network, 3, 2)
    expected = next(each for each in network.modules() if isinstance(each, nn.Conv2d)).weight[:2]
    np.testing.assert_allclose(np.array(found), expected.detach().numpy(), rtol=1e-3)
    assert filters.first(nn.Linear(3, 2), 3, 2) is None
