"""A stage that runs on a machine, as its worker knows it."""

import contextlib
import os
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnlabs.pipeline.executors.local import Process

News = tuple[Any, ...]
"""What is told of a stage: its kind, `line`, `checkpoint` or `ended`, and what belongs to that."""


@dataclass
class Running:
    place: Path
    makes: list[str]
    process: Process | None = None
    """None before it has been started."""
    unwanted: bool = False
    """Whether it is to end as soon as it has been."""
    seen: dict[Path, tuple[int, int]] = field(default_factory=dict)
    """Checkpoints as they were when they were last told of, or sent."""
    news: list[News] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    over: threading.Event = field(default_factory=threading.Event)
    """Set when the command has ended."""
    told: bool = False
    """Whether its end was told."""
    heard: bool = False
    """Whether somebody has asked for that, or nobody will: the place is the next one's then."""

    def end(self, how: int) -> None:
        """Send it a signal; a shell has processes of its own."""
        if self.process and not self.over.is_set():
            send = os.killpg if isinstance(self.process, subprocess.Popen) else os.kill
            with contextlib.suppress(ProcessLookupError):
                send(self.process.pid, how)

    def tell(self, *news: Any) -> None:
        with self.changed:
            self.news.append(news)
            self.changed.notify_all()
