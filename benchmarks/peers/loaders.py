"""DataLoaders as tutorials build them: torchvision's datasets and transforms, one image at a time."""

import numpy as np
from PIL import Image
from torch.utils.data import DataLoader, Dataset, Subset

from harness import tasks
from nnlabs.models.vision import torchvision

transforms = torchvision.transforms


class Photographs(torchvision.datasets.VisionDataset):
    """Serves images as torchvision.datasets.CIFAR10 does: an array to a PIL image, then the transform."""

    def __init__(self, images: np.ndarray, labels: np.ndarray, transform: transforms.Compose) -> None:
        super().__init__(transform=transform)
        self.data = np.ascontiguousarray(images.transpose(0, 2, 3, 1))  # N x H x W x C
        self.targets = labels.tolist()

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[object, int]:
        return self.transform(Image.fromarray(self.data[index])), self.targets[index]


def fashion(share: float) -> tuple[DataLoader, DataLoader]:
    """Training and validation loaders of Fashion-MNIST."""
    steps = [transforms.ToTensor(), transforms.Normalize([tasks.MEAN], [tasks.STD])]
    data = torchvision.datasets.FashionMNIST(str(tasks.CACHE), train=True, transform=transforms.Compose(steps))
    split = tasks.meta("fashion")["split"]
    train, validation = (
        Subset(data, split[name][: round(share * len(split[name]))]) for name in ("train", "validation")
    )
    return pair(train, validation, tasks.BATCH)


def cifar10(share: float, batch_size: int) -> tuple[DataLoader, DataLoader]:
    """Training and validation loaders of CIFAR-10, with flips and shifts by up to four pixels in training."""
    meta = tasks.meta("cifar10")
    final = [transforms.ToTensor(), transforms.Normalize(meta["mean"], meta["std"])]
    changes = [transforms.RandomCrop(32, padding=4, padding_mode="reflect"), transforms.RandomHorizontalFlip()]
    train = Photographs(*tasks.part("cifar10", "train", share), transforms.Compose(changes + final))
    validation = Photographs(*tasks.part("cifar10", "validation", share), transforms.Compose(final))
    return pair(train, validation, batch_size)


def pair(train: Dataset, validation: Dataset, batch_size: int) -> tuple[DataLoader, DataLoader]:
    """Shuffled training batches, and validation batches of the same size for every peer."""
    return DataLoader(train, batch_size, shuffle=True), DataLoader(validation, tasks.VALIDATION_BATCH)
