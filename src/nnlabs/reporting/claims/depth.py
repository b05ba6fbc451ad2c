"""Claims about deep networks, which the lab `gradients` decides."""

from statistics import median
from typing import Any

import numpy as np

from nnlabs.reporting.claims.evidence import AbsentError, Evidence
from nnlabs.reporting.claims.verdicts import FAILS, HOLDS, PARTLY, Finding, of_parts, whether
from nnlabs.reporting.seeds import number, spread
from nnlabs.reporting.sentences import listed

LEVEL = 10.0
"""Norms within this factor of each other are called level."""
LEARNS = 0.9
"""The loss of a network that learns falls to this part of what it began with, in every seed, as in `gradients`."""

MUCH_LARGER = 1e3
"""A norm or a loss this many times another has exploded."""

Pair = dict[str, Any]
"""Initial weights, activation and remedy, as the lab left them."""


def _pair(evidence: Evidence, name: str) -> Pair:
    """Initial weights, activation and remedy, joined by dots."""
    pairs: dict[str, Pair] = {each["name"]: each for each in evidence.computed("gradients")[0]["pairs"]}
    if name not in pairs:
        raise AbsentError(f"the lab `gradients` has no network with {name.replace('.', ' ')}")
    return pairs[name]


def _apart(pair: Pair) -> float:
    """By which factor the norms of the gradients of the deepest network's layers differ at the start."""
    return median(np.inf if each is None else float(each) for each in pair["layers_start"])


def _depth(pair: Pair) -> int:
    return max(map(int, pair["losses"]))


def _learns(pair: Pair) -> bool:
    """Whether the deepest networks of a pair, every seed's, end with a loss clearly below that of their beginning."""
    losses = [(each["first"], each["last"]) for each in pair["losses"][str(_depth(pair))]]
    return all(None not in (first, last) and bool(last <= LEARNS * first) for first, last in losses)


def _norms(named: dict[str, Pair]) -> str:
    """'at depth 30 the norms of the layers' gradients differ by these factors: ...'."""
    depth = _depth(next(iter(named.values())))
    told = listed([f"{spread(pair['layers_start'])} {name}" for name, pair in named.items()])
    return f"at depth {depth} the norms of the layers' gradients differ at the start by a factor of {told}"


def relu_gradient(evidence: Evidence) -> Finding:
    """Level with the weights made for it, where the sigmoid's are not."""
    named = {"with ReLU": _pair(evidence, "he.relu"), "with the sigmoid": _pair(evidence, "he.sigmoid")}
    relu, sigmoid = (_apart(pair) <= LEVEL for pair in named.values())
    return Finding(f"with He's initial weights, {_norms(named)}", whether(relu and not sigmoid))


def deep_vanishing(evidence: Evidence) -> Finding:
    """Both named culprits, with the weights made for them."""
    named = {"with the sigmoid": _pair(evidence, "xavier.sigmoid"), "with tanh": _pair(evidence, "xavier.tanh")}
    return Finding(
        f"with Xavier's initial weights, {_norms(named)}", of_parts([_apart(each) > LEVEL for each in named.values()])
    )


def he_for_relu(evidence: Evidence) -> Finding:
    """The deepest ReLU network learns with He's weights, and with the other two it does not."""
    named = {name: _pair(evidence, f"{name.lower()}.relu") for name in ("He", "Xavier", "LeCun")}
    learns = {name: _learns(pair) for name, pair in named.items()}
    depth = _depth(named["He"])
    verdict = whether(learns["He"] and not (learns["Xavier"] or learns["LeCun"]))
    told = _who_learns({f"{name}'s weights": each for name, each in learns.items()})
    return Finding(f"a ReLU network of depth {depth}, after the lab's few steps, {told}", verdict)


