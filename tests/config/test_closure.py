"""What belongs to a stage: of a made package, and of this one."""

import ast
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

from nnlabs.config import closure
from nnlabs.config.closure import PACKAGE, SOURCE, TELLING, Closures
from nnlabs.config.meaning import meaning
from nnlabs.core.errors import UserError

SCRIPTS = sorted(path for path in Path("stages").glob("*.py") if path.stem != "settings")
MODULES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for path in SOURCE.rglob("*.py")
    if not {"app", "executors"} & {*path.parts}  # no stage's, and in part of environments of their own
)


@pytest.fixture
def write(tmp_path: Path) -> Path:
    """A project of one script and nothing to import."""
    files(
        tmp_path,
        {"stages/run.py": "import nnlabs.a\n", "src/nnlabs/__init__.py": "", "requirements.lock": "torch==2.1\n"},
    )
    return tmp_path


def files(root: Path, contents: dict[str, str]) -> None:
    for name, content in contents.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)


def names(root: Path, *modules: str) -> set[str]:
    """The modules of the script's closure, without those that every one has."""
    return {*Closures(root).of([Path("stages/run.py")], modules)["modules"]} - {"stages/run.py", PACKAGE}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import nnlabs.b", {"b"}),
        ("import nnlabs.b as c", {"b"}),
        ("import nnlabs.p.inner", {"p", "p.inner"}),
        ("from nnlabs import b", {"b"}),
        ("from nnlabs.p import inner", {"p", "p.inner"}),
        ("from nnlabs.p import inner as other, VALUE", {"p", "p.inner"}),
        ("from nnlabs.p.inner import VALUE", {"p", "p.inner"}),
        ("from nnlabs.p import VALUE", {"p"}),
        ("from . import b", {"b"}),
        ("from .b import x", {"b"}),
        ("from .p import inner", {"p", "p.inner"}),
        ("from .p.inner import x", {"p", "p.inner"}),
        ("def f():\n    from nnlabs import b", {"b"}),
        ("class K:\n    def f(self):\n        with x:\n            import nnlabs.b", {"b"}),
        ("async def f():\n    match x:\n        case 1:\n            import nnlabs.b", {"b"}),
        ("try:\n    import nnlabs.b\nexcept ImportError:\n    import nnlabs.p", {"b", "p"}),
        ("if x:\n    import nnlabs.b\nelif y:\n    import nnlabs.p", {"b", "p"}),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import nnlabs.b", set()),
        ("import typing\nif typing.TYPE_CHECKING:\n    import nnlabs.b\nelse:\n    import nnlabs.p", {"p"}),
        ("from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    import nnlabs.b", {"b"}),
        ("import os, sys\nimport xml.dom.minidom\nfrom collections import abc", set()),
        ("'import nnlabs.b'", set()),
        ("from nnlabs import nothing_of_this_name", set()),
        ("from nnlabs.telling import progress\nfrom nnlabs.telling.progress import Progress", set()),
    ],
)
def test_imports_are_followed_wherever_they_stand(write: Path, source: str, found: set[str]) -> None:
    inner = {"src/nnlabs/b.py": "x = 1", "src/nnlabs/p/__init__.py": "", "src/nnlabs/p/inner.py": "x = 1"}
    telling = {"src/nnlabs/telling/__init__.py": "", "src/nnlabs/telling/progress.py": "import nnlabs.b"}
    files(write, {"src/nnlabs/a.py": source} | inner | telling)
    assert names(write) == {"nnlabs.a", *(f"nnlabs.{each}" for each in found)}


def test_relative_imports_of_packages(write: Path) -> None:
    above = {
        "src/nnlabs/p/q/__init__.py": "from . import deep\nfrom .. import near",
        "src/nnlabs/p/q/deep.py": "from ...b import x",
    }
    rest = {
        "src/nnlabs/a.py": "import nnlabs.p.q",
        "src/nnlabs/b.py": "",
        "src/nnlabs/p/__init__.py": "",
        "src/nnlabs/p/near.py": "",
    }
    files(write, above | rest)
    assert names(write) == {f"nnlabs.{each}" for each in ("a", "b", "p", "p.q", "p.q.deep", "p.near")}


