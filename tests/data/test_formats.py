"""Every format ends in the same bytes; whatever is damaged is refused in the project's own words."""

import gzip
import io
import pickle
import struct
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import FORMATS, Made, cifar_pickles, deb, idx_raw, png_batches, right_or_refused, tar, tgz, wheel

from nnlabs.core.errors import UserError
from nnlabs.data import archives, cifar, idx, layouts, survey
from nnlabs.data.catalogue import licences, origins
from nnlabs.data.catalogue.kinds import ARRAYS, ImageFolder, Images, Text
from nnlabs.data.catalogue.weights import WEIGHTS
from nnlabs.data.catalogue.words import WORD_TESTS


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_ends_in_the_same_bytes(name: str, request: pytest.FixtureRequest) -> None:
    which, layout, make = FORMATS[name]
    made: Made = request.getfixturevalue(which)
    arrays = layouts.LAYOUTS[layout](made.origin, make(made))
    assert arrays.keys() == set(ARRAYS)
    for part, array in arrays.items():
        assert array.dtype == np.uint8
        assert array.flags.c_contiguous
        assert np.array_equal(array, made.arrays[part]), part
    layouts.check(made.origin, arrays)


def test_other_content_is_noticed(grey: Made) -> None:
    arrays = {**grey.arrays, "test_images": grey.arrays["test_images"].copy()}
    arrays["test_images"][3, 0, 1, 1] ^= 1
    with pytest.raises(UserError, match="test images have other content"):
        layouts.check(grey.origin, arrays)


def test_the_catalogue_is_whole() -> None:
    assert {"mnist", "fashion-mnist", "cifar10", "cifar100", "afhq", "dogs70", "cars", "speeches"} <= set(
        origins.names()
    )
    known = [origins.origin(name) for name in origins.names()]
    assert tuple(each.name for each in known) == origins.names()
    for origin in [WORD_TESTS, *(each for each in known if isinstance(each, Images | Text))]:
        assert origin.layout in layouts.LAYOUTS
        assert origin.files
        for package in origin.packages:
            assert package.layout in layouts.LAYOUTS
            assert len(package.sha256) == 64
        assert all(len(file.md5) == 32 for file in origin.files)
    for origin in known:
        if isinstance(origin, Images):
            assert origin.content.keys() == set(ARRAYS) or origin.md5.keys() == set(origin.unpacked)
            assert len(set(origin.classes)) == len(origin.classes)
        if isinstance(origin, ImageFolder):
            assert origin.layout in survey.LAYOUTS
            assert {"train", "test"} <= origin.parts.keys() == origin.counts.keys()


def test_every_origin_and_backbone_has_its_terms() -> None:
    named = {*origins.names(), *WEIGHTS, WORD_TESTS.name}
    assert licences.LICENCES.keys() == named
    for name in named:
        terms = licences.licence(name)
        assert terms.name and terms.citation and terms.url.startswith("https://")


# ---------------------------------------------------------------- damaged bytes, by the hundred


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_contents_are_right_or_refused(name: str, request: pytest.FixtureRequest) -> None:
    fixture, layout, make = FORMATS[name]
    made: Made = request.getfixturevalue(fixture)
    good = make(made)

    def read(contents: dict[str, bytes]) -> list[bytes]:
        arrays = layouts.LAYOUTS[layout](made.origin, contents)
        layouts.check(made.origin, arrays)
        return [arrays[part].tobytes() for part in ARRAYS]

    right_or_refused(good, read, 80)


@pytest.mark.parametrize(
    ("pack", "suffix"), [(tgz, ".tgz"), (tar, ".tar"), (wheel, ".whl"), (wheel, ".npz"), (deb, ".deb")]
)
def test_damaged_archives_are_right_or_refused(pack: Any, suffix: str, tmp_path: Path) -> None:
    members = {"a/b": b"some content " * 50, "a/c": bytes(range(256))}
    path = tmp_path / f"archive{suffix}"

    def read(contents: dict[str, bytes]) -> Any:
        path.write_bytes(contents[path.name])
        found = archives.members(path, members)
        return None if suffix == ".tar" else found  # its members have no checksums

    right_or_refused({path.name: pack(members)}, read, 150)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_are_no_pickle_of_ours(content: bytes) -> None:
    with pytest.raises(UserError):
        cifar.batch(content, "batch", 5)


