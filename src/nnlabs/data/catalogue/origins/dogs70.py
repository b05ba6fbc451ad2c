"""70 breeds of dogs."""

from nnlabs.data.catalogue.kinds import ImageFolder

ORIGIN = ImageFolder(
    name="dogs70",
    layout="class_folders",
    folder="dogs70",
    parts={"train": "train", "validation": "valid", "test": "test"},
    classes=70,
    counts={"train": 7_946, "validation": 700, "test": 700},
    archives=("dogs70", "70-dog-breedsimage-data-set"),
    kaggle="gpiosenka/70-dog-breedsimage-data-set",
    tree="3edbd483bdfdbaeec5fc9b7fe840bd7bdffc9f9209755631ba904bdbf3d05c29",
)
