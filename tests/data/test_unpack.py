"""Archives of folders: what they hold comes onto the disk, and nothing of what they should not hold."""

import errno
import gzip
import io
import random
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from making import right_or_refused

from nnlabs.core.disk import DiskFullError
from nnlabs.core.errors import UserError
from nnlabs.data import unpack as unpacking
from nnlabs.data.archives import members
from nnlabs.data.unpack import SUFFIXES, unpack

FILES = {"afhq/train/cat/1.jpg": b"a" * 3000, "afhq/val/cat/2.jpg": b"b"}


def tar(files: dict[str, bytes], *more: tarfile.TarInfo) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for member in more:
            archive.addfile(member)
    return stream.getvalue()


def tgz(files: dict[str, bytes]) -> bytes:
    """Without a clock in it: these bytes name a test, and each of pytest's workers must find the same name."""
    return gzip.compress(tar(files), mtime=0)


def zipped(files: dict[str, bytes], links: tuple[str, ...] = ()) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name)
            member.compress_type = zipfile.ZIP_DEFLATED
            if name in links:
                member.external_attr = 0o120777 << 16
            archive.writestr(member, content)
    return stream.getvalue()


def link(kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo("afhq/link.jpg")
    member.type, member.linkname = kind, "../../etc/passwd"
    return member


def written(folder: Path, name: str, content: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


PACK: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    ".zip": zipped,
    ".tar": tar,
    ".tar.gz": tgz,
    ".tgz": tgz,
}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_all_that_is_in_it_comes_out(tmp_path: Path, suffix: str) -> None:
    archive = written(tmp_path, f"afhq{suffix}", PACK[suffix](FILES))
    unpack(archive, tmp_path / "out")
    found = {p.relative_to(tmp_path / "out").as_posix(): p.read_bytes() for p in tmp_path.rglob("*.jpg")}
    assert found == FILES


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.tar", tar({"../out.jpg": b"x"}), "leaves its folder"),
        ("a.tar", tar({"/etc/out.jpg": b"x"}), "leaves its folder"),
        ("a.zip", zipped({"a/../../out.jpg": b"x"}), "leaves its folder"),
        ("a.tar", tar(FILES, link(tarfile.SYMTYPE)), "is a link or a device"),
        ("a.tar", tar(FILES, link(tarfile.LNKTYPE)), "is a link or a device"),
        ("a.tar", tar(FILES, link(tarfile.FIFOTYPE)), "is a link or a device"),
        ("a.zip", zipped({"link.jpg": b"/etc/passwd"}, ("link.jpg",)), "is a link"),
        ("a.tar", tar({"a/b.jpg": b"x", "./a/b.jpg": b"y"}), "'b.jpg' twice"),
        ("a.tar", tar({"a": b"x", "a/b.jpg": b"y"}), "twice"),
        ("a.tar", tar(FILES)[:1500], "damaged archive"),
        ("a.tar.gz", tgz(FILES)[:60], "damaged archive"),
        ("a.tar.gz", b"\x1f\x8b" + b"x" * 100, "damaged archive"),
        ("a.zip", zipped(FILES)[:-40], "damaged archive"),
        ("a.zip", b"<html>no</html>", "damaged archive"),
        ("a.tar", tar(FILES)[:4096], "damaged archive"),  # between two members: no end is there
        ("a.tar", tar(FILES).replace(b"afhq/val", b"afhq/vol"), "damaged archive"),  # a header's checksum
        ("a.tar", tar(FILES) + b"x" * (2 << 20), "goes on after its end"),
        ("a.tar.gz", tgz(FILES)[:5], "damaged archive"),
        ("a.zip", zipped({"": b"x"}), "'' is no name of a file"),
        ("a.zip", zipped({"a" * 5000: b"x"}), r"'a{197}\.\.\.' cannot be the name of a file here"),
    ],
)
def test_a_bad_archive_is_refused_and_leaves_nothing(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    archive = written(tmp_path / "in", name, content)
    with pytest.raises(UserError, match=said):
        unpack(archive, tmp_path / "in" / "out")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [archive]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_damaged_archives_are_right_or_refused(tmp_path: Path, suffix: str) -> None:
    def read(contents: dict[str, bytes]) -> Any:
        archive = written(tmp_path, f"a{suffix}", contents["a"])
        unpack(archive, tmp_path / "out")
        found = {path.relative_to(tmp_path / "out").as_posix(): path.read_bytes() for path in tmp_path.rglob("*.jpg")}
        return None if suffix == ".tar" else found  # its members have no checksums

    right_or_refused({"a": PACK[suffix](FILES)}, read, 100)


@pytest.mark.parametrize("kind", ["pictures", "package"])
def test_gzips_checksum_is_compared(tmp_path: Path, kind: str) -> None:
    """Stored blocks: a bit that turns in them is still a stream that can be unpacked."""
    content = random.Random(0).randbytes(200_000)
    packed = bytearray(gzip.compress(tar({"a/b": content}), compresslevel=0, mtime=0))
    packed[100_000] ^= 1
    archive = written(tmp_path, "a.tar.gz", bytes(packed))
    with pytest.raises(UserError, match="CRC check failed"):
        unpack(archive, tmp_path / "out") if kind == "pictures" else members(archive, ["a/b"])
    assert not (tmp_path / "out").exists()


def test_a_full_disk_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    archive = written(tmp_path, "a.zip", zipped(FILES))
    monkeypatch.setattr(unpacking, "_new", full)
    with pytest.raises(DiskFullError, match=r"the disk is full: .*out cannot be written"):
        unpack(archive, tmp_path / "out")


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "LIMIT", 1 << 20)
    large = {"a": bytes(700_000), "b": bytes(700_000)}
    for name, content in (("a.zip", zipped(large)), ("a.tar.gz", tgz(large))):
        with pytest.raises(UserError, match="unpacks to more than 1048576 bytes"):
            unpack(written(tmp_path, name, content), tmp_path / "out")
    monkeypatch.setattr(unpacking, "MEMBERS", 1)
    with pytest.raises(UserError, match="more than 1 members"):
        unpack(written(tmp_path, "b.zip", zipped(FILES)), tmp_path / "out")
    assert not (tmp_path / "out").exists()
