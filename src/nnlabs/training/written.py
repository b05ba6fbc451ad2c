"""The step of a chain of layers with its gradients written out, for processors: the same as autograd's, to rounding.

A fully connected network does so little at a time that autograd is a tenth of its step: what it keeps about each
operation, and in bf16 a gradient of every weight that it turns to lie as the weight does, which takes about as long as
the product it comes from.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nnlabs.models.layers import Dropout, Normalize

_aten = torch.ops.aten
ENTRANCE = (Normalize, nn.Flatten)
"""What may come before the first layer that learns: no gradient goes through these."""


@dataclass(frozen=True)
class Rule:
    """How a layer is passed in both directions."""

    forward: Callable[[Any, Tensor], tuple[Tensor, tuple[Tensor, ...]]]
    """Of a layer and its input: the output, and what `backward` needs to be kept."""
    backward: Callable[..., Tensor]
    """Of the layer, the loss's gradient by its output, and what was kept: the gradient by its input, which may be
    anything where the layer is the `first`. Those by its parameters are put into their `grad`."""


class Written:
    """Gradients of layers that come one after the other, from images to logits.

    The parameters become parts of one `vector`, and what is in their `grad` parts of its `grad`: an optimizer that does
    the same to every number may take it in place of them, and is done in one go.
    """

    def __init__(self, layers: Sequence[nn.Module], precision: str, label_smoothing: float) -> None:
        parameters = [p for layer in layers for p in layer.parameters()]
        self.vector = torch.cat([p.detach().flatten() for p in parameters])
        self.vector.grad = torch.zeros_like(self.vector)
        first = 0
        for p in parameters:
            here = slice(first, first := first + p.numel())
            p.data, p.grad = self.vector[here].view_as(p), self.vector.grad[here].view_as(p)
        entrance = sum(isinstance(layer, ENTRANCE) for layer in layers)
        self.entrance, self.layers = layers[:entrance], layers[entrance:]
        self.rules = [RULES[type(layer)] for layer in self.layers]
        self.dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        self.label_smoothing = label_smoothing

    @torch.no_grad()
    def __call__(self, images: Tensor, labels: Tensor, weight: float) -> tuple[Tensor, Tensor]:
        x, kept = images, []
        for layer in self.entrance:
            x = layer(x)
        x = x.to(self.dtype)
        for layer, rule in zip(self.layers, self.rules, strict=True):
            x, needed = rule.forward(layer, x)
            kept.append(needed)
        loss, slope = cross_entropy(x.float(), labels, self.label_smoothing, weight)
        slope = slope.to(self.dtype)
        for i, (layer, rule) in reversed(list(enumerate(zip(self.layers, self.rules, strict=True)))):
            slope = rule.backward(layer, slope, *kept[i], first=not i)
        return x, loss


def cross_entropy(
    logits: Tensor, labels: Tensor, label_smoothing: float, weight: float
) -> tuple[Tensor, Tensor]:  # N x classes, N -> one, N x classes
    """The loss, the mean over the batch times `weight`, and its gradient: softmax less what was to be said, over N."""
    n, classes = logits.shape
    logarithms = F.log_softmax(logits, 1)
    loss = F.nll_loss(logarithms, labels)
    if label_smoothing:
        loss = (1 - label_smoothing) * loss - label_smoothing * logarithms.mean()
    slope = logarithms.exp().sub_(label_smoothing / classes)
    slope[torch.arange(n), labels] -= 1 - label_smoothing
    return loss * weight, slope.mul_(weight / n)


def _product(a: Tensor, b: Tensor, out: Tensor | None) -> None:
    """The product, in whatever type `out` has."""
    assert out is not None
    if a.dtype == out.dtype:
        torch.mm(a, b, out=out)
    else:
        out.copy_(a @ b)


def _linear(layer: nn.Linear, x: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    weight, bias = (None if each is None else each.to(x.dtype) for each in (layer.weight, layer.bias))
    return F.linear(x, weight, bias), (x, weight)


def _linear_back(layer: nn.Linear, slope: Tensor, x: Tensor, weight: Tensor, *, first: bool) -> Tensor:
    _product(slope.t(), x, layer.weight.grad)
    if layer.bias is not None:
        torch.sum(slope, 0, out=layer.bias.grad)
    return slope if first else torch.mm(slope, weight)


def _norm(layer: nn.BatchNorm1d, x: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    assert layer.num_batches_tracked is not None
    layer.num_batches_tracked += 1
    y, mean, scale = torch.native_batch_norm(
        x, layer.weight, layer.bias, layer.running_mean, layer.running_var, True, layer.momentum or 0.0, layer.eps
    )
    return y, (x, mean, scale)


def _norm_back(layer: nn.BatchNorm1d, slope: Tensor, x: Tensor, mean: Tensor, scale: Tensor, *, first: bool) -> Tensor:
    wanted = [not first, True, True]
    statistics = (layer.running_mean, layer.running_var, mean, scale)
    through: Tensor
    through, by_weight, by_bias = _aten.native_batch_norm_backward(
        slope, x, layer.weight, *statistics, True, layer.eps, wanted
    )
    for parameter, gradient in ((layer.weight, by_weight), (layer.bias, by_bias)):
        assert parameter.grad is not None
        parameter.grad.copy_(gradient)
    return through


def _dropout(layer: Dropout, x: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    if not layer.dropped:
        return x, ()
    kept = layer.kept(x)
    return (x * kept).mul_(layer.scale), (kept,)


def _dropout_back(layer: Dropout, slope: Tensor, *kept: Tensor, first: bool) -> Tensor:
    return (slope * kept[0]).mul_(layer.scale) if kept else slope


def _activation(by_input: Callable[[Any, Tensor, Tensor, Tensor], Tensor]) -> Rule:
    """`by_input` is, of the layer, the gradient by its output y, its input x and y, the gradient by x."""

    def forward(layer: nn.Module, x: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        y = layer(x)
        return y, (x, y)

    def backward(layer: nn.Module, slope: Tensor, x: Tensor, y: Tensor, *, first: bool) -> Tensor:
        return by_input(layer, slope, x, y)

    return Rule(forward, backward)


RULES: dict[type[nn.Module], Rule] = {
    nn.Linear: Rule(_linear, _linear_back),
    nn.BatchNorm1d: Rule(_norm, _norm_back),
    Dropout: Rule(_dropout, _dropout_back),
    nn.ReLU: _activation(lambda layer, slope, x, y: _aten.threshold_backward(slope, y, 0)),
    nn.LeakyReLU: _activation(
        lambda layer, slope, x, y: _aten.leaky_relu_backward(slope, x, layer.negative_slope, False)
    ),
    nn.ELU: _activation(lambda layer, slope, x, y: _aten.elu_backward(slope, layer.alpha, 1, 1, False, x)),
    nn.SiLU: _activation(lambda layer, slope, x, y: _aten.silu_backward(slope, x)),
    nn.GELU: _activation(lambda layer, slope, x, y: _aten.gelu_backward(slope, x)),
    nn.Sigmoid: _activation(lambda layer, slope, x, y: _aten.sigmoid_backward(slope, y)),
    nn.Tanh: _activation(lambda layer, slope, x, y: _aten.tanh_backward(slope, y)),
}


def known(layer: nn.Module) -> bool:
    """Whether this layer can stand in a chain."""
    return isinstance(layer, ENTRANCE) or type(layer) in RULES
