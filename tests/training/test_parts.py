"""The parts of the loop: optimizers, schedules, augmentation, streams, scores, checkpoints, progress."""

import copy
import multiprocessing
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics
from torch import nn

from nnlabs import config as params
from nnlabs.training import augment, optimizers, schedules, scores
from nnlabs.telling import progress
from nnlabs.core import seeding as streams
from nnlabs.training.checkpoint import Checkpoints, checkpoints, fingerprint
from nnlabs.training.optimizers import Muon, orthogonalize

ARMS = params.load().arms


# ---------------------------------------------------------------- optimizers


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
    changes = {"adam_lr": None, "bias_lr": 2.0, "head_lr": 0.5, "sgd_momentum": 0.8, "sgd_decay": 0.1}
    arm = ARMS["fashion-best-mlp"].model_copy(update=changes)
    network = nn.Sequential()
    network.add_module("hidden", nn.Linear(5, 4))
    network.add_module("output", nn.Linear(4, 3))
    sgd, _ = optimizers.build(arm, network, 0.1, "float32")
    assert [group["base_lr"] for group in sgd.param_groups] == [2.0, 0.5]
    hidden, output = network.get_submodule("hidden"), network.get_submodule("output")
    before = {"bias": hidden.bias.detach().clone(), "head": output.weight.detach().clone()}
    for parameter in network.parameters():
        parameter.grad = torch.ones_like(parameter)
    sgd.step()
    # v = gradient + decay / lr weight; the step is lr (gradient + decay / lr weight + 0.8 v) = 1.8 (lr + 0.1 weight)
    torch.testing.assert_close(hidden.bias.detach(), before["bias"] - 1.8 * (2.0 + 0.1 * before["bias"]))
    torch.testing.assert_close(output.weight.detach(), before["head"] - 1.8 * (0.5 + 0.1 * before["head"]))


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "adamax", "muon"])
def test_each_optimizer_trains_every_parameter_once(name: str) -> None:
    changes: dict[str, Any] = {"optimizer": name, "adam_lr": 0.01 if name == "muon" else None}
    arm = ARMS["fashion-medium"].model_copy(update=changes)
    network = nn.Sequential()
    network.add_module("hidden", nn.Linear(5, 4))
    network.add_module("output", nn.Linear(4, 3))
    network.append(nn.BatchNorm1d(3))
    before = copy.deepcopy(network.state_dict())
    built = optimizers.build(arm, network, 0.1, "float32")
    held = [id(p) for o in built for group in o.param_groups for p in group["params"]]
    assert sorted(held) == sorted(id(p) for p in network.parameters())
    network(torch.randn(8, 5)).square().sum().backward()
    for optimizer in built:
        optimizer.step()
    for key, parameter in network.named_parameters():
        assert not torch.equal(parameter, before[key]), key


def test_muon_takes_the_hidden_matrices_only() -> None:
    arm = ARMS["cifar10-strong"]
    from nnlabs.models.build import build

    network = build(arm, (3, 32, 32), 10, [0.5] * 3, [0.25] * 3)
    adam, muon = optimizers.build(arm, network, arm.lr or 0, "bf16")
    assert all(p.ndim == 4 for p in muon.param_groups[0]["params"])
    assert len(muon.param_groups[0]["params"]) == 6  # two convolutions in each of three blocks
    assert network.output.weight in set(adam.param_groups[0]["params"])
    assert muon.dtype == torch.bfloat16  # type: ignore[attr-defined]


# ---------------------------------------------------------------- schedules


def test_schedules_by_hand() -> None:
    assert schedules.constant(0.7, 0) == 1
    assert [schedules.cosine(p, 0) for p in (0, 0.5, 1)] == pytest.approx([1, 0.5, 0])
    # up over the first fifth, down over the rest: half way down at 0.2 + 0.8 / 2 = 0.6
    assert [schedules.one_cycle(p, 0.2) for p in (0, 0.1, 0.2, 0.6, 1)] == pytest.approx([0, 0.5, 1, 0.5, 0])
    assert schedules.one_cycle(0, 0) == 1


# ---------------------------------------------------------------- augmentation

IMAGES = torch.arange(2 * 3 * 5 * 4).view(2, 3, 5, 4).to(torch.uint8)


def test_flip_mirrors_about_half_and_nothing_else() -> None:
    many = IMAGES[:1].expand(1000, -1, -1, -1)
    flipped = augment.flip(many, torch.Generator().manual_seed(0))
    mirrored = (flipped == many.flip(-1)).flatten(1).all(1)
    assert ((flipped == many).flatten(1).all(1) ^ mirrored).all()
    assert 430 < mirrored.sum() < 570  # 500 +- 4.4 standard deviations of 16


@pytest.mark.parametrize("pixels", [1, 2])
def test_crop_cuts_windows_of_the_reflected_image_at_every_place(pixels: int) -> None:
    many = IMAGES[:1].expand(800, -1, -1, -1)
    cut = augment.crop(many, pixels, torch.Generator().manual_seed(0))
    padded = np.pad(IMAGES[0].numpy(), ((0, 0), (pixels, pixels), (pixels, pixels)), mode="reflect")
    places = range(2 * pixels + 1)
    windows = {padded[:, r : r + 5, c : c + 4].tobytes() for r in places for c in places}
    assert {image.contiguous().numpy().tobytes() for image in cut} == windows


def test_augmentation_follows_its_generator() -> None:
    one, two = (augment.crop(IMAGES, 2, torch.Generator().manual_seed(4)) for _ in range(2))
    assert torch.equal(one, two)


