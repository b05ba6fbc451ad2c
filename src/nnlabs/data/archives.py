"""Reading archives from strangers: in memory, only the members asked for, and never more than expected.

Nothing is extracted to disk, so nothing can leave its folder; an archive that tries to, or
that holds a link, is refused all the same, for it is not the one that was asked for.
"""

import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from nnlabs.core.errors import UserError, said, shortened

LIMIT = 1 << 30
"""No archive of the catalogue unpacks to more bytes than this."""


GZIP = b"\x1f\x8b"
"""How what is packed with gzip begins."""
PADDING = 1 << 20
"""Nor has more bytes after the last member of a .tar."""


@contextmanager
def reading(archive: str) -> Iterator[None]:
    """Tell of an archive what its reader met: damaged bytes lead to errors of any class."""
    try:
        yield
    except (UserError, MemoryError):
        raise
    except (NotImplementedError, RuntimeError) as error:  # zipfile's words for a method or an encryption
        raise UserError(f"{archive}: unreadable archive ({said(error)})") from None
    except Exception as error:
        raise UserError(f"{archive}: damaged archive ({said(error)})") from None


class Header(tarfile.TarInfo):
    """A member's header in a .tar; a damaged one is an error, where tarfile takes it for the archive's end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "Header":
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if buf == bytes(tarfile.BLOCKSIZE):  # the end indeed
                raise
            raise tarfile.ReadError(str(error)) from None


@contextmanager
def unzipped(file: io.BufferedReader) -> Iterator[io.BufferedIOBase]:
    """The content of a .tar that may be packed with gzip: by Python's reader, for tarfile's compares no checksum."""
    if not file.peek(2).startswith(GZIP):
        yield file
        return
    with gzip.GzipFile(fileobj=file) as stream:
        yield stream


def to_the_end(stream: io.BufferedIOBase) -> None:
    """Read what follows the last member: a packed stream's checksum stands at its end and is compared there.

    Raises
    ------
    ValueError
        Where more follows than padding.
    """
    if len(stream.read(PADDING + 1)) > PADDING:
        raise ValueError("it goes on after its end")


class _Bounded(io.RawIOBase):
    """A stream that refuses to yield more than LIMIT bytes: what a small bomb swells to."""

    def __init__(self, stream: io.BufferedIOBase, what: str) -> None:
        self.stream, self.what, self.left = stream, what, LIMIT

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        chunk = self.stream.read(len(buffer))
        self.left -= len(chunk)
        if self.left < 0:
            raise UserError(f"{self.what}: unpacks to more than {LIMIT} bytes; refused")
        buffer[: len(chunk)] = chunk
        return len(chunk)


def gunzip(content: bytes, what: str) -> bytes:
    """Unpack one gzip member.

    Raises
    ------
    UserError
        Where it is damaged, or unpacks to more than LIMIT bytes.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            return _Bounded(stream, what).readall()
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{what}: not a whole gzip file ({said(error)})") from None


def members(path: Path, wanted: Iterable[str]) -> dict[str, bytes]:
    """The wanted members of a .tgz, .tar.gz, .tar, .whl, .zip, .npz or .deb archive, by name.

    A `*` in a wanted name stands for any part of one: all that fit come, in the order of their names.

    Raises
    ------
    UserError
        Where the archive is damaged, lacks a member, holds a link or a path that leaves its
        folder, or unpacks to more than LIMIT bytes.
    """
    wanted = list(wanted)
    if not path.is_file():
        raise UserError(f"{path}: missing")
    with reading(path.name):
        if path.suffix in (".whl", ".zip", ".npz"):
            found = _zip(path, wanted)
        elif path.suffix == ".deb":
            with lzma.open(io.BytesIO(_ar(path, "data.tar.xz"))) as stream:
                found = _tar(stream, path.name, wanted)
        else:
            with path.open("rb") as file, unzipped(file) as stream:
                found = _tar(stream, path.name, wanted)
    fitting = {each: sorted(name for name in found if fnmatchcase(name, each)) for each in wanted}
    if missing := [each for each, names in fitting.items() if not names]:
        raise UserError(f"{path.name}: holds no {', '.join(missing)}")
    return {name: found[name] for names in fitting.values() for name in names}


