"""Skip-gram with negative sampling: word vectors from running text.

T. Mikolov, I. Sutskever, K. Chen, G. Corrado, J. Dean: Distributed representations of words and
phrases and their compositionality (2013); equations are numbered as there. What the paper leaves
open (windows of random reach, the falling rate, the weights at the start) is as in its authors'
tool word2vec.

`loss`, `gradients` and `step` say in NumPy what one pair of words does to the vectors. `steps`
does the same for many pairs, compiled, since a pair is too little work for one call of NumPy.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""v x dimensions: a row a word of the vocabulary."""
Tokens = NDArray[np.uint32]
"""Places in the vocabulary."""

NOISE_POWER = 0.75
"""Of the counts, for drawing negatives; section 2.2 found it better than 1 and than 0."""
NOISE_TABLE = 1 << 20
"""Entries of the table that negatives are drawn from: the rarest word of some 10,000 still has a few."""
LAST_RATE = 1e-4
"""Part of the learning rate that is left at the end, as in the tool."""
LINE = 16
"""Float32 numbers in a cache line; rows are padded with zeros to whole lines: no odd end, a sixth faster."""

# ---------------------------------------------------------------- one pair


def softplus(z: NDArray[Any]) -> NDArray[Any]:
    """log(1 + exp z), which is -log s(-z), s being the sigmoid; about z itself where exp z is beyond all numbers."""
    return np.asarray(np.logaddexp(0, z))


def sigmoid(z: NDArray[Any]) -> NDArray[Any]:
    return np.exp(-softplus(-z))


def loss(vector: NDArray[Any], outputs: NDArray[Any]) -> float:
    """Equation 4, its sign turned: -log s(u_0 v) - sum over k of log s(-u_k v), s being the sigmoid.

    `vector` is v, of a word (dimensions); `outputs` are u (1 + negatives x dimensions), the first of the word that
    stands near it, the others of words drawn from the noise.
    """
    scores = outputs @ vector  # 1 + negatives
    return float(softplus(-scores[0]) + softplus(scores[1:]).sum())


def gradients(vector: NDArray[Any], outputs: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The derivative of `loss` by `vector` and by `outputs`: by a score it is s(u v) - label."""
    label = np.zeros(len(outputs), outputs.dtype)
    label[0] = 1
    by_score = sigmoid(outputs @ vector) - label  # 1 + negatives
    return by_score @ outputs, np.outer(by_score, vector)


def step(inputs: Vectors, outputs: Vectors, word: int, near: int, negatives: Tokens, lr: float) -> float:
    """Go one step down the gradient of one pair's loss, in place; return the loss before it.

    A negative that is the near word itself is left out, as in the tool. One that was drawn twice counts twice.
    """
    targets = np.array([near, *(negative for negative in negatives if negative != near)])
    vector, chosen = inputs[word], outputs[targets]
    before = loss(vector, chosen)
    by_vector, by_outputs = gradients(vector, chosen)
    inputs[word] -= lr * by_vector
    np.subtract.at(outputs, targets, lr * by_outputs)
    return before


def compiled(function: Callable[..., float]) -> Callable[..., float]:
    """Compile for this processor, once, where there is a folder to keep it in; else each process does (a second).

    Of the liberties of fast floating point only these are taken: to add in another order, which
    lets a sum be computed several numbers at a time, and to fuse a product with a sum.
    """
    options: dict[str, Any] = {"error_model": "numpy", "fastmath": {"reassoc", "contract"}}
    try:
        made: Callable[..., float] = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # neither the folder of this file nor the user's cache may be written to
        made = numba.njit(**options)(function)
    return made


@compiled
def steps(  # pragma: no cover - what is compiled is not seen by coverage
    inputs: Vectors, outputs: Vectors, words: Tokens, nears: Tokens, negatives: NDArray[np.uint32], lr: np.float32
) -> float:
    """`step` for one pair after the other, `negatives` being pairs x k; return the sum of the losses.

    With t = 1 for the near word and -1 for a negative, s(t u v) is the probability given to what
    is true: the loss is -log of their product, and -t (1 - s(t u v)) its derivative by a score.
    """
    one = np.float32(1)
    k, dimensions = negatives.shape[1], inputs.shape[1]
    targets, slopes = np.empty(k + 1, np.int64), np.empty(k + 1, np.float32)
    change = np.empty(dimensions, np.float32)
    total = 0.0
    for pair in range(len(words)):
        vector = inputs[words[pair]]
        targets[0] = nears[pair]
        used = 1
        for negative in negatives[pair]:
            if negative != nears[pair]:
                targets[used] = negative
                used += 1
        for i in range(used):
            output = outputs[targets[i]]
            score = np.float32(0)
            for d in range(dimensions):
                score += output[d] * vector[d]
            slopes[i] = score
        likelihood = 1.0
        for i in range(used):
            sign = one if i == 0 else -one
            probability = one / (one + np.exp(-sign * slopes[i]))
            likelihood *= probability
            slopes[i] = lr * sign * (one - probability)
        total -= np.log(max(likelihood, 1e-300))  # one logarithm a pair, and none of 0
        change[:] = 0
        for i in range(used):  # before any output changes: a negative may have been drawn twice
            output, slope = outputs[targets[i]], slopes[i]
            for d in range(dimensions):
                change[d] += slope * output[d]
        for i in range(used):
            output, slope = outputs[targets[i]], slopes[i]
            for d in range(dimensions):
                output[d] += slope * vector[d]
        for d in range(dimensions):
            vector[d] += change[d]
    return total


# ---------------------------------------------------------------- which pairs


def keep_probability(counts: NDArray[np.int64], subsample: float) -> NDArray[np.float32]:
    """How likely each word is kept, by its frequency f: sqrt(t / f) + t / f, at most 1.

    Equation 5 drops a word with 1 - sqrt(t / f); the second term is the tool's.
    """
    share = subsample * counts.sum() / counts
    kept: NDArray[np.float32] = np.minimum(1, np.sqrt(share) + share).astype(np.float32)
    return kept


def noise_table(counts: NDArray[np.int64]) -> Tokens:
    """Words in the proportions of their counts to the power 3/4 (section 2.2); a uniform draw from it is a negative."""
    share = np.cumsum(counts**NOISE_POWER)
    middle = (np.arange(NOISE_TABLE) + 0.5) / NOISE_TABLE
    return np.searchsorted(share / share[-1], middle).astype(np.uint32)


def near_pairs(document: Tokens, reach: NDArray[np.int64], window: int) -> tuple[Tokens, Tokens]:
    """Each word of a document (n) with its neighbours, up to its reach (n, 1 to window) to either side.

    The words near it in turn, word by word: as in the tool, the neighbour is what predicts and
    the word in the middle what is predicted, so the first array holds the neighbours.
    """
    offsets = np.delete(np.arange(-window, window + 1), window)  # 2 window
    places = np.arange(len(document))[:, None] + offsets  # n x 2 window
    near = (np.abs(offsets) <= reach[:, None]) & (places >= 0) & (places < len(document))
    middle, column = np.nonzero(near)
    return document[places[middle, column]], document[middle]


# ---------------------------------------------------------------- learning


@dataclass(frozen=True)
class Recipe:
    """How vectors are learnt."""

    dimensions: int
    window: int
    negatives: int
    subsample: float
    epochs: int
    lr: float


def _stream(seed: int, name: str) -> np.random.Generator:
    """Every random stream has a name, and follows from the run's seed."""
    return np.random.default_rng([seed, *name.encode()])


@dataclass(frozen=True)
class Pairs:
    """What is learnt from one document, pair by pair: a word, the word it predicts, and negatives (pairs x k)."""

    words: Tokens
    nears: Tokens
    negatives: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.words)


