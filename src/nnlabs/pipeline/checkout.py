"""A throw-away clone of the checkout, to run the pipeline in without touching the report."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from nnlabs.core import paths
from nnlabs.core.errors import UserError

MAKE_ONE = "git init && git add -A` and `git commit -m 'As it came'"
"""Of a tree that came without its history."""


def clone(name: str, *, committed: bool) -> Path:
    """Clone the checkout into `.nnlabs/<name>`, in place of an older one.

    `committed` leaves out what is not committed yet; without it changes of tracked files come along.

    Raises
    ------
    UserError
        Where this is no git checkout, or git fails.
    """
    git("rev-parse", "HEAD", where=paths.ROOT)  # says what is missing before anything is removed
    target = paths.cache() / name
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    git("clone", "--quiet", "--no-hardlinks", str(paths.ROOT), str(target), where=paths.ROOT)
    if not committed and (change := git("diff", "HEAD", "--binary", where=paths.ROOT)):
        git("apply", "--index", "-", where=target, given=change)
    return target


def git(*arguments: str, where: Path, given: bytes | None = None) -> bytes:
    """Run git and return what it prints."""
    try:
        done = subprocess.run(["git", *arguments], cwd=where, input=given, capture_output=True)
    except FileNotFoundError:
        raise UserError("git is not installed; this needs it") from None
    if done.returncode and b"not a git repository" in done.stderr:
        raise UserError(f"{where} is no git repository, which this needs; `{MAKE_ONE}` make it one")
    if done.returncode:
        raise UserError(f"git {arguments[0]} failed in {where}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def committed(path: Path) -> str:
    """A file of the checkout as it was last committed.

    Raises
    ------
    UserError
        Where it never was, or git fails.
    """
    return git("show", f"HEAD:./{path.relative_to(paths.ROOT).as_posix()}", where=paths.ROOT).decode()


def schedule(where: Path, *arguments: str) -> int:
    """Run the scheduler in a clone; its exit status."""
    return _run(where, [sys.executable, "-m", "nnlabs.pipeline.schedule", *arguments])


def dvc(where: Path, *arguments: str) -> int:
    """Run dvc in a clone; its exit status."""
    return _run(where, ["dvc", *arguments])


def _run(where: Path, command: list[str]) -> int:
    """Run a command with this checkout's downloads, and checkpoints of the clone's own."""
    downloads = where / ".nnlabs" / "downloads"
    downloads.parent.mkdir(exist_ok=True)
    (paths.cache() / "downloads").mkdir(parents=True, exist_ok=True)
    downloads.symlink_to(paths.cache() / "downloads")
    environment = {key: value for key, value in os.environ.items() if key != "NNLABS_CACHE"}
    return subprocess.run(command, cwd=where, env=environment).returncode
