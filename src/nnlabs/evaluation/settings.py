"""How a lab looks at the test split beyond its scores: `labs.<lab>.evaluation` of params.yaml.

No training goes by it: what is asked here of trained networks trains none of them again.
"""

from typing import Annotated

from pydantic import AfterValidator, Field

from nnlabs.core.fields import Count, Frozen, Whole


def _rising(pixels: tuple[int, ...]) -> tuple[int, ...]:
    if sorted(set(pixels)) != list(pixels):
        raise ValueError("numbers of pixels that rise")
    return pixels


class EvaluationSettings(Frozen):
    shifts: Annotated[tuple[Annotated[Whole, Field(ge=0)], ...], Field(min_length=1), AfterValidator(_rising)]
    """By how many pixels test images are moved, each way in turn."""
    images: Count
    """How many of the test images are moved, the first ones."""
    filters: Count
    """How many filters of a network's first convolution are kept for the page, at most."""
