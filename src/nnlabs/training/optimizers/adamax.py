"""AdaMax, on the processor compiled: torch has no fused one, and its own goes over the weights six times an update."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Adamax, Optimizer
from torch.optim.optimizer import ParamsT

from nnlabs.training.base import OptimizerSettings, parameter_groups

Settings = OptimizerSettings
Array = NDArray[np.floating[Any]]


class AdaMax(Optimizer):
    """Adam that divides by the largest recent gradient in place of a root mean square; torch.optim.Adamax to rounding.

        m <- m + (1 - beta1) (g - m),   u <- max(beta2 u, |g| + eps)
        w <- w - lr / (1 - beta1^t) m / u

    with `gradient + weight_decay w` as g. Weights are on the processor, in float32 or float64.
    D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization" (2015), algorithm 2.
    """

    def __init__(
        self,
        parameters: ParamsT,
        lr: float,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._update(weight, weight.grad, group)

    def _update(self, weight: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state, (beta1, beta2) = self.state[weight], group["betas"]
        if not state:
            state |= {"step": 0, "momentum": torch.zeros_like(weight), "norm": torch.zeros_like(weight)}
        state["step"] += 1
        if gradient.stride() != weight.stride():
            gradient = torch.empty_like(weight).copy_(gradient)
        rate = group["lr"] / (1 - beta1 ** state["step"])
        arrays = [_as_it_lies(each) for each in (weight, gradient, state["momentum"], state["norm"])]
        constants = (rate, 1 - beta1, beta2, group["eps"], group["weight_decay"])
        _one_pass()(*arrays, *map(arrays[0].dtype.type, constants))


def _as_it_lies(array: Tensor) -> Array:
    """All elements of an array without gaps, in the order that memory has them in: channels-last or another."""
    flat: Array = array.detach().as_strided((array.numel(),), (1,)).numpy()
    return flat


def _elements(  # pragma: no cover - what is compiled is not seen by coverage
    w: Array, g: Array, m: Array, u: Array, rate: Any, pull: Any, beta2: Any, eps: Any, weight_decay: Any
) -> None:
    """Update w, m and u in place; `pull` is 1 - beta1."""
    for i in range(len(w)):
        slope = g[i] + weight_decay * w[i]
        m[i] += pull * (slope - m[i])
        u[i] = max(beta2 * u[i], abs(slope) + eps)
        w[i] -= rate * (m[i] / u[i])


@cache
def _one_pass() -> Callable[..., None]:
    """The compiled `_elements`."""
    import numba  # takes a while, so only where it is used

    # Without fast floating point, so that every machine rounds alike; with numpy's division, which need not look for
    # zeros.
    compiled: Callable[..., None] = numba.njit(error_model="numpy")(_elements)
    return compiled


def build(settings: OptimizerSettings, network: nn.Module, lr: float, precision: str) -> list[Optimizer]:
    """AdaMax on the processor, torch's on a card."""
    kind = Adamax if next(network.parameters()).is_cuda else AdaMax
    return [kind(parameter_groups(network), lr, weight_decay=settings.weight_decay)]
