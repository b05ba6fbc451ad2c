"""The CNN by hand: the same steps as PyTorch's, and the page as the numbers have it."""

import re
from dataclasses import replace

import numpy as np
import pytest
from computedlab import Change, Pages, answer, compute, settings
from safetensors.numpy import load_file

from nnlabs.core import paths
from nnlabs.core.record import Arrays
from nnlabs.labs.byhand import agreement
from nnlabs.labs.byhand import compute as byhand
from nnlabs.labs.byhand.page import curve, metrics, networks
from nnlabs.labs.byhand.results import Results


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "adam", "adamax"])
def test_numpy_and_torch_take_the_same_steps(optimizer: str) -> None:
    results, arrays = compute("byhand", optimizer=optimizer, lr=0.01, compared_steps=6, seeds=[3])
    (run,) = results.runs
    assert len(run.apart) == 6  # two epochs of 8 + 8 + 4 images
    assert max(run.apart) < 1e-4  # float32
    assert arrays["numpy.3.losses"] == pytest.approx(arrays["torch.3.losses"], rel=1e-4)
    ours, theirs = (load_file(paths.models("byhand") / f"seed-3-{kind}.safetensors") for kind in ("numpy", "torch"))
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        np.testing.assert_allclose(array, theirs[name], atol=1e-3)
    assert results.layouts.loss < 1e-12
    assert results.layouts.gradient < 1e-12
    # 16 - 4 = 12, pooled 6; 6 - 4 = 2, pooled 1
    assert results.sizes["7.weight"] == [3, 3]
    assert (results.shape, results.test_images, results.images, results.epochs) == ((1, 16, 16), 9, 20, 2)


def test_the_network_by_hand_learns_made_images() -> None:
    results, arrays = compute("byhand", epochs=15, lr=0.01, images=30, seeds=[0])
    assert arrays["numpy.0.losses"][-1] < arrays["numpy.0.losses"][0] / 2
    (run,) = results.runs
    assert run.numpy.test > 0.8
    told = metrics(results)
    assert told == {"numpy_validation": run.numpy.validation, "numpy_test": run.numpy.test}
    rows = curve(results, arrays)
    assert [row["series"] for row in rows] == ["NumPy"] * 15 + ["PyTorch"] * 15
    assert rows[14]["y"] == pytest.approx(np.log10(arrays["numpy.0.losses"][-1]), rel=1e-3)


def test_batches_hold_every_image_once_an_epoch() -> None:
    every = byhand.batches(settings("byhand"), 0, 20)
    assert [[len(batch) for batch in epoch] for epoch in every] == [[8, 8, 4]] * 2
    for epoch in every:
        assert sorted(np.concatenate(epoch)) == list(range(20))
    assert not np.array_equal(every[0][0], every[1][0])
    assert not np.array_equal(every[0][0], byhand.batches(settings("byhand"), 1, 20)[0][0])


# ---------------------------------------------------------------- agreement


def test_layers_and_losses_agree_with_autograd_and_differences() -> None:
    layers, losses = agreement.layer_errors(), agreement.loss_errors()
    assert {check.name.partition("(")[0] for check in layers} == {
        "Linear",
        "Conv2d",
        "MaxPool2d",
        "AvgPool2d",
        "BatchNorm",
        "Flatten",
        "Softmax",
        "relu",
    }
    assert [check.name for check in losses] == ["squared_error", "binary_cross_entropy", "cross_entropy"]
    for check in (*layers, *losses):
        assert max(check.forward, check.autograd) < 1e-12, check
        assert check.differences < 1e-6, check


def test_a_wrong_gradient_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = agreement.layers.Linear.backward
    monkeypatch.setattr(agreement.layers.Linear, "backward", lambda self, dy: right(self, dy) * 1.001)
    linear = agreement.layer_errors()[0]
    assert linear.autograd == pytest.approx(0.001, rel=1e-6)
    assert linear.differences == pytest.approx(0.001, rel=1e-3)


# ---------------------------------------------------------------- page


def runs_with(apart: list[float]) -> Change:
    return lambda results, _: replace(results, runs=[replace(run, apart=apart) for run in results.runs])


