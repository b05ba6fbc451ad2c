"""What the numbers say of getting stuck, and of what is said to help."""

from nnlabs.labs.rules.results import FAILS, HOLDS, PARTLY, Claim, Measured, Method
from nnlabs.labs.rules.settings import Settings
from nnlabs.labs.rules.words import NOTEBOOK, between, percent
from nnlabs.reporting.seeds import number
from nnlabs.reporting.sentences import counted

PROBLEMS = f"{NOTEBOOK} 7, problems and solutions: saddle points"


def stuck(m: Measured, s: Settings) -> Claim:
    """The first half, that starts get stuck, and the second, that each of three methods gets more of them through."""
    plain, *others = m.stuck.methods
    found = {each.name: m.differences[f"stuck.{each.name}"] for each in others}
    caught = [each for each in plain.solved if each < 1]
    measured = (
        f"XOR with two hidden units, {m.stuck.starts} starts, {counted(s.stuck.steps, 'step')}, every method at the "
        f"best of {len(s.stuck.rates)} rates: gradient descent gets all four corners right from {_solved(plain)} of "
        f"them. {_curvature(m)}"
    )
    told = [f"{each.name} {_solved(each)}, {between(found[each.name])}" for each in others]
    measured += f" From the same starts: {'; '.join(told)}."
    more = [each.above for each in found.values()]
    verdict = FAILS if not caught else HOLDS if all(more) else PARTLY
    return Claim(
        "saddle-points",
        "Optimisation may get stuck in saddle points and local minima. Solutions: momentum, Adam, stochastic gradient "
        "descent.",
        PROBLEMS,
        measured,
        verdict,
    )


def _solved(method: Method) -> str:
    """'43.0 % (rate 3)'."""
    return f"{percent(method.solved)} (rate {method.rate:g})"


def _curvature(m: Measured) -> str:
    """What the loss looks like where gradient descent ended with a corner wrong."""
    ends = m.stuck.ends
    if not ends.loss:
        return "It got stuck nowhere."
    return (
        f"In the {len(ends.loss)} others the gradient's norm is {number(max(ends.gradient))} at most at the end, and "
        f"the Hessian has an eigenvalue below 0, a way down as a saddle has one, in {ends.downhill or 'none'}; "
        f"elsewhere the loss is flat or rises in every direction."
    )
