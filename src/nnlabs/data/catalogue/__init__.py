"""What can be had, where, and how its content is recognised.

Whichever source answers, the content is checked against the hashes here, so every source gives
the same bytes. A source's own hash only guards its download. For the folders of pictures no
hash was published: they are known by their counts, and by a hash kept from the first fetch.
"""

from nnlabs.data.catalogue.arrays import CIFAR10, CIFAR100, FASHION_MNIST, IDX_NAMES, MNIST, ORIGINS
from nnlabs.data.catalogue.kinds import PARTS, File, Images, Licence, Origin, Package, Pictures
from nnlabs.data.catalogue.pictures import AFHQ, CARS, DOGS70, PICTURES
from nnlabs.data.catalogue.texts import SPEECHES, TEST_FILES, TEXTS, WORD_TESTS

__all__ = [
    "AFHQ",
    "CARS",
    "CIFAR10",
    "CIFAR100",
    "DOGS70",
    "FASHION_MNIST",
    "IDX_NAMES",
    "MNIST",
    "ORIGINS",
    "PARTS",
    "PICTURES",
    "SPEECHES",
    "TEST_FILES",
    "TEXTS",
    "WORD_TESTS",
    "File",
    "Images",
    "Licence",
    "Origin",
    "Package",
    "Pictures",
]
