"""The page of a lab that computes, and what it leaves for the report's index and for DVC.

Everything that is the lab's own stands in its folder: `results.py` has the dataclass `Results` that its computation
leaves, `page.py` the functions that make a page of it,

- `answer(results)`: an `Answer`;
- `metrics(results)`: the few numbers that one compares by, for DVC's tables;
- `curve(results, arrays)`: the rows `x`, `y`, `series` of the lab's one chart in `dvc plots`, none where it has none;
- `page(results, arrays, settings, folder)`: draws the figures into the folder and gives the view, a dataclass that
  `page.md.j2` shows;
- an array `samples` of images, with `samples.labels`, becomes a grid on the page;
- `networks(results, settings, shape)`, where the lab trains networks: the layers of each by its title, as
  `nnlabs.evaluation.layers` tells them; `shape` is that of an image, empty of a lab without images;
- `judge(results, settings, reported, names)`, where the lab stands beside what a source printed: results with what is
  to be said of that, which the other functions are then given in place of the bare ones.
"""

from collections import Counter
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nnlabs.core import record
from nnlabs.reporting import figure_sources, figures, network, outputs, places, rendering, samples, tables
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.provenance import terms

if TYPE_CHECKING:
    from nnlabs.core.settings import StageSettings

PARTS = {"train": "training"}
"""Parts of a dataset that a page calls by another name."""


@dataclass(frozen=True)
class Data:
    """What a page says of its dataset."""

    dataset: str
    origin: str
    sizes: str
    licence: str
    """A link."""


@dataclass(frozen=True)
class Lab:
    """What frames every page."""

    key: str
    title: str
    question: str
    answer: Answer
    sample: bool
    edition: str
    data: Data | None
    """None of a lab that needs none."""
    networks: str
    """What the drawing of its networks shows; empty where there is none."""
    samples: str
    """What images there are in the grid of samples; empty without one."""
    each: int
    """So many of a class."""


def write(settings: "StageSettings") -> None:
    """Write a computed lab's page, figures, answer, metrics and plots; `settings` are those of its stage `page`."""
    parameters = settings.parameters
    key = parameters["lab"]
    page = import_module(f"nnlabs.labs.{key}.page")
    knobs = import_module(f"nnlabs.labs.{key}.settings").Settings.model_validate(parameters["knobs"])
    results, arrays, data = record.read(key, import_module(f"nnlabs.labs.{key}.results").Results)
    judge = getattr(page, "judge", None)
    shown = judge(results, knobs, parameters["reported"], parameters["names"]) if judge else results
    classes = [data["classes"][label] for label in arrays["samples.labels"]] if "samples" in arrays else []
    networks = page.networks(shown, knobs, data.get("shape", ())) if hasattr(page, "networks") else {}
    lab = Lab(
        key=key,
        title=parameters["title"],
        question=parameters["question"],
        answer=page.answer(shown),
        sample=parameters["sample"],
        edition=tables.edition(data),
        data=_data(data, parameters["dataset_settings"]) if tables.has_data(data) else None,
        networks=network.messages(networks),
        samples=samples.message(classes) if classes else "",
        each=max(Counter(classes).values(), default=0),
    )
    with outputs.figures(key) as folder:
        view = page.page(shown, arrays, knobs, folder)
        if networks:
            figures.save(network.strips(networks), folder / "networks.svg", __name__)
        if classes:
            figures.save(samples.grid(arrays["samples"], classes), folder / "samples.png", __name__)
    shows = {"view": view, "lab": lab, "settings": knobs, "results": shown, "sources": figure_sources.of(key, data)}
    rendering.write(places.page(key), f"{key}/page.md.j2", **shows)
    outputs.write_answer(key, title=lab.title, question=lab.question, answer=lab.answer, edition=lab.edition)
    outputs.write_metrics(key, {name: {"value": value} for name, value in page.metrics(shown).items()})
    curve = page.curve(shown, arrays)
    outputs.write_plots(key, {"curve": curve} if curve else {})


def _data(data: dict[str, Any], settings: dict[str, Any]) -> Data:
    if "documents" in data:
        sizes = f"{data['words']:,} words in {data['documents']:,} documents"
    else:
        sizes = ", ".join(f"{size:,} {PARTS.get(part, part)}" for part, size in data["sizes"].items()) + " images"
    return Data(
        dataset=data["dataset"],
        origin=data["origin"],
        sizes=sizes,
        licence=terms(data, settings),
    )
