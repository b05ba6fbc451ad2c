"""The one training loop: a run is an arm with one seed and one learning rate."""

import math
import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nnlabs.data.dataset import Dataset
from nnlabs.core.errors import UserError
from nnlabs.models.build import build
from nnlabs.config import Arm
from nnlabs.training import augment, optimizers, scores
from nnlabs.core import runtime
from nnlabs.training.checkpoint import Checkpoints
from nnlabs.training.distributed import ALONE, Team
from nnlabs.telling.progress import Progress
from nnlabs.training.schedules import SCHEDULES
from nnlabs.training.split import Split
from nnlabs.core.seeding import generator, stream

CHECKPOINT_SECONDS = 1.0
"""Epochs shorter than this share a checkpoint: a synced write costs as much as a small epoch."""


@dataclass
class State:
    """How far a run has come; all of it is in a checkpoint."""

    epoch: int  # epochs finished
    history: list[dict[str, float]]  # one row an epoch; nothing of validation where there is none
    seconds: list[float]  # of each epoch, validation included
    parameters: int  # trained ones
    best_epoch: int
    best_weights: dict[str, Tensor]

    def done(self, arm: Arm) -> bool:
        """Whether all epochs are finished, or validation has got no better for the arm's patience."""
        waited = self.epoch - self.best_epoch
        return self.epoch >= arm.epochs or (arm.patience is not None and waited >= arm.patience)


@dataclass(frozen=True)
class Job:
    """What a run needs beside its data."""

    variant: str
    arm: Arm
    lr: float
    seed: int
    device: torch.device
    precision: str  # "float32" or "bf16"
    team: Team = ALONE

    @property
    def title(self) -> str:
        rate = f" lr {self.lr:g}" if self.arm.lr_grid else ""
        return f"{self.variant} seed {self.seed}{rate}"

    @property
    def key(self) -> str:
        """Names the run's checkpoint."""
        return f"seed-{self.seed}-lr-{self.lr!r}"


