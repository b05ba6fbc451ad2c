"""Images of an image folder of the catalogue: AFHQ, 70 breeds of dogs, Stanford Cars."""

from typing import Any

import numpy as np

from nnlabs.core.errors import UserError
from nnlabs.data import folders, images
from nnlabs.data.catalogue import origins
from nnlabs.data.catalogue.kinds import ImageFolder
from nnlabs.data.image_file import BEYOND, NO_PIXELS
from nnlabs.data.prepare import prepare
from nnlabs.data.settings import ImageSettings
from nnlabs.data.shrink import Shrunk
from nnlabs.data.survey import Survey

MOST_BEYOND = 0.01
"""Of all boxes, so many may leave their image: annotators slip."""


def make(name: str, settings: ImageSettings, edition: str, *, sample: bool) -> dict[str, Any]:
    """Write `data/<name>`; return a record of who served its origin.

    `sample` takes a folder with fewer images than the whole set has.

    Raises
    ------
    UserError
        Where no source serves the origin, or the settings ask for what it does not have.
    """
    origin = origins.origin(settings.origin)
    assert isinstance(origin, ImageFolder) and settings.size  # for the type checker: the settings were validated
    found, served = folders.fetch(origin, sample=sample)
    with images.decoded(name, found, settings.size, to_box=settings.crop_to_box) as small:
        if settings.crop_to_box:
            _check_boxes(name, found, small)
        twice = images.again(found, small)
        usable = images.usable(found, small, twice)
        parts = {part: usable.get(part, np.array([], np.int64)) for part in origin.parts}
        material = images.gathered(origin.name, found, small, parts, origin.parts, twice, sample=sample)
        folders.remember(origin, found, str(served["source"]), sample=sample)
        images.log(name, material)
        prepare(name, settings, edition, material, sample=sample)
    return served


def _check_boxes(name: str, found: Survey, small: Shrunk) -> None:
    """Refuse boxes that are not of these images, as where somebody has cropped the images to them already."""
    beyond = [*small.kinds.get(BEYOND, ()), *small.kinds.get(NO_PIXELS, ())]
    if len(beyond) > MOST_BEYOND * len(found.entries):
        raise UserError(
            f"{name}: {len(beyond):,} of {len(found.entries):,} boxes leave their image, as that of {min(beyond)}: "
            f"were the images cropped already? Give the whole ones, or say crop_to_box: false in datasets.{name}"
        )
