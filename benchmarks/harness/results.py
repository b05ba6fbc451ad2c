"""benchmarks/results.json: what was measured, a section each, from which the page is written."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path("benchmarks")
TRIAL = Path(".nnlabs") / "bench"
"""Where the figures of `run.py --try` go: they mean nothing."""


def read(folder: Path = FOLDER) -> dict[str, Any]:
    path = folder / "results.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def record(section: str, content: dict[str, Any], folder: Path = FOLDER) -> None:
    """Replace one section and write the page, and the section's figure, anew."""
    from pages import byhand as byhand_page
    from pages import figures as charts
    from pages import page

    results = read(folder) | {section: _rounded(content)}
    text = json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / "results.json").write_text(text + "\n", encoding="utf-8")
    results = read(folder)  # in the order of the file, in which whoever writes the page again finds them
    (folder / "README.md").write_text(page.render(results), encoding="utf-8")
    figures = {"byhand": (byhand_page.draw, "by-hand"), "words": (charts.words, "words"), "deep": (charts.deep, "deep")}
    if section in figures:
        draw, name = figures[section]
        (folder / "figures").mkdir(exist_ok=True)
        draw(results[section], folder / "figures" / f"{name}.svg")


def _rounded(value: Any) -> Any:
    """Five digits are more than any of these figures has."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list) else value
