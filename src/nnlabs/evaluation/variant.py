"""The one look at the test split: every seed of a variant, scored and written."""

import math
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file

from nnlabs.core import paths
from nnlabs.data import dataset
from nnlabs.evaluation import metrics, statistics
from nnlabs.evaluation.metrics import Scores
from nnlabs.core.files import aside, write_json
from nnlabs.models.build import restore
from nnlabs.config import Arm
from nnlabs.core import runtime
from nnlabs.training.loop import predict


def evaluate(name: str, arm: Arm, device_name: str) -> None:
    """Score a trained variant on its test split; write metrics, gallery and predictions."""
    data = dataset.load(arm.dataset)
    device = runtime.device(device_name)
    images = torch.from_numpy(data.test.images).to(device)
    scored: list[Scores] = []
    configs: list[dict[str, Any]] = []
    for seed in arm.seeds:
        network, config = restore(paths.weights(name, seed))
        logits = predict(
            network.to(device),
            images,
            config["precision"],
            flip_average=arm.flip_average,
            shift_average=arm.shift_average,
        )
        scored.append(metrics.score(logits.double().cpu().numpy(), data.test.labels))
        configs.append(config)
    write_json(paths.metrics(arm.lab, name), _summary(scored, configs, len(images)))
    _write_gallery(arm.lab, name, data, scored[0])
    with aside(paths.predictions(name)) as path:
        save_file(
            {
                "predicted": np.stack([scores.predicted for scores in scored]).astype(np.int16),
                "confidence": np.stack([scores.confidence for scores in scored]).astype(np.float32),
            },
            path,
        )


def _summary(scored: list[Scores], configs: list[dict[str, Any]], n: int) -> dict[str, Any]:
    """Scalars are means over seeds; DVC shows those and leaves lists alone."""
    accuracies = [scores.accuracy for scores in scored]
    # null where the arm learned from validation too
    validation = [config["validation"] and config["validation"]["accuracy"] for config in configs]
    width = statistics.interval(accuracies)
    return {
        "accuracy": float(np.mean(accuracies)),
        "accuracy_interval": None if math.isnan(width) else width,
        "loss": float(np.mean([scores.loss for scores in scored])),
        "macro_f1": float(np.mean([scores.macro_f1 for scores in scored])),
        "validation_accuracy": None if None in validation else float(np.mean(validation)),
        "parameters": configs[0]["parameters"],
        "test_images": n,
        "sampling_error": statistics.sampling_error(float(np.mean(accuracies)), n),
        "seeds": [config["seed"] for config in configs],
        "lr": [config["lr"] for config in configs],
        "tried": configs[0]["tried"],
        "precision": [configs[0]["precision"]],
        "processes": [configs[0]["processes"]],
        "batch_statistics": [configs[0]["batch_statistics"]],
        "accuracy_per_seed": accuracies,
        "loss_per_seed": [scores.loss for scores in scored],
        "macro_f1_per_seed": [scores.macro_f1 for scores in scored],
        "validation_accuracy_per_seed": validation,
        "best_epoch_per_seed": [config["best_epoch"] for config in configs],
        "class_accuracy": np.mean([scores.class_accuracy for scores in scored], axis=0).tolist(),
        "confusion": np.sum([scores.confusion for scores in scored], axis=0).tolist(),
    }


def _write_gallery(lab: str, name: str, data: dataset.Dataset, scores: Scores) -> None:
    """Keep the few images that the page shows, so that it can be rendered without data."""
    chosen = metrics.gallery(data.test.labels, scores)
    folder = paths.gallery(lab, name)
    with aside(folder / "images.npy") as path, path.open("wb") as file:
        np.save(file, data.pictures[chosen])
    shown = [
        {
            "true": data.classes[data.test.labels[i]],
            "predicted": data.classes[scores.predicted[i]],
            "confidence": round(float(scores.confidence[i]), 4),
        }
        for i in chosen
    ]
    write_json(folder / "predictions.json", shown)
