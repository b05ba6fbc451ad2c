"""Optimizers: `step` moves parameters, in place, against their gradients.

Every class keeps what it remembers by parameter name. Names, defaults and the order of operations are
torch.optim's, so that a thousand steps agree with it to rounding; the equations are the papers'.
θ is a parameter, g its gradient, t the number of the step from 1, η the learning rate.
"""

from collections.abc import Callable, Mapping

import numpy as np

from nnlabs.core.errors import UserError
from nnlabs.scratch.arrays import Array


class Optimizer:
    """What all have in common: a learning rate, a count of steps, and a memory for each parameter."""

    def __init__(self, lr: float, weight_decay: float = 0.0) -> None:
        if lr <= 0 or weight_decay < 0:
            raise UserError(f"{type(self).__name__}: lr = {lr}, weight_decay = {weight_decay}; lr has to be positive")
        self.lr, self.weight_decay = lr, weight_decay
        self.t = 0
        self.memory: dict[str, dict[str, Array]] = {}

    def step(self, parameters: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        self.t += 1
        for name, theta in parameters.items():
            self._update(theta, self._decayed(theta, gradients[name]), self.memory.setdefault(name, {}))

    def _decayed(self, theta: Array, g: Array) -> Array:
        """L2 regularisation: g + λ θ."""
        return g + self.weight_decay * theta if self.weight_decay else g

    def _update(self, theta: Array, g: Array, memory: dict[str, Array]) -> None:
        raise NotImplementedError


class SGD(Optimizer):
    """θ ← θ - η g.

    With momentum μ: v ← μ v + g, θ ← θ - η v (Polyak 1964); Nesterov's looks ahead:
    θ ← θ - η (g + μ v) (Sutskever et al. 2013, in the form that needs g at θ alone).
    """

    def __init__(self, lr: float, momentum: float = 0.0, nesterov: bool = False, weight_decay: float = 0.0) -> None:
        super().__init__(lr, weight_decay)
        if not 0 <= momentum < 1 or (nesterov and not momentum):
            raise UserError(f"SGD: momentum = {momentum}; 0 to below 1 is allowed, and nesterov needs some")
        self.momentum, self.nesterov = momentum, nesterov

    def _update(self, theta: Array, g: Array, memory: dict[str, Array]) -> None:
        if self.momentum:
            if "v" not in memory:
                memory["v"] = np.zeros_like(theta)
            v = memory["v"]
            v *= self.momentum
            v += g
            g = g + self.momentum * v if self.nesterov else v
        theta -= self.lr * g


class Adam(Optimizer):
    """m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g²,
    θ ← θ - η m̂ / (√v̂ + ε) with m̂ = m / (1 - β₁ᵗ), v̂ = v / (1 - β₂ᵗ) (Kingma and Ba 2015, algorithm 1).
    """

    def __init__(
        self, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0.0
    ) -> None:
        super().__init__(lr, weight_decay)
        self.betas, self.eps = betas, eps

    def _update(self, theta: Array, g: Array, memory: dict[str, Array]) -> None:
        (beta1, beta2), t = self.betas, self.t
        m, v = self._moments(theta, memory)
        m += (1 - beta1) * (g - m)
        v *= beta2
        v += (1 - beta2) * g * g
        denominator = np.sqrt(v) / np.sqrt(1 - beta2**t) + self.eps
        theta -= self.lr / (1 - beta1**t) * m / denominator

    @staticmethod
    def _moments(theta: Array, memory: dict[str, Array]) -> tuple[Array, Array]:
        if not memory:
            memory.update(m=np.zeros_like(theta), v=np.zeros_like(theta))
        return memory["m"], memory["v"]


class AdamW(Adam):
    """Adam whose weight decay does not pass through the moments: θ ← θ - η λ θ first
    (Loshchilov and Hutter 2019, algorithm 2)."""

    def __init__(
        self, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 1e-2
    ) -> None:
        super().__init__(lr, betas, eps, weight_decay)

    def _decayed(self, theta: Array, g: Array) -> Array:
        theta *= 1 - self.lr * self.weight_decay
        return g


class AdaMax(Adam):
    """m as in Adam; u ← max(β₂ u, |g| + ε); θ ← θ - η / (1 - β₁ᵗ) · m / u (Kingma and Ba 2015, algorithm 2).

    The infinity norm u needs no correction of its start; ε inside the maximum is PyTorch's, against u = 0.
    """

    def __init__(
        self, lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0.0
    ) -> None:
        super().__init__(lr, betas, eps, weight_decay)

    def _update(self, theta: Array, g: Array, memory: dict[str, Array]) -> None:
        beta1, beta2 = self.betas
        m, u = self._moments(theta, memory)
        m += (1 - beta1) * (g - m)
        np.maximum(beta2 * u, np.abs(g) + self.eps, out=u)
        theta -= self.lr / (1 - beta1**self.t) * m / u


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": SGD,
    "momentum": lambda lr, **more: SGD(lr, **{"momentum": 0.9} | more),
    "nesterov": lambda lr, **more: SGD(lr, **{"momentum": 0.9, "nesterov": True} | more),
    "adam": Adam,
    "adamw": AdamW,
    "adamax": AdaMax,
}
"""By the names that params.yaml uses."""
