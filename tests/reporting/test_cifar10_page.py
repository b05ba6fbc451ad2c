"""What the page of `cifar10` says of made numbers: nothing that they do not say."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from madefour import add_scores, answer, at, made, notes
from madelab import Parameters, Told

from nnlabs.labs.cifar10 import page, shifts
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.results import collect

Make = Callable[..., Parameters]
TWINS = ("cifar10-mlp-ordered", "cifar10-mlp-shuffled", "cifar10-cnn-ordered", "cifar10-cnn-shuffled")


def all_of(cnn: float = 0.8, twins: tuple[float, ...] = (0.50, 0.50, 0.65, 0.40), **more: int) -> dict[str, Told]:
    scores = {"cifar10-mlp": 0.60, "cifar10-cnn": cnn, "cifar10-strong": 0.9} | dict(zip(TWINS, twins, strict=True))
    return {key: at(score, spread=0.002, **more) for key, score in scores.items()}


def moved(make_lab: Make, mlp: tuple[float, float], cnn: tuple[float, float]) -> Findings:
    """With accuracy before and after a shift of 8 pixels of the two small networks."""
    found = made(make_lab, "cifar10", all_of())
    for key, (before, after) in (("cifar10-mlp-ordered", mlp), ("cifar10-cnn-ordered", cnn)):
        told = {"pixels": [0, 8], "images": 20, "accuracy": [[before + each, after] for each in (-0.01, 0, 0.01)]}
        add_scores(key, shifts=told, filters=np.ones((2, 3, 3, 3)).tolist())
    told_of = [{"id": key, "name": found.results.named(key), "default": True} for key in found.results.shown]
    parameters = {"lab": found.results.lab, "score": "accuracy", "title": "", "question": ""}
    asked = [{"key": key, **vars(each)} for key, each in found.results.questions.items()]
    return Findings(collect(parameters | {"variants": told_of, "comparisons": asked}))


def test_what_is_expected(make_lab: Make) -> None:
    found = moved(make_lab, (0.50, 0.38), (0.65, 0.60))
    said, why = answer(found, "cifar10"), notes(found, "cifar10")
    assert "recognises 80.0 " in said and "the first has 1,234 weights and the other 1,234" in said
    assert "a small CNN that never saw a moved one goes from 65 to 60 %, a small MLP from 50 to 38 %" in said
    assert "A CNN loses a smaller share of what it knows when things move" in said and "in points" not in said
    assert "A CNN needs neighbouring pixels to belong together" in said and "the small MLP hardly changes, by" in said
    assert "the small one scores 25.00 points lower" in said
    assert "the weights $WP^T$ do the same" in why and "no edge is left" in why
    assert "is ahead" not in why  # 30 test images leave it open
    assert page.answer(found).figure == "shifts.svg"
    assert any("belongs to one pixel" in each for each in shifts.sentences(found))


def test_the_mlp_may_be_ahead_where_pixels_are_shuffled(make_lab: Make) -> None:
    found = made(make_lab, "cifar10", all_of(twins=(0.7, 0.7, 0.7, 0.1)))
    # as many weights in both
    assert "There the MLP, is ahead" not in notes(found, "cifar10")
    assert "There the MLP is ahead" in notes(found, "cifar10")


def test_reversed_shifts_hurt_the_cnn_more(make_lab: Make) -> None:
    found = moved(make_lab, (0.50, 0.50), (0.65, 0.40))
    assert "A CNN loses a larger share" in answer(found, "cifar10") and "in points" not in answer(found, "cifar10")
    assert not any("belongs to one pixel" in each for each in shifts.sentences(found))


def test_of_equal_falls_only_the_numbers_are_told(make_lab: Make) -> None:
    said = answer(moved(make_lab, (0.50, 0.40), (0.50, 0.40)), "cifar10")
    assert "share" not in said and "Where test images are moved by 8 pixels" in said and "in points" not in said


def test_a_smaller_share_may_be_more_points(make_lab: Make) -> None:
    found = moved(make_lab, (0.30, 0.20), (0.80, 0.60))  # a half of what is above guessing, and two sevenths
    said = answer(found, "cifar10")
    assert (
        "smaller share" in said and "in points the CNN, which has more to lose, loses more (20.0 against 10.0)" in said
    )
    assert "in points the CNN" in shifts.sentences(found)[0]
    other = answer(moved(make_lab, (0.80, 0.60), (0.30, 0.20)), "cifar10")
    assert (
        "larger share" in other and "in points the MLP, which has more to lose, loses more (20.0 against 10.0)" in other
    )


def test_without_shifts_the_scores_are_the_figure(make_lab: Make) -> None:
    found = made(make_lab, "cifar10", all_of())
    assert page.answer(found).figure == "accuracy.svg" and not page.shown(found).moved
    assert "moved" not in answer(found, "cifar10")


def test_a_better_mlp_is_not_called_worse(make_lab: Make) -> None:
    found = made(make_lab, "cifar10", all_of(cnn=0.40))
    assert "*Plain CNN* is worse than *MLP*" in answer(found, "cifar10")
    assert "Not for want of weights" not in notes(found, "cifar10")


@pytest.mark.parametrize(
    ("twins", "said", "not_said"),
    [
        ((0.50, 0.45, 0.65, 0.40), "than with pixels in place, and the small MLP changes by", "hardly"),
        ((0.50, 0.30, 0.65, 0.64), "changes by", "neighbouring pixels"),
        ((0.50, 0.50, 0.65, 0.65), "changes by", "neighbouring pixels"),
    ],
)
def test_the_order_of_the_pixels(make_lab: Make, twins: tuple[float, ...], said: str, not_said: str) -> None:
    found = made(make_lab, "cifar10", all_of(twins=twins))
    assert said in answer(found, "cifar10") and not_said not in answer(found, "cifar10")
    assert ("no edge is left" in notes(found, "cifar10")) == (twins[3] < twins[2])


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_decide_nothing(make_lab: Make, seeds: int) -> None:
    said = answer(made(make_lab, "cifar10", all_of(seeds=seeds)), "cifar10")
    assert "too few" in said and "nan" not in said and "neighbouring pixels" not in said


@pytest.mark.parametrize("missing", [*TWINS, "cifar10-mlp", "cifar10-strong"])
def test_with_a_variant_missing(make_lab: Make, missing: str) -> None:
    found = made(make_lab, "cifar10", {key: each for key, each in all_of().items() if key != missing})
    assert answer(found, "cifar10")
    notes(found, "cifar10")


def test_its_figures_are_drawn(make_lab: Make, tmp_path: Path) -> None:
    page.draw(moved(make_lab, (0.50, 0.38), (0.65, 0.60)), tmp_path)
    drawn = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert {"convolution.svg", "shifts.svg", "filters.png", "networks.svg"} <= drawn
