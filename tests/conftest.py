"""The order of the test files, how often Python looks for garbage, and what tests never see of the environment."""

import gc
import os

import pytest

os.environ.pop("NNLABS_PROGRESS", None)  # by it a program tells its progress as it does to a scheduler

# What the imports and thousands of tests make stays: to look through it again and again is a sixth of the collection.
gc.set_threshold(100_000)

FIRST = (
    *("test_whole.py", "test_readme.py", "test_types.py", "test_two.py", "test_recipes.py", "test_exact.py"),
    *("test_killed.py", "test_original.py", "test_scheduler.py"),
)
"""The files that take minutes, the longest first: the others then fill the time of the second worker.

pytest-xdist keeps the order with `--no-loadscope-reorder`; by itself it starts with the files of many tests.
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: FIRST.index(item.path.name) if item.path.name in FIRST else len(FIRST))
