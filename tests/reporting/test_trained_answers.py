"""Fashion, digits and objects3 answer from made results, and no sentence says what the numbers do not."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from madelab import Parameters, Told, told

from nnlabs.labs.digits import page as digits
from nnlabs.labs.fashion import page as fashion
from nnlabs.labs.objects3 import page as objects3
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.results import collect

Make = Callable[..., Findings]
LABS = {"fashion": fashion, "digits": digits, "objects3": objects3}
FAST_AND_SLOW = (0.81, 0.89), (0.5, 0.89)
"""Validation accuracies of two epochs."""
CLEAR = (0.0, 0.001, -0.001)
"""What seeds differ by."""


def words(lab: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(Path(f"src/nnlabs/labs/{lab}/lab.yaml").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def make(make_lab: Callable[..., Parameters]) -> Make:
    def found(lab: str, variants: Mapping[str, Told], **more: Any) -> Findings:
        names = words(lab)["names"]
        named = {
            key: Told(**{**vars(each), "name": names[key]}) if each.name is None else each
            for key, each in variants.items()
        }
        return Findings(collect(make_lab(named, words(lab)["comparisons"], lab=more.pop("key", "shapes"), **more)))

    return found


def clear(mean: float, **more: Any) -> Told:
    return told(*(mean + each for each in CLEAR), **more)


def everything(found: Findings, page: ModuleType) -> str:
    said = [*page.answer(found).sentences, page.answer(found).message]
    said += [each for paragraphs in page.notes(found).values() for each in paragraphs]
    return "\n".join(said)


def of_fashion(**scores: float) -> dict[str, Told]:
    """The lab's variants, all at 0.8 but for those told otherwise."""
    return {
        key: clear(scores.get(key.removeprefix("fashion-").replace("-", "_"), 0.8)) for key in words("fashion")["names"]
    }


GRID = {
    (rate, hidden, batch): f"objects3-lr0p{'001' if rate == 0.001 else '005'}-h{hidden}-b{batch}"
    for rate in (0.001, 0.005)
    for hidden in (50, 200)
    for batch in (32, 128)
}


def of_grid(score: Callable[[float, int, int], float]) -> dict[str, Told]:
    order = words("objects3")["names"]
    made = {
        key: clear(score(rate, hidden, batch), own={"lr": rate, "batch_size": batch, "hidden": [hidden]})
        for (rate, hidden, batch), key in GRID.items()
    }
    return {key: made[key] for key in order}


def all_of(lab: str, told_of: Callable[[str], Told]) -> dict[str, Told]:
    if lab == "objects3":
        keys = {name: key for key, name in GRID.items()}
        return {
            name: Told(
                **{
                    **vars(told_of(name)),
                    "own": {"lr": keys[name][0], "hidden": [keys[name][1]], "batch_size": keys[name][2]},
                }
            )
            for name in words(lab)["names"]
        }
    return {key: told_of(key) for key in words(lab)["names"]}


def test_depth_is_told_as_it_came_out(make: Make) -> None:
    worse = fashion.answer(make("fashion", of_fashion(deep=0.6))).sentences[0]
    assert "four hidden layers scores 20.00 points lower" in worse and "one hidden layer cannot be told apart" in worse
    better = fashion.answer(make("fashion", of_fashion(deep=0.95))).sentences[0]
    assert "four hidden layers scores 15.00 points higher" in better


def test_for_how_long_it_was_trained_is_what_its_settings_say(make: Make) -> None:
    """A knob that the pages' own commands turn."""
    same, longer = of_fashion(), of_fashion()
    longer["fashion-deep"] = clear(0.8, own={"epochs": 6})
    assert "holds for trainings of 3 epochs" in everything(make("fashion", same), fashion)
    assert "holds for trainings of 3 to 6 epochs" in everything(make("fashion", longer), fashion)
    digit = all_of("digits", lambda _: clear(0.8, own={"epochs": 4}))
    said = everything(make("digits", digit), digits)
    assert "After 4 epochs the plain MLP gets" in said and "is measured in 4 epochs" in said
    assert "three epochs" not in said


