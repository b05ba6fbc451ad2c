"""gensim's skip-gram on the same text with the same settings, an epoch a turn at the same falling rate."""

from itertools import pairwise

import numpy as np
from gensim.models import Word2Vec
from gensim.models.word2vec import FAST_VERSION, MAX_WORDS_IN_BATCH

from harness import texts
from harness.protocol import Turns

LAST_RATE = 1e-4
"""Part of the learning rate that is left at the end, as in ours."""


def main() -> None:
    parser = texts.parser()
    parser.add_argument("--workers", type=int, required=True)
    given = parser.parse_args()
    turns = Turns()
    if FAST_VERSION < 0:
        raise SystemExit("gensim's compiled loop is missing; its timings would mean nothing")
    settings = texts.settings()
    corpus, tokens, documents = texts.text(given.share)
    words = [corpus.words[token] for token in tokens]
    # gensim leaves out what a sentence has beyond its limit, which some addresses exceed
    sentences = [
        words[place : min(place + MAX_WORDS_IN_BATCH, end)]
        for start, end in pairwise(documents)
        for place in range(start, end, MAX_WORDS_IN_BATCH)
    ]
    model = Word2Vec(
        vector_size=settings["dimensions"],
        window=settings["window"],
        negative=settings["negatives"],
        sample=settings["subsample"],
        alpha=settings["lr"],
        sg=1,
        hs=0,
        min_count=1,  # rarer words are out of the text already
        workers=given.workers,
        seed=given.seed,
    )
    model.build_vocab(sentences)
    epochs, lr = settings["epochs"], settings["lr"]
    for epoch in range(epochs):
        start, end = (lr * max(1 - done / epochs, LAST_RATE) for done in (epoch, epoch + 1))
        model.train(sentences, total_examples=len(sentences), epochs=1, start_alpha=start, end_alpha=end)
        turns.end(words=len(tokens))
    learnt = np.zeros((len(corpus.words), settings["dimensions"]), np.float32)
    for place, word in enumerate(corpus.words):
        if word in model.wv:  # all of them, but in a trial of part of the text
            learnt[place] = model.wv[word]
    turns.end(**texts.scores(corpus, learnt))


if __name__ == "__main__":
    main()
