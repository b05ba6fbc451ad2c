"""The page of `rules`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path
from statistics import mean
from typing import Any

from nnlabs.core.record import Arrays
from nnlabs.labs.common import curves, layers
from nnlabs.labs.rules.figures import by_rate, by_width, verdicts
from nnlabs.labs.rules.results import FAILS, HOLDS, OPEN, PARTLY, Claim, Measured, Results, Scale
from nnlabs.labs.rules.settings import Settings
from nnlabs.reporting import seeds, tables
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.figures import save
from nnlabs.reporting.sentences import counted, listed, percent
from nnlabs.scratch.arrays import Array

NAMES = {
    "dying-relu": "ReLU units die",
    "leaky-mends": "leaky ReLU mends it",
    "leaky-not-always": "leaky ReLU may gain nothing",
    "tanh-over-sigmoid": "tanh beats sigmoid",
    "relu-fast": "ReLU learns fastest",
    "relu-sparse": "zeros speed learning up",
    "equal-weights": "equal weights stay equal",
    "small-weights": "small weights: vanishing",
    "large-weights": "large weights: exploding",
    "clipping": "clipping stops the explosion",
    "saddle-points": "getting stuck, and what helps",
    "two-thirds-rule": "⅔ (inputs + outputs) units",
    "root-rule": "√(inputs · outputs) units",
    "wide-overfits": "wide layers overfit",
}
"""A claim in a few words, by its key."""
NUMBERS = (
    *("none", "one", "two", "three", "four", "five", "six", "seven"),
    *("eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen"),
)

NEAR = 0.01
"""A loss this near to another is taken for it."""
TRIED = 2
"""Hidden layers of the networks in which activations are compared."""


@dataclass(frozen=True)
class View:
    """Claims by group, tables, and numbers as the page writes them."""

    claims: dict[str, Claim]
    names: dict[str, str]
    seeds: str
    images: str
    """Of validation."""
    root: int
    two_thirds: int
    by_rate: str
    """Alternative texts."""
    by_width: str
    activations: str
    """Tables."""
    widths: str
    deep: str
    stuck: str
    guessing: bool
    """Whether gradient descent mostly ends with two corners surely right and two at a guess."""
    dies: bool
    """Whether more units die at the highest rate."""
    smallest: str
    """What the deep network's layers make of a signal together, with weights too small and too large."""
    largest: str
    grows: bool
    """Whether the widest is found better than the square root's size."""


def answer(results: Results) -> Answer:
    claims, m = results.claims, results.measured
    count = Counter(each.verdict for each in claims)
    fails = [NAMES[each.key] for each in claims if each.verdict == FAILS]
    partly = [NAMES[each.key] for each in claims if each.verdict == PARTLY]
    unclear = [NAMES[each.key] for each in claims if each.verdict == OPEN]
    said = [
        f"Of {_word(len(claims))} rules of thumb, tested with small networks and {counted(len(m.equal.apart))}, "
        f"{_counted(count[HOLDS], 'holds', 'hold')}, {_counted(count[PARTLY], 'holds in part', 'hold in part')}, "
        f"{_counted(count[FAILS], 'does not', 'do not')}, {_counted(count[OPEN], 'is open', 'are open')}.",
        _failing(fails, m),
    ]
    dying = _of(claims, "dying-relu")
    if dying and dying.verdict == HOLDS:
        high = m.rates[-1]
        said.append(
            f"ReLU units do die: with Adam's rate at {high:g}, {percent(mean(m.of('relu', high).dead), 0)} % of them "
            "are 0 for every "
            "training image, and where the slope is 0 no gradient moves them back directly."
        )
    said.append(
        "The rules are about networks in general; what is measured are small networks on a part of one data set and on "
        "XOR, so a rule that fails here may hold elsewhere, and the other way round."
    )
    message = f"{count[HOLDS]} of {len(claims)} rules hold"
    message += f"; in part: {', '.join(partly)}" if partly else ""
    message += f"; not: {', '.join(fails)}" if fails else ""
    message += f"; open: {', '.join(unclear)}" if unclear else ""
    return Answer(tuple(said), "verdicts.svg", message)


def _failing(names: Sequence[str], m: Measured) -> str:
    if not names:
        return "None was found to be wrong here."
    said = f"{_quoted(names)} {'does' if len(names) == 1 else 'do'} not hold here"
    root, widest = m.width(m.rules["root"]), m.widths[-1]
    found = m.differences.get(f"size.root.{widest.units}")
    if found and found.above and {NAMES["root-rule"], NAMES["wide-overfits"]} & set(names):
        said += (
            f": a hidden layer of {widest.units} units gets {100 * found.value:.1f} points more of the validation "
            f"images right than one of the rule's {root.units} units, though it fits {percent(mean(widest.train), 0)} "
            "% of the training images"
        )
    return said + "."


def _word(n: int) -> str:
    return NUMBERS[n] if n < len(NUMBERS) else str(n)


def _counted(n: int, one: str, several: str) -> str:
    """'none holds', 'one holds', 'nine hold'."""
    return f"{_word(n)} {one if n < 2 else several}"


