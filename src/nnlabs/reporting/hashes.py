"""Hashes of what stages make: those that dvc.lock has, and those that others can compute without DVC."""

import hashlib
import json
from pathlib import Path

CHUNK = 1 << 20

Digests = dict[str, str]
"""By algorithm, as in-toto has it; `dvc` is what dvc.lock says."""


def digests(path: Path) -> Digests:
    """Of a file `sha256` and `dvc`; of a folder `dirHash` and `dvc`.

    `dirHash` is in-toto's: the SHA-256 of what `sha256sum` prints of all files in the order of their names.
    """
    if path.is_file():
        md5, sha256 = _file(path)
        return {"sha256": sha256, "dvc": md5}
    files = {each.relative_to(path).as_posix(): _file(each) for each in path.rglob("*") if each.is_file()}
    lines = "".join(f"{files[name][1]}  {name}\n" for name in sorted(files, key=str.encode))
    return {
        "dirHash": hashlib.sha256(lines.encode()).hexdigest(),
        "dvc": folder({name: md5 for name, (md5, _) in files.items()}),
    }


def folder(files: dict[str, str]) -> str:
    """What dvc.lock says of a folder of these files, by name the MD5 of each."""
    listed = [{"md5": files[name], "relpath": name} for name in sorted(files)]
    return hashlib.md5(json.dumps(listed).encode(), usedforsecurity=False).hexdigest() + ".dir"


def _file(path: Path) -> tuple[str, str]:
    """MD5 and SHA-256, in one reading."""
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            md5.update(chunk)
            sha256.update(chunk)
    return md5.hexdigest(), sha256.hexdigest()
