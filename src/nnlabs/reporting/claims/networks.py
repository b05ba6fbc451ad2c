"""Claims that trained networks decide, by their test scores."""

from statistics import mean
from typing import Any

from nnlabs.evaluation.statistics import Comparison
from nnlabs.reporting.claims.evidence import AbsentError, Evidence
from nnlabs.reporting.claims.verdicts import (
    FAILS,
    HOLDS,
    OPEN,
    PARTLY,
    UNTESTED,
    Finding,
    compared,
    compared_by_seed,
    ends,
    higher,
    said,
    together,
    whether,
)
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.result import Result
from nnlabs.reporting.sentences import counted, emphasised, listed, percent, points, with_interval

MUCH = 0.1
"""A tenth of all images, or of what is known of them."""
LITTLE = 0.01
"""A difference of a point."""


def _better(evidence: Evidence, lab: str, one: str, other: str) -> Finding:
    ours, theirs = evidence.variants(lab, one, other)
    found = _pair(evidence, lab, ours, theirs)
    return Finding(f"test {evidence.trained(lab).score}: {said(found, ours.name, theirs.name)}", higher(found))


def _pair(evidence: Evidence, lab: str, ours: Result, theirs: Result) -> Comparison:
    """As the lab's page has it, adjusted for the comparisons of that page; else by themselves."""
    found = Findings(evidence.trained(lab)).pair(ours.id, theirs.id)
    return found or compared([(ours, theirs)])[0]


def tanh_better(evidence: Evidence) -> Finding:
    found = _better(evidence, "fashion", "fashion-tanh", "fashion-sigmoid")
    return Finding(f"{found.measured}; which of its properties is the reason is not measured", found.verdict)


def cnn_better(evidence: Evidence) -> Finding:
    return _better(evidence, "cifar10", "cifar10-cnn", "cifar10-mlp")


def structure_unused(evidence: Evidence) -> Finding:
    """An MLP learns as much from shuffled pixels, which is to know nothing of structure; and a CNN is better."""
    shuffled, ordered = evidence.variants("cifar10", "cifar10-mlp-shuffled", "cifar10-mlp-ordered")
    found, better = _pair(evidence, "cifar10", shuffled, ordered), cnn_better(evidence)
    return Finding(
        f"with the pixels of every image shuffled in the same way {said(found, shuffled.name, ordered.name)}; "
        f"{better.measured}",
        together([_no_less(found), better.verdict]),
    )


def structure_used(evidence: Evidence) -> Finding:
    """Shuffled pixels cost a CNN much, and an MLP nothing."""
    keys = ("cnn-shuffled", "cnn-ordered", "mlp-shuffled", "mlp-ordered")
    cnn, cnn_ordered, mlp, mlp_ordered = evidence.variants("cifar10", *(f"cifar10-{key}" for key in keys))
    found, other = (_pair(evidence, "cifar10", *each) for each in ((cnn, cnn_ordered), (mlp, mlp_ordered)))
    return Finding(
        f"with the pixels of every image shuffled in the same way {said(found, cnn.name, cnn_ordered.name)}, "
        f"{said(other, mlp.name, mlp_ordered.name)}",
        together([higher(found.reversed), _no_less(other)]),
    )


def _no_less(comparison: Comparison) -> str:
    """The verdict of 'this one is as good': worse by less than matters, with its whole interval."""
    if not comparison.decidable:
        return OPEN
    return HOLDS if comparison.low > -LITTLE else FAILS if comparison.high < -LITTLE else OPEN


def far_better(evidence: Evidence) -> Finding:
    return _better(evidence, "cifar10", "cifar10-strong", "cifar10-cnn")


def cifar_mlp(evidence: Evidence) -> Finding:
    """'Unsatisfactory' is no number; that another network does better with the same images is one."""
    (mlp,) = evidence.variants("cifar10", "cifar10-mlp")
    other = _better(evidence, "cifar10", "cifar10-cnn", "cifar10-mlp")
    return Finding(
        f"{emphasised(mlp.name)} gets {with_interval(mlp.test, mlp.interval)} % of the test images right; "
        f"{other.measured}",
        other.verdict,
    )


