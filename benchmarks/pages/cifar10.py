"""The part of benchmarks/README.md about CIFAR-10."""

from collections.abc import Iterator
from statistics import mean, median
from typing import Any

from harness.tasks import TRAIN
from nnlabs.evaluation.statistics import interval
from pages.verdicts import RECORD, TEXTBOOK, measured, ratios, spread, table

WHOLE = """\
The first row was trained for this table: validation and checkpoints included, two threads, bf16. Two epochs of the
textbook loop take {plain:.0f} s with the plain CNN and {own:.0f} s with the strong one.
"""
REPORTED = """\
What [the report](../reports/cifar10.md) has is measured on test images, a mean with its 95 % interval, and the seconds
are those of a seed, validation included; trained {where}.
"""
RECORDED = f"`{RECORD}` trains so long that the benchmark does not train it again.\n"
NOT_YET = (
    f"`{RECORD}`, the arm for 94 %, trains so long that it is taken from the report, which does not have it yet.\n"
)


def render(results: dict[str, Any]) -> Iterator[str]:
    if not (section := results.get("cifar10")):
        return
    seconds = section["seconds"]
    rows = []
    for title, each in seconds.items():
        loop, _, network = title.rpartition(", ")
        reference = f"{TEXTBOOK}, {network}"
        rate = TRAIN["cifar10"] * section["share"] / median(each)
        whole = spread([value / section["share"] for value in each], 1)
        rows.append((network, loop, f"{rate:,.0f}", whole, f"{median(ratios(seconds, reference, title)):.2f} ×"))
    yield "## CNNs on CIFAR-10\n"
    yield (
        "The plain CNN is the network of `cifar10-cnn` at batch 128, the strong one that of `cifar10-strong` at batch "
        "500; in each loop the very same layers, flips and shifts by up to four pixels, two threads.\n"
    )
    yield table(("network", "loop", "images/s", "seconds an epoch", "textbook's speed"), rows)
    yield f"A turn takes {section['share']:.2f} of an epoch, validation included. {measured(section)}"
    yield from _whole(section, results.get("reported", {}))


def _whole(section: dict[str, Any], reported: dict[str, Any]) -> Iterator[str]:
    strong = section["strong"]
    epochs, accuracy, seconds = strong["epochs"], f"{strong['accuracy']:.2%} of validation", f"{strong['seconds']:.0f}"
    rows = [("`cifar10-strong`", "here", "1", str(epochs), accuracy, seconds)]
    places = []
    for arm, record in sorted(reported.items(), key=lambda arm: arm[1]["epochs"]):
        accuracies = [100 * each for each in record["accuracies"]]
        rows.append(
            (
                f"`{arm}`",
                "the report",
                str(len(accuracies)),
                f"{median(record['epochs']):.0f}",
                f"{mean(accuracies):.2f} ± {interval(accuracies):.2f} % of test",
                spread(record["seconds"], 0),
            )
        )
        machine = record["machine"]
        on = machine["gpu"] or f"{machine['cpu']}, {record['threads']} thread{'s' * (record['threads'] > 1)}"
        places.append(f"{record['when']}, {on}, {record['precision']}")
    plain, own = (
        median(section["seconds"][f"{TEXTBOOK}, {net} CNN"]) / section["share"] for net in ("plain", "strong")
    )
    yield "### Seconds of training to 90 and to 94 %\n"
    yield table(("network", "trained", "seeds", "epochs", "right", "seconds"), rows)
    yield WHOLE.format(plain=2 * plain, own=2 * own)
    if places:
        yield REPORTED.format(where="; ".join(dict.fromkeys(places)))
    yield RECORDED if RECORD in reported else NOT_YET
