"""The gradients of a batch: by autograd or, for a chain of layers, as they are written out in `written`."""

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn
from torch.nn import functional as F

from nnlabs.models.predict import autocast
from nnlabs.training import written


class Gradients(Protocol):
    def __call__(self, images: Tensor, labels: Tensor, weight: float) -> tuple[Tensor, Tensor]:
        """Logits and loss, the mean over the batch times `weight`; its gradients are the parameters' `grad` then."""


def of(network: nn.Module, precision: str, label_smoothing: float) -> Gradients:
    """Written out where the network is a chain of layers, on a processor; by autograd elsewhere.

    To come before the network's optimizers are made: they are to find the `vector` of `Written`.
    """
    layers = getattr(network, "chain", ())
    if layers and all(map(written.known, layers)) and not next(network.parameters()).is_cuda:
        made = written.Written(layers, precision, label_smoothing)
        network.vector = made.vector
        return made
    return Autograd(network, precision, label_smoothing)


@dataclass(frozen=True)
class Autograd:
    """For every network and device."""

    network: nn.Module
    precision: str
    label_smoothing: float

    def __call__(self, images: Tensor, labels: Tensor, weight: float) -> tuple[Tensor, Tensor]:
        self.network.zero_grad(set_to_none=True)
        with autocast(images.device, self.precision):
            logits = self.network(images)
        loss = F.cross_entropy(logits.float(), labels, label_smoothing=self.label_smoothing) * weight
        loss.backward()  # type: ignore[no-untyped-call]
        return logits.detach(), loss.detach()
