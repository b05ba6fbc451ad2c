"""Epochs: where runs stop, which epoch is kept, whether the validation loss turned up."""

from collections.abc import Callable
from math import inf
from typing import Any

import pandas as pd
import pytest
from madelab import Parameters, Told, cells, column, told

from nnlabs.reporting import charts, epochs
from nnlabs.reporting.results import Results, collect

Epochs = list[tuple[float, float, float, float]]


@pytest.fixture
def results(make_lab: Callable[..., Parameters]) -> Callable[..., Results]:
    return lambda *arguments, **more: collect(make_lab(*arguments, **more))


def run(*losses: tuple[float, float]) -> pd.DataFrame:
    """Training and validation loss of each epoch."""
    return pd.DataFrame(
        [{"epoch": i, "train_loss": train, "validation_loss": val} for i, (train, val) in enumerate(losses, 1)]
    )


@pytest.mark.parametrize(
    ("losses", "lowest", "rise"),
    [
        ([(3, 1.0), (2, 0.8), (1, 0.9)], 2, 0.125),
        ([(3, 1.0), (2, 0.8), (1, 0.82)], 2, 0.025),
        ([(3, 1.0), (2, 0.8), (1, 0.7)], 3, 0),  # still falling
        ([(3, 0.5), (2, 0.8), (1, 0.9), (0.5, 0.7)], 1, 0.4),
        ([(3, 0.8), (2, 0.8)], 1, 0),  # of two as low the first
        ([(1, 1.0)], 1, 0),
        ([(1, 0.0), (1, 0.1)], 1, inf),
        ([(1, 0.1), (1, 0.0)], 2, 0),
    ],
)
def test_a_loss_turned_up_where_it_ended_above_its_lowest(
    losses: list[tuple[float, float]], lowest: int, rise: float
) -> None:
    for rows in (run(*losses), run(*losses).iloc[::-1]):  # whatever the order of the rows
        got = epochs.turn(rows)
        assert (got.lowest, got.rise) == (lowest, pytest.approx(rise))


OVERFITS: Epochs = [(1.0, 0.6, 0.9, 0.5), (0.8, 0.7, 0.7, 0.7), (0.5, 0.9, 0.8, 0.65), (0.3, 0.95, 0.9, 0.6)]
LEARNS: Epochs = [(1.0, 0.6, 0.9, 0.5), (0.8, 0.7, 0.8, 0.6)]
EARLY: dict[str, Any] = {"epochs": 4, "patience": 2}


def test_the_table_tells_kept_and_last_epochs_and_the_gap(results: Callable[..., Results]) -> None:
    lab = results({"a": Told({0: 0.7, 1: 0.7}, runs={0: OVERFITS, 1: LEARNS}, own=EARLY), "b": told(0.7)})
    header, a, b = cells(epochs.table(lab))
    # last epochs: 4 (95 and 60) and 2 (70 and 60); seed 0's loss ends at 0.9, 2/7 above 0.7
    assert dict(zip(header, a, strict=True)) == {
        "variant": "a",
        "epochs": "4, 2 of 4",
        "kept": "2",
        "training, %": "82.5",
        "validation, %": "60.0",
        "gap, points": "+22.5",
        "validation loss turned up": "1 of 2, by 29 %",
    }
    assert b[1:] == ["3", "2", "60.0", "70.0", "\N{MINUS SIGN}10.0", "0 of 1"]


STEEP: Epochs = [(1.0, 0.6, 0.0, 0.5), (0.8, 0.7, 0.5, 0.7)]
SLIGHT: Epochs = [(1.0, 0.6, 0.8, 0.5), (0.8, 0.7, 0.8004, 0.7)]


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ({0: OVERFITS, 1: OVERFITS}, "*a* (2 of 2 seeds, by 29 %)"),
        ({0: LEARNS, 1: OVERFITS}, "*a* (1 of 2 seeds, by 29 %)"),
        ({0: SLIGHT, 1: LEARNS}, "*a* (1 of 2 seeds, by less than 0.1 %)"),
        ({0: [*LEARNS, (0.5, 0.9, 0.84, 0.65)]}, "*a* (1 of 1 seed, by 5.0 %)"),
        ({0: STEEP}, "*a* (1 of 1 seed, by any factor, from 0)"),
    ],
)
def test_the_sentence_counts_seeds_and_says_how_far(
    results: Callable[..., Results], runs: dict[int, Epochs], said: str
) -> None:
    lab = results({"a": Told(dict.fromkeys(runs, 0.7), runs=runs, own={"epochs": 4}), "b": told(0.7)})
    assert epochs.overfitting(lab).startswith(f"Validation loss ended above its lowest with {said}.")
    assert "*b*" not in epochs.overfitting(lab).split(".")[0]


