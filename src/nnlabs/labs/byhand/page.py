"""The page of `byhand`."""

from collections.abc import Sequence
from functools import partial
from math import ceil, isfinite
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from nnlabs.evaluation.statistics import compare, sampling_error
from nnlabs.params.studies import ByHand
from nnlabs.reporting import figures, seeds, tables, sentences as verdict
from nnlabs.scratch.arrays import Array

TITLE = "A convolutional network by hand"
QUESTION = "Does a CNN written in NumPy do what PyTorch's does?"

ALLOWED = 1e-5
"""By which part the first losses of both may differ."""
ROUNDING = 2.0**-24
"""By which part a number may move when it is rounded to float32."""
EXACT = 1e-9
"""Where a difference of 0 is drawn on a logarithmic axis."""
NAMES = {"numpy": "NumPy", "torch": "PyTorch"}
STYLES: dict[str, dict[str, Any]] = {
    "numpy": {"color": figures.PALETTE[5], "linewidth": 3.6},
    "torch": {"color": figures.PALETTE[1], "linewidth": 1.3, "linestyle": (0, (4, 2))},
}
"""A wide line below and a narrow dashed one above: where both lie together both are seen."""

OPTIMIZERS = {"sgd": "SGD", "momentum": "momentum", "nesterov": "Nesterov", "adam": "Adam", "adamax": "AdaMax"}
SEEDS = (figures.PALETTE[2], figures.PALETTE[3], figures.PALETTE[4], figures.PALETTE[6], figures.PALETTE[7])
"""None of them a program's colour."""

Run = dict[str, Any]


def answer(results: dict[str, Any]) -> str:
    runs, chosen = results["runs"], results["settings"]
    first = _apart(runs, 1)
    headline = results["headline"]
    accuracy = {kind: seeds.share([run[f"{kind}_test"] for run in runs]) for kind in NAMES}
    return (
        f"{accuracy['numpy']} % test accuracy in NumPy, {accuracy['torch']} % in PyTorch after "
        f"{verdict.counted(chosen['epochs'], 'epoch')} on {chosen['images']:,} images ({verdict.counted(len(runs))}). "
        f"From the same weights the first losses differ by {seeds.number(first)} of their value"
        f"{'' if first <= ALLOWED else f', which is more than the {seeds.number(ALLOWED)} allowed'}; "
        f"every layer's gradient agrees with autograd to {seeds.number(headline['largest_error_to_autograd'])}."
    )


def page(results: dict[str, Any], arrays: dict[str, Array], settings: ByHand, folder: Path) -> dict[str, Any]:
    runs = results["runs"]
    figures.save(_losses(runs, arrays), folder / "losses.svg")
    figures.save(_differences(runs, arrays), folder / "differences.svg")
    values = {name: {run["seed"]: run[f"{kind}_test"] for run in runs} for kind, name in NAMES.items()}
    return {
        "architecture": partial(_architecture, results["sizes"], settings),
        "parameters": f"{sum(int(np.prod(each)) for each in results['sizes'].values()):,}",
        "accuracies": tables.markdown([_accuracy_row(runs, arrays, kind) for kind in NAMES]),
        "by_seed": tables.markdown([_seed_row(run, arrays) for run in runs]),
        "optimizer": OPTIMIZERS[settings.optimizer],
        "within": partial(_within, runs),
        "verdicts": [
            _together(runs, settings),
            verdict.sentence(compare(values, [(NAMES["numpy"], NAMES["torch"])])[0]),
        ],
        "layers": tables.markdown([_check_row(row, "layer") for row in results["layers"]]),
        "losses": tables.markdown([_check_row(row, "loss") for row in results["losses"]]),
        "largest": {
            "autograd": seeds.number(results["headline"]["largest_error_to_autograd"]),
            "differences": seeds.number(results["headline"]["largest_error_to_differences"]),
        },
        "layouts": {name: seeds.number(each) for name, each in results["layouts"].items()},
        "compared": min(settings.compared_steps, *(len(run["apart"]) for run in runs)),
    }


