"""dvc.yaml, dvc.lock and params.yaml agree with the code and with each other, without running anything."""

import io
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.utils.serialize import dumps_yaml, loads_yaml
from dvc.utils.serialize._yaml import _dump, parse_yaml_for_update

import tracked
from nnlabs.config import whole
from nnlabs.config.stages import stages as composed

RESULTS = ("data/", "models/", "reports/")
PARAMS = Path("params.yaml").read_text()


@cache
def stages() -> dict[str, dict[str, Any]]:
    """Every stage as DVC resolves it: command, dependencies, files of parameters and outputs."""
    from dvc.dependency import ParamsDependency

    from nnlabs.pipeline import bookkeeping

    with bookkeeping.repository(Path.cwd()) as repo:
        return {
            stage.addressing: {
                "cmd": stage.cmd,
                "deps": [dep.def_path for dep in stage.deps if not isinstance(dep, ParamsDependency)],
                "params": [dep.def_path for dep in stage.deps if isinstance(dep, ParamsDependency)],
                "outs": [out.def_path for out in stage.outs],
            }
            for stage in repo.index.stages
        }


def test_a_stage_depends_on_its_settings_and_on_results_alone() -> None:
    for name, stage in stages().items():
        assert stage["params"] == [], name
        if name == "settings":
            continue
        kind, _, key = name.partition("@")
        own = f"reports/settings/{kind}/{key}.json" if key else f"reports/settings/{kind}.json"
        assert own in stage["deps"], name
        assert stage["cmd"] == f"python stages/{kind}.py {key}".rstrip(), name
        others = set(stage["deps"]) - {own}
        assert all(dep.startswith(RESULTS) and not dep.startswith("reports/settings") for dep in others), name


def test_the_stage_settings_knows_every_other_stage() -> None:
    assert {each.name for each in composed(whole.load())} == set(stages()) - {"settings"}
    assert set(stages()["settings"]["deps"]) == {"params.yaml", "requirements.lock", "src/nnlabs", "stages"}
    assert yaml.safe_load(Path("dvc.yaml").read_text())["params"] == ["params.yaml"]  # for `dvc params` and `exp show`


def test_no_output_is_written_by_two_stages() -> None:
    outs = [out for stage in stages().values() for out in stage["outs"]]
    assert len(outs) == len(set(outs))


def test_the_lock_names_the_stages_that_there_are() -> None:
    locked = yaml.safe_load(Path("dvc.lock").read_text())["stages"]
    assert set(locked) == set(stages())


def test_definition_and_knobs_can_be_read_in_one_sitting() -> None:
    assert len(Path("dvc.yaml").read_text().splitlines()) <= 160
    assert len(PARAMS.splitlines()) <= 600
    assert Path("dvc.lock").stat().st_size <= 120_000


def test_params_are_without_anchors_and_interpolation() -> None:
    # `-S` rewrites the file: neither would survive
    for token in yaml.scan(PARAMS):
        assert not isinstance(token, yaml.AnchorToken | yaml.AliasToken), token.start_mark
        assert "${" not in str(getattr(token, "value", "")), token.start_mark


def test_params_are_in_the_form_that_dvc_leaves_alone() -> None:
    written = io.StringIO()
    _dump(parse_yaml_for_update(PARAMS, "params.yaml"), written)
    assert written.getvalue() == PARAMS
    content = yaml.safe_load(PARAMS)
    assert loads_yaml(dumps_yaml(content)) == content


def test_the_published_recipe_is_the_sources() -> None:
    variant = whole.load().variants["fashion-lecture"].variant()
    network, training = variant.network.model_dump(), variant.training
    assert network == {"hidden": (512, 256, 128), "activation": "relu", "dropout": 0.3, "batch_norm": False}
    recipe = (training.optimizer, training.lr, training.batch_size, training.epochs, training.schedule)
    assert recipe == ("adam", 0.001, 128, 5, "constant")
    assert (training.mean, training.std) == ((0.286,), (0.353,))
    assert not (training.flip or training.crop or training.label_smoothing or training.tta_flip)


def test_tracked_files_are_small_and_none_is_data() -> None:
    for name in tracked.files(Path.cwd()):
        path = Path(name)
        assert not path.exists() or path.stat().st_size < 1_000_000, name
        small = name.startswith("reports/results/")  # arrays that a page draws
        assert small or path.suffix not in (".pt", ".safetensors", ".pkl", ".gz", ".tgz", ".whl", ".deb"), name


@pytest.mark.parametrize("script", sorted(Path("stages").glob("*.py")), ids=str)
def test_a_stage_is_a_thin_script(script: Path) -> None:
    assert len(script.read_text().splitlines()) <= 40
