"""What the page of `cars` says of made numbers: nothing that they do not say."""

from collections.abc import Callable
from typing import Any

import pytest
from madefour import answer, at, made, notes, write_yardsticks
from madelab import Parameters, Told

from nnlabs.labs.cars import page
from nnlabs.reporting.findings import Findings

Make = Callable[..., Parameters]


def two(adam: float, adamax: float, **more: Any) -> dict[str, Told]:
    return {"cars-adam": at(adam, **more), "cars-adamax": at(adamax, **more)}


def long(adam: float, adamax: float, **more: Any) -> dict[str, Told]:
    return {"cars-adam-long": at(adam, **more), "cars-adamax-long": at(adamax, **more)}


def cars(make_lab: Make, variants: dict[str, Told], svm: float = 0.65, **more: Any) -> Findings:
    found = made(make_lab, "cars", variants, **more)
    write_yardsticks(found, svm)
    return found


def test_the_short_runs_tell_what_they_exclude_and_who_does_better(make_lab: Make) -> None:
    found = cars(make_lab, two(0.60, 0.61, spread=0.06))
    said, why = answer(found, "cars"), notes(found, "cars")
    assert "cannot tell which is better" in said and "what they exclude is a difference of more than" in said
    assert "The reason is the seeds: 3 of each optimizer lie up to 12.0 points apart, the means of the two 1.0." in said
    assert "225 updates of 0.0 million weights" in said  # 1,200 images in batches of 16, three epochs
    assert "Why it cannot be told: the seeds of one optimizer lie up to 12.0 points apart" in why


@pytest.mark.parametrize(
    ("svm", "words"),
    [(0.90, "a support vector machine on 60"), (0.20, "have learned more than"), (0.595, "not shown to be better")],
)
def test_beside_a_model_without_layers(make_lab: Make, svm: float, words: str) -> None:
    found = cars(make_lab, two(0.60, 0.61), svm)
    said = answer(found, "cars")
    assert words in said
    assert ("far from what they could" in said) == (svm == 0.90)


@pytest.mark.parametrize(("adam", "adamax", "words"), [(0.6, 0.8, "AdaMax comes out"), (0.8, 0.6, "Adam comes out")])
def test_a_found_difference_is_told_of_the_better(make_lab: Make, adam: float, adamax: float, words: str) -> None:
    assert words in answer(cars(make_lab, two(adam, adamax)), "cars")


@pytest.mark.parametrize(
    ("adam", "adamax", "words"),
    [
        (0.70, 0.80, "AdaMax is better than Adam"),
        (0.80, 0.70, "Adam is better than AdaMax"),
        (0.80, 0.80, "no difference between AdaMax and Adam is found"),
    ],
)
def test_the_long_runs_answer_first(make_lab: Make, adam: float, adamax: float, words: str) -> None:
    found = cars(make_lab, two(0.60, 0.61), optional=long(adam, adamax, seeds=5))
    assert answer(found, "cars").startswith("With 1,200 pictures") and words in answer(found, "cars")
    assert page.shown(found).long and "in its last epoch" in notes(found, "cars")


def test_long_runs_that_exclude_little_cannot_tell_and_say_how_far_seeds_lie_apart(make_lab: Make) -> None:
    variants = {"cars-adam-long": at(0.80, spread=0.09), "cars-adamax-long": at(0.81, spread=0.02)}
    said = answer(cars(make_lab, two(0.60, 0.61), optional=variants), "cars")
    assert "these runs cannot tell whether AdaMax or Adam is better: " in said and "only a difference of more" in said
    assert "no difference between" not in said
    assert "The seeds of AdaMax lie up to 4.0 points apart, those of Adam up to 18.0." in said
    assert said.count(". ") < 5 and "The reason is the seeds" not in said, "five sentences at most"


def test_a_rate_at_the_grids_edge_limits_the_long_runs(make_lab: Make) -> None:
    def said(*rates: float) -> str:
        searched = at(0.81, own={"lr_grid": [*rates]})
        variants = {"cars-adam-long": at(0.80), "cars-adamax-long": searched}
        return answer(cars(make_lab, two(0.60, 0.61), optional=variants), "cars")

    assert "AdaMax keeps a rate at the edge of the grid: better ones may lie beyond." in said(0.01, 0.03)
    assert "edge of the grid" not in said(0.01)


def test_when_the_long_runs_reach_what_all_of_them_reach(make_lab: Make) -> None:
    def runs(*validation: float) -> dict[int, list[tuple[float, float, float, float]]]:
        return {seed: [(1.0, each, 1.0, each) for each in validation] for seed in range(3)}

    variants = {"adam": at(0.8, runs=runs(0.5, 0.7, 0.75)), "adamax": at(0.7, runs=runs(0.4, 0.5, 0.709))}
    found = cars(make_lab, two(0.6, 0.6), optional={f"cars-{key}-long": each for key, each in variants.items()})
    said = notes(found, "cars")
    # made macro-F1 lies a point below accuracy
    assert "Every run reaches 69 % macro-F1 on validation, with Adam after 2.0 epochs in the mean" in said
    assert "with AdaMax after 3.0." in said
    assert "*ResNet-50, Adam, long* changes by +5.0 points in its last epoch and" in said


def test_one_of_two_long_runs_is_no_verdict(make_lab: Make) -> None:
    found = cars(make_lab, two(0.60, 0.61), optional={"cars-adam-long": at(0.8)})
    assert "With 1,200" not in answer(found, "cars") and not page.shown(found).long


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_decide_nothing(make_lab: Make, seeds: int) -> None:
    found = cars(make_lab, two(0.60, 0.80, seeds=seeds), optional=long(0.6, 0.8, seeds=seeds))
    said = answer(found, "cars")
    assert "cannot be judged" in said and "say nothing of AdaMax and Adam" in said and "nan" not in said


def test_the_first_epochs_loss_is_explained_where_it_is_high(make_lab: Make) -> None:
    runs = {seed: [(1.2, 0.4, 3.6, 0.4), (1.1, 0.5, 1.3, 0.5), (1.0, 0.6, 0.9, 0.6)] for seed in range(3)}
    found = cars(make_lab, two(0.60, 0.61, runs=runs))
    assert "3.6 with *ResNet-50, Adam* (training 1.2)" in notes(found, "cars")
    assert "after the first epoch" not in notes(cars(make_lab, two(0.60, 0.61)), "cars")


def test_with_a_variant_missing(make_lab: Make) -> None:
    found = cars(make_lab, {"cars-adam": at(0.6)})
    assert answer(found, "cars") and page.shown(found).yardsticks
    notes(found, "cars")


def test_the_figure_has_every_model(make_lab: Make) -> None:
    found = cars(make_lab, two(0.60, 0.61))
    assert "Support vector machine 65.0 %" in page.answer(found).message and "Adam 59.0 %" in page.answer(found).message


def test_the_next_larger_rate_is_told_where_the_search_tried_one(make_lab: Make) -> None:
    def searched(*adamax: float) -> Findings:
        rates = {"cars-adam": [0.003, 0.01], "cars-adamax": [*adamax]}
        return cars(make_lab, {key: at(0.6, own={"lr_grid": each}) for key, each in rates.items()})

    said = page.shown(searched(0.01, 0.03)).faster
    assert "Adam at 0.01 ends at 48.0 % in place of 48.7 at 0.003 and AdaMax at 0.03 ends" in said
    assert page.shown(searched(0.01, 0.003)).faster == ""  # AdaMax keeps the largest