def _apart(runs: list[Run], steps: int) -> float:
    """The largest relative difference of the losses of the first steps; infinite where one is no number."""
    every = [each for run in runs for each in run["apart"][:steps]]
    return max((each if each is not None and isfinite(each) else float("inf") for each in every), default=float("inf"))


def _together(runs: list[Run], settings: ByHand) -> str:
    first, later = _apart(runs, 1), _apart(runs, settings.compared_steps)
    same = (
        "the same to float32 rounding"
        if later <= ALLOWED
        else "the same at the first step alone"
        if first <= ALLOWED
        else "**not** the same"
    )
    return (
        f"Losses are {same}: they differ by {seeds.number(first)} at most at the first step and by "
        f"{seeds.number(later)} within {verdict.counted(settings.compared_steps, 'step')} "
        f"({seeds.number(ALLOWED)} is allowed)."
    )


def _within(runs: list[Run], images: int) -> str:
    """The difference of the accuracies beside what the number of test images leaves open."""
    error = sampling_error(float(np.mean([run["numpy_test"] for run in runs])), images)
    worst = max((run["numpy_test"] - run["torch_test"] for run in runs), key=abs)
    inside = abs(worst) <= error
    return (
        f"The largest difference of a seed, {verdict.points(worst)} points, is "
        f"{'within' if inside else '**beyond**'} the sampling error of {images:,} test images, "
        f"± {verdict.percent(error)}. Both programs compute the same function, so that such a difference comes "
        "from rounding that training magnified; where it is tested, one test in twenty finds one that is none."
    )


def _architecture(sizes: dict[str, list[int]], settings: ByHand, image: Sequence[int]) -> str:
    """Each layer, the shape of what leaves it, and its parameters."""
    inputs, height, width = image
    rows = [{"layer": "image", "out": f"{inputs} x {height} x {width}", "parameters": "–"}]
    k = settings.kernel
    for outputs in settings.channels:
        count = outputs * inputs * k * k + outputs
        height, width = height - k + 1, width - k + 1
        shape = f"{outputs} x {height} x {width}"
        rows.append({"layer": f"convolution {k} x {k}", "out": shape, "parameters": f"{count:,}"})
        height, width = height // 2, width // 2
        rows.append({"layer": "ReLU", "out": shape, "parameters": "–"})
        rows.append({"layer": "max-pooling 2 x 2", "out": f"{outputs} x {height} x {width}", "parameters": "–"})
        inputs = outputs
    *_, weight, bias = sizes.values()
    rows.append({"layer": "reshape", "out": f"{weight[1]}", "parameters": "–"})
    rows.append({"layer": "linear", "out": f"{bias[0]}", "parameters": f"{weight[0] * weight[1] + bias[0]:,}"})
    rows.append({"layer": "softmax", "out": f"{bias[0]}", "parameters": "–"})
    return tables.markdown(rows)


def _accuracy_row(runs: list[Run], arrays: dict[str, Array], kind: str) -> dict[str, Any]:
    test, validation = ([run[f"{kind}_{part}"] for run in runs] for part in ("test", "validation"))
    last = [float(arrays[f"{kind}.{run['seed']}.losses"][-1]) for run in runs]
    return {
        "network in": NAMES[kind],
        "test accuracy, %": seeds.share(test),
        "lowest to highest seed, %": seeds.extremes(test),
        "validation, %": seeds.share(validation),
        "training loss, last epoch": seeds.spread(last),
        "seeds": len(runs),
    }


def _seed_row(run: Run, arrays: dict[str, Array]) -> dict[str, Any]:
    return {
        "seed": run["seed"],
        **{f"{name}, test %": verdict.percent(run[f"{kind}_test"]) for kind, name in NAMES.items()},
        "difference, points": verdict.points(run["numpy_test"] - run["torch_test"]),
        "losses apart: first step": seeds.number(run["apart"][0]),
        f"first {len(run['apart'])}": seeds.number(_apart([run], len(run["apart"]))),
        "first epoch": seeds.number(float(_epochs_apart(run, arrays)[0])),
        "last epoch": seeds.number(float(_epochs_apart(run, arrays)[-1])),
    }


