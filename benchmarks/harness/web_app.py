"""The app as its users have it: served on a free port, and asked as the page in a browser asks."""

import http.client
import json
import os
import random
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

PYTHON = Path(".venv-app/bin/python")
START = ("-m", "nnlabs.app.page")
ANSWER, EXPLAIN = 0, 1
"""The page's functions, by their numbers: probabilities of a picture, and what they rest on."""
HEADERS = {"content-type": "application/json"}


@contextmanager
def served(*start: str, folder: Path = Path(), log: Any = None) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The app of a folder's models on a port of 127.0.0.1, and its process, there while the block lasts.

    Raises
    ------
    RuntimeError
        Where it ends or says nothing for five minutes.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(PYTHON.absolute()), *(start or START), "--port", str(port)]
    environment = os.environ | {"PYTHONPATH": str(Path("src").absolute())}
    started = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 300
        while not _listens(port):
            if started.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the app does not start; `make app` says why")
            time.sleep(0.1)
        yield port, started
    finally:
        started.terminate()
        started.wait()


def _listens(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def ask(port: int, variant: Any, sent: Any, function: int = ANSWER) -> dict[str, Any]:
    """The last message about a picture that is sent: `success`, and as `output` what the page then shows.

    Raises
    ------
    RuntimeError
        Where it is refused, or no such message comes.
    """
    session = f"s{random.random()}"
    body = json.dumps({"data": [variant, sent], "fn_index": function, "session_hash": session})
    with _connected(port) as joining:
        joining.request("POST", "/gradio_api/queue/join", body, HEADERS)
        joined = joining.getresponse()
        told = joined.read()
    if joined.status != 200:
        raise RuntimeError(f"{joined.status}: {told[:200]!r}")
    with _connected(port) as listening:
        listening.request("GET", f"/gradio_api/queue/data?session_hash={session}")
        with listening.getresponse() as lines:
            for line in lines:
                if b'"process_completed"' in line:
                    found: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
                    return found
    raise RuntimeError(f"no answer of {variant}")


def _connected(port: int) -> closing[http.client.HTTPConnection]:
    return closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120))
