"""What a user sees of long work: a bar on a terminal, lines for a scheduler, else nothing."""

import os
import sys
import time
from typing import Any, Self

from tqdm import tqdm

LINES = "NNLABS_PROGRESS"
"""Set to `lines` by whoever runs several stages side by side."""


class _Progress:
    """A bar, or whether lines are to be written in its place."""

    def __init__(self, title: str, total: int | None, unit: str, done: int, shown: bool) -> None:
        self.title = title
        self.lines = shown and os.environ.get(LINES) == "lines"
        self.bar: tqdm[Any] = tqdm(
            desc=title,
            total=total,
            initial=done,
            unit=unit,
            unit_scale=unit == "B",
            leave=False,
            disable=not shown or self.lines or not sys.stderr.isatty(),
            mininterval=0.5,
        )
        self.started = self.printed = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()


class CountProgress(_Progress):
    """Of counted work: bytes that come or are unpacked, images that are read, networks that are tried."""

    def __init__(self, title: str, total: int | None, unit: str, done: int = 0) -> None:
        """`total` may be unknown; `done` is what an earlier try has done."""
        super().__init__(title, total, unit, done, shown=True)
        self.total, self.unit, self.before, self.done = total, unit, done, done

    def add(self, n: int) -> None:
        """Say that n more are done; lines come at most every five seconds, of long work every thirty."""
        self.bar.update(n)
        self.done += n
        now = time.monotonic()
        if self.lines and now - self.printed > max(5, min(30, (now - self.started) / 10)):
            self._say(now - self.started)
            self.printed = now

    def _say(self, seconds: float) -> None:
        scale, unit, digits = (1e6, "MB", 1) if self.unit == "B" else (1, self.unit, 0)
        of = f"{(self.total or self.done) / scale:,.{digits}f} {unit}"
        if self.total and self.done > self.before:
            left = seconds / (self.done - self.before) * (self.total - self.done)
            print(f"{self.title}: {self.done / self.total:.0%} of {of}, {left:.0f} s left", flush=True)
        else:
            print(f"{self.title}: {of} so far", flush=True)


class EpochProgress(_Progress):
    """Of one run of some epochs."""

    def __init__(self, title: str, epochs: int, steps_done: int, steps: int, *, shown: bool = True) -> None:
        """`shown` is for one of the processes that share a run."""
        super().__init__(title, steps, "step", steps_done, shown)
        self.epochs, self.epochs_here = epochs, 0

    def step(self) -> None:
        self.bar.update()

    def epoch(self, epoch: int, loss: float, accuracy: float | None, *, last: bool) -> None:
        """Say how the epoch went; lines come at most every two seconds, but for the last."""
        told = f"loss {loss:.4f}" + ("" if accuracy is None else f", validation {accuracy:.2%}")
        self.bar.set_postfix_str(told, refresh=False)
        self.epochs_here += 1
        now = time.monotonic()
        if self.lines and (last or now - self.printed > 2):
            left = (now - self.started) / self.epochs_here * (self.epochs - epoch)
            rest = f", {left:.0f} s left"
            if last:
                rest = "" if epoch == self.epochs else ", stopped: validation gets no better"
            print(f"{self.title} epoch {epoch}/{self.epochs}: {told}{rest}", flush=True)
            self.printed = now
