"""What the word vectors left for the page."""

from dataclasses import dataclass
from typing import Any

Question = tuple[str, str, str, str]
"""The first is to the second as the third to the fourth, which is the expected answer."""


@dataclass(frozen=True)
class Text:
    """What was learnt from, and the tests that learning never sees."""

    origin: str
    content: str
    """sha256 of all its documents."""
    documents: int
    words: int
    min_count: int
    """How often a word has to occur."""
    tokens: int
    """Words that do."""
    vocabulary: int
    tests: str
    """Their origin."""
    pairs: int
    """Of words whose likeness people judged."""
    questions: int

    @classmethod
    def of(cls, meta: dict[str, Any]) -> "Text":
        """What a prepared text says of itself."""
        tests = meta["tests"]
        return cls(
            origin=meta["origin"],
            content=meta["origin_content"]["documents"],
            documents=meta["documents"],
            words=meta["words"],
            min_count=meta["min_count"],
            tokens=meta["tokens"],
            vocabulary=meta["vocabulary"],
            tests=tests["origin"],
            pairs=tests["similarities"],
            questions=tests["questions"],
        )


@dataclass(frozen=True)
class Spread:
    """A score over the seeds."""

    mean: float
    interval: float | None
    """Half width of the 95 % interval of the mean; None of one seed."""
    per_seed: list[float]


@dataclass(frozen=True)
class Test:
    """A score before and after learning, over the seeds."""

    known: int
    """Of how many the vocabulary has all words: only these are asked."""
    all: int
    untrained: Spread
    trained: Spread


@dataclass(frozen=True)
class Section:
    """Questions of one kind."""

    name: str
    known: int
    trained: Spread


@dataclass(frozen=True)
class Neighbours:
    """A word with its nearest and their cosines."""

    word: str
    count: int
    """How often it occurs."""
    nearest: list[tuple[str, float]]


@dataclass(frozen=True)
class Example:
    """An analogy with its answer; rank and cosine of the expected one, None where it is a word of the question."""

    question: Question
    answer: str
    cosine: float
    rank: int | None
    expected_cosine: float | None


@dataclass(frozen=True)
class Group:
    """Words of the map that get one colour."""

    name: str
    words: list[str]


@dataclass(frozen=True)
class Map:
    groups: list[Group]
    """A list: the rows of the array `map` follow its words."""
    explained: tuple[float, float]
    """The part of the variance that each of the two components explains."""


@dataclass(frozen=True)
class Results:
    text: Text
    pairs: list[int]
    """How many are learnt from, a seed."""
    fixed_pairs: int
    """How many the loss is compared on."""
    untrained_loss: float
    """Of a pair, with vectors that know nothing."""
    similarity: Test
    """Spearman's correlation of the cosine of two words with people's judgement of their likeness."""
    similarity_by_choice: tuple[float, float]
    """The ends of the 95 % interval of the mean correlation for the choice of the pairs."""
    analogies: Test
    """The part of the questions that is answered rightly."""
    sections: list[Section]
    """The same, of each section."""
    neighbours: list[Neighbours]
    examples: list[Example]
    map: Map

    @property
    def seeds(self) -> int:
        """How many."""
        return len(self.pairs)
