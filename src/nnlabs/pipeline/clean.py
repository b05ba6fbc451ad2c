"""Remove what can be made again, after saying what: `python -m nnlabs.pipeline.clean [--yes]`."""

import shutil
import sys
from pathlib import Path

from nnlabs.core import paths

REMADE = ("data", "models", "predictions", ".dvc/cache", ".dvc/tmp", ".nnlabs")
"""The environment stays, and so does everything that git tracks."""


def size(folder: Path) -> int:
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


def main() -> None:
    there = [paths.ROOT / name for name in REMADE if (paths.ROOT / name).exists()]
    if not there:
        print("nothing to remove")
        return
    print("this removes, and `make repro` makes again (downloads and training included):")
    for folder in there:
        print(f"{size(folder) / 1e6:10,.1f} MB  {folder.relative_to(paths.ROOT)}")
    if "--yes" not in sys.argv[1:]:
        try:
            answer = input("remove it? [y/N] ")
        except EOFError:
            answer = ""
        if answer.strip().lower() not in ("y", "yes"):
            print("nothing was removed")
            return
    for folder in there:
        shutil.rmtree(folder)
    print("removed")


if __name__ == "__main__":
    main()
