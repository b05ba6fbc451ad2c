"""The one training loop: a run is a variant with one seed and one learning rate."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nnlabs.core import runtime
from nnlabs.core.errors import UserError
from nnlabs.core.seeding import generator, stream
from nnlabs.data.prepared import Dataset
from nnlabs.models.predict import predict
from nnlabs.telling.progress import EpochProgress
from nnlabs.training import augment, scores
from nnlabs.training.checkpoint import Checkpoints
from nnlabs.training.distributed import SINGLE, ProcessGroup
from nnlabs.training.learner import Learner
from nnlabs.training.proxy import Proxy, shrunk
from nnlabs.training.schedules import SCHEDULES
from nnlabs.training.settings import ProxySettings, Training, Variant
from nnlabs.training.split import Split

CHECKPOINT_SECONDS = 1.0
"""Epochs shorter than this share a checkpoint: a synced write costs as much as a small epoch."""


class DivergedError(UserError):
    """A run whose loss or weights are no numbers any more."""


@dataclass
class State:
    """How far a run has come; all of it is in a checkpoint."""

    epoch: int  # epochs finished
    history: list[dict[str, float]]  # one row an epoch; nothing of validation where there is none
    seconds: list[float]  # of each epoch, validation included
    parameters: int  # trained ones
    best_epoch: int
    best_weights: dict[str, Tensor]

    def done(self, training: Training) -> bool:
        """Whether all epochs are finished, or validation has got no better for the variant's patience."""
        waited = self.epoch - self.best_epoch
        return self.epoch >= training.epochs or (training.patience is not None and waited >= training.patience)


@dataclass(frozen=True)
class Job:
    """What a run needs beside its data."""

    variant: Variant
    lr: float
    seed: int
    device: torch.device
    precision: str  # "float32" or "bf16"
    processes: ProcessGroup = SINGLE

    @property
    def title(self) -> str:
        rate = f" lr {self.lr:g}" if self.variant.training.lr_grid else ""
        return f"{self.variant.id} seed {self.seed}{rate}"

    @property
    def key(self) -> str:
        """Names the run's checkpoint."""
        return f"seed-{self.seed}-lr-{self.lr!r}"


def run(job: Job, data: Dataset, train: Split, validation: Split | None, saved: Checkpoints | None) -> State:
    """Train from the start or from the last checkpoint, and keep the weights of the best epoch.

    Best is the highest score on validation, the variant's, the earlier epoch where two are equal; without
    validation it is the last epoch. `saved` is for the one process that writes.

    Raises
    ------
    UserError
        When a window of `windows` is larger than an image, when `proxy.shrink` leaves too little of one, or when
        several processes are to have a proxy.
    DivergedError
        When a loss or the kept weights are not finite, naming variant, seed and epoch.
    """
    variant, training, processes = job.variant, job.variant.training, job.processes
    score = f"validation_{variant.score}"
    if training.windows and (largest := max(training.windows)) > (most := min(data.shape[1:])):
        raise UserError(f"params.yaml: variants.{variant.id}.windows: {largest} found; images allow at most {most}")
    if training.proxy and processes.world_size > 1:
        raise UserError(f"{variant.id}: proxy: a training in one process is needed, {processes.world_size} found")
    learner = _learner(job, "initialisation", data, train, data.shape)
    proxy = _proxy(job, training.proxy, data, train) if training.proxy else None
    learners = [learner, *([proxy.learner] if proxy else [])]
    network = learner.kept
    state = State(0, [], [], sum(p.numel() for p in network.parameters() if p.requires_grad), 0, {})
    if (checkpoint := processes.broadcast(saved.load(job.key) if saved else None)) is not None:
        for each, content in zip(learners, checkpoint["learners"], strict=True):
            each.restore(content)
        state = State(**checkpoint["state"])
    epochs = training.epochs
    steps = [batches(len(train), training.drawn(epoch)) for epoch in range(1, epochs + 1)]
    done = sum(steps[: state.epoch])
    written = time.monotonic()
    with EpochProgress(job.title, epochs, done, sum(steps), shown=processes.is_main) as progress:
        while not state.done(training):
            began = time.monotonic()
            epoch = state.epoch + 1
            learnt = train_epoch(job, learner, proxy, train, epoch, steps[epoch - 1], progress)
            row = {"epoch": epoch, **learnt}
            learner.all_reduce_statistics()
            if validation is not None:
                row |= validate(job, network, validation, len(data.classes))
                if not math.isfinite(row["validation_loss"]):
                    raise _diverged(job, f"epoch {epoch}: the validation loss is {row['validation_loss']:g}", job.lr)
            row["learning_rate"] = job.lr * _factor(training, epoch, 1)
            if validation is None:
                better = epoch == epochs
            else:
                at_best = state.history[state.best_epoch - 1][score] if state.history else -1.0
                better = row[score] > at_best
            if better:
                state.best_epoch = epoch
                state.best_weights = {key: value.detach().clone() for key, value in network.state_dict().items()}
                if not all(value.isfinite().all() for value in state.best_weights.values()):
                    raise _diverged(job, f"epoch {epoch}: weights are not finite", job.lr)
            state.epoch = epoch
            state.history.append(row)
            state.seconds.append(time.monotonic() - began)
            progress.epoch(epoch, row["train_loss"], row.get("validation_accuracy"), last=state.done(training))
            if saved and (state.done(training) or time.monotonic() - written > CHECKPOINT_SECONDS):
                saved.save(job.key, {"learners": [each.state() for each in learners], "state": vars(state)})
                written = time.monotonic()
    return state