def test_circles_and_what_is_imported_through_others(write: Path) -> None:
    files(
        write,
        {
            "src/nnlabs/a.py": "import nnlabs.b",
            "src/nnlabs/b.py": "import nnlabs.c",
            "src/nnlabs/c.py": "import nnlabs.a",
        },
    )
    assert names(write) == {"nnlabs.a", "nnlabs.b", "nnlabs.c"}


def test_a_package_counts_before_a_module_of_its_name_as_python_has_it(write: Path) -> None:
    files(write, {"src/nnlabs/a.py": "wrong = 1", "src/nnlabs/a/__init__.py": "right = 1"})
    assert Closures(write).of([Path("stages/run.py")])["modules"]["nnlabs.a"] == meaning("right = 1")


def test_modules_that_the_settings_name(write: Path) -> None:
    files(
        write,
        {"src/nnlabs/a.py": "", "src/nnlabs/m/__init__.py": "", "src/nnlabs/m/one.py": "", "src/nnlabs/m/two.py": ""},
    )
    assert names(write, "nnlabs.m.two") == {"nnlabs.a", "nnlabs.m", "nnlabs.m.two"}
    with pytest.raises(UserError, match=r"src/nnlabs/m/three\.py is missing"):
        names(write, "nnlabs.m.three")


def test_only_the_very_name_is_a_module(write: Path) -> None:
    """`from nnlabs.p import Inner` names no module, on a file system that takes Inner.py for inner.py neither."""
    files(
        write,
        {"src/nnlabs/a.py": "from nnlabs.p import Inner", "src/nnlabs/p/__init__.py": "", "src/nnlabs/p/inner.py": ""},
    )
    assert names(write) == {"nnlabs.a", "nnlabs.p"}


def test_a_hash_of_each_module_and_script(write: Path) -> None:
    files(write, {"src/nnlabs/a.py": "x = 1  # why\n"})
    assert Closures(write).of([Path("stages/run.py")]) == {
        "modules": {"nnlabs": meaning(""), "nnlabs.a": meaning("x = 1"), "stages/run.py": meaning("import nnlabs.a")},
        "files": {},
        "libraries": {},
    }


def test_a_source_that_is_no_python(write: Path) -> None:
    files(write, {"src/nnlabs/a.py": "x = 1\nx = = 2\n"})
    with pytest.raises(UserError, match=r"src/nnlabs/a\.py, line 2: invalid syntax"):
        names(write)


def read(root: Path, *more: str) -> set[str]:
    return {*Closures(root).of([Path("stages/run.py")], files=[Path(each) for each in more])["files"]}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('x = "table.csv"', {"table.csv"}),
        ('def f():\n    return open("page.md.j2")', {"templates/page.md.j2"}),
        ('x = "inner/data.json"', {"inner/data.json"}),
        ('x = "no.csv"', set()),
        ('x = "b.py"', set()),
        ('x = "table.csv is a table"', set()),
        ('x = "inner"', set()),
        ('x = "/proc/self/status.x"', set()),
        ('x = "../../../outside.csv"', set()),
        ('x = "../nnlabs/table.csv"', {"table.csv"}),
    ],
)
def test_files_that_a_string_names(write: Path, source: str, found: set[str]) -> None:
    beside = {f"src/nnlabs/{each}": "" for each in ("table.csv", "templates/page.md.j2", "inner/data.json", "b.py")}
    files(write, {"src/nnlabs/a.py": source} | beside)
    files(write.parent, {"outside.csv": ""})
    assert read(write) == {f"src/nnlabs/{each}" for each in found}


