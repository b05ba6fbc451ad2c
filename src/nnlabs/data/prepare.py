"""From an origin's images to a dataset: classes chosen, cut, split, counted, written."""

import hashlib
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs import params, paths
from nnlabs.data.catalogue import ORIGINS, Images
from nnlabs.data.fetch import fetch
from nnlabs.data.layouts import Arrays
from nnlabs.errors import UserError
from nnlabs.files import replaced, write_json

Indices = NDArray[np.int64]


def prepare(name: str, settings: params.Dataset, edition: str) -> None:
    """Write `data/<name>`, its provenance and who served it.

    Raises
    ------
    UserError
        Where no source serves the origin, or the settings ask for what it does not have.
    """
    origin = ORIGINS[settings.origin]
    classes = _classes(name, settings, origin)
    arrays, served = fetch(origin)
    rng = np.random.default_rng(settings.seed)
    kept = _select(name, arrays["train_labels"], classes, settings.train_per_class, rng)
    test = _select(name, arrays["test_labels"], classes, settings.test_per_class, rng)
    train, val = _split(name, kept, arrays["train_labels"], settings)
    parts = {"train": ("train", train), "val": ("train", val), "test": ("test", test)}

    with replaced(paths.dataset(name)) as aside:
        meta = _write(aside, arrays, parts, classes) | {
            "dataset": name,
            "edition": edition,
            "origin": origin.name,
            "classes": [origin.classes[label] for label in classes],
            "shape": list(origin.shape),
            "sizes": {part: len(indices) for part, (_, indices) in parts.items()},
            "origin_content": origin.content,
            "licence": vars(origin.licence),
        }
        split = {part: indices.tolist() for part, (_, indices) in parts.items()}
        content = json.dumps(meta | {"split": split}, sort_keys=True, ensure_ascii=False)
        (aside / "meta.json").write_text(content + "\n", encoding="utf-8")
    write_json(paths.provenance(name), meta)
    write_json(paths.served(name), served)


def _classes(name: str, settings: params.Dataset, origin: Images) -> list[int]:
    if settings.classes is None:
        return list(range(len(origin.classes)))
    for wanted in settings.classes:
        if wanted not in origin.classes:
            raise UserError(
                f"params.yaml: datasets.{name}.classes: {wanted!r} is no class of {origin.name}; "
                f"allowed: {', '.join(origin.classes)}"
            )
    return [origin.classes.index(wanted) for wanted in settings.classes]


def _select(
    name: str, labels: NDArray[np.uint8], classes: list[int], each: int | None, rng: np.random.Generator
) -> Indices:
    """Indices of the images of the classes, at most `each` of every class, in the official order."""
    chosen = []
    for label in classes:
        indices = np.flatnonzero(labels == label)
        if each is not None:
            if each > len(indices):
                raise UserError(
                    f"params.yaml: datasets.{name}: {each} images of a class are asked for; "
                    f"class {label} has {len(indices)}"
                )
            indices = rng.permutation(indices)[:each]
        chosen.append(indices)
    return np.sort(np.concatenate(chosen))


def _split(name: str, kept: Indices, labels: NDArray[np.uint8], settings: params.Dataset) -> tuple[Indices, Indices]:
    """Carve the validation part out, every class in its share."""
    from sklearn.model_selection import train_test_split

    wanted = settings.validation
    if wanted is None:
        raise UserError(f"params.yaml: datasets.{name}.validation: missing; {settings.origin} has no validation part")
    size = round(wanted * len(kept)) if wanted < 1 else int(wanted)
    try:
        train, val = train_test_split(kept, test_size=size, stratify=labels[kept], random_state=settings.seed)
    except ValueError as error:
        raise UserError(
            f"params.yaml: datasets.{name}.validation: {wanted:g} of {len(kept)} images cannot be carved out ({error})"
        ) from None
    return np.sort(train), np.sort(val)


def _write(folder: Any, arrays: Arrays, parts: dict[str, tuple[str, Indices]], classes: list[int]) -> dict[str, Any]:
    """Write each part's arrays; return their hashes and the training part's statistics."""
    new_label = np.full(256, -1, np.int64)
    new_label[classes] = np.arange(len(classes))
    content = {}
    for part, (source, indices) in parts.items():
        images = arrays[f"{source}_images"][indices]
        labels = new_label[arrays[f"{source}_labels"][indices]]
        for kind, array in (("images", images), ("labels", labels)):
            np.save(folder / f"{part}_{kind}.npy", array)
            content[f"{part}_{kind}"] = hashlib.sha256(array.data).hexdigest()
        if part == "train":
            mean, deviation = statistics(images)
    return {"content": content, "mean": mean, "deviation": deviation}


def statistics(images: NDArray[np.uint8]) -> tuple[list[float], list[float]]:
    """Mean and deviation of each channel, pixels scaled to 0..1; exact, since bytes can be counted."""
    values = np.arange(256) / 255
    mean, deviation = [], []
    for channel in range(images.shape[1]):
        counts = np.bincount(images[:, channel].ravel(), minlength=256)
        average = float(counts @ values / counts.sum())
        mean.append(average)
        deviation.append(float(np.sqrt(counts @ (values - average) ** 2 / counts.sum())))
    return mean, deviation
