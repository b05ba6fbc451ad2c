"""From an origin's documents to numbered words, with the tests that their vectors are put to."""

import re
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.core.errors import UserError, shortened
from nnlabs.data import corpus
from nnlabs.data.catalogue import origins
from nnlabs.data.catalogue.kinds import Text
from nnlabs.data.catalogue.words import WORD_TESTS
from nnlabs.data.corpus import Corpus
from nnlabs.data.fetch import fetch
from nnlabs.data.layouts import BETWEEN
from nnlabs.data.settings import TextSettings

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
"""Letters, and an apostrophe between letters; digits and punctuation only separate."""


def make(name: str, settings: TextSettings, edition: str, *, sample: bool) -> dict[str, Any]:
    """Write `data/<name>`; return a record of who served its text and the tests. A sample of a text is all of it.

    Raises
    ------
    UserError
        Where no source serves the text or the tests, or too few words are left.
    """
    origin = origins.origin(settings.origin)
    assert isinstance(origin, Text)  # for the type checker: the origin's kind says who makes it
    text, served = fetch(origin)
    tests, tests_served = fetch(WORD_TESTS)
    documents = [words(document) for document in text["documents"].tobytes().decode().split(BETWEEN.decode())]
    vocabulary = count(documents, settings.min_count)
    if len(vocabulary) < 2:
        raise UserError(
            f"params.yaml: datasets.{name}.min_count: {settings.min_count} found, which leaves {len(vocabulary)} words "
            f"of {origin.name}; choose a smaller one"
        )
    tokens, starts = number(documents, list(vocabulary))
    similarities = read_similarities(tests["wordsim353"].tobytes().decode())
    questions = read_questions(tests["questions_words"].tobytes().decode())
    meta = {
        "dataset": name,
        "edition": edition,
        "origin": origin.name,
        "documents": len(documents),
        "words": sum(map(len, documents)),
        "min_count": settings.min_count,
        "tokens": len(tokens),
        "vocabulary": len(vocabulary),
        "origin_content": origin.content,
        "tests": {
            "origin": WORD_TESTS.name,
            "similarities": len(similarities),
            "questions": sum(map(len, questions.values())),
            "origin_content": WORD_TESTS.content,
        },
    }
    counts = np.array(list(vocabulary.values()), np.int64)
    corpus.write(name, Corpus(meta, tokens, starts, list(vocabulary), counts, similarities, questions))
    return served | {"tests": tests_served}


def words(document: str) -> list[str]:
    """A document's words, in lower case; a typographic apostrophe is an apostrophe."""
    return WORD.findall(document.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))


def count(documents: list[list[str]], min_count: int) -> dict[str, int]:
    """How often each word occurs, from the most frequent on, the alphabet deciding ties."""
    counted = Counter(word for document in documents for word in document)
    kept = [(word, n) for word, n in counted.items() if n >= min_count]
    return dict(sorted(kept, key=lambda pair: (-pair[1], pair[0])))


def number(documents: list[list[str]], vocabulary: list[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """All documents' words as places in the vocabulary, others left out; and where each document starts.

    The second array has one entry more than there are documents: the end of the last.
    """
    place = {word: i for i, word in enumerate(vocabulary)}
    kept = [[place[word] for word in document if word in place] for document in documents]
    tokens = np.array([token for document in kept for token in document], np.uint32)
    return tokens, np.cumsum([0, *map(len, kept)], dtype=np.int64)


def read_similarities(text: str) -> list[tuple[str, str, float]]:
    """WordSim-353: two words in lower case and their likeness, 0 to 10, mean of the judges.

    Raises
    ------
    UserError
        Naming the first line that has another form.
    """
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if line and not line.startswith("#"):
            try:
                first, second, score = line.split("\t")
                rows.append((first.lower(), second.lower(), float(score)))
            except ValueError:
                raise _odd("wordsim353", number, line, "two words and a number with tabs between them") from None
            if not 0 <= rows[-1][-1] <= 10:
                raise _odd("wordsim353", number, line, "a number from 0 to 10")
    return rows


def read_questions(text: str) -> dict[str, list[tuple[str, str, str, str]]]:
    """questions-words: in each section, four words in lower case, the last of them the answer.

    Raises
    ------
    UserError
        Naming the first line that has another form.
    """
    sections: dict[str, list[tuple[str, str, str, str]]] = {}
    section = None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(":"):
            section = sections.setdefault(line[1:].strip(), [])
            continue
        try:
            first, second, third, fourth = line.lower().split()
        except ValueError:
            raise _odd("questions-words", number, line, "four words") from None
        if section is None:
            raise _odd("questions-words", number, line, "a section, `: name`, before any words")
        section.append((first, second, third, fourth))
    return sections


def _odd(what: str, number: int, line: str, needed: str) -> UserError:
    return UserError(f"{what}, line {number}: {shortened(line)!r} found; needed: {needed}")
