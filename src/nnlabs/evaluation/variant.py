"""The one look at the test split: every seed of a variant, scored and written."""

from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save
from torch import Tensor, nn

from nnlabs.core import devices, paths, sealed
from nnlabs.core.files import aside, write_json
from nnlabs.data import meta, prepared
from nnlabs.data.prepared import Dataset
from nnlabs.evaluation import filters, metrics, outcomes, shifts, statistics
from nnlabs.evaluation.layers import layers
from nnlabs.evaluation.metrics import Scores
from nnlabs.evaluation.outcomes import Outcomes
from nnlabs.evaluation.settings import EvaluationSettings
from nnlabs.models.predict import predict
from nnlabs.models.weights import restore


def evaluate(parameters: dict[str, Any]) -> None:
    """Score a trained variant on its test split; write scores, gallery and predictions.

    `parameters` are those of the stage's settings: id, lab and dataset of the variant, its seeds, `tta_flip`,
    `tta_shift`, the device and, where its lab asks for more than scores, `evaluation`.
    """
    lab, variant = parameters["lab"], parameters["id"]
    data = prepared.load(parameters["dataset"])
    device = devices.device(parameters["device"])
    images = torch.from_numpy(data.test.images).to(device)
    scored: list[Scores] = []
    configs: list[dict[str, Any]] = []
    asked = EvaluationSettings.model_validate(parameters["evaluation"]) if "evaluation" in parameters else None
    further: list[dict[str, Any]] = []
    drawn: list[dict[str, Any]] = []
    for seed in parameters["seeds"]:
        network, config = restore(paths.weights(variant, seed))
        logits = predict(
            network.to(device),
            images,
            config["precision"],
            tta_flip=parameters["tta_flip"],
            tta_shift=parameters["tta_shift"],
        )
        scored.append(metrics.score(logits.double().cpu().numpy(), data.test.labels))
        configs.append(config)
        drawn = drawn or layers(network, images[:1])
        if asked:
            further.append(_further(network, config["precision"], images, data, asked))
    shown, samples = metrics.gallery(data.test.labels, scored[0]), metrics.samples(data.test.labels)
    told = {
        "gallery": _told(data, scored[0], shown),
        "samples": [data.classes[data.test.labels[i]] for i in samples],
        "layers": drawn,
        **(_asked(asked, further) if asked else {}),
    }
    write_json(paths.scores(lab, variant), _summary(data, scored, configs) | told)
    with aside(paths.gallery(lab, variant)) as path, path.open("wb") as file:
        np.save(file, data.originals[shown + samples])  # kept, so that a page needs no data
    predicted = np.stack([scores.predicted for scores in scored])
    Outcomes(data.test.labels, predicted).write(outcomes.path(lab, variant))
    predictions: dict[str, NDArray[Any]] = {
        "predicted": predicted.astype(np.int16),
        "confidence": np.stack([scores.confidence for scores in scored]).astype(np.float32),
    }
    sealed.write(paths.predictions(variant), save(predictions, sealed.metadata({"seeds": parameters["seeds"]})))


def _summary(data: Dataset, scored: list[Scores], configs: list[dict[str, Any]]) -> dict[str, Any]:
    """What the page needs of every seed, and of the data."""
    n = len(data.test.labels)
    accuracies = [scores.accuracy for scores in scored]
    learned_from_validation = configs[0]["validation"] is None
    return {
        "data": meta.brief(data.meta),
        "variant": configs[0]["variant"],
        "test_images": n,
        "parameters": configs[0]["parameters"],
        "precision": configs[0]["precision"],
        "processes": configs[0]["processes"],
        "batch_statistics": configs[0]["batch_statistics"],
        "seeds": [config["seed"] for config in configs],
        "lr": [config["lr"] for config in configs],
        "tried": configs[0]["tried"],
        "best_epoch": [config["best_epoch"] for config in configs],
        "accuracy": accuracies,
        "loss": [scores.loss for scores in scored],
        "macro_f1": [scores.macro_f1 for scores in scored],
        "validation_accuracy": None
        if learned_from_validation
        else [config["validation"]["accuracy"] for config in configs],
        "class_accuracy": [scores.class_accuracy.tolist() for scores in scored],
        "confusion": [scores.confusion.tolist() for scores in scored],
        "calibration": [asdict(metrics.calibration(data.test.labels, scores)) for scores in scored],
        "sampling_error": statistics.sampling_error(float(np.mean(accuracies)), n),
    }


def _further(
    network: nn.Module, precision: str, images: Tensor, data: Dataset, asked: EvaluationSettings
) -> dict[str, Any]:
    """What one seed's network says beyond its scores; one place is no nearer to another where pixels are shuffled."""
    of = slice(asked.images)
    shuffled = "shuffled_pixels" in data.meta
    labels = data.test.labels[of]
    return {
        "shifts": None if shuffled else shifts.accuracies(network, images[of], labels, precision, asked.shifts),
        "filters": filters.first(network, data.shape[0], asked.filters),
    }


def _asked(asked: EvaluationSettings, further: list[dict[str, Any]]) -> dict[str, Any]:
    """`shifts`, S x pixels, where images were moved; `filters` of the first seed, where there is a convolution."""
    by_seed = [each["shifts"] for each in further]
    moved = {"pixels": list(asked.shifts), "images": asked.images, "accuracy": by_seed}
    return {"shifts": None if None in by_seed else moved, "filters": further[0]["filters"]}


def _told(data: Dataset, scores: Scores, shown: list[int]) -> list[dict[str, Any]]:
    """Of the images that the gallery shows their number among the test images, true and predicted class."""
    return [
        {
            "image": i,
            "true": data.classes[data.test.labels[i]],
            "predicted": data.classes[scores.predicted[i]],
            "confidence": round(float(scores.confidence[i]), 4),
        }
        for i in shown
    ]
