"""The run as an RO-Crate: what it says, and that a public validator finds nothing wrong."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from nnlabs.core.errors import UserError
from nnlabs.pipeline import crate

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
            *("contentSize", "datePublished", "description", "encodingFormat", "endTime", "exampleOfWork", "hasPart"),
            *("instrument", "keywords", "license", "mainEntity", "mentions", "name", "object", "programmingLanguage"),
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


def test_a_public_validator_finds_nothing_wrong(
    made: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """roc-validator where it is installed, with the context from here in place of the network's."""
    services = pytest.importorskip("rocrate_validator.services")
    from rocrate_validator.models import Severity
    from rocrate_validator.utils import document_loader, http

    class Answer:
        status_code, headers = 200, {"Content-Type": "application/ld+json"}

        def json(self) -> dict[str, Any]:
            return {"@context": CONTEXT}

    monkeypatch.setattr(document_loader, "_fetch_json_ld", lambda url: {"@context": CONTEXT})
    monkeypatch.setattr(http.HttpRequester, "get", lambda self, url, **_: Answer(), raising=False)
    (tmp_path / crate.NAME).write_text(json.dumps(made))
    asked = services.ValidationSettings(
        rocrate_uri=str(tmp_path),
        profile_identifier="workflow-run-crate",
        requirement_severity=Severity.REQUIRED,
        metadata_only=True,
    )
    assert [each.message for each in services.validate(asked).get_issues()] == []