def objects_move(evidence: Evidence) -> Finding:
    """Moving the test images costs the MLP much, and a larger part of what it knows than it costs a CNN."""
    mlp, cnn = evidence.variants("cifar10", "cifar10-mlp-ordered", "cifar10-cnn-ordered")
    told, fallen = [], {}
    for each in (mlp, cnn):
        pixels, before, after = _moved(each)
        told.append(f"{emphasised(each.name)} goes from {percent(mean(before), 1)} to {percent(mean(after), 1)} %")
        chance = 1 / len(each.scores.data["classes"])
        fallen[each.id] = {
            seed: (one - other) / (one - chance)
            for seed, one, other in zip(each.scores.seeds, before, after, strict=True)
        }
    more = compared_by_seed(fallen[mlp.id], fallen[cnn.id])
    shares = [f"{percent(mean(fallen[each.id].values()), 0)} %" for each in (mlp, cnn)]
    low, high = (points(each, 0) for each in ends(more))
    return Finding(
        f"test images moved by {pixels} pixels, trained on unmoved ones: {listed(told)}; of what it knows beyond "
        f"guessing the first loses {shares[0]}, the second {shares[1]} (95 % interval of the difference {low} to "
        f"{high} points, {counted(more.seeds)})",
        together([whether(min(fallen[mlp.id].values()) > MUCH), higher(more)]),
    )


def mnist_preprocessing(evidence: Evidence) -> Finding:
    """MNIST's digits are centred and of one size: what an MLP that learned from them makes of moved ones."""
    (mlp,) = evidence.variants("digits", "digits-mlp-plain")
    pixels, before, after = _moved(mlp)
    lost = [one - other for one, other in zip(before, after, strict=True)]
    return Finding(
        f"of {_shifts(mlp)['images']:,} test images {emphasised(mlp.name)} gets {percent(mean(before), 1)} % right as "
        "they are, centred, "
        f"and {percent(mean(after), 1)} % where they are moved by {pixels} pixels ({counted(len(lost))}); what the "
        "simple structure does is not measured",
        PARTLY if min(lost) > MUCH else FAILS,
    )


def _moved(result: Result) -> tuple[int, list[float], list[float]]:
    """The furthest shift of test images, and accuracy without it and with it, a seed each."""
    known = _shifts(result)
    return known["pixels"][-1], [each[0] for each in known["accuracy"]], [each[-1] for each in known["accuracy"]]


def _shifts(result: Result) -> dict[str, Any]:
    if not result.scores.shifts:
        raise AbsentError(f"the images of `{result.id}` were not moved")
    return result.scores.shifts


def size_between(evidence: Evidence) -> Finding:
    """No size beyond that of the input may be found better than the best one between."""
    measured = evidence.computed("rules")[0]["measured"]
    right = {each["units"]: mean(each["validation"]) for each in measured["widths"]}
    beyond = [units for units in right if units > measured["inputs"]]
    inside = measured["rules"]["two-thirds"]
    if not beyond or not measured["classes"] <= inside <= measured["inputs"]:
        raise AbsentError("the lab `rules` has no size beyond that of the input")
    outside = max(beyond, key=lambda units: right[units])
    found = measured["differences"][f"size.two-thirds.{outside}"]
    told = (
        f"{outside:,} units, more than the {measured['inputs']:,} inputs, have {percent(right[outside], 1)} % of the "
        f"validation images right, {inside:,}, between, {percent(right[inside], 1)} %"
    )
    if found["half"] is None:
        return Finding(told, OPEN)
    low, high = found["value"] - found["half"], found["value"] + found["half"]
    told += f" (95 % interval of the difference {points(low, 1)} to {points(high, 1)} points)"
    return Finding(told, FAILS if low > 0 else HOLDS if high < LITTLE else OPEN)


