"""What an answer rests on: covered squares, and what they take from it."""

import numpy as np
import pytest

from nnlabs.evaluation.occlusion import occlusion


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 20)])
def test_only_squares_over_what_matters_take_something_away(shape: tuple[int, int, int]) -> None:
    """The answer is how many of four pixels are not of the ground's colour: a square over all of them takes all."""
    ground = np.full(shape[0], 100.0)
    image = np.full(shape, 100, np.uint8)
    image[:, 2:4, 2:4] = 255

    def probabilities(images: np.ndarray) -> np.ndarray:
        assert images.dtype == np.uint8
        there = (images[:, 0, 2:4, 2:4] != 100).mean((1, 2))
        return np.stack([1 - there, there], 1)

    best, lost, most = occlusion(probabilities, image, ground)
    assert best == 1 and lost.shape == shape[1:] and most == 1
    assert (lost[2:4, 2:4] > 0).all() and not lost[12:].any() and not lost[:, 12:].any()


def test_every_pixel_is_covered_and_what_gets_likelier_is_negative() -> None:
    def probabilities(images: np.ndarray) -> np.ndarray:
        return 1 - images.mean((1, 2, 3))[:, None] / 255

    _, lost, most = occlusion(probabilities, np.full((1, 9, 9), 200, np.uint8), np.zeros(1))
    assert (lost < 0).all() and most < 0
