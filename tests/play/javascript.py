"""Running the pages' modules: in node where there is one, else in Chromium; and opening pages in Chromium."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from nnlabs.play import bundle

CORE = sorted((bundle.HERE / "core").glob("*.js"))
NODE = shutil.which("node")
CHROMIUM = Path("/usr/bin/chromium")


def evaluate(body: str, given: Any = None, modules: str | None = None) -> Any:
    """What a function's body returns, by way of JSON; `given` is its argument, `core_<name>` the modules of `core`.

    `modules` are those of a page that was written before.
    """
    modules = bundle.script(*CORE) if modules is None else modules
    script = f"{modules}\nconst evaluated = ((given) => {{\n{body}\n}})({json.dumps(given)});"
    if NODE:
        told = f"{script}\nprocess.stdout.write(JSON.stringify(evaluated));"
        ended = subprocess.run([NODE, "-"], input=told, capture_output=True, text=True, timeout=600)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)
    with browser() as chromium:
        page = chromium.new_page()
        return json.loads(page.evaluate(f"() => {{ {script}\nreturn JSON.stringify(evaluated); }}"))


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium without a window; the test is skipped where it or Playwright is missing."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        try:
            yield chromium
        finally:
            chromium.close()
