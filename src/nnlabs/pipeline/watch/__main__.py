"""Show the runs of this checkout: `python -m nnlabs.pipeline.watch [--port 8000]`."""

import contextlib
import os
import sys
import time

from nnlabs.core.arguments import Parser
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.pipeline import events, watch
from nnlabs.pipeline.watch import follow, server
from nnlabs.pipeline.watch.follow import Watched

EVERY = 1.0
"""Seconds between looks at what has happened."""
LAST = 3.0
"""Seconds after the end for a page that is open to hear of it."""


def main() -> None:
    parser = Parser(description="Show the runs of this checkout on a page of 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="to serve it on (default: one that is free)")
    parser.add_argument("--run", help="only the one of this name, which has begun")
    given = parser.parse_args()
    with contextlib.closing(Watched()) as watched:
        if given.run:
            watched.follow(events.folder() / f"{given.run}.jsonl")
        else:
            watched.find()
        if not watched.runs and not follow.queue_at_work():
            raise UserError("nothing runs in this folder; `make repro WATCH=1` begins a run and shows it")
        serving = server.Server(watched, given.port)
        _say(f"watch it at {serving.address}")
        with contextlib.suppress(KeyboardInterrupt):
            while watched.at_work() or (not given.run and follow.queue_at_work()):
                time.sleep(EVERY)
                with serving.lock:
                    if not given.run:
                        watched.find()
                    watched.look()
        with serving.lock:
            watched.finish()
        server.write(watched, watch.remains())
        _say(f"what there was to see remains in {watch.remains()}")
        while serving.open(LAST):
            time.sleep(EVERY / 10)


def _say(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # the run was killed, and nobody reads it
        os.write(sys.stdout.fileno(), f"{line}\n".encode())


if __name__ == "__main__":
    with one_line_errors():
        main()
