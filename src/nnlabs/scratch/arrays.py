"""The array type, and the one check that every layer begins with."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnlabs.core.errors import UserError

Array: TypeAlias = NDArray[Any]
"""float32 or float64; whatever comes in goes out."""


def check(layer: object, x: Array, *axes: int | str) -> Array:
    """Return x if its axes have these sizes (a letter stands for any size) and its values are finite.

    Raises
    ------
    UserError
        Naming the layer, the shape that came and the shape that is needed.
    """
    fits = x.ndim == len(axes) and all(
        isinstance(want, str) or want == size for want, size in zip(axes, x.shape, strict=True)
    )
    if not fits:
        raise UserError(f"{layer}: the input is {shape(x.shape)}; {shape(axes)} is needed")
    if not np.isfinite(x).all():
        raise UserError(f"{layer}: the input, {shape(x.shape)}, holds NaN or infinity")
    return x


def shape(sizes: tuple[int | str, ...]) -> str:
    """64 x 1 x 28 x 28."""
    return " x ".join(str(size) for size in sizes) or "a single number"
