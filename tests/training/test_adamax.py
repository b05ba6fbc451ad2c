"""AdaMax: by hand, against torch's, and whatever lies in memory."""

import copy

import pytest
import torch
from torch import nn

from nnlabs.training.optimizers import adamax
from nnlabs.training.optimizers.adamax import AdaMax


def test_two_steps_by_hand() -> None:
    # g = 2: m = 0.1 * 2 = 0.2, u = max(0, 2) = 2, w = 1 - 0.5 / (1 - 0.9) * 0.2 / 2 = 0.5
    # g = -1: m = 0.9 * 0.2 - 0.1 * 1 = 0.08, u = max(0.75 * 2, 1) = 1.5, w = 0.5 - 0.5 / (1 - 0.81) * 0.08 / 1.5
    weight = nn.Parameter(torch.ones(1, dtype=torch.float64))
    optimizer = AdaMax([weight], 0.5, betas=(0.9, 0.75), eps=0)
    for gradient, expected in [(2.0, 0.5), (-1.0, 0.5 - 0.5 / 0.19 * 0.08 / 1.5)]:
        weight.grad = torch.full_like(weight, gradient)
        optimizer.step()
        assert weight.item() == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_it_is_torchs_in_whatever_order_memory_has(weight_decay: float) -> None:
    torch.manual_seed(0)
    images = torch.randn(4, 3, 6, 6, dtype=torch.float64)
    networks = [nn.Sequential(nn.Conv2d(3, 5, 3), nn.Flatten(), nn.Linear(80, 2)).double() for _ in range(2)]
    networks[1].load_state_dict(networks[0].state_dict())
    networks[1].to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    assert networks[1][0].weight.stride() != networks[0][0].weight.stride()
    unused = nn.Parameter(torch.ones(3))  # has no gradient and stays as it is
    theirs = torch.optim.Adamax(networks[0].parameters(), 0.01, weight_decay=weight_decay)
    ours = AdaMax([*networks[1].parameters(), unused], 0.01, weight_decay=weight_decay)
    for _ in range(300):
        target = torch.randn(4, 2, dtype=torch.float64)
        for network, optimizer in zip(networks, (theirs, ours), strict=True):
            optimizer.zero_grad()
            (network(images) - target).square().mean().backward()
            optimizer.step()
    for (name, expected), found in zip(networks[0].named_parameters(), networks[1].parameters(), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12, msg=name)
    assert torch.equal(unused, torch.ones(3))


def test_it_takes_a_gradient_that_lies_otherwise() -> None:
    weights = [nn.Parameter(torch.ones(3, 4)) for _ in range(2)]
    gradient = torch.arange(12.0).view(4, 3).T - 5  # transposed: column by column
    for weight in weights:
        weight.grad = gradient.clone(memory_format=torch.preserve_format)
    AdaMax([weights[0]], 0.1).step()
    torch.optim.Adamax([weights[1]], 0.1).step()
    torch.testing.assert_close(weights[0], weights[1])


def test_a_processor_trains_by_it() -> None:
    (algorithm,) = adamax.build(adamax.Settings(weight_decay=0.1), nn.Linear(2, 2), 0.1, "float32")
    assert isinstance(algorithm, AdaMax)
    assert algorithm.defaults["weight_decay"] == 0.1


def test_it_goes_on_from_its_state_with_the_same_bytes() -> None:
    torch.manual_seed(0)
    weights = [nn.Parameter(torch.randn(4, 3, 2, 2).contiguous(memory_format=torch.channels_last)) for _ in range(2)]
    gradients = torch.randn(10, 4, 3, 2, 2)

    def steps(optimizer: AdaMax, weight: nn.Parameter, those: torch.Tensor) -> None:
        for gradient in those:
            weight.grad = gradient.contiguous(memory_format=torch.channels_last)
            optimizer.step()

    whole = AdaMax([weights[0]], 0.1)
    steps(whole, weights[0], gradients[:5])
    weights[1].data = weights[0].detach().clone()
    resumed = AdaMax([weights[1]], 0.1)
    resumed.load_state_dict(copy.deepcopy(whole.state_dict()))
    steps(whole, weights[0], gradients[5:])
    steps(resumed, weights[1], gradients[5:])
    assert torch.equal(weights[0], weights[1])
