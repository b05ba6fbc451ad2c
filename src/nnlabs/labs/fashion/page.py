"""What the page says of depth, activation and regularisation."""

from pathlib import Path

from nnlabs.labs.common import recipes
from nnlabs.reporting import effects, epochs, figures, network
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.sentences import listed, percent, points
from nnlabs.reporting.tables import markdown

RECIPE, NO_DROPOUT = "fashion-lecture", "fashion-no-dropout"
SHALLOW, MEDIUM, DEEP, ONE = "fashion-shallow", "fashion-medium", "fashion-deep", "fashion-one"
SIGMOID, TANH = "fashion-sigmoid", "fashion-tanh"
BEST_MLP, BEST_CNN = "fashion-best-mlp", "fashion-best-cnn"

DEPTHS = {ONE: "one hidden layer", DEEP: "four hidden layers"}
"""Of as many weights as two hidden layers."""
ACTIVATIONS = {TANH: "tanh", SIGMOID: "the sigmoid"}
"""In place of ReLU."""
SCORES = (0.80, 0.84, 0.86, 0.88)
"""Validation accuracies that the page counts the epochs to."""
LITTLE = 0.03
"""A gap of training above validation under which there is little overfitting to prevent."""


def answer(found: Findings) -> Answer:
    dropout = _dropout(found)
    return Answer(
        tuple(each for each in (_depth(found), _activation(found), dropout, _best(found), _limit(found)) if each),
        "effects.svg" if _rows(found) else "accuracy.svg",
        effects.message(_rows(found)) or found.message(),
        why=dropout,
    )


def _limit(found: Findings) -> str:
    """Five epochs are the exercise's, and a knob."""
    lasted = epochs.lasted(found.results, *found.results.shown)
    said = f"All of this holds for trainings of {lasted}; what longer ones would change was not measured."
    return said if lasted else ""


def _depth(found: Findings) -> str:
    there = {key: what for key, what in DEPTHS.items() if found.pair(key, MEDIUM)}
    pairs = [pair for key in there if (pair := found.pair(key, MEDIUM))]
    if not there:
        return ""
    if all(pair.decidable and not pair.found and found.telling(pair) for pair in pairs):
        most = percent(max(pair.excluded for pair in pairs), 1)
        which = "neither one hidden layer nor four can" if len(there) > 1 else f"{listed([*there.values()])} cannot"
        start = f"With the same number of weights, {which} be told from two: "
        return start + f"a difference of more than {most} points is excluded, each network at the best of four rates."
    told = [f"a network of {what} {found.beside(key, MEDIUM)}" for key, what in there.items()]
    return f"Beside two hidden layers of as many weights, {listed(told)}, each network at the best of four rates."


def _activation(found: Findings) -> str:
    there = {key: what for key, what in ACTIVATIONS.items() if found.pair(key, MEDIUM)}
    told = [f"{what} {found.beside(key, MEDIUM)}" for key, what in there.items()]
    edges = {what: recipes.on_edge(found.of(key)) for key, what in there.items()}
    kept = [f"{what} keeps the {edge}" for what, edge in edges.items() if edge]
    beyond = f"; of the rates searched {listed(kept)}, so a better one may lie beyond" if kept else ""
    return f"Beside ReLU, {listed(told)}{beyond}." if told else ""


def _dropout(found: Findings) -> str:
    if not found.pair(RECIPE, NO_DROPOUT):
        return ""
    said = f"Beside the same network without, one with dropout of 0.3 {found.beside(RECIPE, NO_DROPOUT)}"
    gap = epochs.gap(found.of(NO_DROPOUT))
    if not found.better(RECIPE, NO_DROPOUT) and gap < LITTLE:
        ends = f"ends only {percent(gap, 1)} points above" if gap >= 0.0005 else "does not even end above"
        said += f"; there is little for it to prevent, for without it training accuracy {ends} validation accuracy"
    return f"{said}."


def _best(found: Findings) -> str:
    called = {RECIPE: "the course's recipe reaches", BEST_MLP: "the best MLP", BEST_CNN: "the best CNN"}
    there = [f"{name} {found.reached(key)}" for key, name in called.items() if found.there(key)]
    if RECIPE not in found.results.variants:
        return ""
    gains = ", more than any single change above brings" if len(there) == len(called) and _most(found) else ""
    return f"On the test images {listed(there)}{gains}."


