"""The Sobel filter, and a convolution that learns it."""

from pathlib import Path
from typing import Any

import numpy as np

from nnlabs.exercises.checks import expect, expect_shape, expect_that, part, rng
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.sobel import HORIZONTAL, VERTICAL, sobel

ASKED = {"nnlabs.scratch.sobel": ("grey", "sobel", "imitate")}
STEPS, BATCH, RATE = 300, 8, 0.3


def _images() -> Array:
    return rng(3).random((20, 1, 10, 12))


@part(1, "shapes")
def shapes(student: Any) -> None:
    expect_shape("grey(images)", student.grey(np.zeros((2, 3, 5, 6), np.uint8)), 2, 1, 5, 6)
    for name, each in zip(("horizontal", "vertical", "magnitude"), student.sobel(_images()), strict=True):
        expect_shape(name, each, 20, 1, 8, 10)


@part(1, "grey: how bright colours look, from 0 to 1")
def grey(student: Any) -> None:
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]], np.uint8)[:, :, None, None]
    expect("grey of red, green, blue, white", np.ravel(student.grey(colours)), [0.299, 0.587, 0.114, 1])


@part(2, "an even slope: 8 in its direction and nothing in the other")
def slope(student: Any) -> None:
    across = np.tile(np.arange(5.0), (5, 1))[None, None]
    for name, image, wanted in (("left to right", across, (8, 0)), ("top to bottom", across.swapaxes(2, 3), (0, 8))):
        horizontal, vertical, _ = student.sobel(image)
        expect(f"horizontal, of a slope from {name}", horizontal, np.full((1, 1, 3, 3), wanted[0]))
        expect(f"vertical, of a slope from {name}", vertical, np.full((1, 1, 3, 3), wanted[1]))


@part(1, "the magnitude")
def magnitude(student: Any) -> None:
    horizontal, vertical, found = student.sobel(_images())
    expect("magnitude, beside horizontal and vertical", found, np.sqrt(np.square(horizontal) + np.square(vertical)))


@part(1, "all three, of made images")
def agrees(student: Any) -> None:
    for name, found, wanted in zip(
        ("horizontal", "vertical", "magnitude"), student.sobel(_images()), sobel(_images()), strict=True
    ):
        expect(name, found, wanted)


@part(2, "learning: the loss of each step, smaller in the end")
def learns(student: Any) -> None:
    _, losses = student.imitate(_images(), HORIZONTAL, rng(0), STEPS, BATCH, RATE)
    expect("the number of losses", len(losses), STEPS)
    expect_that(
        "the last loss",
        losses[-1] < 1e-3 * losses[0],
        f"{losses[-1]:.3g}",
        f"less than a thousandth of {losses[0]:.3g}",
    )


@part(2, "what is learned is the filter, either of them")
def learned(student: Any) -> None:
    for name, kernel in (("HORIZONTAL", HORIZONTAL), ("VERTICAL", VERTICAL)):
        layer, _ = student.imitate(_images(), kernel, rng(1), STEPS, BATCH, RATE)
        expect(f"the weights after imitating {name}", layer.parameters["weight"][0, 0], kernel, within=0.02)


def figure(student: Any, folder: Path) -> list[Path]:
    """What the student's filter makes of three drawings, the kernels learned from them, and how the loss fell."""
    from nnlabs.labs.sobel import page
    from nnlabs.labs.sobel.results import Kernel, Results
    from nnlabs.labs.sobel.settings import Settings

    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    drawings = [x**2 + y**2 < 0.5, np.abs(np.sin(5 * (x + y))), np.maximum(np.abs(x), np.abs(y)) < 0.6]
    images = (255 * np.array(drawings, float)).astype(np.uint8)[:, None]
    settings = Settings(images=len(drawings), shown=len(drawings), steps=500, batch_size=2, lr=0.1, seeds=(0,))
    arrays: dict[str, Array] = {"images": images}
    kernels = {}
    for name, kernel in (("horizontal", HORIZONTAL), ("vertical", VERTICAL)):
        layer, losses = student.imitate(images / 255, kernel, rng(0), settings.steps, settings.batch_size, settings.lr)
        weights = layer.parameters["weight"][0, 0]
        arrays[f"{name}.losses"] = np.array(losses)
        kernels[name] = Kernel(kernel.tolist(), weights.tolist(), [float(np.abs(weights - kernel).max())])
    for name, response in zip(("horizontal", "vertical", "magnitude"), student.sobel(images / 255), strict=True):
        arrays[name] = response[:, 0]
    page.page(Results(len(drawings), settings.steps, kernels, ["disc", "stripes", "square"]), arrays, settings, folder)
    return [folder / name for name in ("photographs.png", "kernels.svg", "losses.svg")]
