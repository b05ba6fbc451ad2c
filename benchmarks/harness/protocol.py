"""How a worker and run.py talk: one JSON line an epoch, and a line of input for each further one.

A worker builds everything, runs its first epoch of its own accord (the warm-up), says how it
went and waits; each line on its standard input asks for one more. So any number of loops can
take turns within the same minutes, each whole in its own process, and those that wait sleep.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from nnlabs.core.errors import UserError

LOGS = Path(".nnlabs") / "bench" / "logs"
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class Turns:
    """The worker's side; made once torch, JAX or Keras is imported."""

    def __init__(self) -> None:
        self.answers, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints is no answer
        self.began = time.perf_counter()

    def end(self, **told: float) -> None:
        """Tell how the epoch went, with its validation and checkpoint, and sleep until the next is asked for."""
        seconds = time.perf_counter() - self.began
        print(json.dumps({"seconds": seconds, **told}), file=self.answers, flush=True)
        if not sys.stdin.readline():
            raise SystemExit
        self.began = time.perf_counter()


class Worker:
    """The side of run.py: a started worker."""

    def __init__(self, python: str, module: str, *arguments: str, threads: int | None = None) -> None:
        """Start a module such as `peers.keras`; libraries choose their number of threads where none is given."""
        environment = {key: value for key, value in os.environ.items() if key not in THREADS}
        environment["PYTHONPATH"] = f"src{os.pathsep}benchmarks"  # the package is not installed in .venv-bench
        if threads is not None:
            environment |= dict.fromkeys(THREADS, str(threads))
        self.command = [python, "-m", module, *arguments]
        LOGS.mkdir(parents=True, exist_ok=True)
        self.log = LOGS / f"{'_'.join([module, *arguments]).replace(os.sep, '-')}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                self.command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )

    def ask(self) -> None:
        """Ask for one more epoch."""
        assert self.process.stdin is not None
        print(file=self.process.stdin, flush=True)

    def answer(self) -> dict[str, Any]:
        """Wait for the end of an epoch: its `seconds`, and what else the worker tells (validation `accuracy`)."""
        assert self.process.stdout is not None
        if line := self.process.stdout.readline():
            return json.loads(line)
        last = self.log.read_text(errors="replace").strip().rpartition("\n")[2]
        raise UserError(f"{' '.join(self.command)} ended: {last or 'without a word'} (all of it: {self.log})")

    def close(self) -> None:
        """Close its input, which ends it."""
        self.process.communicate()
