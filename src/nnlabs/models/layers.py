"""Layers that several families share."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nnlabs.core.errors import UserError


class Normalize(nn.Module):
    """Bytes to numbers of mean 0 and standard deviation 1 a channel: (pixel / 255 - mean) / std.

    It stands inside the model so that whoever loads the weights feeds images as they are.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        mean_, std_ = torch.tensor(mean).view(-1, 1, 1), torch.tensor(std).view(-1, 1, 1)
        self.register_buffer("scale", 1 / (255 * std_))  # C x 1 x 1
        self.register_buffer("shift", -mean_ / std_)

    scale: Tensor
    shift: Tensor

    def forward(self, images: Tensor) -> Tensor:  # N x C x H x W, uint8
        return images.to(self.scale.dtype).mul_(self.scale).add_(self.shift)


class Dropout(nn.Module):
    """Zero each value with probability p while training and scale the rest by 1 / (1 - p).

    The same as torch.nn.Dropout but for the random numbers: one 64-bit draw decides four
    values, which matters where torch's generator is a good part of an MLP's step. So p is
    rounded to 1/65536.

    Where several processes share a batch, each draws for `whole` rows and uses those that begin
    with row `first`, so that the batch drops what it would drop in one process.
    """

    first = 0
    whole: int | None = None

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.dropped = round(p * 2**16)  # of 2**16 equally likely values
        self.scale = 2**16 / (2**16 - self.dropped)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.kept(x) * self.scale if self.training and self.dropped else x

    def kept(self, x: Tensor) -> Tensor:
        """A mask like x, drawn anew: 0 where a value is dropped, else 1. As numbers, for booleans multiply slowly."""
        row = x.shape[1:].numel()
        values = (self.whole or len(x)) * row
        draws = torch.empty((values + 3) // 4, dtype=torch.int64, device=x.device).random_(-(2**63), None)
        mine = draws.view(torch.int16)[self.first * row : self.first * row + x.numel()]
        return torch.ge(mine.view(x.shape), self.dropped - 2**15, out=torch.empty_like(x))

    def extra_repr(self) -> str:
        return f"p={self.p}"


class Convolution(nn.Conv2d):
    """nn.Conv2d without bias, computed as a product of two matrices where that is the same and the image is small.

    That is a kernel of one pixel, which is a linear layer at every position, and a kernel that fits
    on one position only, which is a linear layer of the whole image. With few positions an image,
    a processor's gradients of a convolution take up to five times as long as those of the product.
    """

    SMALL = 8
    """Side up to which what comes out is small, pixels."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1) -> None:
        super().__init__(inputs, outputs, size, stride, padding=size // 2, bias=False)

    def forward(self, input: Tensor) -> Tensor:  # N x C x H x W -> N x C' x H/stride x W/stride
        height, width = input.shape[2:]
        size, stride = self.kernel_size[0], self.stride[0]
        padding = size // 2
        if size == 1 and max(height, width) <= self.SMALL * stride:
            pixels = input[..., ::stride, ::stride].movedim(1, -1)  # N x H' x W' x C
            # flat, or torch may multiply every row of an image by a copy of the weights of its own
            products = F.linear(pixels.flatten(0, 2), self.weight.flatten(1), self.bias)
            return products.view(*pixels.shape[:3], -1).movedim(-1, 1)
        if max(height, width) <= min(stride, size - padding):
            seen = self.weight[..., padding : padding + height, padding : padding + width]
            return F.linear(input.flatten(1), seen.flatten(1), self.bias)[..., None, None]
        return super().forward(input)


class Depthwise(nn.Conv2d):
    """One 3 x 3 filter a channel; where it has a stride, a processor learns it in float32.

    The gradients in bf16 of one with a stride take ten to a hundred times as long: oneDNN has no fast code for them.
    """

    def __init__(self, channels: int, stride: int = 1) -> None:
        super().__init__(channels, channels, 3, stride, padding=1, groups=channels, bias=False)

    def forward(self, input: Tensor) -> Tensor:  # N x C x H x W -> N x C x H/stride x W/stride
        if self.stride == (1, 1) or input.device.type != "cpu" or not torch.is_grad_enabled():
            return super().forward(input)
        with torch.autocast("cpu", enabled=False):
            return super().forward(input.to(self.weight.dtype)).to(input.dtype)


def he_normal_(layer: nn.Module) -> None:
    """Draw a convolution's weights with variance 2 / fan-out, which keeps a gradient's size through ReLUs (He 2015)."""
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")


def halved(shape: Sequence[int], times: int) -> tuple[int, int]:
    """Height and width of images, C x H x W, after so many 2 x 2 poolings.

    Raises
    ------
    UserError
        Where nothing is left.
    """
    height, width = (side // 2**times for side in shape[1:])
    if not height or not width:
        most = min(shape[1:]).bit_length() - 1
        raise UserError(f"{times} poolings leave nothing of {shape[1]} x {shape[2]} pixels; allowed: at most {most}")
    return height, width
