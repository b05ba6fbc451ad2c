"""Layers: `forward` computes the output, `backward` the gradients, each beside the other.

In every `backward` the argument is dL/dy, the loss's gradient with respect to the layer's
output; it keeps dL/dW in `gradients` and returns dL/dx. A layer remembers what its backward
pass needs from the last forward pass. Weights have PyTorch's shapes.
"""

import numpy as np

from nnlabs.core.errors import UserError
from nnlabs.scratch.activations import Activation
from nnlabs.scratch.activations.softmax import softmax
from nnlabs.scratch.arrays import Array, check, shape
from nnlabs.scratch.initialisation import weights


class Layer:
    """A function of its input and of its parameters."""

    parameters: dict[str, Array]
    """What is trained, by name; optimizers change the arrays in place."""
    buffers: dict[str, Array]
    """What else belongs to the state, such as running statistics."""
    gradients: dict[str, Array]
    """dL/d(parameter), by the parameter's name; set by `backward`."""

    def __init__(self) -> None:
        self.parameters, self.buffers, self.gradients = {}, {}, {}

    def forward(self, x: Array, training: bool = False) -> Array:
        raise NotImplementedError

    def backward(self, dy: Array) -> Array:
        raise NotImplementedError

    def __str__(self) -> str:
        return type(self).__name__


class Linear(Layer):
    """y = x Wᵀ + b; x is N x inputs, W outputs x inputs."""

    def __init__(
        self, inputs: int, outputs: int, rng: np.random.Generator, initialisation: str = "he", dtype: str = "float64"
    ) -> None:
        super().__init__()
        self.inputs, self.outputs = inputs, outputs
        self.parameters = {
            "weight": weights(initialisation, (outputs, inputs), rng, dtype),
            "bias": np.zeros(outputs, dtype),
        }

    def forward(self, x: Array, training: bool = False) -> Array:
        self.x = check(self, x, "N", self.inputs)
        return x @ self.parameters["weight"].T + self.parameters["bias"]  # N x outputs

    def backward(self, dy: Array) -> Array:
        """dL/dW = dyᵀ x, dL/db = Σ_n dy_n, dL/dx = dy W."""
        self.gradients = {"weight": dy.T @ self.x, "bias": dy.sum(axis=0)}
        return dy @ self.parameters["weight"]  # N x inputs

    def __str__(self) -> str:
        return f"Linear({self.inputs}, {self.outputs})"


class Activate(Layer):
    """y = f(x), each element alone; any shape."""

    def __init__(self, activation: Activation) -> None:
        super().__init__()
        self.activation = activation

    def forward(self, x: Array, training: bool = False) -> Array:
        self.x = x
        return self.activation.function(x)

    def backward(self, dy: Array) -> Array:
        """dL/dx = dL/dy · f'(x)."""
        return dy * self.activation.derivative(self.x)

    def __str__(self) -> str:
        return self.activation.name


class Softmax(Layer):
    """y = softmax(x) over the last axis, for a network whose output shall be probabilities."""

    def forward(self, x: Array, training: bool = False) -> Array:
        self.y = softmax(x)
        return self.y

    def backward(self, dy: Array) -> Array:
        """dL/dx_k = s_k (dy_k - Σ_i dy_i s_i): the Jacobian's product without the Jacobian."""
        return self.y * (dy - (dy * self.y).sum(axis=-1, keepdims=True))


class Reshape(Layer):
    """Give every example another shape; the batch stays the first axis."""

    def __init__(self, *sizes: int) -> None:
        super().__init__()
        self.sizes = sizes

    def forward(self, x: Array, training: bool = False) -> Array:
        self.before = x.shape
        try:
            return x.reshape(len(x), *self.sizes)
        except ValueError:
            raise UserError(f"{self}: the input, {shape(x.shape)}, has another number of values") from None

    def backward(self, dy: Array) -> Array:
        return dy.reshape(self.before)

    def __str__(self) -> str:
        return f"Reshape({', '.join(map(str, self.sizes))})"


class Flatten(Reshape):
    """N x C x H x W becomes N x CHW."""

    def __init__(self) -> None:
        super().__init__(-1)

    def __str__(self) -> str:
        return "Flatten"


class Dropout(Layer):
    """While training, each value is zero with probability p, else divided by 1 - p, so that means stay."""

    def __init__(self, p: float, rng: np.random.Generator) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise UserError(f"Dropout: p = {p} found; allowed: 0 <= p < 1")
        self.p, self.rng = p, rng

    def forward(self, x: Array, training: bool = False) -> Array:
        kept = self.rng.random(x.shape, np.float32) >= self.p if training else np.ones(x.shape, bool)
        self.scale = kept.astype(x.dtype) / x.dtype.type(1 - self.p if training else 1)
        return x * self.scale

    def backward(self, dy: Array) -> Array:
        """dL/dx = dL/dy with the same mask and scale."""
        return dy * self.scale

    def __str__(self) -> str:
        return f"Dropout({self.p})"


