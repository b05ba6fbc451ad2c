"""A Ray cluster with a network of its own, and machines with folders of their own that cannot see a checkout."""

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

PROJECT = Path.cwd()
RAY = Path(sys.executable).with_name("ray")
COMMON = ("--disable-usage-stats", "--block", "--object-store-memory=80000000")
SECONDS = 300
"""That a machine may take to begin, where others compute beside it."""
PORT = 6379


class Machine:
    """What `ray start` began, and all that belongs to it."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.folder, self.process = folder, process

    @property
    def work(self) -> Path:
        return self.folder / "work"

    def processes(self) -> list[psutil.Process]:
        found = []
        for each in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if each.environ().get("NNLABS_WORK") == str(self.work):
                    found.append(each)
        return found

    def send(self, number: int) -> None:
        """A signal to all of it: SIGKILL is a machine whose plug is pulled."""
        for each in self.processes():
            with contextlib.suppress(psutil.Error):
                each.send_signal(number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        while self.processes():
            self.send(signal.SIGKILL)
            time.sleep(0.05)

    def wait(self) -> None:
        """Until it has joined the cluster."""
        deadline = time.monotonic() + SECONDS
        said = self.folder / "said"
        while b"Ray runtime started" not in said.read_bytes():
            assert self.process.poll() is None and time.monotonic() < deadline, said.read_text()
            time.sleep(0.1)


class Cluster:
    """Its machines, as a test has them join. Nothing outside this machine reaches it, nor it anything."""

    def __init__(self, folder: Path, hidden: Path) -> None:
        """The machines do not see the hidden folder."""
        self.folder, self.hidden = folder, hidden
        self.machines: list[Machine] = []
        self._numbers = itertools.count(1)
        holds = "ip link set lo up && echo && exec sleep 3600"
        self._network = subprocess.Popen(["unshare", "-n", "sh", "-c", holds], stdout=subprocess.PIPE)
        assert self._network.stdout
        self._network.stdout.readline()
        self.address = f"127.0.0.1:{PORT}"
        self._short = Path(tempfile.mkdtemp(prefix="ray", dir="/tmp"))  # sockets lie in it: their paths are short
        own = ("--num-cpus=0", "--include-dashboard=false", f"--temp-dir={self._short}")
        self.head = self._start("head", ["--head", f"--port={PORT}", *own])

    def join(self, cpus: int = 1, **environment: str) -> Machine:
        """A machine more, with a copy of the package as a clone has it."""
        name = f"machine{next(self._numbers)}"
        shutil.copytree(PROJECT / "src", self.folder / name / "src", ignore=shutil.ignore_patterns("*.egg-info"))
        machine = self._start(name, [f"--address={self.address}", f"--num-cpus={cpus}"], **environment)
        self.machines.append(machine)
        return machine

    def inside(self, *command: str) -> list[str]:
        """The command, on the cluster's network."""
        return ["nsenter", "-t", str(self._network.pid), "-n", *command]

    def _start(self, name: str, arguments: list[str], **environment: str) -> Machine:
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        own = {
            "PYTHONPATH": str(folder / "src"),
            "NNLABS_WORK": str(folder / "work"),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_raylet_start_wait_time_s": str(SECONDS),
            # a machine that is gone is noticed within seconds
            "RAY_health_check_period_ms": "1000",
            "RAY_health_check_timeout_ms": "3000",
        }
        command = [str(RAY), "start", *arguments, *COMMON]
        if name != "head":
            command = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', str(self.hidden), *command]
        with (folder / "said").open("wb") as said:
            process = subprocess.Popen(
                self.inside(*command),
                cwd=folder,
                env=os.environ | own | environment,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        machine = Machine(folder, process)
        machine.wait()  # two that begin at once on one machine may wait for each other for ever
        return machine

    def close(self) -> None:
        for machine in (*self.machines, self.head):
            machine.kill()
        self._network.kill()
        self._network.stdout.close()
        self._network.wait()
        shutil.rmtree(self._short, ignore_errors=True)


def possible() -> bool:
    """Whether networks and folders can be hidden from programs here: a container's root may."""
    hides = ["unshare", "-n", "-m", "sh", "-c", "ip link set lo up && mount -t tmpfs none /mnt"]
    there = all(map(shutil.which, ("unshare", "nsenter", "ip")))
    return there and not subprocess.run(hides, capture_output=True).returncode


@contextlib.contextmanager
def cluster(folder: Path, hidden: Path) -> Iterator[Cluster]:
    made = Cluster(folder, hidden)
    try:
        yield made
    finally:
        made.close()
