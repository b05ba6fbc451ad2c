"""The fixtures of this folder's tests.

A file's tests stay on one worker (`--dist loadfile`): what they share takes minutes to make.
"""

from collections.abc import Callable, Iterator

import pytest
import recorder
from copies import FAST, Copy, changed_stages, copy_project

__all__ = ["copy_project"]


@pytest.fixture(scope="session")
def ran_once(copy_project: Callable[..., Copy]) -> Copy:
    """Two trained variants of different families beside a lab that computes, up to date and committed."""
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
