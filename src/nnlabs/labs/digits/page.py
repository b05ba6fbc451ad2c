"""What the page says of MLP and CNN on digits, one change at a time."""

from pathlib import Path

from nnlabs.labs.common import recipes
from nnlabs.reporting import effects, epochs, figures, network
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.sentences import listed, percent, points

MLP, CNN = "digits-mlp-plain", "digits-cnn-plain"
MLP_CHANGES = {
    "digits-mlp-norm": "batch norm",
    "digits-mlp-shifts": "shifted images",
    "digits-mlp-wide": "two larger layers",
}
CNN_CHANGES = {"digits-cnn-norm": "batch norm", "digits-cnn-shifts": "shifted images"}
ALL_MLP, ALL_CNN = "digits-mlp", "digits-cnn"
GOAL = 0.995
"""What this project wants of the improved CNN, on validation and on test; no source asks for it."""


def answer(found: Findings) -> Answer:
    rows = _rows(found)
    why = _why(found)
    return Answer(
        tuple(each for each in (_plain(found), _changes(found), _all(found), why, _limit(found)) if each),
        "effects.svg" if rows else "accuracy.svg",
        effects.message(rows) or found.message(),
        why,
    )


def _limit(found: Findings) -> str:
    if not (lasted := epochs.lasted(found.results, MLP, CNN, *MLP_CHANGES, *CNN_CHANGES)):
        return ""
    return (
        f"What a change does is measured in {lasted}, each change alone; what two of them do together need not be the "
        "sum."
    )


def _plain(found: Findings) -> str:
    if not found.there(MLP, CNN):
        return ""
    return (
        f"After {epochs.lasted(found.results, MLP, CNN)} the plain MLP gets {found.reached(MLP)} of the test images "
        f"right and the plain CNN {found.reached(CNN)}; the CNN {found.beside(CNN, MLP)} with {_times(found)}."
    )


def _times(found: Findings) -> str:
    """'a fifth of', '1.5 times': how many parameters one network has beside the other."""
    cnn, mlp = (found.of(each).scores.parameters for each in (CNN, MLP))
    parts = {2: "half", 3: "a third", 4: "a quarter", 5: "a fifth", 6: "a sixth", 8: "an eighth", 10: "a tenth"}
    part = parts.get(round(mlp / cnn)) if mlp > cnn else None
    return f"{part} of the MLP's parameters" if part else f"{cnn / mlp:.2g} times the MLP's parameters"


def _changes(found: Findings) -> str:
    told = []
    for plain, changes, name in ((MLP, MLP_CHANGES, "MLP"), (CNN, CNN_CHANGES, "CNN")):
        pairs = {each: pair for key, each in changes.items() if (pair := found.pair(key, plain))}
        if not pairs:
            continue
        parts = [
            f"{does} {listed(which)}"
            for does, which in (
                ("gains from", [f"{each} ({points(pair.difference)})" for each, pair in pairs.items() if pair.better]),
                ("loses by", [f"{each} ({points(pair.difference)})" for each, pair in pairs.items() if pair.worse]),
            )
            if which
        ]
        said = f"the {name} {listed(parts)}" if parts else ""
        if open_ := [each for each, pair in pairs.items() if not pair.found]:
            whose = "it" if parts else f"the {name}"
            said += f"{', and ' if parts else ''}whether {' or '.join(open_)} changes {whose} cannot be told"
        told.append(said)
    return f"One change at a time, in points of test accuracy: {'; '.join(told)}." if told else ""


def _all(found: Findings) -> str:
    if not found.there(ALL_CNN):
        return ""
    reached = found.of(ALL_CNN).test >= GOAL
    said = f"With all improvements the CNN reaches {found.reached(ALL_CNN, 2)}"
    said += f", the MLP {found.reached(ALL_MLP, 2)}" if found.there(ALL_MLP) else ""
    met = "reached" if reached else "not reached"
    return f"{said}; this project's goal for the CNN, {percent(GOAL, 1)} %, is {met} in the mean of its seeds."


def _why(found: Findings) -> str:
    if not found.better(CNN, MLP):
        return ""
    return (
        "The CNN's lead fits the way it is built: a filter is used at every place of the image, so a stroke that it "
        "has learnt at one place it finds at all others, where the MLP has to learn it anew for every place."
    )


def notes(found: Findings) -> dict[str, list[str]]:
    """Why it came out so, after each comparison's figure."""
    return {
        "convolution": _why_convolution(found),
        "mlp": _why_mlp(found),
        "cnn": _why_cnn(found),
        "all": _why_all(found),
    }


def _why_convolution(found: Findings) -> list[str]:
    if not found.there(MLP, CNN):
        return []
    mlp, cnn = found.of(MLP), found.of(CNN)
    counts = (
        f"The MLP has {mlp.scores.parameters:,} parameters, nearly all in its first layer, one for each pixel of "
        f"each hidden unit; the CNN has {cnn.scores.parameters:,}."
    )
    if found.better(CNN, MLP):
        why = (
            "The CNN does more with them. That fits a filter of 3 x 3 weights that is used at every place: what one "
            "image teaches about a stroke in the upper left serves every other place at once, where the MLP has to "
            "learn the same stroke for every place anew. The two differ in their layers, too, so the filter's share "
            "is not taken apart."
        )
    elif found.better(MLP, CNN):
        why = (
            "A filter that is used at every place saves weights, and in these few epochs that does not make up for "
            "the fewer numbers that the CNN has to work with."
        )
    else:
        why = "A filter that is used at every place saves weights; more than that cannot be told from these runs."
    return [counts, why]


