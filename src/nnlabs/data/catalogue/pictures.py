"""Folders of pictures: AFHQ, 70 breeds of dogs, Stanford Cars."""

from nnlabs.data.catalogue.kinds import Licence, Pictures

# Its authors' own link is disabled.
AFHQ = Pictures(
    name="afhq",
    layout="class_folders",
    folder="afhq",
    parts={"train": "train", "test": "val"},
    classes=("cat", "dog", "wild"),
    counts={"train": 14_630, "test": 1_500},
    archives=("afhq", "animal-faces"),
    kaggle="andrewmvd/animal-faces",
    licence=Licence(
        "CC BY-NC 4.0",
        "https://creativecommons.org/licenses/by-nc/4.0/",
        "Y. Choi, Y. Uh, J. Yoo, J.-W. Ha: StarGAN v2, diverse image synthesis for multiple domains (2020)",
    ),
)

DOGS70 = Pictures(
    name="dogs70",
    layout="class_folders",
    folder="dogs70",
    parts={"train": "train", "val": "valid", "test": "test"},
    classes=70,
    counts={"train": 7_946, "val": 700, "test": 700},
    archives=("dogs70", "70-dog-breedsimage-data-set"),
    kaggle="gpiosenka/70-dog-breedsimage-data-set",
    licence=Licence(
        "as its page at Kaggle states",
        "https://www.kaggle.com/datasets/gpiosenka/70-dog-breedsimage-data-set",
        "gpiosenka: 70 Dog Breeds, image data set (Kaggle)",
    ),
)

# torchvision's layout; the official addresses have answered 404 since 2023.
CARS = Pictures(
    name="cars",
    layout="stanford_cars",
    folder="stanford_cars",
    parts={"train": "cars_train", "test": "cars_test"},
    classes=196,
    counts={"train": 8_144, "test": 8_041},
    archives=("stanford_cars", "torchvision-stanford-cars"),
    kaggle="rickyyyyyyy/torchvision-stanford-cars",
    md5={"cars_test_annos_withlabels.mat": "b0a2b23655a3edd16d84508592a98d10"},
    licence=Licence(
        "for research, not commercial",
        "https://pytorch.org/vision/stable/generated/torchvision.datasets.StanfordCars.html",
        "J. Krause, M. Stark, J. Deng, L. Fei-Fei: 3D object representations for fine-grained categorization (2013)",
    ),
)

PICTURES = {origin.name: origin for origin in (AFHQ, DOGS70, CARS)}
"""Folders of pictures, by name."""
