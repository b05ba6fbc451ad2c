"""What the pipeline costs beside its work: a `dvc repro` with nothing to do, and DVC's part of a small stage."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from nnlabs import config as params
from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.pipeline import checkout, schedule

BIN = Path(sys.executable).parent
ENVIRONMENT = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}


def measure(repeats: int) -> dict[str, Any]:
    """Seconds of a `dvc repro` with nothing to do, and of the first lab's page with and without DVC."""
    lab = next(iter(params.load().labs))
    clone = checkout.clone("bench-pipeline", committed=False)
    script = [str(BIN / "python"), "stages/page.py", lab]
    stage = [*schedule.DVC, "repro", "--quiet", "--single-item", "--force", f"page@{lab}"]
    alone, through_dvc = [], []
    for _ in range(repeats):
        alone.append(_seconds(script, clone))
        through_dvc.append(_seconds(stage, clone))
        print(f"page@{lab}: alone {alone[-1]:.2f} s, through dvc {through_dvc[-1]:.2f} s", flush=True)
    shutil.rmtree(clone)
    return {
        "stage": f"page@{lab}",
        "alone": alone,
        "through_dvc": through_dvc,
        "overhead": median(through_dvc) - median(alone),
        "stages": len(_run([str(BIN / "dvc"), "stage", "list", "--name-only"], paths.ROOT).split()),
        "no_op": _no_op(repeats),
    }


def _no_op(repeats: int) -> list[float] | None:
    """Seconds in this checkout; None where something would run."""
    dvc = str(BIN / "dvc")
    if subprocess.run([dvc, "status", "--quiet"], cwd=paths.ROOT, env=ENVIRONMENT, capture_output=True).returncode:
        print("the pipeline is not up to date, so `dvc repro` with nothing to do is left out: run `make repro` first")
        return None
    return [_seconds([dvc, "repro"], paths.ROOT) for _ in range(repeats)]


def _seconds(command: list[str], where: Path) -> float:
    began = time.perf_counter()
    _run(command, where)
    return time.perf_counter() - began


def _run(command: list[str], where: Path) -> str:
    done = subprocess.run(command, cwd=where, env=ENVIRONMENT, capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"{' '.join(command)} failed: {done.stderr.strip()}")
    return done.stdout
