"""What figures show, in words: true of reversed, tied, missing and single results."""

from collections.abc import Callable
from typing import Any

import pytest
from madelab import LAB, Parameters, Told, page, told, write_page

from nnlabs.reporting import messages
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.results import collect

Make = Callable[..., Parameters]
ALL = {"fit": "train+validation"}


@pytest.mark.parametrize(
    ("variants", "said"),
    [
        ({"a": told(0.8)}, "Validation accuracy ends at 70.0 % (a)"),  # its last epoch is 0.1 below its best
        (
            {"a": told(0.8, name="MLP"), "b": told(0.8, validation=0.6, name="CNN, all")},
            "Validation accuracy ends at 70.0 % (MLP) and 50.0 % (CNN, all)",
        ),
        ({"a": told(0.8, own=ALL)}, "Training accuracy ends at 60.0 % (a)"),
        (
            {"a": told(0.8), "b": told(0.8, own=ALL)},
            "Validation accuracy ends at 70.0 % (a); Training accuracy ends at 60.0 % (b)",
        ),
        (
            {key: told(0.8, validation=0.5 + i / 10) for i, key in enumerate("dbcae")},
            "Validation accuracy ends between 40.0 % (d) and 80.0 % (e) with 5 variants",
        ),
    ],
)
def test_curves_are_told_by_their_ends(make_lab: Make, variants: dict[str, Told], said: str) -> None:
    assert messages.curves(collect(make_lab(variants)), [*variants]) == said


def image(true: str, predicted: str, confidence: float) -> dict[str, Any]:
    return {"true": true, "predicted": predicted, "confidence": confidence}


def test_a_gallery_tells_its_surest_mistake() -> None:
    right = image("disc", "disc", 1.0)
    shown = [image("disc", "ring", 0.6), image("ring", "disc", 0.98), right]
    assert (
        messages.gallery(shown)
        == "3 test images, 2 of them mistaken; the surest mistake is ring taken for disc, with 98 %"
    )
    assert messages.gallery([right]) == "1 test image, none of them mistaken"


def test_time_is_told_without_seconds(make_lab: Make) -> None:
    two = {"a": told(0.7, name="A"), "b": told(0.9, validation=0.9, name="B")}
    found = messages.of(Findings(collect(make_lab(two, optional={"c": told(0.9, validation=0.95)}))), [])
    assert found.against_time.startswith("The highest validation accuracy of the default run: B, 90.0 %; ")
    assert found.loose == ""
    quick, slow = (
        messages.of(Findings(collect(make_lab({"a": told(0.7, seconds=seconds)}))), []) for seconds in (1.0, 99.0)
    )
    assert quick == slow
    assert quick.against_time.startswith("The highest validation accuracy: a, 80.0 %; ")
    none = messages.of(Findings(collect(make_lab({"a": told(0.7, own=ALL)}))), ["a"])
    assert none.against_time == "No variant has validation accuracy"
    assert none.loose == "Training accuracy ends at 60.0 % (a)"


def test_every_figure_of_a_page_has_its_message_and_a_mistake_is_told(make_lab: Make) -> None:
    write_page(make_lab({"a": told(0.7, 0.8), "b": told(0.9, 0.9)}))
    text = page()
    for name, said in {
        "samples.png": "1 image each of disc and ring",
        "curves-others.svg": "Validation accuracy ends at 70.0 % (a) and 70.0 % (b)",
        "gallery.png": "5 test images, 3 of them mistaken; the surest mistake is ring taken for cross, with 90 %",
        "confusion.svg": "a: The most frequent mistake is to take *disc* for *ring*: 10.0 % of ",
        "accuracy.svg": "Test accuracy of 2 variants, from b 90.0 % down to a 75.0 %",
    }.items():
        line = next(line for line in text.splitlines() if f"](figures/{LAB}/{name}) <sub>" in line)
        assert line.startswith(f"![{said}"), name
    assert "\n\nThe most frequent mistake is to take *disc* for *ring*: 10.0 % of the test images of *disc*; " in text
