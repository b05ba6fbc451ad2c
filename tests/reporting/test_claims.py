"""Claims of the sources: each verdict is computed, and turns with the numbers."""

import re
from collections.abc import Callable, Mapping
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from madelab import LAB, Parameters, Told, page, told, write_all

from nnlabs.core import paths
from nnlabs.core.files import write_json
from nnlabs.reporting import places
from nnlabs.reporting.claims import calculations, depth, networks, printed, speed, verdicts
from nnlabs.reporting.claims import page as claims_page
from nnlabs.reporting.claims.evidence import AbsentError, Evidence
from nnlabs.reporting.claims.verdicts import ANSWERED, FAILS, HOLDS, INSIDE, OPEN, PARTLY, UNTESTED, Finding
from nnlabs.reporting.results import Results, collect

Make = Callable[..., Parameters]
HIGH, MIDDLE, LOW = told(0.80, 0.81, 0.79), told(0.69, 0.70, 0.71), told(0.61, 0.59, 0.60)
WIDE = told(0.5, 0.9, 0.7)
ONE = told(0.95)


class Made(Evidence):
    """Evidence of made labs: trained ones by their results, others by what they computed."""

    def __init__(self, trained: Mapping[str, Results] | None = None, computed: Mapping[str, Any] | None = None) -> None:
        super().__init__([])
        self._trained_labs, self._computed_labs = trained or {}, computed or {}
        self.trained = self._of_trained  # type: ignore[assignment]
        self.computed = self._of_computed  # type: ignore[assignment]

    def _of_trained(self, lab: str) -> Results:
        if lab not in self._trained_labs:
            raise AbsentError(lab)
        return self._trained_labs[lab]

    def _of_computed(self, lab: str) -> Any:
        if lab not in self._computed_labs:
            raise AbsentError(lab)
        return self._computed_labs[lab]

    def told(self, lab: str) -> dict[str, Any]:
        return {"reported": []}


@pytest.fixture
def trained(make_lab: Make) -> Callable[..., Made]:
    """Evidence of one trained lab with these variants."""

    def make(lab: str, variants: dict[str, Told], **more: Any) -> Made:
        return Made({lab: collect(make_lab(variants, **more))})

    return make


# ---------------------------------------------------------------- the data file


def test_every_claim_can_be_told() -> None:
    content = claims_page.read()
    labs = yaml.safe_load(Path("params.yaml").read_text())["labs"]
    assert len({each.key for each in content.claims}) == len(content.claims)
    assert {each.source for each in content.claims} == content.sources.keys()
    for each in content.claims:
        assert each.quote[-1] in ".)" and not set("<>|`$") & set(each.quote.replace("|z|", "")), each.key
        assert each.lab is None or each.lab in labs, each.key
        assert bool(each.measure) != bool(each.why), each.key
        if each.measure:
            module, function = each.measure.split(".")
            assert callable(getattr(claims_page.MODULES[module], function)), each.key
            assert each.lab and each.clock == (module == "speed")


# ---------------------------------------------------------------- rules


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        ((0.80, 0.81, 0.79), (0.61, 0.59, 0.60), HOLDS),
        ((0.61, 0.59, 0.60), (0.80, 0.81, 0.79), FAILS),
        ((0.80, 0.60, 0.70), (0.75, 0.66, 0.71), OPEN),
        ((0.80, 0.81), (0.60, 0.61), OPEN),  # two seeds say nothing
        ((0.80,), (0.60,), OPEN),
        ((0.80, 0.80, 0.80), (0.60, 0.60, 0.60), OPEN),  # nor does no spread
    ],
)
def test_nothing_is_better_but_by_an_interval(ours: tuple[float], theirs: tuple[float], verdict: str) -> None:
    found = verdicts.compared_by_seed(dict(enumerate(ours)), dict(enumerate(theirs)))
    assert verdicts.higher(found) == verdict
    text = verdicts.said(found, "one", "other")
    assert "nan" not in text
    assert ("too few" in text) == (len(ours) < 3)
    assert ("less than" in text) == (np.mean(ours) < np.mean(theirs))


