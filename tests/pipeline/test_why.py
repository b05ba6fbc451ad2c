"""Why stages would run: a made pipeline of the project's shape, run once, then changed in one thing."""

import copy
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.repo import Repo

from nnlabs.config import memory
from nnlabs.config.meaning import definitions, meaning
from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.core.settings import as_text
from nnlabs.pipeline.differences import differences
from nnlabs.pipeline.past import Past
from nnlabs.pipeline.why import Why, reasons, targets, told

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")  # within DVC

LOOP = "def train(x):\n    return x\n\n\ndef predict(x):\n    return 1\n"
SOURCES = {"src/nnlabs/__init__.py": "", "src/nnlabs/loop.py": LOOP, "stages/train.py": "import nnlabs.loop\n"}


def settings(name: str) -> str:
    return f"reports/settings/{name.replace('@', '/')}.json"


def plain(path: str) -> dict[str, Any]:
    return {path: {"cache": False}}


PIPELINE: dict[str, Any] = {
    "settings": {
        "cmd": "true",
        "deps": ["params.yaml"],
        "outs": [{"reports/settings": {"cache": False, "persist": True}}],
    },
    "data": {
        "foreach": ["mnist", "cars"],
        "do": {
            "cmd": "mkdir data/${item} && echo ${item} > data/${item}/images",
            "deps": [settings("data@${item}")],
            "outs": ["data/${item}"],
        },
    },
    "train": {
        "foreach": ["a", "b"],
        "do": {
            "cmd": "cp data/mnist/images models/${item}",
            "deps": ["data/mnist", settings("train@${item}")],
            "outs": ["models/${item}"],
        },
    },
    "evaluate": {
        "foreach": ["a", "b"],
        "do": {
            "cmd": "mkdir -p reports/results/lab && cp models/${item} reports/results/lab/${item}.json",
            "deps": ["data/mnist", "models/${item}", settings("evaluate@${item}")],
            "outs": [plain("reports/results/lab/${item}.json")],
        },
    },
    "page": {
        "foreach": ["lab"],
        "do": {
            "cmd": "cat reports/results/${item}/* > reports/${item}.md",
            "deps": ["reports/results/${item}", settings("page@${item}")],
            "outs": [plain("reports/${item}.md")],
        },
    },
}
NAMES = ("data@mnist", "data@cars", "train@a", "train@b", "evaluate@a", "evaluate@b", "page@lab")
AFTER_A = [
    "evaluate@a follows: train@a writes models/a",
    "page@lab follows: evaluate@a writes reports/results/lab/a.json",
    "What follows runs only if what it reads comes out different.",
]


def hashes(sources: dict[str, str]) -> dict[str, str]:
    names = {path: path.removeprefix("src/").removesuffix(".py").replace("/", ".") for path in sources}
    return {
        path if path.startswith("stages") else names[path].removesuffix(".__init__"): meaning(source)
        for path, source in sources.items()
    }


def composed(sources: dict[str, str]) -> dict[str, dict[str, Any]]:
    """What each stage goes by, as `nnlabs.config` gives it."""
    content: dict[str, dict[str, Any]] = {
        name: {"parameters": {"name": name}, "modules": {}, "files": {}, "libraries": {}} for name in NAMES
    }
    for name in ("train@a", "train@b"):
        training = {"lr": 0.001, "seeds": [0, 1], "rate": None}
        content[name]["parameters"] = {"variant": {"training": training}, "device": "cpu"}
        content[name]["modules"] = hashes(sources)
        content[name]["libraries"] = {"torch": "2.12.0", "numpy": "2.4.6"}
    content["page@lab"]["files"] = {"src/nnlabs/page.md.j2": "0" * 16}
    return content


def write(root: Path, contents: dict[str, str]) -> None:
    for name, content in contents.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)


def run(root: Path, *command: str) -> None:
    subprocess.run(command, cwd=root, check=True, capture_output=True)


def git(root: Path, *command: str) -> None:
    run(root, "git", "-c", "user.name=t", "-c", "user.email=t@localhost", *command)