class Sampler:
    """Draws pairs from documents of a text of which the words' counts are known."""

    def __init__(self, counts: NDArray[np.int64], recipe: Recipe, seed: int, purpose: str = "training") -> None:
        self.recipe = recipe
        self.keep, self.noise = keep_probability(counts, recipe.subsample), noise_table(counts)
        self.streams = {name: _stream(seed, f"{purpose}/{name}") for name in ("subsampling", "windows", "negatives")}

    def draw(self, document: Tokens) -> Pairs:
        """Leave frequent words out, give each that stays a reach, and each pair its negatives."""
        kept = document[self.streams["subsampling"].random(len(document), np.float32) < self.keep[document]]
        reach = self.streams["windows"].integers(1, self.recipe.window, len(kept), endpoint=True)
        words, nears = near_pairs(kept, reach, self.recipe.window)
        drawn = self.streams["negatives"].integers(
            NOISE_TABLE, size=(len(words), self.recipe.negatives), dtype=np.uint32
        )
        return Pairs(words, nears, self.noise[drawn])


class SkipGram:
    """Vectors that learn, epoch by epoch, from a text."""

    def __init__(self, counts: NDArray[np.int64], recipe: Recipe, seed: int) -> None:
        """Draw the input vectors, U(-1/2, 1/2) / dimensions; the output vectors start at 0."""
        self.recipe, self.sampler = recipe, Sampler(counts, recipe, seed)
        shape = (len(counts), -(-recipe.dimensions // LINE) * LINE)
        self._inputs, self._outputs = np.zeros(shape, np.float32), np.zeros(shape, np.float32)  # the padding stays 0
        drawn = _stream(seed, "weights").random((len(counts), recipe.dimensions), np.float32)
        self._inputs[:, : recipe.dimensions] = (drawn - np.float32(0.5)) / np.float32(recipe.dimensions)
        self.epochs = 0
        """Epochs done."""

    @property
    def vectors(self) -> Vectors:
        """The input vectors, v x dimensions: what the words are known by afterwards."""
        return self._inputs[:, : self.recipe.dimensions]

    def step(self, pairs: Pairs, lr: float) -> float:
        """Learn from the pairs, one after the other; return the sum of their losses, each before its own step."""
        rate = np.float32(lr)
        return float(steps(self._inputs, self._outputs, pairs.words, pairs.nears, pairs.negatives, rate))

    def loss(self, drawn: list[Pairs]) -> float:
        """The mean loss of pairs that nothing is learnt from: steps of length 0."""
        return sum(self.step(pairs, 0.0) for pairs in drawn) / max(sum(map(len, drawn)), 1)

    def epoch(self, tokens: Tokens, documents: NDArray[np.int64]) -> tuple[float, int]:
        """Go once through the text; return the mean loss of a pair, each before its step, and the number of pairs."""
        loss_sum, n = 0.0, 0
        for document, rate in self._documents(tokens, documents):
            pairs = self.sampler.draw(document)
            loss_sum += self.step(pairs, rate)
            n += len(pairs)
        self.epochs += 1
        return loss_sum / max(n, 1), n

    def _documents(self, tokens: Tokens, documents: NDArray[np.int64]) -> Iterator[tuple[Tokens, float]]:
        """Each document with its learning rate, which falls linearly with the words that have been read."""
        for start, end in pairwise(documents.tolist()):
            done = (self.epochs + start / len(tokens)) / self.recipe.epochs
            yield np.asarray(tokens[start:end]), self.recipe.lr * max(1 - done, LAST_RATE)
