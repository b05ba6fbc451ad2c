"""The Sobel filter, learned: kernels and responses, and the page as the numbers have it."""

from dataclasses import replace

import numpy as np
import pytest
from computedlab import Pages, answer, compute
from safetensors.numpy import load_file

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.core.record import Arrays
from nnlabs.labs.sobel.page import metrics
from nnlabs.labs.sobel.results import Results


@pytest.mark.parametrize(("dataset", "size"), [("grey", 14), ("colour", 10)])
def test_sobel_on_grey_and_on_coloured_images(dataset: str, size: int) -> None:
    results, arrays = compute("sobel", dataset, steps=600, lr=0.1)
    assert metrics(results) == {"largest_error_of_a_weight": results.worst}
    assert results.worst == max(max(kernel.errors) for kernel in results.kernels.values()) < 0.2
    for kernel in results.kernels.values():
        assert kernel.errors[0] == np.abs(np.array(kernel.learned) - kernel.filter).max() != kernel.errors[1]
    assert arrays["magnitude"].shape == (2, size, size)
    np.testing.assert_allclose(
        arrays["magnitude"], np.hypot(arrays["horizontal"], arrays["vertical"]), rtol=1e-5, atol=1e-6
    )
    assert results.labels == ["top", "middle"]
    assert (results.images, results.steps) == (12, 600)
    saved = load_file(paths.models("sobel") / "kernels.safetensors")
    assert saved["vertical"].tolist() == results.kernels["vertical"].learned
    # a bright row is a change from top to bottom
    assert np.abs(arrays["vertical"]).mean() > np.abs(arrays["horizontal"]).mean()
    assert compute("sobel", dataset, steps=600, lr=0.1, seeds=[1])[0].errors == results.errors[1:]


def test_batches_larger_than_the_data_are_told() -> None:
    with pytest.raises(
        UserError, match=r"labs\.sobel\.batch_size: 40 found; allowed: up to the 30 training images of colour"
    ):
        compute("sobel", batch_size=40, images=50)


def test_batches_larger_than_the_images_are_refused() -> None:
    with pytest.raises(ValueError, match="batch_size: 13 found; allowed: up to images, 12"):
        compute("sobel", batch_size=13)


@pytest.mark.parametrize(("error", "learned"), [(1e-4, True), (0.3, False)])
def test_the_filter_is_learned_or_not(pages: Pages, error: float, learned: bool) -> None:
    def how(results: Results, _: Arrays) -> Results:
        return replace(
            results, kernels={key: replace(kernel, errors=[error] * 2) for key, kernel in results.kernels.items()}
        )

    text = pages.write("sobel", how)
    assert answer(text).startswith("Yes, it learns the filter") == learned
    assert ("was **not** learned" in answer(text)) != learned
    assert ("Both learned kernels are Sobel's" in text) == learned


def test_the_kernels_pass_markdown_unchanged(pages: Pages) -> None:
    text = pages.write("sobel")
    assert r"\begin{pmatrix}-1 & 0 & 1 \cr -2 & 0 & 2 \cr -1 & 0 & 1\end{pmatrix}" in text
    assert r"\\" not in text


@pytest.mark.parametrize(("sign", "said"), [((-1, 1), True), ((1, 1), False)])
def test_an_error_like_a_chessboard_is_seen(pages: Pages, sign: tuple[int, int], said: bool) -> None:
    def how(results: Results, _: Arrays) -> Results:
        board = 0.001 * np.array([[sign[(i + j) % 2] for i in range(3)] for j in range(3)])
        kernels = {
            key: replace(kernel, learned=(np.array(kernel.filter) + board).tolist())
            for key, kernel in results.kernels.items()
        }
        return replace(results, kernels=kernels)

    assert ("alternates like a chessboard" in pages.write("sobel", how)) == said


def test_grey_photographs_are_shown_too(pages: Pages) -> None:
    def how(results: Results, arrays: Arrays) -> Results:
        arrays["images"] = np.ascontiguousarray(arrays["images"][:, :1])
        return results

    pages.write("sobel", how, drawn=True)
