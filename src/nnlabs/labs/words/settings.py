"""What `labs.words` of params.yaml may say: how vectors are learnt from a text, and what of them is shown."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from nnlabs.core.fields import Count, Frozen, Number, Rate, Seeds


def _apart(value: Any) -> Any:
    return value.split() if isinstance(value, str) else value


APART = BeforeValidator(_apart)
"""Words may be written as a text, one behind the other: a list would take a line for each."""


class Printed(Frozen):
    """A score that another program reached with the same text and these settings: a row of `reported.csv`."""

    tool: str
    version: str
    workers: str
    when: str
    dimensions: Number
    window: Number
    negatives: Number
    subsample: Rate
    lr: Rate
    epochs: Number
    vocabulary: Number
    test: Literal["similarity", "analogies"]
    seed: Number
    score: Number


class Settings(Frozen):
    dimensions: Count
    window: Count
    """Words to either side that a word is paired with at most; drawn anew from 1 to this for each word."""
    negatives: Count
    """Words drawn from the noise for each word; its pairs share them."""
    subsample: Rate
    """The part of all words from which on a word counts as frequent and is now and then left out."""
    epochs: Count
    lr: Rate
    """At the start; it falls linearly, to a ten-thousandth of itself."""
    seeds: Seeds
    neighbours: Annotated[tuple[str, ...], Field(min_length=1), APART]
    """Words whose nearest are listed, by the vectors of the first seed."""
    analogies: Annotated[tuple[Annotated[tuple[str, str, str, str], APART], ...], Field(min_length=1)]
    """Questions and expected answers that are shown: the first is to the second as the third to the fourth."""
    map: Annotated[dict[str, Annotated[tuple[str, ...], Field(min_length=1), APART]], Field(min_length=1, max_length=7)]
    """The words of the map, in groups that get a colour each."""
