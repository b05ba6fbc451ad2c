"""What a page about runs says of its charts, and of what all runs have in common."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from madelab import LAB, RUN, Parameters, Told, column, compare, page, told, write_report
from test_page import table_of

from nnlabs.core import paths
from nnlabs.core.files import write_json
from nnlabs.reporting import outputs
from nnlabs.reporting.answers import Answer

Make = Callable[..., Parameters]


def written(parameters: Parameters, **records: dict[str, Any]) -> str:
    """The page, after a variant's record of its runs was changed."""
    for name, changes in records.items():
        path = paths.run_record(LAB, name)
        record = json.loads(path.read_text())
        write_json(path, record | changes | {"runs": [run | changes.get("run", {}) for run in record["runs"]]})
    outputs.write_answer(LAB, title="Shapes", question="Which?", answer=Answer(("This.",)), edition="embedded")
    write_report(parameters)
    return page(RUN)


def test_the_charts_words_are_of_the_longest_and_of_the_highest(make_lab: Make) -> None:
    lab = make_lab({"a": told(0.7, 0.8, validation=0.8, name="A"), "b": told(0.9, 0.9, validation=0.7, name="B, late")})
    text = written(lab, b={"run": {"seconds_per_epoch": 1234.5}})
    assert "![B, late: 1,234 s per epoch, the longest; A: 2 s, the shortest](" in text
    # of epochs of 1, 2 and 3 seconds the second is the best
    assert "![The highest validation accuracy: A, 80.0 % after 3 s](" in text
    text = written(lab, b={"run": {"seconds_per_epoch": 0.0321}})
    assert "![A: 2 s per epoch, the longest; B, late: 0.0321 s, the shortest](" in text


@pytest.mark.parametrize(
    ("variants", "words"),
    [
        ({"a": told(0.8, 0.9, name="A")}, ("![A: 2 s per epoch](", "![The highest validation accuracy: A, 80.0 %")),
        ({"a": told(0.8, own={"fit": "train+validation"})}, ("![No variant has validation accuracy](",)),
    ],
    ids=["alone", "without validation"],
)
def test_one_variant_is_neither_the_longest_nor_the_shortest(
    make_lab: Make, variants: dict[str, Told], words: tuple[str, ...]
) -> None:
    text = written(make_lab(variants))
    assert all(each in text for each in words)
    assert "longest" not in text


def test_at_equal_time_a_schedule_that_is_cut_is_told_to_be(make_lab: Make) -> None:
    two = {"a": told(0.7, 0.8), "b": told(0.9, 0.9)}
    assert "equal training time" not in written(make_lab(two))
    raced = written(make_lab(two, {"pair": compare("a", "b")})).split("## At equal training time")[1].split("##")[0]
    assert "one that is cut short has not come down yet, which favours the variant whose schedule ends first" in raced


def test_what_differs_is_a_column_and_what_does_not_a_sentence(make_lab: Make) -> None:
    lab = make_lab({"a": told(0.7, 0.8), "b": told(0.9, 0.9)})
    text = written(lab)
    assert "All variants: 2 runs each, 1 thread, float32, on the CPU." in text
    assert "| threads" not in text and " device |" not in text
    text = written(lab, b={"device": "cuda", "threads": 2})
    assert "All variants: 2 runs each, float32." in text
    table = table_of(RUN, "peak memory")
    assert column(table, "threads") == ["1", "2"] and column(table, "device") == ["cpu", "cuda"]
