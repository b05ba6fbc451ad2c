"""Tables of a page, built with pandas and written as GitHub's Markdown."""

from math import isnan
from typing import Any

import pandas as pd

from nnlabs.evaluation.statistics import Comparison
from nnlabs.reporting.sentences import finer, percent, points

Rows = list[dict[str, Any]]

EDITIONS = ("embedded", "original")
"""Between which a set may differ; one that does not says neither of itself."""


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
    if isinstance(content, dict):
        return "{" + ", ".join(f"{key}: {value(each)}" for key, each in content.items() if each is not None) + "}"
    return f"{content:g}" if isinstance(content, float) else str(content)


def power(number: float) -> str:
    """A small number as it is written in mathematics: $10^{-14}$, $2 \\cdot 10^{-5}$."""
    mantissa, _, exponent = f"{number:.2e}".partition("e")
    times = "" if float(mantissa) == 1 else f"{float(mantissa):g} \\cdot "
    return f"${times}10^{{{int(exponent)}}}$"


def compared(comparisons: list[Comparison]) -> str:
    """Differences to the comparison's first variant."""
    return markdown(
        [
            {
                "variant": each.variant,
                "against": each.reference,
                "difference, points": with_interval_points(each),
                "verdict": _verdict(each),
                "seeds": each.seeds,
            }
            for each in comparisons
        ]
    )


def _verdict(each: Comparison) -> str:
    if not each.decidable:
        return "no verdict"
    if not each.found:
        return "cannot tell" if each.excluded >= 1 else f"cannot tell; at most {percent(each.excluded)} points apart"
    return "better" if each.better else "worse"


def with_interval_points(each: Comparison) -> str:
    digits = 2 if isnan(each.interval) else finer(each)
    return points(each.difference, digits) + ("" if isnan(each.interval) else f" ± {percent(each.interval, digits)}")


def has_data(data: dict[str, Any]) -> bool:
    """Whether there is anything in a dataset: a lab that needs none has an empty one."""
    return bool(data.get("content"))


def edition(data: dict[str, Any]) -> str:
    """Which edition of a dataset the numbers are of; a dash where a set has no two of them.

    `data` is what data/<dataset>/meta.json says.
    """
    return str(data["edition"]) if has_data(data) and data["edition"] in EDITIONS else "–"