def test_one_more_run_lies_wider_than_the_mean() -> None:
    # s = 1, S = 3, t = 4.3027: 4.3027 √(4/3) = 4.9683
    assert verdicts.prediction([9, 10, 11]) == pytest.approx(4.9683, abs=1e-4)
    assert verdicts.prediction([9, 10, 11], other_images=3) == pytest.approx(np.hypot(4.9683, 3), abs=1e-4)
    assert isnan(verdicts.prediction([10]))


@pytest.mark.parametrize(
    ("figure", "values", "verdict"),
    [
        (14.9, [9, 10, 11], INSIDE),
        (15.0, [9, 10, 11], FAILS),
        (10, [9, 11], OPEN),
        (10, [10], OPEN),
        (10, [10, 10, 10], OPEN),
    ],
)
def test_a_figure_of_one_run(figure: float, values: list[float], verdict: str) -> None:
    assert verdicts.one_run(figure, values) == verdict


def test_verdicts_of_several() -> None:
    assert [verdicts.of_parts(each) for each in ([True, True], [True, False], [False])] == [HOLDS, PARTLY, FAILS]
    assert verdicts.together([HOLDS, HOLDS]) == HOLDS
    assert verdicts.together([HOLDS, FAILS]) == PARTLY
    assert verdicts.together([OPEN, FAILS]) == FAILS
    assert verdicts.together([OPEN, HOLDS]) == OPEN
    assert verdicts.of_measurements([HOLDS, OPEN]) == verdicts.of_measurements([FAILS, HOLDS]) == PARTLY
    assert [verdicts.of_measurements([each, each]) for each in (HOLDS, FAILS, OPEN)] == [HOLDS, FAILS, OPEN]
    assert verdicts.of_measurements([FAILS, OPEN]) == FAILS
    assert verdicts.tally([HOLDS, FAILS, FAILS, "odd"]) == "1 holds, 2 do not hold and 1 odd"


# ---------------------------------------------------------------- trained networks


@pytest.mark.parametrize(
    ("cnn", "mlp", "verdict"),
    [(HIGH, LOW, HOLDS), (LOW, HIGH, FAILS), (HIGH, HIGH, OPEN), (WIDE, LOW, OPEN), (ONE, LOW, OPEN)],
)
def test_better_is_what_the_interval_says(trained: Callable[..., Made], cnn: Told, mlp: Told, verdict: str) -> None:
    evidence = trained("cifar10", {"cifar10-cnn": cnn, "cifar10-mlp": mlp})
    for function in (networks.cnn_better, networks.cifar_mlp):
        assert function(evidence).verdict == verdict
    with pytest.raises(AbsentError, match="cifar10-strong"):
        networks.far_better(evidence)


@pytest.mark.parametrize(
    ("ours", "others", "edition", "verdict"),
    [
        (HIGH, (LOW, LOW), "original", HOLDS),
        (HIGH, (LOW, LOW), "embedded", OPEN),
        (LOW, (HIGH, LOW), "original", FAILS),
        (HIGH, (HIGH, LOW), "original", OPEN),
        (HIGH, (WIDE, LOW), "original", OPEN),
        (ONE, (LOW, LOW), "original", OPEN),
    ],
)
def test_the_best_of_the_grid(
    trained: Callable[..., Made], ours: Told, others: tuple[Told, ...], edition: str, verdict: str
) -> None:
    run = {"objects3-lr0p001-h50-b32": Told(ours.test, training=0.9)}
    variants = run | {f"other{i}": Told(each.test, training=0.8) for i, each in enumerate(others)}
    finding = networks.run_4(trained("objects3", variants, edition=edition))
    assert finding.verdict == verdict
    assert ("stand in" in finding.measured) == (edition == "embedded")
    assert f"of {1 + len(others)} variants" in finding.measured


def test_a_grid_of_one_is_no_grid(trained: Callable[..., Made]) -> None:
    with pytest.raises(AbsentError):
        networks.run_4(trained("objects3", {"objects3-lr0p001-h50-b32": HIGH}))


@pytest.mark.parametrize(
    ("adamax", "adam", "verdict"), [(WIDE, MIDDLE, HOLDS), (HIGH, LOW, FAILS), (LOW, HIGH, FAILS), (ONE, LOW, OPEN)]
)
def test_it_is_hard_to_say_where_the_interval_holds_zero(
    trained: Callable[..., Made], adamax: Told, adam: Told, verdict: str
) -> None:
    finding = networks.adam_or_adamax(trained("cars", {"cars-adam": adam, "cars-adamax": adamax}))
    assert finding.verdict == verdict
    assert ("is excluded" in finding.measured) == (verdict == HOLDS)
    assert "nan" not in finding.measured


