"""A whole variant: the choice of its learning rate, all its seeds, and what is written of them."""

import csv
import datetime
import json
import statistics
from typing import Any

from safetensors.torch import save_file

from nnlabs import paths
from nnlabs.data import dataset
from nnlabs.data.dataset import Dataset
from nnlabs.files import aside, write_json
from nnlabs.models.build import CONFIG
from nnlabs.params import Arm, Params
from nnlabs.training import loop, runtime
from nnlabs.training.checkpoint import checkpoints, fingerprint
from nnlabs.training.loop import Job, Split, State


def train(name: str, params: Params) -> None:
    """Train one variant of params.yaml with each of its seeds and write weights, history and run record.

    With lr_grid, every rate is tried on the first seed, and the one with the highest
    validation accuracy (the earlier where two are equal) serves the other seeds.
    """
    arm: Arm = params.arms[name]
    data = dataset.load(arm.dataset)
    device = runtime.device(params.device)
    precision = runtime.precision(params.precision, device)
    key = fingerprint(arm.model_dump(mode="json"), data.meta["content"], device.type, precision)
    train_split, val_split = Split.on(device, data.train), Split.on(device, data.val)
    with checkpoints(name, key) as saved:

        def run(lr: float, seed: int) -> tuple[Job, State]:
            job = Job(name, arm, lr, seed, device, precision)
            return job, loop.run(job, data, train_split, val_split, saved)

        first, *others = arm.seeds
        tried = [run(lr, first) for lr in arm.rates]
        best = max(tried, key=lambda pair: _validation(pair[1])["validation_accuracy"])
        kept = [best, *(run(best[0].lr, seed) for seed in others)]
        choice = [
            {"lr": job.lr, "seed": job.seed, "validation_accuracy": _validation(state)["validation_accuracy"]}
            for job, state in tried
        ]
        for job, state in kept:
            _write_weights(job, state, data, choice)
        rejected = [pair for pair in tried if pair is not best]
        _write_history(arm, name, kept, rejected)
        _write_record(arm, name, [*kept, *rejected], len(train_split.images))


def _validation(state: State) -> dict[str, float]:
    return state.history[state.best_epoch - 1]


def _write_weights(job: Job, state: State, data: Dataset, choice: list[dict[str, Any]]) -> None:
    at_best = _validation(state)
    config = {
        "variant": job.variant,
        "arm": job.arm.model_dump(mode="json"),
        "seed": job.seed,
        "classes": data.classes,
        "shape": data.shape,
        "mean": data.mean,
        "deviation": data.deviation,
        "lr": job.lr,
        "tried": choice if job.arm.lr_grid else [],
        "best_epoch": state.best_epoch,
        "parameters": state.parameters,
        "precision": job.precision,
        "device": job.device.type,
        "validation": {key: at_best[f"validation_{key}"] for key in ("accuracy", "loss", "macro_f1")},
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
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
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
                "epochs": arm.epochs,
                "seconds": sum(state.seconds),
                "seconds_per_epoch": epoch,
                "images_per_second": images / epoch,
                "epoch_seconds": state.seconds,
            }
        )
    record = {
        "runs": records,
        "peak_memory_bytes": runtime.peak_memory(),
        "device": job.device.type,
        "precision": job.precision,
        "threads": arm.threads,
        "when": datetime.date.today().isoformat(),
        **runtime.machine(),
    }
    write_json(paths.run_record(arm.lab, name), record)
