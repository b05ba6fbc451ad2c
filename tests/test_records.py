"""What docs/records.md says of the training to 94 % is what params.yaml and the network make of it."""

import re
from collections import Counter
from dataclasses import dataclass
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
CHANNELS, SIDE = 3, 32


def part(heading: str) -> str:
    """The page from one heading to the next."""
    found = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    assert found, f"no heading {heading}"
    return found[1]


@pytest.fixture(scope="module")
def variant() -> Variant:
    return load().optional["cifar10-record"].variant()


@dataclass(frozen=True)
class Counted:
    """Floating-point operations by torch's own count."""

    forward: float
    """Of one image."""
    image: float
    """Of one training image, forward and backward."""
    step: float
    """Of the optimizers' step."""


def counted(variant: Variant, side: int) -> Counted:
    """Of the variant's network and images with so many pixels on a side."""
    network = variant.build((CHANNELS, side, side), 10, [0.5] * CHANNELS, [0.25] * CHANNELS)
    images = torch.zeros(2, CHANNELS, side, side, dtype=torch.uint8)
    with FlopCounterMode(display=False) as forward, torch.no_grad():
        network(images)
    with FlopCounterMode(display=False) as both:
        network(images).sum().backward()
    algorithm = optimizers.algorithm(variant.training.optimizer)
    with FlopCounterMode(display=False) as step:
        for each in algorithm.build(variant.algorithm, network, variant.training.rates[0], "float32"):
            each.step()
    return Counted(
        forward.get_total_flops() / len(images), both.get_total_flops() / len(images), step.get_total_flops()
    )


def test_the_operations_are_those_of_the_networks(variant: Variant) -> None:
    training = variant.training
    assert training.windows
    assert training.proxy
    window, whole, shrink = training.windows[0], SIDE, training.proxy.shrink
    large = {side: counted(variant, side) for side in (window, whole)}
    small = {side: counted(variant.small, side // shrink) for side in (window, whole)}
    muon = large[whole].step + small[whole].step
    epochs, steps, each = Counter[int](), Counter[int](), dict[int, float]()
    for epoch in range(1, training.epochs + 1):
        side = training.windows[(epoch - 1) * len(training.windows) // training.epochs]
        assert training.picks(epoch) == (side == whole)
        batches = IMAGES // training.drawn(epoch)
        learned = batches * training.batch_size * large[side].image
        each[side] = IMAGES * small[side].image + learned + batches * muon
        epochs[side] += 1
        steps[side] += batches
    total = sum(epochs[side] * each[side] for side in epochs)
    text = " ".join(part("Operations").split())
    for said in (
        f"Together {large[whole].forward / 1e6:.1f} MFLOP.",
        f"image costs {large[whole].image / 1e6:.1f} MFLOP, in a window of {window} x {window} pixels "
        f"{large[window].image / 1e6:.1f}.",
        f"{small[whole].image / 1e6:.1f} and {small[window].image / 1e6:.1f} MFLOP.",
        f"{large[whole].step / 1e9:.2f} GFLOP, those of the small network {small[whole].step / 1e9:.2f}.",
        f"all {IMAGES:,} images in windows is {each[window] / 1e12:.1f} TFLOP, one of hard halves of whole images "
        f"{each[whole] / 1e12:.1f}:",
        f"{total / 1e12:.0f} TFLOP, Muon {steps.total() * muon / total:.1%} of it".replace("%", " %"),
    ):
        assert said in text, said


def test_the_layers_of_the_table_make_up_the_whole(variant: Variant) -> None:
    """2 k k inputs outputs places each, as the page says; what is printed is that, and the sum is the count."""
    rows = re.findall(r"^\| (.+?) \| (\d+) to (\d+) \| (.+?) \| ([\d.]+) \|$", part("Operations"), re.M)
    total = 0
    for layer, inputs, outputs, places, said in rows:
        kernel = {"whitening, 2 x 2": 2, "output": 1}.get(layer, 3)
        operations = 2 * kernel**2 * int(inputs) * int(outputs) * prod(map(int, places.split(" x ")))
        digits = len(said.partition(".")[2])
        assert said == f"{operations / 1e6:.{digits}f}", layer
        total += operations
    assert total == counted(variant, SIDE).forward


def test_the_recipe_is_that_of_the_knobs() -> None:
    knobs = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    recipe: dict[str, Any] = knobs["labs"]["cifar10"]["defaults"] | knobs["optional"]["cifar10-record"]
    table = "\n".join(line for line in part("The recipe for 94 %").splitlines() if line.startswith("|"))
    told: dict[str, Any] = {}
    for each in re.findall(r"`(\w+: [^`]+)`", table):
        told |= yaml.safe_load(each)
    assert told == {key: value for key, value in recipe.items() if key not in ("lab", "dataset")}
