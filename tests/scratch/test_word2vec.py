"""Skip-gram: one pair by worked numbers, finite differences and PyTorch; many as one after the other."""

import math
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.special import expit

from nnlabs.scratch import fast_word2vec, nearest, word2vec
from nnlabs.scratch.fast_word2vec import Vectors
from nnlabs.scratch.word2vec import Recipe, Sampler, SkipGram, Windows

COUNTS = np.array([400, 200, 100, 50, 25, 12, 6, 3])
RECIPE = Recipe(dimensions=5, window=3, negatives=4, subsample=0.05, epochs=3, lr=0.05)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def text(rng: np.random.Generator, n: int = 600) -> NDArray[np.uint32]:
    return rng.choice(len(COUNTS), n, p=COUNTS / COUNTS.sum()).astype(np.uint32)


# ---------------------------------------------------------------- one pair


def test_a_pair_by_hand() -> None:
    # v = (1, 2); u_0 = (0.5, 0.25): score 1; u_1 = (-1, 0): score -1.
    # s(1) = 0.731059, so the loss is -log 0.731059 - log s(1) = 2 x 0.313262 = 0.626523.
    # By the scores: s(1) - 1 = -0.268941 and s(-1) - 0 = 0.268941.
    # By v: -0.268941 u_0 + 0.268941 u_1 = (-0.134471 - 0.268941, -0.067235) = (-0.403412, -0.067235).
    # By u_0: -0.268941 v = (-0.268941, -0.537883); by u_1 the opposite.
    vector, outputs = np.array([1.0, 2.0]), np.array([[0.5, 0.25], [-1.0, 0.0]])
    assert word2vec.loss(vector, outputs) == pytest.approx(0.626523, abs=1e-6)
    by_vector, by_outputs = word2vec.gradients(vector, outputs)
    np.testing.assert_allclose(by_vector, [-0.403412, -0.067235], atol=1e-6)
    np.testing.assert_allclose(by_outputs, [[-0.268941, -0.537883], [0.268941, 0.537883]], atol=1e-6)