def test_where_it_fell_to_the_end_nothing_turned_up(results: Callable[..., Results]) -> None:
    lab = results({"a": Told({0: 0.7}, runs={0: LEARNS}, own={"epochs": 2}), "b": told(0.7, training=0.9)})
    said = "In every run the validation loss was lowest at the last epoch."
    measured, ahead = " Training accuracy, measured during the epoch", ", ends furthest above validation with"
    # 70 and 60; of b 80 and 70, the second
    assert epochs.overfitting(lab) == f"{said}{measured}{ahead} *a*: +10.0 points."
    wide = results({"a": told(0.7), "b": told(0.7, training=0.95, own={"flip": True})})
    assert epochs.overfitting(wide) == f"{said}{measured} with augmentation on{ahead} *b*: +15.0 points."
    assert epochs.overfitting(results({"a": told(0.7)})) == said  # training is below validation
    assert epochs.overfitting(results({"a": told(0.7, own={"fit": "train+validation"})})) == ""


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ({0: LEARNS}, "*a* stopped early, after 2 epochs without a better validation accuracy: at epoch 2 of 4."),
        ({0: LEARNS, 1: OVERFITS}, "*a* stopped early in 1 of 2 seeds, after 2 epochs"),
        ({0: LEARNS, 1: OVERFITS[:3]}, "at epochs 2 and 3 of 4."),
        ({0: LEARNS, 1: LEARNS}, "at epoch 2 of 4."),
        ({0: OVERFITS}, "in no seed did before its 4 epochs were over."),
    ],
)
def test_early_stopping_is_said(results: Callable[..., Results], runs: dict[int, Epochs], words: str) -> None:
    (said,) = epochs.stopped(results({"a": Told(dict.fromkeys(runs, 0.7), runs=runs, own=EARLY), "b": told(0.7)}))
    assert words in said


def test_one_epoch_is_one(results: Callable[..., Results]) -> None:
    (said,) = epochs.stopped(results({"a": told(0.7, runs={0: OVERFITS[:1]}, own=EARLY | {"epochs": 1})}))
    assert said.endswith("in no seed did before its 1 epoch was over.")


def test_runs_of_different_length_are_drawn_each_to_its_end(results: Callable[..., Results]) -> None:
    lab = results({"a": Told({0: 0.7, 1: 0.7}, runs={0: OVERFITS, 1: LEARNS}, own=EARLY)})
    _, accuracy = charts.curves(lab, ["a"]).axes
    validation = [line for line in accuracy.lines if line.get_linestyle() == "-"]
    *seeds, mean = validation
    assert mean.get_xdata().tolist() == [1, 2]  # as far as both go
    assert mean.get_ydata().tolist() == pytest.approx([50, 65])
    drawn = [[y for y in line.get_ydata() if y == y] for line in seeds]  # without nan
    assert drawn == [pytest.approx([50, 70, 65, 60]), pytest.approx([50, 60])]
    (marks,) = accuracy.collections
    assert marks.get_offsets().tolist() == [pytest.approx([2, 70]), pytest.approx([2, 60])]


def test_a_variant_without_validation_has_training_figures_alone(results: Callable[..., Results]) -> None:
    lab = results({"a": told(0.7, 0.8, own={"fit": "train+validation"}), "b": told(0.6, 0.7)})
    assert column(epochs.table(lab), "kept") == ["3", "2"]
    assert column(epochs.table(lab), "training, %") == ["60.0", "60.0"]
    assert column(epochs.table(lab), "validation, %") == ["–", "70.0"]
    assert [column(epochs.table(lab), each)[0] for each in ("gap, points", "validation loss turned up")] == ["–"] * 2
    loss, accuracy = charts.curves(lab, ["a"]).axes
    assert len(loss.lines) == len(accuracy.lines) == 3  # two seeds and the mean
    assert not accuracy.collections
    both = [text.get_text() for text in charts.curves(lab, ["a", "b"]).legends[0].get_texts()]
    alone = [text.get_text() for text in charts.curves(lab, ["a"]).legends[0].get_texts()]
    assert "validation" in both and "validation" not in alone