@pytest.mark.parametrize(("some", "verdict"), [(HIGH, HOLDS), (LOW, FAILS), (WIDE, OPEN)])
def test_freezing_is_good_where_it_is_better(trained: Callable[..., Made], some: Told, verdict: str) -> None:
    evidence = trained("dogs", {"dogs-none": MIDDLE, "dogs-some": some, "dogs-all": LOW})
    assert networks.freezing(evidence).verdict == verdict


def _moved(evidence: Made, lab: str, fallen: Mapping[str, tuple[float, float]]) -> Made:
    """With accuracy before and after a shift of 8 pixels, three seeds of each variant, of ten classes."""
    for key, (before, after) in fallen.items():
        by_seed = [[before + each, after + each] for each in (-0.01, 0.0, 0.01)]
        known = evidence.trained(lab).shown[key].scores
        object.__setattr__(known, "shifts", {"images": 2000, "pixels": [0, 8], "accuracy": by_seed})
        known.data["classes"] = [*"abcdefghij"]
    return evidence


SMALL = ("cifar10-mlp-ordered", "cifar10-cnn-ordered")


@pytest.mark.parametrize(
    ("mlp", "cnn", "verdict"),
    [
        ((0.50, 0.20), (0.70, 0.60), HOLDS),  # 75 % of what is known against 17 %
        ((0.50, 0.40), (0.70, 0.20), PARTLY),
        ((0.50, 0.49), (0.70, 0.30), FAILS),
        ((0.50, 0.30), (0.70, 0.40), OPEN),  # half of either
    ],
)
def test_moved_objects(
    trained: Callable[..., Made], mlp: tuple[float, float], cnn: tuple[float, float], verdict: str
) -> None:
    evidence = trained("cifar10", dict.fromkeys(SMALL, MIDDLE))
    with pytest.raises(AbsentError, match="were not moved"):
        networks.objects_move(evidence)
    found = networks.objects_move(_moved(evidence, "cifar10", dict(zip(SMALL, (mlp, cnn), strict=True))))
    assert found.verdict == verdict
    assert "moved by 8 pixels" in found.measured and "beyond guessing" in found.measured


@pytest.mark.parametrize(("after", "verdict"), [(0.4, PARTLY), (0.9, FAILS), (0.95, FAILS)])
def test_centred_digits(trained: Callable[..., Made], after: float, verdict: str) -> None:
    evidence = _moved(trained("digits", {"digits-mlp-plain": MIDDLE}), "digits", {"digits-mlp-plain": (0.95, after)})
    found = networks.mnist_preprocessing(evidence)
    assert found.verdict == verdict
    assert f"gets 95.0 % right as they are, centred, and {100 * after:.1f} % where" in found.measured


@pytest.mark.parametrize(
    ("value", "half", "verdict"),
    [(0.02, 0.01, FAILS), (0.003, 0.005, HOLDS), (-0.02, 0.01, HOLDS), (0.008, 0.01, OPEN), (0.0, None, OPEN)],
)
def test_sizes_beyond_the_inputs(value: float, half: float | None, verdict: str) -> None:
    measured = {
        "inputs": 784,
        "classes": 10,
        "rules": {"two-thirds": 529},
        "widths": [{"units": units, "validation": [0.87, 0.89]} for units in (10, 529, 800)],
        "differences": {"size.two-thirds.800": {"value": value, "half": half}},
    }
    found = networks.size_between(Made(computed={"rules": ({"measured": measured}, {})}))
    assert found.verdict == verdict and "800 units, more than the 784 inputs" in found.measured
    measured["widths"].pop()  # type: ignore[attr-defined]
    with pytest.raises(AbsentError, match="no size beyond"):
        networks.size_between(Made(computed={"rules": ({"measured": measured}, {})}))


