"""A prepared text: the form of its `data/<name>`, written and read here alone.

Mapped numbers of words, where each document begins, the vocabulary, and the tests that vectors of its words are put to.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.core import npy, paths
from nnlabs.core.files import replaced
from nnlabs.data import meta as known

TEXTS = ("vocabulary", "similarities", "questions")
"""Its parts that are no arrays, a JSON file each."""


@dataclass(frozen=True)
class Corpus:
    """A text of n words in d documents, over a vocabulary of v words."""

    meta: dict[str, Any]
    """All but `content`, the hashes of the parts, which `write` adds."""
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
    told = {
        "vocabulary": {"words": corpus.words, "counts": corpus.counts.tolist()},
        "similarities": corpus.similarities,
        "questions": corpus.questions,
    }
    texts = {part: json.dumps(told[part], sort_keys=True, ensure_ascii=False).encode() + b"\n" for part in TEXTS}
    arrays: dict[str, NDArray[Any]] = {"tokens": corpus.tokens, "documents": corpus.documents}
    content = {part: hashlib.sha256(each).hexdigest() for part, each in texts.items()}
    content |= {part: hashlib.sha256(each.data).hexdigest() for part, each in arrays.items()}
    with replaced(paths.dataset(name)) as folder:
        for part, array in arrays.items():
            np.save(folder / f"{part}.npy", array)
        for part, text in texts.items():
            (folder / f"{part}.json").write_bytes(text)
        known.write(folder, corpus.meta | {"content": content})


def load(name: str) -> Corpus:
    """Open a prepared text.

    Raises
    ------
    UserError
        Where it is missing, incomplete or has changed, naming the stage that makes it.
    """
    folder, meta = paths.dataset(name), known.read(name)
    try:
        tokens, documents = npy.mapped(folder / "tokens.npy", "r"), npy.mapped(folder / "documents.npy", "r")
        texts = {part: (folder / f"{part}.json").read_bytes() for part in TEXTS}
        # the compiled loop looks words up without checking: what is out of range must not reach it
        known.check(meta, "tokens", tokens)
        known.check(meta, "documents", documents)
        for part, text in texts.items():
            known.check(meta, part, text)
    except (OSError, ValueError) as error:
        raise known.unreadable(name, error) from None
    vocabulary, similarities, questions = (json.loads(texts[part]) for part in TEXTS)
    return Corpus(
        meta,
        tokens,
        np.array(documents),
        vocabulary["words"],
        np.array(vocabulary["counts"], np.int64),
        [(first, second, score) for first, second, score in similarities],
        {section: [(a, b, c, d) for a, b, c, d in rows] for section, rows in questions.items()},
    )
