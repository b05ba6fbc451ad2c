"""Several processes are one run, and one of them writes: stages under torchrun."""

import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from copies import Copy

from nnlabs.core import paths
from nnlabs.core.settings import as_text
from nnlabs.data.prepared import Writer
from nnlabs.models.weights import restore
from variants import composed

PROJECT = Path.cwd()
TORCHRUN = (
    *("python", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"),
    *("--no-python", "python"),  # that of PATH, whose programs are forks
)
TRAIN = 2003
"""Images: batches of 100 leave 3, too few for two processes to share."""

VARIANTS: dict[str, dict[str, Any]] = {
    "mlp": {"hidden": [16], "dropout": 0.3, "lr_grid": [0.0001, 0.001]},
    "cnn": {"model": "cnn", "channels": [4, 4], "dropout": 0.2, "optimizer": "sgd", "momentum": 0.9, "lr": 0.001}
    | {"ema_decay": 0.5},
    "norm": {"hidden": [16], "batch_norm": True, "lr": 0.001},
    "averaged": {"hidden": [16], "batch_norm": True, "lr": 0.001, "ema_decay": 0.9},
    "diverging": {"hidden": [16], "optimizer": "sgd", "lr": 1e30},
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, surroundings: dict[str, str]) -> Copy:
    """A folder to run stages in: made data, whose brightest rows are the class, and small variants."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("src", "stages"):
        (folder / name).symlink_to(PROJECT / name)
    rng = np.random.default_rng(0)
    data = folder / "data" / "shapes"
    data.mkdir(parents=True)
    writer = Writer(data)
    for part, n in {"train": TRAIN, "validation": 91, "test": 30}.items():
        labels = np.arange(n) % 3
        images = rng.integers(0, 200, (n, 1, 24, 24))
        for image, label in zip(images, labels, strict=True):
            image[:, 8 * label : 8 * label + 8] += 40
        writer.images(part, [images.astype(np.uint8)], n, (1, 24, 24), np.uint8)
        writer.labels(part, labels)
    writer.meta({"edition": "embedded", "classes": ["a", "b", "c"], "shape": [1, 24, 24], "mean": [0.4], "std": [0.2]})
    shared = {"batch_size": 100, "epochs": 2, "optimizer": "adam", "seeds": [0], "flip": True, "crop": 2}
    for id, keys in VARIANTS.items():
        variant = composed(id=id, lab="shapes", dataset="shapes", **shared | keys)
        parameters = {"variant": variant.parameters(), "device": "cpu", "precision": "float32"}
        path = folder / paths.settings("train", id).relative_to(paths.ROOT)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_text({"parameters": parameters}))
    loopback = "lo0" if sys.platform == "darwin" else "lo"
    return Copy(folder, surroundings | {"NNLABS_CACHE": str(folder / "cache"), "GLOO_SOCKET_IFNAME": loopback})


def results(checkout: Copy, variant: str) -> tuple[list[dict[str, float]], dict[str, torch.Tensor], dict[str, Any]]:
    text = (checkout.folder / "reports" / "results" / "shapes" / variant / "history.csv").read_text()
    rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(text.splitlines())]
    network, config = restore(checkout.folder / "models" / variant / "seed-0.safetensors")
    return rows, network.state_dict(), config


@pytest.mark.parametrize("variant", ["mlp", "cnn"])
def test_two_processes_train_what_one_trains(checkout: Copy, variant: str) -> None:
    checkout.run("python", "stages/train.py", variant)
    rows, weights, config = results(checkout, variant)
    checkout.run(*TORCHRUN, "stages/train.py", variant)
    rows_of_two, weights_of_two, config_of_two = results(checkout, variant)
    assert len(rows_of_two) == len(rows) >= 2
    for one, two in zip(rows, rows_of_two, strict=True):
        assert two == pytest.approx(one, rel=2e-5)
    for key, weight in weights.items():
        torch.testing.assert_close(weights_of_two[key], weight, rtol=1e-3, atol=2e-5)
    assert (config["processes"], config_of_two["processes"]) == (1, 2)
    assert config_of_two["batch_statistics"] == "of the batch"
    record = json.loads((checkout.folder / "reports" / "run" / "records" / "shapes" / f"{variant}.json").read_text())
    assert record["processes"] == 2
    assert not [path for path in (checkout.folder / "cache" / "checkpoints").iterdir() if path.is_dir()]


@pytest.mark.parametrize("variant", ["norm", "averaged"])
def test_with_batch_normalisation_on_the_cpu_each_has_its_own_statistics_and_the_weights_say_so(
    checkout: Copy, variant: str
) -> None:
    checkout.run(*TORCHRUN, "stages/train.py", variant)
    rows, _, config = results(checkout, variant)
    assert rows[-1]["validation_accuracy"] > 0.8
    assert config["batch_statistics"] == "of each process"


def test_a_loss_that_is_not_finite_stops_all_with_one_line(checkout: Copy) -> None:
    both = checkout.run(*TORCHRUN, "stages/train.py", "diverging", check=False)
    assert both.returncode != 0
    told = [line for line in both.stderr.splitlines() if line.startswith("error: ")]
    assert len(told) == 1
    assert "diverging, seed 0, epoch 1, step 2 of 21: the loss is nan" in told[0]
    assert not (checkout.folder / "models" / "diverging").exists()


RANK = """
import json, os, sys
from pathlib import Path
sys.path.insert(0, "src")
from nnlabs.core import settings
from nnlabs.training import loop
from nnlabs.training.settings import Variant
from nnlabs.training.variant import train

validate = loop.validate

def measured(*arguments):
    # every process has been through all images by now, and waits here for the others
    maps, kept = Path("/proc/self/smaps").read_text().split("\\n"), {}
    here = False
    for line in maps:
        if "-" in line.split(" ")[0] and ":" not in line.split(" ")[0]:
            here = line.endswith("train_images.npy")
        elif here and line.split(":")[0] in ("Rss", "Pss", "Anonymous"):
            kept[line.split(":")[0]] = kept.get(line.split(":")[0], 0) + 1024 * int(line.split()[1])
    scores = validate(*arguments)  # where all meet
    Path(f"memory-{os.environ['RANK']}.json").write_text(json.dumps(kept))
    return scores

loop.validate = measured
train(Variant.of(settings.read("train", "cnn").parameters["variant"]), "cpu", "float32", "digest")
"""


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="no /proc/self/smaps to measure memory by")
def test_mapped_images_are_in_memory_once(checkout: Copy) -> None:
    (checkout.folder / "rank.py").write_text(RANK)
    checkout.run(*TORCHRUN, "rank.py")
    ranks = [json.loads((checkout.folder / f"memory-{rank}.json").read_text()) for rank in range(2)]
    size = (checkout.folder / "data" / "shapes" / "train_images.npy").stat().st_size
    for rank in ranks:
        assert rank["Rss"] > 0.9 * size  # it has read them all
        assert rank["Anonymous"] == 0  # and copied nothing
    assert sum(rank["Pss"] for rank in ranks) < 1.1 * size
