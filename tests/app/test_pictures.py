"""What is taken as a picture, and what becomes of it; and what is refused in one line."""

import base64
import io
import random
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from nnlabs.app import pictures
from nnlabs.core.errors import UserError

RNG = np.random.default_rng(0)
PHOTO = RNG.integers(0, 256, (40, 60, 3), dtype=np.uint8)


def file(kind: str, pixels: np.ndarray = PHOTO, **how: object) -> bytes:
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, kind, **how)
    return written.getvalue()


def refused(content: bytes) -> str:
    with pytest.raises(UserError) as error:
        pictures.read(content, (3, 32, 32))
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("kind", pictures.FORMATS)
def test_a_picture_becomes_a_square_as_those_of_folders(kind: str) -> None:
    found = pictures.read(file(kind), (3, 32, 32))
    assert (found.shape, found.dtype) == ((3, 32, 32), np.uint8)
    expected = np.asarray(Image.fromarray(PHOTO).resize((32, 32), Image.Resampling.BILINEAR)).transpose(2, 0, 1)
    if kind in ("PNG", "BMP"):
        assert np.abs(found.astype(int) - expected).max() <= 1
    else:
        assert np.abs(found.astype(int) - expected).mean() < 20


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "ICO", "PPM", "PDF", "PCX"])
def test_other_formats_are_refused(kind: str) -> None:
    assert refused(file(kind)) == pictures.ODD


@pytest.mark.parametrize("content", [b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    assert refused(content) == pictures.ODD


@pytest.mark.parametrize("kind", pictures.FORMATS)
def test_a_damaged_file_is_refused_or_read_and_raises_nothing_else(kind: str) -> None:
    whole, draws = file(kind), random.Random(0)
    assert refused(whole[: len(whole) // 2]) == pictures.ODD
    for _ in range(20):
        damaged = bytearray(whole)
        for _ in range(4):
            damaged[draws.randrange(len(damaged))] = draws.randrange(256)
        try:
            assert pictures.read(bytes(damaged), (3, 8, 8)).shape == (3, 8, 8)
        except UserError as error:
            assert "\n" not in str(error)


def bomb(side: int) -> bytes:
    """A whole PNG of so many white pixels a side, a bit each."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xff" * (side // 8)) * 8)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [4008, 20_000, 2**30])
def test_more_pixels_than_are_taken_are_refused_before_they_are_decoded(side: int) -> None:
    assert refused(bomb(side)) == "the picture has too many pixels: at most 16 million are taken"


def test_grey_networks_see_light_things_on_black() -> None:
    dark, light = np.full((28, 28, 3), 20, np.uint8), np.full((28, 28, 3), 230, np.uint8)
    dark[8:20, 8:20], light[8:20, 8:20] = 230, 20
    for pixels, ground, thing in ((dark, 20, 230), (light, 25, 235)):
        found = pictures.read(file("PNG", pixels), (1, 28, 28))
        assert (found.shape, found[0, 0, 0], found[0, 14, 14]) == ((1, 28, 28), ground, thing)


def test_what_a_page_sends_is_base64_within_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pictures.content(base64.b64encode(b"abc").decode()) == b"abc"
    monkeypatch.setattr(pictures, "MOST_BYTES", 5)
    assert pictures.content(base64.b64encode(b"12345").decode()) == b"12345"
    for sent in (base64.b64encode(b"123456").decode(), "?", "", None, 7, ["a"], {"path": "/etc/passwd"}, "ä", "abc"):
        with pytest.raises(UserError):
            pictures.content(sent)


def test_the_pad_sends_as_many_bytes_as_there_are_pixels() -> None:
    image = RNG.integers(0, 256, (1, 28, 28), dtype=np.uint8)
    assert np.array_equal(pictures.drawn(image.tobytes(), (1, 28, 28)), image)
    with pytest.raises(UserError, match="1 x 28 x 28 bytes; 783 came"):
        pictures.drawn(image.tobytes()[1:], (1, 28, 28))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_goes_into_an_address_and_back(channels: int) -> None:
    picture = RNG.integers(0, 256, (channels, 5, 4), dtype=np.uint8)
    written = pictures.as_png(picture).removeprefix("data:image/png;base64,")
    back = np.asarray(Image.open(io.BytesIO(base64.b64decode(written)))).reshape(5, 4, channels)
    assert np.array_equal(back.transpose(2, 0, 1), picture)
