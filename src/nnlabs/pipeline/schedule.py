"""Run the pipeline's stages side by side: `python -m nnlabs.pipeline.schedule --jobs 2 [--lab fashion]`.

`dvc repro` runs one stage at a time. This starts every stage that has to run once what it reads is made, while the
threads in use are at most the jobs: a stage that computes with two threads takes two. First comes what the longest
chain of stages waits for. A stage whose inputs turn out to be as they were does not run. Stages run on this machine,
or on those of a cluster (`--executor`, docs/machines.md).
"""

import argparse
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace

from nnlabs.core import paths
from nnlabs.core.arguments import Parser, at_least
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.pipeline import plan as planning
from nnlabs.pipeline import watch
from nnlabs.pipeline.events import NOWHERE, Events, events, process
from nnlabs.pipeline.executors import Command, Executor
from nnlabs.pipeline.executors.link import Links
from nnlabs.pipeline.executors.local import Local
from nnlabs.pipeline.plan import Plan
from nnlabs.pipeline.repository import SETTINGS, Repository, opened

EXECUTORS = ("local", "ray", "submitit")


def run(todo: Plan, repository: Repository, executor: Executor, told: Events = NOWHERE) -> None:
    """Run the plan; a failed stage holds back what depends on it, the rest goes on."""
    chains = todo.chains()
    running: dict[str, float] = {}
    while True:
        while command := _next(todo, chains, repository, executor):
            stage = command.stage
            del todo.waiting[stage]
            with _failing(todo, stage, told):
                if instead := _need_not_run(stage, repository):
                    todo.done(stage)
                    told.tell("end", stage=stage, state=instead)
                else:
                    told.tell("start", stage=stage)
                    executor.start(command)
                    running[stage] = time.monotonic()
        if not running:
            return  # all is done, or what is left waits for a stage that failed
        ended = executor.wait()
        if not ended:
            continue
        with _failing(todo, ended.stage, told):
            if ended.status < 0:
                raise UserError(f"{ended.stage} was ended by signal {-ended.status}; 9 is often a lack of memory")
            if ended.status:
                raise UserError(f"{ended.stage} failed; it has said why")
            repository.end(ended.stage)
            todo.done(ended.stage)
            told.tell("end", stage=ended.stage, state="done")
        todo.took[ended.stage] = time.monotonic() - running.pop(ended.stage)


def _next(todo: Plan, chains: dict[str, float], repository: Repository, executor: Executor) -> Command | None:
    """What to start now: of the stages that wait for nothing and have room, the one with the longest chain."""
    ready = (stage for stage, needs in todo.waiting.items() if not needs)
    longest_first = sorted(ready, key=lambda stage: chains[stage], reverse=True)
    commands = (replace(repository.command(stage), **todo.demands(stage)) for stage in longest_first)
    return next(filter(executor.has_room, commands), None)


def _need_not_run(stage: str, repository: Repository) -> str | None:
    """Why not: what it reads is `unchanged`, or DVC's cache had what an earlier run made of it: `restored`."""
    if not repository.changed(stage):
        return "unchanged"
    if repository.begin(stage):
        return None
    print(f"{stage}: ran before with the same settings and inputs; its results are back", flush=True)
    return "restored"


@contextmanager
def _failing(todo: Plan, stage: str, told: Events) -> Iterator[None]:
    try:
        yield
    except UserError as error:
        print(f"error: {error}", flush=True)
        todo.failed.append(stage)
        told.tell("end", stage=stage, state="failed", error=str(error))


@contextmanager
def _told(given: argparse.Namespace) -> Iterator[Events]:
    """The events of this run, and where it is to be watched a page that shows them, until it is over."""
    title = f"make repro LAB={given.lab}" if given.lab else "make repro"
    with events("repro") as told:
        told.tell("begin", title=title, root=str(paths.ROOT), jobs=given.jobs, **process())
        with watch.beside(given.port) if given.watch else nullcontext():
            try:
                yield told
            finally:
                told.tell("over")


def _executor(given: argparse.Namespace, repository: Repository, told: Events) -> Executor:
    """Where stages are to run; what that needs is imported now."""
    if given.executor == "local":
        return Local(given.jobs, told, watched=given.watch)
    from nnlabs.pipeline.executors.fleet import Fleet

    return Fleet(_links(given), repository.sources, given.jobs, told)


def _links(given: argparse.Namespace) -> Links:
    if given.executor == "ray":
        from nnlabs.pipeline.executors.ray import Cluster

        return Cluster(given.address)
    from nnlabs.pipeline.executors.submitit import Jobs

    return Jobs(given.partition)


def main() -> None:
    parser = Parser(description="Run the pipeline's stages side by side.")
    parser.add_argument("--jobs", type=at_least(1), default=os.cpu_count() or 1, help="cores to use (default: all)")
    parser.add_argument("--lab", help="only this lab (default: all)")
    parser.add_argument("--watch", action="store_true", help="show the run on a page of 127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="of that page (default: one that is free)")
    parser.add_argument(
        "--executor", default="local", help=f"where stages run: {', '.join(EXECUTORS)} (default: local)"
    )
    parser.add_argument("--address", default="auto", help="of the Ray cluster (default: the one of this machine)")
    parser.add_argument("--partition", help="of Slurm (default: its own)")
    given = parser.parse_args()
    if given.executor not in EXECUTORS:
        raise UserError(f"EXECUTOR: {given.executor!r} found; allowed: {', '.join(EXECUTORS)}")
    began = time.monotonic()
    for ending in (signal.SIGTERM, signal.SIGHUP):  # as at the terminal: stages are ended before this process is
        if signal.getsignal(ending) is not signal.SIG_IGN:
            signal.signal(ending, signal.default_int_handler)
    with (
        opened() as repository,
        _told(given) as told,
        closing(_executor(given, repository, told)) as executor,
    ):
        targets = planning.pages(given.lab, repository) if given.lab else []
        settled = planning.plan(repository, [SETTINGS])
        told.tell("plan", stages=settled.told())
        run(settled, repository, executor, told)
        if settled.failed:
            raise UserError("nothing else has run: what the stage settings has said has to be mended first")
        todo = planning.plan(repository, targets)
        if todo.waiting:
            print(todo.announcement(given.jobs if given.executor == "local" else None), flush=True)
            if short := todo.shortage(shutil.disk_usage(paths.ROOT).free):
                print(short, flush=True)
        told.tell("plan", stages=todo.told())
        run(todo, repository, executor, told)
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
