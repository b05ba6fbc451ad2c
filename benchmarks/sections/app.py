"""The app with many users at once: how long each waits for probabilities, and what memory it takes."""

import base64
import http.client
import io
import json
import os
import random
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image

from nnlabs.core import paths
from nnlabs.core.errors import UserError

PYTHON = Path(".venv-app/bin/python")
USERS = 20
PICTURES = 20
"""That each user gives, the next as soon as all of an answer is there."""
SIDE = 640, 480
"""Of a picture, pixels."""
VARIANTS = ("fashion-best-cnn", "cifar10-strong", "animals-finetuned", "dogs-some")
"""One of each kind of network; those that are trained take part."""


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """Seconds until the probabilities, and until all of an answer, of every picture; bytes of memory at most."""
    if not PYTHON.exists():
        raise UserError(f"{PYTHON} is missing; `make app` makes it")
    variants = [each for each in VARIANTS if any(paths.models(each).glob("seed-*.safetensors"))]
    if not variants:
        raise UserError(f"none of {', '.join(VARIANTS)} is trained; `make repro` trains them")
    pictures = max(1, round(scale * PICTURES))
    with served() as (port, process):
        for variant in variants:  # as after the first minutes: networks and training pictures are in memory
            ask(port, variant, picture(0))
        found: list[tuple[float, float]] = []
        users = [
            threading.Thread(target=use, args=(port, variants[i % len(variants)], i, pictures, found))
            for i in range(USERS)
        ]
        for user in users:
            user.start()
        peak = 0
        while any(user.is_alive() for user in users):
            peak = max(peak, process.memory_info().rss)
            time.sleep(0.05)
    if len(found) < USERS * pictures:
        raise UserError(f"{USERS * pictures - len(found)} of {USERS * pictures} pictures got no answer")
    first, whole = (list(each) for each in zip(*found, strict=True))
    return {"users": USERS, "variants": variants, "first": first, "whole": whole, "memory": peak}


@contextmanager
def served() -> Iterator[tuple[int, psutil.Process]]:
    """The app on a free port, there while the block lasts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(PYTHON), "-m", "nnlabs.app.serve", "--port", str(port)]
    started = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": "src"}, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 300
        while not answers(port):
            if started.poll() is not None or time.monotonic() > until:
                raise UserError("the app does not start; `make app` says why")
            time.sleep(0.2)
        yield port, psutil.Process(started.pid)
    finally:
        started.terminate()
        started.wait()


def answers(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def use(port: int, variant: str, user: int, pictures: int, found: list[tuple[float, float]]) -> None:
    for i in range(pictures):
        found.append(ask(port, variant, picture(1000 * user + i)))


def picture(seed: int) -> str:
    """A JPEG that nobody gave before, in base64."""
    rough = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(rough).resize(SIDE, Image.Resampling.BICUBIC).save(file, "JPEG", quality=85)
    return base64.b64encode(file.getvalue()).decode()


def ask(port: int, variant: str, sent: str) -> tuple[float, float]:
    """Seconds until the probabilities, and until all of the answer, as a browser gets them."""
    session = f"{random.random()}"
    body = json.dumps({"data": [variant, sent], "fn_index": 0, "session_hash": session})
    began, first = time.perf_counter(), None
    joining = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    joining.request("POST", "/gradio_api/queue/join", body, {"content-type": "application/json"})
    joining.getresponse().read()
    listening = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    listening.request("GET", f"/gradio_api/queue/data?session_hash={session}")
    for line in listening.getresponse():
        if first is None and b'"process_generating"' in line:
            first = time.perf_counter() - began
        if b'"process_completed"' in line:
            if first is None or b'"success":true' not in line:
                raise UserError(f"the app gave no answer of {variant}: {line[:200]!r}")
            return first, time.perf_counter() - began
    raise UserError(f"the app ended without an answer of {variant}")
