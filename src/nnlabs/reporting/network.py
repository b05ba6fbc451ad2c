"""A network drawn as a strip of layers, from top to bottom, with the shapes that its own layers gave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2, prod
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from nnlabs.reporting.figures import PALETTE, WIDTH
from nnlabs.reporting.sentences import counted

Shape = tuple[int, ...]

GREY, BLUE, ORANGE, GREEN = "#999999", PALETTE[0], PALETTE[4], PALETTE[2]
BLOCKS = {
    "Basic": "residual block",
    "Bottleneck": "bottleneck block",
    "InvertedResidual": "inverted residual",
    "Module": "Inception module",
    "Residual": "layer with a skip connection",
}
ADDED = {
    "BatchNorm1d": "batch norm",
    "BatchNorm2d": "batch norm",
    "LeakyReLU": "leaky ReLU",
    "Sigmoid": "sigmoid",
    "Softmax": "softmax",
    "Tanh": "tanh",
}
"""What keeps a shape is told beside the layer before it; activations that are not here by their class."""
UNSEEN = ("Normalize", "Identity")
ENTRANCE = "Entrance"
NUMBERS: dict[Shape, str] = {(1,): "one number", (2,): "two numbers"}
"""What enters a network of no images."""

ROW = 0.45
"""Inches from one layer to the next."""
HEAD = 0.36
"""Inches of a network's title."""
SIDE = 0.27
"""Inches of the side of the network's largest image."""
LEAST = 0.07
"""Inches of the side of a single number."""
STEP = 0.09
"""Inches from one square to the next."""
TEXT = 1.5
"""Inches from the left to what is written."""


@dataclass(frozen=True)
class Row:
    """One layer of a drawing, or several in a row that are alike."""

    label: str
    shape: Shape
    parameters: int
    colour: str
    added: tuple[str, ...] = ()
    times: int = 1

    @property
    def text(self) -> str:
        return ", ".join((self.label, *self.added)) + (f"  × {self.times}" if self.times > 1 else "")

    @property
    def size(self) -> str:
        """'16 × 14 × 14'."""
        return " × ".join(f"{each:,}" for each in self.shape)

    @property
    def told(self) -> str:
        """'16 × 14 × 14; 160 parameters'."""
        return self.size + (f"; {counted(self.parameters, 'parameter')}" if self.parameters else "")


def rows(layers: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The layers of a network, as `nnlabs.evaluation.layers` tells them, as rows of its drawing."""
    if not layers:
        return []
    first = tuple(layers[0]["inputs"])
    found = [Row(layers[0].get("enters") or _entering(first), first, 0, GREY)]
    for layer in layers:
        kind, inputs, shape = layer["kind"], tuple(layer["inputs"]), tuple(layer["shape"])
        if kind in UNSEEN or (kind == "Dropout" and not layer["p"]):
            continue
        if kind == "Linear" and inputs != found[-1].shape:
            mean = inputs[0] < prod(found[-1].shape)
            found.append(Row("one number for each map" if mean else "flattened", inputs, 0, GREY))
        row = _row(kind, layer, shape)
        if row is None:
            added = (*found[-1].added, f"dropout {layer['p']:g}" if kind == "Dropout" else ADDED.get(kind, kind))
            parameters = found[-1].parameters + layer["parameters"]
            found[-1] = replace(found[-1], added=added, parameters=parameters)
        else:
            found.append(row)
    return _together(found)


def _entering(shape: Shape) -> str:
    """What goes into the network; features that another one has computed are its activations."""
    if len(shape) == 3 and shape[0] in (1, 3):
        return "image"
    return NUMBERS.get(shape, "activations")


def _row(kind: str, layer: Mapping[str, Any], shape: Shape) -> Row | None:
    """A row of its own; None for what is told beside the layer before it."""
    parameters = layer["parameters"]
    match kind:
        case "Conv2d":
            size = f"{layer['kernel_size']} × {layer['kernel_size']}"
            stride = f", stride {layer['stride']}" if layer["stride"] != 1 else ""
            return Row(f"convolution {size}{stride}", shape, parameters, BLUE)
        case "MaxPool2d":
            return Row(f"max-pooling {layer['kernel_size']} × {layer['kernel_size']}", shape, parameters, GREY)
        case "Linear":
            return Row("fully connected", shape, parameters, ORANGE)
        case "Embedding":
            return Row("the word's vector v", shape, parameters, ORANGE)
        case "Products":
            return Row("products with vectors u", shape, parameters, ORANGE)
        case _ if kind == ENTRANCE:
            return Row("brought to size", shape, parameters, GREY)
        case _ if kind in BLOCKS:
            return Row(BLOCKS[kind], shape, parameters, GREEN)
    return None


def _together(found: list[Row]) -> list[Row]:
    """Rows that differ in nothing but their number of parameters become one."""
    merged = found[:1]
    for row in found[1:]:
        last = merged[-1]
        if (row.label, row.shape, row.added) == (last.label, last.shape, last.added):
            merged[-1] = replace(last, times=last.times + 1, parameters=last.parameters + row.parameters)
        else:
            merged.append(row)
    return merged


def strips(networks: Mapping[str, Sequence[Mapping[str, Any]]]) -> Figure:
    """Networks below each other, each under its title.

    Every square is a map of numbers, its side the map's; twice as many maps are one square more.
    """
    drawn = {title: rows(layers) for title, layers in networks.items() if layers}
    height = sum(HEAD + ROW * len(each) for each in drawn.values()) or HEAD
    figure = Figure(figsize=(WIDTH, height))
    figure.set_layout_engine("none")  # every place is in inches
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    y = 0.0
    for title, each in drawn.items():
        axes.text(0.02, y + HEAD / 2, title, va="center", fontweight="bold", color="#222222")
        y += HEAD
        largest = max((row.shape[-1] for row in each if len(row.shape) > 1), default=1)
        for row in each:
            _draw(axes, row, y + ROW / 2, largest)
            y += ROW
    return figure


def _draw(axes: Axes, row: Row, y: float, largest: int) -> None:
    """One row around the height y, inches."""
    side = max(SIDE * row.shape[-1] / largest, LEAST) if len(row.shape) > 1 else LEAST
    squares = 1 + round(log2(row.shape[0]))
    for i in range(squares):
        axes.add_patch(
            Rectangle(
                (0.06 + STEP * i, y - side / 2), side, side, facecolor=row.colour, edgecolor="#666666", linewidth=0.6
            )
        )
    axes.text(TEXT, y - 0.085, row.text, va="center", color="#222222")
    axes.text(TEXT, y + 0.085, row.told, va="center", color="#444444")


def messages(networks: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Those of several networks; empty of none."""
    return "; ".join(message(title, layers) for title, layers in networks.items())


def message(name: str, layers: Sequence[Mapping[str, Any]]) -> str:
    """What the drawing shows, for those who do not see it: 'Plain CNN: 1 × 28 × 28, 16 × 14 × 14, ..., 10'."""
    several = (row.size + f" ({row.times} times)" * (row.times > 1) for row in rows(layers))
    sizes = list(dict.fromkeys(several))
    return f"{name}: {', then '.join(sizes)}" if sizes else name
