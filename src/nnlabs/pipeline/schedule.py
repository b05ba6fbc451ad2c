"""Run the pipeline's stages side by side: `python -m nnlabs.pipeline.schedule --jobs 2 [--lab fashion]`.

`dvc repro` runs one stage at a time. This starts every stage that has to run once what it reads is made, while the
threads in use are at most the jobs: a stage that computes with two threads takes two. First comes what the longest
chain of stages waits for. A stage whose inputs turn out to be as they were does not run.
"""

import argparse
import os
import shutil
import signal
import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager

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
    chains = todo.chains()
    running: dict[str, float] = {}
    while True:
        while stage := _next(todo, chains, running, jobs):
            del todo.waiting[stage]
            with _failing(todo, stage):
                if _has_to_run(stage, repository):
                    executor.start(repository.command(stage))
                    running[stage] = time.monotonic()
                else:
                    todo.done(stage)
        if not running:
            return  # all is done, or what is left waits for a stage that failed
        ended = executor.wait()
        with _failing(todo, ended.stage):
            if ended.status < 0:
                raise UserError(f"{ended.stage} was ended by signal {-ended.status}; 9 is often a lack of memory")
            if ended.status:
                raise UserError(f"{ended.stage} failed; it has said why")
            repository.end(ended.stage)
            todo.done(ended.stage)
        todo.took[ended.stage] = time.monotonic() - running.pop(ended.stage)


def _next(todo: Plan, chains: dict[str, float], running: Collection[str], jobs: int) -> str | None:
    """What to start now: of the stages that wait for nothing and fit in, the one with the longest chain."""
    free = jobs - sum(todo.threads[stage] for stage in running)
    fitting = (s for s, needs in todo.waiting.items() if not needs and (todo.threads[s] <= free or not running))
    return max(fitting, key=lambda stage: chains[stage], default=None)


def _has_to_run(stage: str, repository: Repository) -> bool:
    """Whether what the stage reads has changed, and no earlier run with the same left its results in DVC's cache."""
    if not repository.changed(stage):
        return False
    if repository.begin(stage):
        return True
    print(f"{stage}: ran before with the same settings and inputs; its results are back", flush=True)
    return False


@contextmanager
def _failing(todo: Plan, stage: str) -> Iterator[None]:
    try:
        yield
    except UserError as error:
        print(f"error: {error}", flush=True)
        todo.failed.append(stage)


def main() -> None:
    parser = argparse.ArgumentParser(description="Run the pipeline's stages side by side.")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="cores to use (default: all)")
    parser.add_argument("--lab", help="only this lab (default: all)")
    given = parser.parse_args()
    if given.jobs < 1:
        raise UserError(f"JOBS: {given.jobs} found; allowed: 1 or more")
    began = time.monotonic()
    for ending in (signal.SIGTERM, signal.SIGHUP):  # as at the terminal: stages are ended before this process is
        if signal.getsignal(ending) is not signal.SIG_IGN:
            signal.signal(ending, signal.default_int_handler)
    with opened() as repository, closing(Local(given.jobs)) as executor:
        targets = planning.pages(given.lab, repository) if given.lab else []
        settled = planning.plan(repository, [SETTINGS])
        run(settled, repository, executor, given.jobs)
        if settled.failed:
            raise UserError("nothing else has run: what the stage settings has said has to be mended first")
        todo = planning.plan(repository, targets)
        if todo.waiting:
            print(todo.announcement(given.jobs), flush=True)
            if short := todo.shortage(shutil.disk_usage(paths.ROOT).free):
                print(short, flush=True)
        run(todo, repository, executor, given.jobs)
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