@pytest.fixture(scope="module")
def ran_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("made") / "project"
    write(
        root,
        SOURCES | {"params.yaml": "x: 1\n", ".gitignore": "/data/\n/models/\n", "data/.keep": "", "models/.keep": ""},
    )
    write(root, {settings(name): as_text(content) for name, content in composed(SOURCES).items()})
    write(root, {"dvc.yaml": yaml.safe_dump({"stages": PIPELINE}, sort_keys=False)})
    git(root, "init", "-q")
    dvc = (sys.executable, "-m", "dvc")
    run(root, *dvc, "init", "-q")
    run(root, *dvc, "config", "core.analytics", "false")
    run(root, *dvc, "repro", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "All of it")
    return root


@pytest.fixture
def root(ran_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, to be changed, with a memory of nothing."""
    folder = tmp_path / "project"
    shutil.copytree(ran_once, folder, symlinks=True)
    monkeypatch.setenv("NNLABS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(paths, "SETTINGS", folder / "reports/settings")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def now() -> dict[str, dict[str, Any]]:
    """What each stage goes by, to be changed."""
    return copy.deepcopy(composed(SOURCES))


@pytest.fixture
def why(root: Path, now: dict[str, dict[str, Any]]) -> Iterator[Callable[..., list[str]]]:
    def lines(*asked: str) -> list[str]:
        with Repo(str(root)) as repo:
            return [*told(reasons(repo, now, Past(root)), asked)]

    yield lines


Lines = Callable[..., list[str]]
Now = dict[str, dict[str, Any]]


def edited(now: Now, root: Path, path: str, source: str) -> None:
    """A module is edited: its hash is another one in all that import it."""
    write(root, {path: source})
    for name in ("train@a", "train@b"):
        now[name]["modules"] = hashes(SOURCES | {path: source})


def test_nothing(why: Lines) -> None:
    assert why() == ["nothing would run: everything is as it was when it last ran"]
    assert why("train@a") == ["train@a would not run: nothing that it depends on has changed since it last ran"]


def test_a_parameter(why: Lines, now: Now) -> None:
    now["train@a"]["parameters"]["variant"]["training"]["lr"] = 0.01
    expected = ["train@a would run:", "  parameter variant.training.lr: 0.001 -> 0.01", *AFTER_A]
    assert why() == expected
    assert why("train@a") == expected
    assert why("evaluate@a") == expected
    assert why("train@b") == ["train@b would not run: nothing that it depends on has changed since it last ran"]


def test_a_function(why: Lines, now: Now, root: Path) -> None:
    edited(now, root, "src/nnlabs/loop.py", LOOP.replace("return 1", "return 2").replace("return x", "return -x"))
    assert why("train@a")[:3] == ["train@a would run:", "  module nnlabs.loop: train, predict", AFTER_A[0]]
    assert why("train@b")[:2] == ["train@b would run:", "  module nnlabs.loop: train, predict"]


def test_stages_that_run_for_the_same_reason_are_told_together(why: Lines, now: Now, root: Path) -> None:
    edited(now, root, "src/nnlabs/loop.py", LOOP.replace("return 1", "return 2"))
    assert why()[:2] == ["train@a, train@b would run:", "  module nnlabs.loop: predict"]


def test_a_new_and_a_removed_function_and_a_module(why: Lines, now: Now, root: Path) -> None:
    edited(now, root, "src/nnlabs/loop.py", "X = 1\n" + LOOP.replace("predict", "test"))
    now["train@a"]["modules"]["nnlabs.more"] = "0" * 16
    del now["train@a"]["modules"]["stages/train.py"]
    assert why("train@a")[:4] == [
        "train@a would run:",
        "  module nnlabs.loop: test (new), module level, predict (gone)",
        "  module nnlabs.more: now imported",
        "  module stages/train.py: no longer imported",
    ]


def test_a_library_and_a_template(why: Lines, now: Now) -> None:
    now["train@a"]["libraries"] = {"torch": "2.13.0", "scipy": "1"}
    now["page@lab"]["files"]["src/nnlabs/page.md.j2"] = "1" * 16
    assert why() == [
        "train@a would run:",
        "  library numpy: no longer used",
        "  library scipy: new",
        "  library torch: 2.12.0 -> 2.13.0",
        "page@lab would run:",
        "  file src/nnlabs/page.md.j2: changed",
        AFTER_A[0],
        AFTER_A[2],
    ]
    assert why("page@lab")[-3:] == [
        "  file src/nnlabs/page.md.j2: changed",
        f"  {AFTER_A[1].removeprefix('page@lab ')}",
        AFTER_A[2],
    ]


def test_data_that_somebody_changed(why: Lines, root: Path) -> None:
    """It is the stage that makes them which would run first."""
    (root / "data/mnist/images").unlink()
    write(root, {"data/mnist/images": "other\n"})
    assert why("train@a") == [
        "data@mnist would run:",
        "  output data/mnist: other content than when the stage last ran",
        "train@a follows: data@mnist writes data/mnist",
        "evaluate@a follows: data@mnist writes data/mnist, train@a writes models/a",
        AFTER_A[1].replace("a.json", "a.json, evaluate@b writes reports/results/lab/b.json"),
        AFTER_A[2],
    ]


def test_data_that_was_made_anew(why: Lines, root: Path) -> None:
    """Its stage has run since, what reads it has not."""
    text = (root / "dvc.yaml").read_text().replace("echo ${item} >", "echo anew ${item} >")
    write(root, {"dvc.yaml": text})
    assert why("data@cars") == [
        "data@cars would run:",
        "  command: now mkdir data/cars && echo anew cars > data/cars/images",
    ]
    run(root, sys.executable, "-m", "dvc", "repro", "-q", "-s", "data@mnist")
    assert why("train@a")[:2] == [
        "train@a would run:",
        "  input data/mnist: other content than when the stage last ran",
    ]


def test_outputs(why: Lines, root: Path) -> None:
    (root / "models/a").unlink()
    write(root, {"reports/lab.md": "by hand"})
    assert why() == [
        "train@a would run:",
        "  output models/a: missing",
        "page@lab would run:",
        "  output reports/lab.md: other content than when the stage last ran",
        AFTER_A[0],
        AFTER_A[2],
    ]


def test_params_alone_run_the_settings_and_nothing_else(why: Lines, root: Path) -> None:
    write(root, {"params.yaml": "x: 1  # a comment\n"})
    assert why() == ["settings would run:", "  input params.yaml: other content than when the stage last ran"]


def test_a_stage_that_has_never_run(why: Lines, now: Now, root: Path) -> None:
    content = yaml.safe_load((root / "dvc.yaml").read_text())
    content["stages"]["train"]["foreach"].append("c")
    write(root, {"dvc.yaml": yaml.safe_dump(content, sort_keys=False)})
    now["train@c"] = now["train@a"]
    assert why() == ["train@c would run:", "  it has never run"]


def test_settings_after_the_stage_that_writes_them_ran(why: Lines, now: Now, root: Path) -> None:
    """The file in the checkout is the new one; the old one is known to the memory, or to git."""
    now["train@a"]["parameters"]["device"] = "cuda"
    write(root, {settings("train@a"): as_text(now["train@a"])})
    expected = ["train@a would run:", '  parameter device: "cpu" -> "cuda"']
    assert why("train@a")[:2] == expected
    shutil.rmtree(root / ".git")
    run(root, sys.executable, "-m", "dvc", "config", "core.no_scm", "true")
    assert why("train@a")[:2] == ["train@a would run:", "  settings: changed; what they were is not known here"]
    memory.remember([as_text(composed(SOURCES)["train@a"])], {})
    assert why("train@a")[:2] == expected


def test_a_module_whose_past_nobody_knows(why: Lines, now: Now, root: Path) -> None:
    shutil.rmtree(root / ".git")
    run(root, sys.executable, "-m", "dvc", "config", "core.no_scm", "true")
    edited(now, root, "src/nnlabs/loop.py", LOOP.replace("return 1", "return 2"))
    assert why("train@a")[1] == "  module nnlabs.loop: changed; its earlier source is not known here"
    memory.remember([], {meaning(LOOP): LOOP})
    assert why("train@a")[1] == "  module nnlabs.loop: predict"


def test_nothing_is_written(why: Lines, now: Now, root: Path) -> None:
    now["train@a"]["parameters"]["device"] = "cuda"
    before = {
        path: path.read_bytes() for path in root.rglob("*") if path.is_file() and ".dvc/tmp" not in path.as_posix()
    }
    why()
    after = {
        path: path.read_bytes() for path in root.rglob("*") if path.is_file() and ".dvc/tmp" not in path.as_posix()
    }
    assert after == before


def test_many_that_one_follows_from() -> None:
    follows = {f"train@{n}": f"models/{n}" for n in range(5)}
    would = {name: Why(("it has never run",), {}) for name in follows} | {"report": Why((), follows)}
    shown = "train@0 writes models/0, train@1 writes models/1, train@2 writes models/2 and 2 more"
    assert [*told(would)][-2] == f"report follows: {shown}"


def test_targets() -> None:
    known = ["train@a", "train@b", "report"]
    assert targets("train@a", known) == ["train@a"]
    assert targets("train", known) == ["train@a", "train@b"]
    assert targets("report", known) == ["report"]
    with pytest.raises(UserError, match=r"STAGE: 'train@c' is no stage; near it: train@b, train@a"):
        targets("train@c", known)


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 1.0}, ["a: 1 -> 1.0"]),
        ({"a": 1}, {"a": True}, ["a: 1 -> true"]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, ["a.c: gone, was 2"]),
        ({"a": {}}, {"a": {"b": [0, 1]}}, ["a.b: new, [0, 1]"]),
        ({"a": None}, {"a": {"b": 1}}, ['a: null -> {"b": 1}']),
        ({"a": [0, 1]}, {"a": [0, 1, 2]}, ["a: [0, 1] -> [0, 1, 2]"]),
        ({"v": [{"id": "x", "n": 1}]}, {"v": [{"id": "x", "n": 2}]}, ["v.x.n: 1 -> 2"]),
        ({"v": [{"id": "x"}, {"id": "y"}]}, {"v": [{"id": "y"}, {"id": "x"}]}, ["v: in another order"]),
        ({"v": [{"id": "x"}]}, {"v": [{"id": "y", "long": "." * 99}]}, ['v.x: gone, was {"id": "x"}', "v.y: new"]),
        ({"v": [{"n": 1}]}, {"v": [{"n": 2}]}, ['v: [{"n": 1}] -> [{"n": 2}]']),
        ({"t": "a" * 99}, {"t": "a" * 98}, ["t: changed"]),
        ({"t": "a" * 99}, {"t": "b" * 99}, [f't: "{"a" * 59}... -> "{"b" * 59}...']),
    ],
)
def test_differences_of_parameters(old: Any, new: Any, lines: list[str]) -> None:
    found = differences({"parameters": old}, {"parameters": new}, lambda module, digest: None)
    assert [*found] == [f"parameter {line}" for line in lines]


def test_a_module_whose_definitions_moved() -> None:
    one, other = "def f(): pass\ndef g(): return 1\n", "def g(): return 1\ndef f(): pass\n"
    known = {meaning(each): definitions(each) for each in (one, other)}
    found = differences({"modules": {"m": meaning(one)}}, {"modules": {"m": meaning(other)}}, lambda m, d: known[d])
    assert [*found] == ["module m: in another order"]


def test_a_file_of_many_versions_and_one_that_was_deleted(root: Path) -> None:
    for n in range(3):
        write(root, {"src/nnlabs/loop.py": f"X = {n}\n"})
        git(root, "commit", "-qam", str(n))
    git(root, "rm", "-q", "src/nnlabs/loop.py")
    git(root, "commit", "-qm", "gone")
    past = Past(root)
    assert past.versions("src/nnlabs/loop.py") == ("X = 2\n", "X = 1\n", "X = 0\n", LOOP)
    assert past.defined("nnlabs.loop", meaning("X = 1")) == definitions("X = 1")
    assert past.defined("nnlabs.loop", "0" * 16) is None
    assert past.versions("no/such.file") == ()
