"""params.yaml: what is refused, in which words, and how a variant is put together."""

import copy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from nnlabs.config import shadowed, variants, whole, words
from nnlabs.config.stages import stages
from nnlabs.config.whole import Config
from nnlabs.core import paths
from nnlabs.core.errors import UserError

RAW: dict[str, Any] = yaml.safe_load(Path("params.yaml").read_text())
KNOWN = variants.memo(None)
"""Variants settled by one test serve the others."""


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Config]:
    """Load the project's params.yaml after changes: dotted keys, each with its new value."""

    def change(*changes: Any) -> Config:
        raw = copy.deepcopy(RAW)
        for key, value in zip(changes[::2], changes[1::2], strict=True):
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
        return whole.load(file, known=KNOWN)

    return change


def test_a_variant_lies_over_its_labs_defaults(load: Callable[..., Config]) -> None:
    training = load("variants.fashion-tanh.epochs", 7).variants["fashion-tanh"].training
    assert (training.epochs, training.batch_size) == (7, RAW["labs"]["fashion"]["defaults"]["batch_size"])


def test_what_belongs_to_another_optimizer_is_not_inherited(load: Callable[..., Config]) -> None:
    variants = load("labs.objects3.defaults.momentum", 0.9).variants
    assert variants[GRID].variant().algorithm.model_dump()["momentum"] == 0.9
    raw = RAW["variants"][GRID] | {"optimizer": "adam"}
    with_adam = load(f"variants.{GRID}", raw, "labs.objects3.defaults.momentum", 0.9).variants[GRID]
    assert "momentum" not in with_adam.variant().algorithm.model_dump()


def test_all_stages_are_as_many_as_the_backbone_has(load: Callable[..., Config]) -> None:
    """So another backbone leaves what the name says: `-all-frozen`."""
    for backbone, stages_of in (("mobilenet_v2", 19), ("resnet18", 5)):
        config = load("features.dogs-all-frozen.backbone", backbone)
        assert config.features["dogs-all-frozen"].frozen == stages_of
        (on_them,) = [each for each in config.variants.values() if each.dataset == "dogs-all-frozen"][:1]
        assert on_them.parameters["network"]["frozen"] == stages_of
    with pytest.raises(UserError, match=r"features\.dogs-all-frozen\.frozen: 'most' found; allowed: a whole number of"):
        load("features.dogs-all-frozen.frozen", "most")