# ---------------------------------------------------------------- IDX

GOOD = struct.pack(">4I", 0x803, 2, 3, 1) + bytes(6)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "header"),
        (GOOD[:10], "header"),
        (b"\0\0\x0d\3" + GOOD[4:], "magic number 0x00000d03 found"),
        (b"\0\0\x08\1" + GOOD[4:], "magic number 0x00000801 found"),
        (GOOD.replace(b"\0\0\0\2", b"\0\0\0\3"), r"sizes \(3, 3, 1\) found; \(2, 3, 1\)"),
        (GOOD[:-1], "5 bytes of data found; 6"),
        (GOOD + b"x", "7 bytes of data found; 6"),
    ],
)
def test_idx_with_wrong_magic_count_or_size_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(UserError, match=said):
        idx.decode(content, "images", (2, 3, 1))


def test_idx_there_and_back() -> None:
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    assert np.array_equal(idx.decode(idx.encode(array), "x", (2, 3, 4)), array)


# ---------------------------------------------------------------- pickles


class _Evil:
    def __reduce__(self) -> Any:
        return print, ("run",)


@pytest.mark.parametrize(
    "content",
    [
        _Evil(),
        {b"data": _Evil()},
        {b"data": np.zeros((2, 3072), np.float32), b"labels": [0, 1]},
        {b"data": np.asfortranarray(np.zeros((2, 3072), np.uint8)), b"labels": [0, 1]},
        {b"data": np.array([print], dtype=object), b"labels": [0]},
        pytest.raises,
        Path("x"),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_pickles_that_name_anything_else_are_refused(content: Any, protocol: int, capsys: Any) -> None:
    with pytest.raises(UserError, match="refused as a pickle"):
        cifar.batch(pickle.dumps(content, protocol), "data_batch_1", 2)
    assert "run" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        {b"data": b"", b"labels": [0, 1]},
        {b"data": np.zeros((2, 3072), np.uint8)},
        {b"data": np.zeros((3, 3072), np.uint8), b"labels": [0, 1, 2]},
        {b"data": np.zeros((2, 3072), np.uint8), b"labels": [0]},
        {b"data": np.zeros((2, 3072), np.uint8), b"labels": [0, 256]},
        {b"data": np.zeros((2, 3072), np.uint8), b"labels": [0, 2**80]},
        {b"data": np.zeros((2, 3072), np.uint8), b"labels": ["a", "b"]},
    ],
)
def test_pickles_of_something_else_are_refused(content: Any) -> None:
    with pytest.raises(UserError, match="data_batch_1"):
        cifar.batch(pickle.dumps(content, 2), "data_batch_1", 2)


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_a_batch_of_any_protocol_is_read(protocol: int) -> None:
    images = np.arange(2 * 3072, dtype=np.uint64).astype(np.uint8).reshape(2, 3072)
    content = pickle.dumps({b"data": images, b"labels": [3, 9]}, protocol)
    if protocol == 5:  # out-of-band buffers have another constructor, which no official file uses
        with pytest.raises(UserError):
            cifar.batch(content, "x", 2)
        return
    found, labels = cifar.batch(content, "x", 2)
    assert np.array_equal(found.reshape(2, -1), images)
    assert labels.tolist() == [3, 9]


# ---------------------------------------------------------------- archives


def _tar(*members: tarfile.TarInfo) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(bytes(member.size)))
    return stream.getvalue()


