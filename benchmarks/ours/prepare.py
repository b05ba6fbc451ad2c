"""All that the stage `data` does with a folder of images; a turn makes the arrays anew."""

from harness import images

NAME = "images"
DATASET = {"origin": "afhq", "seed": 0, "validation": 0.1, "size": images.WANTED}


def prepared() -> int:
    """Prepare the folder; how many images the dataset has."""
    from nnlabs.data import make, prepared

    # a sample, for the whole set has more
    make.make(NAME, {"dataset": DATASET, "edition": "original", "sample": True})
    data = prepared.load(NAME)
    return sum(len(part.labels) for part in (data.train, data.validation, data.test))


if __name__ == "__main__":
    images.run("prepare", lambda mirror: prepared)
