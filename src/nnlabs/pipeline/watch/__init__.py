"""A page on 127.0.0.1 that shows runs as they go: `make repro WATCH=1`, or `make watch` beside one.

A process of its own reads what the run tells (`pipeline.events`), so a run never waits for it. At the end the page
remains as one file that needs nobody to serve it.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnlabs.core import paths
from nnlabs.core.errors import UserError

PATIENCE = 30.0
"""Seconds that the end of a run waits for its page to be written."""


def remains() -> Path:
    """The page that stays when a run is over."""
    return paths.checkout() / ".nnlabs" / "watch.html"


@contextmanager
def beside(port: int) -> Iterator[None]:
    """Show the run that has begun its events until they say that it is over; 0 takes a port that is free.

    Raises
    ------
    UserError
        Where the page cannot be served.
    """
    command = [sys.executable, "-m", "nnlabs.pipeline.watch", "--port", str(port), "--run", "repro"]
    # a session of its own: an interrupt at the terminal ends the run, whose end is then shown
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout
        if not (address := process.stdout.readline()):
            raise UserError("the page that was to show the run has not begun, and has said why; nothing has run")
        try:
            print(address, end="", flush=True)
            yield
        finally:
            try:
                print(process.communicate(timeout=PATIENCE)[0], end="", flush=True)
            except subprocess.TimeoutExpired:
                process.kill()
