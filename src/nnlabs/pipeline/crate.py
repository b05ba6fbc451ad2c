"""The run as a Workflow Run RO-Crate: `python -m nnlabs.pipeline.crate` writes ro-crate-metadata.json.

It says what dvc.lock, dvc.yaml, params.yaml and reports/run/records say, in the words of schema.org, for archives that
know them (https://www.researchobject.org/workflow-run-crate). What git has is a part of the crate; data, weights and
predictions are named by their hashes.
"""

import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from nnlabs.core import paths
from nnlabs.core.errors import UserError, one_line_errors, said
from nnlabs.core.files import aside
from nnlabs.data.catalogue.licences import LICENCES
from nnlabs.pipeline.comparison import RECORDS

NAME = "ro-crate-metadata.json"
CRATE = "https://w3id.org/ro/crate/1.1"
MD5 = {"md5": "https://w3id.org/ro/terms/workflow-run#md5"}
"""The one term that RO-Crate's own context lacks."""
WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    WORKFLOW_CRATE: ("Workflow RO-Crate", "1.0"),
}
LOCK, WORKFLOW, KNOBS, LIBRARIES = "dvc.lock", "dvc.yaml", "params.yaml", "requirements.lock"
BIOSCHEMAS = "https://bioschemas.org/profiles/{}/1.0-RELEASE"
RUN, ENGINE, PARAMETER = "#run", "https://dvc.org", "#knobs"
LEFT_OUT = ("data", "models", "predictions")
"""Folders that git does not have."""
FORMATS = {".json": "application/json", ".md": "text/markdown", ".svg": "image/svg+xml", ".html": "text/html"} | {
    ".csv": "text/csv",
    ".yaml": "application/yaml",
    ".py": "text/x-python",
    ".lock": "text/plain",
}

Entity = dict[str, Any]


