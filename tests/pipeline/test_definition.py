"""dvc.yaml, dvc.lock and params.yaml agree with the code, without running anything."""

import ast
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.utils.serialize import dumps_yaml, loads_yaml

from nnlabs import config as params

SRC = Path("src")


@cache
def imports(file: Path) -> frozenset[Path]:
    """The package's modules that a file imports, wherever in it; those for type checkers alone left out."""
    tree = ast.parse(file.read_text())
    found: set[str] = set()
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            skipped.update(*(ast.walk(child) for child in node.body))
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    modules = set()
    for name in found:
        if name.split(".")[0] == "nnlabs":
            path = SRC / Path(*name.split("."))
            modules |= {each for each in (path.with_suffix(".py"),) if each.is_file()}
    return frozenset(modules)


def closure(script: Path, *more: Path) -> set[Path]:
    """Everything of the package that running a script can import."""
    seen: set[Path] = set()
    todo = [script, *more]
    while todo:
        for module in imports(todo.pop()):
            if module not in seen:
                seen.add(module)
                todo.append(module)
    return seen | set(more)


@cache
def stages() -> dict[str, dict[str, Any]]:
    """Every stage as DVC resolves it: command, dependencies, keys of params.yaml and outputs."""
    from dvc.repo import Repo

    with Repo() as repo:
        return {
            stage.addressing: {
                "cmd": stage.cmd,
                "deps": [dep.def_path for dep in stage.deps if not getattr(dep, "params", None)],
                "params": [key for dep in stage.deps for key in getattr(dep, "params", ())],
                "outs": [out.def_path for out in stage.outs],
            }
            for stage in repo.index.stages
        }


def covered(module: Path, deps: list[str]) -> bool:
    return any(module == Path(dep) or Path(dep) in module.parents for dep in deps)


def test_every_stage_depends_on_what_it_imports() -> None:
    from nnlabs.models.features import CODE

    settings = params.load()
    by_content = {Path(str(module.__file__)).relative_to(Path.cwd()) for module in CODE}
    for name, stage in stages().items():
        script = Path(stage["cmd"].split()[1])
        kind, _, key = name.partition("@")
        chosen = {  # what a script imports by a name that it is given
            "train": lambda key: "models/" + settings.arms[key].model,
            "evaluate": lambda key: "models/" + settings.arms[key].model,
            "exercise": "studies/{}".format,
            "study": "studies/{}".format,
            "exercise-page": "reporting/studies/{}".format,
            "study-page": "reporting/studies/{}".format,
        }
        named = [SRC / "nnlabs" / f"{chosen[kind](key)}.py"] if kind in chosen else []
        assert str(script) in stage["deps"], name
        # what features have in their content reaches those who stand on them that way
        told = by_content if {f"data/{features}" for features in settings.features} & {*stage["deps"]} else set()
        for module in closure(script, *named) - told:
            assert covered(module, stage["deps"]), f"{name} imports {module}, which is not among its deps"


def test_no_stage_depends_on_a_file_that_is_not_there() -> None:
    for name, stage in stages().items():
        for dep in stage["deps"]:
            assert Path(dep).exists() or dep.startswith(("data/", "models/", "reports/")), f"{name}: {dep}"


def test_training_imports_nothing_of_the_report_and_data_no_torch() -> None:
    train = closure(Path("stages/train.py"))
    assert not [module for module in train if "reporting" in module.parts or "pipeline" in module.parts]
    data = closure(Path("stages/data.py"))
    assert not [module for module in data if {"training", "models", "evaluation"} & set(module.parts)]


def test_stages_stay_under_the_number_at_which_dvc_grows_slow() -> None:
    # 120 with datasets, features and arms of the deep networks: DVC's 0.3 s a stage are little beside 3 s of start-up
    assert len(stages()) < 120


def test_every_param_of_a_stage_is_in_params() -> None:
    # one that is absent stops the stage, and everything after it
    whole = yaml.safe_load(Path("params.yaml").read_text())
    for name, stage in stages().items():
        for key in stage["params"]:
            value = whole
            for part in key.split("."):
                assert part in value, f"{name}: {key}"
                value = value[part]


def test_no_output_is_written_by_two_stages() -> None:
    outs = [out for stage in stages().values() for out in stage["outs"]]
    assert len(outs) == len(set(outs))


def test_the_lock_names_the_stages_that_there_are() -> None:
    locked = yaml.safe_load(Path("dvc.lock").read_text())["stages"]
    assert set(locked) == set(stages())


def test_params_are_in_block_style_without_anchors() -> None:
    # `-S` rewrites the file: flow style, anchors and interpolation would not survive
    for token in yaml.scan(Path("params.yaml").read_text()):
        assert not isinstance(
            token,
            yaml.AnchorToken | yaml.AliasToken | yaml.FlowMappingStartToken | yaml.FlowSequenceStartToken,
        ), token.start_mark
    assert "${" not in Path("params.yaml").read_text()


def test_params_come_back_from_the_lock_as_they_were() -> None:
    # A line that DVC's writer breaks after a backslash comes back with a blank, and its stages run for ever again.
    content = yaml.safe_load(Path("params.yaml").read_text())
    assert "\\" not in Path("params.yaml").read_text()
    assert loads_yaml(dumps_yaml(content)) == content


def test_every_arm_stands_in_a_comparison_and_every_comparison_has_its_arms() -> None:
    settings = params.load()
    named = {arm for lab in settings.labs.values() for each in lab.comparisons.values() for arm in each.arms}
    assert named == set(settings.arms)


def test_the_published_recipe_is_the_sources() -> None:
    arm = params.load().arms["fashion-lecture"]
    assert isinstance(arm, params.MLP)
    assert (arm.hidden, arm.dropout, arm.activation, arm.batch_norm) == ((512, 256, 128), 0.3, "relu", False)
    assert (arm.optimizer, arm.lr, arm.batch_size, arm.epochs, arm.schedule) == ("adam", 0.001, 128, 5, "constant")
    assert (arm.mean, arm.deviation) == ((0.286,), (0.353,))


def test_a_recipe_may_need_two_threads_but_seeds_are_enough() -> None:
    for name, arm in params.load().arms.items():
        assert len(arm.seeds) >= 3, name
        assert arm.threads in (1, 2), name


def test_tracked_files_are_small_and_none_is_data() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, listed):
        path = Path(name)
        assert not path.exists() or path.stat().st_size < 1_000_000, name
        small = name.startswith("reports/studies/")  # arrays that a page draws
        assert small or path.suffix not in (".pt", ".safetensors", ".pkl", ".gz", ".tgz", ".whl", ".deb"), name


@pytest.mark.parametrize("script", sorted(Path("stages").glob("*.py")), ids=str)
def test_a_stage_is_a_thin_script(script: Path) -> None:
    assert len(script.read_text().splitlines()) <= 40
