"""What `play` of params.yaml may say."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from nnlabs.config.stages import stages
from nnlabs.config.whole import load
from nnlabs.core.errors import UserError

RAW: dict[str, Any] = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))


def _loaded(folder: Path, **changed: Any) -> Any:
    path = folder / "params.yaml"
    path.write_text(yaml.safe_dump(RAW | {"play": RAW["play"] | changed}), encoding="utf-8")
    return load(path)


def test_a_variant_of_ones_own_takes_part_by_one_parameter(tmp_path: Path) -> None:
    config = _loaded(tmp_path, cnn="digits-cnn-plain")
    (pad,) = [stage for stage in stages(config) if stage.kind == "pad"]
    assert [each["id"] for each in pad.parameters["variants"]] == ["digits-mlp-plain", "digits-cnn-plain"]
    assert {file.name for file in pad.files} >= {"digits.js", "cnn.js", "ink.js", "style.css"}


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("cnn", "fashion-best-cnn", "play.cnn"),
        ("mlp", "none-such", "play.mlp"),
        ("dataset", "nothing", "play.dataset"),
        ("byhand", "digits", "play.byhand"),
        ("pages", ["descent", "none-such"], "play.pages.1"),
        ("other", 1, "play.other"),
    ],
)
def test_what_does_not_go_together_is_told(tmp_path: Path, key: str, value: Any, told: str) -> None:
    with pytest.raises(UserError, match=told):
        _loaded(tmp_path, **{key: value})


def test_there_are_the_pages_that_are_asked_for(tmp_path: Path) -> None:
    config = _loaded(tmp_path, pages=["descent"])
    assert [stage.key for stage in stages(config) if stage.kind == "play"] == ["descent"]


def test_a_page_needs_its_lab(tmp_path: Path) -> None:
    raw = RAW | {"labs": {key: lab for key, lab in RAW["labs"].items() if key != "xor"}}
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    with pytest.raises(UserError, match=r"play\.pages\.3: 'playground' is unknown; allowed: activations"):
        load(path)


def test_without_the_section_there_are_none(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump({key: value for key, value in RAW.items() if key != "play"}), encoding="utf-8")
    assert not {"play", "pad", "kernels"} & {stage.kind for stage in stages(load(path))}