def test_a_file_counts_by_its_bytes(write: Path) -> None:
    files(write, {"src/nnlabs/a.py": 'x = "a.csv"', "src/nnlabs/a.csv": "1\n"})
    before = Closures(write).of([Path("stages/run.py")])
    files(write, {"src/nnlabs/a.csv": "1\n\n"})
    after = Closures(write).of([Path("stages/run.py")])
    assert before["modules"] == after["modules"]
    assert before["files"].keys() == after["files"].keys()
    assert before["files"] != after["files"]


def test_templates_bring_those_that_they_are_made_of(write: Path) -> None:
    shared = "src/nnlabs/reporting/templates/"
    files(
        write,
        {
            "src/nnlabs/a.py": "",
            "src/nnlabs/own.md.j2": '{% extends "base.md.j2" %}{% block x %}{% include "part.md.j2" %}{% endblock %}',
            "src/nnlabs/part.md.j2": '{% import "macros.j2" as m %}{{ m.f() }}{% include "gone.j2" ignore missing %}',
            f"{shared}part.md.j2": "another one",
            f"{shared}base.md.j2": '{% from "macros.j2" import f %}{% include ["gone.j2", "other.j2"] %}{% include x%}',
            f"{shared}macros.j2": '{% macro f() %}{% include "base.md.j2" %}{% endmacro %}',
            f"{shared}other.j2": "",
            f"{shared}idle.j2": "",
        },
    )
    beside = {"src/nnlabs/own.md.j2", "src/nnlabs/part.md.j2"}
    assert read(write, "src/nnlabs/own.md.j2") == beside | {
        f"{shared}{x}" for x in ("base.md.j2", "macros.j2", "other.j2")
    }


def test_a_template_that_is_none(write: Path) -> None:
    files(write, {"src/nnlabs/a.py": 'x = "t.j2"', "src/nnlabs/t.j2": "\n{% if %}"})
    with pytest.raises(UserError, match=r"src/nnlabs/t\.j2, line 2: "):
        read(write)


def libraries(root: Path) -> dict[str, str]:
    found: dict[str, str] = Closures(root).of([Path("stages/run.py")])["libraries"]
    return found


def test_libraries_have_the_version_of_the_lock(write: Path) -> None:
    pins = "# a comment==1\ntorch==2.1\nscikit-learn==1.5\npillow==9\nJinja2==3\nPyYAML==6\nflufl.lock==4\nunused==1\n"
    imports = (
        "import torch.nn, os\nfrom sklearn.metrics import f\nfrom PIL import Image\nimport jinja2, yaml, flufl_lock\n"
    )
    files(write, {"requirements.lock": pins, "src/nnlabs/a.py": imports})
    expected = {
        "torch": "2.1",
        "scikit-learn": "1.5",
        "pillow": "9",
        "jinja2": "3",
        "pyyaml": "6",
        "flufl-lock": "4",
    }
    assert libraries(write) == expected


def test_a_library_without_a_version(write: Path) -> None:
    files(write, {"src/nnlabs/a.py": "import pandas\n"})
    with pytest.raises(UserError, match=r"requirements\.lock: no version of pandas"):
        libraries(write)


def test_a_library_that_the_module_can_do_without(write: Path) -> None:
    files(write, {"src/nnlabs/a.py": "try:\n    import torch, kagglehub\nexcept ImportError:\n    kagglehub = None\n"})
    assert libraries(write) == {"torch": "2.1"}
    files(write, {"src/nnlabs/a.py": "try:\n    import kagglehub\nexcept ImportError:\n    pass\nimport kagglehub\n"})
    with pytest.raises(UserError, match="no version of kagglehub"):
        libraries(write)


