"""What a lab's numbers say: by hand, and no sentence that its numbers make false."""

import re
from collections.abc import Callable, Iterator
from math import nan
from typing import Any

import pytest
from madelab import LAB, Parameters, Told, column, compare, told
from scipy import stats

from nnlabs.evaluation import outcomes
from nnlabs.evaluation.statistics import Comparison
from nnlabs.reporting import sentences, tables
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.findings import FEW, Findings
from nnlabs.reporting.results import collect

MINUS = "\N{MINUS SIGN}"
Finder = Callable[..., Findings]


@pytest.fixture
def found(make_lab: Callable[..., Parameters]) -> Finder:
    return lambda *arguments, **more: Findings(collect(make_lab(*arguments, **more)))


# ---------------------------------------------------------------- words


def compared(difference: float = 0.02, interval: float = 0.005, seeds: int = 5) -> Comparison:
    return Comparison("new", "old", seeds, difference, interval)


def test_numbers_as_they_are_printed() -> None:
    assert sentences.points(0.0123) == "+1.23"
    assert sentences.points(-0.0123, 1) == f"{MINUS}1.2"
    assert sentences.points(-0.000001) == "+0.00"
    assert sentences.percent(0.87654) == "87.65"
    assert sentences.with_interval(0.8752, 0.0021) == "87.52 ± 0.21"
    assert sentences.with_interval(0.8752, None) == sentences.with_interval(0.8752, nan) == "87.52"
    assert sentences.capital("of two") == "Of two"


def test_a_found_difference_is_better_or_worse_with_its_interval() -> None:
    said = sentences.sentence(compared())
    assert said == "*new* is better than *old*: +2.00 points (95 % interval +1.50 to +2.50)."
    said = sentences.sentence(compared(-0.02))
    assert said == f"*new* is worse than *old*: {MINUS}2.00 points (95 % interval {MINUS}2.50 to {MINUS}1.50)."


def test_a_difference_that_is_not_found_says_what_is_excluded() -> None:
    said = sentences.sentence(compared(interval=0.03))
    for words in ("cannot be told", f"{MINUS}1.00 to +5.00", "a difference of more than 5.00 points is excluded"):
        assert words in said
    assert "more than 5.00 points" in sentences.sentence(compared(-0.02, 0.03))  # the far end, whichever that is
    assert "is better than" not in said and "is worse than" not in said


def test_an_interval_wider_than_all_there_is_excludes_nothing() -> None:
    said = sentences.sentence(compared(interval=1.2))
    assert said.endswith("no difference is excluded.") and "122" not in said.split(";")[1]


@pytest.mark.parametrize("n", [1, 2])
def test_too_few_seeds_are_no_verdict(n: int) -> None:
    said = sentences.sentence(compared(interval=0.001 if n > 1 else nan, seeds=n))
    assert f"compared at {sentences.counted(n)} (+2.00 points): too few to say" in said


def test_without_spread_there_is_no_verdict() -> None:
    said = sentences.sentence(compared(interval=nan))
    assert said.endswith("no verdict.") and "+2.00 points" in said and "nan" not in said


# ---------------------------------------------------------------- comparisons

THREE = {
    "a": told(0.80, 0.82, 0.84, validation=0.80, training=0.95, name="First"),
    "b": told(0.84, 0.84, 0.86, validation=0.79, training=0.90, name="Second"),
    "c": told(0.70, 0.73, 0.71, validation=0.70, training=0.99, name="Third"),
}
ASKED = {"one": compare("a", "b"), "two": compare("c", "b", "a")}


def test_every_variant_meets_its_comparisons_first_and_all_hold_together(found: Finder) -> None:
    lab = found(THREE, ASKED)
    pairs = {key: [(each.variant, each.reference) for each in those] for key, those in lab.compared.items()}
    assert pairs == {"one": [("b", "a")], "two": [("b", "c"), ("a", "c")]}
    assert lab.together == 3
    # all variants get the same images right here, so seeds alone tell them apart; Bonferroni over three
    for one, other in ("ba", "bc", "ac"):
        each = lab.pair(one, other)
        known = stats.ttest_ind([*THREE[one].test.values()], [*THREE[other].test.values()], equal_var=False)
        low, high = known.confidence_interval(1 - 0.05 / 3)
        assert each is not None and (each.low, each.high) == pytest.approx((low, high))


