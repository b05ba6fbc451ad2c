"""Gradients that are written out beside autograd's."""

import copy

import pytest
import torch
from torch import Tensor, nn

from nnlabs.models import activations
from nnlabs.models.layers import Dropout, Normalize
from nnlabs.models.mlp import MLP, Settings
from nnlabs.training import gradients, optimizers, written
from nnlabs.training.base import parameter_groups
from nnlabs.training.gradients import Autograd
from nnlabs.training.written import Written

IMAGES = torch.randint(256, (12, 1, 4, 4), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
LABELS = torch.randint(5, (12,), generator=torch.Generator().manual_seed(2))


def network(**settings: object) -> MLP:
    torch.manual_seed(3)
    made = MLP(Settings.model_validate({"hidden": [9, 7], **settings}), (1, 4, 4), 5, (0.4,), (0.3,))
    return made.train()


def taught(
    by: type[Autograd] | type[Written], made: MLP, precision: str, smoothing: float, weight: float
) -> tuple[Tensor, Tensor, dict[str, Tensor], dict[str, Tensor]]:
    """Logits, loss, gradients and statistics after one batch."""
    torch.manual_seed(4)  # dropout's
    teacher = Autograd(made, precision, smoothing) if by is Autograd else Written(made.chain, precision, smoothing)
    logits, loss = teacher(IMAGES, LABELS, weight)
    slopes = {name: p.grad.clone() for name, p in made.named_parameters() if p.grad is not None}
    return logits, loss, slopes, {name: each.clone() for name, each in made.named_buffers()}


@pytest.mark.parametrize("precision", ["float32", "bf16"])
@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("name", activations.names())
def test_they_are_autograds(name: str, batch_norm: bool, precision: str) -> None:
    settings = {"activation": name, "batch_norm": batch_norm, "dropout": 0.3}
    ours, theirs = (taught(by, network(**settings), precision, 0.1, 0.75) for by in (Written, Autograd))
    near = {"rtol": 1e-4, "atol": 1e-6} if precision == "float32" else {"rtol": 0.02, "atol": 4e-3}
    torch.testing.assert_close(ours[0].float(), theirs[0].float(), **near)
    torch.testing.assert_close(ours[1], theirs[1], **near)
    assert ours[2].keys() == theirs[2].keys() == dict(network(**settings).named_parameters()).keys()
    for found, expected in ((ours[2], theirs[2]), (ours[3], theirs[3])):
        for key, value in expected.items():
            torch.testing.assert_close(found[key], value, **near, msg=lambda said, key=key: f"{key}: {said}")


@pytest.mark.parametrize("settings", [{"hidden": []}, {"dropout": 0.0}, {"hidden": [3], "batch_norm": True}])
def test_they_are_autograds_without_dropout_and_without_hidden_layers(settings: dict[str, object]) -> None:
    ours, theirs = (taught(by, network(**settings), "float32", 0.0, 1.0) for by in (Written, Autograd))
    for key, value in theirs[2].items():
        torch.testing.assert_close(ours[2][key], value, rtol=1e-4, atol=1e-7)


def test_a_cross_entropy_by_hand() -> None:
    # Two classes with scores 0 and log 3: probabilities 1/4 and 3/4, and the loss of the first is log 4.
    logits = torch.tensor([[0.0, torch.tensor(3.0).log()]])
    loss, slope = written.cross_entropy(logits, torch.tensor([0]), 0.0, 0.5)
    assert loss.item() == pytest.approx(0.5 * torch.tensor(4.0).log().item())
    torch.testing.assert_close(slope, torch.tensor([[-0.375, 0.375]]))


def test_all_parameters_lie_in_one_vector_and_stay_the_networks() -> None:
    made = network(batch_norm=True)
    before = copy.deepcopy(made.state_dict())
    teacher = gradients.of(made, "float32", 0.0)
    assert isinstance(teacher, Written)
    assert [group["params"] for group in parameter_groups(made)] == [[teacher.vector]]
    assert len(teacher.vector) == sum(p.numel() for p in made.parameters())
    for key, value in made.state_dict().items():
        assert torch.equal(value, before[key])
    teacher.vector.zero_()
    assert all(not p.any() for p in made.parameters())


@pytest.mark.parametrize("name", ["adam", "adamax", "adamw", "sgd", "muon"])
def test_an_optimizer_of_the_vector_does_what_it_does_to_the_parameters(name: str) -> None:
    own = {"muon": {"adam_lr": 0.01, "momentum": 0.9}, "sgd": {"momentum": 0.9, "weight_decay": 0.01}}.get(name, {})
    algorithm = optimizers.algorithm(name)
    settings = algorithm.Settings.model_validate(own)
    whole, parts = network(), network()
    teacher = Written(parts.chain, "float32", 0.0)  # its vector is not the network's: the parameters one by one
    for made, teaching in ((whole, gradients.of(whole, "float32", 0.0)), (parts, teacher)):
        made_for = algorithm.build(settings, made, 0.01, "float32")
        for _ in range(3):
            teaching(IMAGES, LABELS, 1.0)
            for each in made_for:
                each.step()
    for value, expected in zip(whole.parameters(), parts.parameters(), strict=True):
        assert torch.equal(value, expected)


def test_only_chains_of_known_layers_are_taken() -> None:
    class Other(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.chain = [Normalize((0.4,), (0.3,)), nn.Flatten(), nn.Linear(16, 5), nn.Softplus()]
            self.layers = nn.ModuleList(self.chain)

    assert isinstance(gradients.of(Other(), "float32", 0.0), Autograd)
    assert isinstance(gradients.of(nn.Sequential(nn.Linear(2, 2)), "float32", 0.0), Autograd)
    assert all(map(written.known, [nn.ReLU(), Dropout(0.5), nn.BatchNorm1d(3)]))
    assert not written.known(nn.Conv2d(1, 1, 3))