def main() -> None:
    path = paths.ROOT / NAME
    crate = compose(paths.ROOT)
    with aside(path) as beside:
        beside.write_text(json.dumps(crate, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{NAME}: {len(crate['@graph'])} entities; zip it with what git tracks to deposit the run")


def compose(root: Path) -> Entity:
    """The crate of the checkout as JSON-LD; its bytes depend on the files and on DVC's version alone.

    Raises
    ------
    UserError
        Where one of them is missing, or cannot be read.
    """
    stages, knobs, cited = (_read(root / name) for name in (LOCK, KNOBS, "CITATION.cff"))
    records = [_read(path) for path in sorted((root / RECORDS).glob("*/*.json"))]
    made = [_made(out) for stage in stages["stages"].values() for out in stage["outs"]]
    read = [
        _file(root, KNOBS, "Every knob", exampleOfWork={"@id": PARAMETER}),
        _file(root, LIBRARIES, "The libraries, pinned"),
    ]
    scripts = [
        _file(root, f"stages/{name}.py", f"The stage {name}")
        for name in sorted({name.partition("@")[0] for name in stages["stages"]})
    ]
    parts = [
        *read,
        _file(root, LOCK, "The hash of what every stage read and made"),
        _file(root, "README.md", "What it is", about={"@id": "./"}),
        *scripts,
        *(each for each in made if not each["@id"].startswith("#")),
    ]
    elsewhere = [each for each in made if each["@id"].startswith("#")]
    people = [
        {"@id": f"#author-{i}", "@type": "Organization", "name": each["name"]}
        for i, each in enumerate(cited["authors"])
    ]
    origins = [*_origins(knobs["datasets"])]
    description = f"{len(knobs['labs'])} labs, their data, trainings and report: {len(stages['stages'])} stages of DVC"
    root_dataset = _root(cited, description, _days(records), parts, people)
    run = _run(records, [*read, *origins], made, people)
    workflow = _workflow(root, cited, scripts, people)
    graph = [root_dataset, workflow, *parts, run, *_fixed(cited["license"]), *people, *origins]
    return {"@context": [f"{CRATE}/context", MD5], "@graph": graph + elsewhere}


def _root(cited: Entity, description: str, days: list[str], parts: list[Entity], people: list[Entity]) -> Entity:
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": cited["title"],
        "description": description,
        "license": {"@id": _licence(cited["license"])},
        "datePublished": max([*days, str(cited["date-released"])]),
        "author": _references(people),
        "publisher": _references(people),
        "keywords": ", ".join(cited["keywords"]),
        "conformsTo": [{"@id": each} for each in PROFILES],
        "mainEntity": {"@id": WORKFLOW},
        "hasPart": _references([{"@id": WORKFLOW}, *parts]),
        "mentions": {"@id": RUN},
    }


def _run(records: list[Entity], read: list[Entity], made: list[Entity], people: list[Entity]) -> Entity:
    days = _days(records)
    return {
        "@id": RUN,
        "@type": "CreateAction",
        "name": "dvc repro",
        "description": _machines(records),
        "instrument": {"@id": WORKFLOW},
        "agent": _references(people),
        "object": _references(read),
        "result": _references(made),
        "actionStatus": "http://schema.org/CompletedActionStatus",
        **({"startTime": days[0], "endTime": days[-1]} if days else {}),
    }


def _workflow(root: Path, cited: Entity, scripts: list[Entity], people: list[Entity]) -> Entity:
    return _file(root, WORKFLOW, "The pipeline") | {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "programmingLanguage": {"@id": ENGINE},
        "license": {"@id": _licence(cited["license"])},
        "author": _references(people),
        "conformsTo": {"@id": BIOSCHEMAS.format("ComputationalWorkflow")},
        "version": cited["version"],
        "input": {"@id": PARAMETER},
        "hasPart": _references(scripts),
    }


def _fixed(licence: str) -> list[Entity]:
    """What every crate of the project names."""
    profiles = [
        {"@id": each, "@type": "CreativeWork", "name": name, "version": number}
        for each, (name, number) in PROFILES.items()
    ]
    return [
        {
            "@id": NAME,
            "@type": "CreativeWork",
            "conformsTo": [{"@id": CRATE}, {"@id": WORKFLOW_CRATE}],
            "about": {"@id": "./"},
        },
        {
            "@id": PARAMETER,
            "@type": "FormalParameter",
            "conformsTo": {"@id": BIOSCHEMAS.format("FormalParameter")},
            "name": KNOBS,
            "additionalType": "File",
            "valueRequired": True,
        },
        {
            "@id": ENGINE,
            "@type": ["ComputerLanguage", "SoftwareApplication"],
            "name": "DVC",
            "url": {"@id": ENGINE},
            "version": version("dvc"),
        },
        {"@id": _licence(licence), "@type": "CreativeWork", "name": licence},
        *profiles,
    ]


def _licence(name: str) -> str:
    return f"https://spdx.org/licenses/{name}"


def _days(records: list[Entity]) -> list[str]:
    """On which something ran, the earliest first."""
    return sorted({record["when"] for record in records if record.get("when")})


def _read(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C: dvc.lock has thousands of lines
        return json.loads(text) if path.suffix == ".json" else yaml.load(text, Loader=loader)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UserError(f"{path.name} cannot be read ({said(error)}); `git checkout` brings it back") from None


def _references(entities: list[Entity]) -> list[Entity] | Entity:
    """A list, but of one entity that alone."""
    found = [{"@id": each["@id"]} for each in entities]
    return found[0] if len(found) == 1 else found


def _file(root: Path, name: str, title: str, **more: Any) -> Entity:
    path = root / name
    return {
        "@id": name,
        "@type": "File",
        "name": title,
        "encodingFormat": FORMATS[path.suffix],
        "contentSize": str(path.stat().st_size),
        **more,
    }


def _made(out: Entity) -> Entity:
    """An output of a stage, with DVC's hash of it."""
    path = Path(out["path"])
    told = {"name": path.as_posix(), "md5": out["md5"], "contentSize": str(out.get("size", 0))}
    if path.parts[0] in LEFT_OUT:
        return {"@id": f"#{path.as_posix()}", "@type": "CreativeWork", **told}
    if out["md5"].endswith(".dir"):
        return {"@id": f"{path.as_posix()}/", "@type": "Dataset", **told}
    return {"@id": path.as_posix(), "@type": "File", **told, "encodingFormat": FORMATS[path.suffix]}


def _origins(datasets: dict[str, Entity]) -> Iterator[Entity]:
    """What the data was made of, with its licence; of one's own folder nothing more is known."""
    for origin in sorted({each["origin"] for each in datasets.values()}):
        told = LICENCES.get(origin)
        yield {"@id": f"#origin-{origin}", "@type": "CreativeWork", "name": origin} | (
            {"license": told.url, "citation": told.citation} if told else {}
        )


def _machines(records: list[Entity]) -> str:
    """On what it ran, in words."""
    told = {
        f"{record['cpu']}, {record['system']}, "
        + ", ".join(f"{name} {number}" for name, number in sorted(record["versions"].items()))
        for record in records
        if "cpu" in record
    }
    return f"Run on {'; '.join(sorted(told))}." if told else "No record of a machine."


if __name__ == "__main__":
    with one_line_errors():
        main()
