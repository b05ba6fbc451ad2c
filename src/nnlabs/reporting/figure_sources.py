"""Where a page's figures come from: a small link beside each, to what the page's details say."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from nnlabs.core import paths
from nnlabs.reporting import places, tables
from nnlabs.reporting.hashes import digests
from nnlabs.reporting.sentences import listed

DIGITS = 16
"""Of a hash, as the report shows it."""
HEADING = "How the figures were made"
SHOWN = re.compile(r"^(!\[.*\]\((?:figures|run/pages)/\S+\))$", re.M)
"""A figure of the report in a line of its own."""
LINK = f" <sub>[source](#{HEADING.lower().replace(' ', '-')})</sub>"
SOURCE = re.compile(r"<dc:source>(.*?)</dc:source>")


@dataclass(frozen=True)
class Sources:
    """What the figures of a lab's page were made of, and by what."""

    heading: str
    lab: str
    results: str
    """What dvc.lock has of the lab's results, which all of its figures are drawn from."""
    dataset: str
    """Name and hash of what was learned from; empty of a lab that needs no data."""
    drawn: tuple[str, ...]
    """A line a module: a link to it, and links to the figures that it saved."""
    timed: bool
    """Whether the page shows a chart of the lab's runs, too."""


def of(lab: str, data: dict[str, Any], *, timed: bool = False) -> Sources:
    """Those of the figures that were drawn; `data` is what is said of the lab's dataset."""
    return Sources(
        heading=HEADING,
        lab=lab,
        results=digests(paths.results(lab))["dvc"],
        dataset=f"`{data['dataset']}` (sha256 `{content(data)[:DIGITS]}`)" if tables.has_data(data) else "",
        drawn=tuple(_by_module(lab)),
        timed=timed,
    )


def content(data: dict[str, Any]) -> str:
    """The hash of what was learned from: of images the training arrays, of a text its documents."""
    return str(data["content"].get("train_images") or data["origin_content"]["documents"])


def linked(page: str) -> str:
    """The page with a link beside each figure, where it has what that leads to."""
    return SHOWN.sub(lambda shown: shown[1] + LINK, page) if f" {HEADING}\n" in page else page


def _by_module(lab: str) -> Iterator[str]:
    modules: dict[str, list[str]] = {}
    for path in sorted(places.figures(lab).glob("[!.]*")):
        modules.setdefault(source(path), []).append(f"[{path.name}](figures/{lab}/{path.name})")
    for module, links in modules.items():
        yield f"[`{module}`](../src/{module.replace('.', '/')}.py): {listed(links)}"


def source(path: Path) -> str:
    """The module that saved a figure, as `figures.save` noted it in the file."""
    if path.suffix == ".svg":
        found = SOURCE.search(path.read_text(encoding="utf-8"))
        return found[1] if found else ""
    with Image.open(path) as picture:
        return str(picture.info.get("Source", ""))
