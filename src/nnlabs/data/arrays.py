"""Images that come as arrays of a known content: MNIST and its like, CIFAR."""

from typing import Any

from nnlabs.data.catalogue import origins
from nnlabs.data.catalogue.kinds import Images
from nnlabs.data.fetch import fetch
from nnlabs.data.material import Material, Part
from nnlabs.data.prepare import prepare
from nnlabs.data.settings import ImageSettings


def make(name: str, settings: ImageSettings, edition: str, *, sample: bool) -> dict[str, Any]:
    """Write `data/<name>`; return a record of who served its origin.

    Raises
    ------
    UserError
        Where no source serves the origin, or the settings ask for what it does not have.
    """
    origin = origins.origin(settings.origin)
    assert isinstance(origin, Images)  # for the type checker: the origin's kind says who makes it
    arrays, served = fetch(origin)
    parts = {part: Part(arrays[f"{part}_images"], arrays[f"{part}_labels"]) for part in ("train", "test")}
    known = {"origin_content": origin.content or origin.md5}
    prepare(name, settings, edition, Material(origin.name, origin.classes, origin.shape, parts, known), sample=sample)
    return served
