"""Kinds of CPU by what the project computes in there, each with figures of its own: a run leaves the others' be."""

from typing import Any

KINDS = {"bf16": "with bf16", "float32": "without bf16"}
"""The precision that the project takes, and how the page calls such a CPU: with AVX-512 BF16 or AMX, with neither."""

Record = dict[str, Any]
"""What was measured of a section on one kind of CPU.

`precision` is that of the project's own loops, `forced` whether it takes another one there by itself; `machine` and
`when` say where and on which day.
"""


def records(results: dict[str, Any], section: str) -> list[Record]:
    """Those of a section that are there, in the order of KINDS."""
    found = results.get(section, {})
    return [found[kind] for kind in KINDS if kind in found]


def chosen() -> str:
    """The precision that `precision: auto` takes on this CPU."""
    import torch

    from nnlabs.core import devices

    return devices.precision("auto", torch.device("cpu"))
