"""What the studies compute: on shrunk settings and made images, twice the same, finite, and right where it is known."""

import copy
import json
import math
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.numpy import load_file

from nnlabs import config as params
from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.core.fields import Frozen
from nnlabs.scratch.arrays import Array
from nnlabs.labs import agreement, record
from nnlabs.labs.backprop import compute as backprop
from nnlabs.labs.byhand import compute as byhand
from nnlabs.labs.gradients import compute as gradients
from nnlabs.labs.regression import compute as regression
from nnlabs.labs.xor import compute as xor
from nnlabs.labs.activations.compute import PRINTED, agrees

RAW: dict[str, Any] = yaml.safe_load(Path("params.yaml").read_text())

SHRUNK: dict[str, dict[str, Any]] = {
    "descent": {"iterations": 60, "tolerance": 1e-9, "agreement_steps": 5},
    "activations": {},
    "backprop": {},
    "regression": {
        f"{curve}.{key}": value
        for curve in ("sigmoid", "cosine")
        for key, value in {"iterations": 20, "points": 12, "hidden": [4], "snapshots": [5, 20], "seeds": [0, 1]}.items()
    },
    "xor": {
        "corners.iterations": 20,
        "corners.points": 20,
        "corners.hidden": 3,
        "corners.seeds": [0, 1],
        "classes.epochs": 2,
        "classes.points": 20,
        "classes.seeds": [0, 1],
    },
    "gradients": {"dataset": "made", "depths": [1, 3], "width": 6, "batch_size": 8, "steps": 2, "seeds": [0, 1]},
    "byhand": {
        "dataset": "made",
        "images": 20,
        "channels": [2, 3],
        "batch_size": 8,
        "epochs": 2,
        "compared_steps": 3,
        "seeds": [0, 1],
    },
    "sobel": {"dataset": "made", "images": 12, "shown": 2, "steps": 4, "batch_size": 3},
}
"""Two of everything that a study loops over; all else as in params.yaml."""

KEYS = {
    "descent": {
        "minimum",
        "start",
        "walks",
        "regimes",
        "derivatives",
        "planes",
        "optimizers",
        "agreement_steps",
        "curvature",
    },
    "activations": {
        "points",
        "table",
        "misprints",
        "slope",
        "alphas",
        "elu_points",
        "elu",
        "neuron",
        "errors",
        "extremes",
    },
    "backprop": {"lr", "examples", "slips"},
    "regression": {"curves"},
    "xor": {"corners", "classes", "counts"},
    "gradients": {"settings", "data", "pairs", "level"},
    "byhand": {"settings", "runs", "sizes", "layers", "losses", "layouts"},
    "sobel": {"settings", "kernels", "learned", "labels", "errors"},
}


def settings(name: str, **changes: Any) -> Any:
    """A study's settings of params.yaml, shrunk, with changes by dotted keys."""
    section = "exercises" if name in RAW["exercises"] else "studies"
    raw = copy.deepcopy(RAW[section][name])
    for key, value in (SHRUNK[name] | changes).items():
        *parents, last = key.split(".")
        place = raw
        for parent in parents:
            place = place[parent]
        place[last] = value
    kind: type[Frozen] = type(params.load().studied()[name])
    return kind.model_validate(raw)


def study(name: str, **changes: Any) -> tuple[dict[str, Any], dict[str, Array]]:
    results, arrays = import_module(f"nnlabs.labs.{name}.compute").study(settings(name, **changes))
    return results, arrays


