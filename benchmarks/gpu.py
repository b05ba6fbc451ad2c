"""The labs and the deep networks on a GPU: `python benchmarks/gpu.py [lab ...]`, all labs by default.

Every variant is trained and evaluated as its stages do it, in a folder of its own, so that the report
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

from harness import report, variants
from nnlabs.core import devices, paths
from nnlabs.core.errors import UserError, one_line_errors
from pages.write import record

FOLDER = Path(".nnlabs") / "bench" / "gpu"
MODULES = os.pathsep.join(str(Path(each).resolve()) for each in ("src", "benchmarks"))
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([MODULES, *sys.path[1:]])}


def main() -> None:
    settings = variants.settings()
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
    if (found := gather(FOLDER / "reports"))["variants"]:
        record("gpu_labs", found)
    file = FOLDER / "deep.json"
    command = [sys.executable, "-m", "sections.gpu_deep", str(given.rounds), str(file)]
    if status := status or subprocess.run(command, env=ENVIRONMENT).returncode:
        sys.exit(status)  # it has told why
    where = {"machine": devices.machine(), "when": str(datetime.date.today())}
    record("gpu_deep", json.loads(file.read_text(encoding="utf-8")) | where)


def labs(wanted: list[str]) -> int:
    """Run the labs' variants, those included that are left out of the default run, in FOLDER; the exit status."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "data").mkdir(parents=True)
    settings = variants.settings()
    for name in settings.datasets:
        if paths.dataset(name).exists():
            (FOLDER / "data" / name).symlink_to(paths.dataset(name))
    for name in ("src", "stages", "requirements.lock"):  # what the stage `settings` reads
        (FOLDER / name).symlink_to(Path(name).resolve())
    told = yaml.safe_load(paths.PARAMS.read_text(encoding="utf-8"))
    told["variants"] |= told.pop("optional", {})
    changed = yaml.safe_dump(told | {"device": "cuda"}, sort_keys=False)
    (FOLDER / paths.PARAMS.name).write_text(changed, encoding="utf-8")
    names = [name for lab in wanted for name in settings.of_lab(lab)]
    environment = ENVIRONMENT | {"NNLABS_CACHE": str(paths.cache())}
    for command in (["stages/settings.py"], ["-m", "ours.labs", *names]):
        if status := subprocess.run([sys.executable, *command], cwd=FOLDER, env=environment).returncode:
            return status
    return 0


def gather(reports: Path) -> dict[str, Any]:
    """Accuracies, times and memory of every variant that these reports have whole, beside the committed report's."""
    found, record = {}, {}
    settings = variants.settings()
    for name, variant in (settings.optional | settings.variants).items():
        here, there = (report.told(folder, variant.lab, name) for folder in (reports, paths.REPORTS))
        if here is not None and there is not None:
            found[name] = {"lab": variant.lab, "here": _figures(here), "report": _figures(there)}
            record = here.record
    machine = {key: record.get(key) for key in ("cpu", "cores", "gpu", "system", "versions")}
    left_out = sorted(settings.variants.keys() - found)
    return {"variants": found, "left_out": left_out, "when": record.get("when"), "machine": machine}


def _figures(told: report.Told) -> dict[str, Any]:
    runs = told.record["runs"]
    return {
        "accuracies": told.accuracies,
        "seconds_per_epoch": median(each["seconds_per_epoch"] for each in runs),
        "seconds": sum(each["seconds"] for each in runs),
        "gpu_memory": told.record.get("peak_gpu_memory_bytes"),
    }


if __name__ == "__main__":
    with one_line_errors():
        main()
