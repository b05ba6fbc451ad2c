"""What `labs.cars` of params.yaml may say of what is computed beside the variants."""

from typing import Annotated

from pydantic import Field

from nnlabs.core.fields import Count, Frozen, Rate

BESIDE_VARIANTS = True
"""The lab has variants as well."""


class Yardsticks(Frozen):
    components: Count
    """Principal components of the training images that are kept."""
    strengths: Annotated[tuple[Rate, ...], Field(min_length=1)]
    """Inverse strengths of regularisation, C; validation chooses, for each model."""


class Settings(Frozen):
    yardsticks: Yardsticks
