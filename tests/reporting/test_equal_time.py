"""Variants within the time of the quicker one, by hand."""

from collections.abc import Callable
from typing import Any

import pytest
from madelab import Parameters, Told, cells, compare

from nnlabs.reporting import equal_time
from nnlabs.reporting.equal_time import Clock, race
from nnlabs.reporting.results import Results, collect

FEATURES: dict[str, dict[str, Any]] = {"made-cut": {"dataset": "made", "backbone": "resnet18", "frozen": 2}}
TRANSFER = {"model": "transfer", "dataset": "made-cut"}


@pytest.fixture
def results(make_lab: Callable[..., Parameters]) -> Callable[..., Results]:
    return lambda *arguments, **more: collect(make_lab(*arguments, **more))


def reached(*scores: list[float], own: dict[str, Any] | None = None) -> Told:
    """Validation accuracy of every epoch, of seeds 0, 1, ..."""
    runs = {seed: [(1 / (i + 1), 0.9, 1.0, v) for i, v in enumerate(each)] for seed, each in enumerate(scores)}
    return Told(dict.fromkeys(runs, 0.8), runs=runs, own=own or {})


def test_a_clock_waits_for_the_features() -> None:
    clock = Clock.of([(0, [1.0, 2.0]), (3, [2.0])], before=10.0)
    assert clock.ends == {0: [11.0, 13.0], 3: [12.0]}
    assert clock.total == 12.5


def test_both_have_the_time_of_the_quicker_one_seed_by_seed(results: Callable[..., Results]) -> None:
    lab = results({"a": reached([0.5, 0.7, 0.6], [0.5, 0.6, 0.9]), "b": reached([0.4, 0.8], [0.6, 0.5])})
    clocks = {"a": Clock.of([(0, [1, 1, 1]), (1, [1, 1, 1])]), "b": Clock.of([(0, [1, 1.5]), (1, [0.5, 0.4])])}
    run = race(lab.variants["a"], lab.variants["b"], clocks)
    assert run is not None
    # seed 0: b's 2.5 s leave a two epochs, of which 0.7 is the best; seed 1: 0.9 s leave it none
    assert (run.seconds, run.ours, run.theirs) == pytest.approx((2.5, 0.7, 0.8))
    assert (run.compared.seeds, run.compared.difference) == (1, pytest.approx(-0.1))
    back = race(lab.variants["b"], lab.variants["a"], clocks)
    assert back is not None and (back.ours, back.theirs) == (run.theirs, run.ours)


def test_the_own_last_epoch_is_in_time(results: Callable[..., Results]) -> None:
    lab = results({"a": reached([0.5, 0.7]), "b": reached([0.5, 0.6])})
    clock = Clock.of([(0, [0.1, 0.2])])  # 0.1 + 0.2 is not 0.3
    run = race(lab.variants["a"], lab.variants["b"], {"a": clock, "b": clock})
    assert run is not None and (run.ours, run.theirs) == pytest.approx((0.7, 0.6))


def test_the_table_has_each_pair_once_and_all_hold_together(results: Callable[..., Results]) -> None:
    variants = {
        "a": reached(*[[0.5, each] for each in (0.68, 0.7, 0.72)]),
        "b": reached([0.8], [0.8], [0.8]),
        "c": reached([0.9], [0.88], [0.86]),
    }
    lab = results(variants, {"one": compare("a", "b", "c"), "two": compare("a", "b")})
    clocks = {
        name: Clock.of((seed, [2.0] * len(each)) for seed, each in one.runs.items()) for name, one in variants.items()
    }
    rows = cells(equal_time.table(lab, clocks))[1:]
    # in 2 s a ends one epoch of two, at 50 in every seed: without a spread there is no interval
    assert rows == [["b", "a", "2.0", "80.00", "50.00", "+30.00"], ["c", "a", "2.0", "88.00", "50.00", "+38.00"]]
    assert equal_time.table(results(variants), clocks) == ""
    slow = clocks | {
        "b": Clock.of((seed, [4.0]) for seed in range(3)),
        "c": Clock.of((seed, [4.0]) for seed in range(3)),
    }
    c = cells(equal_time.table(lab, slow))[2]
    # deviations 0.02 of both, Welch's freedom 4, two together: t(0.9875, 4) = 3.495406
    assert c == ["c", "a", "4.0", "88.00", "70.00", f"+18.00 ± {100 * 3.495406 * 0.02 * (2 / 3) ** 0.5:.2f}"]
    alone = results(variants, {"one": compare("a", "c")})
    # t(0.975, 4) = 2.776445
    assert cells(equal_time.table(alone, slow))[1][5] == f"+18.00 ± {100 * 2.776445 * 0.02 * (2 / 3) ** 0.5:.2f}"


def scratch_and_transfer(results: Callable[..., Results], tuned: list[list[float]], before: float) -> str:
    variants = {
        "quick": reached([0.5, 0.55], [0.5, 0.56], [0.5, 0.57]),
        "slow": reached([0.4, 0.6, 0.9], [0.4, 0.61, 0.9], [0.4, 0.62, 0.9]),
        "tuned": reached(*tuned, own=TRANSFER),
    }
    lab = results(variants, features=FEATURES)
    clocks = {
        "quick": Clock.of([(seed, [1, 1]) for seed in range(3)]),
        "slow": Clock.of([(seed, [2, 2, 2]) for seed in range(3)]),
        "tuned": Clock.of([(seed, [1, 1]) for seed in range(len(tuned))], before),
    }
    (said,) = equal_time.transfer(lab, clocks)
    return said


def ends(*scores: float) -> list[list[float]]:
    """Of every seed two epochs, of which the second is the better."""
    return [[0.3, score] for score in scores]


