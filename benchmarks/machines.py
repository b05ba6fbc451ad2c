"""What several machines cost beside one, and what 1,000 variants would take: `python benchmarks/machines.py`.

A pipeline of stages that sleep is run by `local`, and by `ray` on a cluster of this machine's own network, each machine
with a folder of its own: 20 stages of no time, one after the other, for the share of a stage; and 200 of a second each,
side by side. From those shares, the seconds that variants took here when they were last recorded and what dvc.lock says
of sizes, the rest is simulated: no cluster of ten machines was at hand.
"""

import argparse
import heapq
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nnlabs.core import paths
from nnlabs.core.errors import UserError, one_line_errors

sys.path.insert(0, "tests/pipeline")

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
EVALUATED = 5.0
"""Seconds that a variant's test and its stages' starts take beside its training, about."""


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


@contextmanager
def cluster_of(machines: int) -> Iterator[Any]:
    from clusters import cluster, possible

    if not possible():
        raise UserError("a network of the cluster's own needs root, unshare, nsenter and ip")
    base = Path(tempfile.mkdtemp(prefix="machines"))
    (base / "head").mkdir()
    with cluster(base / "cluster", base / "head") as made:
        for _ in range(machines):
            made.join()
            print(f"machine {len(made.machines)} of {machines} has begun", flush=True)
        yield made
    shutil.rmtree(base)


# ---------------------------------------------------------------- 1,000 variants


def recorded() -> list[float]:
    """Seconds that each variant took here, by its last record."""
    records = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(paths.records().glob("*/*.json")))
    return [sum(run["seconds"] for run in each["runs"]) for each in records if "runs" in each]


def simulated(variants: int, workers: int, head: float, share: float) -> float:
    """Seconds that so many variants take on workers of a thread each.

    Variants take what recorded ones took, in a random order, longest first; of each, training and test are a stage. The
    head is busy `head` seconds a stage, with one after the other; a worker is lost to others `share` seconds more.
    """
    known = recorded()
    drawn = random.Random(0).choices(known, k=variants)
    free = [0.0] * workers
    heapq.heapify(free)
    desk = 0.0
    for seconds in sorted(drawn, reverse=True):
        begins = max(heapq.heappop(free), desk)
        desk = begins + 2 * head
        heapq.heappush(free, begins + seconds + EVALUATED + 2 * share)
    return max(*free, desk)


def tell_of_thousand(head: float, share: float) -> None:
    known = recorded()
    total = 1000 * (sum(known) / len(known) + EVALUATED)
    print(f"1,000 variants as the {len(known)} recorded ones: {total / 3600:.0f} core hours")
    for workers in (2, 20, 40, 80):
        seconds = simulated(1000, workers, head, share)
        print(f"{workers:3} threads: {seconds / 3600:6.1f} h, {total / workers / seconds:4.0%} of the time at work")


def main() -> None:
    parser = argparse.ArgumentParser(description="What several machines cost beside one.")
    parser.add_argument("--machines", type=int, default=8)
    parser.add_argument("--head", type=float, help="with --share: only simulate, from seconds measured before")
    parser.add_argument("--share", type=float)
    given = parser.parse_args()
    if given.head is not None:
        tell_of_thousand(given.head, given.share)
        return
    alone = seconds_of(ALONE, 0.0, 1)
    print(f"local: {ALONE} stages of no time, one after the other: {alone:.1f} s", flush=True)
    head = seconds_of(SIDE_BY_SIDE, 0.0, given.machines) / SIDE_BY_SIDE
    print(f"local: {SIDE_BY_SIDE} of no time, {given.machines} side by side: {head:.3f} s each", flush=True)
    many, ideal = seconds_of(SIDE_BY_SIDE, 1.0, given.machines), SIDE_BY_SIDE / given.machines
    print(f"local: {SIDE_BY_SIDE} of a second: {many:.1f} s, {many / ideal:.2f} times ideal", flush=True)
    with cluster_of(1) as one:
        there = seconds_of(ALONE, 0.0, 1, one)
        share = (there - alone) / ALONE
        print(f"ray: {there:.1f} s; a stage costs {share:.2f} s more than with local", flush=True)
        if given.machines == 1:
            return
        for _ in range(given.machines - 1):
            one.join()
        many = seconds_of(SIDE_BY_SIDE, 1.0, given.machines, one)
    print(f"ray: {SIDE_BY_SIDE} of a second on {given.machines} machines: {many:.1f} s, {many / ideal:.2f} times ideal")
    tell_of_thousand(head, share)


if __name__ == "__main__":
    with one_line_errors():
        main()