def test_a_computed_first_layer_is_told_of_a_network_that_has_one(make: Make) -> None:
    plain, whitened = of_fashion(best_cnn=0.9), of_fashion()
    whitened["fashion-best-cnn"] = clear(0.9, own={"model": "whitened", "tta_flip": True})
    assert "is computed from training images, not learned" not in everything(make("fashion", plain), fashion)
    said = everything(make("fashion", whitened), fashion)
    assert "is computed from training images, not learned" in said and "the mean over the image and its mirror" in said


def test_one_depth_or_two_that_cannot_be_told(make: Make) -> None:
    said = everything(make("fashion", of_fashion()), fashion)
    assert "neither one hidden layer nor four can be told from two: a difference of more than" in said
    fewer = {key: each for key, each in of_fashion().items() if key != "fashion-deep"}
    assert "one hidden layer cannot be told from two: a difference" in everything(make("fashion", fewer), fashion)


def test_depth_is_explained_only_where_it_costs(make: Make) -> None:
    slow = of_fashion(deep=0.6)
    slow["fashion-deep"] = clear(0.6, training=0.5)
    assert "fall behind from the first epoch" in everything(make("fashion", slow), fashion)
    assert "fall behind" not in everything(make("fashion", of_fashion(deep=0.6)), fashion)  # as good in training
    assert "fall behind" not in everything(make("fashion", of_fashion(deep=0.95)), fashion)


def test_dropout_has_its_reason_only_where_there_is_little_to_prevent(make: Make) -> None:
    few, many = of_fashion(), of_fashion()
    few["fashion-no-dropout"] = clear(0.8, training=0.81, validation=0.8)
    many["fashion-no-dropout"] = clear(0.8, training=0.95, validation=0.8)
    assert "little for it to prevent" in everything(make("fashion", few), fashion)
    assert "little for it to prevent" not in everything(make("fashion", many), fashion)
    helps = of_fashion(lecture=0.95)
    helps["fashion-no-dropout"] = few["fashion-no-dropout"]
    said = everything(make("fashion", helps), fashion)
    assert "little for it to prevent" not in said and "that pays here even within 3 epochs" in said


def test_the_recipe_moves_more_only_where_it_does(make: Make) -> None:
    more = of_fashion(best_mlp=0.95, best_cnn=0.97)
    assert "more than any single change" in everything(make("fashion", more), fashion)
    assert "more than any single change" not in everything(make("fashion", of_fashion()), fashion)
    assert "more than any single change" not in everything(
        make("fashion", more | {"fashion-deep": clear(0.4)}), fashion
    )


def test_epochs_to_a_score_are_counted_from_the_history(make: Make) -> None:
    runs = {
        0: [(1.0, 0.5, 1.0, each) for each in (0.79, 0.85, 0.87)],
        1: [(1.0, 0.5, 1.0, each) for each in (0.81, 0.83, 0.84)],
    }
    variants = of_fashion() | {"fashion-sigmoid": told(0.8, 0.81, runs=runs)}
    (table,) = (each for each in fashion.notes(make("fashion", variants))["activation"] if each.startswith("|"))
    (row,) = (line for line in table.splitlines() if "sigmoid" in line)
    assert [cell.strip() for cell in row.split("|")[2:-1]] == ["1.5", "2.5", "3.0 (1 of 2 seeds)", "–"]


def test_a_rate_on_the_edge_of_the_search_is_told(make: Make) -> None:
    variants = of_fashion() | {"fashion-tanh": clear(0.8, own={"lr_grid": [0.01, 0.003, 0.001]})}
    said = everything(make("fashion", variants), fashion)  # the first is kept
    assert "*MLP 128-64, tanh* keeps the largest rate" in said and "different rates" in said
    assert "; of the rates searched tanh keeps the largest, so a better one may lie beyond." in said
    inside = everything(make("fashion", of_fashion()), fashion)
    assert "keeps the" not in inside and "rates searched" not in inside


