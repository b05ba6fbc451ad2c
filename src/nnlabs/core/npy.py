"""NumPy's own files of one array, read so that damage is one kind of error."""

import io
import warnings
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from nnlabs.core.errors import said

HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def mapped(path: Path, mode: Literal["r", "c"]) -> NDArray[Any]:
    """The array of a file, mapped: read only, or with `c` for this process to write on.

    Raises
    ------
    OSError
        Where there is no such file.
    ValueError
        Where it is damaged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of a header that is not as NumPy writes it
            array = npy.open_memmap(path, mode=mode)
    except OSError:
        raise
    except Exception as error:  # a damaged header is read as Python
        raise ValueError(f"{path.name}: {said(error)}") from None
    if (found := path.stat().st_size) != (needed := array.offset + array.nbytes):
        raise ValueError(f"{path.name}: {found:,} bytes found; {needed:,} belong to {array.dtype} {array.shape}")
    return array


def decode(content: bytes) -> NDArray[Any]:
    """The array of a file's content, which it shares.

    Raises
    ------
    ValueError
        Where it is damaged, or holds objects.
    """
    file = io.BytesIO(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            shape, fortran, dtype = HEADERS[npy.read_magic(file)](file)
        flat = np.frombuffer(content, dtype, offset=file.tell())
        return flat.reshape(shape, order="F" if fortran else "C")
    except Exception as error:
        raise ValueError(said(error)) from None
