"""Claims about seconds: they are held against what the runs recorded."""

from collections.abc import Sequence
from statistics import median

from nnlabs.reporting.claims.evidence import AbsentError, Evidence
from nnlabs.reporting.claims.verdicts import ANSWERED, FAILS, HOLDS, OPEN, Finding, together
from nnlabs.reporting.sentences import emphasised, listed


def _slower(evidence: Evidence, lab: str, slow: str, quick: str) -> tuple[str, str]:
    """Seconds of an epoch of two variants, and whether every run of one takes longer than every run of the other."""
    names = [each.name for each in evidence.variants(lab, slow, quick)]
    seconds = evidence.seconds(lab, slow, quick)
    told = [f"{median(each):.3g} s for {emphasised(name)}" for name, each in zip(names, seconds, strict=True)]
    return listed(told), _compared(*seconds)


def _compared(slow: Sequence[float], quick: Sequence[float]) -> str:
    return HOLDS if min(slow) > max(quick) else FAILS if max(slow) < min(quick) else OPEN


def sigmoid_costly(evidence: Evidence) -> Finding:
    """Of networks that differ in the activation alone, so most of an epoch is the same."""
    names = {"fashion-sigmoid": "the sigmoid", "fashion-tanh": "tanh", "fashion-medium": "ReLU"}
    seconds = dict(zip(names, evidence.seconds("fashion", *names), strict=True))
    told = [f"{median(seconds[key]):.3g} s with {name}" for key, name in names.items()]
    verdicts = [_compared(seconds[key], seconds["fashion-medium"]) for key in ("fashion-sigmoid", "fashion-tanh")]
    return Finding(
        f"an epoch of the same network takes {listed(told)} (medians of the runs){_alone(evidence)}",
        together(verdicts),
    )


def _alone(evidence: Evidence) -> str:
    """Where each function is timed without a network."""
    try:
        evidence.told("activations")
    except AbsentError:
        return ""
    return "; the functions alone: [activations](activations.md)"


def adam_adamax_speed(evidence: Evidence) -> Finding:
    told, verdict = _slower(evidence, "cars", "cars-adamax", "cars-adam")
    ended = {HOLDS: "every run of AdaMax is slower", FAILS: "every run of AdaMax is quicker"}.get(
        verdict, "the runs of both overlap"
    )
    return Finding(f"an epoch takes {told} (median of the runs); {ended}", ANSWERED)
