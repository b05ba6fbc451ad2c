"""Networks by hand beside PyTorch, autograd and public NumPy code."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from harness.cnn import BATCH
from harness.kinds import Record, records
from nnlabs.reporting.seeds import number
from pages.conditions import Conditions, conditions, side_by_side
from pages.numbers import per_batch, ratios, spread, times

TITLES = {
    "ours, 1": "ours, one thread",
    "pytorch, 1": "PyTorch, one thread",
    "ours, 2": "ours, two threads",
    "pytorch, 2": "PyTorch, two threads",
    "mpneuralnetwork": "mpneuralnetwork 1.1.1",
    "tinynn": "tinynn 0.1.1",
    "numpy-ml": "numpy-ml 0.1.2",
}
"""Rows of the batches; the figure's too."""

DESCENTS = {
    "regression": "regression, 500 points, 1-64-1",
    "xor, 8 hidden": "XOR, 1,000 points, 2-8-1",
    "xor, 64 hidden": "XOR, 1,000 points, 2-64-1",
}
STEPS = 50_000
"""Of a whole descent in the lab."""


@dataclass(frozen=True)
class Race:
    table: str
    conditions: list[Conditions]


@dataclass(frozen=True)
class Limits:
    """Where a step's time goes; on the first kind of CPU."""

    mega: float  # operations of a batch's products, millions
    needed: float  # without the zeros around the kernels
    products: float  # ms
    rate: float  # GFLOP/s
    best: float  # GFLOP/s of large square products
    moved: float  # MB
    copies: float  # ms
    ours: float  # ms
    gain: float  # of two threads
    regression_calls: float  # us, when there is nothing to compute
    xor_calls: float
    regression: float  # us
    xor: float
    bandwidth: float  # GB/s


@dataclass(frozen=True)
class View:
    message: str  # of the figure
    batches: Race
    epochs: Race
    descents: Race
    steps: int  # of a descent that was measured
    limits: Limits


def view(results: dict[str, Any]) -> View | None:
    if not (found := records(results, "byhand")):
        return None
    first = found[0]
    races = [
        Race(side_by_side(header, found, rows), [conditions(each[race], each) for each in found])
        for race, header, rows in (
            ("batch", ("", "ms a batch", "times ours on two threads", "loss less ours"), _batches),
            ("epoch", ("", "seconds an epoch", "images/s", "peak memory, MB", "of it training, MB"), _epochs),
            ("descent", ("", "loop", "seconds for 50,000 steps", "autograd's speed", "loss"), _descents),
        )
    ]
    return View(message(first), *races, first["descent"]["steps"], _limits(first))


def message(section: dict[str, Any]) -> str:
    """What the figure shows."""
    batch = {key: 1e3 * median(values) for key, values in per_batch(section["batch"]).items()}
    public = min(batch[key] for key in section["batch"]["steps"])
    epoch, ours, theirs = section["epoch"], "ours, 2", "pytorch, 2"
    seconds = {key: median(values) / epoch["share"] for key, values in epoch["seconds"].items()}
    return (
        f"A batch on two threads: ours {batch[ours]:,.2f} ms, PyTorch {batch[theirs]:,.2f} ms; the fastest public "
        f"NumPy package {public:,.2f} ms. An epoch on two threads: ours "
        f"{seconds[ours]:.2f} s and {epoch['megabytes'][ours]:,.0f} MB, PyTorch {seconds[theirs]:.2f} s and "
        f"{epoch['megabytes'][theirs]:,.0f} MB"
    )


def _batches(record: Record) -> list[tuple[str, ...]]:
    race = record["batch"]
    seconds = per_batch(race)
    rows = []
    for key, title in TITLES.items():
        slower = median(ratios(seconds, key, "ours, 2"))
        milliseconds = spread([1e3 * value for value in seconds[key]])
        rows.append((slower, (title, milliseconds, f"{slower:.2f} ×", number(race["apart"][key], 0))))
    rows.sort(key=lambda row: row[0])
    return [row for _, row in rows]


def _epochs(record: Record) -> Iterator[tuple[str, ...]]:
    race = record["epoch"]
    for key in ("ours, 1", "pytorch, 1", "ours, 2", "pytorch, 2"):
        megabytes, before = race["megabytes"][key], race["before"][key]
        rate = 55_000 * race["share"] / median(race["seconds"][key])
        whole = spread([value / race["share"] for value in race["seconds"][key]])
        yield TITLES[key], whole, f"{rate:,.0f}", f"{megabytes:,.0f}", f"{megabytes - before:,.0f}"


def _descents(record: Record) -> Iterator[tuple[str, ...]]:
    race = record["descent"]
    for key, title in DESCENTS.items():
        for suffix, name in (
            ("autograd", "autograd loop"),
            ("ours", "ours"),
            ("ours, equal x merged", "ours, equal x merged"),
            ("ours, float64", "ours, float64"),
        ):
            if (row := f"{key}: {suffix}") in race["seconds"]:
                seconds = [value * STEPS / race["steps"] for value in race["seconds"][row]]
                faster = times(ratios(race["seconds"], f"{key}: autograd", row))
                yield title, name, spread(seconds), faster, f"{race['loss'][row]:.6g}"


def _limits(section: dict[str, Any]) -> Limits:
    milliseconds = {key: 1e3 * median(values) for key, values in per_batch(section["batch"]).items()}
    race = section["descent"]
    steps = {key: 1e6 * median(values) / race["steps"] for key, values in race["seconds"].items()}
    passed = 9 * 64 * 500 * 4  # bytes that a step of the regression reads and writes
    regression, regression_calls = steps["regression: ours"], steps["calls: regression"]
    return Limits(
        mega=section["operations"] / 1e6,
        needed=BATCH * (2 * 24**2 * 25 * 8 * 2 + 3 * 8**2 * 200 * 16 * 2) / 1e6,  # forward, and backward once or twice
        products=milliseconds["products"],
        rate=section["operations"] / milliseconds["products"] / 1e6,
        best=section["machine"]["gflops"]["1"]["float32"],
        moved=section["moved"] / 1e6,
        copies=milliseconds["copies"],
        ours=milliseconds["ours, 1"],
        gain=median(ratios(section["batch"]["seconds"], "ours, 1", "ours, 2")),
        regression_calls=regression_calls,
        xor_calls=steps["calls: xor"],
        regression=regression,
        xor=steps["xor, 8 hidden: ours"],
        bandwidth=passed / (regression - regression_calls) / 1e3,
    )
