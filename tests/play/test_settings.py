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
        ("other", 1, "play.other"),
    ],
)
def test_what_does_not_go_together_is_told(tmp_path: Path, key: str, value: Any, told: str) -> None:
    with pytest.raises(UserError, match=told):
        _loaded(tmp_path, **{key: value})


def test_without_the_section_there_are_the_pages_that_need_no_training(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump({key: value for key, value in RAW.items() if key != "play"}), encoding="utf-8")
    kinds = [stage.kind for stage in stages(load(path))]
    assert kinds.count("play") == 4
    assert not {"pad", "kernels"} & {*kinds}