def _member(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.size, member.linkname = kind, size, "/etc/passwd"
    return member


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (_tar(_member("../outside")), "leaves its folder"),
        (_tar(_member("a/../../outside")), "leaves its folder"),
        (_tar(_member("/etc/passwd")), "leaves its folder"),
        (_tar(_member("a", tarfile.SYMTYPE)), "a link or a device"),
        (_tar(_member("a", tarfile.LNKTYPE)), "a link or a device"),
        (_tar(_member("a", tarfile.FIFOTYPE)), "a link or a device"),
        (_tar(_member("b", size=5)), "holds no a"),
        (b"", "damaged|holds no"),
        (b"not an archive", "damaged archive"),
        (gzip.compress(b"not a tar"), "damaged archive"),
    ],
    ids=lambda value: value if isinstance(value, str) else "tar",  # gzip writes the time into the bytes
)
def test_tars_that_are_not_what_was_asked_for_are_refused(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "archive.tgz"
    path.write_bytes(content)
    with pytest.raises(UserError, match=said):
        archives.members(path, ["a"])
    assert [file.name for file in tmp_path.iterdir()] == ["archive.tgz"]


@pytest.mark.parametrize("suffix", [".tgz", ".whl", ".deb"])
def test_bombs_are_refused_before_they_swell(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "LIMIT", 1 << 16)
    pack = {".tgz": tgz, ".whl": wheel, ".deb": deb}[suffix]
    path = tmp_path / f"bomb{suffix}"
    path.write_bytes(pack({"a": bytes(1 << 20)}))
    assert path.stat().st_size < 1 << 12
    with pytest.raises(UserError, match="unpacks to more than"):
        archives.members(path, ["a"])
    with pytest.raises(UserError, match="unpacks to more than"):
        archives.gunzip(gzip.compress(bytes(1 << 20)), "bomb.gz")


def test_zips_with_links_or_escapes_are_refused(tmp_path: Path) -> None:
    for name, mode, said in (
        ("a", 0o120777, "is a link"),
        ("../a", 0o100644, "leaves"),
        ("x\\..\\a", 0o100644, "leaves"),
    ):
        path = tmp_path / "archive.whl"
        with zipfile.ZipFile(path, "w") as archive:
            member = zipfile.ZipInfo("a")
            member.filename, member.external_attr = name, mode << 16
            archive.writestr(member, "target")
        with pytest.raises(UserError, match=said):
            archives.members(path, ["a"])


def test_a_deb_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.deb"
    for content, said in ((b"PK", "not a Debian package"), (b"!<arch>\n", "holds no data.tar.xz")):
        path.write_bytes(content)
        with pytest.raises(UserError, match=said):
            archives.members(path, ["a"])
    with pytest.raises(UserError, match="missing"):
        archives.members(tmp_path / "none.deb", ["a"])


def test_gz_that_is_cut_or_altered_is_refused(grey: Made) -> None:
    packed = gzip.compress(idx_raw(grey)["train-labels-idx1-ubyte"])
    for content in (packed[:-9], packed[:-6] + b"\0\0" + packed[-4:], b"", b"plain"):
        if content:
            with pytest.raises(UserError, match="not a whole gzip file"):
                archives.gunzip(content, "labels.gz")


def test_a_png_of_other_size_or_mode_is_refused(colour: Made) -> None:
    from PIL import Image

    for image in (Image.new("RGB", (7, 5)), Image.new("L", (1024, 20))):
        stream = io.BytesIO()
        image.save(stream, "PNG")
        contents = png_batches(colour) | {"package/test_batch.png": stream.getvalue()}
        with pytest.raises(UserError, match=r"package/test_batch\.png: not the expected PNG"):
            layouts.png_members(colour.origin, contents)


@pytest.mark.parametrize(
    "labels", [b"[", b"{}", b"[[1]]", b"[300]", b"[-1]", b"[0.5]", b'["a"]', b"[" * 100_000, b"[]"]
)
def test_labels_that_are_no_list_of_labels_are_refused(colour: Made, labels: bytes) -> None:
    contents = png_batches(colour) | {"package/test_lables.json": labels}
    with pytest.raises(UserError):
        layouts.png_members(colour.origin, contents)


def test_a_truncated_official_batch_is_refused(colour: Made) -> None:
    contents = cifar_pickles(colour)
    contents["data_batch_3"] = contents["data_batch_3"][:-100]
    with pytest.raises(UserError, match="data_batch_3"):
        layouts.cifar10_files(colour.origin, contents)
