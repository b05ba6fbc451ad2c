"""Run the pipeline's stages side by side: `python -m nnlabs.pipeline.schedule --jobs 2 [--lab fashion]`.

`dvc repro` runs one stage at a time. This starts every stage that has to run once what it reads is made, while the
threads in use are at most the jobs: a stage that computes with two threads takes two. First comes what the longest
chain of stages waits for. A stage whose inputs turn out to be as they were does not run.
"""

import argparse
import os
import time

from nnlabs.core import paths
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.pipeline import plan as planning
from nnlabs.pipeline.executors import Executor
from nnlabs.pipeline.executors.local import Local
from nnlabs.pipeline.plan import Plan
from nnlabs.pipeline.repository import Repository, opened

SETTINGS = "settings"
"""The stage that all others go by: what has to run is known after it."""


def run(todo: Plan, repository: Repository, executor: Executor, jobs: int) -> None:
    """Run the plan; a failed stage holds back what depends on it, the rest goes on."""
    running: dict[str, float] = {}
    chains = todo.chains()

    def done(stage: str) -> None:
        for needs in todo.waiting.values():
            needs.discard(stage)

    while todo.waiting or running:
        ready = sorted((s for s, needs in todo.waiting.items() if not needs), key=lambda s: -chains[s])
        settled = False
        for stage in ready:
            free = jobs - sum(todo.threads[other] for other in running)
            if todo.threads[stage] > free and running:
                continue
            del todo.waiting[stage]
            if not repository.changed(stage) or not repository.begin(stage):
                done(stage)
                settled = True
                continue
            running[stage] = time.monotonic()
            executor.start(repository.command(stage))
        if settled:
            continue
        if not running:
            break  # what is left waits for a stage that failed
        ended = executor.wait()
        began = running.pop(ended.stage)
        try:
            if ended.status:
                todo.failed.append(ended.stage)
            else:
                repository.end(ended.stage)
                done(ended.stage)
        except UserError as error:
            print(f"error: {error}", flush=True)
            todo.failed.append(ended.stage)
        todo.took[ended.stage] = time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description="Run the pipeline's stages side by side.")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="cores to use (default: all)")
    parser.add_argument("--lab", help="only this lab (default: all)")
    given = parser.parse_args()
    if given.jobs < 1:
        raise UserError(f"JOBS: {given.jobs} found; allowed: 1 or more")
    began = time.monotonic()
    executor = Local(given.jobs)
    try:
        with opened() as repository:
            settled = planning.plan(repository, [SETTINGS])
            run(settled, repository, executor, given.jobs)
            if settled.failed:
                raise UserError("params.yaml, or the code, has to be mended first; everything is as it was")
            todo = planning.plan(repository, planning.pages(given.lab) if given.lab else [])
            if todo.waiting:
                print(todo.announcement(given.jobs), flush=True)
            run(todo, repository, executor, given.jobs)
    finally:
        executor.close()
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
