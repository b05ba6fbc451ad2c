"""MobileNetV2 as the row of its stages.

M. Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks" (2018), table 2. The
layers have torchvision's names, so that its weights fit.
"""

from torch import Tensor, nn

from nnlabs.models.layers import Convolution, Depthwise

STEM, LAST = 32, 1280
"""Channels of the first convolution and of the last."""
TABLE = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Expansion, output channels, number of blocks, stride of the first of them."""


def activated(convolution: nn.Conv2d) -> nn.Sequential:
    """The convolution, batch normalisation, ReLU that ends at 6."""
    return nn.Sequential(convolution, nn.BatchNorm2d(convolution.out_channels), nn.ReLU6(inplace=True))


class InvertedResidual(nn.Module):
    """Widen by 1 x 1, filter each channel by 3 x 3, narrow by 1 x 1 without activation; add x where shapes agree."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        width = inputs * expansion
        self.residual = stride == 1 and inputs == outputs
        self.conv = nn.Sequential(
            *([activated(Convolution(inputs, width, 1))] if expansion > 1 else []),
            activated(Depthwise(width, stride)),
            Convolution(width, outputs, 1),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x: Tensor) -> Tensor:  # N x C x H x W -> N x C' x H/stride x W/stride
        y: Tensor = self.conv(x)
        return x + y if self.residual else y


def stages() -> list[nn.Module]:
    """The 19 stages before the output: the stem, 17 blocks, the last convolution; H x W become H/32 x W/32."""
    made: list[nn.Module] = [activated(Convolution(3, STEM, 3, stride=2))]
    inputs = STEM
    for expansion, outputs, count, stride in TABLE:
        for i in range(count):
            made.append(InvertedResidual(inputs, outputs, stride if i == 0 else 1, expansion))
            inputs = outputs
    return [*made, activated(Convolution(inputs, LAST, 1))]
