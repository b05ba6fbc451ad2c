"""The official files of MNIST and of what follows its form."""

from nnlabs.data.catalogue.kinds import File

IDX_NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def gz(url: str, md5s: tuple[str, ...]) -> tuple[File, ...]:
    """The official packed files, from one folder."""
    return tuple(File(f"{name}.gz", (url,), md5) for name, md5 in zip(IDX_NAMES, md5s, strict=True))
