"""A drawing of a network says what its layers are."""

from typing import Any

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from nnlabs.reporting import network
from nnlabs.reporting.figures import WIDTH


def layer(kind: str, inputs: list[int], shape: list[int], parameters: int = 0, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "inputs": inputs, "shape": shape, "parameters": parameters} | more


CNN = [
    layer("Normalize", [1, 8, 8], [1, 8, 8]),
    layer("Conv2d", [1, 8, 8], [4, 8, 8], 40, kernel_size=3, stride=1, groups=1),
    layer("MaxPool2d", [4, 8, 8], [4, 4, 4], kernel_size=2, stride=2),
    layer("BatchNorm2d", [4, 4, 4], [4, 4, 4], 8),
    layer("ReLU", [4, 4, 4], [4, 4, 4]),
    layer("Dropout", [64], [64], p=0.0),
    layer("Linear", [64], [10], 650),
]


def test_norms_and_activations_stand_beside_their_layer_and_flattening_is_told() -> None:
    found = [(row.text, row.told) for row in network.rows(CNN)]
    assert found == [
        ("image", "1 × 8 × 8"),
        ("convolution 3 × 3", "4 × 8 × 8; 40 parameters"),
        ("max-pooling 2 × 2, batch norm, ReLU", "4 × 4 × 4; 8 parameters"),
        ("flattened", "64"),
        ("fully connected", "10; 650 parameters"),
    ]


def test_a_mean_over_the_image_is_one_number_a_map_and_like_blocks_are_one_row() -> None:
    block = layer("Bottleneck", [8, 4, 4], [8, 4, 4], 100)
    found = network.rows([*CNN[:2], block, block, layer("Linear", [8], [10], 90)])
    assert [row.text for row in found[2:]] == ["bottleneck block  × 2", "one number for each map", "fully connected"]
    assert found[2].parameters == 200


def test_dropout_that_drops_is_told() -> None:
    found = network.rows([*CNN[:5], layer("Dropout", [64], [64], p=0.3), CNN[-1]])
    assert found[2].text == "max-pooling 2 × 2, batch norm, ReLU, dropout 0.3"


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ([1, 8, 8], "image"),
        ([3, 8, 8], "image"),
        ([1], "one number"),
        ([2], "two numbers"),
        ([8], "activations"),
        ([8, 4, 4], "activations"),
    ],
)
def test_what_goes_in_is_told(shape: list[int], said: str) -> None:
    assert network.rows([layer("Normalize", shape, shape)])[0].label == said


def test_softmax_stands_beside_its_layer_and_a_skip_connection_in_a_row_of_its_own() -> None:
    block = layer("Residual", [6], [6], 42)
    found = network.rows([layer("Linear", [1], [6], 12), block, block, layer("Softmax", [6], [6])])
    skips = "layer with a skip connection"
    assert [row.text for row in found[1:]] == ["fully connected", skips, f"{skips}, softmax"]


def test_the_message_has_every_shape() -> None:
    assert network.message("CNN", CNN) == "CNN: 1 × 8 × 8, then 4 × 8 × 8, then 4 × 4 × 4, then 64, then 10"
    assert network.message("CNN", []) == "CNN"
    assert network.messages({"one": CNN[-1:], "two": []}) == "one: 64, then 10; two"
    assert network.message("deep", [CNN[-1], *[layer("Linear", [10], [10], 110)] * 3]) == "deep: 64, then 10 (4 times)"
    assert network.messages({}) == ""


def test_what_is_written_stays_within_the_figure() -> None:
    figure = network.strips({"CNN": CNN, "another": CNN, "without layers": []})
    (axes,) = figure.axes
    assert {"CNN", "another"} < {text.get_text() for text in axes.texts}
    width, height = figure.get_size_inches()
    assert width == WIDTH
    renderer = FigureCanvasAgg(figure).get_renderer()
    for text in axes.texts:
        box = text.get_window_extent(renderer)
        assert box.x1 <= width * figure.dpi and 0 <= box.y0 < box.y1 <= height * figure.dpi


def test_a_drawing_without_layers_is_no_error() -> None:
    network.strips({"gone": []})
