"""The labs and the deep networks on a GPU."""

from dataclasses import dataclass
from typing import Any

from pages import deep
from pages.conditions import where
from pages.numbers import difference, table, with_bounds, with_interval


@dataclass(frozen=True)
class Speed:
    variant: str
    faster: float  # than the report's epoch


@dataclass(frozen=True)
class Labs:
    gpu: str
    table: str
    n: int
    apart: int  # differences whose interval leaves out 0
    slowest: Speed
    fastest: Speed
    left_out: list[str]
    where: str


def labs(results: dict[str, Any]) -> Labs | None:
    if not (section := results.get("gpu_labs")):
        return None
    rows, apart, speeds = [], 0, []
    for name, variant in sorted(section["variants"].items(), key=lambda each: (each[1]["lab"], each[0])):
        here, report = variant["here"], variant["report"]
        speeds.append(Speed(name, report["seconds_per_epoch"] / here["seconds_per_epoch"]))
        less = difference(here["accuracies"], report["accuracies"])
        apart += bool(less[1] > 0 or less[2] < 0)
        rows.append(
            (
                f"`{name}`",
                with_interval(here["accuracies"]),
                with_bounds(less),
                f"{here['seconds_per_epoch']:.3g}",
                f"{speeds[-1].faster:.1f} ×",
                f"{here['seconds']:.1f}",
                f"{here['gpu_memory'] / 2**20:,.0f}",
            )
        )
    header = (
        "variant",
        "test accuracy, %",
        "less the report's, points",
        "s an epoch",
        "speed of the report's",
        "training in all, s",
        "GPU memory, MiB",
    )
    slowest, fastest = (pick(speeds, key=lambda each: each.faster) for pick in (min, max))
    gpu, left_out = section["machine"]["gpu"], section["left_out"]
    return Labs(gpu, table(header, rows), len(rows), apart, slowest, fastest, left_out, where(section))


@dataclass(frozen=True)
class Deep:
    gpu: str
    limits: dict[str, float]  # operations a second of large products, a precision each
    tables: dict[str, str]
    rounds: int
    where: str


def deep_networks(results: dict[str, Any]) -> Deep | None:
    if not (section := results.get("gpu_deep")):
        return None
    shown = {title: table(deep.HEADER, deep.rates_rows(section, mode)) for mode, title in deep.MODES.items()}
    rounds = len(next(iter(section["train"]["seconds"].values())))
    return Deep(section["machine"]["gpu"], deep.limits(section), shown, rounds, where(section))
