"""A small network beside the one that is trained: it learns every image and picks those that the other one learns.

An image that is already told right costs as much as one that is not, and teaches less. So the small network, the
proxy, takes a step on each whole batch, and the large one on those images of it where the proxy's losses are highest.
After K. Jordan's `airbench96_faster.py` (https://github.com/KellerJordan/cifar10-airbench, 2024), where the small one
is trained first.

What is learned is then no sample of what there is: a cat that looks like one is left out, a dog that looks like a cat
is not. Scores while training are those of the picked images, and far below what the network has on all.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from nnlabs.training.learner import Learner
from nnlabs.training.settings import ProxySettings


@dataclass(frozen=True)
class Proxy:
    learner: Learner
    settings: ProxySettings
    lr: float
    label_smoothing: float

    def hardest(self, images: Tensor, labels: Tensor, factor: float) -> tuple[Tensor, Tensor]:  # n x C x H x W, n
        """Indices of the images with the highest losses, and the mean over all.

        Both are those before a step on all of them with rates scaled by `factor`, which is taken.
        """
        logits, loss = self.learner.learn(shrunk(images, self.settings.shrink), labels, 1.0, factor)
        losses = F.cross_entropy(logits.float(), labels, label_smoothing=self.label_smoothing, reduction="none")
        return losses.topk(max(2, round(self.settings.keep * len(images)))).indices, loss


def shrunk(images: Tensor, by: int) -> Tensor:  # n x C x H x W -> n x C x H / by x W / by, bytes
    """Each square of so many pixels as one, their mean; what is left over at the right and below is not seen."""
    if by == 1:
        return images
    return F.avg_pool2d(images.float(), by).round_().to(torch.uint8)
