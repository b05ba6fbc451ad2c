"""What `labs.words` of params.yaml may say: how vectors are learnt from a text, and what of them is shown."""

from typing import Annotated

from pydantic import Field

from nnlabs.core.fields import Count, Frozen, Rate, Seeds


class Settings(Frozen):
    dimensions: Count
    window: Count
    """Words to either side that a word is paired with at most; drawn anew from 1 to this for each word."""
    negatives: Count
    """Words drawn from the noise for each pair."""
    subsample: Rate
    """The part of all words from which on a word counts as frequent and is now and then left out."""
    epochs: Count
    lr: Rate
    """At the start; it falls linearly, to a ten-thousandth of itself."""
    seeds: Seeds
    neighbours: Annotated[tuple[str, ...], Field(min_length=1)]
    """Words whose nearest are listed, by the vectors of the first seed."""
    analogies: Annotated[tuple[tuple[str, str, str, str], ...], Field(min_length=1)]
    """Questions and expected answers that are shown: the first is to the second as the third to the fourth."""
    map: Annotated[dict[str, Annotated[tuple[str, ...], Field(min_length=1)]], Field(min_length=1, max_length=7)]
    """The words of the map, in groups that get a colour each."""
