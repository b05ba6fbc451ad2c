"""What a run learns from, or is measured on: images and labels where the device can get at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from nnlabs.data.prepared import Dataset, Part


@dataclass(frozen=True)
class Split:
    """One part of a dataset, or several one after the other."""

    arrays: Sequence[Tensor]
    """Images, each N x C x H x W, uint8, or features, float16. Several stay several: a mapped array is never copied
    whole."""
    labels: Tensor
    """Of all the arrays, N, int64."""
    device: torch.device

    @classmethod
    def on(cls, device: torch.device, *parts: Part) -> Self:
        """Take the parts to the device.

        On the CPU the arrays stay mapped. On CUDA they are copied there where they fill at most
        half of what is free, and else stay mapped too, to be sent a batch at a time.
        """
        arrays = [torch.from_numpy(part.images) for part in parts]
        if device.type == "cuda" and sum(array.nbytes for array in arrays) <= torch.cuda.mem_get_info()[0] // 2:
            arrays = [array.to(device) for array in arrays]
        labels = torch.cat([torch.from_numpy(part.labels) for part in parts])
        return cls(arrays, labels.to(device), device)

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: Tensor) -> Tensor:  # n -> n x C x H x W
        """The images of these indices, on the device."""
        indices = indices.to(self.arrays[0].device)
        if len(self.arrays) == 1:
            images = self.arrays[0].index_select(0, indices)  # copies whole rows, where [indices] goes byte by byte
        else:
            images = self.arrays[0].new_empty((len(indices), *self.arrays[0].shape[1:]))
            first = 0
            for array in self.arrays:
                here = (indices >= first) & (indices < first + len(array))
                images[here] = array.index_select(0, indices[here] - first)
                first += len(array)
        if images.device.type != self.device.type:
            images = images.pin_memory().to(self.device, non_blocking=True)
        return images

    def mirrored(self, images: Tensor, chosen: Tensor) -> Tensor:  # n x C x H x W, n booleans -> n x C x H x W
        """What `take` gave, with the chosen images mirrored left to right."""
        chosen = chosen.to(images.device, non_blocking=True)
        return torch.where(chosen.view(-1, 1, 1, 1), images.flip(-1), images)


class TwoViews(Split):
    """Activations of each image as it is and mirrored, N x 2 x C x H x W: they cannot be mirrored themselves."""

    def mirrored(self, images: Tensor, chosen: Tensor) -> Tensor:  # n x 2 x C x H x W, n booleans -> n x C x H x W
        """Of what `take` gave, the chosen images' second view and the others' first."""
        chosen = chosen.to(images.device, non_blocking=True)
        return images[torch.arange(len(images), device=images.device), chosen.long()]


def trained_on(data: Dataset, device: torch.device, fit: str) -> Split:
    """What a variant learns from: the training part, with `fit: train+validation` the validation part too."""
    features = data.meta.get("features", {})
    kind = TwoViews if features.get("frozen") and features.get("flip") else Split
    return kind.on(device, data.train, *([data.validation] if fit == "train+validation" else []))