def test_alternation_mirrors_each_image_in_every_second_epoch() -> None:
    first, second, third = (augment.alternating(1000, e, torch.Generator().manual_seed(0)) for e in (1, 2, 3))
    assert torch.equal(second, ~first)
    assert torch.equal(third, first)
    assert 430 < first.sum() < 570


def test_shifted_views_are_the_corners_of_the_reflected_image() -> None:
    centre, *corners = augment.shifted(IMAGES, 1)
    assert torch.equal(centre, IMAGES)
    padded = np.pad(IMAGES.numpy(), ((0, 0), (0, 0), (1, 1), (1, 1)), mode="reflect")
    windows = [padded[:, :, y : y + 5, x : x + 4] for y in (0, 2) for x in (0, 2)]
    for corner, window in zip(corners, windows, strict=True):
        assert np.array_equal(corner.numpy(), window)
    assert len(augment.shifted(IMAGES, 0)) == 1


def test_resized_images_are_weighted_means_in_bytes() -> None:
    # Halving with a triangle of two old pixels' half-width: the weights of pixels 0, 1, 2 around 0.5 are 3, 3, 1 of 7.
    row = torch.tensor([0, 70, 140, 210], dtype=torch.uint8)
    small = augment.resize(row.expand(1, 1, 4, 4), 2)
    assert (small.dtype, small.shape) == (torch.uint8, (1, 1, 2, 2))
    assert small[0, 0].tolist() == [[50, 160]] * 2  # (3 x 0 + 3 x 70 + 140) / 7 and its mirror image
    square = IMAGES[:, :, :4]
    assert torch.equal(augment.resize(square, 4), square)


# ---------------------------------------------------------------- streams


def test_streams_differ_by_seed_name_and_epoch() -> None:
    seeds = {streams.stream(s, n, e) for s in (0, 1) for n in ("order", "dropout") for e in (0, 1, 2)}
    assert len(seeds) == 12
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert streams.stream(0, "order", 1) == streams.stream(0, "order", 1)


# ---------------------------------------------------------------- scores


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_scores_are_scikit_learns(pairs: list[tuple[int, int]]) -> None:
    labels, predicted = (torch.tensor(side) for side in zip(*pairs, strict=True))
    counts = scores.confusion(labels, predicted, 4)
    assert np.array_equal(counts, metrics.confusion_matrix(labels, predicted, labels=range(4)))
    assert scores.accuracy(counts) == pytest.approx(metrics.accuracy_score(labels, predicted))
    f1 = metrics.f1_score(labels, predicted, average="macro", zero_division=0)
    assert scores.macro_f1(counts) == pytest.approx(f1)


# ---------------------------------------------------------------- checkpoints


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    saved = Checkpoints(tmp_path)
    assert saved.load("a") is None
    saved.save("a", {"w": torch.arange(3.0), "epoch": 2})
    state = saved.load("a")
    assert state is not None
    assert state["epoch"] == 2
    assert torch.equal(state["w"], torch.arange(3.0))
    assert [path.name for path in tmp_path.iterdir()] == ["a.pt"]


@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\x03\x04 cut short"])
def test_a_damaged_checkpoint_is_forgotten(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.pt").write_bytes(content)
    assert Checkpoints(tmp_path).load("a") is None
    assert not (tmp_path / "a.pt").exists()


def test_a_pickle_that_runs_code_is_not_loaded(tmp_path: Path) -> None:
    torch.save({"w": pytest.raises}, tmp_path / "a.pt")
    assert Checkpoints(tmp_path).load("a") is None


def test_the_folder_goes_when_all_is_written_and_stays_after_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNLABS_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match="interrupted"), checkpoints("x", "k") as saved:
        saved.save("a", {"epoch": 1})
        raise ValueError("interrupted")
    with checkpoints("x", "k") as saved:
        assert saved.load("a") == {"epoch": 1}
    assert not list((tmp_path / "checkpoints").glob("x-k/"))


def _hold(cache: str, ready: Any) -> None:
    import os

    os.environ["NNLABS_CACHE"] = cache
    with checkpoints("x", "k"):
        ready.set()
        time.sleep(0.5)


def test_a_second_process_waits_for_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("NNLABS_CACHE", str(tmp_path))
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    other = context.Process(target=_hold, args=(str(tmp_path), ready))
    other.start()
    assert ready.wait(60)
    with checkpoints("x", "k"):
        other.join(0)
        assert "waiting" in capsys.readouterr().out
    other.join(10)
    assert other.exitcode == 0


def test_a_fingerprint_depends_on_its_parts_and_on_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fingerprint({"a": 1}) == fingerprint({"a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
    before = fingerprint()
    changed = tmp_path / "augment.py"
    changed.write_text("# other code\n")
    monkeypatch.setattr(augment, "__file__", str(changed))
    assert fingerprint() != before


def test_lines_tell_what_is_left_every_two_seconds_and_how_it_ended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = [0.0]
    monkeypatch.setenv(progress.LINES, "lines")
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    with progress.Progress("arm seed 0", 4, 0, 4) as told:
        for epoch, clock[0] in ((1, 1.5), (2, 3.0), (3, 3.5)):
            told.epoch(epoch, 0.5, 0.75, last=False)
        told.epoch(4, 0.25, None, last=True)
    with progress.Progress("arm seed 1", 4, 0, 4) as told:
        told.epoch(3, 0.5, 0.75, last=True)
    assert capsys.readouterr().out.splitlines() == [
        "arm seed 0 epoch 2/4: loss 0.5000, validation 75.00%, 3 s left",
        "arm seed 0 epoch 4/4: loss 0.2500",
        "arm seed 1 epoch 3/4: loss 0.5000, validation 75.00%, stopped: validation gets no better",
    ]
