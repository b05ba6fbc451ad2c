"""A prepared text: the form of its `data/<name>`, written and read here alone.

Mapped numbers of words, where each document begins, the vocabulary, and the tests that vectors of its words are put to.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.core import paths
from nnlabs.core.files import replaced
from nnlabs.data import meta as known


@dataclass(frozen=True)
class Corpus:
    """A text of n words in d documents, over a vocabulary of v words."""

    meta: dict[str, Any]
    tokens: NDArray[np.uint32]
    """n places in the vocabulary."""
    documents: NDArray[np.int64]
    """d + 1 places in `tokens`: document i goes from the i-th to the next."""
    words: list[str]
    """The vocabulary, from the most frequent word on."""
    counts: NDArray[np.int64]
    similarities: list[tuple[str, str, float]]
    """Pairs of words with the likeness that people see in them, 0 to 10."""
    questions: dict[str, list[tuple[str, str, str, str]]]
    """Analogies by section: the first is to the second as the third to the fourth."""

    @cached_property
    def place(self) -> dict[str, int]:
        """Where a word stands in the vocabulary."""
        return {word: i for i, word in enumerate(self.words)}


def write(name: str, corpus: Corpus) -> None:
    """Write `data/<name>` anew."""
    parts = {
        "vocabulary": {"words": corpus.words, "counts": corpus.counts.tolist()},
        "similarities": corpus.similarities,
        "questions": corpus.questions,
    }
    with replaced(paths.dataset(name)) as folder:
        np.save(folder / "tokens.npy", corpus.tokens)
        np.save(folder / "documents.npy", corpus.documents)
        for part, content in parts.items():
            text = json.dumps(content, sort_keys=True, ensure_ascii=False)
            (folder / f"{part}.json").write_text(text + "\n", encoding="utf-8")
        known.write(folder, corpus.meta)


def load(name: str) -> Corpus:
    """Open a prepared text.

    Raises
    ------
    UserError
        Where it is missing, incomplete or damaged, naming the stage that makes it.
    """
    folder, meta = paths.dataset(name), known.read(name)

    def read(part: str) -> Any:
        return json.loads((folder / f"{part}.json").read_text(encoding="utf-8"))

    try:
        vocabulary = read("vocabulary")
        corpus = Corpus(
            meta,
            np.load(folder / "tokens.npy", mmap_mode="r"),
            np.load(folder / "documents.npy"),
            vocabulary["words"],
            np.array(vocabulary["counts"], np.int64),
            [(first, second, score) for first, second, score in read("similarities")],
            {section: [(a, b, c, d) for a, b, c, d in rows] for section, rows in read("questions").items()},
        )
        # the compiled loop looks words up without checking: what is out of range must not reach it
        if corpus.tokens.max() >= len(corpus.words) or corpus.documents[-1] != len(corpus.tokens):
            raise ValueError("its parts do not fit together")
        return corpus
    except (OSError, ValueError, EOFError, KeyError, TypeError) as error:
        raise known.unreadable(name, error) from None