def run(job: Job, data: Dataset, train: Split, val: Split | None, saved: Checkpoints | None) -> State:
    """Train from the start or from the last checkpoint, and keep the weights of the best epoch.

    Best is the highest validation accuracy, the earlier epoch where two are equal; without
    validation it is the last epoch. `saved` is for the one process that writes.

    Raises
    ------
    UserError
        When the loss is not finite, naming variant, seed, epoch and step.
    """
    arm, team = job.arm, job.team
    torch.manual_seed(stream(job.seed, "initialisation"))
    network = build(arm, data.shape, len(data.classes), data.mean, data.deviation).to(job.device)
    if callable(prepare := getattr(network, "prepare", None)):
        order = torch.randperm(len(train), generator=generator(job.seed, "prepare"))
        prepare(lambda n: train.take(order[:n]))
    network = team.joined(network)
    algorithms = optimizers.build(arm, network, job.lr, job.precision)
    state = State(0, [], [], sum(p.numel() for p in network.parameters() if p.requires_grad), 0, {})
    if (checkpoint := team.told(saved.load(job.key) if saved else None)) is not None:
        network.load_state_dict(checkpoint["network"])
        for algorithm, content in zip(algorithms, checkpoint["optimizers"], strict=True):
            algorithm.load_state_dict(content)
        state = State(**checkpoint["state"])
    steps = math.ceil(len(train) / arm.batch_size)
    written = time.monotonic()
    with Progress(job.title, arm.epochs, state.epoch * steps, arm.epochs * steps, shown=team.writes) as progress:
        while not state.done(arm):
            began = time.monotonic()
            epoch = state.epoch + 1
            row = {"epoch": epoch, **train_epoch(job, network, algorithms, train, epoch, steps, progress)}
            team.average_statistics(network)
            if val is not None:
                row |= validate(job, network, val, len(data.classes))
            row["learning_rate"] = job.lr * _factor(arm, epoch * steps, steps)
            if val is None:
                better = epoch == arm.epochs
            else:
                at_best = state.history[state.best_epoch - 1] if state.history else {"validation_accuracy": -1.0}
                better = row["validation_accuracy"] > at_best["validation_accuracy"]
            if better:
                state.best_epoch = epoch
                state.best_weights = {key: value.detach().clone() for key, value in network.state_dict().items()}
            state.epoch = epoch
            state.history.append(row)
            state.seconds.append(time.monotonic() - began)
            progress.epoch(epoch, row["train_loss"], row.get("validation_accuracy"), last=state.done(arm))
            if saved and (state.done(arm) or time.monotonic() - written > CHECKPOINT_SECONDS):
                content = {"network": network.state_dict(), "optimizers": [a.state_dict() for a in algorithms]}
                saved.save(job.key, content | {"state": vars(state)})
                written = time.monotonic()
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
    arm, team, parents = job.arm, job.team, runtime.parents()
    order = torch.randperm(len(train), generator=generator(job.seed, "order", epoch)).to(job.device)
    draws = generator(job.seed, "augmentation", epoch)
    mirrored = augment.alternating(len(train), epoch, generator(job.seed, "alternation")).to(job.device)
    torch.manual_seed(stream(job.seed, "dropout", epoch))
    losses = torch.zeros(steps, device=job.device)
    predicted = torch.zeros_like(order)
    labels = train.labels[order]
    network.train()
    for step in range(steps):
        first = step * arm.batch_size
        share = team.share(min(arm.batch_size, len(order) - first))
        here = slice(first + share.first, first + share.last)
        images = train.take(order[here])
        if arm.alternate_flip:
            images = augment.mirror(images, mirrored[order[here]])
        elif arm.flip:
            images = augment.flip(images, draws, share)
        if arm.crop:
            images = augment.crop(images, arm.crop, draws, share)
        if arm.sizes:
            images = augment.resize(images, arm.sizes[(epoch - 1) * len(arm.sizes) // arm.epochs])
        team.draw_for_all(network, share)
        factor = _factor(arm, (epoch - 1) * steps + step, steps)
        for algorithm in algorithms:
            algorithm.zero_grad(set_to_none=True)
            for group in algorithm.param_groups:
                group["lr"] = group["base_lr"] * factor
        with autocast(job.device, job.precision):
            logits = network(images)
        loss = F.cross_entropy(logits.float(), labels[here], label_smoothing=arm.label_smoothing) * share.weight
        loss.backward()  # type: ignore[no-untyped-call]
        team.add_gradients(network)
        for algorithm in algorithms:
            algorithm.step()
        losses[step] = loss.detach()
        predicted[here] = logits.detach().argmax(1)
        runtime.stop_if_orphaned(parents)
        progress.step()
    team.add(losses)
    team.highest(predicted)
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


def validate(job: Job, network: nn.Module, val: Split, classes: int) -> dict[str, float]:
    """Loss, accuracy and macro-F1 on the validation part; each process predicts a piece of it."""
    first, last = (len(val) * rank // job.team.size for rank in (job.team.rank, job.team.rank + 1))
    arm, images = job.arm, val.arrays[0][first:last]
    logits = predict(network, images, job.precision, flip_average=arm.flip_average, shift_average=arm.shift_average)
    if job.team.size > 1:
        logits = job.team.join(logits, first, logits.new_zeros(len(val), classes))
    loss = F.cross_entropy(logits, val.labels).item()
    return _summary("validation", loss, scores.confusion(val.labels, logits.argmax(1), classes))


@torch.inference_mode()
def predict(
    network: nn.Module,
    images: Tensor,
    precision: str,
    *,
    flip_average: bool,
    shift_average: int = 0,
    batch_size: int = 1000,
) -> Tensor:
    """Logits of uint8 images, N x classes, float32; averaged over mirrored and shifted views where asked.

    Of images larger than 64 x 64 pixels it takes fewer at a time: a thousand of 224 would need gigabytes.
    """
    network.eval()
    device = next(network.parameters()).device
    pixels = images.shape[-2] * images.shape[-1]
    at_once = max(1, batch_size * min(pixels, 64 * 64) // pixels)
    parts = []
    for batch in images.split(at_once):  # type: ignore[no-untyped-call]
        batch = batch.to(device, non_blocking=True)
        with autocast(device, precision):
            views = augment.shifted(batch, shift_average)
            logits = torch.stack([_both_ways(network, view, flip_average) for view in views]).mean(0)
        parts.append(logits)
    return torch.cat(parts)


def _both_ways(network: nn.Module, images: Tensor, flip_average: bool) -> Tensor:
    logits: Tensor = network(images).float()
    if flip_average:
        logits = (logits + network(images.flip(-1)).float()) / 2
    return logits


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
