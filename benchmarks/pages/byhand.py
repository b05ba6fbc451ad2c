"""The part of benchmarks/README.md about networks by hand, and its figure."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from ours.cnn import BATCH
from pages.verdicts import alone, per_batch, ratios, spread, table

TITLES = {
    "ours, 1": "ours, one thread",
    "pytorch, 1": "PyTorch, one thread",
    "ours, 2": "ours, two threads",
    "pytorch, 2": "PyTorch, two threads",
    "mpneuralnetwork": "mpneuralnetwork 1.1.1",
    "tinynn": "tinynn 0.1.1",
    "numpy-ml": "numpy-ml 0.1.2",
}
"""Rows of the batches; the figure's too."""

DESCENTS = {
    "regression": "regression, 500 points, 1-64-1",
    "xor, 8 hidden": "XOR, 1,000 points, 2-8-1",
    "xor, 64 hidden": "XOR, 1,000 points, 2-64-1",
}
STEPS = 50_000
"""Of a whole descent in the lab."""

CNN = """\
Convolution 5 x 5 to 8 channels, ReLU, pooling, convolution 5 x 5 to 16, ReLU, pooling, linear to 10; MNIST, batches of
64, float32, plain gradient descent. A step is forward, loss, backward and update, on a batch in memory. All begin with
the same weights; the last column is what a loss lies apart after one step of descent. The public packages are NumPy
alone, run as they are installed, with as many threads as NumPy takes by itself. (mpneuralnetwork pays the gradient of a
maximum to every one of equal pixels, and a digit's background is all equal.)
"""

DESCENT = """\
Gradient descent on all points at once, one thread. "Autograd" is the loop of the labs' source: tensors that ask for
gradients, `backward`, an update under `no_grad`. The losses are those after {steps:,} steps from the same weights. The
regression's 500 points have 100 distinct x; merged, they count with their mean target and their number, and loss and
gradient are the same. The source gives no hidden size for XOR, so there are two.
"""

LIMITS = """\
What limits the CNN: the matrix products of a batch are {mega:.0f} million operations and take {products:.2f} ms on
one thread, {rate:.0f} GFLOP/s; large square ones in PyTorch reach {best:.0f}. {needed:.0f} million would be enough
without the zeros around the kernels, but as products of a quarter of the width. Everything else passes {moved:.0f} MB
through NumPy, which a plain copy within the second cache does in {copies:.2f} ms. Products and copies together are
{floor:.2f} ms of the {ours:.2f} ms that a step takes; what is left is the start of some 140 calls, and passes over runs
too short for the full rate. On two threads the step is {gain:.2f} times as fast: what Python does between calls, one
thread does at a time, and each has to wake when its turn comes.

What limits the descents: a step is some 13 calls of NumPy. With one point and one hidden unit, when there is nothing
to compute, it takes {regression_calls:.1f} µs (regression) and {xor_calls:.1f} µs (XOR) of {regression:.1f} and
{xor:.1f} (8 hidden). The rest of the regression's step is nine passes over the 128 kB of the hidden layer,
{bandwidth:.0f} GB/s in cache; of XOR's it is the hyperbolic tangent and its derivative.
"""


def render(results: dict[str, Any]) -> Iterator[str]:
    if not (section := results.get("byhand")):
        return
    yield "## Networks by hand\n"
    yield "![Milliseconds a batch, seconds an epoch and memory](figures/by-hand.svg)\n"
    yield from _batches(section)
    yield from _epochs(section)
    yield from _descents(section)
    yield _limits(section)


def _batches(section: dict[str, Any]) -> Iterator[str]:
    race = section["batch"]
    times = per_batch(race)
    rows = []
    for key, title in TITLES.items():
        slower = median(ratios(times, key, "ours, 2"))
        milliseconds = spread([1e3 * value for value in times[key]])
        rows.append(
            (title, milliseconds, f"{slower:.2f} ×", f"{race['apart'][key]:.0e}" if race["apart"][key] else "0")
        )
    yield "### A CNN in NumPy\n"
    yield CNN
    header = ("", "ms a batch", "times ours on two threads", "loss less ours")
    yield table(header, sorted(rows, key=lambda row: float(row[2].split()[0])))
    yield alone(race, section)


