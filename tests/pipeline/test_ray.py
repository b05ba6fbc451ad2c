"""Stages on the machines of a Ray cluster: the same bytes, whatever becomes of a machine."""

from collections.abc import Callable

import pytest
from clusters import cluster
from copies import FAST, Copy, changed_stages, lock

pytest.importorskip("ray", reason="Ray is not installed (requirements-ray.lock)")

SCHEDULE = ("python", "-m", "nnlabs.pipeline.schedule", "--jobs", "2")


def test_three_machines_make_what_one_makes(copy_project: Callable[..., Copy]) -> None:
    copy, same = copy_project(FAST), copy_project(FAST)
    same.run(*SCHEDULE)
    with cluster(copy.folder.parent / "cluster", hidden=copy.folder) as machines:
        for _ in range(3):
            machines.join()
        done = copy.run(*SCHEDULE, "--executor", "ray", "--address", machines.address)
        print(done.stdout)
    assert changed_stages(copy) == set()
    assert lock(copy) == lock(same)
