"""What a kill or a full disk leaves behind, put right by the next command that opens the repository.

DVC's notes that were cut off, files that were still to be renamed, stages that nobody waits for any more: all of it is
looked at with DVC's lock held, and touched only where no other dvc is at work.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import time
from pathlib import Path

import psutil
from dvc.repo import Repo
from dvc.scm import SCM, SCMError

from nnlabs.core import paths
from nnlabs.core.errors import UserError

DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
UNFINISHED = re.compile(r".*\.[\w-]{22}\.tmp|\..+\.part")
"""Names of what DVC (`tmp_fname`) and `core.files` write before it gets its own."""
PATIENCE = ((signal.SIGINT, 3), (signal.SIGTERM, 3), (signal.SIGKILL, 3))
"""How a process is asked to end, and for how many seconds each time."""


def repository(root: Path) -> Repo:
    """DVC's repository; what DVC remembers of files' hashes begins anew where that is damaged."""
    try:
        repo = _repository(root)
        if all(_whole(Path(each.directory) / "cache.db") for each in (repo.state.hashes, repo.state.links)):
            return repo
        repo.close()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode not in DAMAGED:
            raise
    print("DVC's memory of the files' hashes was damaged; it begins anew", flush=True)
    (root / ".dvc" / "tmp" / "btime").unlink(missing_ok=True)  # whose time names the place that DVC keeps it in
    return _repository(root)


def _repository(root: Path) -> Repo:
    try:
        scm = SCM(str(root))
    except SCMError:  # a tree without its history, as a forge packs it
        scm = SCM(str(root), no_scm=True)
    return Repo(str(root), scm=scm)


def _whole(database: Path) -> bool:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return bool(connection.execute("PRAGMA quick_check").fetchall() == [("ok",)])


def put_right(repo: Repo) -> None:
    """End what a killed run has left at work, and remove what it has left half-written.

    Raises
    ------
    UserError
        Where another dvc is at work.
    """
    rwlock = Path(repo.tmp_dir) / "rwlock"
    if (other := _waiting(rwlock)) is not None:
        raise UserError(at_work(other.pid))
    rwlock.unlink(missing_ok=True)  # holds nothing but what dead processes had in use, or was cut off
    if left := _left_behind():
        print(f"a run that was killed has left {_names(left)} at work: ending that", flush=True)
        _end(left)
    for folder in (Path(repo.cache.local_cache_dir), paths.DATA, paths.MODELS, paths.PREDICTIONS, paths.REPORTS):
        for path in [each for each in folder.rglob(".*") if UNFINISHED.fullmatch(each.name)]:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def lock_holder(repo: Repo) -> int | None:
    """The process that has DVC's lock, where its file says so."""
    try:
        return int((Path(repo.tmp_dir) / "lock").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def at_work(pid: int | None) -> str:
    """Who uses this folder, and what to do."""
    who = "another dvc, or another `make repro`,"
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid) if pid else None
        if process and process.pid != os.getpid():
            command = process.cmdline()
            name = "another `make repro`" if "nnlabs.pipeline.schedule" in command else f"`{' '.join(command[1:])}`"
            who = f"{name} (process {pid}, since {time.strftime('%H:%M', time.localtime(process.create_time()))})"
    return f"{who} is at work in this folder; wait for its end"


def _waiting(rwlock: Path) -> psutil.Process | None:
    """A dvc that waits for its stage: it lets go of DVC's lock then, and notes here what is in use."""
    try:
        held = json.loads(rwlock.read_text(encoding="utf-8"))
        readers = [each for several in held.get("read", {}).values() for each in several]
        holders = {holder["pid"] for holder in [*held.get("write", {}).values(), *readers]}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError, KeyError, TypeError):  # cut off: whoever it is
        holders = {each.pid for each in psutil.process_iter() if _works_here(each)}
    return next((each for each in map(_process, holders - {os.getpid()}) if each and _is_dvc(each)), None)


def _process(pid: int) -> psutil.Process | None:
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid)
    return None


def _is_dvc(process: psutil.Process) -> bool:
    """Whether it is one: after a kill and many others the number may be another program's."""
    with contextlib.suppress(psutil.Error):
        return any(Path(word).name == "dvc" for word in process.cmdline())
    return False


def _works_here(process: psutil.Process) -> bool:
    """Whether it does, and not in a clone that `checkout` has made within."""
    with contextlib.suppress(psutil.Error):
        folder = Path(process.cwd())
        return folder.is_relative_to(paths.ROOT) and not folder.is_relative_to(paths.cache())
    return False


def _left_behind() -> list[psutil.Process]:
    """Processes of stages; nobody waits for them, since nobody else is at work."""
    ours = {os.getpid(), *(each.pid for each in psutil.Process().parents())}
    return [each for each in psutil.process_iter() if each.pid not in ours and _works_here(each) and _is_stage(each)]


def _is_stage(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        environment = process.environ()
        started = "DVC_STAGE" in environment and environment.get("DVC_ROOT") == str(paths.ROOT)
        return started or any(word.endswith("executors/forking.py") for word in process.cmdline())
    return False


def _names(processes: list[psutil.Process]) -> str:
    names = set()
    for process in processes:
        with contextlib.suppress(psutil.Error):
            names.add(process.environ().get("DVC_STAGE", f"process {process.pid}"))
    return ", ".join(sorted(names)) or "stages"


def _end(processes: list[psutil.Process]) -> None:
    for how, seconds in PATIENCE:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(how)
        _, processes = psutil.wait_procs(processes, timeout=seconds)
