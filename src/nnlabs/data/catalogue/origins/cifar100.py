"""CIFAR-100: small photographs of a hundred kinds of things."""

from nnlabs.data.catalogue.kinds import File, Images

FINE = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin
elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster
man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck
pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk
skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger
tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""
"""CIFAR-100's fine classes, in the order of their labels."""

ORIGIN = Images(
    name="cifar100",
    classes=tuple(FINE.split()),
    shape=(3, 32, 32),
    train=50_000,
    test=10_000,
    layout="cifar100_files",
    files=(
        File("cifar-100-python.tar.gz", ("https://www.cs.toronto.edu/~kriz/",), "eb9058c3a382ffc7106e4002c42a8d85"),
    ),
    packages=(),
    md5={
        "train": "16019d7e3df5f24257cddd939b257f8d",
        "test": "f0ef6b0ae62326f3e7ffdfab6717acfc",
        "meta": "7973b15100ade9c7d40fb424638fde48",
    },
    folder="cifar-100-python",
    unpacked=("train", "test", "meta"),
)
