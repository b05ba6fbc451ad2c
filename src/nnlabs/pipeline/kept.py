"""The stages of a repository, kept as long as what they were read from is the same.

DVC forgets them whenever it takes its lock or lets go of it: `dvc exp run` of four stages reads dvc.yaml, params.yaml
and all of dvc.lock eight times. Nothing but these files makes stages here: where others do (`*.dvc`, a dvc.yaml in a
folder), or another state than the checkout's is read, DVC goes on as it does.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dvc.fs import LocalFileSystem
from dvc.repo import Repo
from dvc.repo.index import Index
from dvc.stage import PipelineStage
from dvc.utils.objects import cached_property

SOURCES = ("dvc.yaml", "dvc.lock", "params.yaml", ".dvcignore")
KEPT = "_kept_index"
"""Where a repository has it: one that DVC opens anew begins without."""


@dataclass
class Kept:
    sources: list[bytes | None]
    """What the files held when the stages were read, or last recorded."""
    index: Index


def keep() -> None:
    """Have repositories of this process keep their stages."""
    Repo.index = cached_property(index)


def index(repo: Repo) -> Index:
    """What DVC's own property of this name is: the stages, and what is found out from them."""
    if not isinstance(repo.fs, LocalFileSystem) or repo.stage_collection_error_handler:
        return Index.from_repo(repo)
    sources = _sources(repo)
    kept: Kept | None = repo.__dict__.get(KEPT)
    if kept and kept.sources == sources:
        return _anew(kept.index)
    made = Index.from_repo(repo)
    repo.__dict__[KEPT] = Kept(sources, made) if _of_one_file(repo, made.stages) else None
    return made


@contextmanager
def recording(repo: Repo, stages: Iterable[Any]) -> Iterator[None]:
    """While stages are written into the lock: those that are kept have what the lock then says of them."""
    kept: Kept | None = repo.__dict__.pop(KEPT, None)
    known = {id(each) for each in kept.index.stages} if kept and kept.sources == _sources(repo) else set()
    yield
    if kept and all(id(stage) in known for stage in stages):
        for stage in stages:
            stage.cmd_changed = False  # DVC finds it while reading the lock
        repo.__dict__[KEPT] = Kept(_sources(repo), kept.index)


def _anew(index: Index) -> Index:
    """The same stages; what DVC finds out from them, their hashes among it, it finds out again."""
    told = ("metrics", "plots", "params", "artifacts", "datasets", "datasets_lock")
    return Index(index.repo, index.stages, **{name: getattr(index, f"_{name}") for name in told})


def _sources(repo: Repo) -> list[bytes | None]:
    paths = (Path(repo.root_dir) / name for name in SOURCES)
    return [path.read_bytes() if path.exists() else None for path in paths]


def _of_one_file(repo: Repo, stages: Iterable[Any]) -> bool:
    """Whether all are of the dvc.yaml at the root."""
    own = str(Path(repo.root_dir) / "dvc.yaml")
    return all(isinstance(stage, PipelineStage) and stage.path == own for stage in stages)
