"""What the pipeline costs beside its work: `python benchmarks/pipeline.py [--before ../older]`.

`dvc repro` and `dvc status` with nothing to do; a stage in `make repro`: what some pages take in it, a page, less what
the same command takes with nothing to do; and `dvc exp run` of one small variant and its page. Beside both, what their
scripts take one by one, each in a process of its own that imports what it needs. All in copies whose data and weights
are links, so that the checkouts stay as they are; an older one is measured in turns.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from nnlabs.core import paths
from nnlabs.core.errors import UserError, one_line_errors

LINKED = ("data", "models", "predictions", ".dvc/cache")
"""What git does not track, and a pipeline with nothing to do has."""
PAGES = 6
"""So many run again for what a stage takes."""
VARIANT, LAB = "objects3-lr0p001-h50-b32", "objects3"
"""Of which an experiment turns a knob."""


def measure(repeats: int, before: Path | None = None) -> dict[str, Any]:
    """Seconds of each command, a list a checkout; `before` is left out where there is no second one."""
    checkouts = {"now": _copy(paths.ROOT)} | ({"before": _copy(before.resolve())} if before else {})
    seconds: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in checkouts}
    for turn in range(-1, repeats):  # the first, which fills DVC's memory of hashes, does not count
        for name, checkout in checkouts.items():
            for what, taken in _turn(checkout, turn).items():
                print(f"{name:6} {what:10} {taken:6.2f} s" + (" (not counted)" if turn < 0 else ""), flush=True)
                if turn >= 0:
                    seconds[name][what].append(taken)
    found = {
        name: seconds[name] | {"stages": len(checkout.stages()), "pages": PAGES} for name, checkout in checkouts.items()
    }
    for checkout in checkouts.values():
        shutil.rmtree(checkout.folder)
    return found


@dataclass(frozen=True)
class Checkout:
    """A copy in which commands are run, with the programs of the checkout that it is of."""

    folder: Path
    programs: Path

    def run(self, *command: str) -> str:
        environment = os.environ | {
            "PATH": f"{self.programs}{os.pathsep}{os.environ.get('PATH', '')}",
            "PYTHONPATH": str(self.folder / "src"),
        }
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise UserError(f"{' '.join(command)} failed in {self.folder}: {done.stderr.strip() or done.stdout[-500:]}")
        return done.stdout

    def seconds(self, *command: str) -> float:
        began = time.perf_counter()
        self.run(*command)
        return time.perf_counter() - began

    def stages(self) -> list[str]:
        return self.run("dvc", "stage", "list", "--name-only").split()


def _copy(of: Path) -> Checkout:
    """Raises UserError where a stage would run in the checkout: then there is no "nothing to do"."""
    programs = of / ".venv" / "bin"
    target = of / ".nnlabs" / "bench-pipeline"
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(exist_ok=True)
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", of, target], check=True)
    change = subprocess.run(["git", "diff", "HEAD", "--binary"], cwd=of, capture_output=True, check=True).stdout
    if change:
        subprocess.run(["git", "apply", "-"], cwd=target, input=change, check=True)
    for name in LINKED:
        shutil.copytree(of / name, target / name, copy_function=os.link, symlinks=True, dirs_exist_ok=True)
    checkout = Checkout(target, programs if programs.exists() else Path(sys.executable).parent)
    if stale := json.loads(checkout.run("dvc", "status", "--json")):
        raise UserError(f"{of}: the pipeline is not up to date ({', '.join(list(stale)[:5])}); run `make repro` first")
    return checkout


def _turn(checkout: Checkout, turn: int) -> dict[str, float]:
    """Seconds of each command, once; `stage` and `script` are of a page."""
    pages = [stage for stage in checkout.stages() if stage.startswith("page@")][:PAGES]
    keys = [page.removeprefix("page@") for page in pages]
    seconds = {"no_op": checkout.seconds("dvc", "repro"), "status": checkout.seconds("dvc", "status")}
    seconds["script"] = sum(checkout.seconds("python", "stages/page.py", key) for key in keys) / len(keys)
    schedule = ("python", "-m", "nnlabs.pipeline.schedule", "--jobs", "1")
    nothing = checkout.seconds(*schedule)
    for key in keys:
        _forget(checkout.folder, Path("reports") / f"{key}.md")
    began = time.perf_counter()
    told = checkout.run(*schedule)
    ran = int(re.findall(r"in all, (\d+) stages", told)[0])  # the older one counts those that it finds unchanged
    seconds["stage"] = (time.perf_counter() - began - nothing) / ran
    return seconds | _experiment(checkout, turn)


def _experiment(checkout: Checkout, turn: int) -> dict[str, float]:
    """Seconds of `dvc exp run` with one knob of one variant and its page, and of its scripts one by one."""
    knob = f"++variants.{VARIANT}.epochs={turn + 3}"  # another one each time, or DVC takes what it has
    experiment = checkout.seconds("dvc", "exp", "run", "-q", "-S", knob, f"page@{LAB}")
    scripts = [("settings",), ("train", VARIANT), ("evaluate", VARIANT), ("page", LAB)]
    there = [each for each in scripts if (checkout.folder / "stages" / f"{each[0]}.py").exists()]
    alone = sum(checkout.seconds("python", f"stages/{name}.py", *keys) for name, *keys in there)
    for command in (("git", "reset", "-q", "--hard"), ("git", "clean", "-fdq", "reports"), ("dvc", "checkout", "-q")):
        checkout.run(*command)
    return {"experiment": experiment, "scripts": alone}


def _forget(folder: Path, output: Path) -> None:
    """Take an output away, and out of the cache, so that its stage has to run."""
    digest = hashlib.md5((folder / output).read_bytes()).hexdigest()
    (folder / output).unlink()
    (folder / ".dvc" / "cache" / "files" / "md5" / digest[:2] / digest[2:]).unlink(missing_ok=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="What the pipeline costs beside its work.")
    parser.add_argument("--before", type=Path, help="an older checkout, to measure in turns with this one")
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    found = measure(given.repeats, given.before)
    for what in ("no_op", "status", "stage", "script", "experiment", "scripts"):
        medians = {name: median(each[what]) for name, each in found.items()}
        told = ", ".join(f"{name} {taken:.2f} s" for name, taken in medians.items())
        ratio = f" ({medians['now'] / medians['before']:.2f} of it)" if "before" in medians else ""
        print(f"{what:10} {told}{ratio}")


if __name__ == "__main__":
    with one_line_errors():
        main()
