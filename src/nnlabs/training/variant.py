"""A whole variant: the choice of its learning rate, all its seeds, and what is written of them."""

import csv
import datetime
import statistics
import sys
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from nnlabs.core import devices, paths
from nnlabs.core.errors import UserError
from nnlabs.core.files import aside, write_json
from nnlabs.data import prepared
from nnlabs.data.prepared import Dataset
from nnlabs.models import weights
from nnlabs.training import checkpoint, distributed, loop
from nnlabs.training.loop import DivergedError, Job, State
from nnlabs.training.settings import Variant
from nnlabs.training.split import Split, trained_on

SCORES = ("loss", "accuracy", "macro_f1")
COLUMNS = (
    *("lr", "seed", "epoch"),
    *(f"train_{score}" for score in SCORES),
    *(f"validation_{score}" for score in SCORES),  # empty where there is no validation
    *("learning_rate", "chosen"),
)
"""Of the history."""


def train(variant: Variant, device: str, precision: str, digest: str) -> None:
    """Train a variant with each of its seeds and write weights, history and run record.

    With lr_grid, every rate is tried on the first seed, and the one with the highest score on
    validation (the earlier where two are equal) serves the other seeds; one that diverges is the worst. With
    `fit: train+validation` the validation part is trained on, and nothing is measured on it.

    Under torchrun its processes share every batch, and the first one writes.

    `device` and `precision` are what params.yaml says of them: 'auto' takes what is there. `digest` is of everything
    else that the result depends on, code included: an interrupted run goes on only under the same.

    Raises
    ------
    UserError
        Where a run diverges that is not one of a search, or every one of a search; nothing is written then.
    """
    training = variant.training
    data = prepared.load(variant.dataset)
    on = devices.device(device)
    chosen = devices.precision(precision, on)
    with distributed.process_group(on) as processes:
        train_split = trained_on(data, on, training.fit)
        validation = Split.on(on, data.validation) if training.fit == "train" else None
        key = checkpoint.key(digest, data.meta["content"], on.type, chosen, processes.world_size)
        with checkpoint.checkpoints(variant.id, key) if processes.is_main else nullcontext() as saved:

            def run(lr: float, seed: int) -> tuple[Job, State]:
                job = Job(variant, lr, seed, on, chosen, processes)
                return job, loop.run(job, data, train_split, validation, saved)

            first, *others = training.seeds
            tried = _tried(variant, first, run, told=processes.is_main) if training.lr_grid else {}
            best = max(tried.values(), key=_score) if tried else run(training.rates[0], first)
            kept = [best, *(run(best[0].lr, seed) for seed in others)]
            if not processes.is_main:
                return
            chosen_by = f"validation_{variant.score}"
            choice = [
                {"lr": lr, "seed": first, chosen_by: _score(tried[lr]) if lr in tried else None}
                for lr in training.lr_grid or ()
            ]
            for job, state in kept:
                _write_weights(job, state, data, choice)
            rejected = [pair for pair in tried.values() if pair is not best]
            _write_history(variant, kept, rejected)
            _write_record(variant, [*kept, *rejected], len(train_split), data.meta["edition"])


def _tried(
    variant: Variant, seed: int, run: Callable[[float, int], tuple[Job, State]], *, told: bool
) -> dict[float, tuple[Job, State]]:
    """Of every learning rate of a search its run with this seed, without those that diverged.

    Raises
    ------
    UserError
        Where all did.
    """
    tried = {}
    for lr in variant.training.rates:
        try:
            tried[lr] = run(lr, seed)
        except DivergedError as error:
            if told:
                print(f"{error}: the search goes on without this rate", file=sys.stderr)
    if not tried:
        rates = ", ".join(f"{lr:g}" for lr in variant.training.rates)
        raise UserError(f"{variant.id}: lr_grid: every rate diverged ({rates}); smaller ones are needed")
    return tried


def _score(pair: tuple[Job, State]) -> float:
    """What the kept epoch reached on validation, of what the variant goes by."""
    job, state = pair
    return state.history[state.best_epoch - 1][f"validation_{job.variant.score}"]


def _write_weights(job: Job, state: State, data: Dataset, choice: list[dict[str, Any]]) -> None:
    at_best = state.history[state.best_epoch - 1]
    validation = {score: at_best.get(f"validation_{score}") for score in SCORES}
    variant, processes = job.variant, job.processes.world_size
    apart = processes > 1 and job.device.type == "cpu" and any("running_mean" in key for key in state.best_weights)
    config = {
        "variant": variant.parameters(),
        "seed": job.seed,
        "classes": data.classes,
        "shape": data.shape,
        "mean": variant.training.mean or data.mean,
        "std": variant.training.std or data.std,
        "lr": job.lr,
        "tried": choice,
        "best_epoch": state.best_epoch,
        "parameters": state.parameters,
        "precision": job.precision,
        "device": job.device.type,
        "processes": processes,
        "batch_statistics": "of each process" if apart else "of the batch",
        "validation": validation if variant.training.fit == "train" else None,
    }
    weights.save(paths.weights(variant.id, job.seed), state.best_weights, config)


def _write_history(variant: Variant, kept: list[tuple[Job, State]], rejected: list[tuple[Job, State]]) -> None:
    rows = [
        {"lr": job.lr, "seed": job.seed, **row, "chosen": chosen}
        for chosen, runs in ((1, kept), (0, rejected))
        for job, state in runs
        for row in state.history
    ]
    with aside(paths.history(variant.lab, variant.id)) as path, path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {key: str(value) if isinstance(value, int) else f"{value:.6g}" for key, value in row.items()}
            for row in rows
        )


def _write_record(variant: Variant, runs: list[tuple[Job, State]], images: int, edition: str) -> None:
    job = runs[0][0]
    records = []
    for each, state in runs:
        epoch = statistics.median(state.seconds)
        records.append(
            {
                "seed": each.seed,
                "lr": each.lr,
                "epochs": state.epoch,
                "seconds": sum(state.seconds),
                "seconds_per_epoch": epoch,
                "images_per_second": images / epoch,
                "epoch_seconds": state.seconds,
            }
        )
    record = {
        "runs": records,
        "edition": edition,
        **devices.peak_memory(),
        "device": job.device.type,
        "precision": job.precision,
        "threads": variant.training.threads,
        "processes": job.processes.world_size,
        "when": datetime.date.today().isoformat(),
        **devices.machine(),
    }
    write_json(paths.run_record(variant.lab, variant.id), record)