def _check_row(row: dict[str, Any], what: str) -> dict[str, Any]:
    return {
        what: f"`{row['name']}`",
        "value, to PyTorch": seeds.number(row["forward"]),
        "gradients, to autograd": seeds.number(row["autograd"]),
        "gradients, to central differences": seeds.number(row["differences"]),
    }


def _epochs_apart(run: Run, arrays: dict[str, Array]) -> Array:
    numpy, torch = (arrays[f"{kind}.{run['seed']}.losses"] for kind in NAMES)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart: Array = np.abs(numpy - torch) / np.abs(torch)
    return apart


# ---------------------------------------------------------------- figures


def _losses(runs: list[Run], arrays: dict[str, Array]) -> Figure:
    columns = min(3, len(runs))
    rows = ceil(len(runs) / columns)
    figure = Figure(figsize=(figures.WIDTH, 0.5 + 2.5 * rows))
    grid = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)
    for axes, run in zip(grid, runs, strict=False):
        for kind, style in STYLES.items():
            losses = arrays[f"{kind}.{run['seed']}.losses"]
            axes.plot(np.arange(1, len(losses) + 1), np.where(losses > 0, losses, np.nan), **style)
        axes.set_yscale("log")
        axes.set_title(f"seed {run['seed']}")
        axes.set_xlabel("epoch")
    for axes in grid[len(runs) :]:
        axes.remove()
    grid[0].set_ylabel("training loss")
    entries = [mpl.lines.Line2D([], [], label=NAMES[kind], **style) for kind, style in STYLES.items()]
    figure.legend(handles=entries, loc="outside upper center", ncols=2, fontsize=8.5)
    return figure


def _differences(runs: list[Run], arrays: dict[str, Array]) -> Figure:
    """How far apart the losses are: of the first steps, and of all epochs."""
    figure = Figure(figsize=(figures.WIDTH, 3.1))
    steps, epochs = figure.subplots(1, 2, sharey=True)
    styles: dict[int, dict[str, Any]] = {
        run["seed"]: {"color": SEEDS[i % len(SEEDS)], "linestyle": figures.DASHES[i // len(SEEDS) % 3]}
        for i, run in enumerate(runs)
    }
    for i, run in enumerate(runs):
        style = styles[run["seed"]]
        aside = 0.5 * (i / len(runs) - 0.5 + 0.5 / len(runs))  # so that equal values lie side by side
        for axes, values, line in (
            (steps, np.array(run["apart"], float), ""),
            (epochs, _epochs_apart(run, arrays), style["linestyle"]),
        ):
            x = np.arange(1, len(values) + 1) + aside * (axes is steps)
            some = values > 0
            axes.plot(
                x[some],
                values[some],
                marker="o" if axes is steps or len(values) < 20 else "",
                markersize=4,
                linewidth=1.2,
                color=style["color"],
                linestyle=line or "none",
            )
            axes.plot(
                x[values == 0], np.full((values == 0).sum(), EXACT), "o", color=style["color"], markersize=4, mfc="none"
            )
    for axes, name in ((steps, "step"), (epochs, "epoch")):
        axes.set_yscale("log")
        axes.axhline(ROUNDING, color="#777777", linewidth=1, linestyle=":")
        axes.set_xlabel(name)
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(6, integer=True))
    steps.axhline(ALLOWED, color="#222222", linewidth=1, linestyle="--")
    steps.text(0.98, ALLOWED, "allowed", transform=steps.get_yaxis_transform(), ha="right", va="bottom", fontsize=8)
    where = {"transform": epochs.get_yaxis_transform(), "ha": "right", "va": "top", "fontsize": 8}
    epochs.text(0.98, ROUNDING, "float32 rounding", **where)
    steps.set_ylabel("relative difference of the loss")
    steps.set_title(f"the first {max(len(run['apart']) for run in runs)} steps")
    epochs.set_title("all epochs, mean loss")
    entries = [
        mpl.lines.Line2D([], [], marker="o", markersize=4, label=f"seed {seed}", **style)
        for seed, style in styles.items()
    ]
    entries.append(
        mpl.lines.Line2D([], [], marker="o", linestyle="", mfc="none", color="#444444", label="no difference")
    )
    figure.legend(handles=entries, loc="outside upper center", ncols=min(len(entries), 6), fontsize=8.5)
    return figure
