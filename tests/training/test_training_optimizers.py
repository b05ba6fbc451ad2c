"""Optimizers: Muon by hand, and what each is given of a network."""

import copy
from typing import Any

import pytest
import torch
from torch import nn

from nnlabs.training import optimizers
from nnlabs.training.optimizers.muon import Muon, orthogonalize
from nnlabs.training.settings import Variant
from variants import variant


def build(one: Variant, network: nn.Module, lr: float, precision: str = "float32") -> list[torch.optim.Optimizer]:
    built: list[torch.optim.Optimizer] = optimizers.algorithm(one.training.optimizer).build(
        one.algorithm, network, lr, precision
    )
    return built


def test_orthogonalize_moves_singular_values_towards_one() -> None:
    torch.manual_seed(0)
    for shape in [(8, 8), (4, 20), (20, 4)]:
        matrix = torch.randn(shape)
        left, _, right = torch.linalg.svd(matrix, full_matrices=False)
        result = orthogonalize(matrix)
        values = torch.linalg.svdvals(result)
        assert values.max() < 1.25
        assert values.min() > 0.5
        # the directions stay: U' result V is the diagonal of its singular values
        inner = left.T @ result @ right.T
        torch.testing.assert_close(inner, torch.diag(inner.diagonal()), rtol=0, atol=1e-3)


def test_one_step_of_muon_by_hand() -> None:
    # gradient g, momentum 0.5, nesterov: v = g, update = g + 0.5 g = 1.5 g, whose orthogonalization
    # is that of g; 4 x 2 is scaled by sqrt(4 / 2); decay multiplies by 1 - 0.1 * 0.2
    weight = nn.Parameter(torch.ones(4, 2))
    weight.grad = torch.randn(4, 2, generator=torch.Generator().manual_seed(0))
    expected = 0.98 * torch.ones(4, 2) - 0.1 * 2**0.5 * orthogonalize(1.5 * weight.grad)
    Muon([weight], 0.1, momentum=0.5, nesterov=True, weight_decay=0.2).step()
    torch.testing.assert_close(weight.data, expected)


def test_muons_momentum_gathers() -> None:
    # two equal gradients: v = g, then 0.5 g + g = 1.5 g; the direction is the same both times
    weight = nn.Parameter(torch.zeros(3, 3))
    optimizer = Muon([weight], 0.1, momentum=0.5, nesterov=False, weight_decay=0.0)
    gradient = torch.randn(3, 3, generator=torch.Generator().manual_seed(0))
    for _ in range(2):
        weight.grad = gradient.clone()
        optimizer.step()
    torch.testing.assert_close(weight.data, -0.2 * orthogonalize(gradient), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(optimizer.state[weight]["momentum"], 1.5 * gradient)


def test_a_fixed_norm_forgets_how_large_the_weights_were() -> None:
    gradient = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    results = []
    for size in (1.0, 7.0):
        weight = nn.Parameter(size * torch.ones(3, 4))
        weight.grad = gradient.clone()
        Muon([weight], 0.1, momentum=0.0, nesterov=False, weight_decay=0.0, fixed_norm=True, steps=3).step()
        results.append(weight.data)
    # twelve ones have the norm sqrt(12); sqrt(3 rows) makes each 0.5
    torch.testing.assert_close(results[0], 0.5 * torch.ones(3, 4) - 0.1 * orthogonalize(gradient, 3))
    torch.testing.assert_close(results[1], results[0])


def test_muons_other_weights_are_sgds_with_a_rate_for_the_head_and_one_for_biases() -> None:
    one = variant("best-mlp", adam_lr=None, bias_lr=2.0, head_lr=0.5, sgd_momentum=0.8, sgd_decay=0.1)
    network = nn.Sequential()
    network.add_module("hidden", nn.Linear(5, 4))
    network.add_module("output", nn.Linear(4, 3))
    sgd, _ = build(one, network, 0.1)
    assert [group["lr"] for group in sgd.param_groups] == [2.0, 0.5]
    hidden, output = network.get_submodule("hidden"), network.get_submodule("output")
    before = {"bias": hidden.bias.detach().clone(), "head": output.weight.detach().clone()}
    for parameter in network.parameters():
        parameter.grad = torch.ones_like(parameter)
    sgd.step()
    # v = gradient + decay / lr weight; the step is lr (gradient + decay / lr weight + 0.8 v) = 1.8 (lr + 0.1 weight)
    torch.testing.assert_close(hidden.bias.detach(), before["bias"] - 1.8 * (2.0 + 0.1 * before["bias"]))
    torch.testing.assert_close(output.weight.detach(), before["head"] - 1.8 * (0.5 + 0.1 * before["head"]))


@pytest.mark.parametrize("name", optimizers.names())
def test_each_optimizer_trains_every_parameter_once(name: str) -> None:
    changes: dict[str, Any] = {"optimizer": name, "adam_lr": 0.01 if name == "muon" else None}
    network = nn.Sequential()
    network.add_module("hidden", nn.Linear(5, 4))
    network.add_module("output", nn.Linear(4, 3))
    network.append(nn.BatchNorm1d(3))
    before = copy.deepcopy(network.state_dict())
    built = build(variant(**changes), network, 0.1)
    held = [id(p) for o in built for group in o.param_groups for p in group["params"]]
    assert sorted(held) == sorted(id(p) for p in network.parameters())
    network(torch.randn(8, 5)).square().sum().backward()
    for optimizer in built:
        optimizer.step()
    for key, parameter in network.named_parameters():
        assert not torch.equal(parameter, before[key]), key


def test_muon_takes_the_hidden_matrices_only() -> None:
    one = variant("strong")
    network: Any = one.build((3, 32, 32), 10, [0.5] * 3, [0.25] * 3)
    adam, muon = build(one, network, 0.2, "bf16")
    assert all(p.ndim == 4 for p in muon.param_groups[0]["params"])
    assert len(muon.param_groups[0]["params"]) == 6  # two convolutions in each of three blocks
    assert network.output.weight in set(adam.param_groups[0]["params"])
    assert muon.dtype == torch.bfloat16  # type: ignore[attr-defined]