def write_images(name: str, shape: tuple[int, int, int], classes: int = 3) -> None:
    """A prepared dataset of noise with a bright row that is the class."""
    rng = np.random.default_rng(0)
    folder = paths.dataset(name)
    folder.mkdir(parents=True)
    for part, n in (("train", 30), ("val", 9), ("test", 9)):
        labels = np.arange(n) % classes
        images = rng.integers(0, 100, (n, *shape))
        for image, label in zip(images, labels, strict=True):
            image[:, 4 * label : 4 * label + 4] += 150
        np.save(folder / f"{part}_images.npy", images.astype(np.uint8))
        np.save(folder / f"{part}_labels.npy", labels.astype(np.int64))
    meta = {
        "classes": ["top", "middle", "bottom"][:classes],
        "shape": shape,
        "mean": [0.3] * shape[0],
        "deviation": [0.2] * shape[0],
    }
    (folder / "meta.json").write_text(json.dumps(meta))


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Data, models and reports of this test alone; PyTorch's generator as it was."""
    for name in ("DATA", "MODELS", "REPORTS"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    write_images("made", (1, 16, 16))
    write_images("colour", (3, 12, 12))
    state = torch.get_rng_state()
    yield
    torch.set_rng_state(state)


# ---------------------------------------------------------------- every study


@pytest.mark.parametrize("name", SHRUNK)
def test_a_study_is_json_finite_and_the_same_twice(name: str) -> None:
    results, arrays = study(name)
    assert results.keys() == KEYS[name] | {"headline"}
    text = json.dumps(results, allow_nan=False)
    for key, number in results["headline"].items():
        assert isinstance(number, int | float), key
        assert math.isfinite(number), key
    torch.manual_seed(12345)  # nothing may come from a generator that others use
    np.random.seed(12345)
    again, arrays_again = study(name)
    assert json.dumps(again) == text
    assert arrays.keys() == arrays_again.keys()
    for key, array in arrays.items():
        assert np.array_equal(array, arrays_again[key], equal_nan=True), key


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("gradients", r"gradients: \d% of ", r"gradients: 100% of "),
        ("byhand", "byhand NumPy seed 0 epoch 2/2: loss ", "byhand PyTorch seed 1 epoch 2/2: loss "),
    ],
)
def test_long_work_is_told_line_by_line_to_a_scheduler_and_to_no_one_else(
    name: str, first: str, last: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("nnlabs.data.progress.EVERY", 0.0)
    study(name)
    assert capfd.readouterr() == ("", "")
    monkeypatch.setenv("NNLABS_PROGRESS", "lines")
    study(name)
    lines = capfd.readouterr().out.splitlines()
    assert re.match(first, lines[0])
    assert re.match(last, lines[-1])


def test_every_study_of_params_is_tested() -> None:
    modules = {path.stem for path in Path("src/nnlabs/studies").glob("*.py")}
    assert set(SHRUNK) == (RAW["exercises"].keys() | RAW["studies"].keys()) & modules - {"words"}


@pytest.mark.parametrize("name", ["gradients", "byhand", "sobel"])
def test_a_study_without_its_data_names_the_stage_that_makes_it(name: str) -> None:
    with pytest.raises(UserError, match="dvc repro data@gone"):
        study(name, dataset="gone")


# ---------------------------------------------------------------- agreement


def test_optimizers_agree_with_torch() -> None:
    rows = agreement.optimizer_errors(200)
    assert {row["name"] for row in rows} == {"sgd", "momentum", "nesterov", "adam", "adamax", "adamw"}
    assert max(row["error"] for row in rows) < 1e-12


def test_layers_and_losses_agree_with_autograd_and_differences() -> None:
    layers, losses = agreement.layer_errors(), agreement.loss_errors()
    assert {row["name"].partition("(")[0] for row in layers} == {
        "Linear",
        "Conv2d",
        "MaxPool2d",
        "AvgPool2d",
        "BatchNorm",
        "Flatten",
        "Softmax",
        "relu",
    }
    assert [row["name"] for row in losses] == ["squared_error", "binary_cross_entropy", "cross_entropy"]
    for row in (*layers, *losses):
        assert max(row["forward"], row["autograd"]) < 1e-12, row
        assert row["differences"] < 1e-6, row


def test_activations_agree_with_autograd() -> None:
    rows = agreement.activation_errors(6)
    assert [row["name"] for row in rows] == [*agreement.TORCH_ACTIVATIONS, "softmax", "log_softmax"]
    assert max(max(row["value"], row["derivative"]) for row in rows) < 1e-14


def test_a_wrong_gradient_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = agreement.layers.Linear.backward
    monkeypatch.setattr(agreement.layers.Linear, "backward", lambda self, dy: right(self, dy) * 1.001)
    linear = agreement.layer_errors()[0]
    assert linear["autograd"] == pytest.approx(0.001, rel=1e-6)
    assert linear["differences"] == pytest.approx(0.001, rel=1e-3)


def test_relative_differences_by_hand() -> None:
    assert agreement.relative(np.array([1.0, 2.5]), np.array([1.0, 2.0])) == 0.25
    assert agreement.relative(np.zeros(2), np.zeros(2)) == 0


def test_numerical_gradients_by_hand() -> None:
    # L = x² y: 2 x y = 12, x² = 4; x stays as it was
    x = np.array([[2.0, 3.0]])
    slope = agreement.numerical_gradient(lambda p: float(p[0, 0] ** 2 * p[0, 1]), x)
    np.testing.assert_allclose(slope, [[12, 4]], rtol=1e-8)
    assert x.tolist() == [[2, 3]]


# ---------------------------------------------------------------- descent


def test_descent_finds_the_minimum_and_says_what_diverges() -> None:
    results, arrays = study("descent", iterations=3000, tolerance=1e-14)
    assert results["minimum"] == {"x": pytest.approx(0, abs=1e-15), "value": pytest.approx(-4, abs=1e-15)}
    assert [line["name"] for line in results["walks"]] == [*RAW["exercises"]["descent"]["rates"], "newton"]
    for line in results["walks"]:
        assert line["ended"] == "converged", line
        assert (line["error_x"], line["error_value"]) == pytest.approx((0, 0), abs=1e-6)
        assert len(arrays[f"walk.{line['name']}.value"]) == line["steps"] + 1
    ended = {line["name"]: line["ended"] for line in results["regimes"]}
    assert ended == {"too small": "converged", "good": "converged", "too large": "converged", "diverging": "diverged"}
    assert min(results["walks"], key=lambda line: line["steps"])["name"] == "newton"
    assert results["curvature"] == 7
    # h² / 6 · |L'''| with h = 6e-6 · 3 and |L'''| = e^3, and as much again of rounding
    assert 0 < results["derivatives"]["central_difference"] < 1e-8
    assert results["derivatives"]["autograd"] < 1e-14
    newton = results["planes"]["quadratic"]["walks"][-1]
    assert (newton["name"], newton["steps"]) == ("newton", 2)


# ---------------------------------------------------------------- activations


@pytest.mark.parametrize(
    ("value", "printed", "right"),
    [
        (0.67169, "0.672", True),
        (0.6710001, "0.672", True),  # within one unit of the last digit
        (0.6709, "0.672", False),
        (0.3, "0.3", True),
        (-0.0035, "-0.00341", False),
        (1.4, "1", True),
        (2.1, "1", False),
    ],
)
def test_agreement_with_what_is_printed_by_hand(value: float, printed: str, right: bool) -> None:
    assert agrees(value, printed) is right


def test_the_lectures_values_stand_beside_ours_only_at_its_points() -> None:
    results, _ = study("activations")
    told = {(row["name"], row["what"]): row["printed"] for row in results["table"]}
    assert told["sigmoid", "derivative"] == list(PRINTED["sigmoid"][1])
    assert told["elu", "value"] is None
    assert results["neuron"]["printed"] is not None
    other, _ = study("activations", points=[-5, -2, 0, 2, 6], bias=0.2)
    assert {*(str(row["printed"]) for row in other["table"])} == {"None"}
    assert other["misprints"] == []
    assert other["neuron"]["printed"] is None


def test_a_misprint_would_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert study("activations")[0]["misprints"] == []
    values, derivatives = PRINTED["tanh"]
    monkeypatch.setitem(PRINTED, "tanh", ((*values[:3], "0.96402755", values[4]), derivatives))
    assert study("activations")[0]["misprints"] == ["tanh value at 2"]


def test_activations_beside_each_other() -> None:
    results, arrays = study("activations", alphas=[0.5, 2])
    assert results["elu"]["elu"] == pytest.approx([math.exp(-2) - 1, math.exp(-1) - 1, 0, 1, 2])
    assert results["elu"]["leaky_relu"] == pytest.approx([-0.02, -0.01, 0, 1, 2])
    np.testing.assert_allclose(arrays["elu.2"], 4 * arrays["elu.0.5"] - 3 * np.maximum(arrays["z"], 0), atol=1e-15)
    assert results["extremes"]["sigmoid"] == [0, 1, 0, 0]
    assert results["headline"]["largest_derivative_of_sigmoid"] == 0.25
    outputs = results["neuron"]["outputs"]
    assert (outputs["z"], outputs["sigmoid"]) == pytest.approx((1.4, 1 / (1 + math.exp(-1.4))))


# ---------------------------------------------------------------- backprop


def _rows(results: dict[str, Any], example: str) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in results["examples"][example]["rows"]}


