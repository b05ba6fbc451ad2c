"""The recorder of loaded modules, tried on a made stage: it finds what a closure lacks."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import recorder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A project whose stage imports by name and reads a file, run once with the recorder."""
    contents = {
        "src/nnlabs/__init__.py": "",
        "src/nnlabs/a.py": "",
        "src/nnlabs/hidden.py": "",
        "src/nnlabs/telling/__init__.py": "",
        "src/nnlabs/table.csv": "1\n",
        "stages/train.py": "import sys; sys.path.insert(0, 'src'); import nnlabs.a, nnlabs.telling, importlib\n"
        "importlib.import_module('nnlabs.' + sys.argv[2])\n"
        "open('src/nnlabs/' + 'table.csv').close(); open('x.txt').close()",
        "x.txt": "",
    }
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text("import os; os.environ['WAS_THERE'] = '1'\n")
    recorder.install(site)
    recorder.install(site)
    environment = os.environ | {"PYTHONPATH": str(site), recorder.FOLDER: str(tmp_path / "records")}
    for hidden in ("hidden", "a"):  # two processes of one stage
        command = [sys.executable, "stages/train.py", "x", hidden]
        subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    subprocess.run(
        [sys.executable, "-c", "import sys; sys.path.insert(0, 'src'); import nnlabs.a"], cwd=tmp_path, env=environment
    )
    return tmp_path


def settle(root: Path, modules: list[str], files: list[str]) -> Path:
    settings = root / "reports/settings"
    (settings / "train").mkdir(parents=True, exist_ok=True)
    content = {"modules": dict.fromkeys(modules, "0"), "files": dict.fromkeys(files, "0")}
    (settings / "train/x.json").write_text(json.dumps(content))
    return settings


def test_what_a_stage_had_and_read(run: Path) -> None:
    modules = {"nnlabs", "nnlabs.a", "nnlabs.hidden", "nnlabs.telling"}
    assert recorder.recorded(run / "records") == {"train@x": {"modules": modules, "files": {"src/nnlabs/table.csv"}}}


def test_what_the_closure_lacks(run: Path) -> None:
    lacking = settle(run, ["nnlabs", "nnlabs.a", "stages/train.py"], [])
    assert recorder.unexplained(run / "records", lacking) == {"train@x": {"nnlabs.hidden", "src/nnlabs/table.csv"}}
    whole = settle(run, ["nnlabs", "nnlabs.a", "nnlabs.hidden", "stages/train.py"], ["src/nnlabs/table.csv"])
    assert recorder.unexplained(run / "records", whole) == {}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_stage_is_recorded_with_what_its_server_had_loaded_and_not_with_what_that_read(run: Path) -> None:
    code = (
        "import os, runpy, sys, atexit; sys.path.insert(0, 'src'); import nnlabs.hidden\n"
        "open('src/nnlabs/other.csv', 'w').close(); child = os.fork()\n"
        "if child: raise SystemExit(os.waitpid(child, 0)[1])\n"
        "sys.argv = ['stages/train.py', 'forked', 'a']; runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "atexit._run_exitfuncs(); os._exit(0)"
    )
    environment = os.environ | {"PYTHONPATH": str(run / "site"), recorder.FOLDER: str(run / "records")}
    subprocess.run([sys.executable, "-c", code], cwd=run, env=environment, check=True)
    modules = {"nnlabs", "nnlabs.a", "nnlabs.hidden", "nnlabs.telling"}
    assert recorder.recorded(run / "records")["train@forked"] == {"modules": modules, "files": {"src/nnlabs/table.csv"}}


def test_code_of_another_checkout_is_told(run: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    (run / "src/nnlabs/a.py").rename(other / "a.py")
    (run / "src/nnlabs/__init__.py").write_text(f"__path__.append({str(other)!r})\n")
    environment = os.environ | {"PYTHONPATH": str(run / "site"), recorder.FOLDER: str(run / "again")}
    subprocess.run([sys.executable, "stages/train.py", "x", "a"], cwd=run, env=environment, check=True)
    settings = settle(run, ["nnlabs", "nnlabs.a"], ["src/nnlabs/table.csv"])
    assert recorder.unexplained(run / "again", settings) == {"train@x": {f"nnlabs.a from {other / 'a.py'}"}}
