"""The recipes of docs/adding.md, step by step: each adds one thing, which works, and only what is new runs."""

import re
import shutil
from pathlib import Path

import numpy as np
from copies import FAST, Copy, changed_stages, ran
from PIL import Image

LAB = "objects3"
RECIPES = Path("docs/adding.md").read_text()


def recipe(title: str) -> str:
    """What the page says under this heading."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", RECIPES, re.M | re.S)
    assert found, title
    return found[1]


def add_variant(copy: Copy, **own: object) -> None:
    raw = copy.params
    raw["variants"]["mine"] = raw["variants"][FAST] | own
    copy.params = raw


def new(copy: Copy) -> set[str]:
    """What runs once the settings know of it."""
    copy.run("dvc", "repro", "-q", "settings")
    return changed_stages(copy)


def test_a_model_is_one_file(copy: Copy) -> None:
    assert "`src/nnlabs/models/<name>.py`" in recipe("Add a model")
    (copy.folder / "src/nnlabs/models/straight.py").write_text(
        '''"""A line, for comparison."""

from math import prod

from torch import nn

from nnlabs.models.base import NetworkSettings
from nnlabs.models.layers import Normalize


class Settings(NetworkSettings):
    pass


class Straight(nn.Module):
    def __init__(self, settings, shape, classes, mean, std):
        super().__init__()
        self.normalize = Normalize(mean, std)
        self.output = nn.Linear(prod(shape), classes)

    def forward(self, images):
        return self.output(self.normalize(images).flatten(1))


build = Straight
'''
    )
    raw = copy.params
    raw["variants"]["mine"] = {"lab": LAB, "dataset": LAB, "model": "straight"}
    copy.params = raw
    assert new(copy) == {"train@mine", "evaluate@mine", f"page@{LAB}", "report"}
    assert "train@mine" in ran(copy.run("dvc", "repro", f"page@{LAB}").stdout)
    assert "`mine`" in (copy.folder / f"reports/{LAB}.md").read_text()


def test_an_optimizer_is_one_file(copy: Copy) -> None:
    assert "`src/nnlabs/training/optimizers/<name>.py`" in recipe("Add an optimizer")
    (copy.folder / "src/nnlabs/training/optimizers/rms.py").write_text(
        '''"""RMSprop, torch's own."""

from torch.optim import RMSprop

from nnlabs.training.base import OptimizerSettings, parameter_groups


class Settings(OptimizerSettings):
    pass


def build(settings, network, lr, precision):
    return [RMSprop(parameter_groups(network), lr)]
'''
    )
    add_variant(copy, optimizer="rms")
    assert new(copy) == {"train@mine", "evaluate@mine", f"page@{LAB}", "report"}
    copy.run("dvc", "repro", "-q", "train@mine")


def test_an_activation_is_a_file_on_either_side(copy: Copy) -> None:
    said = recipe("Add an activation")
    assert "`src/nnlabs/models/activations/<name>.py`" in said
    assert "`src/nnlabs/scratch/activations/<name>.py`" in said
    (copy.folder / "src/nnlabs/models/activations/square.py").write_text(
        '''"""x squared."""

from torch import nn


class Activation(nn.Module):
    def forward(self, x):
        return x * x
'''
    )
    (copy.folder / "src/nnlabs/scratch/activations/square.py").write_text(
        '''"""z squared."""

from nnlabs.scratch.activations import Activation


def square(z):
    return z * z


def square_derivative(z):
    return 2 * z


ACTIVATION = Activation("square", square, square_derivative)
'''
    )
    add_variant(copy, activation="square")
    assert new(copy) == {"train@mine", "evaluate@mine", f"page@{LAB}", "report"}
    copy.run("dvc", "repro", "-q", "train@mine")
    code = "from nnlabs.scratch.activations import activation; print(activation('square').function(3.0))"
    assert copy.run("python", "-c", f"import sys; sys.path.insert(0, 'src'); {code}").stdout == "9.0\n"


def test_a_lab_of_variants_is_a_folder_and_its_knobs(copy: Copy) -> None:
    assert "`src/nnlabs/labs/<lab>/`" in recipe("Add a lab")
    folder = copy.folder / "src/nnlabs/labs/small"
    folder.mkdir()
    (folder / "lab.yaml").write_text(
        "title: Small\nquestion: How small may a network be?\nnames: {mine: Three units, other: Four units}\n"
        "comparisons:\n"
        "  size: {question: Three or four?, variants: [mine, other], compared: units, tuned: none, fixed: the rest}\n"
    )
    raw = copy.params
    raw["labs"]["small"] = {"dataset": LAB, "defaults": raw["labs"][LAB]["defaults"]}
    for name, units in (("mine", 3), ("other", 4)):
        raw["variants"][name] = {"lab": "small", "dataset": LAB, "hidden": [units]}
    copy.params = raw
    trained = {f"{kind}@{name}" for kind in ("train", "evaluate") for name in ("mine", "other")}
    assert new(copy) == trained | {"compute@small", "page@small", "report"}
    copy.run("python", "-m", "nnlabs.pipeline.schedule", "--jobs", "2")
    page = (copy.folder / "reports/small.md").read_text()
    assert page.startswith("\n# Small") or page.startswith("# Small")
    assert "Three units" in page
    assert "](small.md)" in (copy.folder / "reports/README.md").read_text()


def test_a_lab_that_computes_has_four_modules_and_a_template(copy: Copy) -> None:
    said = recipe("Add a lab")
    folder = copy.folder / "src/nnlabs/labs/dice"
    folder.mkdir()
    contents = {
        "lab.yaml": "title: Dice\nquestion: What does a die show in the mean?\n",
        "settings.py": '''"""What `labs.dice` of params.yaml may say."""

