"""Loops that take turns within the same minutes, an epoch each, round after round."""

import sys
import time
from collections.abc import Sequence
from typing import Any

import psutil

from harness.protocol import Worker
from harness.quiet import undisturbed
from harness.tasks import VARIANTS
from nnlabs import config as params

OURS = sys.executable
PEERS = ".venv-bench/bin/python"

CIFAR10_SHARE = 1 / 3
"""Part of CIFAR-10 that a turn takes: a textbook epoch of all of it is minutes, and only the rate is asked for."""

Rows = dict[str, list[tuple[str, ...]]]
"""What takes a turn: under each title the commands (interpreter, script, arguments) that run at once."""


def lecture(rounds: int, scale: float) -> dict[str, Any]:
    """The lecture's MLP on Fashion-MNIST in every loop; `scale` is the part of the images that is used."""
    common = ("lecture", "--epochs", str(rounds + 1), "--share", str(scale))
    bf16 = (OURS, "ours.loop", *common, "--precision", "bf16")
    rows: Rows = {
        "textbook loop": [(PEERS, "peers.textbook", *common)],
        "Lightning, torchvision": [(PEERS, "peers.lightning", *common, "--data", "torchvision")],
        "Lightning, tensors in memory": [(PEERS, "peers.lightning", *common, "--data", "tensors")],
        "Keras on torch": [(PEERS, "peers.keras", *common, "--backend", "torch")],
        "Keras on JAX": [(PEERS, "peers.keras", *common, "--backend", "jax")],
        "ours, float32, one thread": [(OURS, "ours.loop", *common, "--precision", "float32")],
        "ours, bf16, one thread": [bf16],
        "ours, bf16, two threads": [(*bf16, "--threads", "2")],
        "ours, bf16, two variants at once": [(*bf16, "--seed", "1"), (*bf16, "--seed", "2")],
    }
    return race(rows, rounds) | {"share": scale}


def cifar10(rounds: int, scale: float) -> dict[str, Any]:
    """The plain CNN in our loop and the textbook one, the strong one in the latter, and ours trained to its end."""
    share = scale * CIFAR10_SHARE
    common = ("--epochs", str(rounds + 1), "--share", str(share))
    two = ("--threads", "2")
    rows: Rows = {
        "textbook loop, plain CNN": [(OURS, "peers.textbook", "cifar10", *common)],
        "ours, float32, plain CNN": [(OURS, "ours.loop", "cifar10", *common, *two, "--precision", "float32")],
        "ours, bf16, plain CNN": [(OURS, "ours.loop", "cifar10", *common, *two)],
        "textbook loop, strong CNN": [(OURS, "peers.textbook", "strong", *common)],
    }
    return race(rows, rounds) | {"share": share, "strong": strong(scale)}


def strong(scale: float) -> dict[str, Any]:
    """cifar10-strong from the first weight to the last epoch of its schedule."""
    epochs = params.load().arms[VARIANTS["strong"]].epochs
    options = ("--epochs", str(epochs), "--share", str(scale), "--threads", "2")
    worker = Worker(OURS, "ours.loop", "strong", *options)
    rows = []
    for epoch in range(epochs):
        if epoch:
            worker.ask()
        rows.append(worker.answer())
        print(f"cifar10-strong epoch {epoch + 1}/{epochs}: {rows[-1]['accuracy']:.2%}", flush=True)
    worker.close()
    return {"epochs": epochs, "seconds": sum(row["seconds"] for row in rows), "accuracy": rows[-1]["accuracy"]}


def race(rows: Rows, rounds: int, tell: Sequence[str] = (), alone: bool = False) -> dict[str, Any]:
    """Seconds of every row in every round, after one epoch to warm up; a row of several waits for its slowest.

    Of what a row's first worker tells besides, `tell` is kept, as it stands after the last round. With
    `alone`, turns that other programs disturb are done again.
    """
    workers: dict[str, list[Worker]] = {}
    seconds: dict[str, list[float]] = {title: [] for title in rows}
    told: dict[str, dict[str, float]] = {key: {} for key in tell}
    disturbed = 0
    try:
        for title, commands in rows.items():
            workers[title] = [Worker(*command) for command in commands]
            warm_up = max(worker.answer()["seconds"] for worker in workers[title])
            print(f"{title}: ready, {warm_up:.2f} s", flush=True)
        for turn in range(rounds):
            for title, each in workers.items():
                answers, quiet = undisturbed(lambda each=each: _turn(each), each) if alone else (_turn(each), True)
                disturbed += not quiet
                seconds[title].append(max(answer["seconds"] for answer in answers))
                for key in tell:
                    told[key][title] = answers[0][key]
                print(f"round {turn + 1}/{rounds}, {title}: {seconds[title][-1]:.2f} s", flush=True)
        return told | {
            **({"disturbed": disturbed} if alone else {}),
            "seconds": seconds,
            "idle_cores": idle_cores([each for row in workers.values() for each in row]),
        }
    finally:
        for worker in [each for row in workers.values() for each in row]:
            worker.close()


def _turn(workers: list[Worker]) -> list[dict[str, Any]]:
    for worker in workers:
        worker.ask()
    return [worker.answer() for worker in workers]


def idle_cores(workers: list[Worker], pause: float = 2.0) -> float:
    """Cores in use while all of them wait: it has to be about 0, or they would disturb each other's turns."""

    def used() -> float:
        return sum(sum(psutil.Process(worker.process.pid).cpu_times()[:2]) for worker in workers)

    before = used()
    time.sleep(pause)
    return (used() - before) / pause
