"""Small measurements of what courses say of networks: all on the same images, ten seeds side by side."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import isfinite, prod

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import Tensor

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.core.files import aside
from nnlabs.data import prepared
from nnlabs.data.prepared import Dataset, Part
from nnlabs.labs.common.shown import samples
from nnlabs.labs.rules.claims import claims
from nnlabs.labs.rules.compared import differences_of
from nnlabs.labs.rules.results import Measured, Results, Scale, Start, Stuck, Trained, Width
from nnlabs.labs.rules.settings import Settings
from nnlabs.labs.rules.stack import ACTIVATIONS, Stack, adam, descent, train, without_subnormals
from nnlabs.labs.rules.stuck import from_starts
from nnlabs.scratch.arrays import Array
from nnlabs.telling.progress import CountProgress

SMOOTH = 20
"""Steps whose mean loss is the loss of a moment: one batch alone is a noisy one."""
LOOKS = 50
"""Steps between two looks at the validation loss."""
LAYERS = 2
"""Hidden ones of the networks that are trained with every activation."""


@dataclass(frozen=True)
class Bench:
    """Images in float32, N x inputs, and what everything is trained with."""

    settings: Settings
    images: Tensor
    labels: Tensor
    validation: Tensor
    wanted: Tensor
    classes: int

    @property
    def inputs(self) -> int:
        return self.images.shape[1]

    def train(self, stack: Stack, optimizer: torch.optim.Optimizer, **more: object) -> Array:
        s = self.settings
        return train(stack, optimizer, self.images, self.labels, s.seeds, s.batch_size, s.steps, **more)  # type: ignore[arg-type]

    @torch.no_grad()
    def right(self, stack: Stack, *, training: bool = False) -> Array:
        """Whether each network is right about each image, seeds x images."""
        images, labels = (self.images, self.labels) if training else (self.validation, self.wanted)
        logits = stack.hidden(images)[-1]
        right: Array = (logits.argmax(2) == labels).numpy()
        return right

    @torch.no_grad()
    def loss(self, stack: Stack, *, training: bool = False) -> Array:
        """Of each network: S."""
        images, labels = (self.images, self.labels) if training else (self.validation, self.wanted)
        return stack.losses(images, labels).numpy()


def compute(settings: Settings, dataset: str) -> tuple[Results, dict[str, Array]]:
    """Measure, compare, and say what the numbers say of each rule.

    The arrays are `dead.<activation>` (rates x seeds), and images for the page.

    Raises
    ------
    UserError
        Where the data is missing or smaller than the settings want.
    """
    data = prepared.load(dataset)
    bench = _bench(settings, data, dataset)
    rates = len(settings.rates) * len(ACTIVATIONS) + 1
    rules = {
        "two-thirds": max(1, round(2 / 3 * (bench.inputs + bench.classes))),
        "root": max(1, round((bench.inputs * bench.classes) ** 0.5)),
    }
    sizes = sorted({*settings.sizes, *rules.values()})
    total = rates + len(sizes) + 2 + len(settings.deep.factors) + 3
    with without_subnormals(), CountProgress("rules", total, "trainings") as progress:
        trained, right = _activations(bench, progress)
        widths, right_by_width = _widths(bench, sizes, progress)
        equal, random = (_start(bench, value, progress) for value in (settings.equal, None))
        scales = [_deep(bench, factor, progress) for factor in settings.deep.factors]
        unstable = settings.deep.unstable
        unclipped, clipped = (_deep(bench, unstable, progress, largest) for largest in (None, settings.deep.clip))
        stuck = _stuck(settings, progress)
    measured = Measured(
        inputs=bench.inputs,
        classes=bench.classes,
        images=len(bench.wanted),
        trained=trained,
        widths=widths,
        rules=rules,
        equal=equal,
        random=random,
        scales=scales,
        unclipped=unclipped,
        clipped=clipped,
        stuck=stuck,
        differences={},
    )
    measured.differences.update(differences_of(measured, settings, right, right_by_width))
    arrays = {
        f"dead.{name}": np.array([measured.of(name, rate).dead for rate in settings.rates]) for name in ACTIVATIONS
    }
    return Results(measured, claims(measured, settings)), arrays | samples(data.train, len(data.classes))


def _bench(settings: Settings, data: Dataset, dataset: str) -> Bench:
    if settings.images > len(data.train.labels):
        raise UserError(
            f"params.yaml: labs.rules.images: {settings.images} found;"
            f" allowed: up to the {len(data.train.labels)} training images of {dataset}"
        )
    images, labels = _normalised(data, data.train, settings.images)
    validation, wanted = _normalised(data, data.validation, None)
    return Bench(settings, images, labels, validation, wanted, len(data.classes))


def _normalised(data: Dataset, part: Part, images: int | None) -> tuple[Tensor, Tensor]:
    """Images N x inputs, float32, normalised by the training part's statistics; labels."""
    mean, std = (np.array(each, np.float32).reshape(-1, 1, 1) for each in (data.mean, data.std))
    pixels = (np.asarray(part.images[:images]).astype(np.float32) / 255 - mean) / std
    return torch.from_numpy(pixels.reshape(len(pixels), prod(data.shape))), torch.tensor(part.labels[:images])


# ---------------------------------------------------------------- measurements


