"""The page of `byhand`."""

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from nnlabs.core.record import Arrays
from nnlabs.evaluation.statistics import Sample, compare, sampling_error
from nnlabs.labs.byhand.figures import NAMES, epochs_apart, how_far_apart, training_losses
from nnlabs.labs.byhand.results import ALLOWED, Check, Results, Run
from nnlabs.labs.byhand.settings import Settings
from nnlabs.labs.common import curves
from nnlabs.reporting import seeds, tables
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.figures import save
from nnlabs.reporting.sentences import counted, percent, points, sentence

OPTIMIZERS = {"sgd": "SGD", "momentum": "momentum", "nesterov": "Nesterov", "adam": "Adam", "adamax": "AdaMax"}


@dataclass(frozen=True)
class View:
    """Sentences, tables, and numbers as the page writes them."""

    verdicts: list[str]
    architecture: str
    parameters: str
    optimizer: str
    rate: str
    images: str
    accuracies: str
    by_seed: str
    to_autograd: str
    """The largest error of a gradient."""
    to_differences: str
    layers: str
    losses: str
    layout_loss: str
    """How far the fast layout's loss is from that of the plain layers."""
    layout_gradient: str
    copies: int
    """How often im2col copies a number."""
    fast_copies: str
    """How often the fast layout does."""


def answer(results: Results) -> Answer:
    return Answer((_answer(results),), "losses.svg")


def _answer(results: Results) -> str:
    first = _apart(results.runs, 1)
    ours, theirs = (seeds.share(_test(results, program)) for program in NAMES)
    return (
        f"{ours} % test accuracy in NumPy, {theirs} % in PyTorch after {counted(results.epochs, 'epoch')} on "
        f"{results.images:,} images ({counted(len(results.runs))}). "
        f"From the same weights the first losses differ by {seeds.number(first)} of their value"
        f"{'' if first <= ALLOWED else f', which is more than the {seeds.number(ALLOWED)} allowed'}; "
        f"every layer's gradient agrees with autograd to {seeds.number(results.largest_error_to_autograd)}."
    )


def metrics(results: Results) -> dict[str, float]:
    """Accuracies of both, means over seeds, and how far they are apart."""
    accuracies = {
        f"{program}_{split}": float(np.mean([getattr(run.scores(program), split) for run in results.runs]))
        for split in ("validation", "test")
        for program in NAMES
    }
    return accuracies | {
        "first_steps_apart": _apart(results.runs, 1),
        "largest_error_to_autograd": results.largest_error_to_autograd,
    }


def curve(results: Results, arrays: Arrays) -> curves.Rows:
    """log10 of the mean training loss by epoch, mean over seeds, a line a program."""
    rows: curves.Rows = []
    for program, name in NAMES.items():
        losses = np.mean([arrays[f"{program}.{run.seed}.losses"] for run in results.runs], axis=0)
        known = losses > 0
        rows += curves.line(np.arange(1, len(losses) + 1)[known], np.log10(losses[known]), name)
    return rows


def page(results: Results, arrays: Arrays, settings: Settings, folder: Path) -> View:
    runs = results.runs
    save(training_losses(runs, arrays), folder / "losses.svg")
    save(how_far_apart(runs, arrays), folder / "differences.svg")
    values = {name: Sample.of(_test(results, program)) for program, name in NAMES.items()}
    compared = compare(values, [(NAMES["numpy"], NAMES["torch"])])[0]
    return View(
        verdicts=[_together(runs, settings.compared_steps), sentence(compared), _within(runs, results.test_images)],
        architecture=_architecture(results, settings),
        parameters=f"{sum(int(np.prod(each)) for each in results.sizes.values()):,}",
        optimizer=OPTIMIZERS[settings.optimizer],
        rate=f"{settings.lr:g}",
        images=f"{settings.images:,}",
        accuracies=tables.markdown([_accuracy_row(results, arrays, program) for program in NAMES]),
        by_seed=tables.markdown([_seed_row(run, arrays) for run in runs]),
        to_autograd=seeds.number(results.largest_error_to_autograd),
        to_differences=seeds.number(results.largest_error_to_differences),
        layers=tables.markdown([_check_row(check, "layer") for check in results.layers]),
        losses=tables.markdown([_check_row(check, "loss") for check in results.losses]),
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


def _within(runs: list[Run], images: int) -> str:
    """The difference of the accuracies beside what the number of test images leaves open."""
    error = sampling_error(float(np.mean([run.numpy.test for run in runs])), images)
    worst = max((run.numpy.test - run.torch.test for run in runs), key=abs)
    inside = abs(worst) <= error
    return (
        f"The largest difference of a seed, {points(worst)} points, is "
        f"{'within' if inside else '**beyond**'} the sampling error of {images:,} test images, "
        f"± {percent(error)}. Both programs compute the same function, so that such a difference comes "
        "from rounding that training magnified; where it is tested, one test in twenty finds one that is none."
    )


def _architecture(results: Results, settings: Settings) -> str:
    """Each layer, the shape of what leaves it, and its parameters."""
    inputs, height, width = results.shape
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
    *_, weight, bias = results.sizes.values()
    rows.append({"layer": "reshape", "out": f"{weight[1]}", "parameters": "–"})
    rows.append({"layer": "linear", "out": f"{bias[0]}", "parameters": f"{weight[0] * weight[1] + bias[0]:,}"})
    rows.append({"layer": "softmax", "out": f"{bias[0]}", "parameters": "–"})
    return tables.markdown(rows)


def _accuracy_row(results: Results, arrays: Arrays, program: str) -> dict[str, Any]:
    test = _test(results, program)
    last = [float(arrays[f"{program}.{run.seed}.losses"][-1]) for run in results.runs]
    return {
        "network in": NAMES[program],
        "test accuracy, %": seeds.share(test),
        "lowest to highest seed, %": seeds.extremes(test),
        "validation, %": seeds.share([run.scores(program).validation for run in results.runs]),
        "training loss, last epoch": seeds.spread(last),
        "seeds": len(results.runs),
    }


def _seed_row(run: Run, arrays: Arrays) -> dict[str, Any]:
    apart = epochs_apart(run, arrays)
    return {
        "seed": run.seed,
        **{f"{name}, test %": percent(run.scores(program).test) for program, name in NAMES.items()},
        "difference, points": points(run.numpy.test - run.torch.test),
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
