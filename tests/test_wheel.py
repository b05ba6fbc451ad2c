"""A wheel has all that the package reads beside its modules, and works where no checkout is."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path.cwd()

USE = """
import nnlabs
from nnlabs.reporting.rendering import TEMPLATES
from nnlabs.config import whole

print(nnlabs.__file__)
for name in TEMPLATES.list_templates(extensions=["j2"]):
    TEMPLATES.get_template(name)
print(TEMPLATES.get_template("head.md.j2").module.head("Small", "How small?", False))
print(*whole.load().labs)
"""


def run(*command: object, cwd: Path) -> str:
    """What a command prints; outside of the checkout, which nothing shows the way to."""
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    ended = subprocess.run([*map(str, command)], cwd=cwd, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: setuptools leaves a folder `build` behind, whose old files the next wheel would have too."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    left_out = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", source / "src", ignore=left_out)
    offline = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "wheel", *offline, "--wheel-dir", built, source, cwd=built)
    (file,) = built.glob("*.whl")
    return file


def test_a_wheel_has_every_file_of_the_package(wheel: Path) -> None:
    package = ROOT / "src" / "nnlabs"
    there = {path.relative_to(package.parent).as_posix() for path in package.rglob("*") if path.is_file()}
    expected = {name for name in there if "/__pycache__/" not in name}
    assert any(name.endswith(".md.j2") for name in expected)
    with ZipFile(wheel) as archive:
        assert {name for name in archive.namelist() if name.startswith("nnlabs/")} == expected


def test_an_installed_wheel_works_from_anywhere(wheel: Path, tmp_path: Path) -> None:
    """In an environment that has the pinned packages, and of this project only what is in the wheel."""
    fresh, elsewhere = tmp_path / "fresh", tmp_path / "elsewhere"
    venv.create(fresh, with_pip=False, symlinks=True)
    python = fresh / "bin" / "python"
    offline = ("--quiet", "--no-deps", "--no-index", "--no-compile", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "--python", python, "install", *offline, wheel, cwd=tmp_path)
    # a line with a folder makes its packages importable and leaves its own .pth files alone: so not the editable nnlabs
    (site,) = fresh.glob("lib/python*/site-packages")
    (site / "pinned.pth").write_text(sysconfig.get_path("purelib"))
    elsewhere.mkdir()
    shutil.copy(ROOT / "params.yaml", elsewhere)
    (elsewhere / "src").symlink_to(site)  # where settings look for the labs' words: those that were installed
    where, *page, labs = run(python, "-W", "error", "-c", USE, cwd=elsewhere).splitlines()
    assert Path(where).is_relative_to(site)
    assert [line for line in page if line] == ["# Small", "> How small?"]
    assert "fashion" in labs.split()
