"""What several labs share: how far from PyTorch ours are, lines for charts, and the stage that computes."""

import json
from typing import Any

import numpy as np
import pytest
from computedlab import settings

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.data.prepared import Part
from nnlabs.labs.common import agreement, computing, curves, layers, shown
from nnlabs.reporting import network


def test_relative_differences_by_hand() -> None:
    assert agreement.relative(np.array([1.0, 2.5]), np.array([1.0, 2.0])) == 0.25
    assert agreement.relative(np.zeros(2), np.zeros(2)) == 0


def test_numerical_gradients_by_hand() -> None:
    # L = x² y: 2 x y = 12, x² = 4; x stays as it was
    x = np.array([[2.0, 3.0]])
    slope = agreement.numerical_gradient(lambda p: float(p[0, 0] ** 2 * p[0, 1]), x)
    np.testing.assert_allclose(slope, [[12, 4]], rtol=1e-8)
    assert x.tolist() == [[2, 3]]


def test_a_line_keeps_its_ends_and_four_digits() -> None:
    x = np.arange(20_000)
    rows = curves.line(x, x / 3, "third", points=50)
    assert len(rows) <= 50
    assert rows[0] == {"x": 0.0, "y": 0.0, "series": "third"}
    assert rows[-1] == {"x": 20_000.0, "y": 6666.0, "series": "third"}
    assert [row["x"] for row in curves.line(x[:3], x[:3], "short", points=50)] == [0, 1, 2]


def test_layers_count_their_parameters_by_hand() -> None:
    found = layers.of_pixels((3, 2, 2), [4, 5], "ReLU")
    assert [each["kind"] for each in found] == ["Normalize", "Linear", "ReLU", "Linear"]
    assert [each["parameters"] for each in found] == [0, 12 * 4 + 4, 0, 4 * 5 + 5]
    assert (found[0]["shape"], found[1]["inputs"], found[-1]["shape"]) == ([3, 2, 2], [12], [5])
    kernels = layers.convolution((3, 9, 8), 4, 5)
    assert (kernels["shape"], kernels["parameters"]) == ([4, 5, 4], 4 * (3 * 25 + 1))
    assert layers.pooling(kernels["shape"])["shape"] == [4, 2, 2]  # the fifth row is in no window


def _stage(lab: str, dataset: str, knobs: dict[str, Any] | None) -> dict[str, Any]:
    computing.compute({"lab": lab, "dataset": dataset, "knobs": knobs})
    content: dict[str, Any] = json.loads((paths.computed(lab) / "results.json").read_text())
    return content


def test_the_stage_computes_what_a_lab_has_and_leaves_a_folder_for_weights() -> None:
    (paths.models("backprop") / "stale").mkdir(parents=True)
    content = _stage("backprop", "none", settings("backprop").model_dump(mode="json"))
    assert content["data"] == {"dataset": "none", "edition": "only", "origin": "none"}
    assert content["results"]["examples"].keys() == {"forward", "backward", "exercise"}
    assert list(paths.models("backprop").iterdir()) == []
    told = json.loads(paths.computed_record("backprop").read_text())
    assert told["seconds"] > 0
    assert told["versions"].keys() >= {"python", "numpy", "torch"}


def test_of_a_lab_that_computes_nothing_the_stage_says_what_its_data_is() -> None:
    content = _stage("digits", "grey", None)
    assert content.keys() == {"data"}
    assert content["data"]["dataset"] == "grey"
    assert paths.models("digits").is_dir()


def test_a_stage_without_its_data_names_the_one_that_makes_it() -> None:
    with pytest.raises(UserError, match="dvc repro data@gone"):
        _stage("digits", "gone", None)


def test_the_first_images_of_every_class_are_shown_class_by_class() -> None:
    images = np.arange(6, dtype=np.uint8).reshape(6, 1, 1, 1)
    part = Part(images, np.array([1, 0, 1, 1, 0, 2]))
    found = shown.samples(part, 3)
    assert found["samples.labels"].tolist() == [0, 0, 1, 1, 2]
    assert found["samples"].ravel().tolist() == [1, 4, 0, 2, 5]


def test_skip_gram_has_two_vectors_a_word() -> None:
    found = layers.skip_gram(7, 3, 6)
    assert sum(each["parameters"] for each in found) == 2 * 7 * 3
    assert [row.text for row in network.rows(found)] == [
        "a word",
        "the word's vector v",
        "products with vectors u, sigmoid",
    ]
