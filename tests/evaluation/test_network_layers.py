"""The layers of a network as a drawing of it needs them."""

from typing import Any

import pytest
import torch
from torch import nn

from nnlabs.evaluation.layers import layers
from variants import variant


def of(shape: tuple[int, int, int], **keys: Any) -> list[dict[str, Any]]:
    network = variant(**keys).build(shape, 10, [0.5] * shape[0], [0.2] * shape[0])
    return layers(network, torch.zeros(1, *shape, dtype=torch.uint8))


def test_every_layer_has_what_goes_in_and_comes_out_in_the_order_of_passing() -> None:
    found = of((1, 6, 5), hidden=(8,), dropout=0.25)
    assert [each["kind"] for each in found] == ["Normalize", "Linear", "ReLU", "Dropout", "Linear"]
    linear = found[1]
    assert linear == {"kind": "Linear", "inputs": [30], "shape": [8], "parameters": 30 * 8 + 8}
    assert found[3]["p"] == 0.25
    assert sum(each["parameters"] for each in found) == 30 * 8 + 8 + 8 * 10 + 10


def test_a_convolution_tells_its_kernel_and_a_pooling_its_step() -> None:
    found = of((3, 8, 8), model="cnn", hidden=None, channels=(4,), batch_norm=True)
    convolution, pooling, norm = found[1:4]
    assert (convolution["kind"], convolution["kernel_size"], convolution["stride"]) == ("Conv2d", 3, 1)
    assert (convolution["shape"], pooling["shape"], norm["shape"]) == ([4, 8, 8], [4, 4, 4], [4, 4, 4])
    assert (pooling["kind"], norm["kind"], norm["parameters"]) == ("MaxPool2d", "BatchNorm2d", 8)


def test_a_block_of_the_projects_own_is_one_layer() -> None:
    found = of((3, 32, 32), model="resnet", hidden=None, depth=18, stem="small")
    assert [each["kind"] for each in found].count("Basic") == 8
    assert found[-1]["inputs"] == [512]  # the mean over the image is no layer


def test_a_hook_is_gone_after_an_error() -> None:
    network = nn.Sequential(nn.Linear(3, 2))
    with pytest.raises(RuntimeError):
        layers(network, torch.zeros(1, 4))
    assert not network[0]._forward_hooks
