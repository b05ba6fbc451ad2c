"""What several machines cost beside one: stages that sleep, by `local` and by Ray.

Ray has a cluster on a network of this machine's own, each machine of it with a folder of its own: some stages of no
time, one after the other, for the share of a stage; and many of a second each, side by side.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from harness.lacking import LackingError
from nnlabs.core import paths
from nnlabs.core.errors import UserError

sys.path.insert(0, "tests/pipeline")  # where clusters are made

PIPELINE = """
stages:
  settings:
    cmd: python stages/settings.py
    deps: [params.yaml, stages]
    outs: [reports/settings: {cache: false, persist: true}]
  nap:
    foreach: ${naps}
    do:
      cmd: python stages/nap.py ${key}
      deps: ["reports/settings/nap/${key}.json"]
      outs: ["models/${key}"]
"""
SETTINGS = """
import json
from pathlib import Path
import yaml
from nnlabs.core.settings import as_text
for key, seconds in yaml.safe_load(Path("params.yaml").read_text())["naps"].items():
    path = Path(f"reports/settings/nap/{key}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_text({"parameters": {"seconds": seconds}}))
"""
NAP = """
import json, sys, time
from pathlib import Path
key = sys.argv[1]
time.sleep(json.loads(Path(f"reports/settings/nap/{key}.json").read_text())["parameters"]["seconds"])
Path("models").mkdir(exist_ok=True)
Path(f"models/{key}").write_text(key)
"""
ALONE, SIDE_BY_SIDE = 20, 200
"""Stages for the share of one, and for a run of many."""
MACHINES = 8
"""Side by side, and as many jobs of `local`."""


def measure(scale: float = 1.0) -> dict[str, Any]:
    """Seconds of each run, once each, and those of the report's trainings.

    Raises
    ------
    LackingError
        Where there can be no such cluster.
    """
    from clusters import cluster, possible

    if not importlib.util.find_spec("ray"):
        raise LackingError("Ray is missing; `.venv/bin/pip install -r requirements-ray.lock` installs it")
    if not possible():
        raise LackingError("a network of the cluster's own needs root, unshare, nsenter and ip")
    alone, many = (max(2, round(scale * stages)) for stages in (ALONE, SIDE_BY_SIDE))
    machines = MACHINES if scale == 1 else 1
    local = {
        "alone": seconds_of(alone, 0.0, 1),
        "idle": seconds_of(many, 0.0, machines),
        "busy": seconds_of(many, 1.0, machines),
    }
    with (
        tempfile.TemporaryDirectory(prefix="head") as head,
        tempfile.TemporaryDirectory(prefix="machines") as others,
        cluster(Path(others), Path(head)) as made,
    ):
        made.join()
        ray = {"alone": seconds_of(alone, 0.0, 1, made)}
        for _ in range(machines - 1):
            made.join()
        ray["busy"] = seconds_of(many, 1.0, machines, made)
    stages = {"alone": alone, "many": many, "machines": machines, "trained": recorded()}
    return stages | {"local": local, "ray": ray}


def project(folder: Path, naps: int, seconds: float) -> dict[str, str]:
    """A checkout whose stages sleep; the environment of its programs."""
    (folder / "stages").mkdir(parents=True)
    (folder / "stages" / "settings.py").write_text(SETTINGS)
    (folder / "stages" / "nap.py").write_text(NAP)
    (folder / "dvc.yaml").write_text(PIPELINE)
    (folder / "params.yaml").write_text(json.dumps({"naps": {f"n{n}": seconds for n in range(naps)}}))
    (folder / ".gitignore").write_text("/.nnlabs/\n/models/\n")
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(paths.ROOT / "src"),
        "DVC_NO_ANALYTICS": "true",
    }
    for command in (["git", "init", "-q"], ["dvc", "init", "-q"], ["python", "stages/settings.py"]):
        subprocess.run(command, cwd=folder, env=environment, check=True)
    return environment


def seconds_of(naps: int, nap: float, jobs: int, machines: Any = None) -> float:
    """Seconds from the moment that there is somebody to work until all is done."""
    base = Path(tempfile.mkdtemp(prefix="naps", dir=machines.hidden if machines else None))
    try:
        environment = project(base / "checkout", naps, nap)
        command = [sys.executable, "-m", "nnlabs.pipeline.schedule", "--jobs", str(jobs)]
        if machines:
            command = machines.inside(*command, "--executor", "ray", "--address", machines.address)
        process = subprocess.Popen(
            command,
            cwd=base / "checkout",
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout
        said, began, there = [], 0.0, 0
        for line in process.stdout:
            said.append(line)
            there += " is there: " in line
            if there == jobs if machines else "stages to run" in line:
                began = began or time.perf_counter()
        if process.wait() or not began:
            raise UserError("".join(said))
        return time.perf_counter() - began
    finally:
        shutil.rmtree(base, ignore_errors=True)


def recorded() -> list[float]:
    """Seconds that each variant of the default run took, by its last record."""
    default = {path.name for path in Path("reports/settings/train").glob("*.json")}
    there = (path for path in sorted(paths.records().glob("*/*.json")) if path.name in default)
    return [sum(run["seconds"] for run in json.loads(path.read_text(encoding="utf-8"))["runs"]) for path in there]