@pytest.mark.parametrize(
    ("tuned", "words"),
    [
        (ends(0.80, 0.81, 0.82), "*tuned* beats it (+20.00 points, 95 % interval +17."),
        (ends(0.40, 0.41, 0.42), "*tuned* does not beat it, it is worse (\N{MINUS SIGN}20.00 points, 95 % interval"),
        (ends(0.60, 0.61, 0.63), "which is better cannot be told (+0.33 points, 95 % interval \N{MINUS SIGN}"),
        (ends(0.1, 0.5, 0.95), "which is better cannot be told"),
        (ends(0.8, 0.8, 0.8), "+19.00 points without any spread over seeds, too little to say"),
        (ends(0.8, 0.81), "+20.00 points at 2 seeds, too little to say"),
        (ends(0.8), "+20.00 points at 1 seed, too little to say"),
    ],
)
def test_transfer_is_set_beside_the_best_from_scratch_of_the_same_time(
    results: Callable[..., Results], tuned: list[list[float]], words: str
) -> None:
    # with its features tuned takes 4 s, in which slow ends two epochs: 60, above quick's 55
    said = scratch_and_transfer(results, tuned, before=2.0)
    assert said.startswith("In 4 s of training, all of its run, *tuned* reaches")
    assert "the best network from scratch by then, *slow*, 6" in said
    assert words in said and "nan" not in said


def test_of_many_rivals_the_best_is_chosen_so_all_count(results: Callable[..., Results]) -> None:
    # two from scratch, one tuned: t(0.9875, 4) = 3.495406 times 0.01 sqrt(2 / 3)
    assert f"interval +{20 - 349.5406 * 0.01 * (2 / 3) ** 0.5:.2f}" in scratch_and_transfer(
        results, ends(0.80, 0.81, 0.82), before=2.0
    )


def test_a_network_that_is_done_before_the_first_epoch_of_the_pretrained_one_is_a_rival(
    results: Callable[..., Results],
) -> None:
    variants = {
        "slow": reached([0.4, 0.6], [0.4, 0.61], [0.4, 0.62]),
        "quick": reached([0.7], [0.71], [0.72]),
        "tuned": reached(*ends(0.80, 0.81, 0.82), own=TRANSFER),
    }
    lab = results(variants, {"one": compare("quick", "tuned")}, features=FEATURES)
    clocks = {
        "slow": Clock.of([(seed, [2, 2]) for seed in range(3)]),
        "quick": Clock.of([(seed, [1]) for seed in range(3)]),
        "tuned": Clock.of([(seed, [1, 1]) for seed in range(3)], 2.0),
    }
    (said,) = equal_time.transfer(lab, clocks)
    assert "the best network from scratch by then, *quick*, 71.00 %: *tuned* beats it" in said
    # at 1 s, when *quick* is done, *tuned* has ended no epoch
    assert equal_time.table(lab, clocks) == ""


def test_the_table_and_the_sentences_share_one_adjustment(results: Callable[..., Results]) -> None:
    variants = {
        "fresh": reached([0.5], [0.51], [0.52]),
        "tuned": reached([0.80], [0.81], [0.82], own=TRANSFER),
    }
    lab = results(variants, {"one": compare("fresh", "tuned")}, features=FEATURES)
    clocks = {key: Clock.of([(seed, [1.0]) for seed in range(3)]) for key in variants}
    # a pair of the table and one of the sentences: t(0.9875, 4) = 3.495406 times 0.01 sqrt(2 / 3)
    half = 349.5406 * 0.01 * (2 / 3) ** 0.5
    assert cells(equal_time.table(lab, clocks))[1][5] == f"+30.00 ± {half:.2f}"
    (said,) = equal_time.transfer(lab, clocks)
    assert f"95 % interval +{30 - half:.2f} to +{30 + half:.2f}" in said


def test_without_features_to_wait_for_another_network_is_the_best(results: Callable[..., Results]) -> None:
    assert "*quick*, 55.50 %" in scratch_and_transfer(results, ends(0.8, 0.81), before=0.0)


def test_no_network_from_scratch_may_end_an_epoch_in_time(results: Callable[..., Results]) -> None:
    variants = {"slow": reached([0.4]), "tuned": reached([0.7], own=TRANSFER)}
    clocks = {"slow": Clock.of([(0, [9.0])]), "tuned": Clock.of([(0, [1.0])])}
    lab = results(variants, features=FEATURES)
    assert equal_time.transfer(lab, clocks) == ["In the time of *tuned* no network from scratch ends an epoch."]
    alone = results({"tuned": variants["tuned"]}, features=FEATURES)
    assert equal_time.transfer(alone, clocks) == []


@pytest.mark.parametrize(("seconds", "told"), [((1, 2, 3), True), ((2, 1, 3), False), ((2, 2, 3), False)])
def test_a_leader_that_took_the_least_time_is_told(
    results: Callable[..., Results], seconds: tuple[int, ...], told: bool
) -> None:
    variants = {"a": reached([0.9]), "b": reached([0.8]), "c": reached([0.7])}
    lab = results(variants, {"one": compare("b", "a", "c"), "two": compare("a", "b")})
    clocks = {key: Clock.of([(0, [each])]) for key, each in zip("abc", seconds, strict=True)}
    said = equal_time.quickest(lab, clocks)
    assert len(said) == told  # of two, the table says it
    if told:
        assert "*a* has the highest validation accuracy and took the least time, 1.0 s a seed" in said[0]
        assert "the others had more, 2.0 to 3.0 s" in said[0]
    assert equal_time.quickest(lab, {}) == []
