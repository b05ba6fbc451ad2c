"""What the page of `backprop` says, each sentence under a condition on the numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from nnlabs.labs.backprop.arithmetic import changed, four, symbol
from nnlabs.labs.backprop.printed import Line, Verdict
from nnlabs.labs.backprop.results import place
from nnlabs.labs.backprop.settings import Worked
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.seeds import number
from nnlabs.reporting.sentences import counted

COURSE = "the notebook *Week 6: Artificial neural networks*"


@dataclass(frozen=True)
class Judged:
    """An example beside what the course prints of it."""

    key: str
    title: str
    worked: Worked
    lr: float
    parameters: int
    loss_after: float | None
    lines: list[Line]

    @property
    def values(self) -> dict[str, float]:
        return {line.quantity.name: line.quantity.value for line in self.lines}


def answer(examples: Sequence[Judged]) -> Answer:
    shown = _shown(examples)
    sentences = (_passes(shown), _agreement(examples), _slips(examples), _limit(examples))
    return Answer(tuple(each for each in sentences if each), f"{shown.key}.svg", message(shown))


def _limit(examples: Sequence[Judged]) -> str:
    most = max(each.parameters for each in examples)
    return (
        f"These are fully connected networks of at most {most} parameters and one example each; for larger ones the "
        "formulas stay and the matrices grow, and how to train them well is another question."
    )


def _shown(examples: Sequence[Judged]) -> Judged:
    """The first example with a backward pass, or the first."""
    return next((each for each in examples if each.loss_after is not None), examples[0])


def _output(example: Judged) -> str:
    """The last layer's outputs, as they are printed."""
    last = f"a{len(example.worked.weights)}"
    found = [line.quantity.value for line in example.lines if line.quantity.name.partition("[")[0] == last]
    return ", ".join(four(each) for each in found)


def _passes(example: Judged) -> str:
    said = (
        "Forward, each layer multiplies, adds and applies its function: the network "
        f"{example.title} says {_output(example)}"
    )
    if example.loss_after is None:
        return said + "."
    return (
        f"{said} where {four(example.worked.y or 0.0)} is wanted. Backward, the chain rule carries the error to every "
        f"weight, and {change(example)}"
    )


def change(example: Judged) -> str:
    if example.loss_after is None:
        return ""
    before, after = example.values["L"], example.loss_after
    verb = "lowers" if after < before else "raises" if after > before else "leaves"
    told = f"from {changed(before, before - after)} to {changed(after, before - after)}"
    return (
        f"one step of {example.lr:g} against the gradient {verb} the loss {told if after != before else 'as it was'}."
    )


def _agreement(examples: Sequence[Judged]) -> str:
    return (
        f"All {len(every(examples))} numbers of {counted(len(examples), 'network')} agree with those of PyTorch's "
        f"autograd to {number(largest_error(examples))}."
    )


def _slips(examples: Sequence[Judged]) -> str:
    printed = sum(line.printed is not None for line in every(examples))
    slips, inherited = those(examples, "slip"), len(those(examples, "inherited"))
    if not printed:
        return ""
    if not slips:
        return f"None of {printed} values that {COURSE} prints is wrong."
    found = ", ".join(f"{named(line)} = {minus(line.printed or '')} should be {_exact(line)}" for line in slips)
    more = f", which {inherited} more inherit{'s' * (inherited == 1)}" if inherited else ""
    return f"Of {printed} values that {COURSE} prints {len(slips)} {_is(len(slips))}: {found}{more}."


def _is(count: int) -> str:
    return "is a slip" if count == 1 else "are slips"


def _exact(line: Line) -> str:
    """With as many digits as are printed."""
    return minus(f"{line.quantity.value:.{len((line.printed or '').partition('.')[2])}f}")


def message(example: Judged) -> str:
    if example.loss_after is None:
        return f"The network {example.title} with the values of its forward pass, which ends in {_output(example)}."
    return (
        f"The network {example.title}: forward to an output of {_output(example)} where "
        f"{four(example.worked.y or 0.0)} is wanted, backward a gradient for every weight."
    )


def every(examples: Sequence[Judged]) -> list[Line]:
    return [line for example in examples for line in example.lines]


def those(examples: Sequence[Judged], verdict: Verdict) -> list[Line]:
    return [line for line in every(examples) if line.verdict == verdict]


def largest_error(examples: Sequence[Judged]) -> float:
    found = [line.quantity for line in every(examples)]
    return max(abs(each.value - each.autograd) for each in found if each.autograd is not None)


def named(line: Line) -> str:
    return f"${symbol(place(line.quantity.name))}$"


def minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")
