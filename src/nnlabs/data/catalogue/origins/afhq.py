"""AFHQ: faces of animals."""

from nnlabs.data.catalogue.kinds import ImageFolder

# Its authors' own link is disabled.
ORIGIN = ImageFolder(
    name="afhq",
    layout="class_folders",
    folder="afhq",
    parts={"train": "train", "test": "val"},
    classes=("cat", "dog", "wild"),
    counts={"train": 14_630, "test": 1_500},
    archives=("afhq", "animal-faces"),
    kaggle="andrewmvd/animal-faces",
)
