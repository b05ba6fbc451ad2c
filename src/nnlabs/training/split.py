"""What a run learns from, or is measured on: images and labels where the device can get at them."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nnlabs.data.dataset import Part


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
    def on(cls, device: torch.device, *parts: Part) -> "Split":
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
