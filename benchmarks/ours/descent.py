"""Full-batch descent as the labs' source does it, by autograd, and as ours does.

`byhand_descent.py <who> <problem> [--dtype d] [--merge]`: a turn is `--steps` steps from the same start.
`calls` is ours on one point with one hidden unit: what the calls cost when there is nothing to compute.
"""

import argparse
import os
from typing import TYPE_CHECKING, Any

from harness.protocol import THREADS, Turns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

SETTINGS: dict[str, dict[str, Any]] = {
    "regression": {"activation": "relu", "loss": "squared_error", "lr": 0.005},
    "xor": {"activation": "sigmoid", "loss": "summed_binary_cross_entropy", "lr": 0.001},
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("who", choices=["autograd", "ours", "calls"])
    parser.add_argument("problem", choices=list(SETTINGS))
    parser.add_argument("--hidden", type=int, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--merge", action="store_true")
    given = parser.parse_args()
    os.environ |= dict.fromkeys(THREADS, "1")  # before NumPy and torch are loaded
    import numpy as np

    from nnlabs.scratch.full_batch import fit

    rng = np.random.default_rng(0)
    x, t = points(given.problem, rng)
    hidden = given.hidden
    if given.who == "calls":
        x, t, hidden = x[:1], t[:1], 1
    shapes = {"0.weight": (hidden, x.shape[1]), "0.bias": (hidden,), "2.weight": (1, hidden), "2.bias": (1,)}
    start = {name: rng.standard_normal(sizes) for name, sizes in shapes.items()}
    settings, turns = SETTINGS[given.problem], Turns()
    while True:
        if given.who == "autograd":
            loss = autograd(given.problem, x, t, start, settings["lr"], given.steps, given.dtype)
        else:
            options = settings | {"iterations": given.steps, "dtype": given.dtype, "merge": given.merge}
            loss = fit(x, t, start, **options).losses[given.steps]
        turns.end(loss=loss)


def points(problem: str, rng: Any) -> "tuple[Array, Array]":
    """The sigmoid's 500 noisy points (100 distinct x), or 1,000 noisy corners of the unit square."""
    import numpy as np

    if problem == "regression":
        x = (np.arange(100) / 100 - 0.5).repeat(5)
        return x[:, None], 1 / (1 + np.exp(-10 * x)) + rng.normal(0, 0.05, len(x))
    corners = rng.integers(2, size=(1000, 2))
    return corners + rng.normal(0, 0.1, corners.shape), (corners.sum(axis=1) % 2).astype(np.float64)


def autograd(
    problem: str, x: "Array", t: "Array", start: "dict[str, Array]", lr: float, steps: int, dtype: str
) -> float:
    """The loop of the source: tensors that ask for gradients, backward, an update without gradients; the last loss."""
    import torch

    kind = getattr(torch, dtype)
    points, target = torch.tensor(x, dtype=kind), torch.tensor(t, dtype=kind)[:, None]
    weights_1 = torch.tensor(start["0.weight"].T.copy(), dtype=kind, requires_grad=True)
    bias_1 = torch.tensor(start["0.bias"], dtype=kind, requires_grad=True)
    weights_2 = torch.tensor(start["2.weight"].T.copy(), dtype=kind, requires_grad=True)
    bias_2 = torch.tensor(start["2.bias"], dtype=kind, requires_grad=True)

    def sigmoid(z: torch.Tensor) -> torch.Tensor:
        return 1 / (1 + torch.exp(-z))

    def regression() -> torch.Tensor:
        hidden = torch.relu(points * weights_1 + bias_1)
        output = (weights_2.t() * hidden).sum(axis=-1, keepdims=True) + bias_2
        return ((target - output) ** 2).sum(axis=-1).mean()

    def xor() -> torch.Tensor:
        hidden = sigmoid(torch.mm(points, weights_1) + bias_1)
        output = sigmoid((weights_2.t() * hidden).sum(axis=-1, keepdims=True) + bias_2)
        return -(target * torch.log(output) + (1 - target) * torch.log(1 - output)).sum()

    evaluate = {"regression": regression, "xor": xor}[problem]
    for _ in range(steps):
        evaluate().backward()
        with torch.no_grad():
            for parameter in (weights_1, bias_1, weights_2, bias_2):
                parameter -= lr * parameter.grad
                parameter.grad.zero_()
    return float(evaluate())


if __name__ == "__main__":
    main()
