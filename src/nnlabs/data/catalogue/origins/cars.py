"""Stanford Cars: 196 models of cars, with boxes."""

from nnlabs.data.catalogue.kinds import ImageFolder

# torchvision's layout; the official addresses have answered 404 since 2023.
ORIGIN = ImageFolder(
    name="cars",
    layout="stanford_cars",
    folder="stanford_cars",
    parts={"train": "cars_train", "test": "cars_test"},
    classes=196,
    counts={"train": 8_144, "test": 8_041},
    boxes=True,
    archives=("stanford_cars", "torchvision-stanford-cars"),
    kaggle="rickyyyyyyy/torchvision-stanford-cars",
    md5={"cars_test_annos_withlabels.mat": "b0a2b23655a3edd16d84508592a98d10"},
)
