"""Adam (Kingma and Ba 2015)."""

from torch import nn
from torch.optim import Adam, Optimizer

from nnlabs.training.base import OptimizerSettings, parameter_groups

Settings = OptimizerSettings


def build(settings: OptimizerSettings, network: nn.Module, lr: float, precision: str) -> list[Optimizer]:
    return [Adam(parameter_groups(network), lr, weight_decay=settings.weight_decay, fused=True)]