def _why_mlp(found: Findings) -> list[str]:
    said = []
    if found.better("digits-mlp-norm", MLP):
        said.append(
            "**Batch norm** brings every hidden unit to mean 0 and variance 1 over the batch, so that no layer has "
            "to follow the drifting scale of the one before it, and each epoch gets further."
        )
    elif found.worse("digits-mlp-norm", MLP):
        said.append(
            "**Batch norm** is said to help deep networks most; with one hidden layer it costs more here than it "
            "brings."
        )
    elif found.pair("digits-mlp-norm", MLP):
        said.append(
            "**Batch norm** is said to help deep networks most; whether it does anything for one hidden layer cannot "
            "be told here."
        )
    said += _shifts(found, "digits-mlp-shifts", MLP)
    if found.there("digits-mlp-wide", MLP):
        wide, plain = found.of("digits-mlp-wide"), found.of(MLP)
        ratio = wide.scores.parameters / plain.scores.parameters
        verdict = (
            "Together they pay here"
            if found.better(wide.id, MLP)
            else "Together they cost more than they bring here"
            if found.worse(wide.id, MLP)
            else "Whether the two together pay cannot be told here"
        )
        if gaps := epochs.gaps(plain, wide):
            verdict += (
                "; the gap of training over validation accuracy at the last epoch goes from "
                f"{points(gaps[0], 1)} to {points(gaps[1], 1)} points"
            )
        said.append(
            f"**Size**: {ratio:.1f} times the weights, in two hidden layers of 512 and 256 in place of one of 128; "
            f"which of the two does what is not taken apart. {verdict}."
        )
    return said


def _shifts(found: Findings, key: str, plain: str) -> list[str]:
    if not found.pair(key, plain):
        return []
    lasted = epochs.lasted(found.results, key)
    said = "**Shifts** show every image at another place each epoch: more to learn from, but a harder task. "
    if gaps := epochs.gaps(found.of(key), found.of(plain)):
        one, other = (points(gap, 1) for gap in gaps)
        said += f"Training accuracy less validation accuracy is {one} points with them and {other} without. "
    if found.better(key, plain):
        return [said + "What it learns holds for more places, and that pays already."]
    if found.worse(key, plain):
        return [f"{said}In {lasted} the harder task is not learnt as far as the easier one."]
    return [f"{said}Which of the two weighs more in {lasted} cannot be told."]


def _why_cnn(found: Findings) -> list[str]:
    said = []
    if found.better("digits-cnn-norm", CNN):
        first, without = (recipes.at_epoch(found.of(key), 1, "validation_accuracy") for key in ("digits-cnn-norm", CNN))
        does = "speeds the CNN up" if first > without else "helps the CNN, though not from its first epoch on"
        said.append(
            f"**Batch norm** {does}: after the first epoch {percent(first, 1)} % of the validation images are right "
            f"with it and {percent(without, 1)} % without."
        )
    elif found.pair("digits-cnn-norm", CNN):
        said.append("**Batch norm**: whether it helps two convolutions cannot be told from these runs.")
    said += _shifts(found, "digits-cnn-shifts", CNN)
    said.append(
        "Not taken apart, because each costs as much time again: a third block and a second convolution in each, "
        "Muon in place of Adam, the one-cycle schedule, label smoothing; and for the MLP dropout, which "
        "[Fashion-MNIST's page](fashion.md) measures."
    )
    return said


def _why_all(found: Findings) -> list[str]:
    there = [key for key in (ALL_MLP, ALL_CNN) if found.there(key)]
    said = []
    if there:
        counts = listed([f"{found.name(key)} has {found.of(key).scores.parameters:,} parameters" for key in there])
        said.append(
            f"A bundle: {counts}, and what is measured is the whole of it, size, optimizer, schedule and epochs "
            "included. Against overfitting, beside keeping the epoch that is best on validation: "
            + recipes.against_overfitting(found, *there)
        )
    if found.worse(ALL_MLP, CNN):
        said.append(
            "The best MLP of this page stays below the plain CNN: what knows that pixels have neighbours needs "
            "fewer weights and less help."
        )
    return said


def _rows(found: Findings) -> effects.Rows:
    return effects.named(
        {
            "Network": [("plain CNN against plain MLP", found.pair(CNN, MLP))],
            "MLP, against the plain one": [(name, found.pair(key, MLP)) for key, name in MLP_CHANGES.items()],
            "CNN, against the plain one": [
                *((name, found.pair(key, CNN)) for key, name in CNN_CHANGES.items()),
                ("all improvements", found.pair(ALL_CNN, CNN)),
            ],
        }
    )


def drawn(found: Findings) -> str:
    """What the drawing of the networks shows; empty where none is drawn."""
    known = recipes.layers(found, MLP, CNN)
    return "; ".join(network.message(name, layers) for name, layers in known.items())


def draw(found: Findings, folder: Path) -> None:
    if rows := _rows(found):
        figures.save(effects.chart(rows, found.results.score), folder / "effects.svg", __name__)
    if known := recipes.layers(found, MLP, CNN):
        figures.save(network.strips(known), folder / "networks.svg", __name__)
