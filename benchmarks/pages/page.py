"""The page, of the sections that were measured."""

from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader

from nnlabs.reporting.rendering import TEMPLATES as REPORT
from pages import (
    accuracy,
    app,
    byhand,
    cifar10,
    deep,
    folder,
    gpu,
    lecture,
    limits,
    machines,
    mnist,
    pipeline,
    targets,
    versions,
    words,
)

TEMPLATES = REPORT.overlay(loader=FileSystemLoader(Path(__file__).parent / "templates"))

SECTIONS = {
    "targets": targets.view,
    "lecture": lecture.view,
    "accuracy": accuracy.view,
    "cifar10": cifar10.view,
    "mnist": mnist.view,
    "deep": deep.view,
    "folder": folder.view,
    "gpu_labs": gpu.labs,
    "gpu_deep": gpu.deep_networks,
    "byhand": byhand.view,
    "words": words.view,
    "pipeline": pipeline.view,
    "machines": machines.view,
    "app": app.view,
    "limits": limits.view,
    "versions": versions.view,
}
"""In the page's order: what a section's template shows, None where its figures are not there."""


def render(results: dict[str, Any]) -> str:
    """The whole page."""
    sections = (section(name, results) for name in SECTIONS)
    return "\n".join([TEMPLATES.get_template("introduction.md.j2").render(), *filter(None, sections)])


def section(name: str, results: dict[str, Any]) -> str:
    """One section's text; empty where its figures are not there."""
    view = SECTIONS[name](results)
    return "" if view is None else TEMPLATES.get_template(f"{name}.md.j2").render(view=view)
