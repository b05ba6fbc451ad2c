"""A picture that somebody gives, decoded within limits, as a network was trained to see such."""

import base64
import io
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnlabs.core.errors import UserError
from nnlabs.data import image_file

Picture = NDArray[np.uint8]  # C x H x W
Shape = tuple[int, int, int]
FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
MOST_BYTES = 10 << 20
MOST_PIXELS = 16_000_000
"""A phone's picture has 12 million; so many with transparency take 180 MB while they are decoded."""
LUMA = np.array([0.299, 0.587, 0.114])
"""How bright red, green and blue look (ITU-R BT.601)."""
ODD = f"this is no whole picture: give a {', '.join(FORMATS[:-1])} or {FORMATS[-1]} of at most {MOST_BYTES >> 20} MB"


def content(sent: Any) -> bytes:
    """The bytes of a file, which pages send in base64; UserError where it is something else, or too large."""
    try:
        found = base64.b64decode(sent, validate=True)
    except (ValueError, TypeError):
        found = b""
    if not 0 < len(found) <= MOST_BYTES:
        raise UserError(ODD)
    return found


def read(file: bytes, shape: Shape) -> Picture:
    """The picture, resized to a square as images of folders are; UserError where it is not whole or too large.

    For networks of grey images it is grey, and inverted where its edge is light: theirs are light things on black.
    """
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(file), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:  # as the beginning says; nothing is decoded yet
                raise Image.DecompressionBombError
    except Image.DecompressionBombError:
        raise UserError(f"the picture has too many pixels: at most {MOST_PIXELS // 10**6} million are taken") from None
    except Exception:  # Pillow raises whatever odd bytes lead to
        raise UserError(ODD) from None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture"
        path.write_bytes(file)
        found = image_file.read(path, shape[-1]).pixels
    if found is None:
        raise UserError(ODD)
    if shape[0] == 3:
        return found
    grey = np.rint(np.tensordot(LUMA, found, axes=1)).astype(np.uint8)[None]
    edge = np.concatenate([grey[0, [0, -1]], grey[0, :, [0, -1]]])
    return 255 - grey if np.median(edge) > 127 else grey


def drawn(file: bytes, shape: Shape) -> Picture:
    """What the pad sends, the bytes of the image that it has prepared; UserError where there are more or fewer."""
    try:
        return np.frombuffer(bytearray(file), np.uint8).reshape(shape)
    except ValueError:
        raise UserError(f"the pad sends {' x '.join(map(str, shape))} bytes; {len(file)} came") from None


def as_png(picture: Picture) -> str:
    """An address that holds the picture."""
    file = io.BytesIO()
    Image.fromarray(picture.transpose(1, 2, 0).squeeze()).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
