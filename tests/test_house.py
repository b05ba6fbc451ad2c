"""How modules depend on each other, as CONTRIBUTING.md draws it: arrows go down only, and there is no circle."""

import re
import tomllib
from pathlib import Path

import networkx as nx
import pytest

from nnlabs.config.closure import Closures, _distribution

SOURCE = Path("src")
STOREYS = {
    **{"core": 0, "telling": 0, "scratch": 1, "data": 2, "models": 3, "training": 4, "evaluation": 5},
    **{"reporting": 6, "play": 6, "labs": 7, "config": 8, "pipeline": 9, "exercises": 10},
    **{"app": 10},
}
"""From the ground up."""


def _name(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.fixture(scope="module")
def arrows() -> nx.DiGraph:
    """From every module to those that it imports, wherever in it; what is for type checkers alone left out."""
    closures = Closures()
    graph = nx.DiGraph()
    for path in SOURCE.rglob("*.py"):
        module = _name(path)
        graph.add_node(module)
        # a module's packages come before it by themselves
        needed = (each for each in closures._needed_by(module).modules if not module.startswith(f"{each}."))
        graph.add_edges_from((module, each) for each in needed if each not in ("nnlabs", module))
    return graph


def _storey(module: str) -> str:
    return module.split(".")[1]


def test_every_package_has_its_storey(arrows: nx.DiGraph) -> None:
    assert {_storey(module) for module in arrows if module != "nnlabs"} == STOREYS.keys()


def test_arrows_go_down_only(arrows: nx.DiGraph) -> None:
    up = [(a, b) for a, b in arrows.edges if STOREYS[_storey(a)] < STOREYS[_storey(b)]]
    assert up == []


def test_the_networks_by_hand_stand_apart(arrows: nx.DiGraph) -> None:
    beyond = {b for a, b in arrows.edges if _storey(a) == "scratch" != _storey(b)}
    assert all(_storey(module) == "core" for module in beyond)
    libraries = {
        library
        for module in arrows
        if module.startswith("nnlabs.scratch")
        for library in Closures().of([], [module])["libraries"]
    }
    assert libraries <= {"numpy", "numba", "safetensors"}  # the last saves and loads networks


def test_there_is_no_circle(arrows: nx.DiGraph) -> None:
    assert [circle for circle in nx.strongly_connected_components(arrows) if len(circle) > 1] == []


def test_no_lab_imports_another(arrows: nx.DiGraph) -> None:
    labs = [(a, b) for a, b in arrows.edges if _storey(a) == _storey(b) == "labs" and a.count(".") > 1]
    crossing = [(a, b) for a, b in labs if b.count(".") > 1 and b.split(".")[2] not in (a.split(".")[2], "common")]
    assert crossing == []


def test_only_settings_and_the_pipeline_read_the_knobs(arrows: nx.DiGraph) -> None:
    readers = {a for a, b in arrows.edges if b.startswith("nnlabs.config") and not a.startswith("nnlabs.config")}
    assert all(_storey(module) == "pipeline" for module in readers)
    scripts = {path.name for path in Path("stages").glob("*.py") if "nnlabs.config" in path.read_text()}
    assert scripts == {"settings.py"}


def test_what_is_imported_is_declared() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[<>=]", each)[0].lower() for each in project["dependencies"]}
    closures = Closures()
    # tests and benchmarks alone import torchvision through nnlabs.models.vision; the app has an environment of its own
    modules = {_name(path) for path in SOURCE.rglob("*.py")} - {"nnlabs.models.vision"}
    modules -= {module for module in modules if module.startswith("nnlabs.app")}
    modules -= {f"nnlabs.pipeline.executors.{name}" for name in ("ray", "submitit")}  # extras, imported when asked for
    needed = {_distribution(library) for module in modules for library in closures._needed_by(module).libraries}
    assert needed - declared == set()
