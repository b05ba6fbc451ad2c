"""The pages' numbers are those of nnlabs.scratch."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from nnlabs.labs.backprop.compute import quantities
from nnlabs.labs.backprop.settings import Worked
from nnlabs.scratch import descent
from nnlabs.scratch.activations import activation, names
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.initialisation import RULES
from nnlabs.scratch.layers import Activate, BatchNorm, Dropout, Layer, Linear
from nnlabs.scratch.losses import binary_cross_entropy, cross_entropy, squared_error
from nnlabs.scratch.network import Network
from nnlabs.scratch.optimizers import OPTIMIZERS
from play.javascript import evaluate

EXACT = {"rtol": 1e-12, "atol": 1e-12}
STEP = {"rtol": 1e-9, "atol": 1e-9}


class Random:
    """core/random.js, number by number, with the methods that layers ask a NumPy generator for."""

    def __init__(self, seed: int) -> None:
        self.state, self.spare = seed & 0xFFFFFFFF, None

    def uniform(self) -> float:
        self.state = (self.state + 0x6D2B79F5) & 0xFFFFFFFF
        t = self.state
        t = (t ^ (t >> 15)) * (t | 1) & 0xFFFFFFFF
        t ^= (t + ((t ^ (t >> 7)) * (t | 61) & 0xFFFFFFFF)) & 0xFFFFFFFF
        return (t ^ (t >> 14)) / 4294967296

    def random(self, shape: tuple[int, ...], dtype: Any = None) -> Array:
        return np.array([self.uniform() for _ in range(int(np.prod(shape)))]).reshape(shape)


def test_the_generator_is_the_one_written_here_too() -> None:
    theirs = evaluate("const r = new core_random.Random(given); return [...Array(50)].map(() => r.uniform());", 12345)
    ours = Random(12345)
    assert theirs == [ours.uniform() for _ in range(50)]
    gaussian = evaluate("const r = new core_random.Random(3); return [...Array(4000)].map(() => r.normal());")
    assert abs(np.mean(gaussian)) < 0.05
    assert abs(np.std(gaussian) - 1) < 0.05


def test_activations_and_derivatives() -> None:
    z = np.concatenate([np.linspace(-12, 12, 97), [-1e4, -745.5, -1e-300, 1e-300, 709.9, 1e4]])
    theirs = evaluate(
        "return Object.fromEntries(Object.entries(core_activations.ACTIVATIONS).map(([name, { f, derivative }]) =>"
        "  [name, [given.map((z) => f(z)), given.map((z) => derivative(z))]]));",
        z.tolist(),
    )
    assert theirs.keys() == set(names())
    for name, (values, slopes) in theirs.items():
        ours = activation(name)
        np.testing.assert_allclose(values, ours.function(z), **EXACT, err_msg=name)
        np.testing.assert_allclose(slopes, ours.derivative(z), **EXACT, err_msg=name)


@pytest.mark.parametrize(("name", "shape"), [("leaky_relu", {"slope": 0.3}), ("elu", {"alpha": 1.7})])
def test_an_activation_takes_another_shape(name: str, shape: dict[str, float]) -> None:
    z, ours = np.linspace(-5, 5, 41), activation(name, **shape)
    body = (
        "const { f, derivative } = core_activations.ACTIVATIONS[given.name];"
        "return given.z.map((z) => [f(z, given.shape), derivative(z, given.shape)]);"
    )
    theirs = np.array(evaluate(body, {"name": name, "z": z.tolist(), "shape": next(iter(shape.values()))}))
    np.testing.assert_allclose(theirs, np.stack([ours.function(z), ours.derivative(z)], 1), **EXACT)


def test_losses_and_their_gradients() -> None:
    rng = np.random.default_rng(0)
    logits, target, labels = 30 * rng.normal(size=(20, 3)), rng.uniform(size=(20, 3)), rng.integers(3, size=20)
    body = """
      const { Matrix } = core_matrix, z = Matrix.of(given.z), t = Matrix.of(given.t);
      const { squaredError, binaryCrossEntropy, crossEntropy } = core_losses;
      return [squaredError(z, t), binaryCrossEntropy(z, t), crossEntropy(z, given.labels)]
        .map(([loss, gradient]) => [loss, gradient.nested()]);"""
    theirs = evaluate(body, {"z": logits.tolist(), "t": target.tolist(), "labels": labels.tolist()})
    ours = [squared_error(logits, target), binary_cross_entropy(logits, target), cross_entropy(logits, labels)]
    for (loss, gradient), (expected, slope) in zip(theirs, ours, strict=True):
        np.testing.assert_allclose(loss, expected, **EXACT)
        np.testing.assert_allclose(gradient, slope, **EXACT)


def test_initialisations() -> None:
    theirs = evaluate(
        "return Object.fromEntries(Object.entries(core_initialisation.RULES).map(([n, f]) => [n, f(3, 5)]));"
    )
    assert theirs == pytest.approx({name: rule(3, 5) for name, rule in RULES.items()}, rel=1e-15)


# ---------------------------------------------------------------- descents

FUNCTIONS = {
    "LECTURE": (descent.LECTURE, [1.5]),
    "quadratic(50)": (descent.quadratic(50), [-9.0, 1.5]),
    "ROSENBROCK": (descent.ROSENBROCK, [-1.2, 1.0]),
}
RATES = {"sgd": 0.001, "momentum": 0.0005, "nesterov": 0.0005, "adam": 0.02, "adamax": 0.02, "newton": 1.0}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_descents_go_the_same_way(name: str) -> None:
    function, start = FUNCTIONS[name]
    body = f"""
      const f = core_descent.{name};
      return Object.entries(given.rates).map(([name, rate]) => {{
        const made = core_descent.minimise(f, given.start, core_descent.method(name, f, rate, 0.9), 1e-14, 300);
        return [name, made];
      }});"""
    for method, theirs in evaluate(body, {"rates": RATES, "start": start}):
        made = descent.Newton(function) if method == "newton" else OPTIMIZERS[method](RATES[method])
        ours = descent.minimise(function, np.array(start), made, 1e-14, 300)
        assert theirs["ended"] == ours.ended, method
        np.testing.assert_allclose(theirs["path"], ours.path, **EXACT, err_msg=method)
        np.testing.assert_allclose(theirs["values"], ours.values, **EXACT, err_msg=method)


def test_a_descent_that_diverges_says_so_at_the_same_step() -> None:
    body = """
      const f = core_descent.LECTURE;
      return core_descent.minimise(f, [1.5], core_descent.method("sgd", f, 0.4), 0, 1000);"""
    theirs = evaluate(body)
    ours = descent.minimise(descent.LECTURE, np.array([1.5]), OPTIMIZERS["sgd"](0.4), 0, 1000)
    assert theirs["ended"] == ours.ended == "diverged"
    assert len(theirs["values"]) == len(ours.values)


def test_newton_on_a_slope_that_bends_down_goes_down() -> None:
    """|H| stands for H where an eigenvalue is negative, as in nnlabs.scratch."""
    start = [0.0, 1.0]  # H of Rosenbrock has eigenvalues of both signs there
    body = """
      const f = core_descent.ROSENBROCK;
      return core_descent.minimise(f, given, core_descent.method("newton", f), 0, 20).path;"""
    ours = descent.minimise(descent.ROSENBROCK, np.array(start), descent.Newton(descent.ROSENBROCK), 0, 20)
    np.testing.assert_allclose(evaluate(body, start), ours.path, rtol=1e-9, atol=1e-9)


# ---------------------------------------------------------------- the playground

SETTINGS: dict[str, Any] = {
    "hidden": [4, 3], "activation": "tanh", "initialisation": "xavier", "batchNorm": False, "dropout": 0,
    "optimizer": "sgd", "lr": 0.1, "l2": 0, "batch": 10, "seed": 5,
}  # fmt: skip
# Before batch normalisation a bias has no effect: its gradient is rounding alone, which methods that divide by its size
# make large. So that goes with plain descent here.
TRAININGS = {
    "plain": ("xor", {}),
    "momentum and an L2 penalty": ("spirals", {"optimizer": "momentum", "lr": 0.03, "l2": 0.01, "activation": "elu"}),
    "batch normalisation and dropout": ("circles", {"batchNorm": True, "dropout": 0.2, "activation": "relu"}),
    "four classes, Adam": ("classes", {"optimizer": "adam", "lr": 0.01, "activation": "sigmoid"}),
    "four classes, AdaMax, dropout": ("classes", {"optimizer": "adamax", "lr": 0.01, "dropout": 0.3, "l2": 0.001}),
    "no hidden layer": ("classes", {"hidden": [], "optimizer": "nesterov"}),
}  # fmt: skip
TRAINING = """
  const points = core_points.draw(given.data, 60, 0.1, 9), held = core_points.draw(given.data, 30, 0.1, 10);
  const trainer = new core_trainer.Trainer(given.settings, points, held);
  const copy = () => Object.fromEntries(Object.entries(trainer.network.parameters).map(([n, a]) => [n, [...a]]));
  const start = copy(), steps = [], step = trainer.step.bind(trainer);
  trainer.step = (rows) => {
    const loss = step(rows);
    steps.push({ rows, loss, norms: trainer.norms, after: copy() });
    return loss;
  };
  for (let epoch = 0; epoch < 12; epoch++) trainer.epoch();
  return { points, held, start, steps, history: trainer.history, code: core_export.pythonCode(trainer, held.x),
    output: trainer.network.forward(core_matrix.Matrix.of(held.x)).nested() };"""


def _training(data: str, changed: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    settings = SETTINGS | changed
    return settings, evaluate(TRAINING, {"data": data, "settings": settings})


def _network(settings: dict[str, Any], outputs: int) -> Network:
    rng, masks = np.random.default_rng(0), Random(settings["seed"] * 7919 + 3)
    layers: list[Layer] = []
    sizes = [2, *settings["hidden"], outputs]
    for i, (inputs, units) in enumerate(pairwise(sizes)):
        layers.append(Linear(inputs, units, rng))
        if i == len(sizes) - 2:
            break
        layers += [BatchNorm(units)] if settings["batchNorm"] else []
        layers.append(Activate(activation(settings["activation"])))
        layers += [Dropout(settings["dropout"], masks)] if settings["dropout"] else []  # type: ignore[arg-type]
    return Network(*layers)


@pytest.mark.parametrize("kind", TRAININGS)
def test_a_network_of_the_playground_learns_step_by_step_as_ours(kind: str) -> None:
    data, changed = TRAININGS[kind]
    settings, theirs = _training(data, changed)
    x, labels, classes = (
        np.array(theirs["points"]["x"]),
        np.array(theirs["points"]["labels"]),
        theirs["points"]["classes"],
    )
    network = _network(settings, 1 if classes == 2 else classes)
    for name, array in network.parameters.items():
        array[...] = np.reshape(theirs["start"][name], array.shape)
    optimizer = OPTIMIZERS[settings["optimizer"]](settings["lr"], weight_decay=settings["l2"])
    assert len(theirs["steps"]) == 12 * 6
    for step in theirs["steps"]:
        rows = step["rows"]
        output = network.forward(x[rows], training=True)
        if classes == 2:
            loss, dy = binary_cross_entropy(output, labels[rows, None].astype(float))
        else:
            loss, dy = cross_entropy(output, labels[rows])
        network.backward(dy)
        optimizer.step(network.parameters, network.gradients)
        np.testing.assert_allclose(step["loss"], loss, **STEP)
        norms = [np.linalg.norm(g) for n, g in network.gradients.items() if g.ndim == 2]
        np.testing.assert_allclose(step["norms"], norms, **STEP)
        for name, array in network.parameters.items():
            np.testing.assert_allclose(step["after"][name], array.ravel(), **STEP)
    np.testing.assert_allclose(theirs["output"], network.forward(np.array(theirs["held"]["x"])), **STEP)


def test_what_is_told_of_the_training_is_the_loss_without_dropout() -> None:
    _, theirs = _training("xor", {"lr": 0.5, "optimizer": "momentum"})
    assert len(theirs["history"]) == 13
    last = theirs["history"][-1]
    logits, labels = np.array(theirs["output"]), np.array(theirs["held"]["labels"])
    assert last["held"]["loss"] == pytest.approx(binary_cross_entropy(logits, labels[:, None].astype(float))[0])
    assert last["held"]["accuracy"] == pytest.approx(((logits[:, 0] > 0) == labels).mean())
    assert last["train"]["loss"] < theirs["history"][0]["train"]["loss"]


@pytest.mark.parametrize("kind", TRAININGS)
def test_the_code_it_writes_runs_and_says_the_same(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, theirs = _training(*TRAININGS[kind])
    scope: dict[str, Any] = {}
    exec(compile(theirs["code"], "network.py", "exec"), scope)
    np.testing.assert_allclose(scope["output"], theirs["output"], **EXACT)
    assert capsys.readouterr().out.startswith("[[")


# ---------------------------------------------------------------- worked networks

WORKED = {
    "two hidden": Worked(
        x=(0.1, 0.2), y=0.8, weights=(((0.1, 0.3), (0.2, 0.4)), ((0.5, 0.6),)), biases=((0.1, 0.2), (0.1,)),
        activations=("sigmoid", "sigmoid"),
    ),
    "three layers, two outputs": Worked(
        x=(1.0, -2.0, 0.5), y=0.3, activations=("relu", "tanh", "identity"),
        weights=(((0.2, 0.4, -0.1), (-0.1, 0.3, 0.2)), ((0.5, -0.3), (0.1, 0.9)), ((1.0, 0.2), (-0.4, 0.6))),
        biases=((0.1, -0.2), (0.0, 0.3), (0.1, 0.2)),
    ),
    "no target": Worked(x=(0.5,), weights=(((0.2,), (0.4,)),), biases=((0.1, 0.0),), activations=("elu",)),
}  # fmt: skip


@pytest.mark.parametrize("kind", WORKED)
def test_worked_networks(kind: str) -> None:
    worked = WORKED[kind]
    body = "return [core_worked.quantities(given, 0.25), core_worked.steps(given, 0.25)];"
    theirs, steps = evaluate(body, worked.model_dump(mode="json"))
    every = quantities(worked, 0.25)
    # what the page has as a part of another number's line
    ours = {name: array for name, array in every.items() if not name.startswith(("exp", "slope", "da"))}
    assert theirs.keys() == ours.keys()
    for name, array in ours.items():
        np.testing.assert_allclose(np.reshape(theirs[name], array.shape), array, **EXACT, err_msg=name)
    assert len(steps) == sum(array.size for array in ours.values())
    for step in steps:
        if step["kind"] == "delta":
            layer, unit, terms = step["layer"], step["row"], step["terms"]
            assert terms["derivative"] == pytest.approx(every[f"slope{layer}"][unit], rel=1e-12)
            if layer == len(worked.weights):
                assert terms["output"] - terms["y"] == pytest.approx(every[f"da{layer}"][unit], rel=1e-12)
        after = " after" if step["phase"] == "step" else ""
        array = ours["L"] if step["kind"] == "L" else ours[f"{step['kind']}{step['layer']}{after}"]
        place = [step["row"], step["column"]][: array.ndim]
        assert step["value"] == pytest.approx(array[tuple(place)], rel=1e-12)
