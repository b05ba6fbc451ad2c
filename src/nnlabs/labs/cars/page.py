"""What the page of `cars` says of its numbers, and of the models without layers beside them."""

from dataclasses import dataclass
from math import isnan, log
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from nnlabs.core import record
from nnlabs.labs.cars import long_runs
from nnlabs.labs.cars.long_runs import WIDE, apart_by, updates
from nnlabs.labs.cars.results import Results, Yardstick
from nnlabs.labs.common import networks
from nnlabs.reporting import drawings, figures
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.result import Result
from nnlabs.reporting.sentences import counted, emphasised, listed, percent, with_interval

ADAM, ADAMAX = "cars-adam", "cars-adamax"


@dataclass(frozen=True)
class Own:
    """What the template shows beside the common view."""

    updates: str
    """How often the weights of one run were changed."""
    weights: str
    components: int
    explained: str
    yardsticks: tuple[str, ...]
    """A sentence a model."""
    message: str
    networks: str
    """What the drawing of the network shows; empty where there is none."""
    long: bool
    """Whether the long runs have results."""
    faster: str
    """What the search found of each optimizer at its next larger rate; empty where it did not try one."""


def answer(found: Findings) -> Answer:
    if not found.there(ADAM, ADAMAX):
        return found.answer()
    if long_runs.there(found):  # then these are the answer, and of the short ones the verdict is enough
        said = [long_runs.answer(found), _short(found), _limit(found)]
    else:
        said = [_short(found), _why_so_little(found), _beside(found), _limit(found)]
    return Answer(tuple(filter(None, said)), "yardsticks.svg", _message(found))


def _computed(found: Findings) -> Results:
    results, _, _ = record.read(found.results.lab, Results)
    return results


def _short(found: Findings) -> str:
    """What the default runs can say."""
    pair, one = found.pair(ADAMAX, ADAM), found.of(ADAM)
    what = f"{updates(one):,} updates of {_millions(one)} million weights"
    reached = f"AdaMax {found.reached(ADAMAX)}, Adam {found.reached(ADAM)} macro-F1"
    if pair is None or not pair.decidable:
        return f"The short runs here, {what}, say nothing of AdaMax and Adam: {reached}."
    if pair.found:
        verdict = "AdaMax comes out ahead" if pair.better else "Adam comes out ahead"
        return f"After {what}, {verdict}: {reached}, {found.difference(ADAMAX, ADAM)}."
    excluded = f"what they exclude is a difference of more than {percent(pair.excluded, 1)} points"
    if pair.excluded > WIDE:
        return f"The short runs here, {what}, cannot tell which is better: {reached}; {excluded}."
    return f"After {what} the two are close: {reached}; {excluded}."


def _why_so_little(found: Findings) -> str:
    """Why the short runs exclude little, where it is the seeds."""
    pair = found.pair(ADAMAX, ADAM)
    if pair is None or not pair.decidable or pair.found or pair.excluded <= WIDE:
        return ""
    spread, means = _spread(found), abs(pair.difference)
    if spread <= means:
        return ""
    return (
        f"The reason is the seeds: {pair.seeds} of each optimizer lie up to {percent(spread, 1)} points apart, the "
        f"means of the two {percent(means, 1)}."
    )


def _spread(found: Findings) -> float:
    """How far apart the seeds of one optimizer are, at most."""
    return max(apart_by(found, key) for key in (ADAM, ADAMAX))


def _millions(result: Result) -> str:
    return f"{result.scores.parameters / 1e6:.1f}"


def _beside(found: Findings) -> str:
    """The short runs beside models without layers."""
    best = _computed(found).best
    score = f"{best.name.lower()} on {_computed(found).components} principal components of the pixels"
    verdict = _against(best, found)
    if verdict == "above":
        return f"Both networks are still far from what they could learn: a {score} does better, {_of(best)}."
    if verdict == "below":
        return f"Both networks have learned more than the pixels' plain statistics say: a {score} gets {_of(best)}."
    return f"A {score} gets {_of(best)}; the networks are not shown to be better than that."


def _against(yardstick: Yardstick, found: Findings) -> str:
    """'above' or 'below' both networks where intervals are apart, else 'beside' them."""
    spans = []
    for key in (ADAM, ADAMAX):
        result = found.of(key)
        half = 0.0 if isnan(result.interval) else result.interval
        spans.append((result.test - half, result.test + half))
    if yardstick.test - yardstick.interval > max(high for _, high in spans):
        return "above"
    if yardstick.test + yardstick.interval < min(low for low, _ in spans):
        return "below"
    return "beside"


def _of(yardstick: Yardstick) -> str:
    return f"{with_interval(yardstick.test, yardstick.interval, 1)} %"


def _limit(found: Findings) -> str:
    if found.results.data["edition"] == "original":
        return "Other networks, batch sizes and schedules may rank the two otherwise."
    return (
        "Four kinds of vehicles at 32 pixels say nothing of 196 models of cars, and other networks, batch sizes and "
        "schedules may rank the two otherwise."
    )


def notes(found: Findings) -> dict[str, list[str]]:
    """Why the comparisons came out so."""
    return {"optimizer": _why_short(found), "long": long_runs.why(found)}


