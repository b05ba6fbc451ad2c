"""Where files are. Everything is relative to the checkout that a command runs in."""

import os
from pathlib import Path

ROOT = Path.cwd()
"""DVC runs every stage in the checkout's root, an experiment's in its own copy of it."""

PARAMS = ROOT / "params.yaml"
DATA = ROOT / "data"
MODELS = ROOT / "models"
PREDICTIONS = ROOT / "predictions"
REPORTS = ROOT / "reports"
SETTINGS = REPORTS / "settings"


def cache() -> Path:
    """The folder that survives a stage: downloads and checkpoints.

    DVC deletes a stage's outputs before it runs, and an experiment's folder
    (`.dvc/tmp/exps/...`) vanishes after it, so neither can hold what a later run needs.
    NNLABS_CACHE moves the folder.
    """
    moved = os.environ.get("NNLABS_CACHE")
    return Path(moved).expanduser().resolve() if moved else checkout() / ".nnlabs"


def checkout() -> Path:
    """The user's own checkout, also where an experiment runs in its copy of it."""
    own, _, _ = ROOT.as_posix().partition("/.dvc/tmp/exps/")
    return Path(own)


def settings(stage: str, key: str | None = None) -> Path:
    """What a stage goes by, as the stage `settings` wrote it."""
    return SETTINGS / (f"{stage}/{key}.json" if key else f"{stage}.json")


def dataset(name: str) -> Path:
    return DATA / name


def backbone(features: str) -> Path:
    """The pretrained weights that features were made with, for whoever goes on from there."""
    return dataset(features) / "backbone.safetensors"


def models(key: str) -> Path:
    """A folder: the weights of a variant, or of what a lab computes."""
    return MODELS / key


def weights(variant: str, seed: int) -> Path:
    return models(variant) / f"seed-{seed}.safetensors"


def predictions(variant: str) -> Path:
    return PREDICTIONS / f"{variant}.safetensors"


def results(lab: str) -> Path:
    """A folder: all that the lab's page is made of, a folder a variant and `computed`."""
    return REPORTS / "results" / lab


def history(lab: str, variant: str) -> Path:
    """A row an epoch of every run of the variant."""
    return results(lab) / variant / "history.csv"


def tested(lab: str, variant: str) -> Path:
    """A folder: what the test split says of the variant."""
    return results(lab) / variant / "test"


def scores(lab: str, variant: str) -> Path:
    """Scores and confusions a seed, and what the page needs beside them."""
    return tested(lab, variant) / "scores.json"


def gallery(lab: str, variant: str) -> Path:
    """The few test images that the page shows; what was predicted for them is in the scores."""
    return tested(lab, variant) / "gallery.npy"


def computed(lab: str) -> Path:
    """A folder: what the lab's own computation found, `results.json` and `arrays.safetensors`."""
    return results(lab) / "computed"


def records() -> Path:
    """A folder: everything that may differ between two honest runs, seconds, memory, machine, who served the data."""
    return REPORTS / "run" / "records"


def run_record(lab: str, variant: str) -> Path:
    return records() / lab / f"{variant}.json"


def computed_record(lab: str) -> Path:
    return run_record(lab, "computed")


def features_record(features: str) -> Path:
    return records() / "features" / f"{features}.json"


def served(dataset: str) -> Path:
    """Which source served a dataset's bytes: it must not touch a hash that training depends on."""
    return records() / "data" / f"{dataset}.json"