def test_the_lectures_slip_and_what_inherits_it() -> None:
    results, _ = study("backprop")
    verdicts = {
        (example, name): row["verdict"]
        for example in results["examples"]
        for name, row in _rows(results, example).items()
    }
    found = {kind: [key for key, verdict in verdicts.items() if verdict == kind] for kind in ("slip", "inherited")}
    assert found["slip"] == [("backward", "delta1[0]")]
    assert found["inherited"] == [("backward", "dW1[0, 0]"), ("backward", "dW1[0, 1]")]
    assert verdicts["backward", "delta1[1]"] == "rounded"
    assert results["headline"] == {
        "largest_error_to_autograd": pytest.approx(0, abs=1e-15),
        "slips": 1,
        "inherited": 2,
    }
    assert results["slips"] == ["delta1[0]"]


def test_the_worked_numbers() -> None:
    results, _ = study("backprop")
    forward, backward, exercise = (_rows(results, name) for name in ("forward", "backward", "exercise"))
    # 0.5 · 0.08 + 0.7 · 0.36 + 0.1
    assert forward["z2"]["value"] == pytest.approx(0.392)
    assert "L" not in forward
    # -0.0282 · 0.5 · 0.542 (1 - 0.542): the lecture's own digits give -0.00350 where it prints -0.00341
    assert backward["delta1[0]"]["step"] == pytest.approx(-0.0282 * 0.5 * 0.542 * 0.458, rel=1e-12)
    assert backward["delta1[0]"]["value"] == pytest.approx(-0.00351, abs=5e-6)
    assert backward["dW1[0, 1]"]["value"] == pytest.approx(-0.000702, abs=5e-7)
    assert backward["W2 after[0, 1]"]["value"] == pytest.approx(0.60162, abs=1e-5)
    # the exercise: z1 = (0.1 · 0.2 - 0.2 · 0.1 - 0.1 · 0.5 + 0.1, 0.06 + 0.02 + 0.2 - 0.1) = (0.05, 0.18)
    # z2 = 0.5 · 0.05 - 0.3 · 0.18 + 0.2 = 0.171; s = 0.542646; delta2 = (s - 0.8) s (1 - s) = -0.063870
    assert [exercise[name]["value"] for name in ("z1[0]", "z1[1]", "z2", "a2")] == pytest.approx(
        [0.05, 0.18, 0.171, 0.542646], abs=5e-7
    )
    assert exercise["db2"]["value"] == pytest.approx(-0.063870, abs=5e-7)
    assert exercise["dW2[0, 1]"]["value"] == pytest.approx(-0.063870 * 0.18, abs=5e-7)
    assert [results["examples"][name]["parameters"] for name in ("forward", "backward", "exercise")] == [13, 9, 11]