def mlp_parameters(evidence: Evidence) -> Finding:
    """Two MLPs, so that kind is not what differs: with more parameters a larger gap between training and validation.

    A larger gap is no harm by itself: only a lower score is overfitting in the sense of the sources.
    """
    large, small = evidence.variants("digits", "digits-mlp-wide", "digits-mlp-plain")
    found, scores = compared_by_seed(_gaps(large), _gaps(small)), _pair(evidence, "digits", large, small)
    told = [
        f"{emphasised(each.name)} has {each.scores.parameters:,} parameters, and at the kept epoch its training less "
        f"its validation {each.score} is {points(mean(_gaps(each).values()))} points"
        for each in (large, small)
    ]
    low, high = (points(each) for each in ends(found))
    wider = together([whether(large.scores.parameters > small.scores.parameters), higher(found)])
    return Finding(
        f"{'; '.join(told)} (95 % interval of the difference of the two {low} to {high}, {counted(found.seeds)}); on "
        f"the test images {said(scores, large.name, small.name)}",
        PARTLY if wider == HOLDS and higher(scores) != FAILS else wider,
    )


def _gaps(result: Result) -> dict[int, float]:
    """Training score less validation score at the kept epoch of each seed."""
    _of_all_images(result)
    rows = result.at_kept()
    gaps = rows[f"train_{result.score}"] - rows[f"validation_{result.score}"]
    return dict(zip(map(int, rows["seed"]), map(float, gaps), strict=True))


def freezing(evidence: Evidence) -> Finding:
    """As good as training all of it, or better."""
    none, some, every = evidence.variants("dogs", "dogs-none", "dogs-some", "dogs-all")
    first, all_of_it = (_pair(evidence, "dogs", each, none) for each in (some, every))
    told = f"test accuracy: {said(first, some.name, none.name)}; {said(all_of_it, every.name, none.name)}"
    return Finding(told, higher(first))


def run_4(evidence: Evidence) -> Finding:
    """The best of the grid on training and on test: no other may be found better."""
    results = evidence.trained("objects3")
    (ours,) = evidence.variants("objects3", "objects3-lr0p001-h50-b32")
    others = [each for each in results.variants.values() if each is not ours]
    if not others:
        raise AbsentError("this report has no other variant of the grid")
    places = [1 + sum(of(each) > of(ours) for each in others) for of in (_running, _test)]
    every = [(_pair(evidence, "objects3", each, ours), each) for each in others]
    better = [each for each in every if higher(each[0]) == HOLDS]
    found, top = max(better or every, key=lambda each: each[0].difference)
    told = (
        f"of {1 + len(others)} variants it is number {places[0]} on training and number {places[1]} on test images; "
        f"{len(better) or 'none'} of the others {'is' if len(better) < 2 else 'are'} found better on test, and "
        f"{said(found, top.name, ours.name)}"
    )
    first = set(places) == {1} and all(higher(each) == FAILS for each, _ in every)
    verdict = FAILS if better else HOLDS if first else OPEN
    if results.data["edition"] != "original":
        told += "; all of that on other classes than the source's, which stand in for them"
        verdict = OPEN
    return Finding(told, verdict)


def _running(result: Result) -> float:
    _of_all_images(result)
    return result.running


def _of_all_images(result: Result) -> None:
    """Training scores of hard images alone are compared with no others."""
    if result.picked:
        raise AbsentError(f"of `{result.id}` there are no training scores of all images")


def _test(result: Result) -> float:
    return result.test


def adam_or_adamax(evidence: Evidence) -> Finding:
    adamax, adam = evidence.variants("cars", "cars-adamax", "cars-adam")
    found = _pair(evidence, "cars", adamax, adam)
    decided = higher(found)
    stand_in = "; on other pictures than the source's" * (evidence.trained("cars").data["edition"] != "original")
    told = f"test {evidence.trained('cars').score}: {said(found, adamax.name, adam.name)}"
    if decided == OPEN and found.interval > 0:
        furthest = max(map(abs, ends(found)))
        told += f"; a difference of more than {percent(furthest)} points is excluded, a smaller one is not"
        return Finding(told + stand_in, HOLDS)
    return Finding(told + stand_in, OPEN if decided == OPEN else FAILS)


def afhq_size(evidence: Evidence) -> Finding:
    data = evidence.trained("animals").data
    if data["edition"] != "original":
        return Finding("this report's animals are CIFAR-10's, which stand in for AFHQ", UNTESTED)
    images = sum(data["sizes"].values())
    return Finding(f"{images:,} images in the folders, after identical ones were dropped", whether(images == 16130))
