"""How far counted work is: a bar on a terminal, lines for a scheduler, else nothing."""

import os
import sys
import time
from typing import Any

from tqdm import tqdm

LINES = "NNLABS_PROGRESS"
"""Set to `lines` by whoever runs several stages side by side."""
EVERY = 5.0
"""Seconds between two lines."""


class Progress:
    """The progress of one step: bytes that are unpacked, pictures that are read, networks that are tried."""

    def __init__(self, title: str, total: int, unit: str) -> None:
        self.title, self.total, self.unit, self.done = title, total, unit, 0
        self.lines = os.environ.get(LINES) == "lines"
        quiet = self.lines or not sys.stderr.isatty()
        self.bar: tqdm[Any] = tqdm(
            desc=title, total=total, unit=unit, unit_scale=unit == "B", leave=False, disable=quiet, mininterval=0.5
        )
        self.started = self.printed = time.monotonic()

    def add(self, n: int) -> None:
        self.bar.update(n)
        self.done += n
        now = time.monotonic()
        if self.lines and now - self.printed > EVERY:
            left = (now - self.started) / self.done * (self.total - self.done)
            print(
                f"{self.title}: {self.done / self.total:.0%} of {self.total} {self.unit}, {left:.0f} s left", flush=True
            )
            self.printed = now

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()