@pytest.mark.parametrize(
    ("example", "name", "printed"),
    [
        ("forward", "z1[1]", "-0.36"),
        ("forward", "a2", "0.599"),
        ("backward", "z2", "0.718"),
        ("backward", "L", "0.0084"),
        ("backward", "delta2", "-0.0292"),
        ("backward", "dW2[0, 0]", "-0.0155"),
        ("backward", "W2 after[0, 1]", "0.60165"),
    ],
)
def test_an_altered_printed_value_is_a_slip(example: str, name: str, printed: str) -> None:
    exercises = copy.deepcopy(RAW["exercises"]["backprop"]["examples"])
    exercises[example]["printed"][name] = printed
    results, _ = study("backprop", examples=exercises)
    assert _rows(results, example)[name]["verdict"] == "slip"
    assert name in results["slips"]


def test_a_mended_slip_is_none() -> None:
    exercises = copy.deepcopy(RAW["exercises"]["backprop"]["examples"])
    exercises["backward"]["printed"] |= {
        "delta1[0]": "-0.00350",
        "dW1[0, 0]": "-0.000350",
        "dW1[0, 1]": "-0.000700",
    }
    results, _ = study("backprop", examples=exercises)
    assert (results["slips"], results["headline"]["inherited"]) == ([], 0)


