"""A network that learns: with its gradients and its optimizers, whose state goes into a checkpoint with its weights."""

from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from nnlabs.training import gradients, optimizers
from nnlabs.training.distributed import ProcessGroup
from nnlabs.training.gradients import Gradients
from nnlabs.training.settings import Variant


@dataclass(frozen=True)
class Learner:
    network: nn.Module
    differentiate: Gradients
    algorithms: list[torch.optim.Optimizer]
    """Each group has the learning rate that the schedule scales, `base_lr`."""
    processes: ProcessGroup
    averaged: AveragedModel | None
    """With a running mean of its weights and of its statistics, over some steps."""

    @classmethod
    def of(cls, network: nn.Module, variant: Variant, lr: float, precision: str, processes: ProcessGroup) -> Self:
        """With the variant's optimizers."""
        averaged, decay = None, variant.training.ema_decay
        if decay is not None:
            fading = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
            averaged = AveragedModel(network, multi_avg_fn=fading, use_buffers=True)
        differentiate = gradients.of(network, precision, variant.training.label_smoothing)
        algorithm = optimizers.algorithm(variant.training.optimizer)
        algorithms: list[torch.optim.Optimizer] = algorithm.build(variant.algorithm, network, lr, precision)
        for optimizer in algorithms:
            for group in optimizer.param_groups:
                group["base_lr"] = group["lr"]
        return cls(network, differentiate, algorithms, processes, averaged)

    @property
    def kept(self) -> nn.Module:
        """What is validated, and whose weights are kept."""
        return self.averaged.module if self.averaged else self.network

    def learn(self, images: Tensor, labels: Tensor, weight: float, factor: float) -> tuple[Tensor, Tensor]:
        """Take one step with all rates scaled by `factor`; logits and loss are those before it.

        The loss is the mean over these images times `weight`, their weight in the sum over the processes.
        """
        for algorithm in self.algorithms:
            for group in algorithm.param_groups:
                group["lr"] = group["base_lr"] * factor
        logits, loss = self.differentiate(images, labels, weight)
        self.processes.all_reduce_gradients(self.network)
        for algorithm in self.algorithms:
            algorithm.step()
        if self.averaged:
            self.averaged.update_parameters(self.network)
        return logits, loss

    def all_reduce_statistics(self) -> None:
        """Batch normalisation's running ones, the mean over the processes."""
        self.processes.all_reduce_statistics(self.network)
        if self.averaged:
            self.processes.all_reduce_statistics(self.averaged)

    def state(self) -> dict[str, Any]:
        """What a checkpoint has of it."""
        return {
            "network": self.network.state_dict(),
            "optimizers": [a.state_dict() for a in self.algorithms],
            "averaged": self.averaged.state_dict() if self.averaged else None,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        self.network.load_state_dict(state["network"])
        for algorithm, content in zip(self.algorithms, state["optimizers"], strict=True):
            algorithm.load_state_dict(content)
        if self.averaged:
            self.averaged.load_state_dict(state["averaged"])
