"""CIFAR's official batches: pickles of Python 2, read without running anything in them."""

import io
import pickle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.core.errors import UserError, said

BYTES = ("u1", "|u1", b"u1", b"|u1")


class _Array:
    """Stands in for numpy.ndarray while unpickling: keeps bytes, and allocates nothing on a stranger's word."""

    def __init__(self, *_: Any) -> None:
        self.content: NDArray[np.uint8] = np.empty(0, np.uint8)

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, content = state
        if not isinstance(dtype, _Dtype) or fortran:
            raise pickle.UnpicklingError("an array that is not of plain bytes in C order")
        if isinstance(content, str):  # what Python 2 wrote as str, where the file is read as latin-1
            content = content.encode("latin-1")
        self.content = np.frombuffer(content, np.uint8).reshape(shape)


class _Dtype:
    """Stands in for numpy.dtype; only the unsigned byte is known."""

    def __init__(self, name: Any, *_: Any) -> None:
        if name not in BYTES:
            raise pickle.UnpicklingError(f"an array of {name!r} instead of bytes")

    def __setstate__(self, state: Any) -> None:
        pass


def _reconstruct(*_: Any) -> _Array:
    return _Array()


_KNOWN: dict[tuple[str, str], Any] = {
    (f"numpy.{core}.multiarray", "_reconstruct"): _reconstruct for core in ("core", "_core")
} | {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): lambda text, _: text.encode("latin-1"),  # how Python 3 writes bytes in old protocols
}


# The pure Python unpickler: the C one allocates memory for any memo index that damaged bytes name.
class _Unpickler(pickle._Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _KNOWN[module, name]
        except KeyError:
            raise pickle.UnpicklingError(
                f"{module}.{name} is named in it; only arrays, lists, dicts, strings and numbers are allowed"
            ) from None


def unpickle(content: bytes, what: str) -> Any:
    """The object in a pickle of arrays of bytes, lists, dicts, strings and numbers.

    Raises
    ------
    UserError
        Where it names anything else or is damaged.
    """
    try:
        return _Unpickler(io.BytesIO(content), encoding="bytes").load()
    except Exception as error:  # damaged pickles raise whatever their bytes lead to
        raise UserError(f"{what}: refused as a pickle ({said(error)})") from None


def batch(
    content: bytes, what: str, n: int, label_key: bytes = b"labels"
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Images (n, 3, 32, 32) and labels (n,) of one official batch.

    Raises
    ------
    UserError
        Where the pickle is refused or is not such a batch.
    """
    found = unpickle(content, what)
    try:
        images = found[b"data"].content
        labels = np.array(found[label_key], dtype=np.int64)
    except (TypeError, KeyError, IndexError, AttributeError, ValueError, OverflowError) as error:
        raise UserError(f"{what}: not a CIFAR batch ({said(error)})") from None
    if images.shape != (n, 3 * 32 * 32) or labels.shape != (n,) or not ((labels >= 0) & (labels < 256)).all():
        raise UserError(
            f"{what}: data {images.shape} and labels {labels.shape} found; {n} images of 3072 bytes are needed"
        )
    return images.reshape(n, 3, 32, 32), labels.astype(np.uint8)


def names(content: bytes, what: str) -> tuple[str, ...]:
    """The fine classes' names in CIFAR-100's `meta`, in the order of the labels.

    Raises
    ------
    UserError
        Where the pickle is refused or names no fine classes.
    """
    found = unpickle(content, what)
    try:
        return tuple(name.decode() for name in found[b"fine_label_names"])
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise UserError(f"{what}: no names of fine classes ({said(error)})") from None