def test_a_printed_value_of_nothing_is_told() -> None:
    exercises = copy.deepcopy(RAW["exercises"]["backprop"]["examples"])
    exercises["forward"]["printed"] = {"z3": "1"}
    with pytest.raises(UserError, match=r"2-3-1.*: printed\.z3 is no quantity; allowed: z1\[0\], .*a2"):
        study("backprop", examples=exercises)


@pytest.mark.parametrize("activation", ["identity", "tanh", "leaky_relu", "elu"])
def test_any_activation_and_depth_agree_with_autograd(activation: str) -> None:
    worked = {
        "title": "2-2-3-2",
        "x": [0.5, -1.5],
        "y": 0.3,
        "weights": [[[0.4, -0.6], [1.1, 0.2]], [[0.5, -0.9], [0.3, 0.8], [-0.7, 0.1]], [[1, 2, 3], [-1, 0.5, 0.2]]],
        "biases": [[0.1, -0.2], [0, 0.3, -0.4], [0.2, 0.1]],
        "activations": [activation, "sigmoid", activation],
    }
    results, _ = study("backprop", examples={"deep": worked})
    assert results["headline"]["largest_error_to_autograd"] < 1e-14
    one, two = (backprop.quantities(settings("backprop", examples={"d": worked}).examples["d"], lr) for lr in (0, 1))
    np.testing.assert_allclose(one["W1 after"] - two["W1 after"], one["dW1"], rtol=1e-12)
    np.testing.assert_allclose(one["b3 after"] - two["b3 after"], one["db3"], rtol=1e-12)


# ---------------------------------------------------------------- regression and xor


def test_points_and_errors_by_hand() -> None:
    curve = settings("regression", **{"sigmoid.points": 4, "sigmoid.limit": 0.5}).sigmoid
    assert regression.points(curve).tolist() == [-0.5, -0.25, 0, 0.25]
    assert regression.rms(np.array([3.0, -4.0])) == pytest.approx(math.sqrt(12.5))
    # the source's: arange(100) / 100 - 0.5
    source = params.load().exercises.regression
    assert source is not None
    np.testing.assert_allclose(regression.points(source.sigmoid), np.arange(100) / 100 - 0.5, atol=1e-16)


def test_both_curves_are_learnt_better_with_more_steps() -> None:
    results, arrays = study(
        "regression",
        **{
            "sigmoid.iterations": 2000,
            "sigmoid.snapshots": [1, 2000],
            "sigmoid.hidden": [16],
            "cosine.iterations": 200,
            "cosine.snapshots": [1, 200],
            "cosine.hidden": [8, 8],
        },
    )
    for name, curve in results["curves"].items():
        for first, last in curve["errors"]:
            assert last < first / 2, name
        assert curve["mean_error"] == pytest.approx(np.mean([last for _, last in curve["errors"]]))
        assert curve["worst_error"] == max(last for _, last in curve["errors"])
        truth, curves = arrays[f"{name}.truth"], arrays[f"{name}.curves"]
        assert curves.shape == (2, 12)
        assert regression.rms(curves[1] - truth) == pytest.approx(curve["errors"][0][1])
    assert results["curves"]["sigmoid"]["parameters"] == 49  # 2 · 16 + 17
    assert results["curves"]["cosine"]["parameters"] == 16 + 72 + 9
    assert arrays["sigmoid.seen"].size == 5 * 12
    x = arrays["sigmoid.x"]
    np.testing.assert_allclose(arrays["sigmoid.truth"], 1 / (1 + np.exp(-10 * x)), rtol=1e-14)


def test_xor_by_hand() -> None:
    corner, x = xor.draw(500, 0.1, np.random.default_rng(0))
    assert {tuple(each) for each in corner.tolist()} == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert (x - corner).std() == pytest.approx(0.1, rel=0.1)
    # (0, 0), (0, 1), (1, 1), (1, 0) are 0, 1, 2, 3: around the square
    assert [xor.AROUND[a, b] for a, b in ((0, 0), (0, 1), (1, 1), (1, 0))] == [0, 1, 2, 3]
    # one output: the nearest class; several: the largest
    assert xor.decide(np.array([[-3.0], [0.4], [1.6], [9.0]])).tolist() == [0, 0, 2, 3]
    assert xor.decide(np.array([[0.1, 0.2, -1, 0], [5, 4, 3, 2]])).tolist() == [1, 0]
    assert xor.plane().shape == (81 * 81, 2)
    assert xor.plane()[1].tolist() == pytest.approx([-0.475, -0.5])


