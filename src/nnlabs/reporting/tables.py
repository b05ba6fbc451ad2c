"""Tables of a page, built with pandas and written as GitHub's Markdown."""

from math import isnan
from typing import Any

import pandas as pd

from nnlabs.core.errors import UserError
from nnlabs.evaluation.statistics import Comparison
from nnlabs.config import Reported
from nnlabs.config.editions import EDITIONS
from nnlabs.reporting.collect import SCORES, Result, Results, differences
from nnlabs.reporting.sentences import p_value, percent, points, with_interval

Rows = list[dict[str, Any]]


def markdown(rows: Rows) -> str:
    """A Markdown table; numbers are right-aligned, which every column but the first is taken for."""
    table = pd.DataFrame(rows).map(str)
    aligned = ["left", *["right"] * (table.shape[1] - 1)]
    return str(table.to_markdown(index=False, colalign=aligned, disable_numparse=True))


def value(content: Any) -> str:
    """A parameter as params.yaml would say it."""
    if content is None:
        return "null"
    if isinstance(content, bool):
        return "true" if content else "false"
    if isinstance(content, tuple | list):
        return "[" + ", ".join(value(each) for each in content) + "]"
    return f"{content:g}" if isinstance(content, float) else str(content)


def power(number: float) -> str:
    """A small number as it is written in mathematics: $10^{-14}$, $2 \\cdot 10^{-5}$."""
    mantissa, _, exponent = f"{number:.2e}".partition("e")
    times = "" if float(mantissa) == 1 else f"{float(mantissa):g} \\cdot "
    return f"${times}10^{{{int(exponent)}}}$"


def arms(results: Results) -> str:
    """What each arm is: its network and what it changes in the lab's defaults."""
    rows = []
    for name, result in results.shown.items():
        own = {key: each for key, each in differences(result.arm, results.lab).items() if each is not None}
        model = own.pop("model")
        rows.append(
            {
                "arm": marked(name, results),
                "model": model,
                "differs from the lab's defaults in": ", ".join(f"{k} {value(v)}" for k, v in own.items()),
            }
        )
    table = pd.DataFrame(rows)
    return str(table.to_markdown(index=False, disable_numparse=True))


def marked(name: str, results: Results) -> str:
    """An arm's name, with a mark where the default run leaves it out."""
    return f"`{name}` {LEFT_OUT}" if name in results.extras else f"`{name}`"


LEFT_OUT = "†"


def accuracies(results: Results) -> str:
    """The results of every arm, the one chosen on validation in bold."""
    other, called = next((key, called) for key, called in SCORES.items() if key != results.lab.score)
    rows = []
    for name, result in results.shown.items():
        metrics = result.metrics
        mark = "**" if result is results.best else ""
        rates = sorted(set(metrics["lr"]))
        rows.append(
            {
                "arm": f"{mark}{marked(name, results)}{mark}",
                f"test {results.score}, %": f"{mark}{with_interval(result.test, result.interval)}{mark}",
                f"test {called}, %": percent(metrics[other]),
                "test loss": f"{metrics['loss']:.4f}",
                "validation, %": "–" if isnan(result.validation) else percent(result.validation),
                "training, %": percent(result.training),
                "trained parameters": parameters(result, results),
                "learning rate": ", ".join(f"{rate:g}" for rate in rates),
                "seeds": len(metrics["seeds"]),
            }
        )
    return markdown(rows)


def parameters(result: Result, results: Results) -> str:
    """How many are trained; of how many, where a part is frozen."""
    trained = result.metrics["parameters"]
    frozen = results.features.get(result.arm.dataset, {}).get("frozen_parameters", 0)
    return f"{trained:,} of {trained + frozen:,}" if frozen else f"{trained:,}"


def rates(results: Results) -> str:
    """Validation accuracy of every learning rate that was tried, the kept one in bold; empty where none was."""
    tried = {
        name: {each["lr"]: each["validation_accuracy"] for each in result.metrics["tried"]}
        for name, result in results.shown.items()
        if result.metrics["tried"]
    }
    grid = sorted({rate for each in tried.values() for rate in each})
    rows = []
    for name, each in tried.items():
        kept = results.shown[name].metrics["lr"][0]
        cells = {rate: percent(each[rate]) if rate in each else "–" for rate in grid}
        rows.append(
            {"arm": marked(name, results)}
            | {f"{rate:g}": f"**{cell}**" if rate == kept else cell for rate, cell in cells.items()}
        )
    return markdown(rows) if rows else ""


def compared(comparisons: list[Comparison]) -> str:
    """Paired differences to the comparison's first arm."""
    return markdown(
        [
            {
                "arm": f"`{each.arm}`",
                "against": f"`{each.reference}`",
                "difference, points": with_interval_points(each),
                "p (Holm)": p_value(each.p),
                "effect size d": "–" if isnan(each.effect) else f"{each.effect:+.1f}".replace("-", "\N{MINUS SIGN}"),
                "detectable, points": percent(each.detectable).replace("nan", "–"),
                "seeds": each.seeds,
            }
            for each in comparisons
        ]
    )


def with_interval_points(each: Comparison) -> str:
    if isnan(each.difference):
        return "–"
    half = percent(each.interval)
    return points(each.difference) + (f" ± {half}" if half != "nan" else "")


def reported(results: Results) -> str:
    """What a source printed beside what was measured here."""
    rows = []
    for each in results.lab.reported:
        if each.variant not in results.arms:
            continue
        label = _label(each, results)
        result = results.arms[each.variant]
        if each.epoch is not None and each.epoch > result.arm.epochs:
            continue
        here = result.measured(each.split, each.metric, each.epoch, label)
        percents = each.metric == "accuracy"
        interval = result.metrics["accuracy_interval"]
        whole = each.split == "test" and percents and label is None and interval is not None
        rows.append(
            {
                "figure": each.what,
                "arm": f"`{each.variant}`",
                "reported there": f"{each.value:.2f} %" if percents else f"{each.value:.4f}",
                "measured here": (f"{here:.2f}" + (f" ± {100 * interval:.2f}" if whole else "") + " %")
                if percents
                else f"{here:.4f}",
                "difference": f"{here - each.value:+.{2 if percents else 4}f}".replace("-", "\N{MINUS SIGN}"),
            }
        )
    return markdown(rows) if rows else ""


def _label(each: Reported, results: Results) -> int | None:
    """The class that a reported figure is about; of single classes only the test accuracy is kept."""
    if each.class_name is None:
        return None
    key = f"labs.{results.key}.reported, {each.what!r}"
    if (each.split, each.metric) != ("test", "accuracy"):
        raise UserError(f"{key}: {each.split} {each.metric} of a class found; allowed with class_name: test accuracy")
    names = results.data["classes"]
    if each.class_name not in names:
        raise UserError(f"{key}: class_name {each.class_name!r} is unknown; allowed: {', '.join(names)}")
    return int(names.index(each.class_name))


def edition(data: dict[str, Any]) -> str:
    """Which edition of a dataset the numbers are of; a set without two of them says so."""
    return str(data["edition"]) if data["edition"] in EDITIONS else "the only one"


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
                "validation": f"{parts['val']:,}",
                "test": f"{parts['test']:,}",
            }
        ]
    )
