"""A whole variant: the choice of its learning rate, all its seeds, and what is written of them."""

import csv
import datetime
import json
import statistics
from contextlib import nullcontext
from typing import Any

from safetensors.torch import save_file

from nnlabs.core import paths
from nnlabs.data import dataset
from nnlabs.data.dataset import Dataset
from nnlabs.core.files import aside, write_json
from nnlabs.models.build import CONFIG
from nnlabs.config import Arm, Params
from nnlabs.training import distributed, loop
from nnlabs.core import runtime
from nnlabs.training.checkpoint import checkpoints, fingerprint
from nnlabs.training.loop import Job, State
from nnlabs.training.split import Split

SCORES = ("loss", "accuracy", "macro_f1")
COLUMNS = (
    *("lr", "seed", "epoch"),
    *(f"train_{score}" for score in SCORES),
    *(f"validation_{score}" for score in SCORES),  # empty where there is no validation
    *("learning_rate", "chosen"),
)
"""Of the history."""


def train(name: str, params: Params) -> None:
    """Train one variant of params.yaml with each of its seeds and write weights, history and run record.

    With lr_grid, every rate is tried on the first seed, and the one with the highest
    validation accuracy (the earlier where two are equal) serves the other seeds. With
    `fit: train+validation` the validation part is trained on, and nothing is measured on it.

    Under torchrun its processes share every batch, and the first one writes.
    """
    arm: Arm = params.arms[name]
    data = dataset.load(arm.dataset)
    device = runtime.device(params.device)
    precision = runtime.precision(params.precision, device)
    with distributed.team(device) as team:
        key = fingerprint(arm.model_dump(mode="json"), data.meta["content"], device.type, precision, team.size)
        if arm.fit == "train+validation":
            train_split, val_split = Split.on(device, data.train, data.val), None
        else:
            train_split, val_split = Split.on(device, data.train), Split.on(device, data.val)
        with checkpoints(name, key) if team.writes else nullcontext() as saved:

            def run(lr: float, seed: int) -> tuple[Job, State]:
                job = Job(name, arm, lr, seed, device, precision, team)
                return job, loop.run(job, data, train_split, val_split, saved)

            first, *others = arm.seeds
            tried = [run(lr, first) for lr in arm.rates]
            best = max(tried, key=lambda pair: _accuracy(pair[1])) if arm.lr_grid else tried[0]
            kept = [best, *(run(best[0].lr, seed) for seed in others)]
            if not team.writes:
                return
            choice = [
                {"lr": job.lr, "seed": job.seed, "validation_accuracy": _accuracy(state)}
                for job, state in (tried if arm.lr_grid else [])
            ]
            for job, state in kept:
                _write_weights(job, state, data, choice)
            rejected = [pair for pair in tried if pair is not best]
            _write_history(arm, name, kept, rejected)
            _write_record(arm, name, [*kept, *rejected], len(train_split))


def _accuracy(state: State) -> float:
    return state.history[state.best_epoch - 1]["validation_accuracy"]


def _write_weights(job: Job, state: State, data: Dataset, choice: list[dict[str, Any]]) -> None:
    at_best = state.history[state.best_epoch - 1]
    validation = {score: at_best.get(f"validation_{score}") for score in SCORES}
    apart = job.team.size > 1 and job.device.type == "cpu" and any("running_mean" in key for key in state.best_weights)
    config = {
        "variant": job.variant,
        "arm": job.arm.model_dump(mode="json"),
        "seed": job.seed,
        "classes": data.classes,
        "shape": data.shape,
        "mean": data.mean,
        "deviation": data.deviation,
        "lr": job.lr,
        "tried": choice,
        "best_epoch": state.best_epoch,
        "parameters": state.parameters,
        "precision": job.precision,
        "device": job.device.type,
        "processes": job.team.size,
        "batch_statistics": "of each process" if apart else "of the batch",
        "validation": validation if job.arm.fit == "train" else None,
    }
    with aside(paths.weights(job.variant, job.seed)) as path:
        save_file(
            {key: value.cpu().contiguous() for key, value in state.best_weights.items()},
            path,
            metadata={CONFIG: json.dumps(config, sort_keys=True)},
        )


def _write_history(arm: Arm, name: str, kept: list[tuple[Job, State]], rejected: list[tuple[Job, State]]) -> None:
    rows = [
        {"lr": job.lr, "seed": job.seed, **row, "chosen": chosen}
        for chosen, runs in ((1, kept), (0, rejected))
        for job, state in runs
        for row in state.history
    ]
    with aside(paths.history(arm.lab, name)) as path, path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {key: str(value) if isinstance(value, int) else f"{value:.6g}" for key, value in row.items()}
            for row in rows
        )


def _write_record(arm: Arm, name: str, runs: list[tuple[Job, State]], images: int) -> None:
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
        **runtime.peak_memory(),
        "device": job.device.type,
        "precision": job.precision,
        "threads": arm.threads,
        "processes": job.team.size,
        "when": datetime.date.today().isoformat(),
        **runtime.machine(),
    }
    write_json(paths.run_record(arm.lab, name), record)