@pytest.mark.parametrize(
    ("first", "later", "begins", "said"),
    [
        (1e-7, 1e-6, "Yes: ", "Losses are the same to float32 rounding"),
        (1e-7, 1e-2, "At the first step only: ", "Losses are the same at the first step alone"),
        (1e-3, 1e-2, "No: ", "Losses are **not** the same"),
        (float("nan"), float("nan"), "No: ", "Losses are **not** the same: they differ by ∞"),
    ],
)
def test_losses_are_held_to_what_float32_allows(
    pages: Pages, first: float, later: float, begins: str, said: str
) -> None:
    text = pages.write("byhand", runs_with([first, later, 0.0]))
    assert answer(text).startswith(begins)
    assert said in text
    assert ("differ in rounding alone" in answer(text)) == (begins == "Yes: ")


def test_a_run_that_diverged_leaves_a_page(pages: Pages) -> None:
    def how(results: Results, arrays: Arrays) -> Results:
        for kind in ("numpy", "torch"):
            arrays[f"{kind}.0.losses"][1:] = np.nan
        return results

    assert "∞" in pages.write("byhand", how, drawn=True)


def alone(*counts: tuple[int, int]) -> Change:
    def how(results: Results, _: Arrays) -> Results:
        pairs = zip(results.runs, counts, strict=True)
        runs = [replace(run, apart=[1e-7] * 3, numpy_alone=one, torch_alone=other) for run, (one, other) in pairs]
        return replace(results, test_images=10_000, runs=runs)

    return how


def test_images_that_one_program_alone_has_right_are_counted(pages: Pages) -> None:
    results, arrays = compute("byhand")
    for run in results.runs:
        ours, theirs = (
            np.unpackbits(arrays[f"{kind}.{run.seed}.right"], count=9).astype(bool) for kind in ("numpy", "torch")
        )
        assert (run.numpy_alone, run.torch_alone) == ((ours & ~theirs).sum(), (theirs & ~ours).sum())
        assert (run.numpy.test, run.torch.test) == (ours.mean(), theirs.mean())
    text = pages.write("byhand", alone((7, 1), (5, 5)))
    assert answer(text).startswith("Yes: ")
    assert "8 to 10 a seed are right in one program alone, split between the two no more unequally than" in text
    # (6 + 2.24 √8) / 10,000
    assert "The largest difference is +0.06 points, in seed 0. In no seed" in text
    assert "more than 0.12 points is excluded" in text
    assert re.search(r"\| 0 +\| +7 \| +1 \| +\+0\.06 \| +0\.07 \|", text)  # 2 (1 + 8) / 2^8


def test_images_that_are_split_unequally_are_no_yes(pages: Pages) -> None:
    text = pages.write("byhand", alone((5, 5), (2, 40)))
    assert answer(text).startswith("Not in every respect: ")
    assert "in 1 of 2 seeds more of them in one program than chance would have it" in answer(text)
    assert "In seed 1 they are split more unequally" in text
    assert "excluded" not in text


def test_programs_that_agree_on_every_image_are_not_told_apart(pages: Pages) -> None:
    text = pages.write("byhand", alone((0, 0), (0, 0)))
    assert "Of 10,000 test images 0 a seed are right in one program alone" in text
    assert answer(text).startswith("Yes: ")


def test_one_seed_has_no_interval(pages: Pages) -> None:
    text = pages.write("byhand", lambda results, _: replace(results, runs=results.runs[:1]))
    assert "±" not in answer(text)
    assert "1 seed;" in answer(text)


def test_the_architecture_counts_what_was_trained(pages: Pages) -> None:
    text = pages.write("byhand")
    (count,) = re.findall(r"^([\d,]+) parameters, the same in both", text, re.MULTILINE)
    results, _ = compute("byhand")
    ((title, drawn),) = networks(results, settings("byhand"), results.shape).items()
    assert int(count.replace(",", "")) == sum(each["parameters"] for each in drawn)
    sizes = [each["shape"] for each in drawn if each["kind"] == "MaxPool2d"]
    assert sizes == [[2, 6, 6], [3, 1, 1]]
    assert f"![{title}: 1 × 16 × 16, then 2 × 12 × 12, then 2 × 6 × 6, then 3 × 2 × 2, then 3 × 1 × 1, then 3](" in text
    assert "25 times" in text and "9 times" in text  # 5 · 5; 6 · 6 / 4
