"""Make an environment of pinned packages: `python -I src/nnlabs/pipeline/environment.py .venv INDEX FILES`.

FILES are what it is made of: a file of pinned packages, or requirements.lock for its torch and a second file, which is
pyproject.toml for the environment that the project itself is installed into. INDEX is where pip looks for torch beside
the usual one, or empty.

The machine's own Python runs this before there is any package, so nothing beside the standard library is imported. The
Makefile keeps away what would lead pip or Python elsewhere, and calls this where the folder's `installed` does not hold
what it should: the checkout's path, and FILES.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

MOVABLE = re.compile(r"/[\w./+@-]{1,90}")
"""Paths that scripts hold as they are; a longer one, or one with a space, does not fit into a script's first line."""
ROOM = 2.0
"""GB that a whole environment takes on Linux, with torch for the CPU."""


class NotMadeError(Exception):
    """Told in one line, or in pip's own."""


def make(folder: Path, index: str, files: list[Path]) -> None:
    """Bring the environment in the folder up to date; one that was not finished, or has no pip, is made anew.

    Raises
    ------
    NotMadeError
        Where this Python makes no environments, or pip fails.
    """
    root, done = Path.cwd(), folder / "installed"
    old = done.read_text(encoding="utf-8").partition("\n")[0] if done.exists() else ""
    if old and old != str(root) and MOVABLE.fullmatch(old) and MOVABLE.fullmatch(str(root)):
        print(f"{folder} was made for {old}: it now is for {root}")
        move(folder, old, str(root))
    elif old != str(root) or not _has_pip(folder):
        _create(folder)
    if _stamp(root, files) != (done.read_bytes() if done.exists() else b""):
        _install(folder, index, files)
        done.write_bytes(_stamp(root, files))


def move(folder: Path, old: str, new: str) -> None:
    """Have the environment of a checkout that was renamed or copied hold the new path where it holds the old one."""
    site = folder.glob("lib/python*/site-packages/*.pth")
    for path in [*(folder / "bin").iterdir(), folder / "pyvenv.cfg", *site, folder / "installed"]:
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            if (moved := re.sub(rf"{re.escape(old)}(?=[/\n])".encode(), new.encode(), content)) != content:
                path.write_bytes(moved)


def _stamp(root: Path, files: list[Path]) -> bytes:
    """What the Makefile compares: the path, then the files."""
    return b"".join([f"{root}\n".encode(), *(each.read_bytes() for each in files)])


def _has_pip(folder: Path) -> bool:
    python = folder / "bin" / "python"
    return python.exists() and not subprocess.run([python, "-c", "import pip"], capture_output=True).returncode


def _create(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    python = sys._base_executable  # type: ignore[attr-defined]  # `python3` may have been the folder's own
    done = subprocess.run([python, "-m", "venv", str(folder)], capture_output=True, text=True)
    if done.returncode == 0:
        return
    shutil.rmtree(folder, ignore_errors=True)  # half of one would be taken for a whole
    said = done.stdout + done.stderr
    if "ensurepip" in said:
        version = "{}.{}".format(*sys.version_info)
        raise NotMadeError(
            f"{python} has no ensurepip, which makes environments: on Debian and Ubuntu install it with "
            f"`sudo apt install python{version}-venv`, then run the same command again"
        )
    raise NotMadeError(f"{folder} cannot be made: {[*said.split(chr(10)), 'no reason given'][0]}")


def _install(folder: Path, index: str, files: list[Path]) -> None:
    lock, last = files[0], files[-1]
    project = last.name == "pyproject.toml"
    print(f"installing the packages of {lock} into {folder}", flush=True)
    beside = ["--extra-index-url", index, "--retries", "1"] if index else []
    torch = [line for line in lock.read_text(encoding="utf-8").splitlines() if re.match("torch(vision)?==", line)]
    if torch:
        _pip(folder, *beside, *torch)
    _pip(folder, "-r", str(lock if project else last))
    if project:
        _pip(folder, "--no-deps", "--no-build-isolation", "-e", ".")
        _own(folder / "bin" / "dvc")
    compiling = [str(folder / "bin" / "python"), "-m", "compileall", "-q", "-j", "0", str(folder / "lib")]
    subprocess.run(compiling, capture_output=True)  # on all cores; pip would take one


def _own(command: Path) -> None:
    """Have the `dvc` of this environment be `nnlabs.pipeline.command`, which does the same in less time."""
    if command.exists():
        script = command.read_text(encoding="utf-8")
        command.write_text(
            script.replace("from dvc.cli import", "from nnlabs.pipeline.command import"), encoding="utf-8"
        )


def _pip(folder: Path, *arguments: str) -> None:
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--no-compile", *arguments]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if not done.returncode:
        return
    if re.search(r"No space left|quota exceeded", done.stderr):
        free = shutil.disk_usage(folder).free / 1e9
        raise NotMadeError(
            f"the disk is full: {folder} takes about {ROOM:.0f} GB, and as much for pip's own cache; {free:.1f} GB are "
            "free. Make room and run the same command again"
        )
    raise NotMadeError(f"pip cannot install what {folder} needs:\n{done.stderr.strip()}")


if __name__ == "__main__":
    try:
        make(Path(sys.argv[1]), sys.argv[2], [Path(each) for each in sys.argv[3:]])
    except NotMadeError as failure:
        sys.exit(f"error: {failure}")
    except OSError as error:
        sys.exit(f"error: {sys.argv[1]} cannot be made: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted: run the same command again")
