"""Tables of a trained lab."""

from math import isnan
from statistics import mean

import pandas as pd

from nnlabs.core.errors import UserError
from nnlabs.reporting.names import in_markdown
from nnlabs.reporting.reported import Reported
from nnlabs.reporting.result import SCORES, Result
from nnlabs.reporting.results import Results
from nnlabs.reporting.sentences import percent, with_interval
from nnlabs.reporting.tables import edition, markdown, value

LEFT_OUT = "†"


def variants(results: Results) -> str:
    """What each variant is: its id, its network and what it changes in the lab's defaults."""
    rows = []
    for result in results.shown.values():
        own = {key: each for key, each in result.differs.items() if each is not None}
        rows.append(
            {
                "variant": marked(result),
                "id": f"`{result.id}`",
                "model": result.model,
                "differs from the lab's defaults in": ", ".join(f"{k} {value(v)}" for k, v in own.items()),
            }
        )
    table = pd.DataFrame(rows)
    return str(table.to_markdown(index=False, disable_numparse=True))


def marked(result: Result) -> str:
    """A variant's name, with a mark where the default run leaves it out."""
    return result.name if result.default else f"{result.name} {LEFT_OUT}"


def accuracies(results: Results) -> str:
    """The results of every variant, the one chosen on validation in bold."""
    other, called = next((key, called) for key, called in SCORES.items() if key != results.score_key)
    rows = []
    for result in results.shown.values():
        scores = result.scores
        mark = "**" if result is results.best else ""
        rows.append(
            {
                "variant": f"{mark}{marked(result)}{mark}",
                f"test {results.score}, %": f"{mark}{with_interval(result.test, result.interval)}{mark}",
                f"test {called}, %": percent(mean(getattr(scores, other))),
                "test loss": f"{mean(scores.loss):.4f}",
                "validation, %": "–" if isnan(result.validation) else percent(result.validation),
                "training, %": percent(result.running),
                "parameters": parameters(result),
                "rate": ", ".join(f"{rate:g}" for rate in sorted(set(scores.lr))),
                "seeds": len(scores.seeds),
            }
        )
    return markdown(rows)


def parameters(result: Result) -> str:
    """How many are trained; of how many, where a part is frozen."""
    trained = result.scores.parameters
    frozen = result.scores.data.get("frozen_parameters", 0)
    return f"{trained:,} of {trained + frozen:,}" if frozen else f"{trained:,}"


def rates(results: Results) -> str:
    """Validation score of every learning rate that was tried, the kept one in bold; empty where none was."""
    tried = {key: result.tried for key, result in results.shown.items() if result.tried}
    grid = sorted({rate for each in tried.values() for rate in each})
    rows = []
    for key, each in tried.items():
        kept = results.shown[key].scores.lr[0]
        cells = {rate: _reached(each[rate]) if rate in each else "–" for rate in grid}
        rows.append(
            {"variant": marked(results.shown[key])}
            | {f"{rate:g}": f"**{cell}**" if rate == kept else cell for rate, cell in cells.items()}
        )
    return markdown(rows) if rows else ""


def _reached(score: float | None) -> str:
    return "diverged" if score is None else percent(score)


def reported(results: Results) -> str:
    """What a source printed beside what was measured here."""
    rows = []
    for each in results.reported:
        if each.variant not in results.variants:
            continue
        label = _label(each, results)
        result = results.variants[each.variant]
        if each.epoch is not None and each.epoch > result.epochs:
            continue
        here = result.measured(each.split, each.metric, each.epoch, label)
        percents = each.metric == "accuracy"
        rows.append(
            {
                "figure": in_markdown(each.what),
                "variant": result.name,
                "reported there": f"{each.value:.2f} %" if percents else f"{each.value:.4f}",
                "measured here": f"{here:.2f} %" if percents else f"{here:.4f}",
                "difference": f"{here - each.value:+.{2 if percents else 4}f}".replace("-", "\N{MINUS SIGN}"),
            }
        )
    return markdown(rows) if rows else ""


def _label(each: Reported, results: Results) -> int | None:
    """The class that a reported figure is about; of single classes only the test accuracy is kept."""
    if each.class_name is None:
        return None
    key = f"labs/{results.lab}/reported.csv, {each.what!r}"
    if (each.split, each.metric) != ("test", "accuracy"):
        raise UserError(f"{key}: {each.split} {each.metric} of a class found; allowed with class_name: test accuracy")
    names = results.data["classes"]
    if each.class_name not in names:
        raise UserError(f"{key}: class_name {each.class_name!r} is unknown; allowed: {', '.join(names)}")
    return int(names.index(each.class_name))


def sizes(results: Results) -> str:
    """The dataset: how many images, what they are, what they are recognised by."""
    data = results.data
    height, width = data["shape"][1:]
    parts = data["sizes"]
    return markdown(
        [
            {
                "dataset": f"`{data['dataset']}`",
                "edition": edition(data),
                "from": data["origin"],
                "images": f"{height} x {width}, {'grey' if data['shape'][0] == 1 else 'RGB'}",
                "classes": len(data["classes"]),
                "training": f"{parts['train']:,}",
                "validation": f"{parts['validation']:,}",
                "test": f"{parts['test']:,}",
            }
        ]
    )
