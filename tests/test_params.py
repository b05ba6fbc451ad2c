"""params.yaml: what is refused, in which words, and how an arm is put together."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from nnlabs import config as params
from nnlabs.core.errors import UserError

RAW: dict[str, Any] = yaml.safe_load(Path("params.yaml").read_text())


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., params.Params]:
    """Load the project's params.yaml after one change: a dotted key and its new value."""

    def change(key: str, value: Any) -> params.Params:
        raw = copy.deepcopy(RAW)
        *parents, last = key.split(".")
        place = raw
        for parent in parents:
            place = place[parent]
        if value is ...:
            del place[last]
        else:
            place[last] = value
        file = tmp_path / "params.yaml"
        file.write_text(yaml.dump(raw, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper)))
        return params.load(file)

    return change


def test_an_arm_is_its_variant_over_its_labs_defaults(load: Callable[..., params.Params]) -> None:
    settings = load("variants.fashion-tanh.epochs", 7)
    arm = settings.arms["fashion-tanh"]
    assert (arm.epochs, arm.batch_size) == (7, RAW["labs"]["fashion"]["defaults"]["batch_size"])


def test_the_published_recipe_is_untouched_by_defaults(load: Callable[..., params.Params]) -> None:
    before = params.load().arms["fashion-lecture"]
    for key, value in {"batch_size": 7, "epochs": 1, "lr": 0.5, "seeds": [9], "flip": True, "threads": 2}.items():
        assert load(f"labs.fashion.defaults.{key}", value).arms["fashion-lecture"] == before
    stated = RAW["variants"]["fashion-lecture"].keys()
    assert {*params.MLP.model_fields} - {*stated} == {
        "lr_grid",
        "adam_lr",
        "patience",
        "fit",
        "sizes",
        "bias_lr",
        "head_lr",
        "sgd_momentum",
        "sgd_decay",
        "fixed_norm",
        "newton_schulz",
    }  # what the recipe has no use for


@pytest.mark.parametrize("written", ["1e-05", 1e-5, "0.00001"])
def test_a_rate_written_by_dvc_is_a_number(load: Callable[..., params.Params], written: Any) -> None:
    assert load("variants.fashion-lecture.lr", written).arms["fashion-lecture"].lr == 1e-5


def test_a_grid_takes_the_place_of_a_default_rate(load: Callable[..., params.Params]) -> None:
    arm = load("variants.fashion-tanh.lr_grid", [0.01, "1e-3"]).arms["fashion-tanh"]
    assert arm.rates == (0.01, 0.001)
    assert arm.lr is None


def test_a_removed_variant_may_still_be_named_by_a_comparison(load: Callable[..., params.Params]) -> None:
    assert "fashion-tanh" not in load("variants.fashion-tanh", ...).arms


def test_a_removed_exercise_is_no_longer_studied(load: Callable[..., params.Params]) -> None:
    assert "xor" in params.load().studied()
    assert "xor" not in load("exercises.xor", ...).studied()
    assert "sobel" not in load("studies.sobel", None).studied()
    assert load("exercises", ...).studied().keys() == RAW["studies"].keys()