def test_the_sigmoids_derivative_is_no_reason_alone_where_tanh_is_behind_as_well(make: Make) -> None:
    fast, slow = ({seed: [(1.0, 0.5, 1.0, each) for each in epochs] for seed in range(3)} for epochs in FAST_AND_SLOW)
    start = {**of_fashion(), "fashion-medium": clear(0.8, runs=fast), "fashion-sigmoid": clear(0.7, runs=slow)}
    alone = everything(make("fashion", start | {"fashion-tanh": clear(0.8, runs=fast)}), fashion)
    assert "A reason that is given for it" in alone and "is not the whole" not in alone
    both = everything(make("fashion", start | {"fashion-tanh": clear(0.7, runs=slow)}), fashion)
    assert "A reason that is given for it" in both and "is not the whole" in both
    none = everything(make("fashion", start | {"fashion-sigmoid": clear(0.8, runs=fast)}), fashion)
    assert "A reason that is given for it" not in none


def test_digits_sorts_its_changes_by_what_they_do(make: Make) -> None:
    variants = all_of("digits", lambda key: clear({"digits-mlp-norm": 0.95, "digits-mlp-shifts": 0.5}.get(key, 0.8)))
    said = digits.answer(make("digits", variants)).sentences[1]
    assert "the MLP gains from batch norm (+15.00) and loses by shifted images (\N{MINUS SIGN}30.00)" in said
    assert ", and whether two larger layers changes it cannot be told; whether" in said
    assert "; whether batch norm or shifted images changes the CNN cannot be told." in said


@pytest.mark.parametrize(
    ("validation", "words"),
    [(0.9, "speeds the CNN up"), (0.7, "helps the CNN, though not from its first"), (0.8, "helps the CNN, though not")],
)
def test_batch_norm_speeds_up_only_where_the_first_epoch_is_better(make: Make, validation: float, words: str) -> None:
    scores = {"digits-cnn-norm": clear(0.95, validation=validation)}
    found = make("digits", all_of("digits", lambda key: scores.get(key, clear(0.8, validation=0.8))))
    assert f"**Batch norm** {words}" in everything(found, digits)


@pytest.mark.parametrize(
    ("wide", "words"), [(0.9, "they pay here"), (0.6, "cost more than they bring"), (0.8, "pay cannot be told")]
)
def test_two_larger_layers_are_not_taken_apart(make: Make, wide: float, words: str) -> None:
    found = make("digits", all_of("digits", lambda key: clear(wide if key == "digits-mlp-wide" else 0.8)))
    said = everything(found, digits)
    assert words in said and "is not taken apart" in said


@pytest.mark.parametrize(("cnn", "mlp"), [(0.9, 0.6), (0.6, 0.9), (0.8, 0.8)])
def test_convolution_is_praised_only_where_it_wins(make: Make, cnn: float, mlp: float) -> None:
    scores = {"digits-cnn-plain": cnn, "digits-mlp-plain": mlp}
    said = everything(make("digits", all_of("digits", lambda key: clear(scores.get(key, 0.8)))), digits)
    assert ("serves every other place at once" in said) == (cnn > mlp)


def test_the_goal_is_reached_or_not(make: Make) -> None:
    for score, said in ((0.996, "is reached"), (0.99, "is not reached")):
        variants = all_of("digits", lambda key, score=score: clear(score if key == "digits-cnn" else 0.8))  # type: ignore[misc]
        assert said in everything(make("digits", variants), digits)


