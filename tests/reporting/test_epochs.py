"""Epochs: where runs stop, which epoch is kept, from where they overfit."""

from collections.abc import Callable
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
    ("losses", "epoch"),
    [
        ([(3, 1.0), (2, 0.8), (1, 0.9)], 3),  # lowest at 2, ends 12.5 % above
        ([(3, 1.0), (2, 0.8), (1, 0.82)], None),  # 2.5 %: noise
        ([(3, 1.0), (2, 0.8), (1, 0.7)], None),  # still falling
        ([(3, 1.0), (2, 0.8), (2, 0.9)], None),  # training does not get better either: it is no overfitting
        ([(3, 0.5), (2, 0.8), (1, 0.9), (0.5, 0.7)], 2),
        ([(1, 1.0)], None),
    ],
)
def test_a_run_overfits_where_validation_gets_worse_while_training_goes_on(
    losses: list[tuple[float, float]], epoch: int | None
) -> None:
    assert epochs.onset(run(*losses)) == epoch
    assert epochs.onset(run(*losses).iloc[::-1]) == epoch  # whatever the order of the rows


OVERFITS: Epochs = [(1.0, 0.6, 0.9, 0.5), (0.8, 0.7, 0.7, 0.7), (0.5, 0.9, 0.8, 0.65), (0.3, 0.95, 0.9, 0.6)]
LEARNS: Epochs = [(1.0, 0.6, 0.9, 0.5), (0.8, 0.7, 0.8, 0.6)]
EARLY: dict[str, Any] = {"epochs": 4, "patience": 2}


def test_the_table_tells_kept_and_last_epochs_and_the_gap(results: Callable[..., Results]) -> None:
    lab = results({"a": Told({0: 0.7, 1: 0.7}, runs={0: OVERFITS, 1: LEARNS}, own=EARLY), "b": told(0.7)})
    header, a, b = cells(epochs.table(lab))
    # kept: seed 0 at 2 (70 and 70), seed 1 at 2 (70 and 60); last: 4 (95 and 60) and 2
    assert dict(zip(header, a, strict=True)) == {
        "variant": "a",
        "epochs": "4, 2 of 4",
        "kept": "2",
        "training, kept": "70.00",
        "validation, kept": "65.00",
        "gap, kept": "+5.00",
        "training, last": "82.50",
        "validation, last": "60.00",
        "gap, last": "+22.50",
        "overfits from": "3, –",
    }
    assert (b[1], b[2], b[5], b[9]) == ("3", "2", "\N{MINUS SIGN}10.00", "–")


def test_the_sentence_counts_seeds_and_names_those_that_do_not(results: Callable[..., Results]) -> None:
    later: Epochs = [*OVERFITS[:1], (0.9, 0.65, 0.8, 0.6), *OVERFITS[1:]]
    variants = {
        "a": Told({0: 0.7, 1: 0.7}, runs={0: OVERFITS, 1: later}, own={"epochs": 5}),
        "b": Told({0: 0.7, 1: 0.7}, runs={0: LEARNS, 1: OVERFITS}, own={"epochs": 4}),
        "c": Told({0: 0.7}, runs={0: LEARNS}, own={"epochs": 2}),
    }
    said = epochs.overfitting(results(variants))
    assert "*a* from epoch 3 to 4 on (2 of 2 seeds); *b* from epoch 3 on (1 of 2 seeds)." in said
    assert said.endswith("Within its epochs *c* does not.")
    many = {name: Told({0: 0.7}, runs={0: LEARNS}, own={"epochs": 2}) for name in "cdef"}
    assert epochs.overfitting(results({"a": variants["a"], **many})).endswith("the other 4 variants do not.")
    two = dict(list(many.items())[:2])
    assert epochs.overfitting(results({"a": variants["a"], **two})).endswith("Within their epochs *c* and *d* do not.")
    assert epochs.overfitting(results(many)).startswith("No variant overfits")


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
    assert column(epochs.table(lab), "validation, last") == ["–", "70.00"]
    assert column(epochs.table(lab), "gap, kept")[0] == column(epochs.table(lab), "overfits from")[0] == "–"
    loss, accuracy = charts.curves(lab, ["a"]).axes
    assert len(loss.lines) == len(accuracy.lines) == 3  # two seeds and the mean
    assert not accuracy.collections
    both = [text.get_text() for text in charts.curves(lab, ["a", "b"]).legends[0].get_texts()]
    alone = [text.get_text() for text in charts.curves(lab, ["a"]).legends[0].get_texts()]
    assert "validation, mean" in both and "validation, mean" not in alone
