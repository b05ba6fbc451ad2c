"""Runs that are killed end with the same bytes as one that was not."""

import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest
from copies import FAST, Copy

MADE = (f"models/{FAST}/*", f"reports/results/objects3/{FAST}/*")
"""What the run leaves."""


@pytest.fixture(scope="module")
def uninterrupted(copy_project: Callable[..., Copy]) -> dict[str, bytes]:
    copy = copy_project(FAST, change=_longer)
    copy.run("dvc", "repro", "-q", f"evaluate@{FAST}")
    return copy.files(*MADE)


def _longer(raw: dict[str, Any]) -> None:
    # some seconds: enough for checkpoints, which come at most once a second; a second seed that was not begun
    for variant in raw["variants"].values():
        variant |= {"epochs": 40, "batch_size": 2, "seeds": [0, 1]}


@pytest.mark.parametrize("how", ["repro", "exp run", "exp run --temp", "queue"])
def test_a_killed_run_ends_with_the_same_bytes(
    copy_project: Callable[..., Copy], uninterrupted: dict[str, bytes], how: str
) -> None:
    copy = copy_project(FAST, change=_longer)
    target = f"evaluate@{FAST}"
    if how in ("exp run --temp", "queue"):  # an experiment is applied whole: what it has nothing to do with is there
        copy.run("dvc", "repro", "-q", "compute@backprop", "compute@objects3")
        copy.git("add", "-A")
        copy.git("commit", "-qm", "All else")
    command = {
        "repro": ["dvc", "repro", target],
        "exp run": ["dvc", "exp", "run", target],
        "exp run --temp": ["dvc", "exp", "run", "--temp", target],
        "queue": ["dvc", "exp", "run", "--temp", target],  # what a queue's worker runs
    }[how]
    process = subprocess.Popen(
        command, cwd=copy.folder, env=copy.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    checkpoints = copy.folder / ".nnlabs" / "checkpoints"
    deadline = time.monotonic() + 120
    while not list(checkpoints.glob("*/*.pt")):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)  # mid-epoch or mid-run: the training child is left alone with it
    process.communicate()
    if how == "queue":
        copy.run("dvc", "exp", "run", "--queue", target)
        copy.run("dvc", "queue", "start")
        while "Success" not in (status := copy.run("dvc", "queue", "status").stdout):
            assert "Failed" not in status, status
            assert time.monotonic() < deadline, status
            time.sleep(0.5)
    else:
        copy.run(*command)
    if how.endswith("--temp") or how == "queue":
        (name,) = copy.run("dvc", "exp", "list", "--name-only").stdout.split()
        copy.run("dvc", "exp", "apply", name)
    assert copy.files(*MADE) == uninterrupted
    assert not list(checkpoints.glob("*/")), "finished runs leave no checkpoint"
