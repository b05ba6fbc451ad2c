"""The report's first page: what every lab answers, and the data that it was answered with."""

from dataclasses import dataclass
from html import escape
from typing import Any

from nnlabs.core import paths
from nnlabs.core.files import aside, replaced
from nnlabs.reporting import (
    claims,
    figure_sources,
    figures,
    montage,
    places,
    provenance,
    rendering,
    runs,
    statements,
    tables,
)
from nnlabs.reporting.sentences import emphasised, listed
from nnlabs.reporting.tracked import read_json

SEEN = (
    "digits-cnn",
    "fashion-best-mlp",
    "fashion-best-cnn",
    "cifar10-mlp",
    "cifar10-cnn",
    "cifar10-strong",
    "cars-adam",
    "cars-adamax",
    "animals-cnn",
    "animals-vgg",
    "animals-finetuned",
    "dogs-none",
    "dogs-some",
    "dogs-all",
)
"""Variants whose recipes, epochs above all, moved after their test scores had been seen."""
LOOKED_AT = "words"
"""The lab whose epochs were chosen with a look at its tests."""
PUBLISHED = "cifar10-record"
"""The variant whose rates come from a source that tuned them on the test set."""


@dataclass(frozen=True)
class Lab:
    """A lab's entry: what its page answers."""

    key: str
    title: str
    question: str
    answer: str
    figure: str
    """Of the lab's figures the one that shows the answer; empty where it has none."""
    message: str
    """What that figure shows, for an attribute of HTML."""


@dataclass(frozen=True)
class Group:
    name: str
    labs: tuple[Lab, ...]


@dataclass(frozen=True)
class View:
    sample: bool
    edition: str
    """The one asked for; empty where no set has two."""
    groups: tuple[Group, ...]
    verified: str
    """Which machines ran everything again; empty without a statement."""
    seen: str
    """Variants whose recipes moved after their test scores had been seen, by lab; empty without any."""
    published: str
    """Name of the one whose rates were tuned on test by their source; empty where it is no variant of the report."""
    looked_at: str
    """The lab whose epochs were chosen with a look at its tests; empty where the report has no such lab."""
    images: str
    """Table of the image sets, empty without any."""
    texts: tuple[str, ...]
    contents: str
    """Table of licences and hashes."""
    citations: tuple[str, ...]


def write(parameters: dict[str, Any]) -> None:
    """Write the first page from the answers of all pages, and beside it claims, montage and the pages about runs."""
    labs, sample = parameters["labs"], parameters["sample"]
    view = _view(parameters)
    with replaced(places.run_pages()) as folder:
        runs.write_overview([runs.write(lab, sample, folder) for lab in labs], sample, folder)
        claims.write(labs, sample, folder)
    _write_montage(labs)
    rendering.write(paths.REPORTS / "README.md", "index.md.j2", view=view)


def _seen(labs: list[dict[str, Any]]) -> str:
    """Variants of `SEEN`, lab by lab."""
    of_labs = {lab["lab"]: [emphasised(each["name"]) for each in lab["variants"] if each["id"] in SEEN] for lab in labs}
    return "; ".join(f"{listed(names)} of [{lab}]({lab}.md)" for lab, names in of_labs.items() if names)


def _write_montage(labs: list[dict[str, Any]]) -> None:
    figure = montage.draw(labs)
    if figure:
        figures.save(figure, places.montage(), __name__)
    else:  # DVC wants the file
        with aside(places.montage()) as beside:
            beside.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>\n', encoding="utf-8")


def _view(parameters: dict[str, Any]) -> View:
    labs, chosen = parameters["labs"], parameters["datasets"]
    datasets = _datasets([lab["lab"] for lab in labs])
    images = [data for data in datasets if "shape" in data]
    two = any(data["edition"] in tables.EDITIONS for data in datasets)
    names = {each["id"]: emphasised(each["name"]) for lab in labs for each in lab["variants"]}
    contents = [_content(data, chosen[data["dataset"]]) for data in datasets]
    return View(
        sample=parameters["sample"],
        edition=parameters["edition"] if two else "",
        groups=_groups(labs),
        verified=statements.told(labs),
        seen=_seen(labs),
        published=names.get(PUBLISHED, ""),
        looked_at=LOOKED_AT if LOOKED_AT in [lab["lab"] for lab in labs] else "",
        images=tables.markdown([_sizes(data, two) for data in images]) if images else "",
        texts=tuple(_text(data, two) for data in datasets if "shape" not in data),
        contents=tables.markdown(contents) if contents else "",
        citations=tuple(filter(None, map(provenance.citation, dict.fromkeys(data["origin"] for data in datasets)))),
    )


def _groups(labs: list[dict[str, Any]]) -> tuple[Group, ...]:
    """In the order in which params.yaml comes to them."""
    groups: dict[str, list[Lab]] = {}
    for told in labs:
        groups.setdefault(told["group"], []).append(_lab(told["lab"]))
    return tuple(Group(name, tuple(own)) for name, own in groups.items())


def _lab(key: str) -> Lab:
    answer = read_json(places.answer(key), f"page@{key}")
    told = {name: answer[name] for name in ("title", "question", "answer", "figure")}
    return Lab(key, **told, message=escape(answer["message"]))


def _datasets(labs: list[str]) -> list[dict[str, Any]]:
    """What is said of every dataset that a lab looks at, once."""
    found: dict[str, dict[str, Any]] = {}
    for lab in labs:
        data = read_json(paths.computed(lab) / "results.json", f"compute@{lab}")["data"]
        if tables.has_data(data):
            found.setdefault(data["dataset"], data)
    return list(found.values())


def _edition(data: dict[str, Any]) -> str:
    """Of a set that has two."""
    return data["edition"] if data["edition"] in tables.EDITIONS else ""


def _sizes(data: dict[str, Any], two: bool) -> dict[str, Any]:
    """A row; with a column for editions where some set has `two`."""
    sizes = data["sizes"]
    return {
        "dataset": f"`{data['dataset']}`",
        "from": data["origin"],
        **({"edition": _edition(data)} if two else {}),
        "training": f"{sizes['train']:,}",
        "validation": f"{sizes['validation']:,}",
        "test": f"{sizes['test']:,}",
    }


def _text(data: dict[str, Any], two: bool) -> str:
    edition = f", {_edition(data)} edition" if two and _edition(data) else ""
    return (
        f"`{data['dataset']}`: a text of {data['words']:,} words in {data['documents']:,} documents, from "
        f"{data['origin']}{edition}."
    )


def _content(data: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """Under which terms, and what was learned from."""
    return {
        "dataset": f"`{data['dataset']}`",
        "licence": provenance.terms(data, settings),
        "sha256, first 16 digits": f"`{figure_sources.content(data)[: figure_sources.DIGITS]}`",
    }
