"""What the numbers say of each rule of thumb, in words: a verdict follows from the numbers alone.

All claims are from one lecture notebook; quotations are translated, in the words of `reporting/claims/claims.yaml`.
"""

from statistics import mean

from nnlabs.labs.common.means import Difference
from nnlabs.labs.rules.results import FAILS, HOLDS, OPEN, Claim, Measured, Scale, Trained, Width
from nnlabs.labs.rules.settings import Settings
from nnlabs.labs.rules.stuck_claim import stuck
from nnlabs.labs.rules.words import NOTEBOOK, between, middle, of_seeds, percent, signed
from nnlabs.reporting.seeds import number
from nnlabs.reporting.sentences import counted

ACTIVATIONS = f"{NOTEBOOK} 2, activation functions"
SIZES = f"{NOTEBOOK} 6, choosing an architecture: units in a layer"
WIDE = f"{NOTEBOOK} 6, width against depth"
WEIGHTS = f"{NOTEBOOK} 6, initial weights"
EXPLODING = f"{NOTEBOOK} 7, problems and solutions: exploding gradients"
MATTERS = 0.01
"""A difference of accuracies that matters: one point."""
VANISHED, EXPLODED = 1e-2, 1e2
"""A gradient this much smaller or larger than with He's weights."""
MANY = 0.1
"""Of all outputs, so many zeros are many."""
NAMES = {"relu": "ReLU", "leaky_relu": "leaky ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}


def claims(m: Measured, s: Settings) -> list[Claim]:
    """In the order of the page."""
    return [
        _dying(m, s),
        _leaky_mends(m, s),
        _leaky_gains(m, s),
        _faster(m, "tanh-over-sigmoid", "tanh", ["sigmoid"], "Centred on zero (better for hidden layers)."),
        _faster(
            m,
            "relu-fast",
            "relu",
            ["sigmoid", "tanh"],
            "Hidden layers: ReLU, leaky ReLU. Reason: they are fast and solve the problem of vanishing gradients.",
        ),
        _sparse(m),
        _equal(m, s),
        _scaled(m, s, "small-weights", m.scales[0], "Weights that are too small: vanishing gradients."),
        _scaled(m, s, "large-weights", m.scales[-1], "Weights that are too large: exploding gradients."),
        _clipping(m, s),
        stuck(m, s),
        _rule(m, "two-thirds", "The rule of 2/3: n = 2/3 (inputs + outputs)."),
        _rule(m, "root", "The rule of the square root: n = √(inputs · outputs)."),
        _wide(m),
    ]


# ---------------------------------------------------------------- activations


def _dying(m: Measured, s: Settings) -> Claim:
    low, high = s.rates[0], s.rates[-1]
    rate, bias = m.differences["dead.rate"], m.differences["dead.bias"]
    closed = m.of("relu", low, s.bias)
    measured = (
        f"After {counted(s.steps, 'step')} of Adam {percent(m.of('relu', low).dead)} of the ReLU units are 0 for "
        "every training "
        f"image at rate {low:g}, {percent(m.of('relu', high).dead)} at rate {high:g}: {between(rate)}. "
        f"Biases that start at {signed(s.bias)} in place of 0 make it {percent(closed.dead)} at rate {low:g}: "
        f"{between(bias)}."
    )
    verdict = HOLDS if rate.above or bias.above else FAILS if _excluded(rate) and _excluded(bias) else OPEN
    return Claim(
        "dying-relu",
        "The problem of dying neurons: neurons with negative inputs stop learning.",
        f"{ACTIVATIONS}: ReLU",
        measured,
        verdict,
    )


def _excluded(difference: Difference) -> bool:
    """Whether the interval leaves no room for a gain that matters."""
    return difference.high is not None and difference.high < MATTERS


def _leaky_mends(m: Measured, s: Settings) -> Claim:
    high, found = s.rates[-1], m.differences["leaky.high"]
    ours, theirs = m.of("leaky_relu", high), m.of("relu", high)
    measured = (
        f"Where most ReLU units die, at rate {high:g}, leaky ReLU has {percent(ours.accuracy)} of the validation "
        "images right, "
        f"ReLU {percent(theirs.accuracy)}: {between(found)}. "
        f"{percent(ours.dead)} of its units end negative for every image, too, but a slope of 0.01 still moves them."
    )
    if mean(theirs.dead) <= 0.5:
        measured = measured.replace("Where most ReLU units die, at", "At")
    verdict = HOLDS if found.above else FAILS if _excluded(found) else OPEN
    return Claim("leaky-mends", "Solves the problem of dying neurons.", f"{ACTIVATIONS}: leaky ReLU", measured, verdict)


def _leaky_gains(m: Measured, s: Settings) -> Claim:
    low, found = s.rates[0], m.differences["leaky.low"]
    measured = (
        f"At rate {low:g}: leaky ReLU {percent(m.of('leaky_relu', low).accuracy)} of the validation images right, ReLU "
        f"{percent(m.of('relu', low).accuracy)}: {between(found)}."
    )
    verdict = OPEN if found.half is None else FAILS if found.above else HOLDS  # the claim is that it may not show
    return Claim(
        "leaky-not-always",
        "Its empirical advantages are not always significant.",
        f"{ACTIVATIONS}: leaky ReLU",
        measured,
        verdict,
    )


def _faster(m: Measured, key: str, one: str, others: list[str], claim: str) -> Claim:
    """Steps to the same loss, each function at the rate that suits it best of those tried."""
    best = m.best(one)
    said = [f"{NAMES[each]} {_steps(m.best(each))}" for each in (one, *others)]
    found = [m.differences.get(f"steps.{one}-{other}") for other in others]
    measured = f"Steps to the same training loss, each at its own best rate: {', '.join(said)}."
    for other, each in zip(others, found, strict=True):
        if each:
            measured += f" {NAMES[one]} less {NAMES[other]}: {between(each, 'steps', 1.0)}."
    if accuracy := m.differences.get(f"accuracy.{one}-{others[0]}"):
        right = f"{percent(best.accuracy)} against {percent(m.best(others[0]).accuracy)}"
        measured += f" Right on validation: {right}, {between(accuracy)}."
    if all(each and each.below for each in found):
        verdict = HOLDS
    elif any(each and each.above for each in found):
        verdict = FAILS
    else:
        verdict = OPEN
    where = "tanh" if one == "tanh" else "which to choose"
    return Claim(key, claim, f"{ACTIVATIONS}: {where}", measured, verdict)


def _sparse(m: Measured) -> Claim:
    """Zeros alone: leaky ReLU has a hundredth of the input where ReLU has 0, and is the same function elsewhere."""
    relu, leaky = m.best("relu"), m.best("leaky_relu")
    found = m.differences.get("steps.relu-leaky_relu")
    measured = (
        f"Of the outputs of hidden units {percent(relu.zeros)} are exactly 0 with ReLU, {percent(leaky.zeros)} with "
        "leaky ReLU, which has a hundredth of the input there and is the same function elsewhere. Steps to the same "
        f"training loss, each at its own best rate: ReLU {_steps(relu)}, leaky ReLU {_steps(leaky)}."
    )
    if found:
        measured += f" ReLU less leaky ReLU: {between(found, 'steps', 1.0)}."
    many = mean(relu.zeros) > MANY > mean(leaky.zeros)
    verdict = OPEN if not found or not many else HOLDS if found.below else FAILS if found.above else OPEN
    return Claim(
        "relu-sparse",
        "Sparseness (many zeros) makes learning more efficient.",
        f"{ACTIVATIONS}: ReLU",
        measured,
        verdict,
    )


def _steps(trained: Trained) -> str:
    known = [each for each in trained.reached if each is not None]
    if not known:
        return f"never (rate {trained.rate:g})"
    missing = len(trained.reached) - len(known)
    return f"{mean(known):.0f} (rate {trained.rate:g}{f'; {counted(missing)} never' if missing else ''})"


# ---------------------------------------------------------------- initial weights, clipping


def _equal(m: Measured, s: Settings) -> Claim:
    seeds, same = len(m.equal.apart), sum(each < 1e-3 for each in m.equal.apart)
    largest = max(m.equal.apart)
    how = (
        f"differ by {number(largest)} of the largest weight at most" if largest else "are still equal to the last digit"
    )
    measured = (
        f"{s.hidden} hidden units whose weights all start at {s.equal:g} {how} after {counted(s.steps, 'step')}, and "
        f"{percent(m.equal.accuracy)} of the validation images "
        f"come out right; from random weights they differ by {number(min(m.random.apart))} or more, and "
        f"{percent(m.random.accuracy)} come out right."
    )
    verdict = HOLDS if same == seeds else FAILS if not same else OPEN
    return Claim(
        "equal-weights", "All weights equal: symmetry, neurons do not become different.", WEIGHTS, measured, verdict
    )


def _scaled(m: Measured, s: Settings, key: str, scale: Scale, claim: str) -> Claim:
    he, seeds = middle(m.scales[1].gradient), len(scale.gradient)
    small = key == "small-weights"
    ratios = [(float("inf") if each is None else each) / he for each in scale.gradient]
    gone = sum(each <= VANISHED if small else each >= EXPLODED for each in ratios)
    ends = (
        f"the loss goes from {number(middle(scale.first))} to {number(middle(scale.last))}"
        if scale.ended == seeds
        else f"numbers overflow in {of_seeds(seeds - scale.ended, seeds)}"
    )
    measured = (
        f"In {counted(s.deep.layers, 'layer')} of ReLU with {scale.factor:g} times He's weights the first layer's "
        "gradient has "
        f"{number(middle(scale.gradient) / he)} times the norm that it has with He's, and {ends}; with He's the loss "
        "goes from "
        f"{number(middle(m.scales[1].first))} to {number(middle(m.scales[1].last))} (medians)."
    )
    verdict = HOLDS if gone == seeds else FAILS if not gone else OPEN
    return Claim(key, claim, WEIGHTS, measured, verdict)


def _clipping(m: Measured, s: Settings) -> Claim:
    without, clipped = m.unclipped, m.clipped
    seeds = len(without.last)
    lost = seeds - without.ended
    falls = sum(
        last is not None and first is not None and last < first
        for first, last in zip(clipped.first, clipped.last, strict=True)
    )
    measured = (
        f"{without.factor:g} times He's weights: without clipping numbers overflow in {of_seeds(lost, seeds)}; with "
        "all gradients "
        f"together cut to norm {s.deep.clip:g} the loss falls in {of_seeds(falls, seeds)}, from "
        f"{number(middle(clipped.first))} "
        f"to {number(middle(clipped.last))} (medians)."
    )
    verdict = HOLDS if lost == falls == seeds else FAILS if not falls else OPEN
    return Claim("clipping", "Solutions of exploding gradients: gradient clipping.", EXPLODING, measured, verdict)


# ---------------------------------------------------------------- sizes


def _rule(m: Measured, rule: str, claim: str) -> Claim:
    units = m.rules[rule]
    others = {each.units: m.differences[f"size.{rule}.{each.units}"] for each in m.widths if each.units != units}
    ours = m.width(units)
    best = max(others, key=lambda each: others[each].value)
    measured = (
        f"Here {units} units: {percent(ours.validation)} right on validation. Best of the other sizes: {best} units, "
        f"{percent(m.width(best).validation)}, {between(others[best])}."
    )
    if any(each.above for each in others.values()):
        verdict = FAILS
    elif all(_excluded(each) for each in others.values()):
        verdict = HOLDS
    else:
        verdict = OPEN
    return Claim(f"{rule}-rule", claim, SIZES, measured, verdict)


def _wide(m: Measured) -> Claim:
    units, widest = m.rules["root"], m.widths[-1]
    found = m.differences.get(f"size.root.{widest.units}", Difference(0.0, None))
    narrow = m.width(units)
    measured = (
        f"{widest.units} units have {percent(widest.train)} of the training images right and "
        f"{percent(widest.validation)} of "
        f"validation, {units} units {percent(narrow.train)} and {percent(narrow.validation)}: {between(found)} on "
        f"validation. The validation loss ends {_rise(widest)} with {widest.units} units and {_rise(narrow)} with "
        f"{units}."
    )
    verdict = HOLDS if found.below else FAILS if found.low is not None and found.low > -MATTERS else OPEN
    return Claim("wide-overfits", "Wide networks (...) are prone to overfitting.", WIDE, measured, verdict)


def _rise(width: Width) -> str:
    """'0.0073 above its lowest'; means over seeds."""
    rise = mean(width.loss) - mean(width.lowest)
    return f"{rise:.2g} above its lowest" if rise >= 1e-4 else "within 0.0001 of its lowest"