def test_gaps_of_mlp_and_cnn(trained: Callable[..., Made]) -> None:
    def runs(*gaps: float) -> dict[int, list[tuple[float, float, float, float]]]:
        return {seed: [(1.0, 0.5 + gap, 1.0, 0.5)] for seed, gap in enumerate(gaps)}

    large, small = runs(0.2, 0.21, 0.19), runs(0.11, 0.09, 0.1)
    for gaps, scores, verdict in (
        ((large, small), (LOW, HIGH), HOLDS),
        ((large, small), (HIGH, LOW), PARTLY),  # a larger gap, and a better score for it
        ((large, small), (HIGH, HIGH), PARTLY),
        ((small, large), (LOW, HIGH), PARTLY),  # more parameters, and a smaller gap
        ((large, large), (LOW, HIGH), OPEN),
    ):
        keys = ("digits-mlp-wide", "digits-mlp-plain")
        made = {key: Told(score.test, runs=gap) for key, gap, score in zip(keys, gaps, scores, strict=True)}
        evidence = trained("digits", made)
        object.__setattr__(evidence.trained("digits").shown["digits-mlp-wide"].scores, "parameters", 9_999)
        found = networks.mlp_parameters(evidence)
        assert found.verdict == verdict and "has 9,999 parameters" in found.measured


SHUFFLED = ("cifar10-mlp-shuffled", "cifar10-mlp-ordered", "cifar10-cnn-shuffled", "cifar10-cnn-ordered")
NARROW, AS_WELL = told(0.70, 0.701, 0.699), told(0.70, 0.7005, 0.6995)


@pytest.mark.parametrize(
    ("mlp", "mlp_ordered", "cnn", "cnn_ordered", "unused", "used"),
    [
        (NARROW, AS_WELL, LOW, HIGH, HOLDS, HOLDS),
        (LOW, AS_WELL, LOW, HIGH, PARTLY, PARTLY),  # the MLP loses, too
        (NARROW, AS_WELL, HIGH, LOW, HOLDS, PARTLY),
        (WIDE, AS_WELL, LOW, HIGH, OPEN, OPEN),
        (ONE, AS_WELL, LOW, HIGH, OPEN, OPEN),
    ],
)
def test_what_shuffled_pixels_cost(
    trained: Callable[..., Made], mlp: Told, mlp_ordered: Told, cnn: Told, cnn_ordered: Told, unused: str, used: str
) -> None:
    variants = dict(zip(SHUFFLED, (mlp, mlp_ordered, cnn, cnn_ordered), strict=True))
    evidence = trained("cifar10", variants | {"cifar10-cnn": HIGH, "cifar10-mlp": LOW})
    one, other = networks.structure_unused(evidence), networks.structure_used(evidence)
    assert (one.verdict, other.verdict) == (unused, used)
    assert "shuffled in the same way" in one.measured and "nan" not in one.measured + other.measured
    with pytest.raises(AbsentError, match="cifar10-mlp-ordered"):
        networks.structure_unused(trained("cifar10", {"cifar10-mlp-shuffled": HIGH}))


@pytest.mark.parametrize(("edition", "verdict"), [("embedded", UNTESTED), ("original", FAILS)])
def test_the_number_of_images_is_that_of_the_set_itself(
    trained: Callable[..., Made], edition: str, verdict: str
) -> None:
    assert networks.afhq_size(trained("animals", {"a": HIGH}, edition=edition)).verdict == verdict


# ---------------------------------------------------------------- deep networks


def pair(name: str, apart: float | None, first: float | None = 2.3, last: float | None = 1.0) -> dict[str, Any]:
    losses = [{"first": first, "last": last}] * 3
    return {"name": name, "layers_start": [apart] * 3, "losses": {"2": losses, "30": losses}}


LEVEL, APART = 2.0, 1e9


def deep(*pairs: dict[str, Any]) -> Made:
    return Made(computed={"gradients": ({"pairs": list(pairs)}, {})})


@pytest.mark.parametrize(
    ("relu", "sigmoid", "verdict"),
    [(LEVEL, APART, HOLDS), (APART, LEVEL, FAILS), (LEVEL, LEVEL, FAILS), (None, None, FAILS)],
)
def test_relu_against_vanishing(relu: float | None, sigmoid: float | None, verdict: str) -> None:
    finding = depth.relu_gradient(deep(pair("he.relu", relu), pair("he.sigmoid", sigmoid)))
    assert finding.verdict == verdict
    assert "depth 30" in finding.measured