def test_a_hidden_layer_does_what_a_line_cannot() -> None:
    changes = {"corners.iterations": 400, "corners.points": 200, "corners.hidden": 16, "corners.lr": 0.005}
    results, arrays = study("xor", **changes)
    for run in results["corners"]["runs"]:
        assert run["network"] == 1
        assert run["line"] < 0.8  # three of four corners at best
        assert run["last_loss"] < run["first_loss"]
    assert results["headline"]["network_accuracy"] == 1
    assert [each["parameters"] for each in results["counts"]] == [65, 58, 567_434]  # 3 · 16 + 17
    first = results["classes"]["runs"][0]
    assert (first["regressed_parameters"], first["softmax_parameters"]) == (17, 32)  # 12 + 5, 12 + 20
    for example in first["softmax_examples"]:
        assert sum(example["output"]) == pytest.approx(1)
        assert example["predicted"] == np.argmax(example["output"])
    # the boundary's plane says what the network says of the corners: index 20 is 0.0, 60 is 1.0
    assert (arrays["corners.network"][[20, 60, 20, 60], [20, 60, 60, 20]] > 0).tolist() == [False, False, True, True]


# ---------------------------------------------------------------- gradients


def test_how_far_norms_are_apart_by_hand() -> None:
    # seeds x layers, of two depths: 8 / 2 = 4 and 9 / 0.5 = 18
    shallow, deep = np.array([[2.0, 4.0], [9.0, 1.0]]), np.array([[8.0, 3.0, 2.0], [1.0, 0.5, 3.0]])
    assert gradients._apart([shallow, deep]) == [4, 18]
    assert gradients._apart([shallow]) == [2, 9]
    # a norm of 0, an infinite one, only zeros
    assert gradients._apart([np.array([[0.0, 1.0], [np.inf, 1.0], [0.0, 0.0], [np.nan, 1.0]])]) == [None] * 4
    assert gradients._apart([np.array([[1e-300, 1e300]])]) == [None]


@pytest.mark.parametrize(
    ("apart", "level"),
    [
        ([10.0], True),
        ([10.1], False),
        ([1.0, 2.0, 900.0], True),  # the median is 2
        ([1.0, 2.0, None], True),
        ([1.0, None, None], False),
        ([None], False),
        ([5.0, 14.0], True),  # 9.5
        ([5.0, None], False),
    ],
)
def test_what_is_level_by_hand(apart: list[float | None], level: bool) -> None:
    assert gradients.is_level(apart) is level


def test_norms_neither_vanish_nor_overflow_by_hand() -> None:
    assert gradients._norm(np.array([[3.0, 4.0]])) == 5
    assert gradients._norm(np.array([[3e-200, 4e-200]])) == pytest.approx(5e-200, rel=1e-12, abs=0)
    assert gradients._norm(np.array([[3e200, 4e200]])) == pytest.approx(5e200, rel=1e-12)
    assert gradients._norm(np.zeros((2, 2))) == 0
    assert gradients._norm(np.array([[np.inf, 1.0]])) == np.inf


@pytest.mark.parametrize(("remedy", "blocks"), [("", 0), (gradients.NORM, 0), (gradients.SKIP, 2), (gradients.BOTH, 2)])
def test_networks_have_their_remedy(remedy: str, blocks: int) -> None:
    network = gradients.build(6, 3, 3, 4, "he", "relu", remedy, np.random.default_rng(0))
    told = str(network)
    assert told.count("Residual") == blocks
    assert told.count("BatchNorm(4)") == (3 if remedy in (gradients.NORM, gradients.BOTH) else 0)
    assert told.count("relu") == 3
    assert told.endswith("Linear(4, 3)")
    network.backward(np.ones_like(network.forward(np.random.default_rng(1).normal(size=(5, 6)), training=True)))
    matrices = [array for array in network.gradients.values() if array.ndim == 2]
    assert gradients.layer_norms(network) == pytest.approx([np.linalg.norm(array) for array in matrices[:3]])


