"""What the numbers of a trained lab say: asked by ids, so that the sentences of a page can be guarded by it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import isnan

from nnlabs.evaluation.statistics import Comparison, compare_asked, with_first
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.result import Result
from nnlabs.reporting.results import Question, Results
from nnlabs.reporting.sentences import (
    counted,
    emphasised,
    excluded,
    listed,
    percent,
    points,
    sentence,
    span,
    with_interval,
)

FEW = 3
"""So many verdicts an answer tells one by one."""


@dataclass(frozen=True)
class Findings:
    """A lab's results and all comparisons of its page, whose intervals hold together."""

    results: Results

    @cached_property
    def compared(self) -> dict[str, list[Comparison]]:
        """Every comparison, by the question that asks it: each variant against the question's first, then its pairs.

        One whose single predictions were not kept is not compared: seeds alone would say too much.
        """
        known = {key: result for key, result in self.results.shown.items() if result.outcomes is not None}
        samples = {key: result.sample for key, result in known.items()}
        asked = {}
        for key, question in self.results.questions.items():
            there = [each.id for each in self.present(question) if each.id in known]
            asked[key] = [*with_first(there), *question.pairs]
        return compare_asked(samples, asked)

    @property
    def together(self) -> int:
        """For how many comparisons every interval is adjusted."""
        return max((each.together for found in self.compared.values() for each in found), default=0)

    def present(self, question: Question) -> list[Result]:
        """The compared variants that params.yaml still has; of a question of left-out ones, those that have results."""
        known = self.results.variants
        if all(key in self.results.switched for key in question.variants):
            known = self.results.shown
        return [known[key] for key in question.variants if key in known]

    def there(self, *variants: str) -> bool:
        """Whether all of these have results."""
        return all(key in self.results.shown for key in variants)

    def of(self, key: str) -> Result:
        return self.results.shown[key]

    def name(self, key: str) -> str:
        """What readers see of a variant, emphasised."""
        return emphasised(self.results.named(key))

    def reached(self, key: str, digits: int = 1) -> str:
        """'92.4 ± 0.6 %': test score with its interval over seeds and images."""
        return f"{with_interval(self.of(key).test, self.of(key).interval, digits)} %"

    def pair(self, one: str, other: str) -> Comparison | None:
        """The comparison of two variants, told of the first; None where the page has none."""
        for each in (each for found in self.compared.values() for each in found):
            if (each.variant, each.reference) == (one, other):
                return each
            if (each.variant, each.reference) == (other, one):
                return each.reversed
        return None

    def better(self, one: str, other: str) -> bool:
        """Whether the page finds the first better than the second."""
        found = self.pair(one, other)
        return found is not None and found.better and self.telling(found)

    def worse(self, one: str, other: str) -> bool:
        """Whether the page finds the first worse than the second."""
        return self.better(other, one)

    def undecided(self, one: str, other: str) -> bool:
        """Whether the page compares them and cannot tell which is better."""
        found = self.pair(one, other)
        return found is not None and not (found.found and self.telling(found))

    def difference(self, one: str, other: str) -> str:
        """'+3.0 points (95 % interval +1.8 to +4.3)'; empty where the page does not compare them."""
        found = self.pair(one, other)
        return "" if found is None else f"{points(found.difference)} points ({span(found)})"

    def verdict(self, one: str, other: str) -> str:
        """One comparison in a sentence; empty where the page does not compare them."""
        found = self.pair(one, other)
        return "" if found is None else self.judged(found)

    def beside(self, one: str, other: str) -> str:
        """How the first does beside the second: 'scores 0.83 points lower (95 % interval −1.20 to −0.45)'."""
        found = self.pair(one, other)
        if found is None or not found.decidable or not self.telling(found):
            return "cannot be judged from these runs"
        if not found.found:
            return f"cannot be told apart ({excluded(found)})"
        side = "higher" if found.better else "lower"
        return f"scores {percent(abs(found.difference))} points {side} ({span(found)})"

    def judged(self, comparison: Comparison) -> str:
        """One comparison in a sentence; where neither variant learnt anything, that is all there is to say."""
        if self.telling(comparison):
            return sentence(self.named(comparison))
        scores = " nor ".join(f"{self.name(key)} ({self.reached(key, 2)})" for key in _pair(comparison))
        return (
            f"This comparison decides nothing: neither {scores} is clearly above chance ({percent(self.chance)} %) "
            f"in test {self.results.score}."
        )

    def telling(self, comparison: Comparison) -> bool:
        """Whether either variant learnt anything; else their difference means nothing."""
        return any(self.learnt(self.of(key)) for key in _pair(comparison))

    def named(self, comparison: Comparison) -> Comparison:
        """The same with what readers see in place of ids."""
        one, other = (self.results.named(key) for key in _pair(comparison))
        return replace(comparison, variant=one, reference=other)

    @property
    def chance(self) -> float:
        """The score of a network that has learnt nothing: always the most frequent test class, or an even guess."""
        counts = self.results.pictured.confusion.sum(1)
        by_accuracy = self.results.score_key == "accuracy"
        return float(counts.max() / counts.sum()) if by_accuracy else 1 / len(counts)

    def learnt(self, result: Result) -> bool:
        """Whether a variant's test score is clearly above chance; of one seed, as far as test images go.

        The sampling error is the accuracy's, which serves for macro-F1 as well.
        """
        half = result.scores.sampling_error if isnan(result.interval) else result.interval
        return result.test - half > self.chance

    def chosen(self) -> str:
        """The variant chosen on validation, and what the test split then said of it."""
        top, score = self.results.best, self.results.score
        if top is None:
            return "No variant has validation figures, so none is chosen; test scores choose nothing."
        known = [each for each in self.results.variants.values() if each.validated]
        alike = [emphasised(each.name) for each in known if each.validation == top.validation]
        test = self.reached(top.id, 2) + (" (one seed)" if len(top.scores.seeds) == 1 else "")
        if len(known) == 1:
            said = f"{alike[0]} reaches {test} test {score}."
        elif len(alike) > 1:
            said = (
                f"{listed(alike)} have the same highest validation {score}; the first of them, {alike[0]}, reaches "
                f"{test} on the test images."
            )
        else:
            which = "" if len(known) == len(self.results.variants) else " that keep validation images"
            said = (
                f"Of {len(known)} variants{which}, {alike[0]} has the highest validation {score}; on the test images "
                f"it reaches {test}."
            )
        return said if self.learnt(top) else f"{said} That is not clearly above chance, {percent(self.chance)} %."

    def answer(self) -> Answer:
        """What any lab can say of its question; one with a page of its own says it better."""
        if not self.results.variants:
            return Answer(("No variant of this lab is in params.yaml.",))
        said, top = [self.chosen()], self.results.best
        if top is not None and self.learnt(top):
            others = [each for each in self.results.variants if self.pair(top.id, each) is not None]
            if len(others) <= FEW:
                said += [self.verdict(top.id, each) for each in others]
            else:
                said.append(self.tally(top.id, others))
        return Answer(tuple(said), "accuracy.svg", self.message())

    def tally(self, key: str, others: Sequence[str]) -> str:
        """How a variant compares with each of many others, in one sentence."""
        verdicts = {
            "is better than": [each for each in others if self.better(key, each)],
            "is worse than": [each for each in others if self.better(each, key)],
            "cannot be told from": [each for each in others if self.undecided(key, each)],
        }
        said = [f"{verdict} {listed([*map(self.name, keys)])}" for verdict, keys in verdicts.items() if keys]
        return f"{self.name(key)} {'; it '.join(said)}."

    def alone(self, key: str) -> str:
        """What there is to say of a variant that the page compares with none."""
        result = self.of(key)
        said = (
            f"{self.name(key)} reaches {self.reached(key, 2)} on the test images ({counted(len(result.scores.seeds))})"
        )
        whole = ""
        if not result.validated:
            whole = (
                " It learns from the validation images, too, so that its curve is of training and nothing was chosen "
                "by it."
            )
        return (
            f"{said}; it stands in no comparison of this page, so nothing is said of how it differs from others.{whole}"
        )

    def message(self) -> str:
        """What the chart of all test scores shows, for those who do not see it."""
        ranked = sorted(self.results.variants.values(), key=lambda each: -each.test)
        first, last = (f"{each.name} {percent(each.test, 1)} %" for each in (ranked[0], ranked[-1]))
        if len(ranked) == 1:
            return f"Test {self.results.score}: {first}"
        return f"Test {self.results.score} of {len(ranked)} variants, from {first} down to {last}"


def _pair(comparison: Comparison) -> tuple[str, str]:
    return comparison.variant, comparison.reference


def edges(results: Results) -> list[str]:
    """A sentence a variant whose kept learning rate is the smallest or largest of those tried."""
    said = []
    for result in results.shown.values():
        tried = sorted(result.tried)
        kept = result.scores.lr[0]
        if tried and kept in (tried[0], tried[-1]):
            which = "smallest" if kept == tried[0] else "largest"
            said.append(
                f"The rate kept for {emphasised(result.name)}, {kept:g}, is the {which} that was tried; "
                "beyond it may be a better one."
            )
    return said
