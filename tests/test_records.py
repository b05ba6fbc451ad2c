"""What docs/records.md says of the training to 94 % is what params.yaml and the network make of it."""

import re
from math import prod
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch.utils.flop_counter import FlopCounterMode

from nnlabs.config.whole import load
from nnlabs.training import optimizers
from nnlabs.training.settings import Variant

PAGE = Path("docs/records.md").read_text(encoding="utf-8")
IMAGES = 50_000
"""Of an epoch: the official training images, those for validation too."""
SHAPE = (3, 32, 32)


def part(heading: str) -> str:
    """The page from one heading to the next."""
    found = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    assert found, f"no heading {heading}"
    return found[1]


@pytest.fixture(scope="module")
def variant() -> Variant:
    return load().optional["cifar10-record"].variant()


@pytest.fixture(scope="module")
def counted(variant: Variant) -> dict[str, float]:
    """Operations of an image forward, of a training image, and of the optimizers' step, by torch's own count."""
    network = variant.build(SHAPE, 10, [0.5] * 3, [0.25] * 3)
    images = torch.zeros(2, *SHAPE, dtype=torch.uint8)
    with FlopCounterMode(display=False) as forward, torch.no_grad():
        network(images)
    with FlopCounterMode(display=False) as both:
        network(images).sum().backward()
    algorithm = optimizers.algorithm(variant.training.optimizer)
    with FlopCounterMode(display=False) as step:
        for each in algorithm.build(variant.algorithm, network, variant.training.rates[0], "float32"):
            each.step()
    return {
        "forward": forward.get_total_flops() / len(images),
        "image": both.get_total_flops() / len(images),
        "step": step.get_total_flops(),
    }


def test_the_operations_are_those_of_the_network(variant: Variant, counted: dict[str, float]) -> None:
    steps = IMAGES // variant.training.batch_size
    epoch = IMAGES * counted["image"] + steps * counted["step"]
    whole = variant.training.epochs * epoch
    text = part("Operations")
    for said in (
        f"Together {counted['forward'] / 1e6:.1f} MFLOP.",
        f"image costs {counted['image'] / 1e6:.1f} MFLOP.",
        f"{counted['step'] / 1e9:.2f} GFLOP. An epoch of {IMAGES:,} images in {steps} steps is",
        f"{epoch / 1e12:.1f} TFLOP",
        f"{whole / 1e12:.0f} TFLOP, Muon {steps * counted['step'] / epoch:.1%} of it".replace("%", " %"),
    ):
        assert said in text, said


def test_the_layers_of_the_table_make_up_the_whole(counted: dict[str, float]) -> None:
    """2 k k inputs outputs places each, as the page says; what is printed is that, and the sum is the count."""
    rows = re.findall(r"^\| (.+?) \| (\d+) to (\d+) \| (.+?) \| ([\d.]+) \|$", part("Operations"), re.M)
    total = 0
    for layer, inputs, outputs, places, said in rows:
        kernel = {"whitening, 2 x 2": 2, "output": 1}.get(layer, 3)
        operations = 2 * kernel**2 * int(inputs) * int(outputs) * prod(map(int, places.split(" x ")))
        digits = len(said.partition(".")[2])
        assert said == f"{operations / 1e6:.{digits}f}", layer
        total += operations
    assert total == counted["forward"]


def test_the_recipe_is_that_of_the_knobs() -> None:
    knobs = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    recipe: dict[str, Any] = knobs["labs"]["cifar10"]["defaults"] | knobs["optional"]["cifar10-record"]
    table = "\n".join(line for line in part("The recipe for 94 %").splitlines() if line.startswith("|"))
    told: dict[str, Any] = {}
    for each in re.findall(r"`(\w+: [^`]+)`", table):
        told |= yaml.safe_load(each)
    assert told == {key: value for key, value in recipe.items() if key not in ("lab", "dataset")}
