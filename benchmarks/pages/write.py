"""What was measured goes into results.json, and from there onto the page and into its figures."""

from pathlib import Path
from typing import Any

from harness import results
from harness.kinds import records
from pages import figures, page


def record(section: str, content: dict[str, Any], kind: str | None = None, folder: Path = results.FOLDER) -> None:
    """Replace one section, or its record of one kind of CPU, and write the page and the section's figure anew."""
    found = results.replace(section, content, kind, folder)
    _page(found, folder)
    _figure(section, found, folder)


def anew(folder: Path = results.FOLDER) -> None:
    """The page and every figure, from what is there."""
    found = results.read(folder)
    _page(found, folder)
    for section in found:
        _figure(section, found, folder)


def _page(found: results.Results, folder: Path) -> None:
    (folder / "README.md").write_text(page.render(found), encoding="utf-8")


def _figure(section: str, found: results.Results, folder: Path) -> None:
    """Of a section that has one: of the first kind of CPU."""
    if section in figures.FIGURES and (there := records(found, section)):
        name, draw = figures.FIGURES[section]
        (folder / "figures").mkdir(exist_ok=True)
        draw(there[0], folder / "figures" / f"{name}.svg")
