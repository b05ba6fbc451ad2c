"""Stages on other machines: who gets which, and what becomes of one whose machine is lost.

Machines have nothing of the checkout but what they are sent, by its hash. Here, beside DVC, stay the stages that settle
what the others go by, and those that fetch data: they need this machine's network and downloads.
"""

import queue
import shutil
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

from nnlabs.core import disk, paths
from nnlabs.core.errors import UserError, said
from nnlabs.pipeline.events import NOWHERE, Events
from nnlabs.pipeline.executors import Command, Ended, alike
from nnlabs.pipeline.executors.errand import ARRIVING, Errand
from nnlabs.pipeline.executors.link import Link, Links, LostError, Machine
from nnlabs.pipeline.executors.local import Local
from nnlabs.pipeline.executors.trees import Hashes, Tree, read
from nnlabs.pipeline.executors.worker import MachineError

HERE = ("settings", "data")
"""Stages that run on this machine."""
LOOKS = 2.0
"""Seconds between two looks for machines that have joined."""
PATIENCE = 60.0
"""Seconds that a stage waits for a machine that can do it, where none is left."""
MACHINES = 3
"""Lost under one stage, it is the stage's fault: it may take all of their memory."""


@dataclass
class Lost:
    """A stage that its machine did not do."""

    errand: Errand
    why: str


@dataclass
class Waiting:
    command: Command
    since: float = field(default_factory=time.monotonic)


