"""AdamW: Adam whose weight decay is no part of the gradient (Loshchilov and Hutter 2019)."""

from torch import nn
from torch.optim import AdamW, Optimizer

from nnlabs.training.base import OptimizerSettings, parameter_groups

Settings = OptimizerSettings


def build(settings: OptimizerSettings, network: nn.Module, lr: float, precision: str) -> list[Optimizer]:
    return [AdamW(parameter_groups(network), lr, weight_decay=settings.weight_decay, fused=True)]
