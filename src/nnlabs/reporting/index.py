"""The report's index, and its pages about time and machines."""

from dataclasses import dataclass
from typing import Any

from nnlabs.core import paths
from nnlabs.core.files import replaced
from nnlabs.reporting import places, provenance, rendering, runs, tables
from nnlabs.reporting.tracked import read_json


@dataclass(frozen=True)
class Lab:
    """A lab's row: what its page answers."""

    key: str
    title: str
    question: str
    answer: str
    edition: str
    figure: str
    """Of the lab's figures the one that shows the answer; empty where it has none."""
    message: str


@dataclass(frozen=True)
class View:
    sample: bool
    edition: str
    """The one asked for."""
    labs: tuple[Lab, ...]
    images: str
    """Table of the image sets, empty without any."""
    texts: tuple[str, ...]
    citations: tuple[str, ...]


def write(parameters: dict[str, Any]) -> None:
    """Write reports/README.md from the answers of all pages, and the pages about runs."""
    labs, sample = parameters["labs"], parameters["sample"]
    datasets = _datasets([lab["lab"] for lab in labs])
    chosen = parameters["datasets"]
    images = [_image_row(data, chosen[data["dataset"]]) for data in datasets if "shape" in data]
    view = View(
        sample=sample,
        edition=parameters["edition"],
        labs=tuple(_lab(lab["lab"]) for lab in labs),
        images=tables.markdown(images) if images else "",
        texts=tuple(_text(data, chosen[data["dataset"]]) for data in datasets if "shape" not in data),
        citations=tuple(filter(None, map(provenance.citation, dict.fromkeys(data["origin"] for data in datasets)))),
    )
    with replaced(places.run_pages()) as folder:
        runs.write_overview([runs.write(lab, sample, folder) for lab in labs], sample, folder)
    rendering.write(paths.REPORTS / "README.md", "index.md.j2", view=view)


def _lab(key: str) -> Lab:
    return Lab(key, **read_json(places.answer(key), f"page@{key}"))


def _datasets(labs: list[str]) -> list[dict[str, Any]]:
    """What is said of every dataset that a lab looks at, once."""
    found: dict[str, dict[str, Any]] = {}
    for lab in labs:
        data = read_json(paths.computed(lab) / "results.json", f"compute@{lab}")["data"]
        if tables.has_data(data):
            found.setdefault(data["dataset"], data)
    return list(found.values())


def _image_row(data: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    sizes = data["sizes"]
    return {
        "dataset": f"`{data['dataset']}`",
        "edition": tables.edition(data),
        "from": data["origin"],
        "licence": provenance.terms(data, settings),
        "training": f"{sizes['train']:,}",
        "validation": f"{sizes['validation']:,}",
        "test": f"{sizes['test']:,}",
        "sha256 of the training images": f"`{data['content']['train_images'][:16]}`",
    }


def _text(data: dict[str, Any], settings: dict[str, Any]) -> str:
    return (
        f"`{data['dataset']}`: a text of {data['words']:,} words in {data['documents']:,} documents, from "
        f"{data['origin']}, edition: {tables.edition(data)}, {provenance.terms(data, settings)}, "
        f"sha256 `{data['origin_content']['documents'][:16]}`."
    )
