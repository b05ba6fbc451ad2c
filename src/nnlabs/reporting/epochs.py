"""How runs went epoch by epoch: where they stopped, which epoch was kept, and whether the validation loss turned up."""

from dataclasses import dataclass
from math import inf, isinf, isnan, nan
from statistics import mean

import pandas as pd

from nnlabs.reporting.result import Result
from nnlabs.reporting.results import Results
from nnlabs.reporting.score_tables import marked
from nnlabs.reporting.sentences import counted, emphasised, listed, percent, points
from nnlabs.reporting.setup import while_training
from nnlabs.reporting.tables import markdown


@dataclass(frozen=True)
class Turn:
    """How a run's validation loss ended beside its lowest."""

    lowest: int
    """The epoch where it was lowest."""
    rise: float
    """By which part of its lowest it ended above it: 0 where the last epoch was the lowest, infinite above 0."""


def turn(run: pd.DataFrame) -> Turn:
    """Of one run, a row an epoch."""
    run = run.sort_values("epoch")
    lowest = run.loc[run["validation_loss"].idxmin()]
    low, last = float(lowest["validation_loss"]), float(run.iloc[-1]["validation_loss"])
    rise = last / low - 1 if low else inf if last else 0.0  # of few images a sure network's loss rounds to 0
    return Turn(int(lowest["epoch"]), rise)


def turns(result: Result) -> list[Turn]:
    """Of every seed, in the order of the seeds; none where there is no validation."""
    if not result.validated:
        return []
    return [turn(result.history[result.history["seed"] == seed]) for seed in result.scores.seeds]


def lasted(results: Results, *keys: str) -> str:
    """For how long those of these variants that are there were trained: '3 epochs', '3 to 5 epochs'; else empty."""
    lengths = sorted({results.shown[key].epochs for key in keys if key in results.shown})
    if len(lengths) > 1:
        return f"{lengths[0]} to {lengths[-1]} epochs"
    return counted(lengths[0], "epoch") if lengths else ""


def gap(result: Result) -> float:
    """Training score, taken during the last epoch, less validation score, mean over seeds.

    nan without validation, and where the training score is of hard images alone.
    """
    if result.picked:
        return nan
    last = result.at_last()
    return float((last[f"train_{result.score}"] - last[f"validation_{result.score}"]).mean())


def gaps(*results: Result) -> list[float]:
    """Of each its gap, to be told together; empty where one has none."""
    found = [gap(each) for each in results]
    return [] if any(map(isnan, found)) else found


def table(results: Results) -> str:
    """Training and validation at the last epoch, the gap between them, and where the validation loss turned up."""
    rows = []
    for result in results.shown.values():
        row = {
            "variant": marked(result),
            "epochs": _lengths(result),
            "kept": _each(list(result.kept_epochs.values())),
        }
        last = result.at_last()
        training, validation = (last[f"{part}_{result.score}"].mean() for part in ("train", "validation"))
        row |= {
            "training, %": percent(training, 1),
            "validation, %": "–" if isnan(validation) else percent(validation, 1),
            "gap, points": "–" if isnan(between := gap(result)) else points(between, 1),
        }
        rows.append(row | {"validation loss turned up": _turned(turns(result))})
    return markdown(rows)


def _turned(found: list[Turn], noun: str = "") -> str:
    """'5 of 5, by 12 %': in how many seeds, and by how much in the mean of those."""
    if not found:
        return "–"
    up = [each.rise for each in found if each.rise > 0]
    return f"{len(up)} of {len(found)}{noun}" + (f", by {_part(mean(up))}" if up else "")


def _part(rise: float) -> str:
    if isinf(rise):
        return "any factor, from 0"
    return "less than 0.1 %" if rise < 0.001 else f"{percent(rise, 1 if rise < 0.1 else 0)} %"


def _lengths(result: Result) -> str:
    """'30', or '9, 12, 8 of 30' where runs stopped early."""
    wanted, lasted = result.epochs, list(result.last_epochs.values())
    return str(wanted) if set(lasted) == {wanted} else f"{_each(lasted)} of {wanted}"


def _each(epochs: list[int]) -> str:
    """One number where all seeds agree, else each seed's."""
    shown = [str(epoch) for epoch in epochs]
    return shown[0] if len(set(shown)) == 1 else ", ".join(shown)


def overfitting(results: Results) -> str:
    """Where the validation loss ended above its lowest, and the widest gap."""
    known = [each for each in results.variants.values() if each.validated]
    if not known:
        return ""
    found = {emphasised(each.name): turns(each) for each in known}
    told = [
        f"{name} ({_turned(each, ' seeds' if len(each) > 1 else ' seed')})"
        for name, each in found.items()
        if any(one.rise > 0 for one in each)
    ]
    said = f"Validation loss ended above its lowest with {listed(told)}."
    if not told:
        said = "In every run the validation loss was lowest at the last epoch."
    widest = max((each for each in known if not each.picked), key=gap, default=None)
    if widest and gap(widest) > 0:
        on = while_training([widest])
        said += (
            f" Training {results.score}, measured during the epoch{f' with {on} on' * bool(on)}, ends furthest above "
            f"validation with {emphasised(widest.name)}: {points(gap(widest), 1)} points."
        )
    return said


def stopped(results: Results) -> list[str]:
    """A sentence a variant that may stop early: where it did."""
    said = []
    for result in results.shown.values():
        if result.training["patience"] is None:
            continue
        name, wanted, lasted = emphasised(result.name), result.epochs, list(result.last_epochs.values())
        early = [str(last) for last in lasted if last < wanted]
        after = f"after {counted(result.training['patience'], 'epoch')} without a better validation {results.score}"
        if early:
            some = "" if len(early) == len(lasted) else f" in {len(early)} of {counted(len(lasted))}"
            ends = listed(early) if len(set(early)) > 1 else early[0]
            said.append(
                f"{name} stopped early{some}, {after}: at epoch{'s' * (len(set(early)) > 1)} {ends} of {wanted}."
            )
        else:
            said.append(
                f"{name} would stop {after}, and in no seed did before its {counted(wanted, 'epoch')} "
                f"{'was' if wanted == 1 else 'were'} over."
            )
    return said
