"""Sureness beside accuracy: what the diagram shows and its sentences say."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from madefour import add_scores
from madelab import Parameters, page, told, write_page

from nnlabs.reporting import calibration
from nnlabs.reporting.results import Results, collect

Make = Callable[..., Parameters]
SOFT = {"label_smoothing": 0.1}


def bins(*given: tuple[int, float, float]) -> dict[str, list[Any]]:
    """One seed's bins of images, confidence and the part that is right, and an empty one."""
    images, sure, right = zip(*given, (0, None, None), strict=True)
    return {"images": [*images], "confidence": [*sure], "right": [*right]}


def results(make_lab: Make, *seeds: dict[str, Any]) -> Results:
    parameters = make_lab({"soft": told(*[0.8] * len(seeds), own=SOFT), "plain": told(0.7, 0.7)})
    add_scores("soft", calibration=[*seeds])
    return collect(parameters)


@pytest.mark.parametrize(
    ("seed", "error", "words"),
    [
        (bins((40, 0.6, 0.8), (60, 0.9, 1.0)), 0.14, "14.0 points apart; it is right more often than it says"),
        (bins((40, 0.8, 0.6), (60, 1.0, 0.9)), 0.14, "14.0 points apart; it is right less often than it says"),
        (bins((50, 0.6, 0.8), (50, 0.9, 0.7)), 0.2, "20.0 points apart, by turns above and below"),
        (bins((50, 0.6, 0.6), (50, 0.9, 0.9)), 0.0, "0.0 points apart, by turns"),
    ],
)
def test_what_is_said_of_a_variant(make_lab: Make, seed: dict[str, Any], error: float, words: str) -> None:
    soft, plain = calibration.asked(results(make_lab, seed, seed))
    assert (soft.result.id, plain.result.id) == ("soft", "plain")
    assert soft.error == pytest.approx(error)
    assert words in calibration.sentences([soft])[0] and "label smoothing 0.1" in calibration.sentences([soft])[0]
    assert "no label smoothing" in calibration.sentences([plain])[0]
    assert f"soft {100 * error:.1f} points" in calibration.message([soft])


def test_a_point_is_all_seeds_and_needs_images(make_lab: Make) -> None:
    soft, _ = calibration.asked(
        results(make_lab, bins((10, 0.5, 0.5), (9, 0.9, 1.0)), bins((30, 0.7, 0.9), (9, 0.9, 1.0)))
    )
    assert soft.points() == ([pytest.approx(0.65)], [pytest.approx(0.8)])  # 18 images are too few


def test_nothing_is_asked_where_no_labels_were_softened(make_lab: Make) -> None:
    parameters = make_lab({"plain": told(0.7, 0.7), "old": told(0.8, 0.8)})
    assert calibration.asked(collect(parameters)) == []
    write_page(parameters)
    assert "as it is sure" not in page()


def test_what_was_not_kept_is_told(make_lab: Make) -> None:
    parameters = make_lab({"soft": told(0.8, 0.8, own=SOFT), "old": told(0.9, 0.9, own=SOFT), "plain": told(0.7, 0.7)})
    add_scores("old", calibration=None)
    write_page(parameters)
    assert "*old* (label smoothing 0.1) is not in the diagram: its probabilities were not kept." in page()
    assert page().count("is not in the diagram") == 1


def test_the_page_has_the_diagram(make_lab: Make, tmp_path: Path) -> None:
    write_page(make_lab({"soft": told(0.8, 0.8, 0.8, own=SOFT), "plain": told(0.7, 0.7, 0.7)}))
    assert "Is it as often right as it is sure?" in page() and "expected calibration error" in page()
    assert (tmp_path / "reports/figures/shapes/calibration.svg").exists()
