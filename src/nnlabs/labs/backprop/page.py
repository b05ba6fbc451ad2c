"""The page of `backprop`."""

import re
from pathlib import Path
from typing import Any

from nnlabs.params.exercises import Backprop
from nnlabs.reporting import tables
from nnlabs.scratch.arrays import Array

TITLE = "Backpropagation, number by number"
QUESTION = "What does one forward and one backward pass compute, number by number?"
SAID = {
    "": "",
    "agrees": "agrees",
    "rounded": "agrees with what it was computed from, which had been rounded",
    "slip": "**a slip**",
    "inherited": "inherits a slip",
}
SYMBOLS = {"delta": r"\delta", "dW": r"\partial L / \partial W", "db": r"\partial L / \partial b"}


def answer(results: dict[str, Any]) -> str:
    headline = results["headline"]
    rows = [row for example in results["examples"].values() for row in example["rows"]]
    printed = sum(row["printed"] is not None for row in rows)
    said = (
        f"{len(rows)} intermediate values of {len(results['examples'])} networks, "
        f"equal to autograd's to {headline['largest_error_to_autograd']:.0e}."
    )
    if not printed:
        return said
    found = ", ".join(
        f"{_name(row)} = {row['printed']} (exact {row['value']:.3g})" for row in rows if row["verdict"] == "slip"
    )
    slips = f"{headline['slips']} {'is a slip' if headline['slips'] == 1 else 'are slips'}"
    inherited = f"; {headline['inherited']} more inherit it" if headline["inherited"] else ""
    if not headline["slips"]:
        return f"{said} None of the {printed} values that the lecture prints is wrong."
    return f"{said} Of the {printed} values that the lecture prints {slips}: {found}{inherited}."


def page(results: dict[str, Any], arrays: dict[str, Array], settings: Backprop, folder: Path) -> dict[str, Any]:
    return {
        "examples": [
            example | {"given": _given(example["worked"]), "table": _table(example["rows"])}
            for example in results["examples"].values()
        ],
        "slips": [
            row | {"symbol": _symbol(row["name"])}
            for example in results["examples"].values()
            for row in example["rows"]
            if row["verdict"] == "slip"
        ],
        "rounded": [
            row | {"symbol": _symbol(row["name"])}
            for example in results["examples"].values()
            for row in example["rows"]
            if row["verdict"] == "rounded"
        ],
    }


def _name(row: dict[str, Any]) -> str:
    return str(row["name"]).replace("delta", "δ")


def _symbol(name: str) -> str:
    """`dW1[0, 1]` as $\\partial L / \\partial W^{(1)}_{1,2}$; the lecture counts from 1."""
    match = re.fullmatch(r"([a-zA-Z]+)(\d*)( after)?(?:\[([\d, ]+)\])?", name)
    assert match, name
    kind, layer, after, index = match.groups()
    places = ",".join(str(int(place) + 1) for place in index.split(",")) if index else ""
    symbol = SYMBOLS.get(kind, kind) + (f"^{{({layer})}}" if layer else "") + (f"_{{{places}}}" if places else "")
    return f"${symbol}$" + (" after the step" if after else "")


def _table(rows: list[dict[str, Any]]) -> str:
    printed = any(row["printed"] for row in rows)
    table = []
    for row in rows:
        cells = {
            "value": _symbol(row["name"]),
            "ours": _four(row["value"]),
            "autograd": "–" if row["autograd"] is None else _four(row["autograd"]),
        }
        if printed:
            cells |= {
                "lecture": row["printed"] or "–",
                "from the lecture's rounded inputs": "–" if row["step"] is None else _four(row["step"]),
                "": SAID[row["verdict"]],
            }
        table.append(cells)
    return tables.markdown(table)


def _four(value: float) -> str:
    """Four decimals; more where they would hide the digits that count."""
    return (
        f"{value:.4f}" if abs(value) >= 0.1 or value == 0 else f"{value:.4g}" if abs(value) < 0.01 else f"{value:.5f}"
    )


def _given(worked: dict[str, Any]) -> str:
    """x, y, W and b in LaTeX."""
    parts = [rf"x = {_column(worked['x'])}"]
    if worked["y"] is not None:
        parts.append(f"y = {worked['y']:g}")
    for layer, (weight, bias) in enumerate(zip(worked["weights"], worked["biases"], strict=True), 1):
        rows = r" \\ ".join(" & ".join(f"{value:g}" for value in row) for row in weight)
        parts.append(rf"W^{{({layer})}} = \begin{{pmatrix}} {rows} \end{{pmatrix}}")
        parts.append(rf"b^{{({layer})}} = {_column(bias)}")
    return r", \quad ".join(parts)


def _column(values: list[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:g}"
    return r"\begin{pmatrix} " + r" \\ ".join(f"{value:g}" for value in values) + r" \end{pmatrix}"