def deep_exploding(evidence: Evidence) -> Finding:
    """Losses of the deepest ReLU network with weights from N(0, 1), and with weights made to fit."""
    named = {"N(0, 1)": _pair(evidence, "normal.relu"), "He": _pair(evidence, "he.relu")}
    depth = _depth(named["He"])
    large, fitting = (
        median(np.inf if each["first"] is None else each["first"] for each in pair["losses"][str(depth)])
        for pair in named.values()
    )
    told = (
        f"a ReLU network of depth {depth} begins with a loss of {number(large)} with weights from N(0, 1), and of "
        f"{number(fitting)} with He's"
    )
    return Finding(told, whether(large > MUCH_LARGER * fitting))


def relu_unbounded(evidence: Evidence) -> Finding:
    """Whether gradients explode with depth, and whether it is that ReLU has no bound: with tanh they may, too."""
    depths = [min(map(int, _pair(evidence, "normal.relu")["losses"])), _depth(_pair(evidence, "normal.relu"))]
    told, explode = [], []
    for name, called in (("relu", "ReLU"), ("tanh", "tanh, which is bounded")):
        _pair(evidence, f"normal.{name}")
        arrays = evidence.computed("gradients")[1]
        shallow, deep = (float(np.median(arrays[f"normal.{name}.{each}"][:, 0].max(1))) for each in depths)
        told.append(f"from {number(shallow)} at depth {depths[0]} to {number(deep)} at depth {depths[1]} with {called}")
        explode.append(not deep <= MUCH_LARGER * shallow)
    reason = ", so a missing bound is not the only reason" if all(explode) else ""
    return Finding(
        f"with weights from N(0, 1) the largest norm of a layer's gradient, at the start, goes {listed(told)}{reason}",
        FAILS if not explode[0] else PARTLY if explode[1] else HOLDS,
    )


def vanishing_solutions(evidence: Evidence) -> Finding:
    """Each remedy beside the same network without it."""
    remedies = {
        "ReLU in place of the sigmoid": ("he.sigmoid", "he.relu"),
        "batch normalisation": ("normal.sigmoid", "normal.sigmoid.batch normalisation"),
        "skip connections": ("lecun.sigmoid", "lecun.sigmoid.skip connections"),
    }
    pairs = {name: [_pair(evidence, key) for key in keys] for name, keys in remedies.items()}
    depth = _depth(pairs["skip connections"][0])
    told = [
        f"{spread(before['layers_start'])} become {spread(after['layers_start'])} with {name}"
        for name, (before, after) in pairs.items()
    ]
    learns = {name: _learns(after) for name, (_, after) in pairs.items()}
    return Finding(
        f"factors by which the norms of the layers' gradients differ at depth {depth}, at the start: {listed(told)}; "
        f"after the lab's few steps the network so mended {_who_learns(learns)}",
        of_parts([_apart(before) > LEVEL >= _apart(after) for before, after in pairs.values()]),
    )


def skip_connections(evidence: Evidence) -> Finding:
    """They make gradients level where these were not, and let the networks learn."""
    before, after = _pair(evidence, "lecun.sigmoid"), _pair(evidence, "lecun.sigmoid.skip connections")
    learns = {
        called: _learns(_pair(evidence, f"lecun.{name}.skip connections"))
        for name, called in (("sigmoid", "the sigmoid"), ("tanh", "tanh"), ("relu", "ReLU"))
    }
    return Finding(
        f"{_norms({'with the sigmoid alone': before, 'with skip connections': after})}; after the lab's few steps the "
        f"network with skip connections {_who_learns(learns)}",
        of_parts([_apart(before) > LEVEL >= _apart(after), *learns.values()]),
    )


def _who_learns(learns: dict[str, bool]) -> str:
    """'ends with a loss clearly below its first, in every seed, with He's weights, and not with Xavier's'."""
    does, does_not = ([name for name, each in learns.items() if each is which] for which in (True, False))
    start = "ends with a loss clearly below its first, in every seed,"
    if not does:
        return f"{start} with none of these: {listed(does_not)}"
    return f"{start} with {listed(does)}" + (f", and not with {listed(does_not)}" if does_not else "")
