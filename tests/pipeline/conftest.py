"""The fixture of this folder's tests, and which of them stay together."""

import pytest
from copies import copy_project

__all__ = ["copy_project"]

SHARED = ("whole", "two_that_ran", "uninterrupted")
"""Fixtures that take long to make: one worker makes each, and has all the tests that use it."""


def pytest_itemcollected(item: pytest.Item) -> None:  # at once: xdist reads the groups before later hooks run
    for name in SHARED:
        if name in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group(name))