@pytest.mark.parametrize(
    ("sigmoid", "tanh", "verdict"), [(APART, APART, HOLDS), (APART, LEVEL, PARTLY), (LEVEL, LEVEL, FAILS)]
)
def test_two_culprits(sigmoid: float, tanh: float, verdict: str) -> None:
    assert depth.deep_vanishing(deep(pair("xavier.sigmoid", sigmoid), pair("xavier.tanh", tanh))).verdict == verdict


def test_exploding_is_a_loss_a_thousand_times_the_other() -> None:
    for large, verdict in ((1e20, HOLDS), (None, HOLDS), (3.0, FAILS)):
        finding = depth.deep_exploding(deep(pair("normal.relu", APART, first=large), pair("he.relu", LEVEL)))
        assert finding.verdict == verdict
        assert "inf" not in finding.measured and "None" not in finding.measured


@pytest.mark.parametrize(
    ("relu", "tanh", "verdict"),
    [(1e20, 2.0, HOLDS), (np.inf, 2.0, HOLDS), (1e20, 1e9, PARTLY), (3.0, 2.0, FAILS), (3.0, 1e9, FAILS)],
)
def test_an_activation_with_a_bound_may_explode_too(relu: float, tanh: float, verdict: str) -> None:
    arrays = {
        f"normal.{name}.{depth}": np.full((3, 2, depth), norm if depth == 30 else 1.0)
        for name, norm in (("relu", relu), ("tanh", tanh))
        for depth in (2, 30)
    }
    pairs = [pair("normal.relu", APART), pair("normal.tanh", APART)]
    finding = depth.relu_unbounded(Made(computed={"gradients": ({"pairs": pairs}, arrays)}))
    assert finding.verdict == verdict
    assert ("not the only reason" in finding.measured) == (verdict == PARTLY)
    assert "inf" not in finding.measured


@pytest.mark.parametrize(
    ("he", "others", "verdict"), [(1.0, 2.3, HOLDS), (1.0, 1.0, FAILS), (2.3, 2.3, FAILS), (None, 2.3, FAILS)]
)
def test_he_is_for_relu(he: float | None, others: float, verdict: str) -> None:
    pairs = [pair("he.relu", 2, last=he), *(pair(f"{each}.relu", 2, last=others) for each in ("xavier", "lecun"))]
    assert depth.he_for_relu(deep(*pairs)).verdict == verdict


def test_remedies_are_held_against_the_same_network_without() -> None:
    skip, norm = "lecun.sigmoid.skip connections", "normal.sigmoid.batch normalisation"
    without = [pair(each, APART) for each in ("he.sigmoid", "normal.sigmoid", "lecun.sigmoid")]
    others = [pair(f"lecun.{each}.skip connections", LEVEL) for each in ("tanh", "relu")]
    for mended, verdict in (((LEVEL,) * 3, HOLDS), ((LEVEL, APART, LEVEL), PARTLY), ((APART,) * 3, FAILS)):
        pairs = [pair(name, apart) for name, apart in zip(("he.relu", norm, skip), mended, strict=True)]
        assert depth.vanishing_solutions(deep(*without, *pairs)).verdict == verdict
    assert depth.skip_connections(deep(*without, *others, pair(skip, LEVEL))).verdict == HOLDS
    finding = depth.skip_connections(deep(*without, *others, pair(skip, LEVEL, last=None)))
    assert finding.verdict == PARTLY
    assert "below its first, in every seed, with tanh and ReLU, and not with the sigmoid" in finding.measured


def test_learning_has_to_be_in_every_seed() -> None:
    some = pair("he.relu", LEVEL)
    some["losses"] = {"30": [{"first": 2.3, "last": last} for last in (1.0, 1.0, 2.2)]}
    others = [pair(f"{each}.relu", LEVEL, last=2.3) for each in ("xavier", "lecun")]
    finding = depth.he_for_relu(deep(some, *others))
    assert finding.verdict == FAILS
    assert "with none of these: He's weights, Xavier's weights and LeCun's weights" in finding.measured


def test_a_pair_that_is_not_there() -> None:
    with pytest.raises(AbsentError, match="he relu"):
        depth.relu_gradient(deep())


# ---------------------------------------------------------------- calculations


def corners(line: float, network: float) -> Made:
    runs = [{"seed": seed, "line": line, "network": network} for seed in range(3)]
    return Made(computed={"xor": ({"corners": {"runs": runs}}, {})})


