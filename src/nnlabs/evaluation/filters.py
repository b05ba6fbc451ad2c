"""The filters of the convolution that sees the image: small enough to be looked at one by one."""

from torch import nn

Filters = list[list[list[list[float]]]]
"""n x C x k x k."""


def first(network: nn.Module, channels: int, most: int) -> Filters | None:
    """The first filters of the first convolution of so many input channels, to four digits; None without one."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d) and layer.in_channels == channels:
            weights = layer.weight[:most].detach().float().cpu().tolist()
            return [[[[float(f"{w:.4g}") for w in row] for row in plane] for plane in each] for each in weights]
    return None