def test_a_pair_is_asked_from_either_side(found: Finder) -> None:
    lab = found(THREE, ASKED)
    assert lab.better("b", "c") and not lab.better("c", "b") and not lab.undecided("c", "b")
    assert lab.verdict("c", "b").startswith("*Third* is worse than *Second*")
    assert lab.difference("b", "c").startswith("+13.33 points (95 % interval +")
    assert lab.difference("c", "b").startswith(f"{MINUS}13.33 points")
    assert lab.undecided("a", "b") and lab.undecided("b", "a")
    assert lab.reached("b") == "84.7 ± 11.1 %"  # seeds 4.30265 * 0.011547 / sqrt(3); images 1.96 * 0.3 / sqrt(30)
    assert lab.name("a") == "*First*" and lab.there("a", "b") and not lab.there("a", "gone")


def test_what_the_page_does_not_compare_has_no_verdict(found: Finder) -> None:
    lab = found(THREE, {"one": compare("a", "b")})
    assert lab.pair("a", "c") is None
    assert not (lab.better("a", "c") or lab.undecided("a", "c") or lab.verdict("a", "c") or lab.difference("a", "c"))
    assert found(THREE).together == 0


def test_removed_variants_are_left_out_and_the_next_takes_the_place_of_the_first(found: Finder) -> None:
    asked = {"one": compare("gone", "b", "lost", "c"), "two": compare("gone", "a"), "three": compare("gone", "lost")}
    lab = found(THREE, asked)
    assert [each.id for each in lab.present(lab.results.questions["one"])] == ["b", "c"]
    assert {key: [(each.variant, each.reference) for each in those] for key, those in lab.compared.items()} == {
        "one": [("c", "b")]
    }


def test_those_left_out_are_compared_by_a_question_of_their_own(found: Finder) -> None:
    optional = {"long": told(0.90, 0.91, 0.92), "longer": told(0.97, 0.98, 0.99)}
    asked = {"one": compare("a", "b", "long"), "own": compare("long", "longer")}
    lab = found(THREE, asked, optional=optional)
    pairs = {key: [(each.variant, each.reference) for each in those] for key, those in lab.compared.items()}
    assert pairs == {"one": [("b", "a")], "own": [("longer", "long")]}
    assert lab.better("longer", "long") and lab.together == 2


def test_what_was_measured_without_single_predictions_is_not_compared(make_lab: Callable[..., Parameters]) -> None:
    optional = {"long": told(0.90, 0.91, 0.92), "longer": told(0.97, 0.98, 0.99)}
    settings = make_lab(THREE, {"own": compare("long", "longer")}, optional=optional)
    assert Findings(collect(settings)).better("longer", "long")
    outcomes.path(LAB, "long").unlink()
    lab = Findings(collect(settings))
    assert lab.there("long") and lab.compared == {} and lab.beside("longer", "long").startswith("cannot be judged")


def test_how_one_does_beside_another(found: Finder) -> None:
    lab = found(
        THREE | {"guess": told(0.30, 0.31, 0.32), "worse": told(0.20, 0.21, 0.22)},
        {**ASKED, "chance": compare("guess", "worse")},
    )
    assert lab.beside("b", "c").startswith("scores 13.33 points higher (95 % interval +")
    assert lab.beside("c", "b").startswith(f"scores 13.33 points lower (95 % interval {MINUS}")
    assert lab.beside("a", "b").startswith("cannot be told apart (a difference of more than ")
    assert lab.beside("guess", "worse") == lab.beside("a", "worse") == "cannot be judged from these runs"
    assert lab.worse("c", "b") and not lab.worse("b", "c")


# ---------------------------------------------------------------- the answer


def higher(*test: float, validation: float = 0.9) -> Told:
    """A variant above all others on validation."""
    return told(*test, validation=validation)