@pytest.mark.parametrize(("line", "network", "verdict"), [(0.5, 1.0, HOLDS), (0.9, 1.0, FAILS), (0.5, 0.6, FAILS)])
def test_a_line_fails_where_a_hidden_layer_does_not(line: float, network: float, verdict: str) -> None:
    assert calculations.line_or_hidden_layer(corners(line, network)).verdict == verdict


@pytest.mark.parametrize(
    ("softmax", "regressed", "verdict"),
    [
        ((0.9, 0.91, 0.92), (0.8, 0.81, 0.79), HOLDS),
        ((0.8, 0.81, 0.79), (0.9, 0.91, 0.92), FAILS),
        ((0.9,), (0.8,), OPEN),
    ],
)
def test_softmax_or_one_output(softmax: tuple[float], regressed: tuple[float], verdict: str) -> None:
    runs = [
        {"seed": i, "softmax": {"accuracy": a}, "regressed": {"accuracy": b}}
        for i, (a, b) in enumerate(zip(softmax, regressed, strict=True))
    ]
    assert calculations.softmax_output(Made(computed={"xor": ({"classes": runs}, {})})).verdict == verdict


@pytest.mark.parametrize(
    ("losses", "verdict"),
    [
        ([100, *np.linspace(10, 1, 99)], HOLDS),
        (np.linspace(100, 1, 100), FAILS),  # a line: a tenth of the fall in the first tenth
        ([100, *[10] * 99], FAILS),  # flat, but it falls no more
        (np.linspace(1, 100, 100), FAILS),
    ],
)
def test_steep_then_flat(losses: Any, verdict: str) -> None:
    evidence = Made(computed={"xor": ({}, {"corners.losses": np.array(losses, float)})})
    assert calculations.steep_then_flat(evidence).verdict == verdict


@pytest.mark.parametrize(
    ("errors", "verdict"), [([[3, 2, 1], [4, 2, 1]], HOLDS), ([[3, 2, 1], [1, 2, 1]], PARTLY), ([[1, 2, 3]], FAILS)]
)
def test_nearer_at_every_snapshot(errors: list[list[float]], verdict: str) -> None:
    curves = {"curves": {"sigmoid": {"errors": errors}, "cosine": {"errors": errors}}}
    evidence = Made(computed={"regression": (curves, {})})
    assert calculations.approaches_the_sigmoid(evidence).verdict == verdict
    assert calculations.cosine(evidence).verdict == FAILS
    curves["curves"]["cosine"] = {"errors": [[1, 0.001]]}
    assert calculations.cosine(evidence).verdict == HOLDS


def test_the_filter_is_learned_in_part_or_not() -> None:
    for error, verdict in ((1e-4, PARTLY), (0.5, FAILS)):
        results = {"images": 500, "kernels": {"horizontal": {"errors": [error]}, "vertical": {"errors": [1e-5]}}}
        assert calculations.sobel_trainable(Made(computed={"sobel": (results, {})})).verdict == verdict


def test_functions_are_what_they_are() -> None:
    assert calculations.sigmoid_saturates(Made()).verdict == HOLDS
    assert calculations.sigmoid_positive(Made()).verdict == HOLDS
    assert calculations.tanh_steeper(Made()).verdict == PARTLY  # at z = 5 it is the flatter one
    results = {"epochs": 100, "images": 3000, "runs": [{"numpy": {"test": 0.9}}]}
    assert calculations.numpy_cnn(Made(computed={"byhand": (results, {})})).verdict == ANSWERED


# ---------------------------------------------------------------- seconds


@pytest.mark.parametrize(
    ("slow", "quick", "verdict"),
    [((2.0, 2.1), (1.0, 1.1), HOLDS), ((1.0, 1.1), (2.0,), FAILS), ((1.0, 3.0), (2.0,), OPEN)],
)
def test_slower_is_every_run(
    trained: Callable[..., Made], monkeypatch: pytest.MonkeyPatch, slow: tuple[float], quick: tuple[float], verdict: str
) -> None:
    ids = ("fashion-sigmoid", "fashion-tanh", "fashion-medium", "cars-adam", "cars-adamax")
    evidence = trained("fashion", dict.fromkeys(ids, HIGH))
    evidence._trained_labs = {**evidence._trained_labs, "cars": evidence.trained("fashion")}  # type: ignore[assignment]
    monkeypatch.setattr(evidence, "seconds", lambda *_: [list(slow), list(slow), list(quick)])
    costly = speed.sigmoid_costly(evidence)
    assert costly.verdict == verdict and "s with tanh and" in costly.measured and "s with ReLU (" in costly.measured
    monkeypatch.setattr(evidence, "seconds", lambda *_: [list(slow), list(quick)])
    assert speed.adam_adamax_speed(evidence).verdict == ANSWERED


