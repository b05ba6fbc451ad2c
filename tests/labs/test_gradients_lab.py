"""Gradients by depth: what is measured, and the page as the numbers have it."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np
import pytest
from computedlab import Change, Pages, answer, compute, settings
from safetensors.numpy import load_file

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.core.record import Arrays
from nnlabs.labs.gradients import compute as gradients
from nnlabs.labs.gradients.compute import Way
from nnlabs.labs.gradients.page import metrics, networks
from nnlabs.labs.gradients.results import (
    BOTH,
    NORM,
    SKIP,
    Losses,
    Pair,
    Results,
    below_guessing,
    falling_seeds,
    is_level,
    level_seeds,
)


def test_how_far_norms_are_apart_by_hand() -> None:
    # seeds x layers, of two depths: 8 / 2 = 4 and 9 / 0.5 = 18
    shallow, deep = np.array([[2.0, 4.0], [9.0, 1.0]]), np.array([[8.0, 3.0, 2.0], [1.0, 0.5, 3.0]])
    assert gradients._apart([shallow, deep]) == [4, 18]
    assert gradients._apart([shallow]) == [2, 9]
    # a norm of 0, an infinite one, only zeros
    assert gradients._apart([np.array([[0.0, 1.0], [np.inf, 1.0], [0.0, 0.0], [np.nan, 1.0]])]) == [None] * 4
    assert gradients._apart([np.array([[1e-300, 1e300]])]) == [None]


@pytest.mark.parametrize(
    ("apart", "seeds"),
    [
        ([10.0], 1),
        ([10.1], 0),
        ([1.0, 2.0, 900.0], 2),  # one seed is seen, though the median is 2
        ([1.0, 2.0, None], 2),
        ([None], 0),
        ([5.0, 10.0], 2),
    ],
)
def test_what_is_level_by_hand(apart: list[float | None], seeds: int) -> None:
    assert level_seeds(apart) == seeds
    assert is_level(apart) is (seeds == len(apart))


def test_learning_is_a_fall_from_the_start() -> None:
    losses = [Losses(6.35, 3.44), Losses(2.30, 2.28), Losses(2.30, 2.07), Losses(5.0, None), Losses(None, None)]
    assert falling_seeds(losses) == 2  # a tenth of the first value
    assert not below_guessing([Losses(6.35, 3.44)], 10)
    assert below_guessing([Losses(2.4, 2.18)], 10)  # 0.95 ln 10 = 2.187
    assert not below_guessing([Losses(2.4, 2.18), Losses(2.4, 2.19)], 10)
    assert not below_guessing([Losses(2.4, None)], 10)


def test_norms_neither_vanish_nor_overflow_by_hand() -> None:
    assert gradients._norm(np.array([[3.0, 4.0]])) == 5
    assert gradients._norm(np.array([[3e-200, 4e-200]])) == pytest.approx(5e-200, rel=1e-12, abs=0)
    assert gradients._norm(np.array([[3e200, 4e200]])) == pytest.approx(5e200, rel=1e-12)
    assert gradients._norm(np.zeros((2, 2))) == 0
    assert gradients._norm(np.array([[np.inf, 1.0]])) == np.inf


@pytest.mark.parametrize(("remedy", "blocks"), [("", 0), (NORM, 0), (SKIP, 2), (BOTH, 2)])
def test_networks_have_their_remedy(remedy: str, blocks: int) -> None:
    network = gradients.build(Way("he", "relu", remedy), 6, 3, 3, 4, np.random.default_rng(0))
    told = str(network)
    assert told.count("Residual") == blocks
    assert told.count("BatchNorm(4)") == (3 if remedy in (NORM, BOTH) else 0)
    assert told.count("relu") == 3
    assert told.endswith("Linear(4, 3)")
    network.backward(np.ones_like(network.forward(np.random.default_rng(1).normal(size=(5, 6)), training=True)))
    matrices = [array for array in network.gradients.values() if array.ndim == 2]
    assert gradients.layer_norms(network) == pytest.approx([np.linalg.norm(array) for array in matrices[:3]])


def test_good_weights_keep_gradients_level_and_normal_ones_do_not() -> None:
    results, arrays = compute("gradients", depths=[2, 12], width=32, activations=["relu"], steps=1)
    assert [pair.name for pair in results.pairs] == [
        *(f"{rule}.relu" for rule in ("normal", "xavier", "he", "lecun")),
        *(f"{gradients.REMEDIES[remedy]}.relu.{remedy}" for remedy in gradients.REMEDIES),
    ]
    apart = {pair.name: np.median(pair.depths_start) for pair in results.pairs}
    assert apart["he.relu"] < 10 < 1000 < apart["normal.relu"]
    assert arrays["he.relu.12"].shape == (2, 2, 12)  # seeds, before and after, layers
    # equal sizes only: the first layer, which sees the pixels, is left out
    norms = arrays["he.relu.12"][0, 0, 1:]
    pair = next(pair for pair in results.pairs if pair.name == "he.relu")
    assert pair.layers_start[0] == pytest.approx(norms.max() / norms.min())
    assert results.depths == sorted(pair.losses) == [2, 12]
    assert results.classes == 3
    level = sum(is_level(pair.depths_start) for pair in results.pairs)
    assert metrics(results)["level_at_the_start"] == level
    saved = load_file(paths.models("gradients") / "lecun.relu.skip-connections.safetensors")
    assert saved["2.0.weight"].shape == (32, 32)


def test_the_deepest_network_is_the_deepest_in_whatever_order() -> None:
    rising, falling = (compute("gradients", depths=depths, activations=["relu"])[0] for depths in ([1, 3], [3, 1]))
    assert [pair.layers_start for pair in rising.pairs] == [pair.layers_start for pair in falling.pairs]
    assert [pair.deepest for pair in rising.pairs] == [pair.deepest for pair in falling.pairs]


def test_a_run_that_overflows_is_said_to_be_infinite() -> None:
    results, arrays = compute("gradients", depths=[1, 2], lr=1e300, activations=["relu"], steps=2)
    pair = next(pair for pair in results.pairs if pair.name == "he.relu")
    assert np.isfinite(arrays["he.relu.2"][:, 0]).all()
    assert np.isinf(arrays["he.relu.2"][:, 1]).all()
    assert pair.depths_trained == [None, None]
    assert [loss.last for loss in pair.losses[2]] == [None, None]
    json.dumps(asdict(results), allow_nan=False)


def test_a_network_that_overflows_at_once_is_said_to_be_infinite(monkeypatch: pytest.MonkeyPatch) -> None:
    from nnlabs.scratch.initialisation import RULES

    monkeypatch.setitem(gradients.REMEDIES, SKIP, "vast")
    monkeypatch.setitem(RULES, "vast", lambda inputs, outputs: 1e200)
    results, arrays = compute("gradients", depths=[3], activations=["relu"], initialisations=["he"])
    assert np.isinf(arrays["vast.relu.skip connections.3"]).all()
    assert results.pairs[2].losses[3] == [Losses(None, None)] * 2


def test_batches_larger_than_the_data_are_told() -> None:
    with pytest.raises(
        UserError, match=r"labs\.gradients\.batch_size: 31 found; allowed: up to the 30 training images of grey"
    ):
        compute("gradients", batch_size=31)


def test_activations_are_imported_by_name() -> None:
    named = [f"nnlabs.scratch.activations.{name}" for name in ("sigmoid", "tanh", "relu")]
    assert list(settings("gradients").modules()) == named
    assert list(settings("gradients", activations=["tanh"]).modules()) == named[1:2]


# ---------------------------------------------------------------- page


def each_pair(how: Callable[[Pair], Pair]) -> Change:
    return lambda results, _: replace(results, pairs=[how(pair) for pair in results.pairs])


@pytest.mark.parametrize(
    ("apart", "last", "level", "learn", "below"),
    [
        ([1.0, None], None, 0, 0, 0),
        ([2.0, 9.0], 0.5, 12, 12, 12),
        ([2.0, 30.0], 2.4, 0, 0, 0),
        ([2.0, 9.0], 2.4, 12, 0, 0),
        ([2.0, 11.0], 2.0, 0, 12, 0),
    ],
)
def test_combinations_are_level_and_learn_in_every_seed(
    pages: Pages, apart: list[float | None], last: float | None, level: int, learn: int, below: int
) -> None:
    def how(pair: Pair) -> Pair:
        plain = not pair.remedy
        losses = pair.losses | {3: [Losses(2.5, last if plain else None)] * 2}
        return replace(pair, depths_start=apart if plain else [None, None], losses=losses)

    text = pages.write("gradients", each_pair(how))  # guessing costs ln 3 = 1.099, of which 95 % are 1.044
    said = answer(text)
    assert (
        f"{learn} learn at 3 layers (the loss falls in every seed), and {below} get below what guessing costs" in said
    )
    assert ("Gradients are of one size" in said) == bool(level)
    assert ("all of them learn" in said) == bool(level and learn)
    assert ("0 of them learn" in said) == bool(level and not learn)
    assert ("What gets below guessing, in every seed: by their initial weights alone" in said) == bool(below)
    assert "by batch normalisation" not in said  # no remedy's loss is a number
    assert f"gradients are level in every seed for {level} of 21" in text
    assert ("**Level, and it learns** (12)" in text) == bool(level and learn)
    assert ("**Not level in every seed, and it learns all the same** (12)" in text) == bool(learn and not level)
    assert "overflow" in text and "∞" in text


def test_what_gets_below_guessing_is_told_though_its_gradients_are_not_level(pages: Pages) -> None:
    def how(pair: Pair) -> Pair:
        good = pair.name in ("he.relu", "lecun.tanh.both")
        return replace(
            pair,
            depths_start=[99.0, 99.0],
            losses=pair.losses | {3: [Losses(2.5, 0.5 if good else 2.4), Losses(2.5, 0.5)]},
        )

    said = answer(pages.write("gradients", each_pair(how)))
    assert "by their initial weights alone, He ReLU; by batch normalisation or skip connections, LeCun tanh + b" in said


def test_one_seed_that_learns_is_not_all(pages: Pages) -> None:
    def how(pair: Pair) -> Pair:
        return replace(pair, losses=pair.losses | {3: [Losses(2.5, 0.5), Losses(2.5, 2.5)]})

    text = pages.write("gradients", each_pair(how), drawn=True)
    assert ", 0 learn at 3 layers" in answer(text)
    assert "1/2" in text


def test_norms_that_vanished_or_overflowed_are_told(pages: Pages) -> None:
    def how(results: Results, arrays: Arrays) -> Results:
        first, second = (pair.name for pair in results.pairs[:2])
        arrays[f"{first}.3"][:, 1] = np.inf
        arrays[f"{second}.3"][:, :, 1:] = 0
        none = [replace(pair, layers_trained=[None, None], depths_trained=[None, None]) for pair in results.pairs[:2]]
        return replace(results, pairs=none + results.pairs[2:])

    pages.write("gradients", how, drawn=True)


def test_one_seed_has_no_range(pages: Pages) -> None:
    def how(results: Results, arrays: Arrays) -> Results:
        for name, array in arrays.items():
            arrays[name] = array[:1]
        kept = ("layers_start", "layers_trained", "depths_start", "depths_trained")
        return each_pair(
            lambda pair: replace(
                pair,
                losses={depth: losses[:1] for depth, losses in pair.losses.items()},
                **{key: getattr(pair, key)[:1] for key in kept},
            )
        )(results, arrays)

    text = pages.write("gradients", how)
    assert "–" not in text.split("**Norms.**")[1].split("**Losses**")[0].split("\n\n")[1]


def test_passages_are_there_for_what_was_tried_alone(pages: Pages) -> None:
    def only(activation: str) -> Change:
        return lambda results, _: replace(
            results, pairs=[pair for pair in results.pairs if pair.activation == activation]
        )

    assert "**Sigmoid**: its slope" in pages.write("gradients", only("sigmoid"))
    text = pages.write("gradients", only("tanh"))
    for passage in ("**Sigmoid**", "Sigmoid in a skip connection", "**ReLU with Xavier", "no cure for ReLU"):
        assert passage not in text
    assert "√6 = 2.45, and tanh saturates. The first" in text
    assert "√(6 / 2) = 1.73 a layer; measured: " in pages.write("gradients", only("relu"))


@pytest.mark.parametrize("remedy", ["", SKIP])
def test_the_drawn_networks_are_the_trained(remedy: str) -> None:
    results, _ = compute("gradients")
    chosen = settings("gradients")
    rng = np.random.default_rng(0)
    trained = gradients.build(Way("lecun", "relu", remedy), 256, results.classes, 3, chosen.width, rng)
    drawn = [*networks(results, chosen, (1, 16, 16)).values()][bool(remedy)]
    assert sum(each["parameters"] for each in drawn) == trained.count()
    assert sum(each["kind"] == "Residual" for each in drawn) == 2 * bool(remedy)


def test_one_hidden_layer_has_nothing_to_skip() -> None:
    results, _ = compute("gradients", depths=[1])
    assert len(networks(results, settings("gradients", depths=[1]), (1, 16, 16))) == 1
