"""What a user sees of long work: a bar on a terminal, lines for a scheduler, else nothing."""

import os
import sys
import time
from typing import Any, Self

from tqdm import tqdm

LINES = "NNLABS_PROGRESS"
"""Set to `lines` by whoever runs several stages side by side."""


class Progress:
    """The progress of one run of some epochs."""

    def __init__(self, title: str, epochs: int, steps_done: int, steps: int, *, shown: bool = True) -> None:
        """`shown` is for one of the processes that share a run."""
        self.title, self.epochs = title, epochs
        self.lines = shown and os.environ.get(LINES) == "lines"
        quiet = not shown or self.lines or not sys.stderr.isatty()
        self.bar: tqdm[Any] = tqdm(
            desc=title, total=steps, initial=steps_done, unit="step", leave=False, disable=quiet, mininterval=0.5
        )
        self.started = self.printed = time.monotonic()
        self.epochs_here = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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

    def close(self) -> None:
        self.bar.close()
