"""XOR: a network with a hidden layer and a line; four classes with a right and a wrong output layer."""

import numpy as np

from nnlabs.labs.xor.results import AROUND, GRID, ClassRun, CornerRun, Corners, Count, Example, Output, Pair, Results
from nnlabs.labs.xor.settings import Corners as CornerSettings
from nnlabs.labs.xor.settings import FourClasses, Settings
from nnlabs.scratch.activations.sigmoid import ACTIVATION as SIGMOID
from nnlabs.scratch.activations.softmax import softmax
from nnlabs.scratch.activations.tanh import ACTIVATION as TANH
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.full_batch import History, fit
from nnlabs.scratch.layers import Linear
from nnlabs.scratch.losses import binary_cross_entropy, cross_entropy, squared_error
from nnlabs.scratch.network import Network
from nnlabs.scratch.optimizers import SGD, Adam

LINE_STEPS, LINE_RATE = 2000, 1.0
"""Of the logistic regression: far more than it needs; its loss has one minimum."""


def compute(settings: Settings, dataset: str) -> tuple[Results, dict[str, Array]]:
    arrays: dict[str, Array] = {}
    corners = _corners(settings.corners, arrays)
    classes = _classes(settings.classes, arrays)
    sizes = ([2, settings.corners.hidden, 1], [4, 8, 2], [784, 512, 256, 128, 10])
    counts = [Count(each, Network.of_sizes(each, np.random.default_rng(0)).count()) for each in sizes]
    return Results(corners, classes, counts), arrays


