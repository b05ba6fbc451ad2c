"""Claims that small calculations decide: functions, curves, points in the plane, a filter."""

from statistics import mean

import numpy as np

from nnlabs.reporting.claims.evidence import Evidence
from nnlabs.reporting.claims.verdicts import (
    ANSWERED,
    FAILS,
    PARTLY,
    Finding,
    compared_by_seed,
    higher,
    of_parts,
    said,
    whether,
)
from nnlabs.reporting.seeds import number, share
from nnlabs.reporting.sentences import counted, listed, percent
from nnlabs.scratch.activations import activation

FAR = 5.0
"""Where an activation is far from 0."""


def _derivative(name: str, *z: float) -> list[float]:
    return [float(each) for each in activation(name).derivative(np.array(z))]


def sigmoid_saturates(evidence: Evidence) -> Finding:
    evidence.told("activations")
    centre, far = _derivative("sigmoid", 0, FAR)
    return Finding(
        f"its derivative is {number(centre)} at z = 0 and {number(far)} at z = ±{FAR:g}", whether(far < centre / 10)
    )


def sigmoid_positive(evidence: Evidence) -> Finding:
    evidence.told("activations")
    low, high = (float(each) for each in activation("sigmoid").function(np.array([-FAR, FAR])))
    return Finding(f"its outputs are {number(low)} at z = −{FAR:g} and {number(high)} at z = {FAR:g}", whether(low > 0))


def tanh_steeper(evidence: Evidence) -> Finding:
    evidence.told("activations")
    places = (0.0, 1.0, FAR)
    pairs = [*zip(_derivative("tanh", *places), _derivative("sigmoid", *places), strict=True)]
    told = [f"{number(a)} against {number(b)} at z = {z:g}" for z, (a, b) in zip(places, pairs, strict=True)]
    return Finding(f"the derivatives are {listed(told)}", of_parts([a > b for a, b in pairs]))


def line_or_hidden_layer(evidence: Evidence) -> Finding:
    runs = evidence.computed("xor")[0]["corners"]["runs"]
    line, network = ({run["seed"]: run[kind] for run in runs} for kind in ("line", "network"))
    told = (
        f"XOR, held-out points: a line gets {share([*line.values()])} % right, a network with a hidden layer "
        f"{share([*network.values()])} % ({counted(len(runs))})"
    )
    return Finding(told, whether(max(line.values()) < 0.8 < 0.95 < min(network.values())))


def softmax_output(evidence: Evidence) -> Finding:
    runs = evidence.computed("xor")[0]["classes"]
    softmax, regressed = ({run["seed"]: run[kind]["accuracy"] for run in runs} for kind in ("softmax", "regressed"))
    found = compared_by_seed(softmax, regressed, together=2)
    told = said(found, "four outputs with softmax", "one linear output regressed on the class index")
    return Finding(f"four classes, held-out accuracy: {told}", higher(found))


def steep_then_flat(evidence: Evidence) -> Finding:
    """Most of the fall in the first tenth, some of it in the last half."""
    losses = np.asarray(evidence.computed("xor")[1]["corners.losses"], float)
    tenth, half = losses[len(losses) // 10], losses[len(losses) // 2]
    part = (losses[0] - tenth) / (losses[0] - losses[-1]) if losses[0] > losses[-1] else 0.0
    told = (
        f"the loss begins at {losses[0]:,.0f} and ends at {number(losses[-1])}; {percent(part, 1)} % of the fall is "
        f"in the first tenth of the steps, and in the second half it falls from {number(half)}"
    )
    return Finding(told, whether(part > 0.5 and losses[-1] < half))


def approaches_the_sigmoid(evidence: Evidence) -> Finding:
    """Every seed nearer to the true function at every snapshot than at the one before."""
    errors = np.array(evidence.computed("regression")[0]["curves"]["sigmoid"]["errors"])
    nearer = [bool((np.diff(each) < 0).all()) for each in errors]
    told = (
        f"the root mean square error to the true function is {number(errors[:, 0].mean())} at the first snapshot and "
        f"{number(errors[:, -1].mean())} at the last; {sum(nearer)} of {counted(len(nearer))} come nearer every time"
    )
    return Finding(told, of_parts(nearer))


def cosine(evidence: Evidence) -> Finding:
    """Within a hundredth of the cosine's amplitude."""
    errors = [each[-1] for each in evidence.computed("regression")[0]["curves"]["cosine"]["errors"]]
    worst = f"worst of {counted(len(errors))}: {number(max(errors))}"
    told = f"the root mean square error ends at {number(mean(errors))} ({worst})"
    return Finding(told, whether(max(errors) < 0.01))


def sobel_trainable(evidence: Evidence) -> Finding:
    results = evidence.computed("sobel")[0]
    worst = max(max(each["errors"]) for each in results["kernels"].values())
    told = (
        f"trained on {results['images']:,} images, a convolution comes to within {number(worst)} of the weights of "
        "Sobel's filter; more complex patterns are not asked of it"
    )
    return Finding(told, PARTLY if worst < 0.01 else FAILS)


def numpy_cnn(evidence: Evidence) -> Finding:
    """A picture has no figure to agree with."""
    results = evidence.computed("byhand")[0]
    accuracies = [run["numpy"]["test"] for run in results["runs"]]
    told = (
        f"{share(accuracies)} % of the test images right after {counted(results['epochs'], 'epoch')} on "
        f"{results['images']:,} images ({counted(len(accuracies))}), with ReLU where the source has the sigmoid"
    )
    return Finding(told, ANSWERED)
