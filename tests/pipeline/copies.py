"""A small copy of the project: every variant of params.yaml shrunk to two batches, on made data.

The copy is a git clone with the working tree's changes, its own DVC cache, and a mirror of made
origins (`mirrors`), so that every stage runs as it is, data included, without network.
"""

import compileall
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import forked
import mirrors
import pytest
import recorder
import yaml
from filelock import FileLock

import tracked

PROJECT = Path.cwd()


def shrunk(raw: dict[str, Any]) -> dict[str, Any]:
    """Two batches an epoch, one epoch, one seed, small networks: the code of every variant and lab, in a moment."""
    for data in _both_editions(raw["datasets"]):
        _cut(data, {"min_count": 1, "train_per_class": 40, "test_per_class": 12, "size": 32})  # of four: a quarter each
        if (data.get("validation") or 0) >= 1:
            data["validation"] = 50
    for features in _both_editions(raw["features"]):
        features |= {"size": 32, "threads": 1}
    variants = [*_both_editions(raw["variants"]), *_both_editions(raw.get("optional", {}))]
    defaults = [lab["defaults"] for lab in _both_editions(raw["labs"]) if "defaults" in lab]
    for settings in [*defaults, *variants]:
        _cut(settings, {"epochs": 1, "seeds": [0], "threads": 1, "batch_size": 256})
        for key, parts in (("lr_grid", 2), ("windows", 1)):
            if key in settings:
                settings[key] = settings[key][:parts]
    proxies = [variant["proxy"] for variant in variants if "proxy" in variant]
    for proxy in proxies:
        _cut(proxy, {"first_epoch": 1})
    for network in [*variants, *(proxy["network"] for proxy in proxies)]:
        if "channels" in network:
            network["channels"] = [4 + i for i in range(len(network["channels"]))]
    # twins by now: the batch size of the grid is the only difference between some variants
    for name, variant in raw["variants"].items():
        if name.endswith("-b32"):
            variant["batch_size"] = 64
    for name, settings in SHORT.items():
        lab, *inner = name.split(".")
        content = raw["labs"][lab]
        for key in inner:
            content = content[key]
        content |= settings
    return raw


def _both_editions(section: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Its entries, and what differs in each in the original edition."""
    for entry in section.values():
        yield entry
        if "original" in entry:
            yield entry["original"]


def _cut(settings: dict[str, Any], changes: dict[str, Any]) -> None:
    settings |= {key: value for key, value in changes.items() if settings.get(key) is not None}


SHORT: dict[str, dict[str, Any]] = {
    "descent": {"iterations": 200, "agreement_steps": 5},
    "regression.sigmoid": {"iterations": 50, "snapshots": [20, 50], "seeds": [0]},
    "regression.cosine": {"iterations": 50, "snapshots": [20, 50], "seeds": [0]},
    "xor.corners": {"iterations": 20, "points": 40, "seeds": [0]},
    "xor.classes": {"epochs": 2, "points": 40, "seeds": [0]},
    "gradients": {"depths": [2, 3], "width": 8, "batch_size": 16, "steps": 2, "seeds": [0]},
    "rules": {
        **{"images": 100, "steps": 4, "rates": [0.001, 0.01], "sizes": [2], "seeds": [0]},
        "stuck": {"starts": 1, "steps": 4, "rates": [0.1], "adam": [0.01], "momentum": 0.9},
    },
    "byhand": {"images": 64, "channels": [4, 5], "epochs": 2, "compared_steps": 2, "seeds": [0]},
    "sobel": {"images": 20, "shown": 2, "steps": 5, "batch_size": 4, "seeds": [0]},
    "words": {"dimensions": 8, "epochs": 1, "seeds": [0]},
}
"""What makes a lab short that computes."""


def selected(raw: dict[str, Any], variants: tuple[str, ...]) -> dict[str, Any]:
    """These variants, what they stand on, and one lab that computes."""
    raw["variants"] = {name: raw["variants"][name] for name in variants}
    labs = {"backprop", *(variant["lab"] for variant in raw["variants"].values())}
    raw["labs"] = {name: lab for name, lab in raw["labs"].items() if name in labs}
    raw["optional"] = {name: each for name, each in raw.get("optional", {}).items() if each["lab"] in labs}
    used = {each["dataset"] for section in ("variants", "optional") for each in raw[section].values()}
    raw["features"] = {name: features for name, features in raw["features"].items() if name in used}
    kept = used | {each["dataset"] for section in ("labs", "features") for each in raw[section].values()}
    raw["datasets"] = {name: data for name, data in raw["datasets"].items() if name in kept}
    del raw["play"]
    raw["labs"]["backprop"]["portable"] = False  # or it would begin as a new process, which imports all anew
    return raw


def without_play(definition: Path) -> None:
    """The pages to play with hold networks of labs that a copy of a few variants has not."""
    content = yaml.safe_load(definition.read_text())
    content["stages"] = {
        name: each for name, each in content["stages"].items() if name not in ("play", "kernels", "pad")
    }
    definition.write_text(yaml.dump(content, Dumper=Plain, sort_keys=False))


class Plain(yaml.SafeDumper):
    """Writes what stands twice twice, as params.yaml has it."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


class Copy:
    """A checkout to run commands in."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment

    def run(
        self, *command: str, check: bool = True, seconds: float = 600, **extra: str
    ) -> subprocess.CompletedProcess[str]:
        environment = self.environment | {"PATH": f"{self.environment['FORKED']}:{self.environment['PATH']}"} | extra
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=seconds
        )
        assert not check or done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done

    def git(self, *arguments: str) -> str:
        return self.run("git", "-c", "user.name=t", "-c", "user.email=t@localhost", *arguments).stdout

    @property
    def records(self) -> Path:
        """Where stages write what they loaded and read, if a test says so to `recorder`."""
        return self.folder.parent / "records"

    @property
    def params(self) -> dict[str, Any]:
        content: dict[str, Any] = yaml.safe_load((self.folder / "params.yaml").read_text())
        return content

    @params.setter
    def params(self, content: dict[str, Any]) -> None:
        (self.folder / "params.yaml").write_text(yaml.dump(content, Dumper=Plain, sort_keys=False))

    def files(self, *patterns: str) -> dict[str, bytes]:
        """The content of all files that match."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for pattern in patterns
            for path in sorted(self.folder.glob(pattern))
            if path.is_file()
        }


