"""The one training loop: a run is an arm with one seed and one learning rate."""

import math
import os
import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nnlabs.data.dataset import Dataset, Part
from nnlabs.errors import UserError
from nnlabs.models.build import build
from nnlabs.params import Arm
from nnlabs.training import augment, optimizers, runtime, scores
from nnlabs.training.checkpoint import Checkpoints
from nnlabs.training.progress import Progress
from nnlabs.training.schedules import SCHEDULES
from nnlabs.training.streams import generator, stream

CHECKPOINT_SECONDS = 1.0
"""Epochs shorter than this share a checkpoint: a synced write costs as much as a small epoch."""


@dataclass(frozen=True)
class Split:
    """One part of a dataset on the device: images N x C x H x W, uint8, or features; labels N, int64."""

    images: Tensor
    labels: Tensor

    @classmethod
    def on(cls, device: torch.device, part: Part) -> "Split":
        """Take the part to the device; on the CPU the arrays stay mapped and are not copied."""
        return cls(torch.from_numpy(part.images).to(device), torch.from_numpy(part.labels).to(device))


@dataclass
class State:
    """How far a run has come; all of it is in a checkpoint."""

    epoch: int  # epochs finished
    history: list[dict[str, float]]  # one row an epoch
    seconds: list[float]  # of each epoch, validation included
    parameters: int  # trained ones
    best_epoch: int
    best_weights: dict[str, Tensor]


@dataclass(frozen=True)
class Job:
    """What a run needs beside its data."""

    variant: str
    arm: Arm
    lr: float
    seed: int
    device: torch.device
    precision: str  # "float32" or "bf16"

    @property
    def title(self) -> str:
        rate = f" lr {self.lr:g}" if self.arm.lr_grid else ""
        return f"{self.variant} seed {self.seed}{rate}"

    @property
    def key(self) -> str:
        """Names the run's checkpoint."""
        return f"seed-{self.seed}-lr-{self.lr!r}"


def run(job: Job, data: Dataset, train: Split, val: Split, saved: Checkpoints) -> State:
    """Train from the start or from the last checkpoint, and keep the weights of the best epoch.

    Best is the highest validation accuracy, the earlier epoch where two are equal.

    Raises
    ------
    UserError
        When the loss is not finite, naming variant, seed, epoch and step.
    """
    torch.manual_seed(stream(job.seed, "initialisation"))
    network = build(job.arm, data.shape, len(data.classes), data.mean, data.deviation).to(job.device)
    if callable(prepare := getattr(network, "prepare", None)):
        prepare(train.images, generator(job.seed, "prepare"))
    algorithms = optimizers.build(job.arm, network, job.lr, job.precision)
    state = State(0, [], [], sum(p.numel() for p in network.parameters() if p.requires_grad), 0, {})
    if (checkpoint := saved.load(job.key)) is not None:
        network.load_state_dict(checkpoint["network"])
        for algorithm, content in zip(algorithms, checkpoint["optimizers"], strict=True):
            algorithm.load_state_dict(content)
        state = State(**checkpoint["state"])
    steps = math.ceil(len(train.images) / job.arm.batch_size)
    progress = Progress(job.title, job.arm.epochs, state.epoch * steps, job.arm.epochs * steps)
    written = time.monotonic()
    while state.epoch < job.arm.epochs:
        began = time.monotonic()
        epoch = state.epoch + 1
        row = {"epoch": epoch, **train_epoch(job, network, algorithms, train, epoch, steps, progress)}
        logits = predict(network, val.images, job.precision, flip_average=job.arm.flip_average)
        loss = F.cross_entropy(logits, val.labels).item()
        row |= _summary("validation", loss, scores.confusion(val.labels, logits.argmax(1), logits.shape[1]))
        row["learning_rate"] = job.lr * _factor(job.arm, epoch * steps, steps)
        if not state.history or row["validation_accuracy"] > state.history[state.best_epoch - 1]["validation_accuracy"]:
            state.best_epoch = epoch
            state.best_weights = {key: value.detach().clone() for key, value in network.state_dict().items()}
        state.epoch = epoch
        state.history.append(row)
        state.seconds.append(time.monotonic() - began)
        progress.epoch(epoch, row["train_loss"], row["validation_accuracy"])
        if epoch == job.arm.epochs or time.monotonic() - written > CHECKPOINT_SECONDS:
            content = {"network": network.state_dict(), "optimizers": [a.state_dict() for a in algorithms]}
            saved.save(job.key, content | {"state": vars(state)})
            written = time.monotonic()
    progress.close()
    return state


