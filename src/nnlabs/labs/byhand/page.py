"""The page of `byhand`."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from nnlabs.core.record import Arrays
from nnlabs.labs.byhand import images
from nnlabs.labs.byhand.figures import NAMES, epochs_apart, how_far_apart, training_losses
from nnlabs.labs.byhand.results import ALLOWED, Check, Results, Run
from nnlabs.labs.byhand.settings import Settings
from nnlabs.labs.common import curves, layers
from nnlabs.reporting import seeds, tables
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.figures import save
from nnlabs.reporting.sentences import capital, counted, percent

OPTIMIZERS = {"sgd": "SGD", "momentum": "momentum", "nesterov": "Nesterov", "adam": "Adam", "adamax": "AdaMax"}


@dataclass(frozen=True)
class View:
    """Sentences, tables, and numbers as the page writes them."""

    together: str
    """How far the losses are apart."""
    images: str
    """What the count of images says."""
    losses: str
    """Alternative texts."""
    differences: str
    counts: str
    parameters: str
    optimizer: str
    rate: str
    trained_on: str
    accuracies: str
    by_seed: str
    to_autograd: str
    """The largest error of a gradient."""
    to_differences: str
    layers: str
    loss_functions: str
    layout_loss: str
    """How far the fast layout's loss is from that of the plain layers."""
    layout_gradient: str
    copies: int
    """How often im2col copies a number."""
    fast_copies: str
    """How often the fast layout does."""


def answer(results: Results) -> Answer:
    runs, steps = results.runs, min(len(run.apart) for run in results.runs)
    first, later = _apart(runs, 1), _apart(runs, steps)
    ours, theirs = (seeds.share(_test(results, program)) for program in NAMES)
    alone = [run.numpy_alone + run.torch_alone for run in runs]
    same = later <= ALLOWED and not images.unequal(runs)
    start = (
        "Yes"
        if same
        else "At the first step only"
        if first <= ALLOWED < later
        else "Not in every respect"
        if later <= ALLOWED
        else "No"
    )
    why = f"every layer's gradient agrees with autograd to {seeds.number(results.largest_error_to_autograd)}"
    why = (
        f"Both compute the same function and differ in rounding alone: {why}, and training magnifies what float32 "
        "rounds away."
        if same
        else f"{capital(why)}."
    )
    said = [
        f"{start}: from the same weights and batches the losses of the first {counted(steps, 'step')} differ by "
        f"{seeds.number(later)} of "
        f"their value at most ({seeds.number(ALLOWED)} is allowed), and after {counted(results.epochs, 'epoch')} on "
        f"{results.images:,} images "
        f"{ours} % of the test images are right in NumPy, {theirs} % in PyTorch"
        f"{' (± over seeds)' if len(runs) > 1 else ''}.",
        f"Of {results.test_images:,} test images {images.span(alone)} a seed are right in one program alone, "
        f"{images.either_way(runs)}.",
        why,
        f"This is one small network on one data set, {counted(len(runs))}; of deeper ones it says nothing.",
    ]
    return Answer(tuple(said), "losses.svg", _losses_message(results), why)


def _losses_message(results: Results) -> str:
    if _apart(results.runs, min(len(run.apart) for run in results.runs)) <= ALLOWED:
        return f"In each of {counted(len(results.runs))} the two programs' training losses start as one line"
    return "The two programs' training losses, which part at the first steps"


def metrics(results: Results) -> dict[str, float]:
    """Accuracies of the network in NumPy, means over seeds."""
    return {
        f"numpy_{split}": float(np.mean([getattr(run.scores("numpy"), split) for run in results.runs]))
        for split in ("validation", "test")
    }


def curve(results: Results, arrays: Arrays) -> curves.Rows:
    """log10 of the mean training loss by epoch, mean over seeds, a line a program."""
    rows: curves.Rows = []
    for program, name in NAMES.items():
        losses = np.mean([arrays[f"{program}.{run.seed}.losses"] for run in results.runs], axis=0)
        known = losses > 0
        rows += curves.line(np.arange(1, len(losses) + 1)[known], np.log10(losses[known]), name)
    return rows


def networks(results: Results, settings: Settings, shape: Sequence[int]) -> dict[str, layers.Layers]:
    """The one network of both programs."""
    found = [layers.entrance(shape)]
    for channels in settings.channels:
        found.append(layers.convolution(found[-1]["shape"], channels, settings.kernel))
        found += [layers.same("ReLU", found[-1]["shape"]), layers.pooling(found[-1]["shape"])]
    classes, inputs = [*results.sizes.values()][-2]
    found += [layers.linear(inputs, classes), layers.same("Softmax", [classes])]
    return {"The network, in NumPy and in PyTorch": found}


