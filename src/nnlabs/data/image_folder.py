"""Images of an image folder of the catalogue: AFHQ, 70 breeds of dogs, Stanford Cars."""

from typing import Any

import numpy as np

from nnlabs.data import folders, images
from nnlabs.data.catalogue import origins
from nnlabs.data.catalogue.kinds import ImageFolder
from nnlabs.data.prepare import prepare
from nnlabs.data.settings import ImageSettings
from nnlabs.data.shrink import Shrunk
from nnlabs.data.survey import Survey

TWICE = "test images identical to one of another part"


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
        twice = _in_another_part(found, small)
        usable = images.usable(found, small, twice)
        parts = {part: usable.get(part, np.array([], np.int64)) for part in origin.parts}
        material = images.gathered(origin.name, found, small, parts, origin.parts, (TWICE, twice), sample=sample)
        folders.remember(origin, found, str(served["source"]), sample=sample)
        images.log(name, material, TWICE)
        prepare(name, settings, edition, material, sample=sample)
    return served


def _in_another_part(found: Survey, small: Shrunk) -> images.Flags:
    """Of each image, whether it belongs to the test part and another part has the same pixels."""
    pairs = list(zip(small.pixels, found.entries, strict=True))
    seen = {pixels for pixels, entry in pairs if entry.part != "test" and pixels is not None}
    return np.array([entry.part == "test" and pixels in seen for pixels, entry in pairs], bool)