def draw(points: int, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Random corners of the unit square, which they are (N x 2 of 0 and 1), and with noise."""
    corner = rng.integers(2, size=(points, 2))
    return corner, corner + rng.normal(scale=noise, size=corner.shape)


def plane() -> Array:
    """Every point of the grid, (81 · 81) x 2, x1 along the rows."""
    x1, x2 = np.meshgrid(GRID, GRID)
    return np.column_stack([x1.ravel(), x2.ravel()])


def _corners(settings: CornerSettings, arrays: dict[str, Array]) -> Corners:
    runs, pairs = [], []
    for seed in settings.seeds:
        streams = (np.random.default_rng(each) for each in np.random.SeedSequence(seed).spawn(4))
        data, held, weights, weights_of_pair = streams
        corner, x = draw(settings.points, settings.noise, data)
        corner_held, x_held = draw(settings.points, settings.noise, held)
        y, y_held = corner.sum(1) % 2, corner_held.sum(1) % 2
        network, history = _fit(settings, settings.hidden, x, y, weights)
        pair, _ = _fit(settings, 2, x, y, weights_of_pair)
        pairs.append(_pair(seed, pair, _right(pair.forward(x_held)[:, 0] > 0, y_held)))
        line = _line(x, y, weights)
        runs.append(
            CornerRun(
                seed=seed,
                network=_right(network.forward(x_held)[:, 0] > 0, y_held),
                line=_right(line.forward(x_held)[:, 0] > 0, y_held),
                first_loss=history.losses[0],
                last_loss=history.losses[settings.iterations],
            )
        )
        if seed == settings.seeds[0]:
            arrays |= {
                "corners.x": x,
                "corners.y": y,
                "corners.network": network.forward(plane()).reshape(len(GRID), -1).astype(np.float32),
                "corners.iterations": np.array(list(history.losses)),
                "corners.losses": np.array(list(history.losses.values())),
            }
    return Corners(settings.hidden, network.count(), runs, pairs)


def _fit(
    settings: CornerSettings, hidden: int, x: Array, y: Array, rng: np.random.Generator
) -> tuple[Network, History]:
    """A network 2 - hidden - 1 after full-batch gradient descent; its output is the logit."""
    network = Network.of_sizes([2, hidden, 1], rng, SIGMOID)
    for array in network.parameters.values():
        array[...] = rng.normal(size=array.shape)
    history = fit(
        x,
        y.astype(float),
        network.parameters,
        "sigmoid",
        "summed_binary_cross_entropy",
        settings.lr,
        settings.iterations,
        dtype="float64",
        every=max(1, settings.iterations // 500),
    )
    network.set_state(history.snapshots[settings.iterations])
    return network, history


def _pair(seed: int, network: Network, accuracy: float) -> Pair:
    weight1, bias1, weight2, bias2 = (network.parameters[name] for name in ("0.weight", "0.bias", "2.weight", "2.bias"))
    lines = np.column_stack([weight1, bias1]).tolist()
    return Pair(seed, accuracy, lines, [*weight2[0].tolist(), float(bias2[0])])


def _line(x: Array, y: Array, rng: np.random.Generator) -> Network:
    """Logistic regression: the network without its hidden layer."""
    network, optimizer = Network(Linear(2, 1, rng)), SGD(LINE_RATE)
    for _ in range(LINE_STEPS):
        _, dz = binary_cross_entropy(network.forward(x), y[:, None].astype(float))
        network.backward(dz)
        optimizer.step(network.parameters, network.gradients)
    return network


def _classes(settings: FourClasses, arrays: dict[str, Array]) -> list[ClassRun]:
    """2 - hidden - 1 regressed on the class index, and 2 - hidden - 4 with softmax, on the same batches."""
    runs = []
    for seed in settings.seeds:
        data, held, *streams = (np.random.default_rng(each) for each in np.random.SeedSequence(seed).spawn(4))
        corner, x = draw(settings.points, settings.noise, data)
        corner_held, x_held = draw(settings.points, settings.noise, held)
        y, y_held = (AROUND[each[:, 0], each[:, 1]] for each in (corner, corner_held))
        first = seed == settings.seeds[0]
        found = {}
        for kind, outputs, stream in zip(("regressed", "softmax"), (1, 4), streams, strict=True):
            network = Network.of_sizes([2, settings.hidden, outputs], stream, TANH, initialisation="xavier")
            losses = _train(network, x, y, settings, getattr(settings.rates, kind), stream)
            predicted = decide(network.forward(x_held))
            found[kind] = Output(
                accuracy=_right(predicted, y_held),
                per_class=[_right(predicted[y_held == k], y_held[y_held == k]) for k in range(4)],
                parameters=network.count(),
                examples=_examples(network, kind) if first else [],
            )
            if first:
                arrays |= {
                    f"classes.{kind}.losses": np.array(losses),
                    f"classes.{kind}.plane": decide(network.forward(plane())).reshape(len(GRID), -1).astype(np.uint8),
                    "classes.x": x_held,
                    "classes.y": y_held,
                }
        runs.append(ClassRun(seed, **found))
    return runs


def _train(
    network: Network, x: Array, y: Array, settings: FourClasses, lr: float, rng: np.random.Generator
) -> list[float]:
    """Mini-batches of a new order each epoch, Adam; the mean loss of every epoch."""
    optimizer = Adam(lr)
    means = []
    for _ in range(settings.epochs):
        order = rng.permutation(len(x))
        losses = []
        for batch in np.split(order, range(settings.batch_size, len(order), settings.batch_size)):
            output = network.forward(x[batch], training=True)
            if output.shape[1] == 1:
                loss, dy = squared_error(output, y[batch, None].astype(float))
            else:
                loss, dy = cross_entropy(output, y[batch])
            network.backward(dy)
            optimizer.step(network.parameters, network.gradients)
            losses.append(loss)
        means.append(float(np.mean(losses)))
    return means


def decide(output: Array) -> Array:
    """The class: the nearest index where one number is regressed on it, else the largest logit."""
    if output.shape[1] == 1:
        return np.clip(np.rint(output[:, 0]), 0, 3).astype(int)
    return output.argmax(1)


def _examples(network: Network, kind: str) -> list[Example]:
    """What the network says at the four corners, and half-way between the first class and the last."""
    asked = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.5, 0.0]])
    output = network.forward(asked)
    said = output if kind == "regressed" else softmax(output)
    return [
        Example((float(point[0]), float(point[1])), row.tolist(), int(k))
        for point, row, k in zip(asked, said, decide(output), strict=True)
    ]


def _right(predicted: Array, wanted: Array) -> float:
    return float((predicted == wanted).mean())
