"""The benchmarks' page is the one that its figures make."""

import json
import sys
from pathlib import Path

import pytest

FOLDER = Path("benchmarks")


def test_the_page_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    import page

    figures = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))
    assert page.render(figures) == (FOLDER / "README.md").read_text(encoding="utf-8")