LECTURE = "variants.fashion-lecture"
WORKED = "exercises.backprop.examples.forward"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (f"{LECTURE}.lr", -1, [f"{LECTURE}.lr", "-1", "greater than 0"]),
        (f"{LECTURE}.lr", "fast", [f"{LECTURE}.lr", "'fast'", "a number"]),
        (f"{LECTURE}.lr", True, [f"{LECTURE}.lr", "True", "a number"]),
        (f"{LECTURE}.lr", ".nan", [f"{LECTURE}.lr", "nan", "number"]),
        (f"{LECTURE}.hidden", [0], [f"{LECTURE}.hidden.0", "0", "greater than 0"]),
        (f"{LECTURE}.hidden", 5, [f"{LECTURE}.hidden", "5", "list"]),
        (f"{LECTURE}.hiden", [5], [f"{LECTURE}.hiden", "unknown key", "hidden"]),
        (f"{LECTURE}.channels", [5], [f"{LECTURE}.channels", "unknown key"]),
        (f"{LECTURE}.epochs", 2.5, [f"{LECTURE}.epochs", "2.5", "integer"]),
        (f"{LECTURE}.epochs", True, [f"{LECTURE}.epochs", "True", "integer"]),
        (f"{LECTURE}.optimizer", "adamm", [f"{LECTURE}.optimizer", "'adamm'", "'adamax'"]),
        (f"{LECTURE}.activation", "swish", [f"{LECTURE}.activation", "'swish'", "'tanh'"]),
        (f"{LECTURE}.seeds", [], [f"{LECTURE}.seeds", "[]", "at least 1"]),
        (f"{LECTURE}.seeds", [1, 1], [LECTURE, "repeat"]),
        (f"{LECTURE}.nesterov", True, [LECTURE, "nesterov needs a momentum"]),
        (f"{LECTURE}.momentum", 0.9, [LECTURE, "momentum belongs to sgd and muon"]),
        (f"{LECTURE}.lr_grid", [0.1, 0.2], [LECTURE, "exactly one of lr and lr_grid"]),
        (f"{LECTURE}.warm_up", 0.2, [LECTURE, "one_cycle"]),
        (f"{LECTURE}.mean", None, [LECTURE, "mean and deviation"]),
        (f"{LECTURE}.adam_lr", 0.1, [LECTURE, "muon"]),
        (f"{LECTURE}.bias_lr", 0.1, [LECTURE, "bias_lr and head_lr come together"]),
        (f"{LECTURE}.sgd_decay", 0.1, [LECTURE, "sgd_momentum and sgd_decay belong to bias_lr"]),
        (f"{LECTURE}.fixed_norm", True, [LECTURE, "fixed_norm belongs to muon"]),
        ("variants.cifar10-strong.adam_lr", ..., ["variants.cifar10-strong", "muon needs adam_lr, or bias_lr"]),
        (f"{LECTURE}.alternate_flip", True, [LECTURE, "alternate_flip needs flip"]),
        (f"{LECTURE}.sizes", [16, 28], [LECTURE, "sizes is for models", "whitened, resnet, inception"]),
        ("variants.cifar10-strong.sizes", [8], ["variants.cifar10-strong.sizes.0: 8 found", "equal to 16"]),
        ("variants.cifar10-strong.sizes", [16] * 7, ["variants.cifar10-strong", "7 parts", "an epoch, 6"]),
        (f"{LECTURE}.model", "mpl", [f"{LECTURE}.model", "'mpl'", "mlp, cnn"]),
        (f"{LECTURE}.lab", "fashions", [f"{LECTURE}.lab", "'fashions'", "fashion"]),
        (f"{LECTURE}.lab", ..., [f"{LECTURE}.lab", "missing"]),
        (f"{LECTURE}.dataset", "mnist", [f"{LECTURE}.dataset", "'mnist'", "contradicts", "'fashion'"]),
        (LECTURE, None, [LECTURE, "None", "mapping"]),
        ("variants.a_b", {}, ["variants.a_b", "a-z, 0-9 and '-'"]),
        ("variants.twin", RAW["variants"]["fashion-tanh"], ["variants.twin", "equal to variants.fashion-tanh"]),
        ("labs.fashion.dataset", ..., ["labs.fashion.dataset", "missing"]),
        ("labs.fashion.dataset", "fashoin", ["labs.fashion.dataset", "'fashoin'", "fashion, mnist"]),
        ("labs.fashion.defaults.lr", -1, ["labs.fashion.defaults.lr", "-1", "greater than 0"]),
        ("labs.fashion.defaults.hidden", [5], ["labs.fashion.defaults.hidden", "unknown key"]),
        ("labs.fashion.comparisons.depth.arms", ["cifar10-mlp", "fashion-tanh"], ["comparisons.depth", "cifar10"]),
        ("labs.fashion.comparisons.depth.tune", "x", ["labs.fashion.comparisons.depth.tune", "unknown", "tuned"]),
        ("labs.fashion.reported", [{"what": "x"}], ["labs.fashion.reported.0", "missing"]),
        ("datasets.mnist.origin", "minst", ["datasets.mnist.origin", "'minst'", "'mnist'"]),
        ("datasets.mnist.origin", ..., ["datasets.mnist.origin: missing"]),
        ("datasets.mnist.validation", 0, ["datasets.mnist.validation", "0", "greater than 0"]),
        ("datasets.mnist.validation", 2.5, ["datasets.mnist", "2.5", "whole number"]),
        ("exercises.descnt", {}, ["exercises.descnt: unknown key", "descent, activations"]),
        ("exercises.descent.strt", 1.0, ["exercises.descent.strt: unknown key", "start, tolerance"]),
        ("exercises.descent", 3, ["exercises.descent: 3 found", "a mapping of keys"]),
        ("exercises", [], ["exercises: [] found", "a mapping of keys"]),
        ("exercises.descent.iterations", 1.5, ["exercises.descent.iterations: 1.5 found", "whole number"]),
        ("exercises.descent.start", "left", ["exercises.descent.start: 'left' found", "a number"]),
        (
            "exercises.descent.rates",
            {"adm": 0.1},
            ["exercises.descent.rates.adm: unknown key; allowed: 'sgd'", "adamax"],
        ),
        ("exercises.descent.rates", {"sgd": 0}, ["exercises.descent.rates.sgd: 0 found", "greater than 0"]),
        ("exercises.descent.rates", {}, ["exercises.descent.rates: {} found; at least one key is needed"]),
        ("exercises.descent.quadratic.start", [1.0], ["exercises.descent.quadratic.start.1: missing"]),
        ("exercises.descent.quadratic.start", [1, 2, 3], ["quadratic.start: [1, 2, 3] found", "a list of at most 2"]),
        ("exercises.descent.rosenbrock.rates", {"newton": 1}, ["rosenbrock.rates.newton: unknown key", "'sgd'"]),
        ("exercises.activations.points", "a", ["exercises.activations.points: 'a' found", "a list"]),
        ("exercises.activations.weights", [1.0], ["exercises.activations", "weights: 1 found for 2 inputs"]),
        ("exercises.backprop.examples", {}, ["exercises.backprop.examples: {} found; at least one key is needed"]),
        (f"{WORKED}.x", [1.0], [WORKED, "layer 1: 3 rows of 1 weights are needed"]),
        (f"{WORKED}.weights", [[[1, 2]], [[1, 2, 3]]], [WORKED, "layer 1: 3 rows of 2 weights are needed"]),
        (f"{WORKED}.weights", [[["a", 2]]], [f"{WORKED}.weights.0.0.0: 'a' found", "a number"]),
        (f"{WORKED}.biases", [[0.1, 0.2, 0.3]], [WORKED, "weights, biases and activations need one entry a layer"]),
        (f"{WORKED}.activations", ["relu", "swish"], [f"{WORKED}.activations.1: 'swish' found", "'leaky_relu'"]),
        (f"{WORKED}.printed", {"z2": "0,4"}, [WORKED, "printed.z2: '0,4' found; allowed: a number"]),
        (f"{WORKED}.printed", {"z2": 0.4}, [f"{WORKED}.printed.z2: 0.4 found", "text, in quotes"]),
        ("exercises.regression.sigmoid.hidden", [0], ["regression.sigmoid.hidden.0: 0 found", "greater than 0"]),
        ("exercises.regression.sigmoid.hidden", [8, 8], ["exercises.regression", "a list of one size is needed"]),
        ("exercises.regression.sigmoid.noise", -1, ["regression.sigmoid.noise: -1 found", "equal to 0"]),
        ("exercises.regression.cosine.snapshots", [9, 5000], ["cosine: snapshots: [9, 5000] found", "up to 4000"]),
        ("exercises.regression.cosine.snapshots", [9, 5], ["cosine: snapshots: [9, 5] found", "rising"]),
        ("exercises.xor.corners.hidden", 0, ["exercises.xor.corners.hidden: 0 found", "greater than 0"]),
        ("exercises.xor.corners.seeds", [1, 1], ["exercises.xor.corners.seeds: [1, 1] found", "seeds that differ"]),
        ("exercises.xor.corners.points", 3, ["exercises.xor.corners.points: 3 found", "equal to 4"]),
        ("exercises.xor.classes.rates.softmax", ..., ["exercises.xor.classes.rates.softmax: missing"]),
        (
            "exercises.xor.classes.rates.tanh",
            1,
            ["exercises.xor.classes.rates.tanh: unknown key", "regressed, softmax"],
        ),
        ("studies.sobol", {}, ["studies.sobol: unknown key", "gradients, byhand, sobel"]),
        ("studies.gradients.dataset", "fashoin", ["studies.gradients.dataset: 'fashoin' is unknown", "fashion, mnist"]),
        ("studies.gradients.dataset", ..., ["studies.gradients.dataset: missing"]),
        ("studies.gradients.initialisations", ["xavir"], ["initialisations.0: 'xavir' found", "'xavier'"]),
        ("studies.gradients.depths", [0], ["studies.gradients.depths.0: 0 found", "greater than 0"]),
        ("studies.gradients.batch_size", 1, ["studies.gradients.batch_size: 1 found", "equal to 2"]),
        ("studies.gradients.seeds", [], ["studies.gradients.seeds: [] found", "a list of at least 1"]),
        ("studies.byhand.optimizer", "adamw", ["studies.byhand.optimizer: 'adamw' found", "'adamax'"]),
        ("studies.byhand.channels", [8], ["studies.byhand.channels.1: missing"]),
        ("studies.byhand.channels", [8, 0], ["studies.byhand.channels.1: 0 found", "greater than 0"]),
        ("studies.sobel.batch_size", 501, ["studies.sobel", "batch_size: 501 found; allowed: up to images, 500"]),
        ("studies.sobel.seed", -1, ["studies.sobel.seed: -1 found", "equal to 0"]),
        ("labs.xor", RAW["labs"]["digits"], ["labs.xor: a study has this name"]),
        ("labs.gradients", RAW["labs"]["digits"], ["labs.gradients: a study has this name"]),
        ("device", "gpu", ["device", "'gpu'", "'cuda'"]),
        ("edition", "foreign", ["edition: 'foreign' found", "'embedded'", "'original'"]),
        ("edition", ["original"], ["edition", "'embedded'"]),
        ("sample", "yes", ["sample: 'yes' found", "true or false"]),
        ("variants.fashion-tanh.original", {"epochs": 0}, ["variants.fashion-tanh.original.epochs: 0 found"]),
        ("variants.fashion-tanh.original", {"epoch": 1}, ["variants.fashion-tanh.original.epoch: unknown key"]),
        ("variants.fashion-tanh.original", 3, ["variants.fashion-tanh.original: 3 found", "a mapping of keys"]),
        ("labs.fashion.original", {"defaults": {"lr": 0}}, ["labs.fashion.original.defaults.lr: 0 found"]),
        ("datasets.mnist.original", {"origin": "minst"}, ["datasets.mnist.original.origin: 'minst' found"]),
        ("colour", "red", ["colour", "unknown key", "edition", "variants"]),
        ("variants", ..., ["variants", "missing"]),
    ],
)
def test_bad_values_are_told_in_one_line(
    load: Callable[..., params.Params], key: str, value: Any, said: list[str]
) -> None:
    with pytest.raises(UserError) as error:
        load(key, value)
    message = str(error.value)
    assert message.startswith("params.yaml: ")
    assert "\n" not in message
    for words in said:
        assert words in message


@pytest.mark.parametrize("text", ["", "- 1", "a: [", "\x00"])
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "params.yaml"
    file.write_text(text)
    with pytest.raises(UserError, match=r"params\.yaml"):
        params.load(file)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing"):
        params.load(tmp_path / "params.yaml")