def _activations(bench: Bench, progress: CountProgress) -> tuple[list[Trained], dict[tuple[str, float], Array]]:
    """Every activation with every rate, and ReLU's hidden units closed at the start; who is right about what."""
    s = bench.settings
    ways = [(name, rate, 0.0) for name in ACTIVATIONS for rate in s.rates] + [("relu", s.rates[0], s.bias)]
    trained, right = [], {}
    for name, rate, bias in ways:
        stack = Stack([bench.inputs, *[s.hidden] * LAYERS, bench.classes], name, s.seeds, bias=bias)
        losses = bench.train(stack, adam(stack, rate))
        found = bench.right(stack)
        if not bias:
            right[name, rate] = found
        trained.append(
            Trained(
                activation=name,
                rate=rate,
                bias=bias,
                dead=_dead(bench, stack),
                loss=_finite(bench.loss(stack, training=True)),
                reached=[_reached(each, s.reached) for each in losses],
                accuracy=found.mean(1).tolist(),
                zeros=_zeros(bench, stack),
            )
        )
        progress.add(1)
    return trained, right


@torch.no_grad()
def _zeros(bench: Bench, stack: Stack) -> list[float]:
    found = torch.cat([stack.activation(each) == 0 for each in stack.hidden(bench.validation)[:-1]], dim=2)
    return [float(each) for each in found.double().mean((1, 2))]


@torch.no_grad()
def _dead(bench: Bench, stack: Stack) -> list[float]:
    hidden = torch.cat([(each <= 0).all(1) for each in stack.hidden(bench.images)[:-1]], dim=1)  # S x hidden units
    return [float(each) for each in hidden.double().mean(1)]


def _smoothed(losses: Array) -> Array:
    """The mean of the last steps, of every step from the first that has so many before it."""
    window = min(SMOOTH, len(losses))
    return np.convolve(losses.astype(np.float64), np.full(window, 1 / window), "valid")


def _reached(losses: Array, loss: float) -> int | None:
    """The step after which the smoothed loss lies below."""
    smoothed = _smoothed(losses)
    below = np.flatnonzero(smoothed < loss)
    return int(below[0]) + len(losses) - len(smoothed) + 1 if len(below) else None


def _widths(bench: Bench, sizes: list[int], progress: CountProgress) -> tuple[list[Width], dict[int, Array]]:
    s = bench.settings
    widths, right = [], {}
    for units in sizes:
        stack = Stack([bench.inputs, units, bench.classes], "relu", s.seeds)
        lowest = bench.loss(stack)

        def look(step: int, lowest: Array = lowest, stack: Stack = stack) -> None:
            if step % LOOKS == 0:
                np.minimum(lowest, bench.loss(stack), out=lowest)

        bench.train(stack, adam(stack, s.rates[0]), every=look)
        right[units] = bench.right(stack)
        last = bench.loss(stack)
        widths.append(
            Width(
                units=units,
                weights=(bench.inputs + 1) * units + (units + 1) * bench.classes,
                train=bench.right(stack, training=True).mean(1).tolist(),
                validation=right[units].mean(1).tolist(),
                loss=[float(each) for each in last],
                lowest=[float(each) for each in np.minimum(lowest, last)],
            )
        )
        if units == sizes[-1]:
            _keep(stack, "widest")
        progress.add(1)
    return widths, right


def _start(bench: Bench, value: float | None, progress: CountProgress) -> Start:
    """One hidden layer whose weights all begin with a value, or at random.

    In float64: float32 rounds the sums of equal units differently on some processors, and training magnifies that.
    """
    bench = replace(bench, images=bench.images.double(), validation=bench.validation.double())
    s = bench.settings
    stack = Stack([bench.inputs, s.hidden, bench.classes], "relu", s.seeds, dtype=torch.float64)
    if value is not None:
        with torch.no_grad():
            for weight in stack.parameters[::2]:
                weight.fill_(value)
    bench.train(stack, adam(stack, s.rates[0]))
    weight = stack.parameters[0].detach()  # S x inputs x units
    apart = (weight.amax(2) - weight.amin(2)).amax(1) / weight.abs().amax((1, 2))
    progress.add(1)
    return Start(apart=[float(each) for each in apart], accuracy=bench.right(stack).mean(1).tolist())


def _deep(bench: Bench, factor: float, progress: CountProgress, largest: float | None = None) -> Scale:
    """The deep network with He's weights times a factor, with or without clipping."""
    s = bench.settings
    sizes = [bench.inputs, *[s.hidden] * s.deep.layers, bench.classes]
    stack = Stack(sizes, "relu", s.seeds, factor=factor)
    stack.gradients(bench.images[: s.batch_size], bench.labels[: s.batch_size])
    first = stack.parameters[0].grad
    assert first is not None
    gradient = first.flatten(1).norm(dim=1).tolist()
    losses = bench.train(stack, descent(stack, s.deep.lr), largest=largest)
    progress.add(1)
    return Scale(
        factor=factor,
        gradient=_finite(gradient),
        first=_finite(losses[:, 0]),
        last=_finite(_smoothed(each)[-1] for each in losses),
    )


def _stuck(settings: Settings, progress: CountProgress) -> Stuck:
    found = from_starts(settings.stuck, settings.seeds)
    progress.add(1)
    return found


def _keep(stack: Stack, name: str) -> None:
    tensors = {
        f"{layer}.{kind}": each.detach().numpy().copy()
        for layer in range(len(stack.parameters) // 2)
        for kind, each in zip(("weight", "bias"), stack.parameters[2 * layer :], strict=False)
    }
    with aside(paths.models("rules") / f"{name}.safetensors") as beside:
        save_file(tensors, beside)


def _finite(values: Iterable[float]) -> list[float | None]:
    return [float(each) if isfinite(each) else None for each in values]
