"""DVC's repository, kept open: what has changed, what a stage left behind, and what is recorded of it.

Each step is DVC's own, in DVC's order (`dvc.stage.Stage.run`), so that outputs, cache and lock are those of `dvc repro`.
DVC starts, reads everything and writes its whole lock anew for every stage; here that is done once.
"""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import networkx as nx
from dvc.exceptions import DvcException
from dvc.lock import LockError
from dvc.logger import setup
from dvc.repo import Repo, lock_repo
from dvc.repo.reproduce import get_active_graph, plan_repro
from dvc.stage import PipelineStage
from dvc.stage.cache import RunCacheNotFoundError

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.pipeline.executors import Command
from nnlabs.pipeline.lockfile import LockFile


class Repository:
    """The stages of dvc.yaml by the names that DVC addresses them with. Made by `opened`."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        graph = get_active_graph(repo.index.graph)
        self.needs: nx.DiGraph = nx.relabel_nodes(graph, lambda stage: stage.addressing)
        """Edges point from a stage to those that it reads from."""
        self._stages: dict[str, PipelineStage] = {stage.addressing: stage for stage in graph}
        order = [stage.addressing for stage in plan_repro(graph)]
        self._lock = LockFile(Path(repo.root_dir) / "dvc.lock", order)

    def changed(self, name: str) -> bool:
        """Whether the stage has to run, by what it depends on as that is now."""
        return bool(self._stages[name].changed())

    def command(self, name: str) -> Command:
        return Command(name, tuple(str(self._stages[name].cmd).split()))

    def begin(self, name: str) -> bool:
        """Take the stage's old outputs away, or bring back those of an earlier run with the same inputs.

        Returns whether it still has to run.
        """
        stage = self._stages[name]
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

        Raises
        ------
        UserError
            Where an output is missing.
        """
        stage = self._stages[name]
        try:
            stage.save()
            stage.commit()
        except DvcException as error:
            raise UserError(f"{name}: {' '.join(str(error).split())}") from None
        self._lock.record(stage)


@contextmanager
def opened() -> Iterator[Repository]:
    """The repository of this checkout, DVC's lock held: nobody else's dvc changes it meanwhile.

    Raises
    ------
    UserError
        Where another process has it, or dvc.yaml or params.yaml cannot be read.
    """
    gc.set_threshold(100_000)  # what DVC makes of lock and graph is looked through again and again otherwise
    setup(logging.WARNING)
    try:
        with Repo(str(paths.ROOT)) as repo, lock_repo(repo):
            yield Repository(repo)
    except LockError:
        raise UserError("another dvc, or another `make repro`, is at work in this folder; wait for its end") from None
