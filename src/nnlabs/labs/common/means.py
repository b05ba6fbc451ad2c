"""Differences of means over seeds, as results keep them: all that a page compares, at one level for all of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from nnlabs.evaluation.statistics import Sample, compare


@dataclass(frozen=True)
class Difference:
    """One mean less another, with its interval."""

    value: float
    half: float | None
    """Half width; None where too few seeds, or none that vary, leave it open."""

    @property
    def low(self) -> float | None:
        return None if self.half is None else self.value - self.half

    @property
    def high(self) -> float | None:
        return None if self.half is None else self.value + self.half

    @property
    def above(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.low is not None and self.low > 0

    @property
    def below(self) -> bool:
        return self.high is not None and self.high < 0


def differences(pairs: Mapping[str, tuple[Sample, Sample]]) -> dict[str, Difference]:
    """The first of each pair less the second, so that all intervals hold together."""
    samples = {f"{name} {i}": sample for name, pair in pairs.items() for i, sample in enumerate(pair)}
    found = compare(samples, [(f"{name} 0", f"{name} 1") for name in pairs])
    return {
        name: Difference(each.difference, each.interval if each.decidable else None)
        for name, each in zip(pairs, found, strict=True)
    }
