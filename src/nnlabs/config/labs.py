"""The `labs` of params.yaml: questions, the defaults of their arms, and what is compared."""

from typing import Annotated, Any, Literal

from pydantic import Field

from nnlabs.core.fields import Count, Frozen, Number


class Comparison(Frozen):
    """Arms that differ in one thing, each compared with the first, paired by seed."""

    question: str
    arms: Annotated[tuple[str, ...], Field(min_length=2)]
    compared: str
    tuned: str
    fixed: str


class Reported(Frozen):
    """A figure that a source printed, to stand beside ours."""

    what: str
    variant: str
    split: Literal["train", "validation", "test"]
    metric: Literal["accuracy", "loss"]
    value: Number
    """Accuracies in percent."""
    epoch: Count | None = None
    """Of our run, to compare with; the best epoch where absent."""
    class_name: str | None = None


class Lab(Frozen):
    title: str
    question: str
    dataset: str
    text: str
    """What the page says of setup and background, in Markdown."""
    defaults: dict[str, Any]
    """Fields of `Training` for every arm of the lab."""
    score: Literal["accuracy", "macro_f1"] = "accuracy"
    """What curves, dots and comparisons show, and what the best arm has most of on validation. Epochs and learning
    rates are chosen by validation accuracy in any case."""
    comparisons: dict[str, Comparison] = Field(default={})
    reported: tuple[Reported, ...] = ()
