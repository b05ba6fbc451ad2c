"""The app with many users at once: how long each waits for probabilities, and what memory it takes."""

import base64
import io
import subprocess
import threading
import time
from typing import Any

import numpy as np
import psutil
from PIL import Image

from harness import web_app
from harness.lacking import LackingError
from nnlabs.core import paths
from nnlabs.core.errors import UserError

USERS = 20
PICTURES = 20
"""That each user gives, the next as soon as all of an answer is there."""
SIDE = 256, 192
"""Of a picture as a page sends it, pixels."""
VARIANTS = ("fashion-best-cnn", "cifar10-strong", "animals-finetuned", "dogs-some")
"""One of each kind of network; those that are trained take part."""


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """Seconds until the probabilities, and until all of an answer, of every picture; bytes of memory at most."""
    if not web_app.PYTHON.exists():
        raise LackingError(f"{web_app.PYTHON} is missing; `make app` makes it")
    variants = [each for each in VARIANTS if any(paths.models(each).glob("seed-*.safetensors"))]
    if not variants:
        raise LackingError(f"none of {', '.join(VARIANTS)} is trained; `make repro` trains them")
    pictures = max(1, round(scale * PICTURES))
    given = [[picture(1000 * user + i) for i in range(pictures)] for user in range(USERS)]
    with web_app.served(log=subprocess.DEVNULL) as (port, started):
        for variant in variants:  # as after the first minutes: networks and training pictures are in memory
            ask(port, variant, picture(10**6))
        found: list[tuple[float, float]] = []
        users = [
            threading.Thread(target=use, args=(port, variants[i % len(variants)], own, found))
            for i, own in enumerate(given)
        ]
        for user in users:
            user.start()
        process, peak = psutil.Process(started.pid), 0
        while any(user.is_alive() for user in users):
            peak = max(peak, process.memory_info().rss)
            time.sleep(0.05)
    if len(found) < USERS * pictures:
        raise UserError(f"{USERS * pictures - len(found)} of {USERS * pictures} pictures got no answer")
    first, whole = (list(each) for each in zip(*found, strict=True))
    return {"users": USERS, "variants": variants, "first": first, "whole": whole, "memory": peak}


def use(port: int, variant: str, pictures: list[str], found: list[tuple[float, float]]) -> None:
    for each in pictures:
        found.append(ask(port, variant, each))


def picture(seed: int) -> str:
    """A PNG that nobody gave before, in base64."""
    rough = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(rough).resize(SIDE, Image.Resampling.BICUBIC).save(file, "PNG", compress_level=1)
    return base64.b64encode(file.getvalue()).decode()


def ask(port: int, variant: str, sent: str) -> tuple[float, float]:
    """Seconds until the probabilities, and until all of the answer, as a browser gets them."""
    began, after = time.perf_counter(), []
    for function in (web_app.ANSWER, web_app.EXPLAIN):
        told = web_app.ask(port, variant, sent, function)
        if not told["success"]:
            raise UserError(f"the app gave no answer of {variant}: {told}")
        after.append(time.perf_counter() - began)
    return after[0], after[1]
