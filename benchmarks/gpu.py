"""The labs and the deep networks on a GPU: `python benchmarks/gpu.py [lab ...]`, all labs by default.

Every arm is trained and evaluated as its stages do it, in a folder of its own, so that the report
stays as it is. It takes a CUDA device and `data/`, but neither DVC nor .venv-bench.
"""

import argparse
import datetime
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from harness import results
from nnlabs import config as params
from nnlabs.core import paths, runtime
from nnlabs.core.errors import UserError, one_line_errors

FOLDER = Path(".nnlabs") / "bench" / "gpu"
MODULES = os.pathsep.join(str(Path(each).resolve()) for each in ("src", "benchmarks"))
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([MODULES, *sys.path[1:]])}


def main() -> None:
    settings = params.load()
    parser = argparse.ArgumentParser(description="The labs and the deep networks on a GPU.")
    parser.add_argument("labs", nargs="*", help=f"of {', '.join(settings.labs)} (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="of the deep networks (default: 5)")
    given = parser.parse_args()
    if unknown := {*given.labs} - {*settings.labs}:
        raise UserError(f"lab {min(unknown)!r} is not in params.yaml; allowed: {', '.join(settings.labs)}")
    import torch

    if not torch.cuda.is_available():
        raise UserError("no usable CUDA device here; on the processor the labs are `make repro`")
    status = labs(given.labs or [*settings.labs])
    if (found := gather(FOLDER / "reports"))["arms"]:
        results.record("gpu_labs", found)
    file = FOLDER / "deep.json"
    command = [sys.executable, "-m", "sections.gpu_deep", str(given.rounds), str(file)]
    if status := status or subprocess.run(command, env=ENVIRONMENT).returncode:
        sys.exit(status)  # it has told why
    where = {"machine": runtime.machine(), "when": str(datetime.date.today())}
    results.record("gpu_deep", json.loads(file.read_text(encoding="utf-8")) | where)


def labs(wanted: list[str]) -> int:
    """Run the labs' arms, those included that are left out of the default run, in FOLDER; the exit status."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "data").mkdir(parents=True)
    settings = params.load()
    for name in settings.datasets:
        if paths.dataset(name).exists():
            (FOLDER / "data" / name).symlink_to(paths.dataset(name))
    told = yaml.safe_load(paths.PARAMS.read_text(encoding="utf-8"))
    told["variants"] |= told.pop("extras")
    changed = yaml.safe_dump(told | {"device": "cuda"}, sort_keys=False)
    (FOLDER / paths.PARAMS.name).write_text(changed, encoding="utf-8")
    arms = [name for name, arm in (settings.arms | settings.extras).items() if arm.lab in wanted]
    environment = ENVIRONMENT | {"NNLABS_CACHE": str(paths.cache())}
    return subprocess.run([sys.executable, "-m", "ours.labs", *arms], cwd=FOLDER, env=environment).returncode


def gather(reports: Path) -> dict[str, Any]:
    """Accuracies, times and memory of every arm that these reports have whole, the committed report's beside them."""
    arms = {}
    machine: dict[str, Any] = {}
    for metrics in sorted(reports.glob("metrics/*/*.json")):
        lab, name = metrics.parent.name, metrics.stem
        arms[name] = {"lab": lab, "here": _told(reports, lab, name), "report": _told(paths.REPORTS, lab, name)}
        machine = _read(reports / "run" / lab / f"{name}.json")
    where = {"machine": {key: machine.get(key) for key in ("cpu", "cores", "gpu", "system", "versions")}}
    return {"arms": arms, "left_out": sorted(params.load().arms.keys() - arms), "when": machine.get("when")} | where


def _told(reports: Path, lab: str, name: str) -> dict[str, Any]:
    """What a report says of an arm."""
    metrics, run = (_read(reports / kind / lab / f"{name}.json") for kind in ("metrics", "run"))
    return {
        "accuracies": metrics["accuracy_per_seed"],
        "seconds_per_epoch": median(each["seconds_per_epoch"] for each in run["runs"]),
        "seconds": sum(each["seconds"] for each in run["runs"]),
        "gpu_memory": run.get("peak_gpu_memory_bytes"),
    }


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


if __name__ == "__main__":
    with one_line_errors():
        main()
