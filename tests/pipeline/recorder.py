"""What a stage has loaded and read of the project by its end, beside what its settings file says.

`install` puts this file on the path of every process of a copy. A process that runs a script of `stages/` then writes,
as it ends, which modules of the project it has and which of the project's files it opened, to the folder that the
environment names; so does each of several processes that share a stage.
"""

import atexit
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

FOLDER = "NNLABS_RECORD"
"""Names the folder to write to."""
NAME = "stage_recorder"
PACKAGE = "nnlabs"
TELLING = f"{PACKAGE}.telling"
BYTECODE = "__pycache__"
"""Opened by the import of modules, which count as such."""


def install(site: Path) -> None:
    """Put the recorder on a path that processes have: into its `sitecustomize`, which may be there already."""
    site.mkdir(parents=True, exist_ok=True)
    shutil.copy(__file__, site / f"{NAME}.py")
    custom = site / "sitecustomize.py"
    text = custom.read_text() if custom.exists() else ""
    if NAME not in text:
        custom.write_text(f"{text}\nimport {NAME}\n{NAME}.begin()\n")


def begin() -> None:
    """In a process of the copy: write at its end. A child that is forked from it has opened nothing yet."""
    opened: set[str] = set()

    def listen(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str | os.PathLike):
            opened.add(os.fspath(arguments[0]))

    def write() -> None:
        folder = os.environ.get(FOLDER)
        script = Path(sys.argv[0] if sys.argv else "")
        if not folder or script.resolve().parent != Path("stages").resolve():
            return
        stage = "@".join([script.stem, *sys.argv[1:2]])
        root = Path.cwd()
        read = {Path(path).resolve() for path in opened}
        content = {
            "stage": stage,
            "modules": sorted(
                _told(name, getattr(module, "__file__", None), root)
                for name, module in sys.modules.items()
                if name.partition(".")[0] == PACKAGE
            ),
            "files": sorted(
                path.relative_to(root).as_posix()
                for path in read
                if any(path.is_relative_to(root / part) for part in ("src", "stages"))
                and path.suffix != ".py"
                and BYTECODE not in path.parts
            ),
        }
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / f"{stage}-{os.getpid()}.json").write_text(json.dumps(content))

    sys.addaudithook(listen)
    os.register_at_fork(after_in_child=opened.clear)
    atexit.register(write)


def _told(name: str, file: str | None, root: Path) -> str:
    """The module's name; with its file, where that is of another checkout."""
    inside = file is None or Path(file).resolve().is_relative_to(root)
    return name if inside else f"{name} from {file}"


def recorded(folder: Path) -> dict[str, dict[str, set[str]]]:
    """By stage, the `modules` that it had and the `files` that it read, all its processes together."""
    found: dict[str, dict[str, set[str]]] = {}
    for path in sorted(folder.glob("*.json")):
        content = json.loads(path.read_text())
        stage = found.setdefault(content["stage"], {"modules": set(), "files": set()})
        for kind, names in stage.items():
            names |= set(content[kind])
    return found


def unexplained(folder: Path, settings: Path) -> dict[str, set[str]]:
    """By stage, what it had or read that its settings file does not name; a stage with nothing of the kind is left out.

    `settings` is the folder reports/settings of the copy. What only speaks to people is in no settings file.
    """
    found = {}
    for name, had in recorded(folder).items():
        stage, _, key = name.partition("@")
        if stage == "settings":
            continue
        file = settings / (f"{stage}/{key}.json" if key else f"{stage}.json")
        named = json.loads(file.read_text())
        modules = {each for each in had["modules"] if each != TELLING and not each.startswith(f"{TELLING}.")}
        found[name] = (modules - named["modules"].keys()) | (had["files"] - named["files"].keys())
    return {name: more for name, more in found.items() if more}
