"""Run the pipeline's stages side by side: `python -m nnlabs.pipeline.schedule --jobs 2 [--lab fashion]`.

`dvc repro` runs one stage at a time. This starts `dvc repro --single-item` for every stage that
has to run and whose dependencies are done, while the threads in use are at most the jobs: a stage
that computes with two threads takes two. First comes what the longest chain of stages waits for.
"""

import argparse
import os
import subprocess
import sys
import threading
import time

from nnlabs import config as params
from nnlabs.core import paths
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.pipeline.plan import Plan, pages, plan
from nnlabs.telling.progress import LINES

# Looking again and again through what DVC makes of the whole lock, as Python does by itself, costs 0.35 s a stage.
DVC = (sys.executable, "-c", "import gc; gc.set_threshold(100_000); from dvc.cli import main; raise SystemExit(main())")


def run(todo: Plan, jobs: int) -> None:
    """Run the plan; a failed stage holds back what depends on it, the rest goes on."""
    running: dict[str, tuple[subprocess.Popen[str], float]] = {}
    ended = threading.Event()
    chains = todo.chains()
    while todo.waiting or running:
        ready = sorted((s for s, needs in todo.waiting.items() if not needs), key=lambda s: -chains[s])
        for stage in ready:
            free = jobs - sum(todo.threads[other] for other in running)
            if todo.threads[stage] <= free or not running:
                del todo.waiting[stage]
                running[stage] = (_start(stage, jobs, ended), time.monotonic())
        if not running:
            break  # what is left waits for a stage that failed
        ended.wait(0.2)
        ended.clear()
        for stage, (process, began) in list(running.items()):
            if process.poll() is None:
                continue
            del running[stage]
            todo.took[stage] = time.monotonic() - began
            if process.returncode:
                todo.failed.append(stage)
            else:
                for needs in todo.waiting.values():
                    needs.discard(stage)


def _start(stage: str, jobs: int, ended: threading.Event) -> subprocess.Popen[str]:
    command = [*DVC, "--wait-for-lock", "repro", "--quiet", "--single-item", stage]
    if jobs == 1:  # the stage has the terminal to itself
        return subprocess.Popen(command, text=True)
    environment = os.environ | {LINES: "lines"}
    pipe, merged = subprocess.PIPE, subprocess.STDOUT
    process = subprocess.Popen(command, env=environment, text=True, stdout=pipe, stderr=merged, errors="replace")

    def relay() -> None:
        with process:  # waits for its end and closes the pipe
            for line in process.stdout or ():
                own = line.startswith(stage.partition("@")[2] + " ")
                print(line if own else f"{stage}: {line}", end="", flush=True)
        ended.set()

    threading.Thread(target=relay, daemon=True).start()
    return process


def main() -> None:
    parser = argparse.ArgumentParser(description="Run the pipeline's stages side by side.")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="cores to use (default: all)")
    parser.add_argument("--lab", help="only this lab, exercise or study (default: all)")
    given = parser.parse_args()
    if given.jobs < 1:
        raise UserError(f"JOBS: {given.jobs} found; allowed: 1 or more")
    settings = params.load()
    began = time.monotonic()
    todo = plan(settings, pages(given.lab, settings) if given.lab else [])
    if todo.waiting:
        print(todo.announcement(given.jobs), flush=True)
    run(todo, given.jobs)
    for stage, seconds in sorted(todo.took.items(), key=lambda item: -item[1])[:12]:
        print(f"{seconds:8.1f} s  {stage}")
    print(f"{time.monotonic() - began:8.1f} s  in all, {len(todo.took)} stages")
    if todo.failed or todo.waiting:
        held = f"; held back: {', '.join(sorted(todo.waiting))}" if todo.waiting else ""
        raise UserError(
            f"failed: {', '.join(todo.failed)}{held}. What they had written before is gone until they run again; "
            "`git checkout -- reports` brings the committed results back"
        )
    page = paths.REPORTS / (f"{given.lab}.md" if given.lab else "README.md")
    print(f"the report is in {page.relative_to(paths.ROOT)}")


if __name__ == "__main__":
    with one_line_errors():
        main()
