"""What is remembered between two runs of the stage `settings`, and what is not."""

from pathlib import Path
from typing import Any

import pytest

from nnlabs.config import variants, whole
from nnlabs.config.memo import Memo


def never() -> Any:
    raise AssertionError("asked again")


@pytest.fixture
def finder(tmp_path: Path) -> Path:
    (tmp_path / "finder.py").write_text("1")
    return tmp_path / "finder.py"


@pytest.fixture
def kept(tmp_path: Path, finder: Path) -> Path:
    memo = Memo(tmp_path / "memo.json", [finder])
    assert memo.of("what", lambda: {"a": (1, 2)}) == {"a": [1, 2]}
    memo.keep()
    return tmp_path / "memo.json"


def test_an_answer_outlives_the_process(kept: Path, finder: Path) -> None:
    assert Memo(kept, [finder]).of("what", never) == {"a": [1, 2]}


def test_other_code_answers_for_itself(kept: Path, finder: Path) -> None:
    finder.write_text("2")
    assert Memo(kept, [finder]).of("what", lambda: 7) == 7


@pytest.mark.parametrize("damage", [lambda text: text.replace("1, 2", "1, 3"), lambda text: text[:-3], lambda _: ""])
def test_a_damaged_memo_is_none(kept: Path, finder: Path, damage: Any) -> None:
    kept.write_text(damage(kept.read_text()))
    assert Memo(kept, [finder]).of("what", lambda: "anew") == "anew"


def test_an_error_is_not_kept(kept: Path, finder: Path) -> None:
    memo = Memo(kept, [finder])
    with pytest.raises(AssertionError, match="asked again"):
        memo.of("else", never)
    assert memo.of("else", lambda: 1) == 1


def test_variants_settled_before_are_not_asked_of_their_families(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = variants.memo(tmp_path / "variants.json")
    settled = whole.load(known=first)
    first.keep()
    monkeypatch.setattr(variants, "_composed", never)
    again = whole.load(known=variants.memo(tmp_path / "variants.json"))
    assert again == settled
    assert {key: each.variant().parameters() for key, each in again.variants.items()} == {
        key: each.parameters for key, each in settled.variants.items()
    }
