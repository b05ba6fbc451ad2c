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
FIGURES = REPORTS / "figures"


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


def dataset(name: str) -> Path:
    return DATA / name


def data_record(dataset: str) -> Path:
    """Which source served a dataset's bytes: it must not touch a hash that training depends on."""
    return REPORTS / "run" / "records" / "data" / f"{dataset}.json"


def backbone(features: str) -> Path:
    """The pretrained weights that features were made with, for whoever goes on from there."""
    return dataset(features) / "backbone.safetensors"


def models(variant: str) -> Path:
    return MODELS / variant


def weights(variant: str, seed: int) -> Path:
    return models(variant) / f"seed-{seed}.safetensors"


def predictions(variant: str) -> Path:
    return PREDICTIONS / f"{variant}.safetensors"


def arms(lab: str) -> Path:
    """The lab's arms with all their settings: a page depends on them, and not on other labs' arms."""
    return REPORTS / "arms" / f"{lab}.json"


def history(lab: str, variant: str) -> Path:
    return REPORTS / "history" / lab / f"{variant}.csv"


def metrics(lab: str, variant: str) -> Path:
    return REPORTS / "metrics" / lab / f"{variant}.json"


def gallery(lab: str, variant: str) -> Path:
    """A folder: the images that the page shows and what was predicted for them."""
    return REPORTS / "gallery" / lab / variant


def run_record(lab: str, variant: str) -> Path:
    """Everything that may differ between two honest runs: seconds, memory, machine."""
    return REPORTS / "run" / lab / f"{variant}.json"


def features_record(name: str) -> Path:
    """Seconds and machine of the features that transfer arms stand on."""
    return REPORTS / "run" / "features" / f"{name}.json"


def study(name: str) -> Path:
    """A folder: what an exercise or a study computed for its page."""
    return REPORTS / "studies" / name


def study_metrics(name: str) -> Path:
    return REPORTS / "metrics" / "studies" / f"{name}.json"


def study_record(name: str) -> Path:
    """Seconds and machine of a study."""
    return REPORTS / "run" / "studies" / f"{name}.json"
