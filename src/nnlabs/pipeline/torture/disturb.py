"""What is done to a small run, one disturbance a round, and whether it came through."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from nnlabs.pipeline.torture.command import PATIENCE, Command
from nnlabs.pipeline.torture.damage import damaged
from nnlabs.pipeline.torture.small import MADE, Beginning, Results, Small, results, used

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
KEPT = (*MADE, ".dvc", ".nnlabs", "dvc.lock")
"""What a run goes by beside code and knobs: any file of it may be damaged."""
STRIDE = 611_953
"""From one write that fails to the next: a prime, so that none comes twice before all have come."""
SHOWN = 3
"""Of many names, so many are told."""


@dataclass
class Round:
    """One disturbance, and what came of it."""

    kind: str
    nth: int
    """How many of its kind came before."""
    what: str = ""
    """What was done, exactly."""
    told: list[str] = field(default_factory=list)
    """The one-line errors of runs after the disturbance."""
    faults: list[str] = field(default_factory=list)
    """What must not be: something lost, a traceback, a run that hangs or cannot go on."""


Disturbance = Callable[[Small, Beginning, random.Random, Round], None]


def killed(small: Small, beginning: Beginning, rng: random.Random, done: Round) -> None:
    """Send one to three runs a signal each at a random moment: the scheduler, one stage, or all of the group.

    What outlives one is there while the next begins.
    """
    with ExitStack() as outliving:
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            outliving.enter_context(_signalled(small, beginning, rng, done))
        _recovered(small, beginning, done)


@contextmanager
def _signalled(small: Small, beginning: Beginning, rng: random.Random, done: Round) -> Iterator[None]:
    """A run that was sent a signal; what outlives it is there in the block."""
    which, whom = rng.choice(SIGNALS), rng.choice(("scheduler", "stage", "group"))
    after = rng.uniform(0, beginning.seconds)
    with small.start() as command:
        with contextlib.suppress(subprocess.TimeoutExpired):
            command.process.wait(after)
        victim = _send(command, which, whom, rng)
        done.what += f"{which.name} to the {victim} after {after:.2f} s; "
        _ended(command, done)
        yield


def _send(command: Command, which: signal.Signals, whom: str, rng: random.Random) -> str:
    """Send the signal; who got it."""
    with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
        if whom == "group":
            os.killpg(command.process.pid, which)
            return whom
        if whom == "stage":
            while command.process.poll() is None:
                if stages := command.stages():
                    victim = rng.choice(stages)
                    victim.send_signal(which)
                    return f"stage {victim.pid - command.process.pid} processes on"
                time.sleep(0.01)
        if command.process.poll() is None:
            command.process.send_signal(which)
            return "scheduler"
    return "run, which had ended"


def full_files(small: Small, beginning: Beginning, rng: random.Random, done: Round) -> None:
    """Let no file grow beyond a random size (RLIMIT_FSIZE)."""
    most = int(2 ** rng.uniform(6, 18))
    done.what = f"no file of more than {most} bytes"
    with small.start(file_size=most) as command:
        _ended(command, done)
    _recovered(small, beginning, done)


def full_disk(small: Small, beginning: Beginning, rng: random.Random, done: Round) -> None:
    """Run on a file system in memory that has little room left, then give it more."""
    room = rng.randrange(beginning.room)
    shutil.rmtree(small.folder)
    small.folder.mkdir()
    mount = [
        "mount",
        "-t",
        "tmpfs",
        "-o",
        f"size={used(beginning.folder) + 2 * beginning.room}",
        "torture",
        str(small.folder),
    ]
    subprocess.run(mount, check=True, capture_output=True)
    try:
        small.renew(beginning.folder)
        ballast = small.folder / "ballast"
        ballast.write_bytes(bytes(shutil.disk_usage(small.folder).free - room))
        done.what = f"{room >> 10} kB of room, {beginning.room >> 10} are needed"
        with small.start() as command:
            _ended(command, done)
        ballast.unlink()
        _recovered(small, beginning, done)
    finally:
        subprocess.run(["umount", "--lazy", str(small.folder)], check=True, capture_output=True)


def can_mount(where: Path) -> bool:
    """Whether there are rights for a small file system; `where` is a folder to try it in."""
    place = where / "mount"
    place.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        command = ["mount", "-t", "tmpfs", "-o", "size=64k", "torture", str(place)]
        subprocess.run(command, check=True, capture_output=True)
        subprocess.run(["umount", str(place)], check=True, capture_output=True)
        return True
    return False


def twice(small: Small, beginning: Beginning, rng: random.Random, done: Round) -> None:
    """Start a second run while the first is at work."""
    after = rng.uniform(0, beginning.seconds)
    done.what = f"a second run after {after:.2f} s"
    with small.start() as first:
        with contextlib.suppress(subprocess.TimeoutExpired):
            first.process.wait(after)
        with small.start() as second:
            statuses = [_ended(each, done) for each in (first, second)]
            if 0 not in statuses:
                done.faults.append("neither of two runs came through")
    _recovered(small, beginning, done)


def failed_write(small: Small, beginning: Beginning, rng: random.Random, done: Round) -> None:
    """Let a write fail, each once in turn: the n-th file that is opened for writing, renamed, removed or made."""
    n = 1 + done.nth * STRIDE % beginning.writes
    done.what = f"write {n} of {beginning.writes} failed"
    with small.start(small.failing(n)) as command:
        _ended(command, done)
    _recovered(small, beginning, done)


def damaged_file(small: Small, beginning: Beginning, rng: random.Random, done: Round) -> None:
    """Damage a file that a run left, of a whole run or of a killed one; maybe take away what it made."""
    if rng.random() < 0.5:
        with _signalled(small, beginning, rng, done):
            pass
    else:
        with small.start() as command:
            _ended(command, done)
    path = rng.choice(rng.choice(_kinds(small.folder)))
    before, mode = path.read_bytes(), path.stat().st_mode
    path.chmod(0o644)
    path.write_bytes(damaged(before, rng))
    path.chmod(mode)
    name = path.relative_to(small.folder)
    done.what += f"{name} damaged"
    if rng.random() < 0.5:
        done.what += ", models and predictions removed"
        for folder in ("models", "predictions"):
            if not name.is_relative_to(folder):
                shutil.rmtree(small.folder / folder, ignore_errors=True)

    def cure(line: str) -> None:
        """Do what the line says."""
        if path.name not in line:
            done.faults.append(f"{name} is damaged, and what is said does not name it: {line}")
        path.unlink(missing_ok=True)
        if "delete" not in line:
            path.write_bytes(before)

    _recovered(small, beginning, done, cure=cure)


def _kinds(folder: Path) -> list[list[Path]]:
    """The files that a run left, those of a kind together: however many there are, each kind has its turn."""
    kinds: dict[tuple[str, ...], list[Path]] = {}
    for path in sorted(path for name in KEPT for path in [folder / name, *(folder / name).rglob("*")]):
        if path.is_file():
            inside = path.relative_to(folder)
            kinds.setdefault((*inside.parts[:2], inside.suffix, inside.name * (len(inside.parts) < 4)), []).append(path)
    return [*kinds.values()]


def _recovered(
    small: Small, beginning: Beginning, done: Round, cure: Callable[[str], None] = lambda line: None
) -> None:
    """Run again, twice where the first run says what to do, and compare what it leaves."""
    with small.start() as command:
        status = _ended(command, done)
        if status and command.error:
            done.told.append(command.error)
            command.ended_all(PATIENCE)  # what it may have asked to wait for
            cure(command.error)
    if status:
        with small.start() as command:
            status = _ended(command, done)
            if status:
                done.faults.append(f"stuck: {command.error or 'no line'}")
                return
            if not command.ended_all(5):
                done.faults.append("something of it is still running")
    if status == 0:
        done.faults += _lost(beginning.results, results(small.folder))
        done.faults += [f"left behind: {path.relative_to(small.folder)}" for path in _left_behind(small.folder)]


def _ended(command: Command, done: Round) -> int | None:
    """Wait for a run; whatever its end is, it says so in a line and shows no traceback."""
    status = command.wait()
    if status is None:
        done.faults.append("hangs")
    elif status > 0 and not command.error:
        done.faults.append(f"ends with {status} and no line of what to do: {_brief(command.told)}")
    if "Traceback" in command.told:
        done.faults.append(f"traceback: {_brief(command.told)}")
    return status


def _brief(told: str) -> str:
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    return " | ".join(lines[-SHOWN:])


def _lost(expected: Results, found: Results) -> list[str]:
    names = [name for name in {**expected, **found} if expected.get(name) != found.get(name)]
    if not names:
        return []
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return [f"other than undisturbed: {', '.join(names[:SHOWN])}{more}"]


def _left_behind(folder: Path) -> list[Path]:
    """What only a run at work has."""
    parts = [path for name in KEPT for path in (folder / name).rglob(".*.part")]
    return [*parts, *(folder / ".nnlabs" / "checkpoints").glob("*/*")]


DISTURBANCES: dict[str, Disturbance] = {
    "killed": killed,
    "no room for a file": full_files,
    "no room on the disk": full_disk,
    "two at once": twice,
    "a write failed": failed_write,
    "a file damaged": damaged_file,
}