from nnlabs.core.fields import Count, Frozen, Seed


class Settings(Frozen):
    throws: Count
    seed: Seed
''',
        "results.py": '''"""What the throws left for the page."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Results:
    mean: float
''',
        "compute.py": '''"""Throw."""

import numpy as np

from nnlabs.labs.dice.results import Results


def compute(settings, dataset):
    shown = np.random.default_rng(settings.seed).integers(1, 7, settings.throws)
    return Results(float(shown.mean())), {"shown": shown}
''',
        "page.py": '''"""The page of `dice`."""

from dataclasses import dataclass

from matplotlib.figure import Figure

from nnlabs.reporting import figures
from nnlabs.reporting.answers import Answer


@dataclass(frozen=True)
class View:
    mean: str


def answer(results):
    return Answer((f"{results.mean:.2f} in the mean.",), "throws.svg", "Most throws show five")


def metrics(results):
    return {"mean": results.mean}


def curve(results, arrays):
    return []


def page(results, arrays, settings, folder):
    figure = Figure()
    figure.add_subplot().hist(arrays["shown"])
    figures.save(figure, folder / "throws.svg", __name__)
    return View(mean=f"{results.mean:.2f}")
''',
        "page.md.j2": """{% extends "computed.md.j2" %}
{% block body %}
Of {{ settings.throws }} throws: {{ view.mean }}

![Throws](figures/dice/throws.svg)
{% endblock %}
{% block change %}
dvc exp run -S labs.dice.throws=60 page@dice
{% endblock %}
""",
    }
    for name, content in contents.items():
        assert f"`{name}`" in said, name
        (folder / name).write_text(content)
    raw = copy.params
    raw["labs"]["dice"] = {"dataset": "none", "throws": 30, "seed": 0}
    copy.params = raw
    assert new(copy) == {"compute@dice", "page@dice", "report"}
    copy.run("dvc", "repro", "-q", "page@dice")
    page = (copy.folder / "reports/dice.md").read_text()
    assert "Of 30 throws" in page
    assert (copy.folder / "reports/figures/dice/throws.svg").exists()


def test_a_folder_of_ones_own_is_an_entry_of_params_and_nothing_else(copy: Copy, tmp_path: Path) -> None:
    assert "origin: folder" in recipe("Add a dataset")
    rng = np.random.default_rng(0)
    for name, colour in (("cat", 60), ("dog", 160)):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for i in range(20):
            pixels = rng.integers(0, 60, (64, 64, 3)) + colour
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "pets" / name / f"{i}.png")
    raw = copy.params
    raw["datasets"]["pets"] = {
        **{"origin": "folder", "path": str(tmp_path / "pets"), "size": 16, "test": 0.2, "validation": 0.1},
        **{"seed": 0, "licence": "my own"},
    }
    raw["labs"]["pets"] = {"dataset": "pets", "defaults": raw["labs"][LAB]["defaults"] | {"batch_size": 8}}
    raw["variants"]["mine"] = {"lab": "pets", "dataset": "pets", "hidden": [3]}
    copy.params = raw
    shutil.copytree(copy.folder / "src/nnlabs/labs" / LAB, copy.folder / "src/nnlabs/labs/pets")
    (copy.folder / "src/nnlabs/labs/pets/lab.yaml").write_text("title: Pets\nquestion: Cat or dog?\n")
    assert new(copy) == {"data@pets", "train@mine", "evaluate@mine", "compute@pets", "page@pets", "report"}
    copy.run("python", "-m", "nnlabs.pipeline.schedule", "--jobs", "2")
    assert "Pets" in (copy.folder / "reports/pets.md").read_text()
    assert "my own" in (copy.folder / "reports/README.md").read_text()


def test_another_choice_of_an_origin_that_is_there_is_an_entry(copy: Copy) -> None:
    raw = copy.params
    raw["datasets"]["pair"] = {"origin": "cifar10", "seed": 0, "validation": 0.2, "classes": ["cat", "dog"]}
    copy.params = raw
    assert new(copy) == {"data@pair"}
    copy.run("dvc", "repro", "-q", "data@pair")


def test_a_figure_for_every_lab_of_variants_is_a_function(copy: Copy) -> None:
    assert "returns a matplotlib `Figure`" in recipe("Add a lab")
    charts = copy.folder / "src/nnlabs/reporting/charts.py"
    charts.write_text(charts.read_text() + "\n\ndef another() -> Figure:\n    return Figure()\n")
    assert new(copy) == {f"page@{LAB}", "page@digits", "report"}


def test_the_house_of_the_readme_is_the_house(copy: Copy) -> None:
    named = set(re.findall(r"\]\(src/nnlabs/(\w+)\)", Path("README.md").read_text()))
    there = {path.parent.name for path in Path("src/nnlabs").glob("*/__init__.py")}
    assert named == there
