"""What the numbers of a trained lab say: asked by ids, so that the sentences of a page can be guarded by it."""

from dataclasses import dataclass, replace
from functools import cached_property
from math import isnan

from nnlabs.evaluation.statistics import Comparison, compare
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.result import Result
from nnlabs.reporting.results import Question, Results
from nnlabs.reporting.sentences import (
    capital,
    emphasised,
    listed,
    percent,
    points,
    sentence,
    span,
    with_interval,
)


@dataclass(frozen=True)
class Findings:
    """A lab's results and all comparisons of its page, whose intervals hold together."""

    results: Results

    @cached_property
    def compared(self) -> dict[str, list[Comparison]]:
        """Every comparison, by the question that asks it: each variant against the question's first."""
        asked = {
            key: [(each.id, first.id) for each in others]
            for key, question in self.results.questions.items()
            if len(there := self.present(question)) > 1
            for first, *others in [there]
        }
        pairs = list(dict.fromkeys(pair for each in asked.values() for pair in each))
        samples = {key: result.sample for key, result in self.results.variants.items()}
        found = dict(zip(pairs, compare(samples, pairs), strict=True))
        return {key: [found[pair] for pair in each] for key, each in asked.items()}

    @property
    def together(self) -> int:
        """For how many comparisons every interval is adjusted."""
        return max((each.together for found in self.compared.values() for each in found), default=0)

    def present(self, question: Question) -> list[Result]:
        """The compared variants that params.yaml still has."""
        return [self.results.variants[key] for key in question.variants if key in self.results.variants]

    def there(self, *variants: str) -> bool:
        """Whether all of these have results."""
        return all(key in self.results.variants for key in variants)

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
        return found is not None and found.better

    def undecided(self, one: str, other: str) -> bool:
        """Whether the page compares them and cannot tell which is better."""
        found = self.pair(one, other)
        return found is not None and not found.found

    def difference(self, one: str, other: str) -> str:
        """'+3.0 points (95 % interval +1.8 to +4.3)'; empty where the page does not compare them."""
        found = self.pair(one, other)
        return "" if found is None else f"{points(found.difference)} points ({span(found)})"

    def verdict(self, one: str, other: str) -> str:
        """One comparison in a sentence; empty where the page does not compare them."""
        found = self.pair(one, other)
        return "" if found is None else self.judged(found)

    def judged(self, comparison: Comparison) -> str:
        """One comparison in a sentence; where neither variant learnt anything, that is all there is to say."""
        pair = [self.results.variants[key] for key in (comparison.variant, comparison.reference)]
        if any(self.learnt(each) for each in pair):
            return sentence(self.named(comparison))
        scores = " nor ".join(f"{emphasised(each.name)} ({with_interval(each.test, each.interval)} %)" for each in pair)
        return (
            f"This comparison decides nothing: neither {scores} is clearly above chance ({percent(self.chance)} %) "
            f"in test {self.results.score}."
        )

    def named(self, comparison: Comparison) -> Comparison:
        """The same with what readers see in place of ids."""
        one, other = (self.results.named(key) for key in (comparison.variant, comparison.reference))
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
        among = f"Of {len(self.results.variants)} variants " if len(self.results.variants) > 1 else ""
        said = (
            f"{among}{emphasised(top.name)} has the highest validation {score}; on the test images it reaches "
            f"{with_interval(top.test, top.interval)} %."
        )
        chance = "" if self.learnt(top) else f" That is not clearly above chance, {percent(self.chance)} %."
        return capital(said) + chance

    def answer(self) -> Answer:
        """What any lab can say of its question; one with a page of its own says it better."""
        if not self.results.variants:
            return Answer(("No variant of this lab is in params.yaml.",))
        top = self.results.best
        verdicts = [
            self.judged(each)
            for found in self.compared.values()
            for each in found
            if top is None or top.id in (each.variant, each.reference)
        ]
        return Answer((self.chosen(), *dict.fromkeys(verdicts)), "accuracy.svg", self.message())

    def message(self) -> str:
        """What the chart of all test scores shows, for those who do not see it."""
        ranked = sorted(self.results.variants.values(), key=lambda each: -each.test)
        ends = dict.fromkeys(f"{each.name} {percent(each.test, 1)} %" for each in (ranked[0], ranked[-1]))
        return f"Test {self.results.score}, highest and lowest: {listed([*ends])}"


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
