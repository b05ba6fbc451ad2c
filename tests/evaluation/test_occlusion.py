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

    def probability(images: np.ndarray) -> np.ndarray:
        assert images.dtype == np.uint8
        return (images[:, 0, 2:4, 2:4] != 100).mean((1, 2))

    lost, most = occlusion(probability, image, ground)
    assert lost.shape == shape[1:] and most == 1
    assert (lost[2:4, 2:4] > 0).all() and not lost[12:].any() and not lost[:, 12:].any()


def test_every_pixel_is_covered_and_what_gets_likelier_is_negative() -> None:
    lost, most = occlusion(
        lambda images: 1 - images.mean((1, 2, 3)) / 255, np.full((1, 9, 9), 200, np.uint8), np.zeros(1)
    )
    assert (lost < 0).all() and most < 0
