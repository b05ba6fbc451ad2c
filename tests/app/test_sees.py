"""What is taken as a picture, and what becomes of it; and what is refused in one line."""

import base64
import io
import random
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app import madeapp
from nnlabs.app import trained as app
from nnlabs.app.trained import Trained
from nnlabs.core.errors import UserError

RNG = np.random.default_rng(0)
PHOTO = RNG.integers(0, 256, (40, 60, 3), dtype=np.uint8)
REFUSED = "^no whole PNG of at most 256 x 256 pixels came; the page sends one$"


def file(kind: str, pixels: np.ndarray = PHOTO, **how: object) -> bytes:
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, kind, **how)
    return written.getvalue()


def sent(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.fixture
def colour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trained:
    return _network(3, tmp_path, monkeypatch)


@pytest.fixture
def grey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trained:
    return _network(1, tmp_path, monkeypatch)


def _network(channels: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Trained:
    madeapp.into(folder, monkeypatch)
    madeapp.dataset("shapes", channels)
    madeapp.variant("linear", "shapes", channels)
    return app.trained("linear")


def test_a_picture_becomes_a_square_as_those_of_folders(colour: Trained) -> None:
    expected = np.asarray(Image.fromarray(PHOTO).resize((28, 28), Image.Resampling.BILINEAR)).transpose(2, 0, 1)
    opaque = np.dstack([PHOTO, np.full(PHOTO.shape[:2], 255, np.uint8)])  # as canvases write it
    for pixels in (PHOTO, opaque):
        assert np.array_equal(colour.sees(sent(file("PNG", pixels))), expected)


def test_what_the_pad_has_prepared_stays_as_it_is(grey: Trained) -> None:
    image = np.zeros((28, 28), np.uint8)
    image[5:20, 10:14] = RNG.integers(0, 256, (15, 4))
    pixels = np.dstack([image, image, image, np.full_like(image, 255)])
    assert np.array_equal(grey.sees(sent(file("PNG", pixels)))[0], image)


def test_grey_networks_see_light_things_on_black(grey: Trained) -> None:
    dark, light = np.full((28, 28, 3), 20, np.uint8), np.full((28, 28, 3), 230, np.uint8)
    dark[8:20, 8:20], light[8:20, 8:20] = 230, 20
    for pixels, ground, thing in ((dark, 20, 230), (light, 25, 235)):
        found = grey.sees(sent(file("PNG", pixels)))
        assert (found.shape, found.dtype) == ((1, 28, 28), np.uint8)
        assert (found[0, 0, 0], found[0, 14, 14]) == (ground, thing)


def bomb(side: int) -> bytes:
    """A whole PNG of so many white pixels a side, a bit each."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xff" * (side // 8)) * 8)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "given",
    [
        *(sent(file(kind)) for kind in ("JPEG", "GIF", "TIFF", "BMP", "WEBP", "PPM")),
        *map(sent, (b"", b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n")),
        *(sent(file("PNG")[:-length]) for length in (2000, 5000)),
        *("?", "ä", "abc", None, 7, ["a"], {"path": "/etc/passwd"}),
    ],
)
def test_what_no_page_sends_is_refused_in_a_line(colour: Trained, given: Any) -> None:
    with pytest.raises(UserError, match=REFUSED):
        colour.sees(given)


@pytest.mark.parametrize("side", [app.LARGEST + 8, 20_000, 2**30])
def test_a_picture_of_more_pixels_is_refused_in_a_line(colour: Trained, side: int) -> None:
    with pytest.raises(UserError, match=REFUSED):
        colour.sees(sent(bomb(side)))


def test_a_picture_is_not_decoded_before_its_size_is_known(colour: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image.Image, "convert", lambda *_: pytest.fail("it was decoded"))
    with pytest.raises(UserError):
        colour.sees(sent(bomb(app.LARGEST + 8)))


def test_a_damaged_file_is_refused_or_read_and_raises_nothing_else(colour: Trained) -> None:
    whole, draws = file("PNG"), random.Random(0)
    for _ in range(50):
        damaged = bytearray(whole)
        for _ in range(4):
            damaged[draws.randrange(len(damaged))] = draws.randrange(256)
        try:
            assert colour.sees(sent(bytes(damaged))).shape == (3, 28, 28)
        except UserError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_goes_into_an_address_and_back(channels: int) -> None:
    picture = RNG.integers(0, 256, (channels, 5, 4), dtype=np.uint8)
    back = np.asarray(Image.open(io.BytesIO(base64.b64decode(app.as_png(picture))))).reshape(5, 4, channels)
    assert np.array_equal(back.transpose(2, 0, 1), picture)