class BatchNorm(Layer):
    """y = γ (x - μ) / √(σ² + ε) + β for each feature or channel (Ioffe and Szegedy 2015, algorithm 1).

    While training, μ and σ² are the batch's and move the running ones; afterwards the running
    ones serve. x is N x F or N x C x H x W.
    """

    def __init__(self, features: int, momentum: float = 0.1, eps: float = 1e-5, dtype: str = "float64") -> None:
        super().__init__()
        self.features, self.momentum, self.eps = features, momentum, eps
        self.parameters = {"weight": np.ones(features, dtype), "bias": np.zeros(features, dtype)}
        self.buffers = {
            "running_mean": np.zeros(features, dtype),
            "running_var": np.ones(features, dtype),
            "num_batches_tracked": np.zeros((), np.int64),
        }

    def forward(self, x: Array, training: bool = False) -> Array:
        check(self, x, *(("N", self.features, "H", "W") if x.ndim == 4 else ("N", self.features)))
        self.axes = (0, *range(2, x.ndim))
        n = x.size // self.features  # values a feature
        if training:
            if n < 2:
                raise UserError(f"{self}: the input, {shape(x.shape)}, has one value a feature; two are needed")
            mean, variance = x.mean(self.axes), x.var(self.axes)
            self._track("running_mean", mean)
            self._track("running_var", variance * n / (n - 1))  # unbiased, as the paper's inference takes it
            self.buffers["num_batches_tracked"] += 1
        else:
            mean, variance = self.buffers["running_mean"], self.buffers["running_var"]
        self.training = training
        self.std = np.sqrt(variance + self.eps)
        self.normal = (x - self._wide(mean, x)) / self._wide(self.std, x)
        return self._wide(self.parameters["weight"], x) * self.normal + self._wide(self.parameters["bias"], x)

    def backward(self, dy: Array) -> Array:
        """dL/dγ = Σ dy x̂, dL/dβ = Σ dy; through μ and σ² (section 3):
        dL/dx = γ/σ (dy - mean(dy) - x̂ mean(dy x̂)).
        """
        self.gradients = {"weight": (dy * self.normal).sum(self.axes), "bias": dy.sum(self.axes)}
        if self.training:
            n = dy.size // self.features
            mean, slope = self.gradients["bias"] / n, self.gradients["weight"] / n
            dy = dy - self._wide(mean, dy) - self.normal * self._wide(slope, dy)
        return dy * self._wide(self.parameters["weight"] / self.std, dy)

    def _track(self, name: str, value: Array) -> None:
        self.buffers[name] += self.momentum * (value - self.buffers[name])

    @staticmethod
    def _wide(values: Array, x: Array) -> Array:
        """One value a feature, ready to meet N x F or N x C x H x W."""
        return values.reshape(-1, *(1,) * (x.ndim - 2))

    def __str__(self) -> str:
        return f"BatchNorm({self.features})"


class Residual(Layer):
    """y = x + f(x), f being layers in a row (He et al. 2015, Deep residual learning, eq. 1)."""

    def __init__(self, *layers: Layer) -> None:
        super().__init__()
        self.layers = layers
        for kind in ("parameters", "buffers"):
            setattr(self, kind, gathered(layers, kind))

    def forward(self, x: Array, training: bool = False) -> Array:
        y = x
        for layer in self.layers:
            y = layer.forward(y, training)
        if y.shape != x.shape:
            raise UserError(f"{self}: {shape(x.shape)} goes in and {shape(y.shape)} comes out; they have to be equal")
        return x + y

    def backward(self, dy: Array) -> Array:
        """dL/dx = dL/dy + dL/dy f'(x): the first term reaches every depth undiminished."""
        dx = dy
        for layer in reversed(self.layers):
            dx = layer.backward(dx)
        self.gradients = gathered(self.layers, "gradients")
        return dy + dx

    def __str__(self) -> str:
        return f"Residual({', '.join(map(str, self.layers))})"


def gathered(layers: tuple[Layer, ...], kind: str) -> dict[str, Array]:
    """`parameters`, `buffers` or `gradients` of layers in a row, named as in PyTorch's Sequential: `0.weight`."""
    return {f"{i}.{name}": array for i, layer in enumerate(layers) for name, array in getattr(layer, kind).items()}