def test_gradients_are_those_of_finite_differences(rng: np.random.Generator) -> None:
    vector, outputs = rng.normal(size=6), rng.normal(size=(4, 6))
    by_vector, by_outputs = word2vec.gradients(vector, outputs)

    def slopes(array: NDArray[np.float64]) -> NDArray[np.float64]:
        found = np.empty_like(array)
        for index in np.ndindex(*array.shape):
            kept, h = array[index], 1e-6
            array[index] = kept + h
            above = word2vec.loss(vector, outputs)
            array[index] = kept - h
            found[index] = (above - word2vec.loss(vector, outputs)) / (2 * h)
            array[index] = kept
        return found

    np.testing.assert_allclose(by_vector, slopes(vector), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(by_outputs, slopes(outputs), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("score", [-900.0, 900.0, -1e5])
def test_a_score_beyond_what_an_exponential_holds_has_its_loss(score: float) -> None:
    vector, outputs = np.array([1.0]), np.array([[score], [-score]])
    assert word2vec.loss(vector, outputs) == pytest.approx(2 * max(-score, 0.0), abs=1e-12)
    by_vector, by_outputs = word2vec.gradients(vector, outputs)
    wrong = float(score < 0)  # both slopes are 1 where both are wrong, 0 where both are right
    np.testing.assert_allclose(by_vector, [-2 * score * wrong])
    np.testing.assert_allclose(by_outputs, [[-wrong], [wrong]])


def test_loss_and_gradients_are_pytorchs(rng: np.random.Generator) -> None:
    vector, outputs = rng.normal(size=6), rng.normal(size=(4, 6))
    v, u = torch.tensor(vector, requires_grad=True), torch.tensor(outputs, requires_grad=True)
    label = torch.tensor([1.0, 0, 0, 0], dtype=torch.float64)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(u @ v, label, reduction="sum")
    loss.backward()
    by_vector, by_outputs = word2vec.gradients(vector, outputs)
    assert word2vec.loss(vector, outputs) == pytest.approx(loss.item(), rel=1e-13)
    np.testing.assert_allclose(by_vector, v.grad.numpy(), rtol=1e-12)
    np.testing.assert_allclose(by_outputs, u.grad.numpy(), rtol=1e-12)


def test_vectors_that_know_nothing_lose_a_coin_for_each_target() -> None:
    assert word2vec.loss(np.zeros(3), np.zeros((6, 3))) == pytest.approx(6 * math.log(2))


def test_a_step_leaves_out_a_negative_that_is_the_near_word_and_counts_one_drawn_twice(
    rng: np.random.Generator,
) -> None:
    inputs, outputs = rng.normal(size=(2, 5, 3)).astype(np.float32)
    a, b, c = inputs.copy(), outputs.copy(), outputs.copy()
    word2vec.step(a, b, 0, 1, np.array([2, 1], np.uint32), 0.1)
    word2vec.step(inputs.copy(), c, 0, 1, np.array([2], np.uint32), 0.1)
    np.testing.assert_array_equal(b, c)
    word2vec.step(inputs.copy(), d := outputs.copy(), 0, 1, np.array([2, 2], np.uint32), 0.1)
    np.testing.assert_allclose(d[2] - outputs[2], 2 * (c[2] - outputs[2]), rtol=1e-5)
    np.testing.assert_array_equal(a[1:], inputs[1:])


# ---------------------------------------------------------------- all pairs of a word, and of many


def test_a_window_of_one_neighbour_is_a_pair(rng: np.random.Generator) -> None:
    a, b = rng.normal(size=(2, 5, 3)).astype(np.float32)
    c, d = a.copy(), b.copy()
    negatives = np.array([2, 1, 2], np.uint32)
    assert word2vec.window_step(a, b, np.array([0], np.uint32), 1, negatives, 0.1) == word2vec.step(
        c, d, 0, 1, negatives, 0.1
    )
    np.testing.assert_array_equal(a, c)
    np.testing.assert_array_equal(b, d)


def test_a_window_goes_down_the_sum_of_its_pairs_losses(rng: np.random.Generator) -> None:
    inputs, outputs = rng.normal(size=(2, 5, 3)).astype(np.float32)
    words, near, negatives = np.array([0, 4, 0], np.uint32), 1, np.array([2, 1, 2], np.uint32)
    v, u = (torch.tensor(each.astype(np.float64), requires_grad=True) for each in (inputs, outputs))
    targets, label = torch.tensor([1, 2, 2]), torch.tensor([1.0, 0, 0], dtype=torch.float64)
    loss = sum(
        torch.nn.functional.binary_cross_entropy_with_logits(u[targets] @ v[int(word)], label, reduction="sum")
        for word in words
    )
    loss.backward()
    a, b = inputs.copy(), outputs.copy()
    assert word2vec.window_step(a, b, words, near, negatives, 0.1) == pytest.approx(loss.item(), rel=1e-6)
    np.testing.assert_allclose(a, inputs - 0.1 * v.grad.numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(b, outputs - 0.1 * u.grad.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("dimensions", "negatives"), [(1, 4), (5, 1), (16, 5), (37, 6)])
def test_the_compiled_steps_are_the_windows_one_after_the_other(
    rng: np.random.Generator, dimensions: int, negatives: int
) -> None:
    inputs, outputs = rng.normal(0, 0.5, (2, len(COUNTS), dimensions)).astype(np.float32)
    # so few words that a negative is now the word itself, now drawn twice, and a neighbour stands there twice
    document = rng.integers(len(COUNTS), size=90, dtype=np.uint32)
    reach = rng.integers(1, 4, 90)
    drawn = rng.integers(len(COUNTS), size=(90, negatives), dtype=np.uint32)
    a, b = inputs.copy(), outputs.copy()
    total = word2vec.steps(a, b, document, reach, drawn, np.float32(0.05))
    one_by_one = learnt(inputs, outputs, Windows(document, reach, drawn), 0.05)
    np.testing.assert_allclose(a, inputs, rtol=2e-4, atol=2e-5)
    np.testing.assert_allclose(b, outputs, rtol=2e-4, atol=2e-5)
    assert total == pytest.approx(one_by_one, rel=1e-5)


def learnt(inputs: Vectors, outputs: Vectors, windows: Windows, lr: float) -> float:
    """`window_step` for every word in turn; the sum of the losses."""
    document, total = windows.document, 0.0
    for at, (reach, negatives) in enumerate(zip(windows.reach, windows.negatives, strict=True)):
        words = word2vec.around(document, at, reach)
        total += word2vec.window_step(inputs, outputs, words, document[at], negatives, np.float32(lr))
    return total


def test_the_logistic_of_many_scores_is_scipys() -> None:
    scores = np.concatenate((np.linspace(-200, 200, 4001), np.linspace(-1, 1, 999), [0.0])).astype(np.float32)
    slopes, probabilities, powers = scores.copy(), np.empty_like(scores), np.empty(len(scores), np.int32)
    fast_word2vec.logistic(slopes, probabilities, powers)
    within = np.clip(scores.astype(float), -fast_word2vec.FARTHEST, fast_word2vec.FARTHEST)
    np.testing.assert_allclose(probabilities, expit(-within), rtol=2e-5)  # a bit of a score of 87 is 8e-6
    np.testing.assert_allclose(slopes, expit(within), rtol=2e-5)
    near = np.abs(within) < 2
    np.testing.assert_allclose(probabilities[near], expit(-within[near]), rtol=5e-7)


def test_a_step_of_length_0_only_measures(rng: np.random.Generator) -> None:
    model = SkipGram(COUNTS, RECIPE, 0)
    model.epoch(tokens := text(rng), np.array([0, len(tokens)]))
    before, outputs = model.vectors.copy(), model._outputs.copy()
    drawn = [Sampler(COUNTS, RECIPE, 1, "fixed").draw(tokens)]
    first = model.loss(drawn)
    assert model.loss(drawn) == first
    assert 0 < first < 5 * math.log(2)
    np.testing.assert_array_equal(model.vectors, before)
    np.testing.assert_array_equal(model._outputs, outputs)


def test_where_nothing_can_be_kept_it_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    njit = numba.njit

    def nowhere(cache: bool = False, **options: object) -> object:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(**options)

    monkeypatch.setattr(numba, "njit", nowhere)
    assert fast_word2vec.compiled(lambda x: 2.0 * x)(3.0) == 6.0


# ---------------------------------------------------------------- which pairs


def test_around_a_word_stand_those_within_reach() -> None:
    document = np.array([10, 11, 12, 13], np.uint32)
    found = [word2vec.around(document, at, reach).tolist() for at, reach in enumerate((2, 1, 1, 9))]
    assert found == [[11, 12], [10, 12], [11, 13], [10, 11, 12]]
    assert Windows(document, np.array([2, 1, 1, 9]), np.zeros((4, 0), np.uint32)).pairs == 9


@pytest.mark.parametrize("n", [0, 1])
def test_too_short_a_document_has_no_pairs(n: int) -> None:
    model = SkipGram(COUNTS, RECIPE, 0)
    windows = model.sampler.draw(np.full(n, 7, np.uint32))
    assert windows.pairs == 0
    assert windows.negatives.shape == (n, RECIPE.negatives)
    assert model.step(windows, 0.1) == 0


def test_frequent_words_are_kept_less_often() -> None:
    keep = word2vec.keep_probability(COUNTS, 0.05)
    assert (np.diff(keep) >= 0).all()
    share = 0.05 / (400 / COUNTS.sum())
    assert keep[0] == pytest.approx(math.sqrt(share) + share)
    assert keep[-1] == 1
    assert word2vec.keep_probability(COUNTS, 1.0).min() == 1


def test_negatives_come_in_the_proportion_of_counts_to_the_power_three_quarters() -> None:
    found = np.bincount(word2vec.noise_table(COUNTS)) / word2vec.NOISE_TABLE
    np.testing.assert_allclose(found, COUNTS**0.75 / (COUNTS**0.75).sum(), atol=2e-6)


def test_a_window_reaches_every_length_equally_often(rng: np.random.Generator) -> None:
    sampler = Sampler(COUNTS, Recipe(5, 3, 1, 1.0, 1, 0.1), 0)
    found = np.bincount(sampler.draw(text(rng, 6000)).reach, minlength=4)
    np.testing.assert_allclose(found / 6000, [0, 1 / 3, 1 / 3, 1 / 3], atol=0.03)


# ---------------------------------------------------------------- learning


def trained(seed: int, tokens: NDArray[np.uint32]) -> SkipGram:
    model = SkipGram(COUNTS, RECIPE, seed)
    for _ in range(RECIPE.epochs):
        model.epoch(tokens, np.array([0, len(tokens) // 2, len(tokens)]))
    return model


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(rng: np.random.Generator) -> None:
    tokens = text(rng)
    first, again, other = (trained(seed, tokens).vectors for seed in (0, 0, 1))
    assert first.tobytes() == again.tobytes()
    assert not np.array_equal(first, other)
    assert first.shape == (len(COUNTS), 5)


def test_an_epoch_is_its_documents_pairs_at_a_falling_rate(rng: np.random.Generator) -> None:
    tokens, documents = text(rng), np.array([0, 150, 600])
    model, plain, sampler = (SkipGram(COUNTS, RECIPE, 3), SkipGram(COUNTS, RECIPE, 3), Sampler(COUNTS, RECIPE, 3))
    for epoch in range(RECIPE.epochs):
        model.epoch(tokens, documents)
        for start, end in ((0, 150), (150, 600)):
            rate = np.float32(0.05 * (1 - (epoch + start / 600) / RECIPE.epochs))
            learnt(plain._inputs, plain._outputs, sampler.draw(tokens[start:end]), rate)
    np.testing.assert_allclose(model.vectors, plain.vectors, rtol=1e-3, atol=1e-4)
    assert not model._inputs[:, 5:].any()  # the padding of the rows


def test_words_in_the_same_company_come_together(rng: np.random.Generator) -> None:
    # words 0..3 only ever stand among themselves, and so do 4..7
    halves = [rng.integers(low, low + 4, 3000).astype(np.uint32) for low in (0, 4)]
    tokens = np.concatenate(halves)
    model = SkipGram(np.bincount(tokens), Recipe(8, 3, 4, 1.0, 5, 0.1), 0)
    losses = [model.epoch(tokens, np.array([0, 3000, 6000]))[0] for _ in range(5)]
    assert losses[-1] < losses[0]
    units = nearest.unit(model.vectors)
    for word in range(8):
        assert {place // 4 for place, _ in nearest.neighbours(units, word, 3)} == {word // 4}


# ---------------------------------------------------------------- neighbours


def test_neighbours_and_analogies_by_hand() -> None:
    # king - man + woman is queen, exactly; apple points elsewhere
    vectors = np.array([[1, 0, 1], [1, 0, 0], [0, 1, 0], [0, 1, 1], [0, 0.1, -1]], np.float32)
    units = nearest.unit(2 * vectors)
    np.testing.assert_allclose(np.linalg.norm(units, axis=1), 1, rtol=1e-6)
    found = nearest.neighbours(units, 0, 2)
    assert [place for place, _ in found] == [1, 3]
    assert [cosine for _, cosine in found] == pytest.approx([math.sqrt(0.5), 0.5])
    king, man, woman, queen = 0, 1, 2, 3
    answers = nearest.analogy(units, man, woman, king, 9)
    assert answers[0][0] == queen
    assert len(answers) == 2  # the three words of the question are no answers


def test_a_vector_of_zeros_has_no_direction() -> None:
    assert not nearest.unit(np.zeros((1, 3), np.float32)).any()


# ---------------------------------------------------------------- by itself


def test_it_imports_neither_torch_nor_training() -> None:
    ask = "import sys, nnlabs.scratch.word2vec, nnlabs.scratch.nearest; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    modules = done.stdout.split()
    assert "torch" not in modules
    assert not [name for name in modules if name.startswith("nnlabs.training")]


def test_the_same_bytes_come_from_another_process(rng: np.random.Generator, tmp_path: Path) -> None:
    np.save(tmp_path / "tokens.npy", tokens := text(rng))
    code = f"""
import numpy as np
from nnlabs.scratch.word2vec import Recipe, SkipGram
tokens = np.load({str(tmp_path / "tokens.npy")!r})
model = SkipGram(np.array({COUNTS.tolist()}), {RECIPE!r}, 0)
for _ in range({RECIPE.epochs}):
    model.epoch(tokens, np.array([0, len(tokens) // 2, len(tokens)]))
print(model.vectors.tobytes().hex())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == trained(0, tokens).vectors.tobytes().hex()