def test_what_was_found_is_kept_by_content(write: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files(write, {"src/nnlabs/a.py": "import nnlabs.b\n", "src/nnlabs/b.py": "x = 1\n"})
    memo = tmp_path / "memo.json"

    def of() -> dict[str, object]:
        closures = Closures(write, memo)
        found = closures.of([Path("stages/run.py")])
        closures.keep()
        return found

    first = of()
    with monkeypatch.context() as patch:
        patch.setattr(closure, "_reading", lambda source: pytest.fail(f"read anew: {source}"))
        assert of() == first
    files(write, {"src/nnlabs/b.py": "x = 2\n"})
    assert of()["modules"] == first["modules"] | {"nnlabs.b": meaning("x = 2")}  # type: ignore[operator]


# This project


@pytest.fixture(scope="module")
def closures() -> Closures:
    return Closures()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_stages_reach_neither_params_nor_the_pipeline(closures: Closures, script: Path) -> None:
    found = closures.of([script])["modules"]
    assert not [name for name in found if name.startswith((f"{PACKAGE}.config", f"{PACKAGE}.pipeline", TELLING))]


def test_what_has_to_be_kept_apart_is_apart(closures: Closures) -> None:
    train = closures.of([Path("stages/train.py")], ["nnlabs.models.mlp", "nnlabs.training.optimizers.adam"])
    assert not {"matplotlib", "jinja2", "pandas", "requests", "tqdm"} & train["libraries"].keys()
    assert train["libraries"].keys() >= {"torch", "numpy"}
    parts = {name.split(".")[1] for name in train["modules"] if name.count(".") and not name.endswith(".py")}
    assert parts <= {"core", "data", "models", "training", "scratch", "evaluation"}
    families = {name for name in train["modules"] if name.startswith("nnlabs.training.optimizers.")}
    assert families == {"nnlabs.training.optimizers.adam"}
    page = closures.of([Path("stages/page.py")], ["nnlabs.reporting.trained"])
    assert "torch" not in page["libraries"]
    assert "jinja2" in page["libraries"]
    assert any(name.endswith(".j2") for name in page["files"])


def test_importing_all_of_a_closure_loads_nothing_else(closures: Closures) -> None:
    """All modules of a training at once, in a process of its own."""
    found = closures.of([Path("stages/train.py")], ["nnlabs.models.cnn", "nnlabs.training.optimizers.adam"])["modules"]
    modules = [name for name in found if not name.endswith(".py")]
    code = f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": "src"}
    )
    loaded = {name for name in done.stdout.split() if name.partition(".")[0] == PACKAGE}
    assert {name for name in loaded if not name.startswith(TELLING)} == {*modules}


def test_the_names_of_distributions_are_those_of_their_packages(closures: Closures) -> None:
    """Of every library that anything here imports."""
    installed = importlib.metadata.packages_distributions()
    asked = {library for name in MODULES for library in closures._needed_by(name).libraries}
    assert len(asked) > 10
    for module in sorted(asked):
        assert closure._distribution(module) in {closure._normal(each) for each in installed[module]}, module
        closures._pin(module)


def test_no_name_of_a_distribution_is_idle(closures: Closures) -> None:
    asked = {library for name in MODULES for library in closures._needed_by(name).libraries}
    assert closure.DISTRIBUTIONS.keys() <= asked


def functions(tree: ast.AST, owner: str = "") -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function in it, with the class that it is a method of."""
    found = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append((owner, node))
        found += functions(node, node.name if isinstance(node, ast.ClassDef) else owner)
    return found


def test_telling_returns_nothing() -> None:
    """The one rule that leaves modules out: no result can depend on what gives nothing back."""
    told = [
        (path, *each)
        for path in (SOURCE / "nnlabs/telling").glob("*.py")
        for each in functions(ast.parse(path.read_text()))
    ]
    assert len(told) > 5
    for path, owner, function in told:
        where = f"{path}: {owner}.{function.name}"
        assert function.returns is not None, where
        assert ast.unparse(function.returns) in {
            "None",
            "Self",
            f"'{owner}'",
            f"Iterator['{owner}']",
            "Iterator[Self]",
        }, where


def test_telling_stands_on_nothing_of_the_project() -> None:
    """What only it would load would be in no closure."""
    closures = Closures()
    for path in (SOURCE / "nnlabs/telling").glob("*.py"):
        needed = closures._read(f"{TELLING}.{path.stem}" if path.stem != "__init__" else TELLING).imports
        assert not [each for each in needed if each.startswith(PACKAGE) and not each.startswith(TELLING)], path