def test_good_weights_keep_gradients_level_and_normal_ones_do_not() -> None:
    results, arrays = study("gradients", depths=[2, 12], width=32, activations=["relu"], steps=1)
    assert [pair["name"] for pair in results["pairs"]] == [
        *(f"{rule}.relu" for rule in ("normal", "xavier", "he", "lecun")),
        *(f"{gradients.REMEDIES[remedy]}.relu.{remedy}" for remedy in gradients.REMEDIES),
    ]
    apart = {pair["name"]: np.median(pair["depths_start"]) for pair in results["pairs"]}
    assert apart["he.relu"] < 10 < 1000 < apart["normal.relu"]
    assert arrays["he.relu.12"].shape == (2, 2, 12)  # seeds, before and after, layers
    # equal sizes only: the first layer, which sees the pixels, is left out
    norms = arrays["he.relu.12"][0, 0, 1:]
    pair = next(pair for pair in results["pairs"] if pair["name"] == "he.relu")
    assert pair["layers_start"][0] == pytest.approx(norms.max() / norms.min())
    assert set(pair["losses"]) == {"2", "12"}
    level = sum(gradients.is_level(pair["depths_start"]) for pair in results["pairs"])
    assert results["headline"] == results["headline"] | {"pairs": 7, "level_at_the_start": level}
    saved = load_file(paths.models("gradients") / "lecun.relu.skip-connections.safetensors")
    assert saved["2.0.weight"].shape == (32, 32)


def test_a_run_that_overflows_is_said_to_be_infinite() -> None:
    results, arrays = study("gradients", depths=[1, 2], lr=1e300, activations=["relu"], steps=2)
    pair = next(pair for pair in results["pairs"] if pair["name"] == "he.relu")
    assert np.isfinite(arrays["he.relu.2"][:, 0]).all()
    assert np.isinf(arrays["he.relu.2"][:, 1]).all()
    assert pair["depths_trained"] == [None, None]
    assert [last for _, last in pair["losses"]["2"]] == [None, None]
    json.dumps(results, allow_nan=False)


def test_a_network_that_overflows_at_once_is_said_to_be_infinite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(gradients.REMEDIES, gradients.SKIP, "vast")
    from nnlabs.scratch.initialisation import RULES

    monkeypatch.setitem(RULES, "vast", lambda inputs, outputs: 1e200)
    results, arrays = study("gradients", depths=[3], activations=["relu"], initialisations=["he"])
    assert np.isinf(arrays["vast.relu.skip connections.3"]).all()
    assert results["pairs"][2]["losses"]["3"] == [[None, None], [None, None]]


def test_batches_larger_than_the_data_are_told() -> None:
    with pytest.raises(
        UserError, match="gradients: batch_size 31 found; allowed: up to the 30 training images of made"
    ):
        study("gradients", batch_size=31)
    with pytest.raises(UserError, match="sobel: batch_size 40 found; allowed: up to the 30 training images of made"):
        study("sobel", batch_size=40, images=50)


# ---------------------------------------------------------------- byhand and sobel


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "adam", "adamax"])
def test_numpy_and_torch_take_the_same_steps(optimizer: str) -> None:
    results, arrays = study("byhand", optimizer=optimizer, lr=0.01, compared_steps=6, seeds=[3])
    run = results["runs"][0]
    assert len(run["apart"]) == 6  # two epochs of 8 + 8 + 4 images
    assert max(run["apart"]) < 1e-4  # float32
    assert arrays["numpy.3.losses"] == pytest.approx(arrays["torch.3.losses"], rel=1e-4)
    ours, theirs = (load_file(paths.models("byhand") / f"seed-3-{kind}.safetensors") for kind in ("numpy", "torch"))
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        np.testing.assert_allclose(array, theirs[name], atol=1e-3)
    assert results["layouts"]["loss"] < 1e-12
    assert results["layouts"]["gradient"] < 1e-12
    # 16 - 4 = 12, pooled 6; 6 - 4 = 2, pooled 1
    assert results["sizes"]["7.weight"] == [3, 3]


