"""Our skip-gram: the compiled one, or with --plain the definition in NumPy, on the start of the first document."""

import time
from itertools import pairwise

import numpy as np

from harness import texts
from harness.protocol import Turns
from nnlabs.scratch import word2vec
from nnlabs.scratch.word2vec import Recipe, Sampler, SkipGram

PLAIN_WORDS = 2000
"""Words of a turn of the definition, which takes minutes for a whole epoch."""


def main() -> None:
    parser = texts.parser()
    parser.add_argument("--plain", action="store_true")
    given = parser.parse_args()
    turns = Turns()
    settings = texts.settings()
    recipe = Recipe(**{name: settings[name] for name in Recipe.__dataclass_fields__})
    corpus, tokens, documents = texts.text(given.share)
    model = SkipGram(corpus.counts, recipe, given.seed)
    if given.plain:
        plain(turns, model, tokens[: min(documents[1], PLAIN_WORDS)])
    for _ in range(recipe.epochs):
        _, pairs = model.epoch(tokens, documents)
        turns.end(words=len(tokens), pairs=pairs)
    sampler = Sampler(corpus.counts, recipe, given.seed)
    began = time.perf_counter()
    for start, end in pairwise(documents):
        sampler.draw(tokens[start:end])
    turns.end(drawing=time.perf_counter() - began, **texts.scores(corpus, model.vectors))


def plain(turns: Turns, model: SkipGram, tokens: np.ndarray) -> None:
    """One pair after the other, each a few calls of NumPy."""
    while True:
        windows = model.sampler.draw(tokens)
        for at, (reach, negatives) in enumerate(zip(windows.reach, windows.negatives, strict=True)):
            words, word = word2vec.around(windows.document, at, reach), windows.document[at]
            word2vec.window_step(model._inputs, model._outputs, words, word, negatives, model.recipe.lr)
        turns.end(words=len(tokens), pairs=windows.pairs)


if __name__ == "__main__":
    main()
