"""Trained weights as one archive: `python -m nnlabs.pipeline.weights [--from WHERE]`.

Without WHERE the weights of this checkout are packed: a .tar whose bytes depend on them alone, with `SHA256SUMS`. Of an
archive those weights are taken that dvc.lock has, and DVC then finds them trained. Others are not: their results would
differ from what the pages say.
"""

import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Iterable
from pathlib import Path

from nnlabs.core import paths
from nnlabs.core.arguments import Parser
from nnlabs.core.errors import UserError, one_line_errors, shortened
from nnlabs.core.files import aside
from nnlabs.data.download import download, file_hash
from nnlabs.data.unpack import unpack
from nnlabs.pipeline.repository import Repository, opened
from nnlabs.pipeline.statement import outputs
from nnlabs.reporting.hashes import digests, folder
from nnlabs.telling.progress import CountProgress

NAME = "nnlabs-weights.tar"
SUMS = "SHA256SUMS"
"""What `sha256sum -c` checks; the archive's first member."""
NAMED = 5
"""So many are named in a line."""


class NoneFitError(UserError):
    """The archive is whole, and of another version."""


def main() -> None:
    parser = Parser(description="Pack trained weights, or take those of an archive.")
    parser.add_argument("--from", dest="source", help="URL or path of an archive to take weights from")
    given = parser.parse_args()
    if given.source:
        for line in take(given.source):
            print(line)
    else:
        archive = pack()
        size, digest = archive.stat().st_size / 1e6, file_hash(archive, "sha256")
        print(f"{os.path.relpath(archive)}: {size:,.1f} MB, sha256 {digest}")


def pack() -> Path:
    """Pack all weights that dvc.lock has.

    Raises
    ------
    UserError
        Where some are missing, or others than it has.
    """
    locked = _locked()
    there = {name: digests(paths.ROOT / name)["dvc"] if (paths.ROOT / name).exists() else "" for name in locked}
    if lacking := [name for name, md5 in locked.items() if there[name] != md5]:
        raise UserError(f"{_several(lacking)}: missing, or not what dvc.lock has; `make repro` makes them")
    files = [path for name in locked for path in sorted((paths.ROOT / name).rglob("*")) if path.is_file()]
    names = [path.relative_to(paths.ROOT).as_posix() for path in files]
    sums = "".join(f"{file_hash(path, 'sha256')}  {name}\n" for name, path in zip(names, files, strict=True))
    target = paths.cache() / NAME
    with (
        aside(target) as beside,
        tarfile.open(beside, "w", format=tarfile.USTAR_FORMAT) as archive,
        CountProgress(NAME, sum(path.stat().st_size for path in files), "B") as progress,
    ):
        archive.addfile(_member(SUMS, len(sums)), io.BytesIO(sums.encode()))
        for name, path in zip(names, files, strict=True):
            with path.open("rb") as content:
                archive.addfile(_member(name, size := path.stat().st_size), content)
            progress.add(size)
    return target


def _member(name: str, size: int) -> tarfile.TarInfo:
    """Its owner, rights and time are always the same."""
    member = tarfile.TarInfo(name)
    member.size = size
    return member


def take(source: str) -> list[str]:
    """Take the weights of an archive that are those of dvc.lock; lines that say which.

    What was fetched stays for the next try until it has been taken, unless it is damaged.

    Raises
    ------
    UserError
        Where the archive cannot be had, is damaged, or holds none of them.
    """
    whole = paths.MODELS / ".weights.part"  # which a later command removes, should this one be killed
    with opened() as repository:  # first, so that nothing is fetched while another command holds DVC's lock
        archive, own = _archive(source)
        try:
            _unpack(archive, whole, own)
            lines = _adopt(repository, whole, archive.name)
        except NoneFitError as error:
            kept = f"; {os.path.relpath(archive)} stays: remove it if the address has another by now"
            raise error if own else UserError(f"{error}{kept}") from None
        finally:
            shutil.rmtree(whole, ignore_errors=True)
        if not own:
            archive.unlink(missing_ok=True)
        return lines


