"""Skip-gram with negative sampling: word vectors from running text.

T. Mikolov, I. Sutskever, K. Chen, G. Corrado, J. Dean: Distributed representations of words and
phrases and their compositionality (2013); equations are numbered as there. What the paper leaves
open (windows of random reach, the falling rate, the weights at the start) is as in its authors'
tool word2vec.

`loss`, `gradients` and `step` say in NumPy what one pair of words does to the vectors, `window_step` what all pairs
of one word do. `fast_word2vec` has the same for many words, compiled.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.scratch.fast_word2vec import Tokens, Vectors, steps

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


def window_step(inputs: Vectors, outputs: Vectors, words: Tokens, near: int, negatives: Tokens, lr: float) -> float:
    """Go one step down the summed losses of a word's pairs, in place; return their sum before it.

    `near` stands near each of `words`, and they share its negatives, so that six vectors are fetched for a word and not
    for a pair: S. Ji, N. Satish, S. Li, P. Dubey, Parallelizing word2vec in shared and distributed memory (2016).
    """
    targets = np.array([near, *(negative for negative in negatives if negative != near)])
    vectors, chosen = inputs[words], outputs[targets]  # copies: as they were before the step
    for word, vector in zip(words, vectors, strict=True):
        by_vector, by_outputs = gradients(vector, chosen)
        inputs[word] -= lr * by_vector
        np.subtract.at(outputs, targets, lr * by_outputs)
    return sum(loss(vector, chosen) for vector in vectors)


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


def around(document: Tokens, at: int, reach: int) -> Tokens:
    """The words up to `reach` places to either side of the one at a place."""
    return np.concatenate((document[max(0, at - reach) : at], document[at + 1 : at + 1 + reach]))


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
class Windows:
    """What is learnt from one document: its words (n), how far each looks to either side (n), its negatives (n x k).

    As in the tool, a word's neighbours are what predicts and the word itself what is predicted.
    """

    document: Tokens
    reach: NDArray[np.int64]
    negatives: NDArray[np.uint32]

    @property
    def pairs(self) -> int:
        """Pairs of a word and a neighbour."""
        before = np.arange(len(self.document))
        return int(np.minimum(self.reach, before).sum() + np.minimum(self.reach, before[::-1]).sum())


class Sampler:
    """Draws windows from documents of a text of which the words' counts are known."""

    def __init__(self, counts: NDArray[np.int64], recipe: Recipe, seed: int, purpose: str = "training") -> None:
        self.recipe = recipe
        self.keep, self.noise = keep_probability(counts, recipe.subsample), noise_table(counts)
        self.streams = {name: _stream(seed, f"{purpose}/{name}") for name in ("subsampling", "windows", "negatives")}

    def draw(self, document: Tokens) -> Windows:
        """Leave frequent words out, and give each that stays a reach, 1 to the window, and its negatives."""
        kept = document[self.streams["subsampling"].random(len(document), np.float32) < self.keep[document]]
        reach = self.streams["windows"].integers(1, self.recipe.window, len(kept), endpoint=True)
        drawn = self.streams["negatives"].integers(
            NOISE_TABLE, size=(len(kept), self.recipe.negatives), dtype=np.uint32
        )
        return Windows(kept, reach, self.noise[drawn])


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

    def step(self, windows: Windows, lr: float) -> float:
        """Learn from a document's words, one after the other; return the sum of the losses, each before its step."""
        drawn = (windows.document, windows.reach, windows.negatives)
        return float(steps(self._inputs, self._outputs, *drawn, np.float32(lr)))

    def loss(self, drawn: list[Windows]) -> float:
        """The mean loss of pairs that nothing is learnt from: steps of length 0."""
        return sum(self.step(windows, 0.0) for windows in drawn) / max(sum(windows.pairs for windows in drawn), 1)

    def epoch(self, tokens: Tokens, documents: NDArray[np.int64]) -> tuple[float, int]:
        """Go once through the text; return the mean loss of a pair, each before its step, and the number of pairs."""
        loss_sum, pairs = 0.0, 0
        for document, rate in self._documents(tokens, documents):
            windows = self.sampler.draw(document)
            loss_sum += self.step(windows, rate)
            pairs += windows.pairs
        self.epochs += 1
        return loss_sum / max(pairs, 1), pairs

    def _documents(self, tokens: Tokens, documents: NDArray[np.int64]) -> Iterator[tuple[Tokens, float]]:
        """Each document with its learning rate, which falls linearly with the words that have been read."""
        for start, end in pairwise(documents.tolist()):
            done = (self.epochs + start / len(tokens)) / self.recipe.epochs
            yield np.asarray(tokens[start:end]), self.recipe.lr * max(1 - done, LAST_RATE)
