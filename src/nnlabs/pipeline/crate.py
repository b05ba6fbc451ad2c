"""The run as a Workflow Run RO-Crate: `python -m nnlabs.pipeline.crate` writes ro-crate-metadata.json.

It says what dvc.lock, dvc.yaml, params.yaml and reports/run/records say, in the words of schema.org, for archives that
know them (https://www.researchobject.org/workflow-run-crate). What git has is a part of the crate; data, weights and
predictions are named by their hashes.
"""

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nnlabs.core import paths
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.core.files import aside
from nnlabs.data.catalogue.licences import LICENCES
from nnlabs.pipeline import crate_sources
from nnlabs.pipeline.crate_sources import KNOBS, RESTORE, Cited, Dataset, Record
from nnlabs.pipeline.locked import LEFT_OUT, WORKFLOW, Entry
from nnlabs.pipeline.lockfile import NAME as LOCK

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
LIBRARIES = "requirements.lock"
BIOSCHEMAS = "https://bioschemas.org/profiles/{}/1.0-RELEASE"
RUN, ENGINE, PARAMETER = "#run", "https://dvc.org", "#knobs"
STATUS = "http://schema.org/{}ActionStatus"
NAMED = 3
"""So many of the stages that are to run are named."""
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
    for each in crate["@graph"]:
        if each["@id"] == RUN and "error" in each:
            print(f"it says that the run is not complete: {each['error']}; `make repro` completes it")


def compose(root: Path) -> Entity:
    """The crate of the checkout as JSON-LD; its bytes depend on the files and on DVC's version alone.

    Raises
    ------
    UserError
        Where one of them is missing, or cannot be read.
    """
    sources = crate_sources.read(root)
    lock, knobs, cited, records = sources.lock, sources.knobs, sources.cited, sources.records
    made = [_made(out) for stage in lock.stages.values() for out in stage.outs]
    read = [
        _file(root, KNOBS, "Every knob", exampleOfWork={"@id": PARAMETER}),
        _file(root, LIBRARIES, "The libraries, pinned"),
    ]
    scripts = [
        _file(root, f"stages/{name}.py", f"The stage {name}")
        for name in sorted({name.partition("@")[0] for name in lock.stages})
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
        {"@id": f"#author-{i}", "@type": "Organization", "name": each.name} for i, each in enumerate(cited.authors)
    ]
    origins = [*_origins(knobs.datasets)]
    description = f"{len(knobs.labs)} labs, their data, trainings and report: {len(lock.stages)} stages of DVC"
    root_dataset = _root(cited, description, _days(records), parts, people)
    run = _run(records, [*read, *origins], made, people) | _status(sources.unfinished)
    workflow = _workflow(root, cited, scripts, people)
    graph = [root_dataset, workflow, *parts, run, *_fixed(cited.license), *people, *origins]
    return {"@context": [f"{CRATE}/context", MD5], "@graph": graph + elsewhere}


def _root(cited: Cited, description: str, days: list[str], parts: list[Entity], people: list[Entity]) -> Entity:
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": cited.title,
        "description": description,
        "license": {"@id": _licence(cited.license)},
        "datePublished": max([*days, cited.released.isoformat()]),
        "author": _references(people),
        "publisher": _references(people),
        "keywords": ", ".join(cited.keywords),
        "conformsTo": [{"@id": each} for each in PROFILES],
        "mainEntity": {"@id": WORKFLOW},
        "hasPart": _references([{"@id": WORKFLOW}, *parts]),
        "mentions": {"@id": RUN},
    }


def _run(records: list[Record], read: list[Entity], made: list[Entity], people: list[Entity]) -> Entity:
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
        **({"startTime": days[0], "endTime": days[-1]} if days else {}),
    }


def _status(unfinished: Mapping[str, str]) -> Entity:
    """How the run ended, as far as the files say: readers take a run without a status for one that went well."""
    if not unfinished:
        return {"actionStatus": STATUS.format("Completed")}
    first = [f"{name} ({reason})" for name, reason in unfinished.items()][:NAMED]
    more = f" and {len(unfinished) - NAMED} more" if len(unfinished) > NAMED else ""
    return {"actionStatus": STATUS.format("Failed"), "error": f"stages to run: {', '.join(first)}{more}"}


def _workflow(root: Path, cited: Cited, scripts: list[Entity], people: list[Entity]) -> Entity:
    return _file(root, WORKFLOW, "The pipeline") | {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "programmingLanguage": {"@id": ENGINE},
        "license": {"@id": _licence(cited.license)},
        "author": _references(people),
        "conformsTo": {"@id": BIOSCHEMAS.format("ComputationalWorkflow")},
        "version": cited.version,
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


def _days(records: list[Record]) -> list[str]:
    """On which something ran, the earliest first."""
    return sorted({record.when.isoformat() for record in records if record.when})


def _references(entities: list[Entity]) -> list[Entity] | Entity:
    """A list, but of one entity that alone."""
    found = [{"@id": each["@id"]} for each in entities]
    return found[0] if len(found) == 1 else found


def _file(root: Path, name: str, title: str, **more: Any) -> Entity:
    path = root / name
    if not path.is_file():
        raise UserError(f"{name} is missing, which the crate has to name; {RESTORE}")
    return {
        "@id": name,
        "@type": "File",
        "name": title,
        "encodingFormat": _format(name),
        "contentSize": str(path.stat().st_size),
        **more,
    }


def _made(out: Entry) -> Entity:
    """An output of a stage, with DVC's hash of it."""
    told = {"name": out.path, "md5": out.md5, "contentSize": str(out.size)}
    if out.path.startswith(LEFT_OUT):
        return {"@id": f"#{out.path}", "@type": "CreativeWork", **told}
    if out.md5.endswith(".dir"):
        return {"@id": f"{out.path}/", "@type": "Dataset", **told}
    return {"@id": out.path, "@type": "File", **told, "encodingFormat": _format(out.path)}


def _format(name: str) -> str:
    return FORMATS.get(Path(name).suffix, "application/octet-stream")


def _origins(datasets: Mapping[str, Dataset]) -> Iterator[Entity]:
    """What the data was made of, with its licence; of one's own folder nothing more is known."""
    for origin in sorted({each.origin for each in datasets.values()}):
        told = LICENCES.get(origin)
        yield {"@id": f"#origin-{origin}", "@type": "CreativeWork", "name": origin} | (
            {"license": told.url, "citation": told.citation} if told else {}
        )


def _machines(records: list[Record]) -> str:
    """On what it ran, in words."""
    told = {
        f"{record.cpu}, {record.system}, "
        + ", ".join(f"{name} {number}" for name, number in sorted(record.versions.items()))
        for record in records
        if record.cpu
    }
    return f"Run on {'; '.join(sorted(told))}." if told else "No record of a machine."


if __name__ == "__main__":
    with one_line_errors():
        main()