def _why_short(found: Findings) -> list[str]:
    if not found.there(ADAM, ADAMAX):
        return []
    said = []
    pair = found.pair(ADAMAX, ADAM)
    if pair is not None and pair.decidable and not pair.found:
        spread = _spread(found)
        said.append(
            f"Why it cannot be told: the seeds of one optimizer lie up to {percent(spread, 1)} points apart, "
            f"the two means only {percent(abs(pair.difference), 1)}, and there are {counted(pair.seeds)} of each."
            if spread > abs(pair.difference)
            else "Why it cannot be told: the interval counts seeds and test images, and of both there are few."
        )
    rates = {key: found.of(key).scores.lr[0] for key in (ADAM, ADAMAX)}
    if rates[ADAMAX] > rates[ADAM]:
        said.append(
            f"The search keeps a larger rate for AdaMax, {rates[ADAMAX]:g} against {rates[ADAM]:g}, as the formulas "
            "let expect: it divides by the largest recent gradient, which is seldom below the root of the mean square."
        )
    if (first := _first_epoch(found)) is not None:
        said.append(first)
    return said


def _first_epoch(found: Findings) -> str | None:
    """Why the first epoch's validation loss may be that of a network worse than none."""
    blind = log(len(found.results.data["classes"]))
    losses = {}
    for key in (ADAM, ADAMAX):
        history = found.of(key).history
        row = history[history["epoch"] == 1]
        losses[key] = float(row["validation_loss"].mean()), float(row["train_loss"].mean())
    high = [key for key, (validation, train) in losses.items() if validation > 1.2 * max(train, blind)]
    if not high:
        return None
    told = listed([f"{losses[key][0]:.1f} with {found.name(key)} (training {losses[key][1]:.1f})" for key in high])
    return (
        f"Validation loss after the first epoch is {told}; a network that gives every class the same probability has "
        f"{blind:.2f}. The reason is normalisation: training normalises every batch by its own mean and variance, "
        "validation by running averages of them. Near the peak of the rate, weights move so fast that averages over "
        "past batches belong to other weights, through 53 normalisations one after another. As the rate falls, weights "
        "settle, and the averages with them. (Tried once, beside the pipeline, with Adam at 0.003 and seed 1: averages "
        "measured anew, with the weights as they were after that epoch, brought validation loss from 4.2 to 1.2.)"
    )


# ---------------------------------------------------------------- what the template and the figure show


def shown(found: Findings) -> Own:
    computed = _computed(found)
    there = found.there(ADAM)
    return Own(
        updates=f"{updates(found.of(ADAM)):,}" if there else "",
        weights=_millions(found.of(ADAM)) if there else "",
        components=computed.components,
        explained=percent(computed.explained, 0),
        yardsticks=tuple(_yardstick(each) for each in computed.yardsticks),
        message=_message(found),
        networks=networks.message(found, (ADAM,)),
        long=long_runs.there(found),
        faster=_faster(found),
    )


def _faster(found: Findings) -> str:
    """Each optimizer at the rate above the one that the search keeps, on validation, with the first seed."""
    if not found.there(ADAM, ADAMAX):
        return ""
    told = []
    for key, name in ((ADAM, "Adam"), (ADAMAX, "AdaMax")):
        kept = found.of(key).scores.lr[0]
        reached = {each["lr"]: each["validation_macro_f1"] for each in found.of(key).scores.tried}
        larger = min((rate for rate in reached if rate > kept), default=kept)
        if larger == kept or kept not in reached:
            return ""
        ends = f"{percent(reached[larger], 1)} % in place of {percent(reached[kept], 1)} at {kept:g}"
        told.append(f"{name} at {larger:g} ends at {ends}")
    return f"The search has tried it, with the first seed and on validation: in macro-F1, {listed(told)}."


def _yardstick(each: Yardstick) -> str:
    return (
        f"{emphasised(each.name)}: {_of(each)} test macro-F1, {percent(each.validation, 1)} % on validation, C = "
        f"{each.strength:g}."
    )


def _rows(found: Findings) -> list[tuple[str, float, float, list[float]]]:
    """Name, mean, half width and seeds of everything in the figure; parts of 1."""
    rows = [(each.name, each.test, each.interval, [each.test]) for each in _computed(found).yardsticks]
    for result in found.results.shown.values():
        rows.append((result.name, result.test, result.interval, list(result.by_seed.values())))
    return rows


def _message(found: Findings) -> str:
    """What the figure shows."""
    told = [f"{name} {percent(mean, 1)} %" for name, mean, _, _ in _rows(found)]
    return f"Test macro-F1: {listed(told)}"


def draw(found: Findings, folder: Path) -> None:
    figures.save(_beside_each_other(found), folder / "yardsticks.svg", __name__)
    figures.save(drawings.skip(), folder / "skip.svg", __name__)
    networks.draw(found, (ADAM,), folder)


def _beside_each_other(found: Findings) -> Figure:
    """Models without layers in grey, networks in their colours; ticks are seeds."""
    rows = _rows(found)
    styles = figures.colours(list(found.results.shown))
    shades = ["#999999"] * len(_computed(found).yardsticks) + [each["color"] for each in styles.values()]
    figure = Figure(figsize=(figures.WIDTH, 0.8 + 0.4 * len(rows)))
    axes = figure.add_subplot()
    for i, ((_, mean, half, seeds), shade) in enumerate(zip(rows, shades, strict=True)):
        width = None if isnan(half) else 100 * half
        axes.errorbar(100 * mean, i, xerr=width, fmt="o", color=shade, markersize=6, capsize=3.5, zorder=3)
        if len(seeds) > 1:
            axes.plot(100 * np.array(seeds), [i] * len(seeds), "|", color=shade, markersize=11, alpha=0.55)
    axes.set_yticks(range(len(rows)), [name for name, *_ in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("test macro-F1, %")
    return figure
