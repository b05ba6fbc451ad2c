"""What a stage goes by: read, told where it is missing, and its digest."""

from pathlib import Path
from typing import Any

import pytest

from nnlabs.core import paths, settings
from nnlabs.core.errors import UserError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "SETTINGS", tmp_path / "reports" / "settings")
    (tmp_path / "reports" / "settings" / "train").mkdir(parents=True)
    return tmp_path


def put(stage: str, key: str | None = None, **content: Any) -> Path:
    path = paths.settings(stage, key)
    path.write_text(settings.as_text({"parameters": {"a": 1}, "modules": {}} | content))
    return path


def test_parameters_come_with_a_digest_of_the_whole_file() -> None:
    put("train", "x")
    one = settings.read("train", "x")
    assert (one.stage, one.key, one.parameters) == ("train", "x", {"a": 1})
    assert settings.of("train", ["stages/train.py", "x"]) == one
    put("train", "x", modules={"nnlabs.models.mlp": "other code"})
    assert settings.read("train", "x").digest != one.digest
    put("train", "x")
    assert settings.read("train", "x").digest == one.digest


def test_a_stage_with_one_instance_has_no_key() -> None:
    put("report")
    assert settings.read("report").parameters == {"a": 1}


def test_a_missing_file_is_one_line_that_says_what_there_is() -> None:
    put("train", "b")
    put("train", "a")
    with pytest.raises(UserError) as told:
        settings.read("train", "x")
    for words in ("train x", "`dvc repro settings` makes reports/settings/train/x.json", "there are: a, b"):
        assert words in str(told.value)
    with pytest.raises(UserError, match=r"report has no settings; `dvc repro settings` makes reports/settings/report"):
        settings.read("report")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_a_damaged_file_is_one_line(content: str) -> None:
    put("train", "x").write_text(content)
    with pytest.raises(UserError, match="cannot be read") as told:
        settings.read("train", "x")
    assert "\n" not in str(told.value)


ALTERED = [("1", "2"), ('"a"', '"b"'), ("  ", " "), ("{}", '{"x": "y"}'), ("sha256", "sha257")]


@pytest.mark.parametrize("altered", ALTERED)
def test_altered_bytes_are_one_line(altered: tuple[str, str]) -> None:
    path = put("train", "x")
    path.write_text(path.read_text().replace(*altered, 1))
    with pytest.raises(UserError, match="altered since it was written") as told:
        settings.read("train", "x")
    assert "\n" not in str(told.value)


def test_a_script_without_a_key_says_how_it_is_called() -> None:
    with pytest.raises(SystemExit, match=r"usage: python stages/train\.py <key>"):
        settings.of("train", ["stages/train.py"])
