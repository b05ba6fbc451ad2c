"""Writes the page of claims, and the one about those that are a matter of seconds."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field

from nnlabs.core.fields import Frozen
from nnlabs.reporting import places, rendering
from nnlabs.reporting.claims import calculations, depth, networks, printed, speed
from nnlabs.reporting.claims.evidence import AbsentError, Evidence
from nnlabs.reporting.claims.verdicts import UNTESTED, Finding, of_measurements, tally
from nnlabs.reporting.tables import markdown

MODULES = {"calculations": calculations, "depth": depth, "networks": networks, "speed": speed}
"""Where the functions are that hold a claim against the report's numbers; AbsentError where these are not."""


class Source(Frozen):
    course: str
    file: str


class Claim(Frozen):
    """A sentence of a source."""

    key: str
    source: str
    section: str
    quote: str
    lab: str | None = None
    """The page that shows what was measured."""
    measure: str | None = None
    """Module and function."""
    why: str = ""
    """Of one that nothing measures."""
    clock: bool = False
    """Whether it is a matter of seconds, which differ between two honest runs."""


class Told(Frozen):
    sources: dict[str, Source]
    claims: Annotated[tuple[Claim, ...], Field(min_length=1)]


@dataclass(frozen=True)
class Judged:
    quote: str
    section: str
    measured: str
    verdict: str
    lab: str
    """Its page, as a file's name; empty where nothing was measured."""
    clock: bool


@dataclass(frozen=True)
class Figures:
    """A table of printed numbers."""

    section: str
    title: str
    lab: str
    note: str
    counted: str
    table: str


@dataclass(frozen=True)
class Part:
    """All of one source."""

    course: str
    file: str
    claims: tuple[Judged, ...]
    figures: tuple[Figures, ...]


@dataclass(frozen=True)
class View:
    sample: bool
    parts: tuple[Part, ...]
    claims: int
    """How many the page has."""
    counted: str
    brought: tuple[Judged, ...]
    """Claims of labs that name their source themselves."""


def read() -> Told:
    path = Path(__file__).with_name("claims.yaml")
    return Told.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def write(labs: Collection[Mapping[str, Any]], sample: bool, run_pages: Path) -> None:
    """Write both pages; `labs` are what the stage `report` is told of them, `run_pages` where pages about runs go."""
    told, evidence = read(), Evidence(labs)
    brought = evidence.brought()
    tables = list(printed.tables(evidence))
    parts = []
    for key, source in told.sources.items():
        own = [each for each in told.claims if each.source == key]
        parts.append(
            Part(
                course=source.course,
                file=source.file,
                claims=tuple(judged(each, evidence, brought.pop(each.key, None)) for each in own),
                figures=tuple(_figures(each) for each in tables if each.source == key),
            )
        )
    others = tuple(_brought(each, each["source"]) for each in brought.values())
    every = [each for part in parts for each in part.claims if not each.clock] + [*others]
    view = View(sample, tuple(parts), len(every), tally([each.verdict for each in every]), others)
    rendering.write(places.claims(), "claims.md.j2", view=view)
    rendering.write(run_pages / "claims.md", "claims-clock.md.j2", view=view)


def judged(claim: Claim, evidence: Evidence, brought: Mapping[str, Any] | None) -> Judged:
    """What is to be said of a claim; `brought` is what a lab found of it by itself, beside what is measured here."""
    finding = _measured(claim, evidence)
    if brought:
        both = _joined(brought, finding, claim, evidence)
        return _brought({**brought, "claim": claim.quote, **both}, claim.section)
    lab = claim.lab if claim.lab and finding.verdict != UNTESTED else ""
    return Judged(claim.quote, claim.section, finding.measured, finding.verdict, lab, claim.clock)


def _joined(brought: Mapping[str, Any], finding: Finding, claim: Claim, evidence: Evidence) -> dict[str, str]:
    """The words and the verdict of two measurements of one claim; of the lab's own where there is no other."""
    if finding.verdict == UNTESTED or claim.lab is None:
        return {}
    title = evidence.told(claim.lab)["title"]
    measured = f"{brought['measured'].rstrip('.')}. In [{title}]({claim.lab}.md) {finding.measured}"
    return {"measured": measured, "verdict": of_measurements([brought["verdict"], finding.verdict])}


def _measured(claim: Claim, evidence: Evidence) -> Finding:
    if claim.measure is None:
        return Finding(claim.why, UNTESTED)
    module, _, function = claim.measure.partition(".")
    try:
        finding: Finding = getattr(MODULES[module], function)(evidence)
    except AbsentError as absent:
        return Finding(str(absent), UNTESTED)
    return finding


def _brought(told: Mapping[str, Any], section: str) -> Judged:
    return Judged(told["claim"], section, told["measured"].rstrip("."), told["verdict"], told["lab"], clock=False)


def _figures(table: printed.Table) -> Figures:
    rows = [
        {"figure": each.what, "printed": each.printed, "here": each.here, "verdict": each.verdict}
        for each in table.figures
    ]
    counted = tally([each.verdict for each in table.figures])
    return Figures(table.section, table.title, table.lab, table.note, counted, markdown(rows))
