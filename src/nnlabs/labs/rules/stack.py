"""Fully connected networks of one shape, one a seed, that train side by side: a layer's product is one for all.

Every seed has its own weights and its own order of the images; nothing passes from one to another.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from nnlabs.scratch.arrays import Array

SLOPE = 0.01
"""Leaky ReLU's, of what is negative."""
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": lambda z: functional.leaky_relu(z, SLOPE),
}
GAINS = {"sigmoid": 1.0, "tanh": 1.0, "relu": 2.0, "leaky_relu": 2.0}
"""Initial weights have the variance gain / inputs: LeCun's, and He's for what lets half of the variance through."""


class Stack:
    """S networks; `parameters` are W (S x inputs x outputs) and b (S x 1 x outputs) of each layer in turn."""

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str,
        seeds: Sequence[int],
        factor: float = 1.0,
        bias: float = 0.0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """`factor` multiplies the initial weights; hidden units begin with `bias`."""
        self.activation = ACTIVATIONS[activation]
        generators = [np.random.default_rng(np.random.SeedSequence(seed).spawn(2)[0]) for seed in seeds]
        self.parameters: list[Tensor] = []
        for i, (inputs, outputs) in enumerate(pairwise(sizes)):
            std = factor * (GAINS[activation] / inputs) ** 0.5
            drawn = [std * rng.standard_normal((inputs, outputs)) for rng in generators]
            weight = torch.from_numpy(np.stack(drawn)).to(dtype)
            start = torch.full((len(seeds), 1, outputs), bias if i < len(sizes) - 2 else 0.0, dtype=dtype)
            self.parameters += [weight.requires_grad_(), start.requires_grad_()]

    def hidden(self, x: Tensor) -> list[Tensor]:
        """What enters the activation of each layer, and the logits last: S x N x units.

        x is S x N x inputs, or N x inputs where all networks see the same.
        """
        first = self.parameters[0]  # S x inputs x units
        if x.ndim == 2:  # one product in place of S copies of x
            wide = (x @ first.transpose(0, 1).flatten(1)).view(len(x), len(first), -1).transpose(0, 1)
            found = [wide + self.parameters[1]]
        else:
            found = [torch.baddbmm(self.parameters[1], x, first)]
        for weight, bias in zip(self.parameters[2::2], self.parameters[3::2], strict=True):
            found.append(torch.baddbmm(bias, self.activation(found[-1]), weight))
        return found

    def losses(self, x: Tensor, labels: Tensor) -> Tensor:
        """Cross-entropy of each network: S; labels are S x N, or N where all see the same."""
        logits = self.hidden(x)[-1]
        labels = labels.expand(logits.shape[:2])
        each = functional.cross_entropy(logits.flatten(0, 1), labels.reshape(-1), reduction="none")
        return each.view_as(labels).mean(1)

    def gradients(self, x: Tensor, labels: Tensor) -> Tensor:
        """Set every parameter's `grad`, and give the losses."""
        for each in self.parameters:
            each.grad = None
        losses = self.losses(x, labels)
        losses.sum().backward()  # a network's loss has no derivative by another's weights
        return losses.detach()


@contextmanager
def without_subnormals() -> Iterator[None]:
    """Take numbers below 10⁻³⁸ for 0: a saturated sigmoid's gradients are such, and each costs a hundred others."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def adam(stack: Stack, lr: float) -> torch.optim.Optimizer:
    return torch.optim.Adam(stack.parameters, lr, fused=True)


def descent(stack: Stack, lr: float) -> torch.optim.Optimizer:
    return torch.optim.SGD(stack.parameters, lr)


def clip(stack: Stack, largest: float) -> None:
    """Shorten every network's gradient, of all its parameters together, to this norm where it is longer."""
    gradients = [each.grad for each in stack.parameters if each.grad is not None]
    norms = torch.stack([each.flatten(1).norm(dim=1) for each in gradients]).norm(dim=0)  # S
    for each in gradients:
        each *= (largest / norms).clamp(max=1.0)[:, None, None]


def train(
    stack: Stack,
    optimizer: torch.optim.Optimizer,
    images: Tensor,
    labels: Tensor,
    seeds: Sequence[int],
    batch_size: int,
    steps: int,
    largest: float | None = None,
    every: Callable[[int], None] | None = None,
) -> Array:
    """Train, and give the loss of every step, seeds x steps; `largest` clips, `every` is told of each step."""
    generators = [np.random.default_rng(np.random.SeedSequence(seed).spawn(2)[1]) for seed in seeds]
    orders = [_batches(rng, len(labels), batch_size, steps) for rng in generators]
    losses = []
    for step, chosen in enumerate(torch.from_numpy(np.stack(orders, axis=1)), 1):  # seeds x batch
        batch = images.index_select(0, chosen.flatten()).view(*chosen.shape, -1)  # four times as fast as images[chosen]
        losses.append(stack.gradients(batch, labels[chosen]))
        if largest is not None:
            clip(stack, largest)
        optimizer.step()
        if every:
            every(step)
    return torch.stack(losses, dim=1).numpy()


def _batches(rng: np.random.Generator, images: int, batch_size: int, steps: int) -> Array:
    """Which images make each batch, steps x batch size: every image once before any comes again, but for a rest."""
    epoch = images // batch_size
    orders = [rng.permutation(images)[: epoch * batch_size] for _ in range(-(-steps // epoch))]
    return np.concatenate(orders)[: steps * batch_size].reshape(steps, batch_size)
