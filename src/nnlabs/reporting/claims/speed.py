"""Claims about seconds: they are held against what the runs recorded."""

from statistics import median

from nnlabs.reporting.claims.evidence import Evidence
from nnlabs.reporting.claims.verdicts import ANSWERED, FAILS, HOLDS, OPEN, Finding, together
from nnlabs.reporting.sentences import emphasised, listed


def _slower(evidence: Evidence, lab: str, slow: str, quick: str) -> tuple[str, str]:
    """Seconds of an epoch of two variants, and whether every run of one takes longer than every run of the other."""
    names = [each.name for each in evidence.variants(lab, slow, quick)]
    seconds = evidence.seconds(lab, slow, quick)
    told = [f"{median(each):.3g} s for {emphasised(name)}" for name, each in zip(names, seconds, strict=True)]
    one, other = seconds
    verdict = HOLDS if min(one) > max(other) else FAILS if max(one) < min(other) else OPEN
    return listed(told), verdict


def sigmoid_costly(evidence: Evidence) -> Finding:
    found = [_slower(evidence, "fashion", f"fashion-{each}", "fashion-medium") for each in ("sigmoid", "tanh")]
    return Finding(
        f"an epoch takes {'; '.join(each for each, _ in found)} (median of the runs)",
        together([each for _, each in found]),
    )


def adam_adamax_speed(evidence: Evidence) -> Finding:
    told, verdict = _slower(evidence, "cars", "cars-adamax", "cars-adam")
    ended = {HOLDS: "every run of AdaMax is slower", FAILS: "every run of AdaMax is quicker"}.get(
        verdict, "the runs of both overlap"
    )
    return Finding(f"an epoch takes {told} (median of the runs); {ended}", ANSWERED)
