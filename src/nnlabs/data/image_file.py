"""One image file: what kind it is, and its pixels at the size that is wanted, by `rule.rule`."""

import math
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

MOST_PIXELS = 50_000_000
"""An image of more is not decoded: 150 MB as RGB, where a camera's largest have 45 million."""
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP")
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp")
GAP = 2
"""A JPEG is decoded at half its size or less where that leaves this many times the pixels a side that are wanted."""
NO_PIXELS, BEYOND = "no pixels in its box", "a box that leaves the image"
LEFT_OUT = ("empty", "broken", "no image", "enormous", NO_PIXELS)
"""Kinds of files that give no pixels."""

_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG", b"BM", b"GIF8", b"II*\0", b"MM\0*", b"RIFF")
"""How files of FORMATS begin: by these a broken image is told from what never was one."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each EXIF orientation."""

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of the file, right and bottom outside."""


@dataclass(frozen=True)
class Decoded:
    pixels: NDArray[np.uint8] | None
    """3 x size x size, RGB; none where the file is left out."""
    kinds: tuple[str, ...]
    """Why it is left out (one of LEFT_OUT), or what had to be done to it."""


def read(path: Path, size: int, box: Box | None = None) -> Decoded:
    """An image by `rule.rule`. No content of a file raises anything."""
    if not path.stat().st_size:
        return Decoded(None, ("empty",))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, of odd metadata
            with Image.open(path, formats=FORMATS) as image:
                return _prepared(image, size, box)
    except Image.DecompressionBombError:
        return Decoded(None, ("enormous",))
    except UnidentifiedImageError:
        with path.open("rb") as file:
            known = file.read(8).startswith(_BEGINNINGS)
        return Decoded(None, ("broken" if known else "no image",))
    except MemoryError:
        raise  # the machine's, not the file's
    except Exception:  # Pillow raises whatever damaged bytes lead to
        return Decoded(None, ("broken",))


def _prepared(image: Image.Image, size: int, box: Box | None) -> Decoded:
    if image.width * image.height > MOST_PIXELS:
        return Decoded(None, ("enormous",))
    left, top, right, bottom = box or (0, 0, image.width, image.height)
    within = max(left, 0), max(top, 0), min(right, image.width), min(bottom, image.height)
    kinds = [] if within == (left, top, right, bottom) else [BEYOND]
    left, top, right, bottom = within
    if left >= right or top >= bottom:
        return Decoded(None, (NO_PIXELS,))
    (width, height), wanted = image.size, GAP * size
    # only a JPEG knows how; the box keeps GAP * size pixels a side
    image.draft(None, (-(-width * wanted // (right - left)), -(-height * wanted // (bottom - top))))
    across, down = image.width / width, image.height / height
    image.load()
    rgb, kind = _rgb(image)
    if kind:
        kinds.append(kind)
    if getattr(image, "is_animated", False):
        kinds.append("several frames")
    inside = (left * across, top * down, min(right * across, rgb.width), min(bottom * down, rgb.height))
    # cut first: the resizing takes neighbours of its box into account
    x, y = int(inside[0]), int(inside[1])
    cut = rgb.crop((x, y, math.ceil(inside[2]), math.ceil(inside[3]))) if box else rgb
    small = cut.resize(
        (size, size),
        Image.Resampling.BILINEAR,
        box=(inside[0] - x, inside[1] - y, inside[2] - x, inside[3] - y),
        reducing_gap=GAP,
    )
    if (turn := _turn(image)) is not None:
        kinds.append("turned")
        small = small.transpose(turn)
    pixels = np.ascontiguousarray(np.asarray(small).transpose(2, 0, 1))
    return Decoded(pixels, tuple(kinds))


def _rgb(image: Image.Image) -> tuple[Image.Image, str | None]:
    """The image as RGB, and what it was before."""
    if image.has_transparency_data:
        canvas = Image.new("RGBA", image.size, "white")
        canvas.alpha_composite(image.convert("RGBA"))
        return canvas.convert("RGB"), "transparent"
    if image.mode.startswith("I;16"):  # 16 bits a pixel: the upper eight are kept
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB"), "grey"
    if image.mode in ("I", "F"):
        raise ValueError(f"pixels of mode {image.mode} have no known white")
    kinds = {"RGB": None, "1": "grey", "L": "grey", "P": "palette"}
    return image.convert("RGB"), kinds.get(image.mode, image.mode)


def _turn(image: Image.Image) -> Image.Transpose | None:
    try:
        return _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # damaged metadata of a whole image
        return None
