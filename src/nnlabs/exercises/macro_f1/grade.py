"""The confusion matrix and macro-F1."""

from typing import Any

import numpy as np

from nnlabs.exercises.checks import expect, expect_faster, expect_shape, expect_that, part, rng

ASKED = {"nnlabs.exercises.macro_f1.solution": ("confusion", "macro_f1")}
LABELS, PREDICTED = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 2, 2])
COUNTS = np.array([[2, 1, 0], [0, 1, 1], [0, 0, 1]])


@part(1, "the confusion matrix is K x K, classes that never occur too")
def shapes(student: Any) -> None:
    expect_shape("confusion(labels, predicted, 5)", student.confusion(LABELS, PREDICTED, 5), 5, 5)


@part(2, "the confusion matrix, by hand: rows are true classes")
def worked(student: Any) -> None:
    expect("confusion([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2], 3)", student.confusion(LABELS, PREDICTED, 3), COUNTS)


@part(1, "every image is counted, of small whole numbers too")
def counted(student: Any) -> None:
    labels = np.full(300, 15, np.uint8)
    found = student.confusion(labels, labels, 20)
    expect("the sum of the matrix of 300 images", np.sum(found), 300)
    expect("how many of class 15 are predicted as 15", found[15, 15], 300)


@part(2, "macro-F1, by hand")
def macro_f1(student: Any) -> None:
    # F1 = 4/5, 2/4, 2/3
    found = student.macro_f1(COUNTS)
    expect("macro_f1([[2, 1, 0], [0, 1, 1], [0, 0, 1]])", found, (4 / 5 + 2 / 4 + 2 / 3) / 3)
    expect_that("macro_f1", isinstance(found, float), type(found).__name__, "a plain float")


@part(1, "macro-F1 of all right and of all wrong")
def ends(student: Any) -> None:
    expect("macro_f1 of a diagonal", student.macro_f1(np.diag([5, 1, 3])), 1)
    expect("macro_f1 without a hit", student.macro_f1(np.array([[0, 3], [2, 0]])), 0)


@part(1, "a class that is neither there nor predicted has 0, and stays in the mean")
def absent(student: Any) -> None:
    expect("macro_f1([[1, 0], [0, 0]])", student.macro_f1(np.array([[1, 0], [0, 0]])), 0.5)


@part(1, "rare classes count like the others")
def rare(student: Any) -> None:
    # F1 of the large class 200/201, of the small one 0; accuracy is 100/101
    expect("macro_f1([[100, 0], [1, 0]])", student.macro_f1(np.array([[100, 0], [1, 0]])), 100 / 201)


@part(1, "beside the project's own scores, and faster than a loop")
def agrees(student: Any) -> None:
    from nnlabs.evaluation.metrics import score

    labels, predicted = rng(0).integers(10, size=20_000), rng(1).integers(10, size=20_000)
    wanted = score(np.eye(10)[predicted], labels)
    found = student.confusion(labels, predicted, 10)
    expect("confusion of 20,000 images", found, wanted.confusion)
    expect("macro_f1 of 20,000 images", student.macro_f1(found), wanted.macro_f1)

    def loop() -> None:
        counts = np.zeros((10, 10), int)
        for label, other in zip(labels, predicted, strict=True):
            counts[label, other] += 1

    expect_faster("confusion of 20,000 images", lambda: student.confusion(labels, predicted, 10), loop, 2)
