"""The fixtures of this folder's tests.

A file's tests stay on one worker (`--dist loadfile`): what they share takes minutes to make.
"""

import shutil
from collections.abc import Callable, Iterator

import pytest
import recorder
from copies import FAST, Copy, changed_stages, copy_project, of_all_workers, surroundings
from filelock import FileLock

__all__ = ["copy_project", "surroundings"]


@pytest.fixture(scope="session")
def ran_once(
    copy_project: Callable[..., Copy], surroundings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Copy:
    """Two trained variants of different families beside a lab that computes, up to date and committed.

    The first worker that asks for it runs it, and every one has a copy.
    """
    shared = of_all_workers(tmp_path_factory) / "ran-once"
    with FileLock(shared.with_suffix(".lock")):
        if not shared.exists():
            shutil.copytree(_run_once(copy_project).folder.parent, shared, symlinks=True)
    folder = tmp_path_factory.mktemp("ran") / "once"
    shutil.copytree(shared, folder, symlinks=True)
    return Copy(folder / "nnlabs", surroundings)


def _run_once(copy_project: Callable[..., Copy]) -> Copy:
    copy = copy_project(FAST, "digits-cnn")
    records = {recorder.FOLDER: str(copy.records)}
    copy.run("python", "-m", "nnlabs.pipeline.schedule", "--jobs", "2", **records)
    assert changed_stages(copy) == set()
    copy.git("add", "-A")
    copy.git("commit", "-qm", "Results")
    return copy


@pytest.fixture
def copy(ran_once: Copy) -> Iterator[Copy]:
    """The same; what a test edits and adds goes away."""
    yield ran_once
    ran_once.git("checkout", "-q", "--", ".")
    ran_once.git("clean", "-fdq", "--", "src", "reports")
