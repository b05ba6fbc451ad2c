"""benchmarks/results.json: what was measured, a section each, from which the page is written.

A section that a CPU measures has a record for each kind of CPU (`harness.kinds`).
"""

import json
from pathlib import Path
from typing import Any

from harness.kinds import KINDS

FOLDER = Path("benchmarks")
TRIAL = Path(".nnlabs") / "bench"
"""Where the figures of `run.py --try` go: they mean nothing."""

Results = dict[str, Any]
"""A section's figures under its name."""


def read(folder: Path = FOLDER) -> Results:
    path = folder / "results.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def replace(section: str, content: dict[str, Any], kind: str | None = None, folder: Path = FOLDER) -> Results:
    """Replace one section, or its record of one kind of CPU.

    Returns all of them, in the order of the file, in which whoever reads it again finds them.
    """
    found = read(folder)
    if kind:
        others = {each: found[section][each] for each in KINDS if each in found.get(section, {})}
        content = others | {kind: content}
    text = json.dumps(found | {section: _rounded(content)}, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / "results.json").write_text(text + "\n", encoding="utf-8")
    return read(folder)


def _rounded(value: Any) -> Any:
    """Five digits are more than any of these figures has."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list) else value