FAST, OTHER = "objects3-lr0p001-h50-b32", "objects3-lr0p001-h50-b128"
TRACKED = ("reports/*.md", "reports/[!r]*/**/*", "dvc.lock")
"""All that must be the same twice: reports/run is left out."""


def changed_stages(copy: Copy) -> set[str]:
    return set(json.loads(copy.run("dvc", "status", "--json").stdout))


def ran(text: str) -> set[str]:
    """The stages that a repro says it ran."""
    return set(re.findall(r"Running stage '([^']+)'", text))


def lock(copy: Copy) -> dict[str, Any]:
    """dvc.lock without what may differ between two honest runs."""
    stages = yaml.safe_load((copy.folder / "dvc.lock").read_text())["stages"]
    return {
        name: [item for kind in ("deps", "outs") for item in stage[kind] if not item["path"].startswith("reports/run")]
        for name, stage in stages.items()
    }


def of_all_workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the workers of a run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a copy's programs: the mirror of made origins, and where forks are to be had (`forked`)."""
    shared = of_all_workers(tmp_path_factory) / "surroundings"
    with FileLock(f"{shared}.lock"):
        if not shared.exists():
            mirrors.write(shared / "mirror", PROJECT / "params.yaml")
            mirrors.write_site(shared / "site")
            recorder.install(shared / "site")
            compileall.compile_dir(PROJECT / "src", quiet=2)
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(shared / "site"),
        "NNLABS_MIRROR": str(shared / "mirror"),
        mirrors.TOLD: str(shared / "mirror" / "catalogue.json"),
        "OMP_NUM_THREADS": "1",
        "DVC_NO_ANALYTICS": "true",
        "GIT_AUTHOR_NAME": "t",
        "GIT_AUTHOR_EMAIL": "t@localhost",
        "GIT_COMMITTER_NAME": "t",
        "GIT_COMMITTER_EMAIL": "t@localhost",
    }
    for name in ("NNLABS_CACHE", "PYTHONDONTWRITEBYTECODE"):  # without bytecode every stage compiles its modules anew
        environment.pop(name, None)
    forks = forked.install(shared / "forks", environment)
    yield environment | {"FORKED": str(next(forks))}
    next(forks, None)


@pytest.fixture(scope="session")
def copy_project(tmp_path_factory: pytest.TempPathFactory, surroundings: dict[str, str]) -> Callable[..., Copy]:
    """Make a copy with these variants (all where none are named), committed.

    `Copy.run` runs forks (`forked`); with `Copy.environment` a program is itself.
    """
    files = tracked.files(PROJECT)

    def copy(*variants: str, change: Callable[[dict[str, Any]], None] = lambda raw: None) -> Copy:
        folder = tmp_path_factory.mktemp("copy") / "nnlabs"
        for name in files:
            source = PROJECT / name
            # without results and what was said of them: the copy makes its own
            result = name.startswith("reports/") and name != "reports/verified/README.md"
            if source.is_file() and not result and name != "dvc.lock":
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, folder / name)
        for bytecode in PROJECT.glob("src/**/__pycache__"):  # holds as long as a source has its time
            shutil.copytree(bytecode, folder / bytecode.relative_to(PROJECT))
        made = Copy(folder, surroundings)
        raw = shrunk(made.params)
        if variants:
            raw = selected(raw, variants)
            without_play(folder / "dvc.yaml")
        change(raw)
        made.params = raw
        made.git("init", "-q", "-b", "main")
        made.git("add", "-A")
        made.git("commit", "-qm", "A copy")
        return made

    return copy