def _unpack(archive: Path, whole: Path, own: bool) -> None:
    try:
        unpack(archive, whole)
        _compare_sums(whole, archive.name)
    except UserError:
        if not own:
            archive.unlink(missing_ok=True)
        raise


def _archive(source: str) -> tuple[Path, bool]:
    """The archive, and whether it is the user's own."""
    if source.startswith(("http://", "https://")):
        name = hashlib.sha256(source.encode()).hexdigest()[:16]  # what has come of another address is no beginning
        target = paths.cache() / "downloads" / f"weights-{name}.tar"
        if target.exists():
            print(f"{os.path.relpath(target)} was fetched before; remove it to fetch it anew", flush=True)
        else:
            download(source, target, patient=True)
        return target, False
    path = Path(source.removeprefix("file://")).expanduser()
    if not path.is_file():
        raise UserError(f"{source}: no such file; FROM is a URL (https://, http://, file://) or a path")
    return path, True


def _compare_sums(whole: Path, archive: str) -> None:
    """Compare all files with SHA256SUMS, and their names."""
    sums = whole / SUMS
    if not sums.is_file():
        raise UserError(f"{archive}: holds no {SUMS}; allowed is what `make weights` packs")
    lines = [line.partition("  ") for line in sums.read_text(encoding="utf-8", errors="replace").splitlines()]
    told = {name: digest for digest, _, name in lines}
    there = {path.relative_to(whole).as_posix(): path for path in whole.rglob("*") if path.is_file() and path != sums}
    if wrong := sorted(told.keys() ^ there.keys()) or [
        name for name, path in there.items() if file_hash(path, "sha256") != told[name]
    ]:
        raise UserError(f"{archive}: {_several(wrong)} other than {SUMS} says: it is damaged, fetch it again")


def _adopt(repository: Repository, whole: Path, archive: str) -> list[str]:
    """Put what fits where it belongs, and into DVC's cache."""
    locked = _locked()
    fitting = [name for name, md5 in locked.items() if digests(whole / name)["dvc"] == md5]
    trained = [name for name, md5 in locked.items() if md5 != folder({})]
    others = [name for name in trained if name not in fitting]
    if len(others) == len(trained):
        raise NoneFitError(
            f"{archive}: none of its weights is one of dvc.lock's: it was made with other settings, code or data. Take "
            "the archive of this version, or train with `make repro`"
        )
    kept = []
    for name in fitting:
        target = paths.ROOT / name
        (whole / name).mkdir(parents=True, exist_ok=True)  # that of a lab that trains nothing is empty
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            (whole / name).rename(target)
        elif digests(target)["dvc"] != locked[name]:
            kept.append(name)
            continue
        repository.adopt(name)
    taken = len(trained) - len(others) - len(kept)
    lines = [f"{taken} of {len(trained)} trained networks are in models/, as dvc.lock has them"]
    if kept:
        lines.append(f"left as they were, though not what dvc.lock has: {_several(kept)}; remove those and try again")
    if others:
        lines.append(f"not in {archive}, or trained with other settings, code or data: {_several(others)}")
    lines.append("`make repro` gets the data and evaluates; what is there it does not train")
    return lines


def _locked() -> dict[str, str]:
    """What dvc.lock has of everything in models/."""
    lock = paths.ROOT / "dvc.lock"
    if not lock.exists():
        raise UserError("dvc.lock is missing, which says what weights are; `git checkout -- dvc.lock` brings it back")
    return {name: md5 for name, md5 in outputs(lock.read_bytes()).items() if Path(name).parts[0] == paths.MODELS.name}


def _several(names: Iterable[str]) -> str:
    first, *more = names
    shown, rest = [first, *more][:NAMED], len(more) + 1 - NAMED
    return ", ".join(map(shortened, shown)) + (f" and {rest} more" if rest > 0 else "")


if __name__ == "__main__":
    with one_line_errors():
        main()
