"""The run as an RO-Crate: what it says, and that a public validator finds nothing wrong."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.pipeline import crate

VALIDATOR = Path(".venv-crate/bin/python")
CONTEXT = {
    "File": "http://schema.org/MediaObject",
    "conformsTo": "http://purl.org/dc/terms/conformsTo",
    "ComputationalWorkflow": "https://bioschemas.org/ComputationalWorkflow",
    "FormalParameter": "https://bioschemas.org/FormalParameter",
    "input": "https://bioschemas.org/ComputationalWorkflow#input",
    **{
        word: f"http://schema.org/{word}"
        for word in (
            *("ComputerLanguage", "CreateAction", "CreativeWork", "Dataset", "Organization", "SoftwareApplication"),
            *("SoftwareSourceCode", "about", "actionStatus", "additionalType", "agent", "author", "citation"),
            *("contentSize", "datePublished", "description", "encodingFormat", "endTime", "error", "exampleOfWork"),
            *(
                "hasPart",
                "instrument",
                "keywords",
                "license",
                "mainEntity",
                "mentions",
                "name",
                "object",
                "programmingLanguage",
            ),
            *("publisher", "result", "startTime", "url", "valueRequired", "version"),
        )
    },
}
"""The words of this crate as RO-Crate 1.1 has them; its own context is on the network."""


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    """That of this checkout."""
    return crate.compose(Path.cwd())


@pytest.fixture(scope="module")
def entities(made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["@id"]: each for each in made["@graph"]}


def references(content: Any) -> Iterator[str]:
    if isinstance(content, list):
        for each in content:
            yield from references(each)
    elif isinstance(content, dict):
        yield from [content["@id"]] if content.keys() == {"@id"} else references([*content.values()])


def test_every_entity_is_there_once_and_is_referred_to(
    made: dict[str, Any], entities: dict[str, dict[str, Any]]
) -> None:
    assert len(entities) == len(made["@graph"])
    known_elsewhere = {crate.CRATE, crate.BIOSCHEMAS.format("ComputationalWorkflow")}
    known_elsewhere |= {crate.BIOSCHEMAS.format("FormalParameter")}
    assert {*references(made["@graph"])} - known_elsewhere == entities.keys() - {crate.NAME}


def test_it_is_made_of_what_dvc_lock_has(entities: dict[str, dict[str, Any]]) -> None:
    stages = yaml.safe_load(Path("dvc.lock").read_text())["stages"]
    locked = {out["path"]: out["md5"] for stage in stages.values() for out in stage["outs"]}
    results = [entities[each["@id"]] for each in entities[crate.RUN]["result"]]
    assert {each["name"]: each["md5"] for each in results} == locked


def test_what_git_has_is_a_part_of_it_and_there(entities: dict[str, dict[str, Any]]) -> None:
    parts = [each["@id"] for each in entities["./"]["hasPart"]]
    assert {"dvc.yaml", "dvc.lock", "params.yaml", "README.md", "stages/train.py", "reports/README.md"} <= {*parts}
    assert not [each for each in parts if each.startswith(("data/", "models/", "predictions/"))]
    for each in parts:
        path = Path(each)
        assert path.is_dir() if each.endswith("/") else path.is_file(), each


def test_it_has_words_of_the_context_alone(made: dict[str, Any]) -> None:
    types = [entity["@type"] for entity in made["@graph"]]
    kinds = {kind for each in types for kind in ([each] if isinstance(each, str) else each)}
    keys = {key for entity in made["@graph"] for key in entity if not key.startswith("@")}
    assert kinds | keys <= CONTEXT.keys() | crate.MD5.keys()


def test_no_path_of_the_machine_is_in_it(made: dict[str, Any]) -> None:
    text = json.dumps(made)
    assert str(Path.cwd()) not in text and str(Path.home()) + "/" not in text
    assert not re.search(r'"@id": "(/|file:)', text)


def test_what_is_missing_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^dvc\.lock cannot be read [^\n]+$"):
        crate.compose(tmp_path)


DAMAGED = {
    "dvc.lock": ["", "[]", "stages: 3", "stages: {a: 1}", "stages: {a: {outs: [{path: x}]}}", "a: [", "\x01", "\xff"],
    "CITATION.cff": ["", "x", "title: 3", "a: [", "title: a\nversion: '1'\nlicense: MIT\ndate-released: 2026-01-01"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in DAMAGED.items() for text in texts])
def test_a_damaged_file_is_said_in_a_line_and_the_crate_stays(
    whole: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    (whole / name).write_text(text, encoding="latin-1")
    (whole / crate.NAME).write_text("before")
    monkeypatch.setattr(paths, "ROOT", whole)
    with pytest.raises(UserError, match=rf"^{re.escape(name)}[^\n]+$"):
        crate.main()
    assert (whole / crate.NAME).read_text() == "before" and not [*whole.glob(".*.part")]


WHOLE = {
    "dvc.yaml": "stages: {one: {cmd: a}, two: {foreach: '${labs}', do: {cmd: b}}}",
    "params.yaml": "{labs: {xor: {}}, datasets: {none: {origin: none}}}",
    "dvc.lock": """
stages:
  one: {outs: [{path: models/one, md5: 1.dir}, {path: made.json, md5: 8a80554c91d9fca8acb82f023de02f11}]}
  two@xor: {deps: [{path: models/one, md5: 1.dir}], outs: [{path: models/two, md5: 2.dir}]}
""",
    "CITATION.cff": "{title: a, version: '1', license: MIT, date-released: 2026-01-01, authors: [{name: b}]}",
    "made.json": "{}\n",
    **dict.fromkeys(("requirements.lock", "README.md", "stages/one.py", "stages/two.py"), "a"),
}
"""A run of two stages, of which git has all but weights."""


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    for name, text in WHOLE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "change", "error"),
    [
        ("dvc.lock", ("", ""), None),
        ("dvc.lock", ("two@xor", "two@gone"), "two@xor (it has not run)"),
        ("params.yaml", ("xor: {}", "xor: {}, sobel: {}"), "two@sobel (it has not run)"),
        ("dvc.lock", ("one, md5: 1.dir}]", "one, md5: 3.dir}]"), "two@xor (models/one was made anew since)"),
        ("made.json", ("{}", "[]"), "one (made.json is another)"),
    ],
)
def test_the_run_is_complete_where_all_of_it_is_as_dvc_lock_has_it(
    whole: Path, name: str, change: tuple[str, str], error: str | None
) -> None:
    (whole / name).write_text(WHOLE[name].replace(*change))
    run = next(each for each in crate.compose(whole)["@graph"] if each["@id"] == crate.RUN)
    ending = "Failed" if error else "Completed"
    assert run["actionStatus"] == f"http://schema.org/{ending}ActionStatus"
    assert run.get("error") == (f"stages to run: {error}" if error else None)


@pytest.mark.skipif(not VALIDATOR.exists(), reason="without .venv-crate, which `make crate CHECK=1` makes")
def test_a_public_validator_finds_nothing_wrong(made: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "context.json").write_text(json.dumps(CONTEXT))
    folder = tmp_path / "crate"
    for each in made["@graph"][0]["hasPart"]:
        part = folder / each["@id"]
        part.mkdir(parents=True) if each["@id"].endswith("/") else part.parent.mkdir(parents=True, exist_ok=True)
        if not part.exists():
            part.write_text("a file")
    (folder / crate.NAME).write_text(json.dumps(made))
    command = [VALIDATOR, Path(__file__).with_name("validated.py"), folder, tmp_path / "context.json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
