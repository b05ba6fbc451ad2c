"""The README and the pages of docs: short where they should be, and every link leads somewhere."""

import re
from pathlib import Path

import pytest
import yaml

WORDS = 900
DOCUMENTS = [Path("README.md"), Path("CONTRIBUTING.md"), *sorted(Path("docs").glob("*.md"))]
LAB = Path("src/nnlabs/labs")


def links(text: str) -> list[str]:
    """Addresses within the project, pictures' too."""
    found = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.S))
    return [each for each in found if not each.startswith("http")]


def anchors(path: Path) -> set[str]:
    """What a forge makes of the headings."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", path.read_text(), flags=re.S), re.M)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


def made() -> set[Path]:
    """Files and folders that a stage makes: a fresh clone has those of the last committed report."""
    outs = yaml.safe_load(Path("dvc.yaml").read_text())["stages"]["report"]["outs"]
    return {Path(each if isinstance(each, str) else next(iter(each))) for each in outs}


def test_the_readme_is_short() -> None:
    assert len(Path("README.md").read_text().split()) <= WORDS


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_link_leads_somewhere(document: Path) -> None:
    for link in links(document.read_text()):
        file, _, anchor = link.partition("#")
        path = Path(*(document.parent / file).resolve().relative_to(Path.cwd()).parts) if file else document
        assert path.exists() or {path, *path.parents} & made(), link
        if anchor:
            assert anchor in anchors(path), link


def test_every_page_of_the_docs_is_linked_from_the_readme() -> None:
    there = {path.as_posix() for path in Path("docs").glob("*.md")}
    assert there and there <= set(links(Path("README.md").read_text()))


def test_the_readme_has_the_labs_in_the_groups_of_the_index() -> None:
    """Every lab of params.yaml, in its order."""
    groups: dict[str, list[str]] = {}
    for lab in yaml.safe_load(Path("params.yaml").read_text())["labs"]:
        groups.setdefault(yaml.safe_load((LAB / lab / "lab.yaml").read_text())["group"], []).append(lab)
    shown = re.search(r"^## The labs\n(.*?)^## ", Path("README.md").read_text(), re.M | re.S)
    assert shown
    parts = re.split(r"^\*\*(.*?)\*\*$", shown[1], flags=re.M)[1:]
    assert {
        name: re.findall(r"\(reports/(\w+)\.md\)", text) for name, text in zip(parts[::2], parts[1::2], strict=True)
    } == groups