def batches(images: int, size: int) -> int:
    """How many batches make an epoch: a single image that is left over belongs to the one before it."""
    whole, rest = divmod(images, size)
    return whole + (rest > 1 or not whole)


def train_epoch(
    job: Job,
    learner: Learner,
    proxy: Proxy | None,
    train: Split,
    epoch: int,
    steps: int,
    progress: EpochProgress,
) -> dict[str, float]:
    """One pass over the training part; loss, accuracy and macro-F1 are running, with dropout on.

    With a proxy they are those of the images that it picks.
    """
    training, processes, parents = job.variant.training, job.processes, runtime.parents()
    order = torch.randperm(len(train), generator=generator(job.seed, "order", epoch)).to(job.device)
    draws = generator(job.seed, "augmentation", epoch)
    alternating = augment.alternating(len(train), epoch, generator(job.seed, "alternation")).to(job.device)
    torch.manual_seed(stream(job.seed, "dropout", epoch))
    size = training.drawn(epoch)
    side = training.windows and training.windows[(epoch - 1) * len(training.windows) // training.epochs]
    losses, sizes = torch.zeros(steps, device=job.device), [0] * steps
    losses_of_proxy = torch.zeros_like(losses)
    predicted = torch.full_like(order, -1)  # until it is learned
    labels = train.labels[order]
    learner.network.train()
    for step in range(steps):
        first = step * size
        shard = processes.shard(len(order) - first if step == steps - 1 else size)
        here: slice | Tensor = slice(first + shard.first, first + shard.last)
        sizes[step] = shard.whole
        images = train.take(order[here])
        if training.alternate_flip:
            images = train.mirrored(images, alternating[order[here]])
        elif training.flip:
            images = train.mirrored(images, augment.coins(draws, shard))
        if training.crop:
            images = augment.crop(images, training.crop, draws, shard)
        if side:
            images = augment.crop(images, 0, draws, shard, side)
        processes.draw_for_all(learner.network, shard)
        factor = _factor(training, (epoch - 1) * steps + step, steps)
        if proxy:
            hardest, losses_of_proxy[step] = proxy.hardest(images, labels[here], factor)
            if training.picks(epoch):
                images, here, sizes[step] = images.index_select(0, hardest), first + hardest, len(hardest)
        logits, losses[step] = learner.learn(images, labels[here], shard.weight, factor)
        predicted[here] = logits.argmax(1)
        runtime.stop_if_orphaned(parents)
        progress.step()
    processes.all_reduce(losses)
    processes.all_reduce_max(predicted)
    own = [("the proxy's loss", losses_of_proxy, proxy.lr)] if proxy else []
    for whose, each, lr in [("the loss", losses, job.lr), *own]:
        if not each.isfinite().all():
            first = int((~each.isfinite()).nonzero()[0])
            raise _diverged(job, f"epoch {epoch}, step {first + 1} of {steps}: {whose} is {each[first]:g}", lr)
    mean_loss = ((losses * torch.tensor(sizes, device=job.device)).sum() / sum(sizes)).item()
    learned = predicted >= 0
    return _summary("train", mean_loss, scores.confusion(labels[learned], predicted[learned], logits.shape[1]))


def validate(job: Job, network: nn.Module, validation: Split, classes: int) -> dict[str, float]:
    """Loss, accuracy and macro-F1 on the validation part; each process predicts a piece of it."""
    training, processes, n = job.variant.training, job.processes, len(validation)
    first, last = (n * rank // processes.world_size for rank in (processes.rank, processes.rank + 1))
    images = validation.arrays[0][first:last]
    logits = predict(network, images, job.precision, tta_flip=training.tta_flip, tta_shift=training.tta_shift)
    logits = processes.all_gather(logits, first, n)
    loss = F.cross_entropy(logits, validation.labels).item()
    return _summary("validation", loss, scores.confusion(validation.labels, logits.argmax(1), classes))


def _learner(job: Job, purpose: str, data: Dataset, train: Split, shape: Sequence[int], shrink: int = 1) -> Learner:
    """A network for images of this shape with its first weights, drawn for this purpose; alike in all processes."""
    torch.manual_seed(stream(job.seed, purpose))
    network = job.variant.build(shape, len(data.classes), data.mean, data.std).to(job.device)
    if callable(prepare := getattr(network, "prepare", None)):
        order = torch.randperm(len(train), generator=generator(job.seed, "prepare"))
        prepare(lambda n: shrunk(train.take(order[:n]), shrink), job.variant.dataset)
    network = job.processes.broadcast_network(network)
    return Learner.of(network, job.variant, job.lr, job.precision, job.processes)


def _proxy(job: Job, settings: ProxySettings, data: Dataset, train: Split) -> Proxy:
    """With a small network for the least that is seen of an image."""
    variant, shrink = job.variant, settings.shrink
    sides = [min([side, *(variant.training.windows or ())]) // shrink for side in data.shape[1:]]
    own = replace(job, variant=variant.small, lr=settings.lr or job.lr)
    try:
        if not min(sides):
            raise UserError("nothing is left of an image")
        learner = _learner(own, "proxy", data, train, [data.shape[0], *sides], shrink)
    except UserError as error:
        raise UserError(f"params.yaml: variants.{variant.id}.proxy, with shrink {shrink}: {error}") from None
    return Proxy(learner, settings, own.lr, variant.training.label_smoothing)


def _factor(training: Training, step: int, steps_an_epoch: int) -> float:
    return SCHEDULES[training.schedule](step / (training.epochs * steps_an_epoch), training.warmup)


def _diverged(job: Job, seen: str, lr: float) -> DivergedError:
    """`seen` is what went wrong with this rate, and when."""
    return DivergedError(f"{job.variant.id}, seed {job.seed}, {seen}; a smaller learning rate than {lr:g} may help")


def _summary(part: str, loss: float, counts: Tensor) -> dict[str, Any]:
    return {
        f"{part}_loss": loss,
        f"{part}_accuracy": scores.accuracy(counts),
        f"{part}_macro_f1": scores.macro_f1(counts),
    }
