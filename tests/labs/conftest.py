"""Data, models and reports of each test alone."""

from collections.abc import Iterator
from pathlib import Path

import computedlab
import pytest
import torch
from computedlab import Pages

from lettering import lettered
from nnlabs.core import paths

__all__ = ["lettered"]


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A checkout with the made datasets; PyTorch's generator is left as it was."""
    for name in ("DATA", "MODELS", "REPORTS"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    computedlab.write_data()
    state = torch.get_rng_state()
    yield
    torch.set_rng_state(state)


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Pages:
    return Pages(monkeypatch)
