"""A lab that goes by macro-F1, learning rates tried, and scores no better than chance."""

from collections.abc import Callable

import pytest
from madelab import RUN, Parameters, Told, cells, column, compare, page, told, write_all

from nnlabs.reporting import charts, dvc_views, findings, score_tables, sentences
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.results import Results, collect

Make = Callable[..., Parameters]

# by accuracy a is ahead everywhere, by macro-F1 b
TURNED = {
    "a": told(0.80, 0.82, 0.84, validation=0.9, f1=-0.3),
    "b": told(0.70, 0.72, 0.74, validation=0.8, f1=0.01),
}
GRID = {"lr_grid": [0.01, 0.1]}  # the first is the kept one


@pytest.fixture
def results(make_lab: Make) -> Callable[..., Results]:
    return lambda *arguments, **more: collect(make_lab(*arguments, **more))


def test_the_labs_score_is_what_everything_goes_by(results: Callable[..., Results]) -> None:
    asked = {"pair": compare("a", "b")}
    by_accuracy, by_f1 = results(TURNED, asked), results(TURNED, asked, score="macro_f1")
    assert [lab.best is lab.variants[name] for lab, name in ((by_accuracy, "a"), (by_f1, "b"))] == [True, True]
    assert (by_f1.variants["b"].validation, by_f1.variants["b"].running) == pytest.approx((0.81, 0.71))
    ((accuracy,), (f1,)) = (Findings(lab).compared["pair"] for lab in (by_accuracy, by_f1))
    assert (accuracy.difference, f1.difference) == pytest.approx((-0.10, 0.21))
    table = score_tables.accuracies(by_f1)
    assert cells(table)[0][1:3] == ["test macro-F1, %", "test accuracy, %"]
    halves = [100 * by_f1.variants[name].interval for name in "ab"]  # 4.97 over seeds, and what images add
    assert halves == pytest.approx([12] * 2, abs=1)
    assert column(table, "test macro-F1, %") == [f"52.00 ± {halves[0]:.2f}", f"**73.00 ± {halves[1]:.2f}**"]
    assert column(table, "test accuracy, %") == ["82.00", "72.00"]
    chosen, verdict = Findings(by_f1).answer().sentences
    assert "*b* has the highest validation macro-F1; on the test images it reaches 73.00 ±" in chosen
    assert verdict.startswith("*b* is better than *a*: +21.00 points")


def test_figures_show_the_labs_score(results: Callable[..., Results]) -> None:
    lab = results(TURNED, score="macro_f1")
    _, score = charts.curves(lab, ["b"]).axes
    assert score.get_title("left") == "macro-F1, %"
    assert max(score.lines[-1].get_ydata()) == pytest.approx(81)
    dots = charts.accuracies(lab).axes[0]
    assert dots.get_xlabel() == "test macro-F1, %"
    assert [each[0].get_xdata()[0] for each in dots.containers] == pytest.approx([52, 73])


def test_pages_of_a_lab_by_macro_f1_speak_of_it(make_lab: Make) -> None:
    settings = make_lab(TURNED, {"pair": compare("a", "b")}, score="macro_f1")
    write_all(settings)
    text = page()
    for words in (
        "*b* is better than *a*",
        "Test macro-F1: the dot is the mean over seeds",
        "highest\nvalidation macro-F1, the mean over classes",
    ):
        assert words in text
    assert "highest validation macro-F1" in text
    assert "| test macro-F1, % |" in page(RUN).replace("  ", "")


def test_a_rate_that_diverged_is_listed_and_not_drawn(make_lab: Make) -> None:
    parameters = make_lab({"a": told(0.7, own={"lr_grid": [0.01, 30.0]})}, score="macro_f1")
    lab = collect(parameters)
    assert cells(score_tables.rates(lab)) == [["variant", "0.01", "30"], ["a", "**48.00**", "diverged"]]
    assert dvc_views.rates(lab) == [{"rate": 0.01, "validation": 48.0, "series": "a"}]
    write_all(parameters)
    assert "Validation macro-F1 in percent, first seed; in bold the rate that was kept" in page()