GOOD, ALIKE, BAD = (0.95, 0.96, 0.97), (0.80, 0.84, 0.82), (0.60, 0.61, 0.62)
CASES: dict[str, tuple[dict[str, Told], list[str]]] = {
    "better": (
        {"a": told(*BAD), "b": higher(*GOOD)},
        ["Of 2 variants, *b* has the highest", "96.00 ± 11.02 %", "*b* is better than *a*: +35.00"],
    ),
    "reversed": ({"a": told(*GOOD), "b": higher(*BAD)}, [f"*b* is worse than *a*: {MINUS}35.00"]),
    "first": ({"a": higher(*GOOD), "b": told(*BAD)}, ["*a* is better than *b*: +35.00"]),
    "alike": (
        {"a": told(0.81, 0.83, 0.84), "b": higher(*ALIKE)},
        ["Whether *b* or *a* is better cannot be told", "is excluded"],
    ),
    "tied": (
        {"a": told(*BAD), "b": told(*GOOD)},
        ["*a* and *b* have the same highest validation accuracy; the first of them, *a*, reaches 61.00"],
    ),
    "without spread": ({"a": told(0.8, 0.8, 0.8), "b": higher(0.9, 0.9, 0.9)}, ["no verdict"]),
    "far": ({"a": told(0.1, 0.5, 0.9), "b": higher(0.2, 0.9, 0.9)}, []),
    "wide": ({"a": told(0.70, 0.9, 0.8), "b": higher(0.95, 0.55, 0.9)}, ["That is not clearly above chance, 33.33 %"]),
    "two seeds": ({"a": told(0.5, 0.51), "b": higher(0.9, 0.91)}, ["compared at 2 seeds (+40.00 points): too few"]),
    "one seed": ({"a": told(0.5), "b": higher(0.9)}, ["90.00 % (one seed)", "at 1 seed (+40.00 points): too few"]),
    "other seeds": ({"a": told(*BAD), "b": Told({5: 0.95, 6: 0.96, 7: 0.97}, 0.9)}, ["*b* is better than *a*"]),
    "missing": ({"b": higher(*GOOD)}, ["*b* reaches 96.00 ± 11.02 % test accuracy."]),
    "none": ({}, ["No variant of this lab"]),
    "not compared": ({"a": told(*BAD), "c": higher(*GOOD)}, ["*c* has the highest"]),
    "by chance": ({"a": told(0.30, 0.31, 0.32), "b": higher(0.35, 0.36, 0.37)}, ["not clearly above chance, 33.33 %"]),
    "fits all": (
        {"a": told(*BAD), "b": told(*GOOD), "c": told(*GOOD, own={"fit": "train+validation"})},
        ["have the same highest"],
    ),
    "one validates": (
        {"a": higher(*GOOD), "b": told(*GOOD, own={"fit": "train+validation"})},
        ["*a* reaches 96.00", "cannot be told"],
    ),
    "two of three validate": (
        {"a": told(*BAD), "b": higher(*GOOD), "c": told(*GOOD, own={"fit": "train+validation"})},
        ["Of 2 variants that keep validation images, *b* has the highest"],
    ),
    "nothing chosen": ({"b": told(*GOOD, own={"fit": "train+validation"})}, ["so none is chosen"]),
}


@pytest.mark.parametrize("case", CASES)
def test_the_answer_is_of_the_variant_chosen_on_validation(found: Finder, case: str) -> None:
    variants, words = CASES[case]
    said = " ".join(found(variants, {"one": compare("a", "b")}).answer().sentences)
    for each in words:
        assert each in said
    assert "nan" not in said and "None" not in said


MANY = {
    "a": higher(*ALIKE),
    "b": told(*BAD, name="Bad"),
    "c": told(*GOOD, name="Good"),
    "d": told(0.81, 0.83, 0.82, name="Alike"),
    "e": told(0.61, 0.62, 0.63, name="Poor"),
}


def test_many_verdicts_are_one_sentence(found: Finder) -> None:
    assert len(MANY) - 1 > FEW
    answer = found(MANY, {"all": compare(*MANY)}).answer()
    assert answer.sentences[1:] == (
        "*a* is better than *Bad* and *Poor*; it is worse than *Good*; it cannot be told from *Alike*.",
    )
    assert answer.message == "Test accuracy of 5 variants, from Good 96.0 % down to Bad 61.0 %"


def test_a_variant_in_no_comparison_is_told_of_alone(found: Finder) -> None:
    seen = found({"a": told(0.7, 0.72, 0.71, name="A"), "b": told(0.8, name="B", own={"fit": "train+validation"})})
    assert seen.alone("a").startswith("*A* reaches 71.00 ") and "(3 seeds); it stands in no comparison" in seen.alone(
        "a"
    )
    assert "from the validation images, too" not in seen.alone("a")
    assert "(1 seed)" in seen.alone("b") and "from the validation images, too" in seen.alone("b")