def test_accuracy_follows_the_fraction_only_where_it_rises(make: Make) -> None:
    rising = make("objects3", of_grid(lambda rate, hidden, batch: 0.6 + 1000 * rate / batch))
    first, second, *_ = objects3.answer(rising).sentences
    assert "rises throughout, as means" in first and "agree with the argument" not in first  # run 4 is told apart
    slow = objects3.answer(make("objects3", of_grid(lambda rate, hidden, batch: 0.6 + 100 * rate / batch))).sentences[0]
    assert "The runs agree with the argument" in slow
    assert "in any of the 4 pairs of rate and batch size (means differ by at most 0.0 points)" in second
    falling = make("objects3", of_grid(lambda rate, hidden, batch: 0.8 - 1000 * rate / batch))
    assert "does not rise throughout" in objects3.answer(falling).sentences[0]
    by_size = make("objects3", of_grid(lambda rate, hidden, batch: 0.6 + hidden / 1000))
    assert by_size.together == 7 + 4 - 1, "one pair of sizes has run 4, which all others are compared with"
    assert "more units score higher in 4 of 4" in objects3.answer(by_size).sentences[1]
    reversed_ = make("objects3", of_grid(lambda rate, hidden, batch: 0.9 - hidden / 1000))
    assert "fewer units score higher in 4 of 4" in objects3.answer(reversed_).sentences[1]


def test_run_4_is_best_or_is_not(make: Make) -> None:
    first = of_grid(lambda rate, hidden, batch: 0.9 if (rate, hidden, batch) == (0.001, 50, 32) else 0.6)
    assert "none of the 7 others is found to be better and 7 are found to be worse" in everything(
        make("objects3", first), objects3
    )
    last = of_grid(lambda rate, hidden, batch: 0.5 if (rate, hidden, batch) == (0.001, 50, 32) else 0.9)
    assert "7 of 7 others are found to be better" in everything(make("objects3", last), objects3)


def test_the_other_classes_are_named_where_they_stand_in(make: Make) -> None:
    variants = of_grid(lambda rate, hidden, batch: 0.8)
    assert "apple, clock and house" in everything(make("objects3", variants), objects3)
    own = everything(make("objects3", variants, edition="original"), objects3)
    assert "stand in for" not in own and "80.4" not in own


@pytest.mark.parametrize("lab", LABS)
@pytest.mark.parametrize(
    "told_of",
    [lambda key: clear(0.8), lambda key: told(0.8), lambda key: told(0.8, 0.8, 0.8), lambda key: clear(1 / 3)],
    ids=["tied", "one seed", "no spread", "chance"],
)
def test_nothing_is_found_where_nothing_is_there(make: Make, lab: str, told_of: Callable[[str], Told]) -> None:
    said = everything(make(lab, all_of(lab, told_of)), LABS[lab])
    for odd in ("nan", "None", " higher (", " lower (", "inf"):
        assert odd not in said
    if lab == "objects3":
        assert "rises throughout" not in said and "agree with the argument" not in said


@pytest.mark.parametrize("lab", LABS)
def test_every_variant_may_be_missing_and_all_figures_are_drawn(make: Make, lab: str, tmp_path: Path) -> None:
    variants = all_of(lab, lambda key: clear(0.8))
    for missing in [None, *variants]:
        found = make(lab, {key: each for key, each in variants.items() if key != missing})
        answer = LABS[lab].answer(found)
        assert 2 <= len(answer.sentences) <= 5 and answer.message
        assert "nan" not in everything(found, LABS[lab])
    (tmp_path / "drawn").mkdir()
    LABS[lab].draw(found, tmp_path / "drawn")
    there = {path.name for path in (tmp_path / "drawn").iterdir()}
    assert answer.figure in there and "networks.svg" in there
    assert LABS[lab].drawn(found)


@pytest.mark.parametrize("lab", LABS)
def test_one_variant_alone_makes_an_answer(make: Make, lab: str) -> None:
    first = next(iter(all_of(lab, lambda key: clear(0.8))))
    found = make(lab, {first: all_of(lab, lambda key: clear(0.8))[first]})
    assert LABS[lab].answer(found).sentences
    LABS[lab].notes(found)
