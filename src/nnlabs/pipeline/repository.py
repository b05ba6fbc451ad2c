"""DVC's repository, kept open: what has changed, what a stage left behind, and what is recorded of it.

Each step is DVC's own, in DVC's order (`dvc.stage.Stage.run`), so that outputs and lock are those of `dvc repro`. A
`dvc repro` for every stage would start, read all and write the whole lock anew each time; here that is done once.
"""

import contextlib
import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import networkx as nx
from dvc.config import ConfigError
from dvc.exceptions import DvcException
from dvc.lock import LockError
from dvc.logger import setup
from dvc.repo import Repo, lock_repo
from dvc.repo.reproduce import get_active_graph, plan_repro
from dvc.stage import PipelineStage
from dvc.stage.cache import RunCacheNotFoundError

from nnlabs.config import whole
from nnlabs.core import disk, paths
from nnlabs.core.errors import UserError
from nnlabs.pipeline import bookkeeping, lockfile, mended
from nnlabs.pipeline.executors import Command
from nnlabs.pipeline.lockfile import LockFile

SETTINGS = "settings"
"""The stage that all others go by: what has to run is known after it."""
PROCESSES = re.compile(r"--nproc[-_]per[-_]node[= ](\d+)")
"""Of a command that starts `torchrun`."""

FILLED_IN = re.compile(r"failed to parse '|'params\.yaml'")
"""Said by DVC where it fills in dvc.yaml: behind it may lie a fault of params.yaml, which `config` tells better."""


class Repository:
    """The stages of dvc.yaml by the names that DVC addresses them with. Made by `opened`."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        graph = get_active_graph(repo.index.graph)
        self._stages: dict[str, PipelineStage] = {stage.addressing: stage for stage in graph}
        self.needs: nx.DiGraph = nx.relabel_nodes(graph, lambda stage: stage.addressing)
        """Edges point from a stage to those that it reads from."""
        order = [stage.addressing for stage in plan_repro(graph)]
        self._lock = LockFile(Path(repo.root_dir) / lockfile.NAME, order)

    def changed(self, name: str) -> bool:
        """Whether the stage has to run, by what it depends on and what it made as both are now."""
        return bool(self._stages[name].changed())

    def command(self, name: str) -> Command:
        stage = self._stages[name]
        reads, makes = (tuple(each.def_path for each in several) for several in (stage.deps, stage.outs))
        return Command(name, str(stage.cmd), reads, makes, processes=_processes(str(stage.cmd)))

    @property
    def sources(self) -> tuple[str, ...]:
        """What the stage depends on that all others go by: the knobs and the code."""
        return tuple(dep.def_path for dep in self._stages[SETTINGS].deps)

    def size(self, name: str) -> int:
        """Bytes of what the stage made when it was last recorded."""
        return sum(out.meta.size or 0 for out in self._stages[name].outs if out.meta)

    def begin(self, name: str) -> bool:
        """Take the stage's old outputs away, or bring back those of an earlier run with the same inputs.

        Returns whether it still has to run.

        Raises
        ------
        UserError
            Where something that it depends on is missing.
        """
        stage = self._stages[name]
        with _told(name):
            stage.remove_outs(ignore_remove=False, force=False)
            try:
                self.repo.stage_cache.restore(stage)
            except RunCacheNotFoundError:
                stage.save_deps()
                return True
        self.end(name)
        return False

    def end(self, name: str) -> None:
        """Hash, cache and record what the stage has made.

        DVC forgets a run that has made something for git to track; here it is remembered as any other, so that what
        was tried once does not run again.

        Raises
        ------
        UserError
            Where an output is missing.
        """
        stage = self._stages[name]
        with _told(name):
            stage.save(run_cache=True)
            stage.commit()
        stage.cmd_changed = False  # DVC finds it while reading the lock, and never looks again
        self._lock.record(stage)
        self.repo.scm_context.track_file(lockfile.NAME)

    def adopt(self, path: str) -> None:
        """Put an output that came from elsewhere, as dvc.lock has it, into DVC's cache."""
        (out,) = (out for stage in self._stages.values() for out in stage.outs if out.def_path == path)
        with _told(path):
            out.commit()


def _processes(line: str) -> int:
    return int(match[1]) if (match := PROCESSES.search(line)) else 1


@contextmanager
def opened() -> Iterator[Repository]:
    """The repository of this checkout, DVC's lock held: nobody else's dvc changes it meanwhile.

    What a kill or a full disk has left of DVC's bookkeeping is put right first.

    Raises
    ------
    UserError
        Where another process has it, or dvc.yaml, params.yaml or dvc.lock cannot be read.
    """
    mended.mend()
    setup(logging.CRITICAL)  # no bars or warnings among the lines of the stages; what fails is raised
    with _told(), bookkeeping.repository(paths.ROOT) as repo, _locked(repo), repo.scm_context(quiet=True):
        bookkeeping.put_right(repo)
        lock = Path(repo.root_dir) / lockfile.NAME
        if lockfile.broken_off(lock):
            lockfile.mend(lock)
        try:
            repository = Repository(repo)
        except DvcException:
            if not lockfile.mend(lock):
                raise
            repo._reset()
            repository = Repository(repo)
        yield repository


@contextmanager
def _locked(repo: Repo) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(lock_repo(repo))
        except LockError:
            raise UserError(bookkeeping.at_work(bookkeeping.lock_holder(repo))) from None
        yield


@contextmanager
def _told(stage: str = "") -> Iterator[None]:
    """DVC's errors in a line."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        if disk.cause(error) or not isinstance(error, DvcException | sqlite3.Error | NotImplementedError):
            raise
        causes = dict.fromkeys(str(each) for each in (error, error.__cause__) if each)
        words = " ".join(": ".join(causes).split())
        if FILLED_IN.search(words):
            whole.load()
        if isinstance(error, ConfigError):
            words = f".dvc/config: {words}; mend it, or `git checkout -- .dvc/config` brings back the committed one"
        if isinstance(error, NotImplementedError):
            words = f"{lockfile.NAME} names a hash that DVC does not know"
        if lockfile.NAME in words:
            words += f"; {lockfile.RESTORE}"
        raise UserError(f"{stage}: {words}".removeprefix(": ")) from None