def _most(found: Findings) -> bool:
    """Whether both of the best recipes gain more over the course's than any single change that is compared here."""
    gains = [found.pair(key, RECIPE) for key in (BEST_MLP, BEST_CNN)]
    pairs = ((DEEP, MEDIUM), (ONE, MEDIUM), (SIGMOID, MEDIUM), (TANH, MEDIUM), (RECIPE, NO_DROPOUT))
    single = [pair.excluded for one, other in pairs if (pair := found.pair(one, other)) and pair.decidable]
    return bool(single) and all(each is not None and each.decidable and each.low > max(single) for each in gains)


def notes(found: Findings) -> dict[str, list[str]]:
    """Why it came out so, after each comparison's figure."""
    return {
        "depth": _why_depth(found),
        "equal": _why_equal(found),
        "activation": _why_activation(found),
        "dropout": _why_dropout(found),
        "best": _why_best(found),
    }


def _why_depth(found: Findings) -> list[str]:
    there = [found.of(key) for key in (SHALLOW, MEDIUM, DEEP) if found.there(key)]
    table = markdown(
        [
            {
                "network": each.name,
                "parameters": f"{each.scores.parameters:,}",
                "rate": recipes.rate(each),
                "validation, %": percent(each.validation),
                "test, %": percent(each.test),
            }
            for each in there
        ]
    )
    said = [
        table,
        "Depth does not come alone here: a network of this exercise has most of its weights in the first layer, so "
        "the one with the widest first layer is also the largest. The next comparison takes the number of weights "
        "out. Seconds of training are on [the page of runs](run/pages/fashion.md).",
    ]
    if not all(each.tried for each in there):
        return said
    if {recipes.rate(each) for each in there} != {"0.001"}:
        said.append(
            "The exercise asks for one rate for all. Each network here has the best of four instead, found on the "
            "validation images with the first seed, so that none loses for being trained at another's rate; what "
            "each reaches at 0.001 is among the details."
        )
    else:
        said.append(
            "All three reach most at the same of four rates, 0.001, so the exercise's one rate for all costs none "
            "of them anything."
        )
    return said


def _why_equal(found: Findings) -> list[str]:
    if not found.there(MEDIUM, DEEP):
        return []
    deep, medium = (recipes.at_epoch(found.of(key), 1, "train_accuracy") for key in (DEEP, MEDIUM))
    said = []
    if found.worse(DEEP, MEDIUM):
        if deep < medium and not any(found.of(key).picked for key in (DEEP, MEDIUM)):
            said.append(
                f"Four layers fall behind from the first epoch, {percent(deep, 1)} % of the training images against "
                f"{percent(medium, 1)} %, and that is where depth costs: the gradient of the first layer is a product "
                "over all layers above it, and the last hidden layer has to tell ten classes apart with 16 numbers, "
                "some of which ReLU sets to zero. This comparison does not tell which of the two weighs more."
            )
    elif found.better(DEEP, MEDIUM):
        said.append(
            "With the same number of weights, more layers let later ones combine what earlier ones have found; here "
            "that outweighs the longer way of the gradient and the narrow last layer."
        )
    else:
        said.append(
            "More layers can combine more, and make the way of the gradient longer; which of the two weighs more is "
            "lost here in the spread over seeds and test images."
        )
    said.append(
        "An MLP does not know which pixels are neighbours, with one hidden layer or with four. That is why a "
        "convolutional network is the last step of this page."
    )
    return said


def _why_activation(found: Findings) -> list[str]:
    there = [found.of(key) for key in (MEDIUM, TANH, SIGMOID) if found.there(key)]
    table = recipes.convergence(there, SCORES)
    said = []
    if table:
        said += ["Epochs until validation accuracy first reaches", table]
    slower = [
        each
        for each in (SIGMOID, TANH)
        if found.there(MEDIUM, each)
        and any(recipes.slower(found.of(each), found.of(MEDIUM), score) for score in SCORES)
    ]
    if SIGMOID in slower:
        said.append(
            "Sigmoid is behind on the way. A reason that is given for it: its derivative is at most 1/4, so two layers "
            "of it let at most 1/16 of a gradient through where ReLU lets all of it or nothing; and its outputs are "
            "all positive, so that the weights of a unit in the next layer can only all grow or all shrink with one "
            "image."
            + (
                " Tanh, whose derivative is up to 1 and whose outputs have both signs, is behind as well, so that is "
                "not the whole."
                if TANH in slower
                else ""
            )
        )
    else:
        said.append(
            "Sigmoid's derivative is at most 1/4, tanh's at most 1, ReLU's is 0 or 1. In a network of two hidden "
            "layers that is a factor of 16 at most, and Adam divides every gradient by its recent size, which takes "
            "a common factor out again."
        )
    rates = [f"{each.name} {recipes.rate(each)}" for each in there]
    if len({recipes.rate(each) for each in there}) > 1:
        said.append(
            f"The search gave them different rates ({listed(rates)}). At one rate for all, the comparison would "
            "partly be one of rates."
        )
    return said + recipes.beyond(*there)


