"""Optimizers of an arm: torch's own where it has a fast one, and Muon."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, Adamax, AdamW, Optimizer

from nnlabs.config import Arm, Transfer


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


def build(arm: Arm, network: nn.Module, lr: float, precision: str) -> list[Optimizer]:
    """The optimizers that together train every parameter once, each group with its `base_lr`."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    groups: list[dict[str, Any]] = [{"params": parameters}]
    if isinstance(arm, Transfer) and arm.backbone_lr is not None:
        last = _last(network)
        groups = [{"params": [p for p in parameters if p not in last], "lr": arm.backbone_lr}, {"params": [*last]}]
    optimizers: list[Optimizer]
    match arm.optimizer:
        case "sgd":
            options: dict[str, Any] = {"momentum": arm.momentum, "nesterov": arm.nesterov}
            optimizers = [SGD(groups, lr, weight_decay=arm.weight_decay, fused=True, **options)]
        case "adam":
            optimizers = [Adam(groups, lr, weight_decay=arm.weight_decay, fused=True)]
        case "adamw":
            optimizers = [AdamW(groups, lr, weight_decay=arm.weight_decay, fused=True)]
        case "adamax":
            if parameters[0].is_cuda:
                optimizers = [Adamax(groups, lr, weight_decay=arm.weight_decay)]
            else:
                from nnlabs.training.adamax import AdaMax  # compiles, so only where it is used

                optimizers = [AdaMax(groups, lr, weight_decay=arm.weight_decay)]
        case "muon":
            last = _last(network)
            matrices = [p for p in parameters if p.ndim > 1 and p not in last]
            others = [p for p in parameters if p.ndim == 1 or p in last]
            if arm.adam_lr is not None:
                optimizers = [AdamW(others, arm.adam_lr, weight_decay=arm.weight_decay, fused=True)]
            else:
                optimizers = [_sgd(arm, others, last)]
            if matrices:
                optimizers.append(
                    Muon(
                        matrices,
                        lr,
                        momentum=arm.momentum,
                        nesterov=arm.nesterov,
                        weight_decay=arm.weight_decay,
                        fixed_norm=arm.fixed_norm,
                        steps=arm.newton_schulz,
                        dtype=torch.bfloat16 if precision == "bf16" else torch.float32,
                    )
                )
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["base_lr"] = group["lr"]
    return optimizers


def _last(network: nn.Module) -> dict[Tensor, None]:
    """The parameters of the last layer, which every family calls `output`; in order, and quick to look up."""
    assert isinstance(network.output, nn.Module)
    return dict.fromkeys(network.output.parameters())


def _sgd(arm: Arm, parameters: list[nn.Parameter], last: Collection[Tensor]) -> SGD:
    """SGD of what Muon leaves, the last layer at its own rate; a step at the full rate takes the same part of all."""
    assert arm.bias_lr is not None and arm.head_lr is not None  # params has checked it
    groups = [
        {"params": part, "lr": lr, "weight_decay": arm.sgd_decay / lr}
        for part, lr in (
            ([p for p in parameters if p not in last], arm.bias_lr),
            ([p for p in parameters if p in last], arm.head_lr),
        )
        if part
    ]
    return SGD(groups, momentum=arm.sgd_momentum, nesterov=arm.sgd_momentum > 0, fused=True)