def test_rates_that_were_tried_are_listed_and_the_kept_one_is_bold(results: Callable[..., Results]) -> None:
    lab = results({"a": told(0.7, own=GRID), "b": told(0.8, own={"lr_grid": [0.1, 0.2]}), "c": told(0.7)})
    # validation accuracy of a rate is 0.5 - the rate
    assert cells(score_tables.rates(lab)) == [
        ["variant", "0.01", "0.1", "0.2"],
        ["a", "**49.00**", "40.00", "–"],
        ["b", "–", "**40.00**", "30.00"],
    ]
    assert score_tables.rates(results({"c": told(0.7)})) == ""


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        ([0.01, 0.1, 0.2], ["*a*, 0.01, is the smallest"]),
        ([0.2, 0.1, 0.01], ["*a*, 0.2, is the largest"]),
        ([0.1, 0.01, 0.2], []),
    ],
)
def test_a_rate_at_the_edge_of_the_grid_is_said(
    results: Callable[..., Results], grid: list[float], words: list[str]
) -> None:
    said = findings.edges(results({"a": told(0.7, own={"lr_grid": grid}), "b": told(0.7)}))
    assert len(said) == len(words)
    assert all(each in sentence for each, sentence in zip(words, said, strict=True))


# three classes of 10 test images: chance is 33.33 %, the sampling error of 40 % of 30 images ± 17.53 points
GUESSES = told(0.39, 0.40, 0.41, validation=0.4)


@pytest.mark.parametrize(
    ("variants", "nothing"),
    [
        ({"a": GUESSES, "b": told(0.42, 0.41, 0.43)}, True),
        ({"a": GUESSES, "b": told(0.62, 0.61, 0.63)}, False),
        ({"a": told(0.62, 0.61, 0.63), "b": GUESSES}, False),
        ({"a": told(0.2, 0.9, 0.5), "b": GUESSES}, True),  # above chance in the mean, far apart over seeds
        ({"a": told(0.62), "b": told(0.55)}, False),  # one seed: the sampling error alone counts
        ({"a": told(0.42), "b": told(0.41)}, True),
    ],
)
def test_a_comparison_of_variants_no_better_than_chance_decides_nothing(
    results: Callable[..., Results], variants: dict[str, Told], nothing: bool
) -> None:
    found = Findings(results(variants, {"pair": compare("a", "b")}))
    (compared,) = found.compared["pair"]
    said = found.judged(compared)
    assert ("decides nothing" in said) == nothing
    if nothing:
        assert "neither *b*" in said and "(33.33 %)" in said and "better" not in said
        assert not (found.better("a", "b") or found.better("b", "a")) and found.undecided("a", "b")
    else:
        assert said == sentences.sentence(compared)


def test_what_is_no_better_than_chance_is_no_answer(make_lab: Make) -> None:
    asked = {"pair": compare("a", "b")}
    settings = make_lab({"a": GUESSES, "b": told(0.43, 0.42, 0.44, validation=0.5)}, asked)
    write_all(settings)
    for text in (page(), page("README.md")):
        assert "not clearly above chance, 33.33 %" in text
    assert "is better than" not in page("README.md")


@pytest.mark.parametrize(
    ("test", "learnt"),
    [
        ((0.44, 0.45, 0.46), True),  # over seeds ± 2.48, over images ± 10.74: 33.98 is the low end
        ((0.43, 0.44, 0.45), False),
        ((0.40, 0.45, 0.50), False),  # over seeds ± 12.42
        ((0.51,), False),  # of one seed the sampling error of its accuracy counts, ± 17.89
        ((0.52,), True),
    ],
)
def test_what_is_above_chance_is_so_over_seeds_and_images(
    results: Callable[..., Results], test: tuple[float, ...], learnt: bool
) -> None:
    lab = results({"a": told(*test)})
    assert Findings(lab).learnt(lab.variants["a"]) == learnt


def test_chance_of_accuracy_is_the_largest_class_and_of_macro_f1_an_even_guess(
    results: Callable[..., Results],
) -> None:
    for score, chance in (("accuracy", 0.6), ("macro_f1", 1 / 3)):
        lab = results({"a": told(0.5)}, score=score)
        lab.variants["a"].scores.confusion[:] = [[[3, 3, 0], [0, 1, 1], [0, 0, 2]]]
        assert Findings(lab).chance == pytest.approx(chance)
