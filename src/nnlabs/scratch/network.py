"""A network: layers in a row, and what one wants of them."""

from itertools import pairwise
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from nnlabs.core.errors import UserError, said
from nnlabs.core.files import aside
from nnlabs.scratch.activations import Activation
from nnlabs.scratch.activations.identity import ACTIVATION as IDENTITY
from nnlabs.scratch.activations.relu import ACTIVATION as RELU
from nnlabs.scratch.arrays import Array, shape
from nnlabs.scratch.layers import Activate, Layer, Linear, gathered


class Network:
    """Layers in a row; parameters are named as in a PyTorch `Sequential` of the same layers."""

    def __init__(self, *layers: Layer) -> None:
        self.layers = layers

    @classmethod
    def of_sizes(
        cls,
        sizes: list[int],
        rng: np.random.Generator,
        activation: Activation = RELU,
        output: Activation = IDENTITY,
        initialisation: str = "he",
        dtype: str = "float64",
    ) -> "Network":
        """Fully connected layers of these sizes, an activation after each but the last, which has `output`."""
        if len(sizes) < 2 or min(sizes) < 1:
            raise UserError(f"sizes {sizes} found; at least an input and an output size, each at least 1, are needed")
        layers: list[Layer] = []
        for inputs, outputs in pairwise(sizes):
            layers += [Linear(inputs, outputs, rng, initialisation, dtype), Activate(activation)]
        layers[-1] = Activate(output)
        return cls(*(layers[:-1] if output == IDENTITY else layers))

    def forward(self, x: Array, training: bool = False) -> Array:
        for layer in self.layers:
            x = layer.forward(x, training)
        return x

    def outputs(self, x: Array) -> list[Array]:
        """The output of every layer, in order."""
        every = []
        for layer in self.layers:
            every.append(x := layer.forward(x))
        return every

    def backward(self, dy: Array) -> Array:
        """The chain rule, from the last layer to the first; returns dL/dx and leaves `gradients` behind."""
        for layer in reversed(self.layers):
            dy = layer.backward(dy)
        return dy

    @property
    def parameters(self) -> dict[str, Array]:
        return gathered(self.layers, "parameters")

    @property
    def gradients(self) -> dict[str, Array]:
        """dL/d(parameter) of the last backward pass."""
        return gathered(self.layers, "gradients")

    @property
    def state(self) -> dict[str, Array]:
        """Parameters and buffers: all that has to be saved."""
        return self.parameters | gathered(self.layers, "buffers")

    def count(self) -> int:
        """How many numbers are trained: (4 + 1) 8 + (8 + 1) 2 = 58 for sizes 4-8-2."""
        return sum(array.size for array in self.parameters.values())

    def save(self, path: Path) -> None:
        """Write the state as safetensors, which PyTorch's `Sequential` of the same layers can load."""
        with aside(path) as beside:
            save_file({name: array.copy() for name, array in self.state.items()}, beside)

    def load(self, path: Path) -> None:
        """Take over a saved state, this network's or a PyTorch model's of the same shape.

        Raises
        ------
        UserError
            Where the file is none, or is of another network.
        """
        try:
            state = load_file(path)
        except (OSError, SafetensorError, TypeError) as error:  # TypeError: bfloat16, which NumPy has not
            raise UserError(f"{path} cannot be read as safetensors ({said(error)})") from None
        self.set_state(state, str(path))

    def set_state(self, state: dict[str, Array], source: str = "state") -> None:
        """Copy values in; names and shapes have to be this network's."""
        ours = self.state
        if state.keys() != ours.keys():
            raise UserError(f"{source} holds {', '.join(sorted(state))}; this network has {', '.join(sorted(ours))}")
        for name, array in ours.items():
            if state[name].shape != array.shape:
                raise UserError(f"{source}: {name} is {shape(state[name].shape)}; {shape(array.shape)} is needed")
        for name, array in ours.items():
            array[...] = state[name]

    def __str__(self) -> str:
        return " → ".join(map(str, self.layers))
