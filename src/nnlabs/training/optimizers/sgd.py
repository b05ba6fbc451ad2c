"""Stochastic gradient descent, with momentum (Polyak 1964) or Nesterov's."""

from typing import Self

from pydantic import model_validator
from torch import nn
from torch.optim import SGD, Optimizer

from nnlabs.core.fields import Flag, Fraction
from nnlabs.training.base import OptimizerSettings, parameter_groups


class Settings(OptimizerSettings):
    momentum: Fraction = 0.0
    nesterov: Flag = False

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum above 0")
        return self


def build(settings: Settings, network: nn.Module, lr: float, precision: str) -> list[Optimizer]:
    return [
        SGD(
            parameter_groups(network),
            lr,
            momentum=settings.momentum,
            nesterov=settings.nesterov,
            weight_decay=settings.weight_decay,
            fused=True,
        )
    ]
