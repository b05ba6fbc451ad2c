"""One stage on one machine: what it reads is sent, what it says is passed on, what it made comes back."""

import contextlib
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from nnlabs.core import paths
from nnlabs.core.files import aside
from nnlabs.pipeline.events import Events
from nnlabs.pipeline.executors import Command
from nnlabs.pipeline.executors.contents import PIECE, WrongHashError, sha256
from nnlabs.pipeline.executors.link import LostError, Machine
from nnlabs.pipeline.executors.local import pass_on
from nnlabs.pipeline.executors.trees import Hashes, Tree, read
from nnlabs.pipeline.executors.worker import CHECKPOINTS, MachineError

HEARTBEAT = 5.0
"""Seconds after which a machine says that there is nothing new."""
ARRIVING = Path(".nnlabs/arriving")
"""Where results are until all of a stage's have come."""
TRIES = 2
"""Of sending or fetching a content that comes as something else."""


class Errand:
    """A stage that runs on a machine; `run` is one thread's."""

    def __init__(self, command: Command, machine: Machine, sources: Tree, hashes: Hashes, events: Events) -> None:
        """`sources` are the files that every stage goes by."""
        self.command, self.machine = command, machine
        self._sources, self._hashes, self._events = sources, hashes, events
        self.resumed = False
        """Whether there was a checkpoint to go on from."""

    def run(self) -> int:
        """Do all of it. Returns the exit status.

        Raises
        ------
        LostError, MachineError
            Where the machine is gone, or cannot do it.
        UserError, OSError
            Where what the stage reads is missing here, or what it made cannot be written here.
        """
        command, call = self.command, self.machine.link.call
        read_here = read(paths.ROOT, command.reads, self._hashes)
        saved = self._checkpoints()
        self.resumed = bool(saved)
        tree = self._sources | read_here | saved
        cards = self.machine.cards[command.stage] if self.machine.link.gpus else None
        asked = command.stage, command.line, tree, list(command.makes), cards, command.threads
        try:
            if lacking := call("begin", *asked):
                with self.machine.sending:
                    self._send(tree, call("lacking", lacking))
                if call("begin", *asked):
                    raise MachineError("it does not keep what it is sent")
            status, made, small = self._follow()
            if not status:
                self._bring(made, small)
                self._forget_checkpoints()
            return status
        except BaseException:
            with contextlib.suppress(LostError):
                call("forget", command.stage)
            raise

    # ------------------------------------------------------------ there

    def _send(self, tree: Tree, lacking: list[str]) -> None:
        """Send what the machine has not."""
        places = {entry[0]: (self._here(name), entry[1]) for name, entry in tree.items() if entry}
        call = self.machine.link.call
        for tried in range(1, TRIES + 1):
            call("make_room", sum(places[digest][1] for digest in lacking), [*places])
            try:
                for pieces in _batches((digest, *places[digest]) for digest in lacking):
                    call("take", pieces)
                return
            except WrongHashError as error:
                if tried == TRIES:
                    raise MachineError(f"what was sent to it came as something else ({error})") from None
                lacking = call("lacking", lacking)

    @staticmethod
    def _here(name: str) -> Path:
        inner = name.removeprefix(f"{CHECKPOINTS}/")
        return paths.cache() / "checkpoints" / inner if inner != name else paths.ROOT / name

    def _follow(self) -> tuple[int, Tree, dict[str, bytes]]:
        """Pass on what the stage says until it has ended. Returns its status, what it made, and small contents."""
        stage, seen = self.command.stage, 0
        while True:
            for kind, *told in self.machine.link.call("news", stage, seen, HEARTBEAT):
                seen += 1
                if kind == "line":
                    self._say(*told)
                elif kind == "checkpoint":
                    self._save(*told)
                else:
                    status, made, trouble, small = told
                    if trouble:
                        raise MachineError(trouble)
                    return status, made, small

    def _say(self, line: str) -> None:
        pass_on(self.command.stage, line, self._events)

    # ------------------------------------------------------------ back

    def _bring(self, made: Tree, small: dict[str, bytes]) -> None:
        """Fetch what the stage made, and put it in place once all of it has come."""
        with _arriving(self.command.stage) as folder:
            self._fetch({name: entry for name, entry in made.items() if entry}, small, folder)
            for name, entry in made.items():
                if entry is None:
                    (folder / name).mkdir(parents=True, exist_ok=True)
            for name in self.command.makes:
                if (folder / name).exists():
                    _put(folder / name, paths.ROOT / name)

    def _fetch(self, files: Tree, small: dict[str, bytes], folder: Path) -> None:
        for name, entry in files.items():
            assert entry
            target = folder / name
            if target.is_relative_to(folder) and ".." not in target.parts:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(small.get(entry[0], b""))
                if sha256(target) != entry[0]:
                    self._fetch_one(*entry, target)

    def _fetch_one(self, digest: str, size: int, target: Path) -> None:
        for _ in range(TRIES):
            with target.open("wb") as file:
                for offset in range(0, size, PIECE):
                    (piece,) = self.machine.link.call("give", [(digest, offset, min(PIECE, size - offset))])
                    file.write(piece)
            if sha256(target) == digest:
                return
        raise MachineError(f"what it sent of {target.name} is not what it made (another hash)")

    # ------------------------------------------------------------ checkpoints

    def _checkpoints(self) -> Tree:
        """What an interrupted run of the stage has left here, under the names that it has there."""
        tree: Tree = {}
        for folder in self._folders():
            for path in sorted(folder.glob("[!.]*.pt")):
                tree[f"{CHECKPOINTS}/{folder.name}/{path.name}"] = (self._hashes(path), path.stat().st_size)
        return tree

    def _folders(self) -> list[Path]:
        own = re.compile(re.escape(self.command.stage.partition("@")[2]) + r"-[0-9a-f]{20}")  # `training.checkpoint`
        folder = paths.cache() / "checkpoints"
        return [each for each in sorted(folder.glob("*")) if own.fullmatch(each.name)]

    def _save(self, name: str, digest: str, size: int) -> None:
        """Have a checkpoint here, so that another machine can go on from it; where there is no room, the last stays."""
        target = paths.cache() / "checkpoints" / name
        if not re.fullmatch(r"[\w.-]+/[\w-][\w.-]*\.pt", name):
            raise MachineError(f"it names a checkpoint {name!r}")
        try:
            with aside(target) as beside:
                self._fetch_one(digest, size, beside)
        except MachineError as error:
            self._say(f"a checkpoint did not arrive ({error})\n")
        except OSError as error:
            self._say(f"a checkpoint cannot be kept here ({error})\n")

    def _forget_checkpoints(self) -> None:
        for folder in self._folders():
            shutil.rmtree(folder)


def _batches(contents: Iterable[tuple[str, Path, int]]) -> Iterator[list[tuple[str, int, int, bytes]]]:
    """Pieces, together some megabytes each time: small files travel together, large ones in parts."""
    batch: list[tuple[str, int, int, bytes]] = []
    size = 0
    for digest, path, whole in contents:
        with path.open("rb") as file:
            for offset in range(0, max(whole, 1), PIECE):
                piece = file.read(PIECE)
                batch.append((digest, offset, whole, piece))
                size += len(piece)
                if size >= PIECE:
                    yield batch
                    batch, size = [], 0
    if batch:
        yield batch


@contextlib.contextmanager
def _arriving(stage: str) -> Iterator[Path]:
    folder = paths.ROOT / ARRIVING / stage
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _put(arrived: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    arrived.replace(target)
