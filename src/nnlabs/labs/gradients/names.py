"""What readers see in place of the settings' names."""

from nnlabs.labs.gradients.results import BOTH, NORM, SKIP, Pair

RULES = {"normal": "N(0, 1)", "xavier": "Xavier", "he": "He", "lecun": "LeCun"}
FUNCTIONS = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU"}
SHORT = {"": "", NORM: "batch norm.", SKIP: "skip", BOTH: "both"}


def name(pair: Pair) -> str:
    return f"{RULES[pair.initialisation]} {FUNCTIONS[pair.activation]}" + (f" + {pair.remedy}" if pair.remedy else "")


def group(pair: Pair) -> str:
    """What pairs of all activations have in common, in two short lines."""
    return RULES[pair.initialisation] + (f"\n+ {SHORT[pair.remedy]}" if pair.remedy else "")