def _epochs(section: dict[str, Any]) -> Iterator[str]:
    race = section["epoch"]
    rows = []
    for key in ("ours, 1", "pytorch, 1", "ours, 2", "pytorch, 2"):
        megabytes, before = race["megabytes"][key], race["before"][key]
        rate = 55_000 * race["share"] / median(race["seconds"][key])
        whole = spread([value / race["share"] for value in race["seconds"][key]])
        rows.append((TITLES[key], whole, f"{rate:,.0f}", f"{megabytes:,.0f}", f"{megabytes - before:,.0f}"))
    yield (
        "An epoch of 55,000 images in shuffled batches, from bytes in memory to the last update. Memory is that of\n"
        "the whole process, and how much of it came once the network was made and the data read.\n"
    )
    yield table(("", "seconds an epoch", "images/s", "peak memory, MB", "of it training, MB"), rows)
    yield alone(race, section)


def _descents(section: dict[str, Any]) -> Iterator[str]:
    race = section["descent"]
    rows = []
    for key, title in DESCENTS.items():
        for suffix, name in (
            ("autograd", "autograd loop"),
            ("ours", "ours"),
            ("ours, equal x merged", "ours, equal x merged"),
            ("ours, float64", "ours, float64"),
        ):
            if (row := f"{key}: {suffix}") in race["seconds"]:
                seconds = [value * STEPS / race["steps"] for value in race["seconds"][row]]
                faster = median(ratios(race["seconds"], f"{key}: autograd", row))
                rows.append((title, name, spread(seconds), f"{faster:.2f} ×", f"{race['loss'][row]:.6g}"))
    yield "### 50,000 steps of full-batch descent\n"
    yield DESCENT.format(steps=race["steps"])
    yield table(("", "loop", "seconds for 50,000 steps", "autograd's speed", "loss"), rows)
    yield alone(race, section)


def _limits(section: dict[str, Any]) -> str:
    times = {key: 1e3 * median(values) for key, values in per_batch(section["batch"]).items()}
    race = section["descent"]
    steps = {key: 1e6 * median(values) / race["steps"] for key, values in race["seconds"].items()}
    passed = 9 * 64 * 500 * 4  # bytes that a step of the regression reads and writes
    regression, xor = steps["regression: ours"], steps["xor, 8 hidden: ours"]
    return LIMITS.format(
        mega=section["operations"] / 1e6,
        needed=BATCH * (2 * 24**2 * 25 * 8 * 2 + 3 * 8**2 * 200 * 16 * 2) / 1e6,  # forward, and backward once or twice
        products=times["products"],
        rate=section["operations"] / times["products"] / 1e6,
        best=section["machine"]["gflops"]["1"]["float32"],
        moved=section["moved"] / 1e6,
        copies=times["copies"],
        floor=times["products"] + times["copies"],
        ours=times["ours, 1"],
        gain=median(ratios(section["batch"]["seconds"], "ours, 1", "ours, 2")),
        regression_calls=steps["calls: regression"],
        xor_calls=steps["calls: xor"],
        regression=regression,
        xor=xor,
        bandwidth=passed / (regression - steps["calls: regression"]) / 1e3,
    )


def draw(section: dict[str, Any], path: Path) -> None:
    """Three bar charts: milliseconds a batch, seconds an epoch, peak memory."""
    from matplotlib.figure import Figure

    from nnlabs.reporting.figures import PALETTE, save

    batch = {key: 1e3 * median(values) for key, values in per_batch(section["batch"]).items() if key in TITLES}
    epoch = {key: median(values) / section["epoch"]["share"] for key, values in section["epoch"]["seconds"].items()}
    charts = {
        "ms a batch of 64 (log scale)": dict(sorted(batch.items(), key=lambda item: -item[1])),
        "seconds an epoch": dict(sorted(epoch.items(), key=lambda item: -item[1])),
        "peak memory, MB": dict(sorted(section["epoch"]["megabytes"].items(), key=lambda item: -item[1])),
    }
    figure = Figure(figsize=(8, 5))
    axes = figure.subplots(3, 1, height_ratios=[len(chart) for chart in charts.values()])
    for axis, (title, chart) in zip(axes, charts.items(), strict=True):
        names = [TITLES[key] for key in chart]
        ours = [PALETTE[0] if key.startswith("ours") else PALETTE[7] for key in chart]
        bars = axis.barh(names, list(chart.values()), color=ours)
        axis.bar_label(bars, fmt="{:,.0f}" if "MB" in title else "{:,.1f}", padding=3)
        axis.set_title(title)
        axis.grid(axis="y", visible=False)
        axis.margins(x=0.12)
        if "log" in title:
            axis.set_xscale("log")
            axis.set_xlim(1, 3 * max(chart.values()))
    save(figure, path)
