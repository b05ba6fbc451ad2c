"""How long variants take to the same score."""

from collections.abc import Callable

from madelab import Parameters, column, compare, told

from nnlabs.reporting.equal_time import Clock
from nnlabs.reporting.results import collect
from nnlabs.reporting.time_to_score import table

QUICK = {0: [(1, 0.5, 1, 0.605), (1, 0.5, 1, 0.70)], 1: [(1, 0.5, 1, 0.50), (1, 0.5, 1, 0.72)]}
SLOW = {0: [(1, 0.5, 1, 0.30), (1, 0.5, 1, 0.609)], 1: [(1, 0.5, 1, 0.30), (1, 0.5, 1, 0.80)]}


def test_the_score_is_one_that_every_run_reached(make_lab: Callable[..., Parameters]) -> None:
    lab = collect(make_lab({"a": told(0.7, 0.7, runs=QUICK), "b": told(0.7, 0.7, runs=SLOW)}, {"q": compare("a", "b")}))
    clocks = {key: Clock({0: [1.0, 2.0], 1: [3.0, 7.0]}) for key in "ab"}
    shown = table(lab, clocks)
    assert column(shown, "validation accuracy, %") == ["60", "60"]  # 60.9, rounded down
    assert column(shown, "epochs") == ["1.5", "2.0"]
    assert column(shown, "seconds") == ["4.0", "4.5"]  # a: (1 + 7) / 2, b: (2 + 7) / 2


def test_a_single_variant_is_compared_with_nobody(make_lab: Callable[..., Parameters]) -> None:
    lab = collect(make_lab({"a": told(0.7)}, {"q": compare("a", "gone")}))
    assert table(lab, {"a": Clock({0: [1.0]})}) == ""