def test_the_network_by_hand_learns_made_images() -> None:
    results, arrays = study("byhand", epochs=15, lr=0.01, images=30, seeds=[0])
    assert arrays["numpy.0.losses"][-1] < arrays["numpy.0.losses"][0] / 2
    assert results["headline"]["numpy_accuracy"] > 0.8
    assert results["headline"]["numpy_accuracy"] == results["runs"][0]["numpy_test"]
    assert results["headline"]["first_steps_apart"] == results["runs"][0]["apart"][0]


def test_batches_hold_every_image_once_an_epoch() -> None:
    every = byhand.batches(settings("byhand"), 0, 20)
    assert [[len(batch) for batch in epoch] for epoch in every] == [[8, 8, 4]] * 2
    for epoch in every:
        assert sorted(np.concatenate(epoch)) == list(range(20))
    assert not np.array_equal(every[0][0], every[1][0])
    assert not np.array_equal(every[0][0], byhand.batches(settings("byhand"), 1, 20)[0][0])


@pytest.mark.parametrize(("dataset", "size"), [("made", 14), ("colour", 10)])
def test_sobel_on_grey_and_on_coloured_images(dataset: str, size: int) -> None:
    results, arrays = study("sobel", dataset=dataset, steps=600, lr=0.1)
    assert results["headline"]["largest_error_of_a_weight"] == max(results["errors"].values()) < 0.2
    assert arrays["magnitude"].shape == (2, size, size)
    np.testing.assert_allclose(
        arrays["magnitude"], np.hypot(arrays["horizontal"], arrays["vertical"]), rtol=1e-5, atol=1e-6
    )
    assert results["labels"] == ["top", "middle"]
    saved = load_file(paths.models("sobel") / "kernels.safetensors")
    assert saved["vertical"].tolist() == results["learned"]["vertical"]
    # a bright row is a change from top to bottom
    assert np.abs(arrays["vertical"]).mean() > np.abs(arrays["horizontal"]).mean()


# ---------------------------------------------------------------- records


def _written() -> dict[str, bytes]:
    files = sorted(path for path in paths.REPORTS.rglob("*") if path.is_file())
    return {path.relative_to(paths.REPORTS).as_posix(): path.read_bytes() for path in files}


def test_a_study_is_written_with_its_metrics_and_its_time() -> None:
    array = np.arange(6.0).reshape(2, 3).T  # not contiguous
    record.write("made", {"a": 1, "headline": {"error": 0.5}}, {"x": array}, 2.5)
    files = _written()
    assert set(files) == {
        "metrics/studies/made.json",
        "run/studies/made.json",
        "studies/made/arrays.safetensors",
        "studies/made/results.json",
    }
    assert json.loads(files["studies/made/results.json"]) == {"a": 1, "headline": {"error": 0.5}}
    assert json.loads(files["metrics/studies/made.json"]) == {"error": 0.5}
    told = json.loads(files["run/studies/made.json"])
    assert told["seconds"] == 2.5
    assert told["versions"].keys() >= {"python", "numpy", "torch"}
    assert np.array_equal(load_file(paths.study("made") / "arrays.safetensors")["x"], array)
    record.write("made", {"b": 2, "headline": {}}, {}, 1)
    assert "a" not in json.loads(_written()["studies/made/results.json"])


@pytest.mark.parametrize(
    ("results", "arrays"),
    [
        ({"a": {1, 2}, "headline": {}}, {}),  # no JSON
        ({"headline": {}}, {"x": np.array(["text"], object)}),  # no safetensors
    ],
)
@pytest.mark.parametrize("before", [False, True])
def test_a_write_that_fails_leaves_what_was_there(
    results: dict[str, Any], arrays: dict[str, Any], before: bool
) -> None:
    if before:
        record.write("made", {"headline": {"error": 1}}, {"x": np.ones(2)}, 1)
    kept = _written()
    with pytest.raises(Exception):  # noqa: B017
        record.write("made", results, arrays, 1)
    assert _written() == kept
    assert not [path.name for path in paths.REPORTS.rglob(".*")]


def test_a_write_clears_what_an_interrupted_one_left() -> None:
    left = paths.study("made").with_name(".made.part")
    left.mkdir(parents=True)
    (left / "half").write_text("x")
    record.write("made", {"headline": {}}, {}, 1)
    assert [path.name for path in paths.study("made").parent.iterdir()] == ["made"]
    assert sorted(path.name for path in paths.study("made").iterdir()) == ["arrays.safetensors", "results.json"]
