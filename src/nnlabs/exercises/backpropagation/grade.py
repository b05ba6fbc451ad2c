"""Backpropagation of a network with one hidden layer."""

from pathlib import Path
from typing import Any

import numpy as np

from nnlabs.exercises.backpropagation import solution
from nnlabs.exercises.checks import NUMERICAL, expect, expect_shape, numerical_gradient, part, rng
from nnlabs.scratch.activations.sigmoid import sigmoid
from nnlabs.scratch.arrays import Array

ASKED = {"nnlabs.exercises.backpropagation.solution": ("forward", "loss_and_gradients")}
SMALL = {
    "weight1": np.array([[0.1, 0.3], [0.2, 0.4]]),
    "bias1": np.array([0.1, 0.2]),
    "weight2": np.array([[0.5, 0.6]]),
    "bias2": np.array([0.1]),
}
"""The worked network of the lab on backpropagation."""
X, TARGET = np.array([[0.1, 0.2]]), np.array([[0.8]])


def _network(inputs: int, hidden: int, outputs: int) -> dict[str, Array]:
    sizes = {"weight1": (hidden, inputs), "bias1": (hidden,), "weight2": (outputs, hidden), "bias2": (outputs,)}
    return {name: rng(i).standard_normal(size) for i, (name, size) in enumerate(sizes.items())}


PARAMETERS, POINTS, TARGETS = _network(3, 4, 2), rng(5).standard_normal((5, 3)), rng(6).random((5, 2))


def _beside_differences(student: Any, name: str) -> None:
    """One of the gradients, beside central differences of the true loss."""
    _, found = student.loss_and_gradients(PARAMETERS, POINTS, TARGETS)
    wanted = numerical_gradient(
        lambda each: solution.loss_and_gradients(PARAMETERS | {name: each}, POINTS, TARGETS)[0], PARAMETERS[name]
    )
    expect(f'gradients["{name}"]', found[name], wanted, NUMERICAL)


@part(1, "shapes")
def shapes(student: Any) -> None:
    hidden, logits = student.forward(PARAMETERS, POINTS)
    expect_shape("h", hidden, 5, 4)
    expect_shape("z", logits, 5, 2)


@part(2, "forward, the lab's worked network")
def forward(student: Any) -> None:
    hidden, logits = student.forward(SMALL, X)
    wanted = sigmoid(np.array([0.1 * 0.1 + 0.3 * 0.2 + 0.1, 0.2 * 0.1 + 0.4 * 0.2 + 0.2]))
    expect("h", hidden, [wanted])
    expect("z", logits, [[0.5 * wanted[0] + 0.6 * wanted[1] + 0.1]])


@part(1, "the loss")
def loss(student: Any) -> None:
    found, _ = student.loss_and_gradients(SMALL, X, TARGET)
    probability = float(sigmoid(solution.forward(SMALL, X)[1])[0, 0])
    expect("L of one example", found, -0.8 * np.log(probability) - 0.2 * np.log(1 - probability))
    found, _ = student.loss_and_gradients(PARAMETERS, POINTS, TARGETS)
    expect("L of five examples", found, solution.loss_and_gradients(PARAMETERS, POINTS, TARGETS)[0])


@part(1, "the second layer's weights")
def weight2(student: Any) -> None:
    _beside_differences(student, "weight2")


@part(1, "the second layer's biases")
def bias2(student: Any) -> None:
    _beside_differences(student, "bias2")


@part(2, "the first layer's weights")
def weight1(student: Any) -> None:
    _beside_differences(student, "weight1")


@part(1, "the first layer's biases")
def bias1(student: Any) -> None:
    _beside_differences(student, "bias1")


@part(1, "all four beside autograd, for a larger network")
def agrees(student: Any) -> None:
    import torch

    parameters, x, target = (
        _network(10, 20, 3),
        rng(7).standard_normal((50, 10)),
        rng(8).integers(2, size=(50, 3)) * 1.0,
    )
    tensors = {name: torch.tensor(each, requires_grad=True) for name, each in parameters.items()}
    hidden = torch.sigmoid(torch.tensor(x) @ tensors["weight1"].T + tensors["bias1"])
    logits = hidden @ tensors["weight2"].T + tensors["bias2"]
    each = torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.tensor(target), reduction="none")
    each.sum(1).mean().backward()
    _, found = student.loss_and_gradients(parameters, x, target)
    for name, tensor in tensors.items():
        assert tensor.grad is not None
        expect(f'gradients["{name}"] of a network 10-20-3', found[name], tensor.grad.numpy())


def figure(student: Any, folder: Path) -> list[Path]:
    """The boundary that a network finds for XOR, as on the lab's page, by the student's gradients."""
    from nnlabs.labs.xor import compute
    from nnlabs.labs.xor import figures as drawn
    from nnlabs.labs.xor.results import GRID, Corners
    from nnlabs.reporting import figures
    from nnlabs.scratch.optimizers import Adam

    hidden, steps = 16, 400
    corner, x = compute.draw(200, 0.1, rng(0))
    y = corner.sum(1) % 2
    parameters, optimizer, losses = _network(2, hidden, 1), Adam(0.05), []
    for _ in range(steps):
        loss, gradients = student.loss_and_gradients(parameters, x, y[:, None] * 1.0)
        optimizer.step(parameters, gradients)
        losses.append(loss)
    _, logits = student.forward(parameters, compute.plane())
    arrays = {
        "corners.x": x,
        "corners.y": y,
        "corners.network": logits.reshape(len(GRID), -1),
        "corners.iterations": np.arange(steps),
        "corners.losses": np.array(losses),
    }
    count = sum(each.size for each in parameters.values())
    figures.save(drawn.network(Corners(hidden, count, [], []), arrays), folder / "boundary.svg", __name__)
    return [folder / "boundary.svg"]
