"""Fashion-MNIST: photographs of clothes."""

from nnlabs.data.catalogue.idx import IDX_NAMES, gz
from nnlabs.data.catalogue.kinds import Images, Package

ORIGIN = Images(
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
    files=gz(
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
    places=("FashionMNIST/raw",),  # torchvision's
)
