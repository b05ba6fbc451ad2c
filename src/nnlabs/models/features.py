"""Activations of a pretrained backbone's frozen stages, computed once and kept as a dataset.

A head is then trained on them in seconds, and another learning rate computes none of them
again. `data/<name>` also holds the pretrained weights, from which the stages that are not
frozen begin, and the test images, which a page shows.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor

from nnlabs import config as params
from nnlabs.core import paths
from nnlabs.data import dataset, weights
from nnlabs.data.catalogue import WEIGHTS, Weights
from nnlabs.data.dataset import PICTURES, Dataset
from nnlabs.telling.counted import Progress
from nnlabs.core.errors import UserError
from nnlabs.core.files import replaced, write_json
from nnlabs.models import backbones, mobilenet, resnet
from nnlabs.models.backbones import Frozen
from nnlabs.core import runtime

BATCH = 128
"""Images at a time: at 224 pixels, the first activations of so many take about half a gigabyte."""
CODE = (backbones, mobilenet, resnet)
"""Modules that training runs as well: their hash is part of the content, so that a change of them reaches it."""


@dataclass(frozen=True)
class Job:
    """What the computation needs beside its data."""

    name: str
    settings: params.Features
    device: torch.device
    precision: str  # "float32" or "bf16"


def write(name: str, settings: params.Params) -> None:
    """Compute one entry of params.yaml's `features`: write `data/<name>`, its provenance and the record of the run.

    Raises
    ------
    UserError
        Where the images have no colours, no source serves the weights, the file is another, or an activation is not
        finite.
    """
    chosen = settings.features[name]
    device = runtime.device(settings.device)
    job = Job(name, chosen, device, runtime.precision(settings.precision, device))
    source = dataset.load(chosen.dataset)
    if source.shape[0] != 3:
        raise UserError(f"features.{name}.dataset: {chosen.dataset!r} is grey; pretrained networks take colour")
    entry = WEIGHTS[chosen.backbone]
    content, served = weights.fetch(entry)
    state = backbones.read(chosen.backbone, content)
    began = time.monotonic()
    with replaced(paths.dataset(name)) as folder:
        save_file(state, folder / paths.backbone(name).name)
        written = _activations(job, source, state, folder) if chosen.frozen else _images(source, folder)
        meta = _meta(job, source, entry) | written
        meta["content"] |= {"backbone": entry.sha256, "code": _code()}
        (folder / "meta.json").write_text(json.dumps(meta, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    seconds = time.monotonic() - began
    computed = sum(len(part.images) for part in (source.train, source.val, source.test))
    computed += len(source.train.images) if chosen.flip else 0
    record = {
        "seconds": seconds,
        "images": computed if chosen.frozen else 0,
        "images_per_second": computed / seconds if chosen.frozen else None,
        "weights": served,
        "device": device.type,
        "precision": job.precision,
        "threads": chosen.threads,
        **runtime.peak_memory(),
        **runtime.machine(),
    }
    write_json(paths.provenance(name), meta)
    write_json(paths.features_record(name), record)


def _meta(job: Job, source: Dataset, entry: Weights) -> dict[str, Any]:
    kept = ("edition", "sample", "origin", "classes", "sizes", "licence")
    return {key: source.meta[key] for key in kept if key in source.meta} | {
        "dataset": job.name,
        "mean": list(backbones.MEAN),
        "deviation": list(backbones.DEVIATION),
        "features": job.settings.model_dump() | {"precision": job.precision, "device": job.device.type},
        "frozen_parameters": sum(p.numel() for p in _frozen(job).parameters()),
        "weights": {"file": entry.file, "sha256": entry.sha256, "licence": vars(entry.licence)},
    }


def _images(source: Dataset, folder: Path) -> dict[str, Any]:
    """Copy the images as they are: no stage is frozen."""
    for part in ("train", "val", "test"):
        for kind in ("images", "labels"):
            file = f"{part}_{kind}.npy"
            shutil.copyfile(paths.dataset(source.meta["dataset"]) / file, folder / file)
    return {"shape": list(source.shape), "content": dict(source.meta["content"])}


def _activations(job: Job, source: Dataset, state: dict[str, Tensor], folder: Path) -> dict[str, Any]:
    """Compute and write every part's activations; return their shape and hashes."""
    frozen = _frozen(job)
    frozen.load(state)
    frozen.fold()
    frozen.to(job.device)
    shape = _compute(job, frozen, source.train.images[:1]).shape[1:]  # C x H x W
    hashes: dict[str, str] = {}
    for part in ("train", "val", "test"):
        images, labels = (array := getattr(source, part)).images, array.labels
        views = 2 if part == "train" and job.settings.flip else 1
        full = (len(images), *((2,) if views == 2 else ()), *shape)
        written = np.lib.format.open_memmap(folder / f"{part}_images.npy", "w+", np.float16, full)
        digest = hashlib.sha256()
        for at in _batches(f"{job.name} {part}", len(images)):
            batch = images[at]
            computed = _compute(job, frozen, batch)
            if views == 2:
                computed = np.stack([computed, _compute(job, frozen, np.ascontiguousarray(batch[..., ::-1]))], axis=1)
            if not np.isfinite(computed).all():
                raise UserError(f"{job.name}: activations of the {part} part leave float16; freeze fewer stages")
            written[at] = computed
            digest.update(computed.data)
        written.flush()
        np.save(folder / f"{part}_labels.npy", labels)
        hashes |= {f"{part}_images": digest.hexdigest(), f"{part}_labels": hashlib.sha256(labels.data).hexdigest()}
    np.save(folder / PICTURES, source.test.images)
    return {"shape": list(shape), "content": hashes}


def _frozen(job: Job) -> Frozen:
    chosen = job.settings
    return Frozen(chosen.backbone, chosen.frozen, backbones.MEAN, backbones.DEVIATION, chosen.size or backbones.SIZE)


@torch.inference_mode()
def _compute(job: Job, frozen: Frozen, images: NDArray[Any]) -> NDArray[np.float16]:
    batch = torch.from_numpy(images).to(job.device)
    with torch.autocast(job.device.type, dtype=torch.bfloat16, enabled=job.precision == "bf16"):
        activations: NDArray[np.float16] = frozen(batch).half().cpu().contiguous().numpy()
    return activations


def _batches(title: str, n: int) -> Iterator[slice]:
    """Slices of n images, with the progress on the way; stops when left alone."""
    parents = runtime.parents()
    with Progress(title, n, "image") as progress:
        for start in range(0, n, BATCH):
            runtime.stop_if_orphaned(parents)
            yield slice(start, start + BATCH)
            progress.add(min(BATCH, n - start))


def _code() -> str:
    digest = hashlib.sha256()
    for module in CODE:
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()