def _wanted(name: str, wanted: list[str]) -> bool:
    return any(fnmatchcase(name, each) for each in wanted)


def _tar(stream: io.BufferedIOBase, what: str, wanted: list[str]) -> dict[str, bytes]:
    found = {}
    bounded = io.BufferedReader(_Bounded(stream, what))
    with tarfile.open(fileobj=bounded, mode="r|", tarinfo=Header) as archive:
        for member in archive:
            name = safe(member.name, what)
            if not (member.isfile() or member.isdir()):
                raise UserError(f"{what}: {shortened(member.name)!r} is a link or a device; refused")
            if _wanted(name, wanted) and (content := archive.extractfile(member)) is not None:
                found[name] = content.read()
        to_the_end(bounded)
    return found


def _zip(path: Path, wanted: list[str]) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        all_members = listed(archive)
        if sum(member.file_size for member in all_members) > LIMIT:
            raise UserError(f"{path.name}: unpacks to more than {LIMIT} bytes; refused")
        found = {}
        for member in all_members:
            name = safe(member.filename, path.name)
            if member.external_attr >> 28 == 0o12:  # a symbolic link's file type
                raise UserError(f"{path.name}: {shortened(name)!r} is a link; refused")
            if _wanted(name, wanted):
                with archive.open(member) as stream:
                    found[name] = stream.read(member.file_size)
    return found


LOCAL, END = struct.Struct("<4s5H3L2H"), struct.Struct("<4s4H2LH")
"""The header before a member of a .zip, which the archive's directory repeats, and what follows the directory."""
FOLLOW, LARGE, MANY = 1 << 3, 0xFFFFFFFF, 0xFFFF
"""Flag of sizes that follow their member; what stands for a size of more than 32 bits, and for a count of more than 16.
"""


def listed(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The members of a .zip, where all that it says of them agrees.

    zipfile goes by the directory alone: where checksum and sizes are zero there, it finds a whole and empty file, and
    where the directory's own size is, no file.

    Raises
    ------
    zipfile.BadZipFile
        Where there are none, or there is disagreement.
    """
    found, file = archive.infolist(), archive.fp
    assert file is not None
    file.seek(-END.size - len(archive.comment), io.SEEK_END)
    count = END.unpack(file.read(END.size))[4]
    if not found or count not in (len(found), MANY):
        raise zipfile.BadZipFile(f"{len(found)} members found; {count or 'more'} were packed")
    for member in found:
        file.seek(member.header_offset)
        _, _, flags, _, _, _, checksum, packed, size, length, _ = LOCAL.unpack(file.read(LOCAL.size))
        told = checksum, packed, size
        known = flags & FOLLOW == 0 and LARGE not in told
        folder = file.read(length).endswith(b"/")
        if folder != member.filename.endswith("/") or (
            known and told != (member.CRC, member.compress_size, member.file_size)
        ):
            raise zipfile.BadZipFile(f"two headers of {shortened(member.filename)!r} disagree")
    return found


def _ar(path: Path, name: str) -> bytes:
    """One member of a Unix `ar` archive, which a .deb is: 60-byte headers, bodies padded to even length."""
    with path.open("rb") as file:
        if file.read(8) != b"!<arch>\n":
            raise UserError(f"{path.name}: not a Debian package")
        while len(header := file.read(60)) == 60:
            size = int(header[48:58])
            if size < 0:
                raise UserError(f"{path.name}: damaged archive (a member of negative size)")
            if header[:16].decode("latin-1").strip().rstrip("/") == name:
                return file.read(size)
            file.seek(size + size % 2, 1)
    raise UserError(f"{path.name}: holds no {name}")


def safe(name: str, what: str) -> str:
    """A member's name as a path inside the archive's folder.

    Raises
    ------
    UserError
        Where it leads out of that folder, or is none.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name:
        raise UserError(f"{what}: {shortened(name)!r} leaves its folder; refused")
    if not name or "\0" in name:
        raise UserError(f"{what}: {shortened(name)!r} is no name of a file; refused")
    return path.as_posix()
