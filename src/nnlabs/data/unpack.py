"""Archives of whole folders, gigabytes of them: onto the disk, member by member, and none outside its folder."""

import errno
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from nnlabs.core.errors import UserError, shortened
from nnlabs.core.files import replaced
from nnlabs.data.archives import Header, listed, reading, safe, to_the_end, unzipped
from nnlabs.telling.progress import CountProgress

LIMIT = 16 << 30
"""No archive of the catalogue unpacks to more bytes than this, Stanford Cars' 2 GB being the most."""
MEMBERS = 200_000
"""Nor holds more files and folders than this."""
SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz")
CHUNK = 1 << 20

Members = Iterator[tuple[str, IO[bytes], int]]
"""Name, content, and how many bytes of the archive have been read by then."""


def unpack(archive: Path, target: Path) -> None:
    """Unpack a whole archive; the target is there once all of it is.

    Raises
    ------
    UserError
        Where the archive is damaged or encrypted, holds a link, a device, one name twice or a path that
        leaves its folder, or is larger than LIMIT or MEMBERS allow.
    """
    members = _zip(archive) if archive.suffix == ".zip" else _tar(archive)
    left, told, count = LIMIT, 0, 0
    with replaced(target) as folder, CountProgress(archive.name, archive.stat().st_size, "B") as progress:
        while True:
            with reading(archive.name):  # and not the writing: what fails there is the disk
                member = next(members, None)
            if member is None:
                return
            name, stream, read = member
            count += 1
            if count > MEMBERS:
                raise UserError(f"{archive.name}: holds more than {MEMBERS} members; refused")
            with _new(folder / name, archive.name) as file:
                while True:
                    with reading(archive.name):
                        chunk = stream.read(CHUNK)
                    if not chunk:
                        break
                    left -= len(chunk)
                    if left < 0:
                        raise UserError(f"{archive.name}: unpacks to more than {LIMIT} bytes; refused")
                    file.write(chunk)
            progress.add(read - told)
            told = read


def _new(path: Path, archive: str) -> IO[bytes]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")
    except (FileExistsError, IsADirectoryError, NotADirectoryError):
        raise UserError(f"{archive}: holds {shortened(path.name)!r} twice; refused") from None
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno not in (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ):
            raise
        raise UserError(f"{archive}: {shortened(path.name)!r} cannot be the name of a file here; refused") from None


def _tar(archive: Path) -> Members:
    with (
        archive.open("rb") as file,
        unzipped(file) as content,
        tarfile.open(fileobj=content, mode="r|", tarinfo=Header) as members,
    ):
        for member in members:
            name = safe(member.name, archive.name)
            if member.isdir():
                continue
            if not member.isfile() or (stream := members.extractfile(member)) is None:
                raise UserError(f"{archive.name}: {shortened(name)!r} is a link or a device; refused")
            yield name, stream, file.tell()
        to_the_end(content)


def _zip(archive: Path) -> Members:
    read = 0
    with zipfile.ZipFile(archive) as members:
        for member in listed(members):
            name = safe(member.filename, archive.name)
            if member.external_attr >> 28 == 0o12:  # a symbolic link's file type
                raise UserError(f"{archive.name}: {shortened(name)!r} is a link; refused")
            read += member.compress_size
            if not member.is_dir():
                with members.open(member) as stream:
                    yield name, stream, read
