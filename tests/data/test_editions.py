"""The stage in both editions: sets of one edition stay the same bytes, a set that cannot be had is one clear error."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from filelock import FileLock
from making import Made
from picturing import class_folders, stanford_cars

from nnlabs import config as params
from nnlabs.core import paths
from nnlabs.data import fetch
from nnlabs.data.catalogue import ORIGINS
from nnlabs.config.editions import ONLY

PROJECT = Path.cwd()


def changed(tmp_path: Path, **changes: Any) -> Path:
    """A folder with the project's code and a params.yaml that differs in this."""
    raw = yaml.safe_load((PROJECT / "params.yaml").read_text()) | changes
    folder = tmp_path / "project"
    folder.mkdir(exist_ok=True)
    (folder / "params.yaml").write_text(yaml.safe_dump(raw, sort_keys=False))
    for name in ("src", "stages"):
        if not (folder / name).exists():
            (folder / name).symlink_to(PROJECT / name)
    return folder


def surroundings(folder: Path, mirror: Path) -> dict[str, str]:
    environment = os.environ | {"NNLABS_MIRROR": str(mirror), "NNLABS_CACHE": str(folder / "cache")}
    # no client: nothing here asks the network
    (folder / "site").mkdir(exist_ok=True)
    (folder / "site" / "kagglehub.py").write_text("raise ImportError\n")
    return environment | {"PYTHONPATH": os.pathsep.join([str(folder / "site"), str(PROJECT / "src")])}


def stage(folder: Path, name: str, mirror: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "stages/data.py", name],
        cwd=folder,
        env=surroundings(folder, mirror),
        capture_output=True,
        text=True,
    )


def provenance(folder: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "reports" / "data" / f"{name}.json").read_text())
    return content


def test_the_edition_counts_where_there_are_two(tmp_path: Path) -> None:
    for edition in ("embedded", "original"):
        settings = params.load(changed(tmp_path, edition=edition) / "params.yaml")
        made = {name: settings.edition_of(name) for name in settings.datasets}
        assert made == dict.fromkeys(("mnist", "fashion", "cifar10", "speeches"), ONLY) | dict.fromkeys(
            ("objects3", "animals", "dogs", "cars"), edition
        )
        origins = {name: each.origin for name, each in settings.datasets.items()}
        wanted = {"objects3": "cifar100", "animals": "afhq", "dogs": "dogs70", "cars": "cars"}
        assert {name: origins[name] for name in wanted} == (
            wanted if edition == "original" else dict.fromkeys(wanted, "cifar10")
        )


def made_mirror(folder: Path) -> Path:
    class_folders(folder / "afhq", {"train": 8, "val": 3}, ("cat", "dog", "wild"))
    class_folders(folder / "dogs70", {"train": 3, "valid": 1, "test": 1}, ("Boxer", "Pug"))
    stanford_cars(folder / "stanford_cars", ("Audi", "BMW"), 4, 2)
    return folder


def sample_of(name: str) -> Path:
    """The real sample beside the checkout; the test is skipped where there is none."""
    for place in (os.environ.get("NNLABS_SAMPLES"), PROJECT.parent / "shared" / "mirror"):
        if place and (Path(place) / name).is_dir():
            return Path(place)
    pytest.skip(f"no sample of {name} here (NNLABS_SAMPLES names their folder)")


SETS = {"animals": ("afhq", 3), "dogs": ("dogs70", 70), "cars": ("stanford_cars", 20)}


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("real", [True, False], ids=["real sample", "made"])
def test_a_sample_goes_the_whole_way(tmp_path: Path, name: str, real: bool) -> None:
    folder, classes = SETS[name]
    mirror = sample_of(folder) if real else made_mirror(tmp_path / "mirror")
    project = changed(tmp_path, edition="original", sample=True)
    done = stage(project, name, mirror)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = provenance(project, name)
    assert (found["edition"], found["sample"]) == ("original", True)
    assert len(found["classes"]) == (classes if real else {"animals": 3}.get(name, 2))
    assert min(found["sizes"].values()) >= 2
    assert found["shape"] == [3, *[{"animals": 128, "dogs": 224, "cars": 128}[name]] * 2]
    if real and name == "dogs":
        assert found["pictures"]["merged"].keys() == {"American Spaniel"}
        assert found["pictures"]["duplicates"] == found["pictures"]["files"] - sum(found["sizes"].values()) == 1
    if real and name == "cars":
        assert "Audi A5 Coupe 2012" in found["classes"]


def test_without_sample_a_sample_is_refused(tmp_path: Path) -> None:
    project = changed(tmp_path, edition="original")
    done = stage(project, "animals", made_mirror(tmp_path / "mirror"))
    assert done.returncode == 1
    first, mirror, kaggle, hint = done.stderr.splitlines()
    assert first == "error: afhq: no source could serve it:"
    assert "24 train pictures found, 14,630 needed" in mirror and "sample: true" in mirror
    assert "pip install -e '.[kaggle]'" in kaggle
    assert "NNLABS_MIRROR" in hint
    assert not (project / "data").exists() or not list((project / "data").iterdir())


def test_a_set_of_one_edition_is_the_same_bytes_in_both(
    tmp_path: Path, colour: Made, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ORIGINS, "cifar10", colour.origin)
    monkeypatch.setattr(fetch, "fetch", lambda origin: (colour.arrays, {"source": "made"}))
    main = runpy.run_path("stages/data.py")["main"]
    raw = yaml.safe_load((PROJECT / "params.yaml").read_text())["datasets"]
    fitting = {"seed": 0, "validation": 20, "origin": "cifar10"}
    sets = raw | {"cifar10": fitting, "cars": fitting | {"original": {"seed": 1}}}
    written: dict[str, list[dict[str, bytes]]] = {"cifar10": [], "cars": []}
    for changes in ({"edition": "embedded"}, {"edition": "original"}, {"edition": "embedded", "sample": True}):
        monkeypatch.setattr(paths, "PARAMS", changed(tmp_path, datasets=sets, **changes) / "params.yaml")
        for name, each in written.items():
            main(name)
            files = [*paths.dataset(name).iterdir(), paths.provenance(name)]
            each.append({path.name: path.read_bytes() for path in files})
    only, both = written["cifar10"], written["cars"]
    assert only[0] == only[1] == only[2]
    assert json.loads(only[0]["cifar10.json"])["edition"] == ONLY
    assert both[0] == both[2] != both[1]
    assert json.loads(both[1]["cars.json"])["edition"] == "original"


def test_two_that_make_one_set_take_turns(tmp_path: Path) -> None:
    project = changed(tmp_path, edition="original", sample=True)
    environment = surroundings(project, made_mirror(tmp_path / "mirror")) | {"PYTHONUNBUFFERED": "1"}
    lock = project / "cache" / "locks" / "animals.lock"
    lock.parent.mkdir(parents=True)
    with FileLock(lock):  # as the child that a killed dvc left behind has it
        command = [sys.executable, "stages/data.py", "animals"]
        process = subprocess.Popen(command, cwd=project, env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "animals: another process is making it; waiting for that\n"
        assert not (project / "data").exists()
    assert process.communicate(timeout=60)[0] == ""
    assert process.returncode == 0
    assert (project / "data" / "animals" / "meta.json").exists()