def train_epoch(
    job: Job,
    network: nn.Module,
    algorithms: list[torch.optim.Optimizer],
    train: Split,
    epoch: int,
    steps: int,
    progress: Progress,
) -> dict[str, float]:
    """One pass over the training part; loss, accuracy and macro-F1 are running, with dropout on."""
    arm, parent = job.arm, os.getppid()
    order = torch.randperm(len(train.images), generator=generator(job.seed, "order", epoch)).to(job.device)
    draws = generator(job.seed, "augmentation", epoch)
    torch.manual_seed(stream(job.seed, "dropout", epoch))
    losses = torch.empty(steps, device=job.device)
    predicted = torch.empty_like(order)
    labels = train.labels[order]
    network.train()
    for step in range(steps):
        batch = slice(step * arm.batch_size, (step + 1) * arm.batch_size)
        images = train.images[order[batch]]
        if arm.flip:
            images = augment.flip(images, draws)
        if arm.crop:
            images = augment.crop(images, arm.crop, draws)
        factor = _factor(arm, (epoch - 1) * steps + step, steps)
        for algorithm in algorithms:
            algorithm.zero_grad(set_to_none=True)
            for group in algorithm.param_groups:
                group["lr"] = group["base_lr"] * factor
        with autocast(job.device, job.precision):
            logits = network(images)
        loss = F.cross_entropy(logits.float(), labels[batch], label_smoothing=arm.label_smoothing)
        loss.backward()  # type: ignore[no-untyped-call]
        for algorithm in algorithms:
            algorithm.step()
        losses[step] = loss.detach()
        predicted[batch] = logits.detach().argmax(1)
        runtime.stop_if_orphaned(parent)
        progress.step()
    if not losses.isfinite().all():
        first = int((~losses.isfinite()).nonzero()[0])
        raise UserError(
            f"{job.variant}, seed {job.seed}, epoch {epoch}, step {first + 1} of {steps}: "
            f"the loss is {losses[first]:g}; a smaller learning rate than {job.lr:g} may help"
        )
    sizes = torch.full((steps,), arm.batch_size)
    sizes[-1] = len(order) - (steps - 1) * arm.batch_size
    mean_loss = ((losses * sizes.to(job.device)).sum() / len(order)).item()
    return _summary("train", mean_loss, scores.confusion(labels, predicted, logits.shape[1]))


@torch.inference_mode()
def predict(
    network: nn.Module, images: Tensor, precision: str, *, flip_average: bool, batch_size: int = 1000
) -> Tensor:
    """Logits of uint8 images, N x classes, float32; averaged with the mirror image's where asked."""
    network.eval()
    parts = []
    for batch in images.split(batch_size):  # type: ignore[no-untyped-call]
        with autocast(batch.device, precision):
            logits = network(batch).float()
            if flip_average:
                logits = (logits + network(batch.flip(-1)).float()) / 2
        parts.append(logits)
    return torch.cat(parts)


def autocast(device: torch.device, precision: str) -> torch.autocast:
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")


def _factor(arm: Arm, step: int, steps_an_epoch: int) -> float:
    return SCHEDULES[arm.schedule](step / (arm.epochs * steps_an_epoch), arm.warm_up)


def _summary(part: str, loss: float, counts: Tensor) -> dict[str, Any]:
    return {
        f"{part}_loss": loss,
        f"{part}_accuracy": scores.accuracy(counts),
        f"{part}_macro_f1": scores.macro_f1(counts),
    }