def test_what_has_no_effect_in_the_original_edition_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "PARAMS", tmp_path / "params.yaml")

    def told(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
        lock = {"stages": {"settings": {"params": {"params.yaml": old}}}}
        (tmp_path / "dvc.lock").write_text(yaml.dump(lock))
        (tmp_path / "params.yaml").write_text(yaml.dump(new))
        return shadowed.told()

    def raw(edition: str, backbone: str, lr: float = 0.1, over: str = "resnet18") -> dict[str, Any]:
        features = {"x": {"backbone": backbone, "size": 96, "original": {"backbone": over}}}
        labs = {"y": {"defaults": {"lr": lr, "epochs": 2}, "original": {"defaults": {"lr": 0.2}}}}
        return {"edition": edition, "features": features, "labs": labs}

    embedded = raw("embedded", "mobilenet_v2")
    assert told(embedded, raw("embedded", "resnet50")) == []
    assert told(embedded, raw("original", "mobilenet_v2")) == []
    assert told(embedded, raw("original", "mobilenet_v2", over="resnet50")) == []
    assert told(embedded, raw("original", "resnet50", 0.3)) == [
        "params.yaml: features.x.backbone: 'resnet50' has no effect in the original edition, where "
        "features.x.original.backbone stands in its place; change that",
        "params.yaml: labs.y.defaults.lr: 0.3 has no effect in the original edition, where "
        "labs.y.original.defaults.lr stands in its place; change that",
    ]
    (tmp_path / "dvc.lock").write_text("{")
    assert shadowed.told() == []


@pytest.mark.parametrize("written", ["1e-05", 1e-5, "0.00001"])
def test_a_rate_written_by_dvc_is_a_number(load: Callable[..., Config], written: Any) -> None:
    assert load("variants.fashion-lecture.lr", written).variants["fashion-lecture"].training.lr == 1e-5


def test_the_usual_is_the_labs_default_over_the_codes(load: Callable[..., Config]) -> None:
    usual = load("labs.objects3.defaults.lr", "1e-05").variants[GRID].usual
    assert (usual["lr"], usual["epochs"], usual["momentum"]) == (1e-5, 100, 0.0)
    assert "hidden" not in usual  # every network of this family says so itself


@pytest.mark.parametrize(("knob", "value"), [("lr", 0.5), ("lr_grid", [0.1, 0.2]), ("epochs", 7), ("hidden", [3])])
def test_a_knob_leaves_the_settings_of_pages(load: Callable[..., Config], knob: str, value: Any) -> None:
    turned = load(f"variants.fashion-tanh.{knob}", value)
    before, after = (
        {stage.name: stage.parameters for stage in stages(config) if stage.kind in ("page", "report")}
        for config in (load(), turned)
    )
    assert before == after


def test_a_grid_takes_the_place_of_a_default_rate(load: Callable[..., Config]) -> None:
    training = load("variants.fashion-tanh.lr_grid", [0.01, "1e-3"]).variants["fashion-tanh"].training
    assert training.rates == (0.01, 0.001)
    assert training.lr is None


def test_a_removed_variant_may_still_be_named_by_a_comparison(load: Callable[..., Config]) -> None:
    assert "fashion-tanh" not in load("variants.fashion-tanh", ...).variants


def test_what_is_asked_of_trained_networks_reaches_their_evaluation_alone(load: Callable[..., Config]) -> None:
    def parameters(config: Config) -> dict[str, Any]:
        return {each.name: each.parameters for each in stages(config)}

    before, after = parameters(load()), parameters(load("labs.cifar10.evaluation.images", 7))
    changed = {name for name, each in after.items() if each != before[name]}
    assert changed == {f"evaluate@{key}" for key, each in load().variants.items() if each.lab == "cifar10"}
    assert "evaluation" not in before["evaluate@fashion-lecture"]


def test_a_lab_may_compute_beside_its_variants(load: Callable[..., Config]) -> None:
    named = {each.name: each for each in stages(load())}
    assert "nnlabs.labs.cars.compute" in named["compute@cars"].modules
    assert named["page@cars"].parameters["writer"] == "nnlabs.reporting.trained"
    told = {each["lab"]: each["computes"] for each in named["report"].parameters["labs"]}
    assert not told["cars"] and not told["cifar10"] and told["xor"]


def test_a_variant_may_learn_from_other_images_of_the_same_classes(load: Callable[..., Config]) -> None:
    config = load()
    assert config.variants["cifar10-cnn-shuffled"].dataset == "cifar10-shuffled"
    assert config.optional["cars-adam-long"].dataset == "cars-20000"


def test_a_removed_lab_is_gone(load: Callable[..., Config]) -> None:
    assert "xor" in whole.load().labs
    with pytest.raises(UserError, match=r"play\.pages\.3: 'playground' is unknown"):
        load("labs.xor", ...)
    assert "xor" not in load("labs.xor", ..., "play.pages", ["descent"]).labs


def test_a_variant_goes_by_what_its_lab_reports(load: Callable[..., Config]) -> None:
    made = load().variants
    assert made["cars-adam"].parameters["score"] == made["cars-adam"].variant().score == "macro_f1"
    assert "score" not in made["fashion-tanh"].parameters  # the usual one leaves what was trained as it is
    assert made["fashion-tanh"].variant().score == "accuracy"


LECTURE = "variants.fashion-lecture"
GRID = "objects3-lr0p001-h50-b32"
STRONG = "variants.cifar10-strong"
PROXY = {"keep": 0.5, "network": {"channels": [4, 4, 4]}}
WORKED = "labs.backprop.examples.forward"


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
        (f"{LECTURE}.optimizer", "adamm", [f"{LECTURE}.optimizer", "'adamm'", "adam, adamax, adamw"]),
        (f"{LECTURE}.activation", "swish", [f"{LECTURE}.activation", "'swish'", "'tanh'"]),
        (f"{LECTURE}.seeds", [], [f"{LECTURE}.seeds", "[]", "at least 1"]),
        (f"{LECTURE}.seeds", [1, 1], [f"{LECTURE}.seeds: [1, 1] found", "seeds that differ"]),
        (f"{LECTURE}.nesterov", True, [LECTURE, "nesterov belongs to muon and sgd, not to adam"]),
        (f"{LECTURE}.momentum", 0.9, [LECTURE, "momentum belongs to muon and sgd, not to adam"]),
        (f"variants.{GRID}.nesterov", True, [GRID, "nesterov needs a momentum"]),
        (f"{LECTURE}.lr_grid", [0.1, 0.2], [LECTURE, "exactly one of lr and lr_grid"]),
        ("labs.cars.defaults.lr_grid", [0.1, 0.1], ["variants.cars-adam", "lr_grid: a rate is there twice"]),
        (f"{LECTURE}.batch_size", 1, [f"{LECTURE}.batch_size: 1 found", "greater than or equal to 2"]),
        (f"{LECTURE}.epochs", 2**31, [f"{LECTURE}.epochs: 2147483648 found", "less than 2147483648"]),
        (f"{LECTURE}.lab", {}, [f"{LECTURE}.lab: {{}} is unknown; allowed: activations,"]),
        (f"{LECTURE}.dataset", [], [f"{LECTURE}.dataset: [] is unknown; allowed: fashion, animals-all-frozen"]),
        (f"{LECTURE}.model", {}, [f"{LECTURE}.model: {{}} is unknown"]),
        (f"{LECTURE}.optimizer", ["adam"], [f"{LECTURE}.optimizer: ['adam'] is unknown"]),
        (
            "variants.dogs-all.dataset",
            {},
            ["variants.dogs-all.dataset: {} is unknown; allowed: dogs, animals-all-frozen"],
        ),
        ("labs.fashion.dataset", [], ["labs.fashion.dataset: [] is unknown"]),
        ("features.dogs-all-frozen.dataset", [], ["features.dogs-all-frozen.dataset: [] found", "text"]),
        (f"{LECTURE}.activation", "{0} {lr", [f"{LECTURE}.activation: '{{0}} {{lr' found", "'tanh'"]),
        ("datasets.objects3.classes", ["{a}", "{a}"], ["datasets.objects3", "classes: '{a}' is named twice"]),
        ("datasets.objects3.classes", ["frog"], ["datasets.objects3", "classes: 1 found", "two classes or more"]),
        ("datasets.objects3.classes", [], ["datasets.objects3", "classes: 0 found", "two classes or more"]),
        ("datasets.objects3.classes", ["frog", "frog"], ["datasets.objects3", "classes: 'frog' is named twice"]),
        (f"{LECTURE}.warmup", 0.2, [LECTURE, "one_cycle"]),
        (f"{LECTURE}.mean", None, [LECTURE, "mean and std"]),
        (f"{LECTURE}.adam_lr", 0.1, [LECTURE, "muon"]),
        (f"{LECTURE}.bias_lr", 0.1, [LECTURE, "bias_lr belongs to muon, not to adam"]),
        (f"{STRONG}.bias_lr", 0.1, [STRONG, "bias_lr and head_lr come together"]),
        (f"{STRONG}.sgd_decay", 0.1, [STRONG, "sgd_momentum and sgd_decay belong to bias_lr"]),
        (f"{LECTURE}.fixed_norm", True, [LECTURE, "fixed_norm belongs to muon"]),
        ("variants.cifar10-strong.adam_lr", ..., ["variants.cifar10-strong", "muon needs adam_lr, or bias_lr"]),
        (f"{LECTURE}.alternate_flip", True, [LECTURE, "alternate_flip needs flip"]),
        (
            f"{LECTURE}.windows",
            [16, 28],
            [LECTURE, "windows is for models", "inception, resnet, thin_resnet, whitened"],
        ),
        ("variants.cifar10-strong.windows", [8], ["variants.cifar10-strong.windows.0: 8 found", "equal to 16"]),
        ("variants.cifar10-strong.windows", [16] * 5, ["variants.cifar10-strong", "5 parts", "an epoch, 4"]),
        (f"{STRONG}.ema_decay", 1, [f"{STRONG}.ema_decay: 1 found", "less than 1"]),
        (f"{STRONG}.ema_decay", 0, [f"{STRONG}.ema_decay: 0 found", "greater than 0"]),
        (f"{STRONG}.proxy", {"network": {"channels": [4, 4, 4]}}, [f"{STRONG}.proxy.keep: missing"]),
        (f"{STRONG}.proxy", PROXY | {"keep": 1}, [f"{STRONG}.proxy.keep: 1 found", "less than 1"]),
        (f"{STRONG}.proxy", PROXY | {"network": {}}, [f"{STRONG}.proxy.network: ", "at least one"]),
        (f"{STRONG}.proxy", PROXY | {"network": {"chanels": [4]}}, [f"{STRONG}.proxy.network.chanels: unknown key"]),
        (f"{STRONG}.proxy", PROXY | {"network": {"channels": [4]}}, [f"{STRONG}.proxy.network.channels.1: missing"]),
        ("variants.dogs-all.proxy", PROXY, ["variants.dogs-all: proxy is for networks that begin with fresh weights"]),
        ("labs.cifar10.defaults.proxy", {"keep": 0.5}, ["labs.cifar10.defaults.proxy.network: missing"]),
        ("labs.cifar10.defaults.proxy", PROXY | {"kept": 1}, ["labs.cifar10.defaults.proxy.kept: unknown key", "keep"]),
        (f"{STRONG}.proxy", {}, [f"{STRONG}.proxy.keep: missing"]),
        (f"{STRONG}.proxy", PROXY | {"keep": 0}, [f"{STRONG}.proxy.keep: 0 found", "greater than 0"]),
        (f"{STRONG}.proxy", PROXY | {"shrink": 0}, [f"{STRONG}.proxy.shrink: 0 found"]),
        (f"{STRONG}.proxy", PROXY | {"network": {"model": "mlp"}}, [f"{STRONG}.proxy.network.model: unknown key"]),
        (f"{STRONG}.proxy", PROXY | {"first_epoch": 5}, [STRONG, "proxy.first_epoch: 5 found", "at most 4"]),
        (f"{LECTURE}.model", "mpl", [f"{LECTURE}.model", "'mpl'", "cnn, inception, mlp"]),
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
        ("labs.xor.defaults", {}, ["labs.xor.defaults: this lab computes by itself"]),
        ("labs.xor.evaluation", {}, ["labs.xor.evaluation: this lab computes by itself"]),
        ("labs.cifar10.evaluation.shifts", [2, 1], ["labs.cifar10.evaluation.shifts", "rise"]),
        ("labs.cifar10.evaluation.turns", 1, ["labs.cifar10.evaluation.turns", "unknown key"]),
        ("labs.cars.yardsticks.components", 0, ["labs.cars.yardsticks.components"]),
        ("datasets.cifar10-shuffled.shuffle_pixels", -1, ["datasets.cifar10-shuffled.shuffle_pixels"]),
        ("variants.cars-adam.dataset", "animals", ["variants.cars-adam.dataset", "'animals' contradicts", "'cars'"]),
        ("labs.fashion.reported", [], ["labs.fashion.reported: unknown key; allowed: dataset, defaults, evaluation"]),
        ("datasets.mnist.origin", "minst", ["datasets.mnist.origin", "'minst'", "'mnist'"]),
        ("datasets.mnist.origin", ..., ["datasets.mnist.origin: missing"]),
        ("datasets.mnist.validation", 0, ["datasets.mnist.validation", "0", "greater than 0"]),
        ("datasets.mnist.validation", 2.5, ["datasets.mnist", "2.5", "whole number"]),
        ("labs.descnt", {"dataset": "none"}, ["labs.descnt", "labs/descnt/lab.yaml is missing"]),
        ("labs.descnt", {}, ["labs.descnt.dataset: missing"]),
        ("labs.descent.strt", 1.0, ["labs.descent.strt: unknown key", "start, tolerance"]),
        ("labs.descent", 3, ["labs.descent: 3 found", "a mapping of keys"]),
        ("labs", [], ["labs: [] found", "a mapping of keys"]),
        ("labs.descent.iterations", 1.5, ["labs.descent.iterations: 1.5 found", "whole number"]),
        ("labs.descent.start", "left", ["labs.descent.start: 'left' found", "a number"]),
        ("labs.descent.rates.lowest", 0, ["labs.descent.rates.lowest: 0 found", "greater than 0"]),
        ("labs.descent.rates.lowest", 2, ["labs.descent.rates", "highest: 1 found; more than lowest, 2, is needed"]),
        ("labs.descent.regimes", {}, ["labs.descent.regimes: {} found; at least one key is needed"]),
        ("labs.descent.quadratic.start", [1.0], ["labs.descent.quadratic.start.1: missing"]),
        ("labs.descent.quadratic.start", [1, 2, 3], ["quadratic.start: [1, 2, 3] found", "a list of at most 2"]),
        ("labs.descent.rosenbrock.rates", {"newton": 1}, ["rosenbrock.rates: unknown key", "start"]),
        ("labs.activations.points", "a", ["labs.activations.points: 'a' found", "a list"]),
        ("labs.activations.weights", [1.0], ["labs.activations", "weights: 1 found for 2 inputs"]),
        ("labs.backprop.examples", {}, ["labs.backprop.examples: {} found; at least one key is needed"]),
        (f"{WORKED}.x", [1.0], [WORKED, "layer 1: 3 rows of 1 weights are needed"]),
        (f"{WORKED}.weights", [[[1, 2]], [[1, 2, 3]]], [WORKED, "layer 1: 3 rows of 2 weights are needed"]),
        (f"{WORKED}.weights", [[["a", 2]]], [f"{WORKED}.weights.0.0.0: 'a' found", "a number"]),
        (f"{WORKED}.biases", [[0.1, 0.2, 0.3]], [WORKED, "weights, biases and activations need one entry a layer"]),
        (f"{WORKED}.activations", ["relu", "swish"], [f"{WORKED}.activations.1: 'swish' found", "'leaky_relu'"]),
        ("labs.regression.sigmoid.hidden", [0], ["regression.sigmoid.hidden.0: 0 found", "greater than 0"]),
        ("labs.regression.sigmoid.hidden", [8, 8], ["labs.regression", "a list of one size is needed"]),
        ("labs.regression.sigmoid.noise", -1, ["regression.sigmoid.noise: -1 found", "equal to 0"]),
        ("labs.regression.cosine.snapshots", [9, 5000], ["cosine: snapshots: [9, 5000] found", "up to 4000"]),
        ("labs.regression.cosine.snapshots", [9, 5], ["cosine: snapshots: [9, 5] found", "rising"]),
        ("labs.xor.corners.hidden", 0, ["labs.xor.corners.hidden: 0 found", "greater than 0"]),
        ("labs.xor.corners.seeds", [1, 1], ["labs.xor.corners.seeds: [1, 1] found", "seeds that differ"]),
        ("labs.xor.corners.points", 3, ["labs.xor.corners.points: 3 found", "equal to 4"]),
        ("labs.xor.classes.rates.softmax", ..., ["labs.xor.classes.rates.softmax: missing"]),
        (
            "labs.xor.classes.rates.tanh",
            1,
            ["labs.xor.classes.rates.tanh: unknown key", "regressed, softmax"],
        ),
        ("labs.features", {"dataset": "none"}, ["labs.features", "another name is needed"]),
        ("labs.gradients.dataset", "fashoin", ["labs.gradients.dataset: 'fashoin' is unknown", "fashion, mnist"]),
        ("labs.gradients.dataset", ..., ["labs.gradients.dataset: missing"]),
        ("labs.gradients.initialisations", ["xavir"], ["initialisations.0: 'xavir' found", "'xavier'"]),
        ("labs.gradients.depths", [0], ["labs.gradients.depths.0: 0 found", "greater than 0"]),
        ("labs.gradients.batch_size", 1, ["labs.gradients.batch_size: 1 found", "equal to 2"]),
        ("labs.gradients.seeds", [], ["labs.gradients.seeds: [] found", "a list of at least 1"]),
        ("labs.byhand.optimizer", "adamw", ["labs.byhand.optimizer: 'adamw' found", "'adamax'"]),
        ("labs.byhand.channels", [8], ["labs.byhand.channels.1: missing"]),
        ("labs.byhand.channels", [8, 0], ["labs.byhand.channels.1: 0 found", "greater than 0"]),
        ("labs.sobel.batch_size", 501, ["labs.sobel", "batch_size: 501 found; allowed: up to images, 500"]),
        ("labs.sobel.seeds", [-1], ["labs.sobel.seeds.0: -1 found", "equal to 0"]),
        ("labs.xor", {"dataset": "none", "portable": False}, ["labs.xor.corners: missing"]),
        ("variants.words", RAW["variants"]["fashion-tanh"], ["variants.words: a lab has this name"]),
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
def test_bad_values_are_told_in_one_line(load: Callable[..., Config], key: str, value: Any, said: list[str]) -> None:
    with pytest.raises(UserError) as error:
        load(key, value)
    message = str(error.value)
    assert message.startswith("params.yaml: ")
    assert "\n" not in message
    for each in said:
        assert each in message


@pytest.mark.parametrize("text", ["", "- 1", "a: [", "\x00"])
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "params.yaml"
    file.write_text(text)
    with pytest.raises(UserError, match=r"params\.yaml"):
        whole.load(file, known=KNOWN)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing"):
        whole.load(tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("fashion-tanh]", "cifar10-mlp]", ["comparisons.activation.variants: 'cifar10-mlp' is a variant of cifar10"]),
        (
            "compared: activation",
            "compared: activation\n    tune: x",
            ["comparisons.activation.tune", "unknown key; allowed: question, variants"],
        ),
        (
            "compared: activation",
            "compared: activation\n    pairs: [[fashion-tanh, fashion-gone]]",
            ["comparisons.activation: pairs: fashion-tanh and fashion-gone found; allowed: two of its variants"],
        ),
        ("question: What", "quest: What", ["lab.yaml: question: missing"]),
    ],
)
def test_the_words_of_a_lab_are_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, said: list[str]
) -> None:
    labs = tmp_path / "labs"
    shutil.copytree(words.FOLDER, labs)
    text = (labs / "fashion/lab.yaml").read_text()
    assert old in text
    (labs / "fashion/lab.yaml").write_text(text.replace(old, new, 1))
    monkeypatch.setattr(words, "FOLDER", labs)
    with pytest.raises(UserError) as error:
        whole.load()
    for each in said:
        assert each in str(error.value)


@pytest.mark.parametrize(("page", "template"), [(True, True), (True, False), (False, True), (False, False)])
def test_a_trained_lab_has_a_page_of_its_own_where_its_folder_has_one(
    load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: bool, template: bool
) -> None:
    config = load()
    monkeypatch.setattr(words, "FOLDER", tmp_path)
    folder = tmp_path / "fashion"
    folder.mkdir()
    own, file = folder / "page.py", folder / "page.md.j2"
    for path, there in ((own, page), (file, template)):
        if there:
            path.touch()
    (stage,) = (each for each in stages(config) if each.name == "page@fashion")
    module = "nnlabs.labs.fashion.page" if page else None
    assert stage.parameters["page"] == module
    assert stage.parameters["template"] == ("fashion/page.md.j2" if template else None)
    assert (module in stage.modules, file in stage.files) == (page, template)
