"""The page of digits that is in git: its numbers are NumPy's, and what is drawn on its pad is read as test images are.

Here with the test images that it shows; `measure.py` does it with all of them.
"""

from pathlib import Path

import numpy as np
import pytest

from play import inside, madepages, measure, strokes
from play.javascript import browser

PAGE = Path("reports/play/digits.html")


@pytest.fixture(scope="module")
def page() -> inside.Inside:
    return inside.read(PAGE)


def test_its_logits_are_those_of_numpy(page: inside.Inside) -> None:
    theirs = page.logits(page.images)
    for name, network, logits in zip(page.names, page.in_numpy(), theirs, strict=True):
        ours = network.forward(page.images[:, None].astype(float))
        np.testing.assert_allclose(logits, ours, rtol=0, atol=1e-4, err_msg=name)
        assert (logits.argmax(1) == ours.argmax(1)).all()
        assert (logits.argmax(1) == page.labels).mean() > 0.95


def test_digits_drawn_in_other_sizes_and_places_are_read_as_well(page: inside.Inside) -> None:
    usual, drawn = (
        (logits.argmax(2) == page.labels).mean(1)
        for logits in (page.logits(page.images), page.logits(inside.enlarged(page.images), drawn=True))
    )
    assert (drawn >= usual - 0.02).all(), (usual, drawn)


def test_digits_drawn_in_strokes_are_read_nearly_as_well(page: inside.Inside) -> None:
    """The middle of the ink, drawn with a pen of one width: 100 digits here, 1,000 in `measure.py`."""
    images, labels = page.images[:100], page.labels[:100]
    found = page.logits(images), page.logits_of(strokes.drawn(images))
    usual, drawn = ((logits.argmax(2) == labels).mean(1) for logits in found)
    assert (drawn >= usual - 0.03).all(), (usual, drawn)


def test_what_is_measured_is_told(page: inside.Inside, capsys: pytest.CaptureFixture[str]) -> None:
    few = page.images[:4]
    measure.numbers(page, few, page.labels)
    measure.drawn(page, few, page.labels)
    told = capsys.readouterr().out
    assert told.count("logits of 4 images within") == told.count("of 4 digits") == len(page.names)


def test_answers_are_timed(tmp_path: Path) -> None:
    path = madepages.write(tmp_path)["digits"]
    with browser() as chromium:
        found = measure.answers(chromium, path)
    assert len(found) == 1 + measure.LATER
    assert all(waited > 0 and worked > 0 for waited, worked in found)
