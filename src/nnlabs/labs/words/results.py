"""What learning word vectors left for the page."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """The text that was learned from, and the tests of its vectors."""

    documents: int
    words: int
    vocabulary: int
    min_count: int
    tokens: int
    """Words of the text that are in the vocabulary."""
    sha256: str
    """Of the documents, as the origin has them."""
    similarities: int
    """Pairs of words in WordSim-353."""
    questions: int
    """In questions-words."""


@dataclass(frozen=True)
class Spread:
    """A score over seeds."""

    mean: float
    interval: float | None
    """Half width of the 95 % interval of the mean; None of one seed."""
    per_seed: list[float]


@dataclass(frozen=True)
class Section:
    """Of questions-words."""

    section: str
    known: int
    """Questions of which the vocabulary has all four words."""
    right: Spread


@dataclass(frozen=True)
class Test:
    """A test that the vectors are put to."""

    known: int
    """Pairs or questions of which the vocabulary has all words."""
    all: int
    learned: Spread
    untrained: Spread


@dataclass(frozen=True)
class Near:
    """A word with its nearest, and their cosines."""

    word: str
    count: int
    """How often it stands in the text."""
    neighbours: list[tuple[str, float]]


@dataclass(frozen=True)
class Example:
    """An analogy with the answer, and the place of the expected one among all answers."""

    question: tuple[str, str, str, str]
    answer: str
    score: float
    rank: int | None
    """None where the expected answer is one of the question's own words, which have no place."""
    expected_score: float | None


@dataclass(frozen=True)
class Group:
    """Words of the map that get a colour."""

    group: str
    words: list[str]
    together: int
    """Those whose nearest on the map, by cosine, is one of the group."""


@dataclass(frozen=True)
class Results:
    text: Text
    pairs: list[int]
    """That each seed learned from."""
    fixed_pairs: int
    """That the loss is compared on."""
    untrained_loss: float
    """Of a pair, with vectors that know nothing."""
    similarity: Test
    """WordSim-353: Spearman's correlation."""
    analogies: Test
    """questions-words: the part that is answered rightly."""
    sections: list[Section]
    neighbours: list[Near]
    examples: list[Example]
    groups: list[Group]
    """Of the map, in the order of the array `map`."""
    explained: list[float]
    """The part of the variance that each of the map's two components explains."""
