"""Activations of a pretrained backbone's frozen stages, computed once and kept as a dataset.

A head is then trained on them in seconds, and another learning rate computes none of them
again. `data/<name>` also holds the pretrained weights, from which the stages that are not
frozen begin, and the test images, which a page shows.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save
from torch import Tensor

from nnlabs.core import devices, paths, runtime, sealed
from nnlabs.core.errors import UserError
from nnlabs.core.files import write_json
from nnlabs.core.lock import turn
from nnlabs.data import prepared, weights
from nnlabs.data.catalogue.kinds import Weights
from nnlabs.data.catalogue.weights import WEIGHTS
from nnlabs.data.prepared import PARTS, Dataset, Writer
from nnlabs.models import backbones
from nnlabs.models.backbones import FrozenStages
from nnlabs.models.pretrained import FeatureSettings
from nnlabs.telling.progress import CountProgress

BATCH = 128
"""Images at a time: at 224 pixels, the first activations of so many take about half a gigabyte."""


@dataclass(frozen=True)
class Job:
    """What the computation needs beside its data."""

    name: str
    settings: FeatureSettings
    device: torch.device
    precision: str  # "float32" or "bf16"


def write(name: str, settings: FeatureSettings, device: str, precision: str) -> None:
    """Compute one entry of params.yaml's `features`: write `data/<name>` and the record of the run.

    `device` and `precision` are what params.yaml says of them: 'auto' takes what is there.

    Raises
    ------
    UserError
        Where the images have no colours, no source serves the weights, the file is another, or an activation is not
        finite.
    """
    on = devices.device(device)
    job = Job(name, settings, on, devices.precision(precision, on))
    with turn(name):
        source = prepared.load(settings.dataset)
        if source.shape[0] != 3:
            raise UserError(f"features.{name}.dataset: {settings.dataset!r} is grey; pretrained networks take colour")
        entry = WEIGHTS[settings.backbone]
        content, served = weights.fetch(entry)
        state = backbones.read(settings.backbone, content)
        began = time.monotonic()
        with prepared.writing(name) as writer:
            sealed.write(writer.folder / paths.backbone(name).name, save(state, sealed.metadata({"file": entry.file})))
            writer.content["backbone"] = entry.sha256
            if settings.frozen:
                shape = _activations(job, source, state, writer)
            else:
                shape = source.shape
                writer.copy(source)
            writer.meta(_meta(job, source, entry) | {"shape": list(shape)})
        _write_record(job, source, served, time.monotonic() - began)


def _write_record(job: Job, source: Dataset, served: dict[str, Any], seconds: float) -> None:
    images = 0
    if job.settings.frozen:
        images = sum(source.meta["sizes"].values()) + (source.meta["sizes"]["train"] if job.settings.flip else 0)
    record = {
        "seconds": seconds,
        "edition": source.meta["edition"],
        "images": images,
        "images_per_second": images / seconds if images else None,
        "weights": served,
        "device": job.device.type,
        "precision": job.precision,
        "threads": job.settings.threads,
        **devices.peak_memory(),
        **devices.machine(),
    }
    write_json(paths.features_record(job.name), record)


def _meta(job: Job, source: Dataset, entry: Weights) -> dict[str, Any]:
    kept = ("edition", "sample", "origin", "classes", "sizes")
    return {key: source.meta[key] for key in kept if key in source.meta} | {
        "dataset": job.name,
        "mean": list(backbones.MEAN),
        "std": list(backbones.STD),
        "features": job.settings.model_dump() | {"precision": job.precision, "device": job.device.type},
        "frozen_parameters": sum(p.numel() for p in _frozen(job).parameters()),
        "weights": {"file": entry.file, "sha256": entry.sha256},
    }


def _activations(job: Job, source: Dataset, state: dict[str, Tensor], writer: Writer) -> tuple[int, ...]:
    """Compute and write every part's activations; return the shape of one image's, C x H x W."""
    frozen = _frozen(job)
    frozen.load(state)
    frozen.fold()
    frozen.to(job.device)
    shape: tuple[int, ...] = _compute(job, frozen, source.train.images[:1]).shape[1:]
    for part in PARTS:
        given = getattr(source, part)
        two_views = part == "train" and job.settings.flip
        computed = _computed(job, frozen, part, given.images, two_views=two_views)
        writer.images(part, computed, len(given.images), (2, *shape) if two_views else shape, np.float16)
        writer.labels(part, given.labels)
    writer.originals(source.originals)
    return shape


def _computed(
    job: Job, frozen: FrozenStages, part: str, images: NDArray[Any], *, two_views: bool
) -> Iterator[NDArray[np.float16]]:
    """The activations of some images at a time; of two views, those of each image and of its mirror image."""
    for at in _batches(f"{job.name} {part}", len(images)):
        batch = images[at]
        computed = _compute(job, frozen, batch)
        if two_views:
            computed = np.stack([computed, _compute(job, frozen, np.ascontiguousarray(batch[..., ::-1]))], axis=1)
        if not np.isfinite(computed).all():
            raise UserError(f"{job.name}: activations of the {part} part leave float16; freeze fewer stages")
        yield computed


def _frozen(job: Job) -> FrozenStages:
    chosen = job.settings
    return FrozenStages(chosen.backbone, chosen.frozen, backbones.MEAN, backbones.STD, chosen.size or backbones.SIZE)


@torch.inference_mode()
def _compute(job: Job, frozen: FrozenStages, images: NDArray[Any]) -> NDArray[np.float16]:
    batch = torch.from_numpy(images).to(job.device)
    with torch.autocast(job.device.type, dtype=torch.bfloat16, enabled=job.precision == "bf16"):
        activations: NDArray[np.float16] = frozen(batch).half().cpu().contiguous().numpy()
    return activations


def _batches(title: str, n: int) -> Iterator[slice]:
    """Slices of n images, with the progress on the way; stops when left alone."""
    parents = runtime.parents()
    with CountProgress(title, n, "image") as progress:
        for start in range(0, n, BATCH):
            runtime.stop_if_orphaned(parents)
            yield slice(start, start + BATCH)
            progress.add(min(BATCH, n - start))
