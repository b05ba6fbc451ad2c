"""The stage in both editions: samples go the whole way, a set that cannot be had is one clear error."""

import json
import os
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from filelock import FileLock
from imaging import class_folders, stanford_cars

from nnlabs.config.closure import Closures
from nnlabs.config.editions import in_edition
from nnlabs.core.settings import as_text
from nnlabs.data.settings import kind_of

PROJECT = Path.cwd()


def project(tmp_path: Path, edition: str = "original", *, sample: bool = False) -> Path:
    """A folder with the project's code, in which the stage `settings` has run for this edition."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("src", "stages"):
        (folder / name).symlink_to(PROJECT / name)
    for name, entry in datasets().items():
        parameters = {"dataset": in_edition(entry, edition), "edition": edition, "sample": sample}
        path = folder / "reports" / "settings" / "data" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_text({"parameters": parameters}))
    return folder


def datasets() -> dict[str, dict[str, Any]]:
    """As params.yaml has them."""
    entries: dict[str, dict[str, Any]] = yaml.safe_load((PROJECT / "params.yaml").read_text())["datasets"]
    return entries


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


def meta(folder: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "data" / name / "meta.json").read_text())
    return content


def test_every_dataset_of_either_edition_is_of_its_kind() -> None:
    wanted = {"objects3": "cifar100", "animals": "afhq", "dogs": "dogs70", "cars": "cars"}
    for edition in ("embedded", "original"):
        entries = {name: in_edition(entry, edition) for name, entry in datasets().items()}
        settings = {name: kind_of(name, entry).model_validate(entry) for name, entry in entries.items()}
        assert {name: settings[name].origin for name in wanted} == (
            wanted if edition == "original" else dict.fromkeys(wanted, "cifar10")
        )
        for each in settings.values():
            for module in each.modules():
                assert find_spec(module) is not None
            assert hasattr(import_module(each.modules()[0]), "make")


def test_a_dataset_stands_on_the_code_of_its_kind_and_on_its_own_origin() -> None:
    """Nor does any stand on the terms that it is under: another citation makes no dataset anew."""
    closures, catalogue = Closures(), "nnlabs.data.catalogue"
    for edition in ("embedded", "original"):
        for entry in datasets().values():
            settings = kind_of("", in_edition(entry, edition)).model_validate(in_edition(entry, edition))
            found = closures.of([Path("stages/data.py")], settings.modules())
            maker, *own = settings.modules()
            assert {name for name in found["modules"] if name.startswith(f"{catalogue}.origins.")} == set(own)
            assert ("nnlabs.data.text" in found["modules"]) == (maker == "nnlabs.data.text")
            files = maker in ("nnlabs.data.image_folder", "nnlabs.data.own_folder")
            assert ("nnlabs.data.survey" in found["modules"]) == files
            assert f"{catalogue}.licences" not in found["modules"]
            assert "torch" not in found["libraries"]


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
    set_folder, classes = SETS[name]
    mirror = sample_of(set_folder) if real else made_mirror(tmp_path / "mirror")
    folder = project(tmp_path, sample=True)
    done = stage(folder, name, mirror)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = meta(folder, name)
    assert (found["edition"], found["sample"]) == ("original", True)
    assert len(found["classes"]) == (classes if real else {"animals": 3}.get(name, 2))
    assert min(found["sizes"].values()) >= 2
    assert found["shape"] == [3, *[{"animals": 128, "dogs": 224, "cars": 128}[name]] * 2]
    if real and name == "dogs":
        assert found["images"]["merged"].keys() == {"American Spaniel"}
        assert found["sizes"] == {"train": 560 - 1, "validation": 140 - 1, "test": 140 - 1}
        assert found["images"]["duplicates"] == 3
    if real and name == "cars":
        assert "Audi A5 Coupe 2012" in found["classes"]


def test_without_sample_a_sample_is_refused(tmp_path: Path) -> None:
    folder = project(tmp_path)
    done = stage(folder, "animals", made_mirror(tmp_path / "mirror"))
    assert done.returncode == 1
    first, mirror, kaggle, hint = done.stderr.splitlines()
    assert first == "error: afhq: no source could serve it:"
    assert "24 train images found, 14,630 needed" in mirror and "sample: true" in mirror
    assert "pip install -e '.[kaggle]'" in kaggle
    assert "NNLABS_MIRROR" in hint
    assert not (folder / "data").exists() or not list((folder / "data").iterdir())


def test_two_that_make_one_set_take_turns(tmp_path: Path) -> None:
    folder = project(tmp_path, sample=True)
    environment = surroundings(folder, made_mirror(tmp_path / "mirror")) | {"PYTHONUNBUFFERED": "1"}
    lock = folder / "cache" / "locks" / "animals.lock"
    lock.parent.mkdir(parents=True)
    with FileLock(lock):  # as the child that a killed dvc left behind has it
        command = [sys.executable, "stages/data.py", "animals"]
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "animals: another process is making it; waiting for that\n"
        assert not (folder / "data").exists()
    assert process.communicate(timeout=60)[0] == ""
    assert process.returncode == 0
    assert (folder / "data" / "animals" / "meta.json").exists()