def _why_dropout(found: Findings) -> list[str]:
    if not found.there(RECIPE, NO_DROPOUT):
        return []
    without, with_ = (found.of(key) for key in (NO_DROPOUT, RECIPE))
    lasted = epochs.lasted(found.results, NO_DROPOUT, RECIPE)
    said = []
    if gaps := epochs.gaps(without, with_):
        said.append(
            f"At the last epoch, training accuracy less validation accuracy is {points(gaps[0], 1)} points without "
            f"dropout and {points(gaps[1], 1)} with it; training accuracy is measured while dropout is on, which "
            "lowers it."
        )
    if found.better(NO_DROPOUT, RECIPE):
        said.append(
            "Dropout trains a different thinned network with every batch. That is a remedy for units that rely on "
            f"each other too much, and in {lasted} it costs more learning than it prevents overfitting."
        )
    elif found.better(RECIPE, NO_DROPOUT):
        said.append(
            "Dropout trains a different thinned network with every batch, so that no unit can rely on a single "
            f"other one; that pays here even within {lasted}."
        )
    else:
        said.append(
            "Dropout trains a different thinned network with every batch: slower learning for less overfitting. Which "
            f"of the two weighs more in {lasted} cannot be told."
        )
    said.append(
        f"The search kept a rate of {recipes.rate(without)} for the network without dropout; with dropout it is the "
        f"course's, {recipes.rate(with_)}."
    )
    return said + recipes.beyond(without)


def _why_best(found: Findings) -> list[str]:
    said = [
        "Against overfitting, beside keeping the epoch that is best on validation: "
        + recipes.against_overfitting(found, RECIPE, BEST_MLP, BEST_CNN)
    ]
    if found.there(BEST_MLP):
        best = found.of(BEST_MLP)
        gap = epochs.gap(best)
        if gap > LITTLE:
            said.append(
                f"*{best.name}*, whose recipe differs in more than one thing, ends {percent(gap, 1)} points higher on "
                "the training images than on the validation images. This is where regularisation would have work to "
                "do."
            )
    if found.better(BEST_CNN, RECIPE) and found.there(BEST_CNN):
        smaller = found.of(BEST_CNN).scores.parameters < found.of(RECIPE).scores.parameters
        said.append(
            f"The CNN {'has fewer parameters and ' if smaller else ''}uses every weight of a filter at every place of "
            "the image: a collar is a collar wherever it is, and need not be learnt anew for every place."
        )
        said += recipes.whitened(found.of(BEST_CNN))
    return said


def _rows(found: Findings) -> effects.Rows:
    return effects.named(
        {
            "Equal weights, against two layers": [
                ("one hidden layer", found.pair(ONE, MEDIUM)),
                ("four hidden layers", found.pair(DEEP, MEDIUM)),
            ],
            "Activation, against ReLU": [
                ("tanh", found.pair(TANH, MEDIUM)),
                ("sigmoid", found.pair(SIGMOID, MEDIUM)),
            ],
            "Regularisation, against none": [("dropout 0.3", found.pair(RECIPE, NO_DROPOUT))],
            "Recipe, against the course's": [
                ("best MLP", found.pair(BEST_MLP, RECIPE)),
                ("best CNN", found.pair(BEST_CNN, RECIPE)),
            ],
        }
    )


def drawn(found: Findings) -> str:
    """What the drawing of the networks shows; empty where none is drawn."""
    known = recipes.layers(found, MEDIUM, BEST_CNN)
    return "; ".join(network.message(name, layers) for name, layers in known.items())


def draw(found: Findings, folder: Path) -> None:
    if rows := _rows(found):
        figures.save(effects.chart(rows, found.results.score), folder / "effects.svg", __name__)
    if known := recipes.layers(found, MEDIUM, BEST_CNN):
        figures.save(network.strips(known), folder / "networks.svg", __name__)