def page(results: Results, arrays: Arrays, settings: Settings, folder: Path) -> View:
    runs = results.runs
    save(training_losses(runs, arrays), folder / "losses.svg", __name__)
    save(how_far_apart(runs, arrays), folder / "differences.svg", __name__)
    first, later = _apart(runs, 1), _apart(runs, settings.compared_steps)
    return View(
        together=_together(runs, settings.compared_steps),
        images=images.sentence(results),
        losses=_losses_message(results),
        differences=(
            f"The losses differ by {seeds.number(first)} at most at the first step, by {seeds.number(later)} within "
            f"{counted(settings.compared_steps, 'step')}, and by {seeds.number(_last(results, arrays))} in the last "
            "epoch"
        ),
        counts=tables.markdown([images.count_row(run, results.test_images) for run in runs]),
        parameters=f"{sum(int(np.prod(each)) for each in results.sizes.values()):,}",
        optimizer=OPTIMIZERS[settings.optimizer],
        rate=f"{settings.lr:g}",
        trained_on=f"{settings.images:,}",
        accuracies=tables.markdown([_accuracy_row(results, arrays, program) for program in NAMES]),
        by_seed=tables.markdown([_seed_row(run, arrays) for run in runs]),
        to_autograd=seeds.number(results.largest_error_to_autograd),
        to_differences=seeds.number(results.largest_error_to_differences),
        layers=tables.markdown([_check_row(check, "layer") for check in results.layers]),
        loss_functions=tables.markdown([_check_row(check, "loss") for check in results.losses]),
        layout_loss=seeds.number(results.layouts.loss),
        layout_gradient=seeds.number(results.layouts.gradient),
        copies=settings.kernel**2,
        fast_copies=f"{(settings.kernel + 1) ** 2 / 4:g}",
    )


def _test(results: Results, program: str) -> list[float]:
    """Test accuracy of every seed."""
    return [run.scores(program).test for run in results.runs]


def _apart(runs: list[Run], steps: int) -> float:
    """The largest relative difference of the losses of the first steps; infinite where one is no number."""
    every = [each for run in runs for each in run.apart[:steps]]
    return max((each if isfinite(each) else float("inf") for each in every), default=float("inf"))


def _together(runs: list[Run], steps: int) -> str:
    first, later = _apart(runs, 1), _apart(runs, steps)
    same = (
        "the same to float32 rounding"
        if later <= ALLOWED
        else "the same at the first step alone"
        if first <= ALLOWED
        else "**not** the same"
    )
    return (
        f"Losses are {same}: they differ by {seeds.number(first)} at most at the first step and by "
        f"{seeds.number(later)} within {counted(steps, 'step')} "
        f"({seeds.number(ALLOWED)} is allowed)."
    )


def _last(results: Results, arrays: Arrays) -> float:
    """The largest difference of the mean losses of the last epoch."""
    every = [float(epochs_apart(run, arrays)[-1]) for run in results.runs]
    return max(each if isfinite(each) else float("inf") for each in every)


def _accuracy_row(results: Results, arrays: Arrays, program: str) -> dict[str, Any]:
    test = _test(results, program)
    last = [float(arrays[f"{program}.{run.seed}.losses"][-1]) for run in results.runs]
    return {
        "network in": NAMES[program],
        "test accuracy, %": seeds.share(test),
        "validation, %": seeds.share([run.scores(program).validation for run in results.runs]),
        "training loss, last epoch": seeds.spread(last, decimals=1),
    }


def _seed_row(run: Run, arrays: Arrays) -> dict[str, Any]:
    apart = epochs_apart(run, arrays)
    return {
        "seed": run.seed,
        **{f"{name}, test %": percent(run.scores(program).test) for program, name in NAMES.items()},
        "losses apart: first step": seeds.number(run.apart[0]),
        f"first {len(run.apart)}": seeds.number(_apart([run], len(run.apart))),
        "first epoch": seeds.number(float(apart[0])),
        "last epoch": seeds.number(float(apart[-1])),
    }


def _check_row(check: Check, what: str) -> dict[str, Any]:
    return {
        what: f"`{check.name}`",
        "value, to PyTorch": seeds.number(check.forward),
        "gradients, to autograd": seeds.number(check.autograd),
        "gradients, to central differences": seeds.number(check.differences),
    }
