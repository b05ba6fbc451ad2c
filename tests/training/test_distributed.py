"""Several processes are one run: the same draws, the same steps, one writer."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from nnlabs.core import paths
from nnlabs.core.seeding import generator
from nnlabs.core.settings import as_text
from nnlabs.data.prepared import Writer
from nnlabs.models.layers import Dropout
from nnlabs.models.weights import restore
from nnlabs.training import augment
from nnlabs.training.distributed import SINGLE, ProcessGroup
from variants import composed

PROJECT = Path.cwd()
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
TRAIN = 2003
"""Images: batches of 100 leave 3, too few for two processes to share."""

VARIANTS: dict[str, dict[str, Any]] = {
    "mlp": {"hidden": [16], "dropout": 0.3, "lr_grid": [0.0001, 0.001]},
    "cnn": {"model": "cnn", "channels": [4, 4], "dropout": 0.2, "optimizer": "sgd", "momentum": 0.9, "lr": 0.001},
    "norm": {"hidden": [16], "batch_norm": True, "lr": 0.001},
    "diverging": {"hidden": [16], "optimizer": "sgd", "lr": 1e30},
}


@pytest.mark.parametrize("rows", [1, 3, 5, 6, 7, 100])
def test_three_processes_share_a_batch(rows: int) -> None:
    shards = [ProcessGroup(rank, 3).shard(rows) for rank in range(3)]
    assert sum(shard.weight for shard in shards) == pytest.approx(1)
    if rows < 6:
        assert all(shard.rows == slice(0, rows) for shard in shards)
    else:
        assert [row for shard in shards for row in range(rows)[shard.rows]] == list(range(rows))
        assert all(shard.weight == (shard.last - shard.first) / rows for shard in shards)
        assert min(shard.last - shard.first for shard in shards) >= 2
    assert {shard.whole for shard in shards} == {rows}


def test_dropout_of_two_processes_drops_what_one_would() -> None:
    # 5 values a row: the 64-bit draws of four values do not end with the rows
    x, network = torch.ones(7, 5), nn.Sequential(Dropout(0.4))
    torch.manual_seed(3)
    whole = network(x)
    parts = []
    for rank in range(2):
        shard = ProcessGroup(rank, 2).shard(len(x))
        ProcessGroup(rank, 2).draw_for_all(network, shard)
        torch.manual_seed(3)
        parts.append(network(x[shard.rows]))
    assert torch.equal(torch.cat(parts), whole)
    assert 0 < (whole == 0).sum() < whole.numel()


def test_augmentation_of_two_processes_is_that_of_one() -> None:
    images = torch.randint(256, (9, 2, 6, 5), dtype=torch.uint8, generator=generator(0, "images"))
    shards = [ProcessGroup(rank, 2).shard(len(images)) for rank in range(2)]
    chosen = torch.cat([augment.coins(generator(0, "f"), shard) for shard in shards])
    assert torch.equal(chosen, augment.coins(generator(0, "f"), SINGLE.shard(len(images))))
    cropped = torch.cat([augment.crop(images[shard.rows], 2, generator(0, "c"), shard) for shard in shards])
    assert torch.equal(cropped, augment.crop(images, 2, generator(0, "c")))
    assert 0 < chosen.sum() < len(images)
    assert not torch.equal(cropped, images)


def test_one_process_leaves_everything_as_it_is() -> None:
    x = torch.randn(3)
    before = x.clone()
    SINGLE.all_reduce(x)
    SINGLE.all_reduce_max(x)
    assert torch.equal(x, before)
    assert SINGLE.all_gather(x, 0, 3) is x
    assert SINGLE.broadcast("value") == "value"


# ---------------------------------------------------------------- torchrun


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
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
    return folder


def stage(checkout: Path, variant: str, *command: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"NNLABS_CACHE": str(checkout / "cache"), "GLOO_SOCKET_IFNAME": loopback()}
    line = [*command, "stages/train.py", variant]
    return subprocess.run(line, cwd=checkout, env=environment, capture_output=True, text=True, timeout=300)


def loopback() -> str:
    return "lo0" if sys.platform == "darwin" else "lo"


def results(checkout: Path, variant: str) -> tuple[list[dict[str, float]], dict[str, torch.Tensor], dict[str, Any]]:
    text = (checkout / "reports" / "results" / "shapes" / variant / "history.csv").read_text()
    rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(text.splitlines())]
    network, config = restore(checkout / "models" / variant / "seed-0.safetensors")
    return rows, network.state_dict(), config


@pytest.mark.parametrize("variant", ["mlp", "cnn"])
def test_two_processes_train_what_one_trains(checkout: Path, variant: str) -> None:
    alone = stage(checkout, variant, sys.executable)
    assert alone.returncode == 0, alone.stderr
    rows, weights, config = results(checkout, variant)
    both = stage(checkout, variant, *TORCHRUN)
    assert both.returncode == 0, both.stderr
    rows_of_two, weights_of_two, config_of_two = results(checkout, variant)
    assert len(rows_of_two) == len(rows) >= 2
    for one, two in zip(rows, rows_of_two, strict=True):
        assert two == pytest.approx(one, rel=2e-5)
    for key, weight in weights.items():
        torch.testing.assert_close(weights_of_two[key], weight, rtol=1e-3, atol=2e-5)
    assert (config["processes"], config_of_two["processes"]) == (1, 2)
    assert config_of_two["batch_statistics"] == "of the batch"
    record = json.loads((checkout / "reports" / "run" / "records" / "shapes" / f"{variant}.json").read_text())
    assert record["processes"] == 2
    assert not [path for path in (checkout / "cache" / "checkpoints").iterdir() if path.is_dir()]


def test_with_batch_normalisation_on_the_cpu_each_has_its_own_statistics_and_the_weights_say_so(checkout: Path) -> None:
    both = stage(checkout, "norm", *TORCHRUN)
    assert both.returncode == 0, both.stderr
    rows, _, config = results(checkout, "norm")
    assert rows[-1]["validation_accuracy"] > 0.8
    assert config["batch_statistics"] == "of each process"


def test_a_loss_that_is_not_finite_stops_all_with_one_line(checkout: Path) -> None:
    both = stage(checkout, "diverging", *TORCHRUN)
    assert both.returncode != 0
    told = [line for line in both.stderr.splitlines() if line.startswith("error: ")]
    assert len(told) == 1
    assert "diverging, seed 0, epoch 1, step 2 of 21: the loss is nan" in told[0]
    assert not (checkout / "models" / "diverging").exists()


RANK = """
import json, os, sys
from pathlib import Path
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
def test_mapped_images_are_in_memory_once(checkout: Path) -> None:
    script = checkout / "rank.py"
    script.write_text(RANK)
    environment = os.environ | {
        "NNLABS_CACHE": str(checkout / "cache"),
        "GLOO_SOCKET_IFNAME": loopback(),
        "PYTHONPATH": str(PROJECT / "src"),
    }
    line = [*TORCHRUN, str(script)]
    run = subprocess.run(line, cwd=checkout, env=environment, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    ranks = [json.loads((checkout / f"memory-{rank}.json").read_text()) for rank in range(2)]
    size = (checkout / "data" / "shapes" / "train_images.npy").stat().st_size
    for rank in ranks:
        assert rank["Rss"] > 0.9 * size  # it has read them all
        assert rank["Anonymous"] == 0  # and copied nothing
    assert sum(rank["Pss"] for rank in ranks) < 1.1 * size
