"""Stages as jobs of Slurm, one each, through submitit; where there is no Slurm, as processes of this machine.

What travels lies on the disk that all machines share, in the checkout's `.nnlabs/jobs` (`shared`). submitit is a
package of its own (requirements-submitit.lock); nothing imports it unless it is asked for.
"""

import contextlib
import json
import shutil
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.pipeline.executors import alike, shared
from nnlabs.pipeline.executors.contents import Contents
from nnlabs.pipeline.executors.link import Link, LostError

INSTALL = ".venv/bin/pip install -r requirements-submitit.lock"
MINUTES = 24 * 60
"""That a job may take; Slurm's own variable SBATCH_TIMELIMIT goes before it."""
AT_ONCE = 1000
"""Threads, and cards, that are asked for at a time."""
LOOKS = 0.2
"""Seconds between two looks into a job's news."""
ASKS = 10.0
"""Seconds between two questions to Slurm, what has become of a job."""


class Jobs:
    """All of a partition as one machine that has room for many stages: Slurm says where each of them runs."""

    takes_cards: tuple[str, ...] = ("cuda",)
    many = True

    def __init__(self, partition: str | None, cluster: str | None = None) -> None:
        """`cluster` is submitit's; by default Slurm where that is, else processes of this machine.

        Raises
        ------
        UserError
            Where submitit is not installed.
        """
        try:
            import submitit
        except ImportError:
            raise UserError(f"EXECUTOR=submitit needs submitit, which is not installed: `{INSTALL}`") from None
        self.threads, self.gpus = AT_ONCE, ["GPU"] * AT_ONCE
        self._folder = paths.ROOT / ".nnlabs" / "jobs"
        self._executor: Any = submitit.AutoExecutor(folder=self._folder / "logs" / "%j", cluster=cluster)
        self._partition = partition
        self.name = f"Slurm{f', partition {partition}' if partition else ''}"
        if self._executor.cluster != "slurm":
            self.name = "this machine, by submitit,"
        self._contents = Contents(self._folder / "contents", sys.maxsize)
        self._packages = alike.packages()
        self._jobs: dict[str, tuple[Path, Any]] = {}
        self._asked: dict[str, float] = {}
        self._shown = False
        self._bad: set[str] = set()
        self._told: list[Any] = []
        """Jobs that have told their end, and may be ending still."""
        self._lock = threading.Lock()
        self._adopt()

    def look(self) -> Iterator[Link]:
        if not self._shown:
            self._shown = True
            yield self

    def awaited(self) -> bool:
        return False

    def call(self, method: str, *given: Any) -> Any:
        match method:
            case "about":
                return {"cpu": "whichever Slurm takes" if self._executor.cluster == "slurm" else "its own"}
            case "lacking":
                return [digest for digest in given[0] if not self._contents.has(digest)]
            case "take":
                with self._lock:
                    for piece in given[0]:
                        self._contents.write(*piece)
            case "begin":
                return self._begin(*given)
            case "news":
                return self._news(*given)
            case "give":
                return [self._contents.read(*piece) for piece in given[0]]
            case "forget":
                self._forget(*given)

    def _begin(
        self, stage: str, line: str, tree: dict[str, Any], makes: list[str], cards: list[int] | None, threads: int
    ) -> list[str]:
        if lacking := self.call("lacking", {entry[0] for entry in tree.values() if entry}):
            return list(lacking)
        folder = self._folder / f"{stage}-{uuid.uuid4().hex[:8]}"
        told = {"stage": stage, "line": line, "tree": tree, "makes": makes, "packages": self._packages}
        shared.write_job(folder, self._contents, **told)
        with self._lock:
            self._executor.update_parameters(**self.parameters(stage, threads, len(cards or [])))
            self._jobs[stage] = folder, self._executor.submit(shared.run, str(folder))
            self._asked[stage] = time.monotonic()
        return []

    def parameters(self, stage: str, threads: int, cards: int) -> dict[str, Any]:
        """What is asked of Slurm, in submitit's words."""
        asked: dict[str, Any] = {"name": f"nnlabs {stage}", "timeout_min": MINUTES, "cpus_per_task": threads}
        asked |= {"nodes": 1, "tasks_per_node": 1, "gpus_per_node": cards}
        if self._partition:
            asked["slurm_partition"] = self._partition
        if self._bad:
            asked["slurm_exclude"] = ",".join(sorted(self._bad))
        return asked

    def _news(self, stage: str, seen: int, patience: float) -> list[Any]:
        """Since so many, waited for; an end that the job could not tell is a loss."""
        folder, job = self._jobs[stage]
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            (folder / shared.ALIVE).touch()
            if news := read_news(folder)[seen:]:
                return [self._read(each) for each in news]
            if self._over(stage, job) and not read_news(folder)[seen:]:
                raise LostError(f"job {job.job_id} has ended without a result ({job.state})")
            time.sleep(LOOKS)
        return []

    def _read(self, news: list[Any]) -> tuple[Any, ...]:
        """What a worker tells, as it told it; a node that something is wrong with gets no more of our jobs."""
        kind, *told = news
        if kind == "at":
            return "line", f"on {told[0]}\n"
        if kind == "ended":
            status, made, trouble = told
            if trouble and self._executor.cluster == "slurm":
                self._bad.add(trouble.partition(":")[0])
            return kind, status, {name: tuple(entry) if entry else None for name, entry in made.items()}, trouble, {}
        return kind, *told

    def _over(self, stage: str, job: Any) -> bool:
        """Whether the scheduler says so. It is not asked all the time; and the last news may come a moment later."""
        if time.monotonic() - self._asked[stage] < ASKS:
            return False
        self._asked[stage] = time.monotonic()
        if not job.done():
            return False
        time.sleep(10 * LOOKS)
        return True

    def _forget(self, stage: str) -> None:
        folder, job = self._jobs.pop(stage, (None, None))
        if not folder or not job:
            return
        if any(kind == "ended" for kind, *_ in read_news(folder)):
            self._told.append(job)
        else:
            with contextlib.suppress(Exception):  # what Slurm says of one that is gone
                job.cancel()
        shutil.rmtree(folder, ignore_errors=True)

    def _adopt(self) -> None:
        """Keep the checkpoints of jobs whose run was killed; they end by themselves."""
        for folder in self._folder.glob("*@*-*"):
            for kind, *told in read_news(folder):
                if kind == "checkpoint" and self._contents.has(told[1]):
                    target = paths.cache() / "checkpoints" / told[0]
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(self._contents.path(told[1]), target)
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        for stage in [*self._jobs]:
            self._forget(stage)
        if self._executor.cluster != "slurm":
            for job in self._told:
                job.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def read_news(folder: Path) -> list[list[Any]]:
    """The lines that are whole."""
    path = folder / shared.NEWS
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line[-1] == "\n"]
