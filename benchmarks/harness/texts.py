"""What every word2vec worker learns from, and the scores of what it has learnt."""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.data.corpus import Corpus, load
from nnlabs.evaluation import vectors
from nnlabs.scratch.nearest import unit

SETTINGS = Path(".nnlabs") / "bench" / "words.json"
"""The lab's settings; written by sections/words.py, since the peers' environment cannot read params.yaml."""


def parser() -> argparse.ArgumentParser:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--share", type=float, default=1.0, help="part of the documents that is an epoch")
    return arguments


def settings() -> dict[str, Any]:
    return json.loads(SETTINGS.read_text(encoding="utf-8"))


def documents(corpus: Corpus, share: float) -> NDArray[np.int64]:
    """Where the documents of the share start, and where the last ends."""
    return corpus.documents[: 1 + max(1, round(share * (len(corpus.documents) - 1)))]


def text(share: float) -> tuple[Corpus, NDArray[np.uint32], NDArray[np.int64]]:
    """The corpus, and the tokens and documents of the share."""
    corpus = load(settings()["dataset"])
    starts = documents(corpus, share)
    return corpus, np.array(corpus.tokens[: starts[-1]]), starts


def scores(corpus: Corpus, learnt: NDArray[np.float32]) -> dict[str, float]:
    """Spearman's correlation on WordSim-353 and the part of questions-words that is answered rightly."""
    units = unit(learnt)
    questions = np.concatenate(list(vectors.known_questions(corpus.questions, corpus.place).values()))
    pairs = vectors.known_pairs(corpus.similarities, corpus.place)
    return {
        "similarity": vectors.similarity(units, pairs),
        "analogies": float(vectors.answered(units, questions).mean()),
    }
