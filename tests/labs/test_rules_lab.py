"""Rules of thumb: networks side by side are networks alone, and a verdict is what the numbers say."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from computedlab import Pages, answer, compute, settings

from nnlabs.core.errors import UserError
from nnlabs.core.record import Arrays
from nnlabs.labs.common.means import Difference
from nnlabs.labs.rules import stack as stacks
from nnlabs.labs.rules import stuck
from nnlabs.labs.rules.claims import claims
from nnlabs.labs.rules.compute import LAYERS, _reached
from nnlabs.labs.rules.page import NAMES, metrics, networks
from nnlabs.labs.rules.results import FAILS, HOLDS, OPEN, PARTLY, Claim, Ends, Measured, Results, Scale
from nnlabs.labs.rules.stack import Stack, adam, clip, descent, train

IMAGES = torch.from_numpy(np.random.default_rng(0).normal(size=(12, 5)).astype(np.float32))
LABELS = torch.arange(12) % 3


# ---------------------------------------------------------------- networks side by side


@pytest.mark.parametrize("activation", stacks.ACTIVATIONS)
def test_networks_side_by_side_are_those_alone(activation: str) -> None:
    together = Stack([5, 4, 4, 3], activation, [0, 7], bias=0.1)
    losses = train(together, adam(together, 0.01), IMAGES, LABELS, [0, 7], 4, 6)
    assert losses.shape == (2, 6)
    for i, seed in enumerate((0, 7)):
        alone = Stack([5, 4, 4, 3], activation, [seed], bias=0.1)
        assert train(alone, adam(alone, 0.01), IMAGES, LABELS, [seed], 4, 6)[0] == pytest.approx(losses[i], rel=1e-5)
        for one, other in zip(alone.parameters, together.parameters, strict=True):
            torch.testing.assert_close(one[0], other[i], rtol=1e-4, atol=1e-6)


def test_a_network_of_the_stack_is_pytorchs() -> None:
    stack = Stack([5, 4, 3], "relu", [3])
    losses = stack.gradients(IMAGES[None], LABELS[None])
    w1, b1, w2, b2 = (each.detach().clone().requires_grad_() for each in stack.parameters)
    loss = torch.nn.functional.cross_entropy(torch.relu(IMAGES @ w1[0] + b1[0]) @ w2[0] + b2[0], LABELS)
    loss.backward()
    assert losses.item() == pytest.approx(loss.item(), rel=1e-6)
    for mine, theirs in zip(stack.parameters, (w1, b1, w2, b2), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad)
    # one array for all is as good as a copy for each
    torch.testing.assert_close(stack.hidden(IMAGES)[-1], stack.hidden(IMAGES[None])[-1])
    torch.testing.assert_close(stack.losses(IMAGES, LABELS), stack.losses(IMAGES[None], LABELS[None]))


def test_clipping_shortens_each_network_for_itself() -> None:
    stack = Stack([5, 4, 3], "relu", [0, 1], factor=3.0)
    stack.gradients(IMAGES.expand(2, -1, -1), LABELS.expand(2, -1))
    before = [each.grad.clone() for each in stack.parameters]  # type: ignore[union-attr]
    norms = torch.stack([each.flatten(1).norm(dim=1) for each in before]).norm(dim=0)
    largest = float(norms.min()) * 1.0001  # between the two
    clip(stack, largest)
    shorter = int(norms.argmax())
    for each, old in zip(stack.parameters, before, strict=True):
        assert each.grad is not None
        torch.testing.assert_close(each.grad[1 - shorter], old[1 - shorter])
        torch.testing.assert_close(each.grad[shorter], old[shorter] * largest / norms[shorter])


def test_equal_weights_stay_equal_and_a_loss_is_reached_when_it_is() -> None:
    stack = Stack([5, 4, 3], "relu", [0, 1])
    with torch.no_grad():
        for weight in stack.parameters[::2]:
            weight.fill_(0.1)
    train(stack, descent(stack, 0.1), IMAGES, LABELS, [0, 1], 4, 9)
    weight = stack.parameters[0].detach()
    torch.testing.assert_close(weight, weight[:, :, :1].expand_as(weight))
    falling = np.linspace(1.0, 0.0, 101)
    assert _reached(falling, 0.5) == 61  # the mean of steps 42 to 61 is that of 0.59 and 0.40
    assert _reached(falling + 1, 0.5) is None


def test_images_that_are_not_there_are_told() -> None:
    with pytest.raises(UserError, match=r"labs\.rules\.images: 31 found; allowed: up to the 30 training images"):
        compute("rules", images=31)
    with pytest.raises(ValueError, match=r"rates: .* allowed: rising ones"):
        settings("rules", rates=[0.1, 0.01])
    with pytest.raises(ValueError, match="batch_size: 21 found; allowed: up to images, 20"):
        settings("rules", batch_size=21)


# ---------------------------------------------------------------- verdicts


@cache
def _once() -> Results:
    results: Results = compute("rules")[0]
    return results


@pytest.fixture
def measured() -> Measured:
    return _once().measured


def judged(measured: Measured, **differences: tuple[float, float | None]) -> dict[str, Claim]:
    """Claims with other differences; `__` stands for '-', `_` for '.'."""
    found = {key.replace("__", "-").replace("_", "."): Difference(*each) for key, each in differences.items()}
    changed = replace(measured, differences=measured.differences | found)
    return {each.key: each for each in claims(changed, settings("rules"))}


def test_every_claim_has_a_key_a_source_a_measurement_and_a_verdict(measured: Measured) -> None:
    found = claims(measured, settings("rules"))
    assert [each.key for each in found] == list(NAMES)
    for each in found:
        assert each.verdict in (HOLDS, PARTLY, FAILS, OPEN)
        assert "Week 6" in each.source and "section" in each.source
        assert any(char.isdigit() for char in each.measured)
        assert "{" not in each.measured


def test_a_quotation_is_the_one_of_the_page_of_claims(measured: Measured) -> None:
    told = yaml.safe_load(Path("src/nnlabs/reporting/claims/claims.yaml").read_text(encoding="utf-8"))["claims"]
    quotes = {each["key"]: each["quote"] for each in told}
    for each in claims(measured, settings("rules")):
        assert each.claim == quotes[each.key]


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (0.5073, "0.0073 above its lowest"),
        (0.5, "within 0.0001 of its lowest"),
        (0.50001, "within 0.0001 of its lowest"),
    ],
)
def test_how_far_a_loss_ends_above_its_lowest(measured: Measured, loss: float, said: str) -> None:
    widest = replace(measured.widths[-1], loss=[loss, loss], lowest=[0.5, 0.5])
    changed = replace(measured, widths=[*measured.widths[:-1], widest])
    (found,) = (each for each in claims(changed, settings("rules")) if each.key == "wide-overfits")
    assert f"The validation loss ends {said} with {widest.units} units" in found.measured


@pytest.mark.parametrize(
    ("differences", "key", "verdict"),
    [
        ({"dead_rate": (0.5, 0.1), "dead_bias": (0.0, 0.1)}, "dying-relu", HOLDS),
        ({"dead_rate": (0.0, 0.005), "dead_bias": (0.0, 0.005)}, "dying-relu", FAILS),
        ({"dead_rate": (0.1, 0.2), "dead_bias": (0.0, 0.2)}, "dying-relu", OPEN),
        ({"dead_rate": (0.5, None), "dead_bias": (0.5, None)}, "dying-relu", OPEN),
        ({"leaky_high": (0.3, 0.1)}, "leaky-mends", HOLDS),
        ({"leaky_high": (-0.3, 0.1)}, "leaky-mends", FAILS),
        ({"leaky_high": (0.3, None)}, "leaky-mends", OPEN),
        ({"leaky_low": (0.0, 0.02)}, "leaky-not-always", HOLDS),
        ({"leaky_low": (0.1, 0.02)}, "leaky-not-always", FAILS),
        ({"leaky_low": (0.0, None)}, "leaky-not-always", OPEN),
        ({"steps_tanh__sigmoid": (-20, 5)}, "tanh-over-sigmoid", HOLDS),
        ({"steps_tanh__sigmoid": (20, 5)}, "tanh-over-sigmoid", FAILS),
        ({"steps_tanh__sigmoid": (-2, 5)}, "tanh-over-sigmoid", OPEN),
        ({"steps_relu__sigmoid": (-20, 5), "steps_relu__tanh": (-2, 5)}, "relu-fast", OPEN),
        ({"steps_relu__sigmoid": (-20, 5), "steps_relu__tanh": (-9, 5)}, "relu-fast", HOLDS),
        ({"steps_relu__sigmoid": (-20, 5), "steps_relu__tanh": (9, 5)}, "relu-fast", FAILS),
    ],
)
def test_a_comparison_decides(measured: Measured, differences: dict[str, Any], key: str, verdict: str) -> None:
    assert judged(measured, **differences)[key].verdict == verdict


@pytest.mark.parametrize(
    ("difference", "rule", "wide"),
    [
        ((0.05, 0.01), FAILS, FAILS),
        ((-0.05, 0.01), HOLDS, HOLDS),
        ((0.0, 0.005), HOLDS, FAILS),
        ((0.0, 0.1), OPEN, OPEN),
    ],
)
def test_a_size_decides(measured: Measured, difference: tuple[float, float], rule: str, wide: str) -> None:
    sizes = {key: Difference(*difference) for key in measured.differences if key.startswith("size.root.")}
    changed = replace(measured, differences=measured.differences | sizes)
    found = {each.key: each.verdict for each in claims(changed, settings("rules"))}
    assert (found["root-rule"], found["wide-overfits"]) == (rule, wide)


def test_weights_and_clipping_have_to_do_so_in_every_seed(measured: Measured) -> None:
    def scale(gradient: float | None, last: list[float | None], factor: float = 1.0) -> Scale:
        return Scale(factor, [gradient] * 3, [5.0] * 3, last)

    he, seeds = scale(1.0, [0.1] * 3), [2.0, 2.0, 2.0]
    blown: list[float | None] = [None] * 3

    def verdicts(small: Scale, large: Scale, without: Scale, clipped: Scale) -> list[str]:
        changed = replace(measured, scales=[small, he, large], unclipped=without, clipped=clipped)
        found = {each.key: each.verdict for each in claims(changed, settings("rules"))}
        return [found[key] for key in ("small-weights", "large-weights", "clipping")]

    assert verdicts(scale(1e-5, seeds), scale(1e5, blown), scale(1, blown), scale(1, seeds)) == [HOLDS] * 3
    assert verdicts(scale(0.5, seeds), scale(2, seeds), scale(1, seeds), scale(1, [9.0] * 3)) == [FAILS] * 3
    some: list[float | None] = [2.0, None, 2.0]
    mixed = Scale(1.0, [1e-5, 1.0, 1.0], [5.0] * 3, seeds), Scale(1.0, [None, 1.0, 1.0], [5.0] * 3, some)
    assert verdicts(*mixed, scale(1, some), scale(1, some)) == [OPEN] * 3


def test_equal_weights_are_judged_by_every_seed(measured: Measured) -> None:
    for apart, verdict in (([0.0] * 3, HOLDS), ([0.5] * 3, FAILS), ([0.0, 0.5, 0.0], OPEN)):
        changed = replace(measured, equal=replace(measured.equal, apart=apart))
        found = {each.key: each for each in claims(changed, settings("rules"))}["equal-weights"]
        assert found.verdict == verdict
        assert ("are still equal to the last digit" in found.measured) == (verdict == HOLDS)


@pytest.mark.parametrize(
    ("zeros", "steps", "verdict"),
    [
        (0.6, (-20, 5), HOLDS),
        (0.6, (20, 5), FAILS),
        (0.6, (-2, 5), OPEN),
        (0.6, (-20, None), OPEN),
        (0.01, (-20, 5), OPEN),
    ],
)
def test_zeros_speed_up_only_where_there_are_many(
    measured: Measured, zeros: float, steps: tuple[float, float | None], verdict: str
) -> None:
    runs = [replace(each, zeros=[zeros * (each.activation == "relu")] * 3) for each in measured.trained]
    told = measured.differences | {"steps.relu-leaky_relu": Difference(*steps)}
    changed = replace(measured, trained=runs, differences=told)
    (found,) = (each for each in claims(changed, settings("rules")) if each.key == "relu-sparse")
    assert found.verdict == verdict and f"{100 * zeros:.1f} % are exactly 0 with ReLU, 0.0 %" in found.measured


WAYS = ("momentum", "Adam", "stochastic gradient descent")


@pytest.mark.parametrize(
    ("solved", "helped", "verdict"),
    [
        ([0.5, 0.4, 0.5], [(0.3, 0.1)] * 3, HOLDS),
        ([0.5, 0.4, 0.5], [(0.3, 0.1), (0.3, 0.1), (0.0, 0.1)], PARTLY),
        ([0.5, 0.4, 0.5], [(-0.3, 0.1)] * 3, PARTLY),
        ([1.0, 1.0, 1.0], [(0.0, None)] * 3, FAILS),
    ],
)
def test_getting_stuck_is_one_half_of_a_claim_and_help_the_other(
    measured: Measured, solved: list[float], helped: list[tuple[float, float | None]], verdict: str
) -> None:
    methods = [replace(measured.stuck.methods[0], solved=solved), *measured.stuck.methods[1:]]
    ends = Ends([0.35] * 5, [1e-4] * 5, [-1e-3, 0.0, 0.0, 0.0, 0.0], [0.4] * 5, 1)
    if verdict == FAILS:
        ends = Ends([], [], [], [], 0)
    told = {f"stuck.{name}": Difference(*each) for name, each in zip(WAYS, helped, strict=True)}
    changed = replace(
        measured, stuck=replace(measured.stuck, methods=methods, ends=ends), differences=measured.differences | told
    )
    (found,) = (each for each in claims(changed, settings("rules")) if each.key == "saddle-points")
    assert found.verdict == verdict
    assert ("stuck nowhere" in found.measured) == (verdict == FAILS)
    assert ("a way down as a saddle has one, in 1;" in found.measured) == (verdict != FAILS)


def test_the_small_networks_loss_is_by_hand_and_its_steps_are_pytorchs() -> None:
    weights = torch.tensor([[1.0, 2.0, 3.0, -4.0, 0.5, -0.5, 2.0, -1.0, 0.25]], dtype=torch.float64)
    one = 2 * np.tanh(1 * 1 + 3 * 1 + 0.5) - np.tanh(2 * 1 - 4 * 1 - 0.5) + 0.25  # corner (1, 1)
    assert float(stuck.logits(weights, stuck.CORNERS)[0, 3]) == pytest.approx(one)
    assert float(stuck.losses(0 * weights)[0]) == pytest.approx(np.log(2))  # a guess
    optimizers = {
        stuck._plain: lambda p: torch.optim.SGD([p], 0.1),
        stuck._adam: lambda p: torch.optim.Adam([p], 0.1),
        lambda like: stuck._momentum(like, 0.9): lambda p: torch.optim.SGD([p], 0.1, momentum=0.9),
    }
    for step, theirs in optimizers.items():
        found = stuck._descend(stuck._Way("", [0.1], step), weights, 5, 0)[0]
        ours = weights.clone().requires_grad_()
        optimizer = theirs(ours)
        for _ in range(5):
            optimizer.zero_grad()
            stuck.losses(ours).sum().backward()
            optimizer.step()
        torch.testing.assert_close(found, ours.detach())


def test_a_saddle_has_a_way_down_and_a_minimum_has_none() -> None:
    weights = torch.zeros((2, 9), dtype=torch.float64)
    weights[1, :] = torch.tensor([6.0, 6.0, 6.0, 6.0, -3.0, -9.0, 9.0, -9.0, -9.0])  # solves XOR
    # units that are one function, and an output that takes their difference: a saddle for telling them apart
    weights[0, :] = torch.tensor([1.0, -1.0, 1.0, -1.0, 0.5, 0.5, 1.0, 1.0, 0.0])
    found = stuck._ends(weights)
    assert found.lowest[0] < -stuck.CURVED and found.downhill == 1
    assert found.loss[1] < 0.01 and found.lowest[1] > -stuck.CURVED


# ---------------------------------------------------------------- page


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (
            [HOLDS] * 14,
            "fourteen hold, none holds in part, none does not, none is open. None was found to be wrong here.",
        ),
        (
            [FAILS, PARTLY] + [HOLDS] * 12,
            "twelve hold, one holds in part, one does not, none is open. \N{LEFT DOUBLE QUOTATION MARK}ReLU units die",
        ),
        (
            [OPEN] * 14,
            "none holds, none holds in part, none does not, fourteen are open. None was found to be wrong here.",
        ),
    ],
)
def test_the_answer_counts_the_verdicts(pages: Pages, verdicts: list[str], said: str) -> None:
    def how(results: Results, _: Arrays) -> Results:
        pairs = zip(results.claims, verdicts, strict=True)
        return replace(results, claims=[replace(each, verdict=verdict) for each, verdict in pairs])

    text = pages.write("rules", how)
    assert said in answer(text)
    assert ("ReLU units do die" in answer(text)) == (verdicts[0] == HOLDS)
    assert f"{verdicts.count(HOLDS)} of 14 rules hold" in text


def test_metrics_count_too() -> None:
    results = _once()
    assert metrics(results) == {"holding": [each.verdict for each in results.claims].count(HOLDS)}


def test_the_drawn_networks_are_those_of_the_parts(measured: Measured) -> None:
    knobs = settings("rules")
    drawn = [*networks(Results(measured, []), knobs, (1, 16, 16)).values()]
    hidden = [[each["shape"] for each in layers if each["kind"] == "Linear"][:-1] for layers in drawn]
    assert hidden == [[[4]] * LAYERS, [[4]] * knobs.deep.layers, [[measured.rules["root"]]]]
    assert sum(each["parameters"] for each in drawn[-1]) == measured.width(measured.rules["root"]).weights