# ---------------------------------------------------------------- printed figures


@pytest.mark.parametrize(
    ("value", "text", "factors", "verdict"),
    [
        (0.5969, "0.597", (), HOLDS),
        (0.5959, "0.597", (), FAILS),
        (-0.00415, "-0.00413", (0.6, -0.0282, 0.574, 0.426), PARTLY),
        (-0.00351, "-0.00341", (0.5, -0.0282, 0.542, 0.458), FAILS),
        (2.0, "2", (), HOLDS),
    ],
)
def test_an_exact_number_and_its_step(value: float, text: str, factors: tuple[float, ...], verdict: str) -> None:
    figure = printed._exact("x", value, text, factors)
    assert figure.verdict == verdict
    assert "-" not in figure.here + figure.printed  # true minus signs


FIGURES = [
    {"what": "test accuracy", "variant": "a", "split": "test", "metric": "accuracy", "value": "80"},
    {"what": "test loss", "variant": "a", "split": "test", "metric": "loss", "value": "0.5"},
    {"what": "of a class", "variant": "a", "split": "test", "metric": "accuracy", "value": "99", "class_name": "disc"},
    {"what": "training", "variant": "a", "split": "train", "metric": "accuracy", "value": "60", "epoch": "1"},
    {"what": "validation", "variant": "a", "split": "validation", "metric": "accuracy", "value": "70", "epoch": "1"},
    {"what": "its loss", "variant": "a", "split": "validation", "metric": "loss", "value": "9", "epoch": "1"},
    {"what": "beyond", "variant": "a", "split": "train", "metric": "loss", "value": "1", "epoch": "9"},
    {"what": "of nobody", "variant": "gone", "split": "train", "metric": "loss", "value": "1"},
]


def test_figures_of_a_run_stand_beside_one_more_run(trained: Callable[..., Made]) -> None:
    evidence = trained("fashion", {"a": HIGH}, reported=FIGURES)
    found = {each.what: each for each in printed._runs(evidence)}
    assert "of nobody" not in found
    verdict = {what: each.verdict for what, each in found.items()}
    assert verdict["test accuracy"] == INSIDE and found["test accuracy"].here == "80.00 ± 4.97 %"
    assert verdict["of a class"] == FAILS  # 70 ± 5
    assert verdict["test loss"] == OPEN  # the made losses do not vary
    assert verdict["validation"] == INSIDE  # nor these accuracies, but images do
    assert verdict["its loss"] == OPEN
    assert verdict["beyond"] == UNTESTED and found["beyond"].here == "–"
    assert verdict["test images"] == FAILS  # 30 of the made set, 10,000 there


@pytest.mark.parametrize(
    ("split", "metric", "value", "verdict"),
    [
        ("train", "accuracy", "71", INSIDE),
        ("train", "accuracy", "5", OPEN),  # their epoch has more updates
        ("train", "loss", "9", OPEN),
        ("validation", "loss", "9", OPEN),
        ("validation", "accuracy", "5", FAILS),
        ("test", "accuracy", "5", FAILS),
    ],
)
def test_a_figure_of_another_epoch_refutes_nothing(
    trained: Callable[..., Made], split: str, metric: str, value: str, verdict: str
) -> None:
    runs = {seed: [(1.0 + part, 0.71 + part, 1.0 + part, 0.7)] for seed, part in enumerate((-0.01, 0.0, 0.01))}
    figure = {"what": "x", "variant": "a", "split": split, "metric": metric, "value": value, "epoch": "1"}
    if split == "test":
        del figure["epoch"]
    evidence = trained("fashion", {"a": Told(HIGH.test, runs=runs)}, reported=[figure])
    (found,) = (each for each in printed._runs(evidence) if each.what == "x")
    assert found.verdict == verdict


