"""One image file by the rule: every kind of file, its pixels or why it has none."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imaging import encoded, scene, write
from PIL import ExifTags, Image, ImageOps

from nnlabs.data import image_file
from nnlabs.data.image_file import LEFT_OUT, read
from nnlabs.data.rule import rule

SIZE = 8


def resized(image: Image.Image, size: int = SIZE) -> np.ndarray:
    """What is wanted of an image, by Pillow's plainest way."""
    return np.asarray(image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR)).transpose(2, 0, 1)


def kept(path: Path, content: bytes, size: int = SIZE) -> tuple[np.ndarray, tuple[str, ...]]:
    decoded = read(write(path, content), size)
    assert decoded.pixels is not None, decoded.kinds
    assert decoded.pixels.shape == (3, size, size)
    assert decoded.pixels.dtype == np.uint8
    return decoded.pixels, decoded.kinds


def close(found: np.ndarray, wanted: np.ndarray, most: float) -> bool:
    return bool(np.abs(found.astype(int) - wanted.astype(int)).max() <= most)


@pytest.mark.parametrize("size", [8, 32, 64])
@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "JPEG", "WEBP"])
def test_a_plain_image_is_resized_whole(tmp_path: Path, kind: str, size: int) -> None:
    content = encoded(scene(), kind, **({"quality": 95} if kind == "JPEG" else {}))
    pixels, kinds = kept(tmp_path / "x.any", content, size)
    assert kinds == ()
    with Image.open(tmp_path / "x.any") as image:
        assert close(pixels, resized(image, size), 0 if size * 2 > 48 else 16)


def test_a_large_jpeg_is_decoded_smaller_to_nearly_the_same(tmp_path: Path) -> None:
    large = scene(960, 640).resize((960, 640))
    pixels, _ = kept(tmp_path / "x.jpg", encoded(large, "JPEG", quality=95), 32)
    assert np.abs(pixels.astype(int) - resized(large, 32).astype(int)).mean() < 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turns_an_image_upright(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    pixels, kinds = kept(tmp_path / "x.png", encoded(scene(), exif=exif))
    with Image.open(tmp_path / "x.png") as image:
        assert close(pixels, resized(ImageOps.exif_transpose(image)), 16)
    assert kinds == (("turned",) if orientation > 1 else ())


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (encoded(scene().convert("L")), "grey"),
        (encoded(scene().convert("L"), "JPEG", quality=95), "grey"),
        (encoded(scene().convert("1")), "grey"),
        (encoded(scene().quantize(64)), "palette"),
        (encoded(scene().convert("CMYK"), "JPEG", quality=95), "CMYK"),
        (encoded(scene().convert("CMYK"), "TIFF"), "CMYK"),
    ],
)
def test_other_colours_become_rgb(tmp_path: Path, content: bytes, kind: str) -> None:
    pixels, kinds = kept(tmp_path / "x.any", content)
    assert kinds == (kind,)
    with Image.open(tmp_path / "x.any") as image:
        assert close(pixels, resized(image), 16)


def test_sixteen_bits_keep_the_upper_eight(tmp_path: Path) -> None:
    grey = np.asarray(scene().convert("L"))
    wide = Image.fromarray(grey.astype(np.uint16) * 256 + 7)
    pixels, kinds = kept(tmp_path / "x.png", encoded(wide))
    assert kinds == ("grey",)
    assert close(pixels, resized(Image.fromarray(grey)), 8)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_lies_on_white(tmp_path: Path, mode: str) -> None:
    clear = Image.new("RGBA", (20, 20), (10, 20, 30, 0))
    clear.paste((200, 200, 200, 255), (0, 0, 10, 20))
    image = clear.quantize(4) if mode == "P" else clear.convert(mode)
    pixels, kinds = kept(tmp_path / "x.png", encoded(image), 2)
    assert kinds == ("transparent",)
    assert close(pixels[:, :, 1], np.full((3, 2), 255), 20)
    assert close(pixels[:, :, 0], np.full((3, 2), 200), 20)


def test_of_several_frames_the_first_is_taken(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    pixels, kinds = kept(tmp_path / "x.gif", encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert "several frames" in kinds
    assert pixels[:, 0, 0].tolist() == [255, 0, 0]


def header_of(width: int, height: int) -> bytes:
    """The beginning of a PNG that says it is so large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(100)))]
    told = [struct.pack(">I", len(c)) + name + c + struct.pack(">I", zlib.crc32(name + c)) for name, c in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(told)


WHOLE = encoded(scene(), "JPEG")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "empty"),
        (WHOLE[: len(WHOLE) // 2], "broken"),
        (b"\xff\xd8\xff" + b"\0" * 50, "broken"),
        (encoded(scene())[:80], "broken"),
        (b"<html>404 Not Found</html>", "no image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no image"),
        (header_of(8000, 7000), "enormous"),
        (header_of(60_000, 60_000), "enormous"),
    ],
)
def test_files_without_pixels_are_left_out(tmp_path: Path, content: bytes, kind: str) -> None:
    decoded = read(write(tmp_path / "x.jpg", content), SIZE)
    assert decoded.pixels is None
    assert decoded.kinds == (kind,)
    assert kind in LEFT_OUT


def test_an_image_is_cut_to_its_box(tmp_path: Path) -> None:
    path = write(tmp_path / "x.png", encoded(scene()))
    for box in ((24, 0, 48, 16), (24, -5, 500, 16)):  # the second as annotations beyond the edge have it
        pixels = read(path, SIZE, box).pixels
        assert pixels is not None
        assert close(pixels, resized(scene().crop((24, 0, 48, 16))), 16)
        assert pixels[1].mean() > 150 > 60 > pixels[0].mean()  # the green quarter alone
    for box in ((10, 10, 10, 20), (48, 0, 60, 10), (20, 0, 10, 30)):
        assert read(path, SIZE, box).kinds == ("no pixels in its box",)


def test_a_box_in_a_large_jpeg_keeps_its_place(tmp_path: Path) -> None:
    large = scene(960, 640)
    path = write(tmp_path / "x.jpg", encoded(large, "JPEG", quality=95))
    box = (480, 0, 960, 320)
    pixels = read(path, 32, box).pixels
    assert pixels is not None
    assert np.abs(pixels.astype(int) - resized(large.crop(box), 32).astype(int)).mean() < 2


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from([WHOLE, encoded(scene()), encoded(scene(), "GIF"), encoded(scene(), "TIFF"), b""]),
    at=st.floats(0, 1),
    junk=st.binary(max_size=40),
)
def test_no_bytes_raise_anything(tmp_path: Path, start: bytes, at: float, junk: bytes) -> None:
    place = int(at * len(start))
    decoded = read(write(tmp_path / "x.jpg", start[:place] + junk + start[place + len(junk) :]), SIZE)
    assert (decoded.pixels is None) == bool(set(decoded.kinds) & set(LEFT_OUT))


@pytest.mark.parametrize("to_box", [False, True])
def test_the_rule_says_what_is_done(to_box: bool) -> None:
    said = rule(to_box=to_box)
    for word in ("EXIF", "grey", "CMYK", "white", "first", "empty", "broken", "hidden", "antialiasing"):
        assert word in said
    for word in ("no image's suffix", "belong to no class", "links to folders"):
        assert word in said
    assert f"{image_file.MOST_PIXELS // 10**6} million" in said
    assert ("annotated box" in said, "whole image" in said, "pixels in their box" in said) == (
        to_box,
        not to_box,
        to_box,
    )
    assert "one is kept: a training image before" in said
    assert "\n" not in said and "  " not in said
