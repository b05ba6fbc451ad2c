"""How runs went epoch by epoch: where they stopped, which epoch was kept, and from where they overfit."""

from math import isnan

import pandas as pd

from nnlabs.reporting.results import Result, Results
from nnlabs.reporting.score_tables import marked
from nnlabs.reporting.sentences import counted, emphasised, listed, percent, points
from nnlabs.reporting.tables import markdown

RISE = 0.05
"""Part by which the validation loss must end above its lowest, or its noise from epoch to epoch would count."""


def onset(run: pd.DataFrame) -> int | None:
    """The epoch from which one run overfits; None where it does not.

    That is the epoch after the one with the lowest validation loss, if the loss ends more than RISE above it
    while the training loss went on falling.
    """
    run = run.sort_values("epoch")
    lowest = run.loc[run["validation_loss"].idxmin()]
    last = run.iloc[-1]
    rises = last["validation_loss"] > (1 + RISE) * lowest["validation_loss"]
    falls = last["train_loss"] < lowest["train_loss"]
    return int(lowest["epoch"]) + 1 if rises and falls else None


def onsets(result: Result) -> list[int | None]:
    """Of every seed, in the order of the seeds; none where there is no validation."""
    if not result.validated:
        return []
    return [onset(result.history[result.history["seed"] == seed]) for seed in result.scores.seeds]


def table(results: Results) -> str:
    """Training and validation at the kept and at the last epoch, and the gap between them."""
    rows = []
    for result in results.shown.values():
        row = {
            "variant": marked(result),
            "epochs": _lengths(result),
            "kept": _each(list(result.kept_epochs.values())),
        }
        for when, at in (("kept", result.at_kept()), ("last", result.at_last())):
            training, validation = (at[f"{part}_{result.score}"].mean() for part in ("train", "validation"))
            row |= {
                f"training, {when}": percent(training),
                f"validation, {when}": "–" if isnan(validation) else percent(validation),
                f"gap, {when}": "–" if isnan(validation) else points(training - validation),
            }
        found = onsets(result)
        rows.append(row | {"overfits from": _each(found) if any(found) else "–"})
    return markdown(rows)


def _lengths(result: Result) -> str:
    """'30', or '9, 12, 8 of 30' where runs stopped early."""
    wanted, lasted = result.epochs, list(result.last_epochs.values())
    return str(wanted) if set(lasted) == {wanted} else f"{_each(lasted)} of {wanted}"


def _each(epochs: list[int] | list[int | None]) -> str:
    """One number where all seeds agree, else each seed's."""
    shown = ["–" if epoch is None else str(epoch) for epoch in epochs]
    return shown[0] if len(set(shown)) == 1 else ", ".join(shown)


def overfitting(results: Results) -> str:
    """Which variants overfit, from which epoch, in how many seeds."""
    found = {emphasised(each.name): onsets(each) for each in results.variants.values() if each.validated}
    if not found:
        return ""
    told = []
    for name, seeds in found.items():
        if at := [epoch for epoch in seeds if epoch is not None]:
            when = f"{min(at)} to {max(at)}" if min(at) < max(at) else f"{at[0]}"
            told.append(f"{name} from epoch {when} on ({len(at)} of {counted(len(seeds))})")
    calm = [name for name, seeds in found.items() if not any(seeds)]
    if not told:
        return f"No variant overfits within its epochs ([the rule]({ANCHOR}))."
    others = listed(calm) if len(calm) <= 3 else f"the other {len(calm)} variants"
    its, do = ("its", "does") if len(calm) == 1 else ("their", "do")
    rest = f" Within {its} epochs {others} {do} not." if calm else ""
    return f"By [the rule below]({ANCHOR}) these overfit: {'; '.join(told)}.{rest}"


ANCHOR = "#epoch-by-epoch"


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