def _quoted(names: Sequence[str]) -> str:
    return listed([f"\N{LEFT DOUBLE QUOTATION MARK}{name}\N{RIGHT DOUBLE QUOTATION MARK}" for name in names])


def _of(claims: Sequence[Claim], key: str) -> Claim | None:
    return next((each for each in claims if each.key == key), None)


def metrics(results: Results) -> dict[str, float]:
    """How many rules hold."""
    return {"holding": Counter(each.verdict for each in results.claims)[HOLDS]}


def curve(results: Results, arrays: dict[str, Array]) -> curves.Rows:
    """Right answers in percent by hidden units, mean over seeds."""
    widths = results.measured.widths
    return [
        {"x": float(each.units), "y": float(f"{100 * mean(values):.4g}"), "series": name}
        for name in ("training", "validation")
        for each in widths
        for values in (each.train if name == "training" else each.validation,)
    ]


def networks(results: Results, settings: Settings, shape: Sequence[int]) -> dict[str, layers.Layers]:
    """One for each part of the page."""
    m, deep, root = results.measured, settings.deep.layers, results.measured.rules["root"]

    def of(hidden: Sequence[int], activation: str) -> layers.Layers:
        return layers.of_pixels(shape, [*hidden, m.classes], activation)

    return {
        "Activations": of([settings.hidden] * TRIED, "activation"),
        "Weights too small or too large, and clipping": of([settings.hidden] * deep, "ReLU"),
        f"How many hidden units (here {root})": of([root], "ReLU"),
    }


def page(results: Results, arrays: Arrays, settings: Settings, folder: Path) -> View:
    m = results.measured
    save(verdicts(results.claims, NAMES), folder / "verdicts.svg", __name__)
    save(by_rate(m), folder / "rates.svg", __name__)
    save(by_width(m), folder / "widths.svg", __name__)
    low, high, widest = m.rates[0], m.rates[-1], m.widths[-1]
    narrow = m.width(m.rules["root"])
    return View(
        claims={each.key: each for each in results.claims},
        names=NAMES,
        seeds=counted(len(settings.seeds)),
        images=f"{m.images:,}",
        root=m.rules["root"],
        two_thirds=m.rules["two-thirds"],
        by_rate=(
            f"Dead ReLU units go from {percent(mean(m.of('relu', low).dead), 0)} % at rate {low:g} to "
            f"{percent(mean(m.of('relu', high).dead), 0)} % at {high:g}; right answers at the highest rate: leaky ReLU "
            f"{percent(mean(m.of('leaky_relu', high).accuracy), 0)} %, ReLU "
            f"{percent(mean(m.of('relu', high).accuracy), 0)} %"
        ),
        by_width=(
            f"Right on validation: {percent(mean(narrow.validation), 1)} % with {narrow.units} units, "
            f"{percent(mean(widest.validation), 1)} % with {widest.units}; training {percent(mean(widest.train), 1)} %"
        ),
        activations=tables.markdown([_activation_row(m, name, rate) for name in ACTIVATED for rate in m.rates]),
        widths=tables.markdown(
            [
                {
                    "hidden units": f"{each.units:,}",
                    "parameters": f"{each.weights:,}",
                    "training, %": seeds.share(each.train, 1),
                    "validation, %": seeds.share(each.validation, 1),
                    "validation loss": seeds.spread(each.loss),
                }
                for each in m.widths
            ]
        ),
        deep=tables.markdown(
            [
                *(_deep_row(each, "no") for each in m.scales),
                _deep_row(m.unclipped, "no"),
                _deep_row(m.clipped, f"{settings.deep.clip:g}"),
            ]
        ),
        stuck=tables.markdown(
            [
                {
                    "method": each.name,
                    "rate": f"{each.rate:g}",
                    "starts that come out right, %": seeds.share(each.solved, 1),
                }
                for each in m.stuck.methods
            ]
        ),
        guessing=abs(seeds.middle(m.stuck.ends.loss) - log(2) / 2) < NEAR if m.stuck.ends.loss else False,
        smallest=seeds.number(settings.deep.factors[0] ** settings.deep.layers),
        largest=seeds.number(settings.deep.factors[-1] ** settings.deep.layers),
        dies=m.differences["dead.rate"].above,
        grows=bool((found := m.differences.get(f"size.root.{widest.units}")) and found.above),
    )


ACTIVATED = {"relu": "ReLU", "leaky_relu": "leaky ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}


def _activation_row(m: Measured, name: str, rate: float) -> dict[str, Any]:
    run = m.of(name, rate)
    return {
        "activation": ACTIVATED[name],
        "rate": f"{rate:g}",
        "dead units, %": percent(mean(run.dead), 1) if "relu" in name else "–",
        "training loss": seeds.spread(run.loss),
        "validation, %": seeds.share(run.accuracy, 1),
    }


def _deep_row(each: Scale, clipping: str) -> dict[str, Any]:
    return {
        "times He's": f"{each.factor:g}",
        "clipped to": clipping,
        "gradient of the first layer": seeds.spread(each.gradient),
        "loss, first step": seeds.spread(each.first),
        "last steps": "overflow" if not each.ended else seeds.spread(each.last),
    }