class Fleet:
    """An executor for machines that are reached by links."""

    def __init__(self, links: Links, sources: tuple[str, ...], jobs: int, events: Events = NOWHERE) -> None:
        """`sources` are the files that all stages go by; `jobs` are the threads of this machine's own stages."""
        self._links, self._events = links, events
        self._hashes = Hashes()
        self._sources: Tree = read(paths.ROOT, sources, self._hashes)
        shutil.rmtree(paths.ROOT / ARRIVING, ignore_errors=True)  # of a run that was killed
        self._here = Local(max(2, jobs), events)
        self._machines: list[Machine] = []
        self._kinds: dict[str, str] = {}
        self._waiting: list[Waiting] = []
        self._lost: dict[str, list[str]] = {}
        """Of a stage that runs, the machines that had it and are gone."""
        self._over: queue.SimpleQueue[Ended | Lost] = queue.SimpleQueue()
        self._looked = 0.0
        self._alone_since = time.monotonic()
        """When the last machine was lost, or the run began."""

    # ------------------------------------------------------------ the executor

    def has_room(self, command: Command) -> bool:
        if _is_here(command):
            return self._here.has_room(command)
        if self._waiting:
            return False
        self._look()
        return bool(self._fitting(command)) or not any(machine.running for machine in self._machines)

    def start(self, command: Command) -> None:
        if _is_here(command):
            self._here.start(command)
            threading.Thread(target=lambda: self._over.put(self._here.wait()), daemon=True).start()
            return
        self._waiting.append(Waiting(command))
        self._place()

    def wait(self) -> Ended | None:
        while True:
            try:
                over = self._over.get(timeout=LOOKS / 4)
            except queue.Empty:
                joined = self._look()
                self._place()
                self._tell_slow()
                if joined:
                    return None
                continue
            if isinstance(over, Lost):
                self._go_on_elsewhere(over)
                self._place()
                continue
            for machine in self._machines:
                if over.stage in machine.running:
                    machine.end(over.stage)
            self._lost.pop(over.stage, None)
            self._place()
            return over

    def close(self) -> None:
        for machine in self._machines:
            machine.link.close()
        self._links.close()
        self._here.close()

    # ------------------------------------------------------------ who gets what

    def _look(self) -> bool:
        """Take machines in that have joined. Returns whether any has."""
        if time.monotonic() - self._looked < LOOKS:
            return False
        self._looked = time.monotonic()
        before = len(self._machines)
        for link in self._links.look():
            with suppress(LostError, MachineError):
                self._take_in(link)
        return len(self._machines) > before

    def _tell_slow(self) -> None:
        for machine in self._machines:
            for words in machine.slower() if not machine.link.many else ():
                print(words, flush=True)

    def _take_in(self, link: Link) -> None:
        expected = alike.packages()
        about = link.call("about", [*expected])
        if not link.many and (why := alike.refusal(about, expected, alike.code())):
            print(f"{link.name} is refused: {why}", flush=True)
            link.close()
            return
        machine = Machine(link, about["cpu"])
        if not link.many:
            cards = f", {len(link.gpus)} x {link.gpus[0]}" if link.gpus else ""
            print(f"{link.name} is there: {machine.cpu}, {link.threads} threads{cards}", flush=True)
        self._machines.append(machine)

    def _place(self) -> None:
        """Give what waits to machines with room; what waits for none that will come has failed."""
        for waiting in [*self._waiting]:
            command = waiting.command
            if fitting := self._fitting(command):
                self._waiting.remove(waiting)
                self._give(command, max(fitting, key=lambda machine: machine.free))
            elif time.monotonic() - (self._served_since(command) or waiting.since) > PATIENCE:
                self._waiting.remove(waiting)
                what = "with a GPU for it" if self._machines else "left"
                print(f"error: {command.stage}: no machine of the cluster is {what}", flush=True)
                self._over.put(Ended(command.stage, 1))

    def _served_since(self, command: Command) -> float | None:
        """When there was a machine last that could do it, or one may come; None: there is none that can."""
        if self._links.awaited() or any(each.serves(command) for each in self._machines):
            return time.monotonic()
        return None if self._machines else self._alone_since

    def _fitting(self, command: Command) -> list[Machine]:
        kind = self._kind(command)
        return [each for each in self._machines if kind in (None, each.kind) and each.has_room(command)]

    def _kind(self, command: Command) -> str | None:
        """Of machines for variants of this lab; None: any."""
        if command.lab is None:
            return None
        there = [each for each in self._machines if each.serves(command)]
        kind = self._kinds.get(command.lab)
        if kind and any(each.kind == kind for each in there):
            return kind
        if not kind:  # nothing of the lab has run: as its other variants did, if that can be
            return next((each.kind for each in there if each.cpu == command.cpu), None)
        if there:
            print(f"{command.lab}: no machine with {kind} is left, others go on; the run page says so", flush=True)
            del self._kinds[command.lab]
        return None

    def _give(self, command: Command, machine: Machine) -> None:
        if command.lab:
            self._kinds.setdefault(command.lab, machine.kind)
        machine.begin(command)
        self._events.tell("machine", stage=command.stage, name=machine.name)
        errand = Errand(command, machine, self._sources, self._hashes, self._events)
        threading.Thread(target=self._run, args=(errand,), daemon=True).start()

    def _run(self, errand: Errand) -> None:
        """One thread: the errand, and what became of it."""
        stage = errand.command.stage
        try:
            self._over.put(Ended(stage, errand.run()))
        except (LostError, MachineError) as error:
            self._over.put(Lost(errand, str(error)))
        except Exception as error:
            code = disk.cause(error)
            why = disk.told(code, paths.ROOT) if code else str(error) if isinstance(error, UserError) else said(error)
            print(f"error: {stage}: {why}", flush=True)
            self._over.put(Ended(stage, 1))

    def _go_on_elsewhere(self, lost: Lost) -> None:
        """The machine is not used any more; what else runs there hears of it by itself."""
        command, machine = lost.errand.command, lost.errand.machine
        machine.end(command.stage)
        if machine.link.many:
            print(f"{command.stage}: {lost.why}", flush=True)
        elif machine in self._machines:
            self._machines.remove(machine)
            self._alone_since = time.monotonic()
            print(f"{machine.name} is not used any more: {lost.why}", flush=True)
            machine.link.close()
        names = self._lost.setdefault(command.stage, [])
        names.append(machine.name)
        if len(names) >= MACHINES:
            print(f"error: {command.stage}: {', '.join(names)} were lost while they did it", flush=True)
            self._over.put(Ended(command.stage, 1))
            return
        print(f"{command.stage}: goes on on another machine", flush=True)
        self._waiting.insert(0, Waiting(command))


def _is_here(command: Command) -> bool:
    return command.stage.partition("@")[0] in HERE