def test_the_figure_of_one_variant_is_told_of_it(found: Finder) -> None:
    assert found({"a": told(*GOOD)}).answer() == Answer(
        ("*a* reaches 96.00 ± 11.02 % test accuracy.",), "accuracy.svg", "Test accuracy: a 96.0 %"
    )


# ---------------------------------------------------------------- no sentence is false


def claims(lab: Findings) -> Iterator[tuple[str, bool]]:
    """Every claim about which is better in a lab's answer, verdicts and tables, and whether its numbers bear it out."""
    ids = {result.name: key for key, result in lab.results.shown.items()}
    told = [*lab.answer().sentences, *(lab.judged(each) for those in lab.compared.values() for each in those)]
    for said in told:
        yield from ((said, holds) for holds in _held(said, lab, ids))
    for those in lab.compared.values():
        for each, verdict in zip(those, column(tables.compared(those), "verdict"), strict=True):
            yield verdict, verdict.split(";")[0] == _outcome(each)


def _outcome(each: Comparison) -> str:
    if each.seeds < 3 or each.interval != each.interval:
        return "no verdict"
    if each.difference - each.interval > 0:
        return "better"
    return "worse" if each.difference + each.interval < 0 else "cannot tell"


def _held(said: str, lab: Findings, ids: dict[str, str]) -> Iterator[bool]:
    for verdict, wanted in (("better", "better"), ("worse", "worse")):
        for one, other in re.findall(rf"^\*([^*]+)\* is {verdict} than \*([^*]+)\*:", said):
            each = lab.pair(ids[one], ids[other])
            yield each is not None and _outcome(each) == wanted
            yield each is not None and f"{sentences.points(each.difference)} points" in said
    for one, other in re.findall(r"^Whether \*([^*]+)\* or \*([^*]+)\* is better cannot", said):
        each = lab.pair(ids[one], ids[other])
        assert each is not None
        yield _outcome(each) == "cannot tell"
        far = max(abs(each.low), abs(each.high))
        yield (f"a difference of more than {100 * far:.2f} points is excluded" in said) == (far < 1)
    for one, other in re.findall(r"^\*([^*]+)\* and \*([^*]+)\* were compared at", said):
        yield min(len(lab.of(ids[name]).by_seed) for name in (one, other)) < 3
    for one, other in re.findall(r"^Every seed of \*([^*]+)\* or of \*([^*]+)\*", said):
        yield min(len(set(lab.of(ids[name]).by_seed.values())) for name in (one, other)) == 1
    known = {name: lab.of(key).validation for name, key in ids.items() if lab.of(key).validated}
    for one in re.findall(r", \*([^*]+)\* has the highest validation", said):
        yield all(known[one] > value for name, value in known.items() if name != one)
    for names in re.findall(r"^(.*) have the same highest validation", said):
        yield {known[name] for name in re.findall(r"\*([^*]+)\*", names)} == {max(known.values())}
    if match := re.search(r"reaches ([\d.]+)", said):
        assert lab.results.best is not None
        yield match[1] == f"{100 * lab.results.best.test:.2f}"


@pytest.mark.parametrize("case", CASES)
def test_no_verdict_is_false(found: Finder, case: str) -> None:
    variants, _ = CASES[case]
    asked: dict[str, Any] = {"one": compare("a", "b"), "two": compare("c", "b", "a")}
    held = list(claims(found(variants, asked)))
    assert [said for said, holds in held if not holds] == []
    assert held or case in ("none", "nothing chosen")


def test_claims_are_told_apart_from_their_opposites(found: Finder) -> None:
    """The check above notices what it is there to notice."""
    lab, ids = found(CASES["better"][0], {"one": compare("a", "b")}), {"a": "a", "b": "b"}
    for said in (
        f"*b* is worse than *a*: {MINUS}35.00 points (",
        "*a* is better than *b*: +35.00 points (",
        "Whether *b* or *a* is better cannot be told from these runs: (); a difference of more than 40.00 points is "
        "excluded.",
        "Of 2 variants, *a* has the highest validation accuracy",
        "*a* and *b* have the same highest validation accuracy",
        "*b* and *a* were compared at 2 seeds",
        "*b* reaches 61.00 % test accuracy.",
    ):
        assert not all(_held(said, lab, ids)), said
