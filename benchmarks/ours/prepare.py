"""All that the stage `data` does with a folder of images; a turn makes the arrays anew."""

from harness import images

NAME = "images"


def prepared() -> int:
    """Prepare the folder; how many images the dataset has."""
    from nnlabs.config import Dataset
    from nnlabs.data import dataset, prepare

    # a sample, for the whole set has more
    settings = Dataset(origin="afhq", seed=0, validation=0.1, size=images.WANTED)
    prepare.prepare(NAME, settings, "original", sample=True)
    data = dataset.load(NAME)
    return sum(len(part.labels) for part in (data.train, data.validation, data.test))


if __name__ == "__main__":
    images.run("prepare", lambda mirror: prepared)
