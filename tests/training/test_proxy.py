"""The proxy learns every image, the variant's network those that it finds hardest."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from runs import job, made, run, run_in_two_parts, same
from torch.nn.functional import cross_entropy

from nnlabs.core.errors import UserError
from nnlabs.core.seeding import stream
from nnlabs.models.predict import predict
from nnlabs.training.distributed import SINGLE, ProcessGroup
from nnlabs.training.learner import Learner
from nnlabs.training.loop import DivergedError
from nnlabs.training.proxy import Proxy, shrunk
from nnlabs.training.settings import ProxySettings, Variant
from variants import variant

SMALL = {"keep": 0.25, "network": {"hidden": [8]}}


def test_squares_of_pixels_are_seen_as_their_mean() -> None:
    image = torch.tensor([[[[1, 3, 200, 202, 9], [5, 7, 204, 208, 9], [9, 9, 9, 9, 9]]]], dtype=torch.uint8)
    assert shrunk(image, 1) is image
    assert torch.equal(shrunk(image, 2), torch.tensor([[[[4, 204]]]], dtype=torch.uint8))  # 203.5, to the even one


@pytest.mark.parametrize(("images", "picked"), [(30, 8), (4, 2), (3, 2)])
def test_the_hardest_are_those_with_the_highest_losses_before_the_step(images: int, picked: int) -> None:
    data = made()
    one = variant(label_smoothing=0.1, batch_size=30)
    learner = Learner.of(one.build(data.shape, 3, data.mean, data.std), one, 0.001, "float32", SINGLE)
    learner.network.train()
    batch, labels = (torch.from_numpy(part[:images]) for part in (data.train.images, data.train.labels))
    losses = cross_entropy(learner.network(batch), labels, label_smoothing=0.1, reduction="none").detach()
    proxy = Proxy(learner, ProxySettings.model_validate(SMALL), 0.001, label_smoothing=0.1)
    hardest, loss = proxy.hardest(batch, labels, 1.0)
    others = [i for i in range(images) if i not in hardest]
    assert len(hardest) == picked
    assert loss.item() == pytest.approx(losses.mean().item())
    assert losses[hardest].min() >= losses[others].max()
    after = cross_entropy(learner.network(batch), labels, label_smoothing=0.1, reduction="none")
    assert after.mean() < losses.mean()  # all were learned, not only those


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[torch.Size, int]]]:
    """Shape and number of parameters of all that learns, step by step."""
    seen = []
    learn = Learner.learn

    def watched(learner: Learner, images: torch.Tensor, *rest: Any) -> tuple[torch.Tensor, torch.Tensor]:
        seen.append((images.shape, sum(p.numel() for p in learner.network.parameters())))
        return learn(learner, images, *rest)

    monkeypatch.setattr(Learner, "learn", watched)
    yield seen


def test_a_small_network_sees_all_images_shrunk_and_the_variants_the_hard_ones_whole(
    tmp_path: Path, learned: list[tuple[torch.Size, int]]
) -> None:
    proxy = {"keep": 0.5, "network": {"channels": [4, 4, 4]}, "shrink": 2, "first_epoch": 2}
    data = made((3, 32, 32), sizes=(66, 30, 30))
    state = run(tmp_path, data, job(variant=variant("record", epochs=3, proxy=proxy)))
    small, large = learned[::2], learned[1::2]
    seen = [16, 16, 16, 16, 2] + [32, 32, 2] * 2
    kept = [16, 16, 16, 16, 2] + [16, 16, 2] * 2  # half of two images would be one, which has no variance
    assert [shape for shape, _ in small] == [(n, 3, 16, 16) for n in seen]
    assert [shape for shape, _ in large] == [(n, 3, 32, 32) for n in kept]
    assert len({count for _, count in small}) == len({count for _, count in large}) == 1
    assert small[0][1] < large[0][1]
    assert state.parameters < large[0][1]  # those of the network that is kept; its whitening is not trained


def test_the_small_network_may_have_its_own_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rates = []
    learn = Learner.learn

    def watched(learner: Learner, *rest: Any) -> tuple[torch.Tensor, torch.Tensor]:
        rates.append({group["base_lr"] for algorithm in learner.algorithms for group in algorithm.param_groups})
        return learn(learner, *rest)

    monkeypatch.setattr(Learner, "learn", watched)
    for lr in (None, 0.03):
        run(tmp_path / str(lr), made(), job(variant=variant(epochs=1, proxy=SMALL | {"lr": lr}), lr=0.01))
    half = len(rates) // 2
    assert rates[:half] == [{0.01}] * half
    assert rates[half:] == [{0.03}, {0.01}] * (half // 2)


def test_scores_while_training_are_those_of_the_images_that_are_learned(tmp_path: Path) -> None:
    # A rate too small to change a weight, and a batch of all images: the proxy picks 12 of 48, and what the network
    # says of those can be computed again.
    data = made(sizes=(48, 30, 30))
    one = job(variant=variant(optimizer="sgd", epochs=1, batch_size=12, proxy=SMALL), lr=1e-30)
    state = run(tmp_path, data, one)
    images, labels = torch.from_numpy(data.train.images), torch.from_numpy(data.train.labels)

    def logits(of: Variant, purpose: str) -> torch.Tensor:
        torch.manual_seed(stream(0, purpose))
        return predict(of.build(data.shape, 3, data.mean, data.std), images, "float32", tta_flip=False)

    proxy, network = logits(one.variant.small, "proxy"), logits(one.variant, "initialisation")
    hardest = cross_entropy(proxy, labels, reduction="none").topk(12).indices
    assert state.history[0]["train_loss"] == pytest.approx(cross_entropy(network[hardest], labels[hardest]).item())
    right = (network.argmax(1) == labels)[hardest].double().mean().item()
    assert state.history[0]["train_accuracy"] == pytest.approx(right)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("mlp", {"proxy": SMALL}),
        ("mlp", {"proxy": SMALL | {"first_epoch": 2}}),
        ("mlp", {"proxy": SMALL | {"first_epoch": 3}}),
        ("record", {"proxy": {"keep": 0.5, "network": {"channels": [4, 4, 4]}, "shrink": 2}}),
    ],
)
def test_a_resumed_run_with_a_proxy_equals_an_uninterrupted_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, changes: dict[str, Any]
) -> None:
    data = made((3, 32, 32))
    one = job(variant=variant(name, **changes), lr=0.0002)  # at a larger one the first epoch learns it all
    whole = run(tmp_path / "whole", data, one)
    assert same(run_in_two_parts(tmp_path / "parts", data, one, monkeypatch), whole)
    assert not same(run(tmp_path / "other", data, job(variant=variant(name), lr=0.0002)), whole)


def test_several_processes_are_refused(tmp_path: Path) -> None:
    one = replace(job(variant=variant(proxy=SMALL)), processes=ProcessGroup(0, 2))
    with pytest.raises(UserError, match="made: proxy: a training in one process is needed, 2 found"):
        run(tmp_path, made(), one)


def test_an_image_that_is_shrunk_to_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"variants\.made\.proxy, with shrink 29: nothing is left of an image"):
        run(tmp_path, made(), job(variant=variant(proxy=SMALL | {"shrink": 29})))
    proxy = {"keep": 0.5, "network": {"channels": [4, 4, 4]}, "shrink": 4}
    said = r"variants\.made\.proxy, with shrink 4: 8 x 8 pixels are too few for a whitened network, 9 x 9 are needed"
    with pytest.raises(UserError, match=said):
        run(tmp_path, made((3, 32, 32)), job(variant=variant("record", proxy=proxy)))


def test_moving_images_is_checked_against_what_is_moved(tmp_path: Path) -> None:
    """Whole images, not the windows of them that are learned, nor what the small network sees."""
    changes = {"crop": 20, "tta_shift": 20, "windows": [16], "proxy": SMALL | {"network": {"channels": [4, 4, 4]}}}
    assert run(tmp_path, made((3, 32, 32)), job(variant=variant("record", epochs=1, **changes))).epoch == 1


def test_a_proxy_that_diverges_is_told_apart(tmp_path: Path) -> None:
    one = job(variant=variant(optimizer="sgd", proxy=SMALL | {"lr": 1e30}), lr=0.01)
    said = r"made, seed 0, epoch 1, step \d+ of \d+: the proxy's loss is (nan|inf); a smaller learning rate than 1e\+30"
    with pytest.raises(DivergedError, match=said):
        run(tmp_path, made(), one)


def test_a_search_of_rates_has_the_small_network_at_each(tmp_path: Path, learned: list[tuple[torch.Size, int]]) -> None:
    one = variant(lr=None, lr_grid=(0.01, 0.001), epochs=1, proxy=SMALL)
    for lr in one.training.rates:
        run(tmp_path / str(lr), made(), job(variant=one, lr=lr))
    half = len(learned) // 2
    assert learned[:half] == learned[half:]


def test_a_variant_goes_through_json_with_its_proxy() -> None:
    one = variant(proxy=SMALL)
    assert Variant.of(one.parameters()) == one
    assert one.small.network.model_dump()["hidden"] == (8,)
    assert variant().small == variant()
