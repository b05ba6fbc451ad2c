"""Muon, for hidden weight matrices; biases, norms and the last layer have AdamW or SGD beside it."""

from collections.abc import Callable, Collection, Iterable
from typing import Self

import torch
from pydantic import model_validator
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer

from nnlabs.core.fields import Count, Flag, Fraction, Rate
from nnlabs.training.base import OptimizerSettings


class Settings(OptimizerSettings):
    momentum: Fraction = 0.0
    nesterov: Flag = False
    fixed_norm: Flag = False
    """Bring each matrix back to the norm sqrt(rows) before each update, so that the rate alone says how far it turns.
    Whatever scales it must be free: a normalisation has to follow."""
    ns_steps: Count = 5
    """Steps of the Newton-Schulz iteration that orthogonalizes."""
    adam_lr: Rate | None = None
    """AdamW's learning rate for what is no hidden matrix (biases, norms, last layer)."""
    bias_lr: Rate | None = None
    """With head_lr in place of adam_lr: SGD's learning rate for biases and norms."""
    head_lr: Rate | None = None
    """SGD's learning rate for the last layer."""
    sgd_momentum: Fraction = 0.0
    """Nesterov momentum of that SGD."""
    sgd_decay: Fraction = 0.0
    """The part of its weights that that SGD takes away in a step at the full rate, before momentum."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum above 0")
        adam, sgd = self.adam_lr is not None, self.bias_lr is not None
        if sgd != (self.head_lr is not None):
            raise ValueError("bias_lr and head_lr come together")
        if adam == sgd:
            raise ValueError("muon needs adam_lr, or bias_lr and head_lr")
        if (self.sgd_momentum or self.sgd_decay) and not sgd:
            raise ValueError("sgd_momentum and sgd_decay belong to bias_lr and head_lr")
        return self


class Muon(Optimizer):
    """Momentum whose update is the nearest (semi-)orthogonal matrix, for hidden weight matrices.

        v <- momentum v + gradient
        w <- w - lr sqrt(max(1, rows / columns)) O(v),   O(U S V') = U V'

    with `gradient + momentum v` in place of v where nesterov is set. A convolution's weight
    counts as a matrix of output channels x the rest. K. Jordan et al., "Muon: an optimizer
    for hidden layers in neural networks" (2024).

    With `fixed_norm`, w is first scaled to the norm sqrt(rows), that of a matrix with all singular
    values 1: an update of lr then turns it by about lr, early and late.
    """

    def __init__(
        self,
        matrices: Iterable[Tensor],
        lr: float,
        *,
        momentum: float,
        nesterov: bool,
        weight_decay: float,
        fixed_norm: bool = False,
        steps: int = 5,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """`steps` and `dtype` are the orthogonalization's; the weights keep their own dtype."""
        defaults = {"lr": lr, "momentum": momentum, "nesterov": nesterov, "weight_decay": weight_decay}
        super().__init__(matrices, defaults)
        self.fixed_norm, self.steps, self.dtype = fixed_norm, steps, dtype

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weight in group["params"]:
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                velocity = state["momentum"].mul_(group["momentum"]).add_(weight.grad)
                update = weight.grad.add(velocity, alpha=group["momentum"]) if group["nesterov"] else velocity
                matrix = update.flatten(1).to(self.dtype)
                scale = max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5
                if self.fixed_norm:
                    weight.mul_(len(weight) ** 0.5 / weight.norm())
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(orthogonalize(matrix, self.steps).view_as(weight), alpha=-group["lr"] * scale)


def orthogonalize(matrix: Tensor, steps: int = 5) -> Tensor:  # rows x columns
    """Push all singular values towards 1 with a quintic Newton-Schulz iteration.

    The coefficients are Jordan's: they trade exactness for speed, so that values end in
    about 0.7 to 1.2 after five steps.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)  # no singular value above 1, or the iteration diverges
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    result: Tensor = x.T if tall else x
    return result


def build(settings: Settings, network: nn.Module, lr: float, precision: str) -> list[Optimizer]:
    """Muon for the hidden matrices, and AdamW or SGD for biases, norms and the last layer."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    assert isinstance(network.output, nn.Module)
    last = dict.fromkeys(network.output.parameters())  # in order, and quick to look up
    matrices = [p for p in parameters if p.ndim > 1 and p not in last]
    others = [p for p in parameters if p.ndim == 1 or p in last]
    optimizers: list[Optimizer]
    if settings.adam_lr is not None:
        optimizers = [AdamW(others, settings.adam_lr, weight_decay=settings.weight_decay, fused=True)]
    else:
        optimizers = [_sgd(settings, others, last)]
    if matrices:
        optimizers.append(
            Muon(
                matrices,
                lr,
                momentum=settings.momentum,
                nesterov=settings.nesterov,
                weight_decay=settings.weight_decay,
                fixed_norm=settings.fixed_norm,
                steps=settings.ns_steps,
                dtype=torch.bfloat16 if precision == "bf16" else torch.float32,
            )
        )
    return optimizers


def _sgd(settings: Settings, parameters: list[nn.Parameter], last: Collection[Tensor]) -> SGD:
    """SGD of what Muon leaves, the last layer at its own rate; a step at the full rate takes the same part of all."""
    assert settings.bias_lr is not None and settings.head_lr is not None  # the settings have checked it
    groups = [
        {"params": part, "lr": lr, "weight_decay": settings.sgd_decay / lr}
        for part, lr in (
            ([p for p in parameters if p not in last], settings.bias_lr),
            ([p for p in parameters if p in last], settings.head_lr),
        )
        if part
    ]
    return SGD(groups, momentum=settings.sgd_momentum, nesterov=settings.sgd_momentum > 0, fused=True)