def test_of_one_seed_nothing_is_said(trained: Callable[..., Made]) -> None:
    found = {each.what: each for each in printed._runs(trained("fashion", {"a": ONE}, reported=FIGURES))}
    assert found["test accuracy"].verdict == OPEN and found["test accuracy"].here == "95.00 %"


# ---------------------------------------------------------------- the page


def test_without_the_labs_everything_is_untested(make_lab: Make) -> None:
    write_all(make_lab({"a": HIGH}))
    text = page("claims.md")
    content = claims_page.read()
    assert f"Of {sum(not each.clock for each in content.claims)} claims" in text
    assert text.count("**Untested here**") == sum(not each.clock for each in content.claims)
    assert "this report has no lab `cars`" in text and "<table" not in text and "| figure" not in text
    for odd in ("nan", "None", "{{", "Undefined"):
        assert odd not in text


def test_seconds_stand_on_the_run_page_alone(make_lab: Make) -> None:
    write_all(make_lab({"a": HIGH}))
    clocked = [each.quote for each in claims_page.read().claims if each.clock]
    assert clocked
    for quote in clocked:
        assert quote in page("run/pages/claims.md") and quote not in page("claims.md")


def test_what_a_lab_found_itself_overrules(make_lab: Make) -> None:
    settings = make_lab({"a": HIGH})
    own = [
        {"key": "dying-relu", "claim": "x", "source": "s", "measured": "12 % are dead.", "verdict": HOLDS},
        {"key": "new", "claim": "Something new.", "source": "Week 9, 1", "measured": "It is so", "verdict": FAILS},
    ]
    results = {"data": {"content": {}}, "results": {"claims": own}}
    folder = paths.computed("descent")
    write_json(folder / "results.json", results)
    (folder / "arrays.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    labs = [settings | {"computes": False}, {"lab": "descent", "computes": True, "variants": []}]
    with_pages = places.run_pages()
    with_pages.mkdir(parents=True)
    claims_page.write(labs, sample=False, run_pages=with_pages)
    text = page("claims.md")
    (line,) = (line for line in text.splitlines() if "dying neurons: neurons" in line)
    assert line.startswith("- **Holds**: ") and "Here: 12 % are dead. [More](descent.md)." in line
    assert '- **Does not hold**: "Something new." (Week 9, 1). Here: It is so. [More](descent.md).' in text


@pytest.mark.parametrize(("found", "verdict"), [(HIGH, HOLDS), (LOW, PARTLY), (WIDE, PARTLY), (ONE, PARTLY)])
def test_two_measurements_of_one_claim_stand_side_by_side(
    trained: Callable[..., Made], monkeypatch: pytest.MonkeyPatch, found: Told, verdict: str
) -> None:
    (claim,) = (each for each in claims_page.read().claims if each.key == "tanh-over-sigmoid")
    evidence = trained("fashion", {"fashion-tanh": found, "fashion-sigmoid": MIDDLE})
    monkeypatch.setattr(evidence, "told", lambda lab: {"title": f"The lab {lab}"})
    brought = {"lab": "rules", "measured": "tanh 41, sigmoid 60.", "verdict": HOLDS}
    told = claims_page.judged(claim, evidence, brought)
    assert told.verdict == verdict and told.lab == "rules"
    assert told.measured.startswith("tanh 41, sigmoid 60. In [The lab fashion](fashion.md) test accuracy: ")
    assert told.measured.endswith("which of its properties is the reason is not measured")
    alone = claims_page.judged(claim, Made(), brought)
    assert (alone.measured, alone.verdict) == ("tanh 41, sigmoid 60", HOLDS)


def test_a_measure_that_lacks_its_lab_says_so() -> None:
    claim = next(each for each in claims_page.read().claims if each.measure)
    finding = claims_page._measured(claim, Evidence([]))
    assert finding.verdict == UNTESTED and "no lab" in finding.measured
    assert isinstance(finding, Finding)


def test_bytes_repeat(make_lab: Make) -> None:
    settings = make_lab({"a": HIGH, "b": LOW})
    write_all(settings)
    first = page("claims.md")
    write_all(settings)
    assert page("claims.md") == first
    assert re.search(r"\n\n\n", first) is None and LAB not in first
