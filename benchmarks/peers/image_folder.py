"""torchvision's ImageFolder as a tutorial has it, with as many workers as there are cores; a turn is an epoch."""

from collections.abc import Callable
from pathlib import Path

from harness import images


def epochs(mirror: Path) -> Callable[[], int]:
    from torch.utils.data import ConcatDataset, DataLoader

    from nnlabs.models.vision import torchvision

    steps = [torchvision.transforms.Resize((images.WANTED, images.WANTED)), torchvision.transforms.ToTensor()]
    transform = torchvision.transforms.Compose(steps)
    folder = mirror / images.AFHQ.folder
    parts = [torchvision.datasets.ImageFolder(str(folder / part), transform) for part in images.AFHQ.parts.values()]
    batches = DataLoader(ConcatDataset(parts), images.BATCH, shuffle=True, num_workers=images.CORES)
    return lambda: sum(len(pixels) for pixels, _ in batches)


if __name__ == "__main__":
    images.run("torchvision", epochs)
