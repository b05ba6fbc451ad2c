"""Filter classes, and give them labels from 0 on."""

from typing import Any

import numpy as np

from nnlabs.exercises.checks import expect, expect_dtype, expect_faster, expect_shape, part, rng

ASKED = {"nnlabs.exercises.relabel.solution": ("filter_and_relabel",)}
LABELS = np.array([3, 7, 1, 3, 9, 7, 7, 0])
IMAGES = np.arange(8, dtype=np.uint8)[:, None, None] * np.ones((8, 2, 3), np.uint8)
"""Each filled with its own number."""


@part(2, "the images that are kept, in their order")
def kept(student: Any) -> None:
    images, _ = student.filter_and_relabel(IMAGES, LABELS, [3, 7])
    expect("the first pixels of what is kept of classes 3, 7, 1, 3, 9, 7, 7, 0", images[:, 0, 0], [0, 1, 3, 5, 6])


@part(2, "the new labels")
def relabelled(student: Any) -> None:
    _, labels = student.filter_and_relabel(IMAGES, LABELS, [3, 7])
    expect("labels for wanted = [3, 7]", labels, [0, 1, 0, 1, 1])


@part(2, "a class's new label is its place in what is wanted, not in the order of numbers")
def ordered(student: Any) -> None:
    _, labels = student.filter_and_relabel(IMAGES, LABELS, [7, 0, 3])
    expect("labels for wanted = [7, 0, 3]", labels, [2, 0, 2, 0, 0, 1])


@part(1, "new labels that are old ones of other classes")
def shifted(student: Any) -> None:
    _, labels = student.filter_and_relabel(np.zeros((4, 1)), np.array([0, 1, 2, 1]), [1, 2, 0])
    expect("labels of 0, 1, 2, 1 for wanted = [1, 2, 0]", labels, [2, 0, 1, 0])


@part(1, "shapes and types, labels of 8 bits too")
def types(student: Any) -> None:
    images, labels = student.filter_and_relabel(IMAGES, LABELS.astype(np.uint8), [9])
    expect_shape("images", images, 1, 2, 3)
    expect_dtype("images", images, "uint8")
    expect_shape("labels", labels, 1)
    expect_dtype("labels", labels, "int64")


@part(1, "a class without images, and what was passed in stays")
def empty(student: Any) -> None:
    given, before = LABELS.copy(), IMAGES.copy()
    images, labels = student.filter_and_relabel(before, given, [5])
    expect_shape("images of class 5", images, 0, 2, 3)
    expect_shape("labels of class 5", labels, 0)
    student.filter_and_relabel(before, given, [7, 3])
    expect("the old labels, afterwards", given, LABELS)


@part(1, "faster than a loop")
def fast(student: Any) -> None:
    labels, images, wanted = rng().integers(10, size=50_000), np.zeros((50_000, 1), np.uint8), [3, 5, 8]

    def loop() -> None:
        chosen, new = [], []
        for image, label in zip(images, labels, strict=True):
            if label in wanted:
                chosen.append(image)
                new.append(wanted.index(label))
        np.stack(chosen)

    chosen, new = student.filter_and_relabel(images, labels, wanted)  # what gives nothing is fast, too
    expect_shape("the labels of 50,000 images", new, len(chosen))
    expect_faster("50,000 images", lambda: student.filter_and_relabel(images, labels, wanted), loop, 3)
