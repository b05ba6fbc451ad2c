"""A stage on a machine that sees the checkout's disk: what travels lies there, by its hash, between two machines.

The one that has the checkout writes `job.json` into the job's folder, the other appends what happens to `news.jsonl`,
a list a line: what a `worker.Worker` tells, and that of itself.
"""

import getpass
import json
import os
import socket
import tempfile
import time
from pathlib import Path
from typing import Any

from nnlabs.core import disk
from nnlabs.core.errors import said
from nnlabs.core.files import write_json
from nnlabs.pipeline.executors import alike, worker
from nnlabs.pipeline.executors.contents import PIECE, Contents, WrongHashError, stamp
from nnlabs.pipeline.executors.worker import MachineError, Worker

JOB, NEWS, ALIVE = "job.json", "news.jsonl", "alive"
ORPHANED = 120.0
"""Seconds without a sign of the run that began a job, after which it ends."""


def write_job(folder: Path, contents: Contents, **job: Any) -> None:
    folder.mkdir(parents=True)
    (folder / ALIVE).touch()
    write_json(folder / JOB, job | {"contents": str(contents.folder), "code": alike.code()})


def run(name: str) -> None:
    """Do the job of this folder, on the machine that it was given to."""
    folder = Path(name)
    job = json.loads((folder / JOB).read_text(encoding="utf-8"))
    own = os.environ.get(worker.FOLDER) or f"{tempfile.gettempdir()}/nnlabs-{getpass.getuser()}"
    try:
        does = Worker(own)
        try:
            _tell(folder, "at", does.about()["cpu"])
            if why := alike.refusal(does.about(job["packages"]), job["packages"], job["code"]):
                raise MachineError(why)
            _do(does, job, folder)
        finally:
            does.close()
    except Exception as error:  # whatever it is, it is told where somebody reads it
        code = disk.cause(error)
        why = disk.CAUSES[code] if code else str(error) if isinstance(error, MachineError) else said(error)
        _tell(folder, "ended", 1, {}, f"{socket.gethostname()}: {why}")


def _do(does: Worker, job: dict[str, Any], folder: Path) -> None:
    tree = {path: tuple(entry) if entry else None for path, entry in job["tree"].items()}
    sizes = {entry[0]: entry[1] for entry in tree.values() if entry}
    store = Path(job["contents"])
    lacking = does.lacking(sizes)
    does.make_room(sum(sizes[digest] for digest in lacking), sizes)
    for digest in lacking:
        try:
            _copy(does, store / digest, digest, sizes[digest])
        except WrongHashError as error:
            raise MachineError(f"what lies in {store} is something else ({error})") from None
    stage = job["stage"]
    does.begin(stage, job["line"], tree, job["makes"])
    seen, alive = 0, _Alive(folder / ALIVE)
    while alive:
        for kind, *told in does.news(stage, seen, patience=1.0):
            seen += 1
            if kind == "checkpoint":
                _give(does, store, told[1])
            if kind == "ended":
                for entry in told[1].values():
                    if entry:
                        _give(does, store, entry[0])
            _tell(folder, kind, *(told[:3] if kind == "ended" else told))
            if kind == "ended":
                return
    raise MachineError("the run that began this is gone")


def _copy(does: Worker, path: Path, digest: str, size: int) -> None:
    with path.open("rb") as file:
        for offset in range(0, max(size, 1), PIECE):
            does.take([(digest, offset, size, file.read(PIECE))])


def _give(does: Worker, store: Path, digest: str) -> None:
    """Have a content lie where the other machine reads it; it is whole or is not there."""
    target = store / digest
    if target.exists():
        return
    beside = store / f"{digest}-{socket.gethostname()}-{os.getpid()}.part"
    with beside.open("wb") as file:
        offset = 0
        while piece := does.give([(digest, offset, PIECE)])[0]:
            file.write(piece)
            offset += len(piece)
    os.utime(beside, (time.time(), stamp(digest)))
    beside.replace(target)


def _tell(folder: Path, *news: Any) -> None:
    with (folder / NEWS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(news) + "\n")


class _Alive:
    """True as long as the other machine's sign is renewed: by its time alone, for clocks differ."""

    def __init__(self, sign: Path) -> None:
        self._sign = sign
        self._last, self._since = 0, time.monotonic()

    def __bool__(self) -> bool:
        try:
            found = self._sign.stat().st_mtime_ns
        except OSError:
            return False
        if found != self._last:
            self._last, self._since = found, time.monotonic()
        return time.monotonic() - self._since < ORPHANED
