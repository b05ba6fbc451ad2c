"""The benchmarks' page is the one that its figures make; a folder of pictures and what is taken from the report."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

FOLDER = Path("benchmarks")


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(FOLDER.resolve()), *sys.path])


def test_the_page_is_current() -> None:
    from pages import page

    figures = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))
    assert page.render(figures) == (FOLDER / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("given", ["photographs", "nothing"])
def test_a_folder_of_pictures_is_made(given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness import tasks
    from sections import folder

    monkeypatch.setattr(tasks, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("NNLABS_MIRROR", str(tmp_path / "mirror"))
    pixels, _ = folder.drawn(0)
    if given == "photographs":
        own = tmp_path / "mirror" / "afhq" / "train" / "cat" / "one.jpg"
        own.parent.mkdir(parents=True)
        Image.fromarray(pixels[:64, :96]).save(own, quality=95)
    with folder.made(0.005) as (root, what):
        assert what == ("photographs of AFHQ" if given == "photographs" else "drawn")
        files = sorted(root.rglob("*.jpg"))
        counts = {part: len(list((root / "afhq" / part / "dog").iterdir())) for part in ("train", "val")}
        assert (len(files), counts) == (15, {"train": 3, "val": 2})
        contents = {np.asarray(Image.open(path)).tobytes() for path in files}
        assert len(contents) == len(files)  # ours would leave out test pictures that are in training too
        shape = (64, 96, 3) if given == "photographs" else (512, 512, 3)
        assert all(np.asarray(Image.open(path)).shape == shape for path in files)
        assert folder.apart(files) < 3
    assert not list((tmp_path / "cache").iterdir())


def test_everyone_passes_over_all_pictures(tmp_path: Path) -> None:
    from harness.protocol import Worker
    from harness.races import OURS
    from sections import folder

    n = folder.write(tmp_path / "afhq", [folder.drawn(0)], {"train": 4, "val": 2})
    for who in ("prepare", "mapped", "torchvision"):
        worker = Worker(OURS, "ours.folder", who, str(tmp_path))
        first = worker.answer()
        worker.ask()
        assert first["images"] == worker.answer()["images"] == n == 18
        worker.close()
    for who in ("prepare", "mapped"):
        assert np.load(tmp_path / who / "data" / "pictures" / "test_images.npy").shape == (6, 3, 128, 128)


@pytest.mark.parametrize(
    ("theirs", "once", "later", "said"),
    [
        (10.0, 5.0, 1.0, "0.50 times as long as one epoch of torchvision's, and has paid from the first epoch on"),
        (10.0, 20.0, 1.0, "has paid from epoch 3 on: 10 epochs take 30.0 s so, preparation included, and 100.0 s"),
        (1.0, 5.0, 2.0, "preparing does not pay"),
    ],
)
def test_when_preparing_pays(theirs: float, once: float, later: float, said: str) -> None:
    from pages import folder as folder_page

    assert said in folder_page.verdict(theirs, once, later)


def test_a_deep_network_beside_the_rate_of_products() -> None:
    """Rates and shares by hand: 192 images are three batches of 64."""
    from harness.products import OPERATIONS
    from pages import deep as deep_page

    seconds = {"ours, resnet50, bf16": [2.0, 4.0], "products, resnet50, bf16": [0.5, 1.0]}
    section = {
        "train": {"images": {"resnet50": 192}, "seconds": seconds},
        "operations": {"resnet50": OPERATIONS / 1920},
    }
    assert deep_page.rates(section, "train", "ours, resnet50, bf16") == [96.0, 48.0]
    # a training step is three forward passes: 96 x 3 / 1920 of a turn's products a second, where there are 2 turns
    assert deep_page.share(section, "train", "ours, resnet50, bf16") == pytest.approx(96 * 3 / 1920 / 2)


def test_the_strongest_arm_is_taken_from_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import reported
    from nnlabs.core import paths
    from pages import cifar10 as cifar10_page
    from pages import verdicts

    monkeypatch.setattr(paths, "REPORTS", tmp_path)
    section = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))["cifar10"]
    assert reported.read() == {}
    assert cifar10_page.NOT_YET in list(cifar10_page.render({"cifar10": section, "reported": {}}))
    machine = {"cpu": "C", "cores": 2, "gpu": None, "system": "S", "precision": "bf16", "threads": 2, "when": "W"}
    runs = [{"seconds": 500.0, "epochs": 9}, {"seconds": 590.0, "epochs": 9}]
    write(paths.metrics("cifar10", "cifar10-record"), {"accuracy_per_seed": [0.94, 0.942]})
    write(paths.run_record("cifar10", "cifar10-record"), machine | {"runs": runs})
    found = reported.read()
    text = "".join(cifar10_page.render({"cifar10": section, "reported": found}))
    assert "| `cifar10-record` | the report | 2 | 9 | 94.10 ± 1.27 % of test | 545 (500 to 590) |" in text
    assert "trained W, C, 2 threads, bf16." in text
    (target,) = [each for each in verdicts.targets({"reported": found}) if "strongest" in each.what]
    assert (target.measured, target.met) == ("94.10%, at most 590 s (n = 2)", True)


def write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_arms_on_a_gpu_stand_beside_the_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import gpu
    from nnlabs.core import paths
    from pages import gpu as gpu_page

    monkeypatch.setattr(paths, "REPORTS", tmp_path / "report")
    machine = {"cpu": "C", "cores": 2, "gpu": "G", "system": "S", "versions": {}, "when": "W"}
    for folder, accuracies, seconds, memory in (
        ("report", [0.80, 0.82], 4.0, None),
        ("here", [0.90, 0.91], 2.0, 2**30),
    ):
        runs = [{"seconds_per_epoch": seconds, "seconds": 10.0}, {"seconds_per_epoch": seconds, "seconds": 11.0}]
        record = machine | {"runs": runs, "peak_gpu_memory_bytes": memory, "threads": 1, "precision": "bf16"}
        write(tmp_path / folder / "metrics" / "digits" / "digits-cnn.json", {"accuracy_per_seed": accuracies})
        write(tmp_path / folder / "run" / "digits" / "digits-cnn.json", record)
    write(tmp_path / "here" / "run" / "digits" / "digits-mlp.json", {})  # trained, and stopped before it was evaluated
    found = gpu.gather(tmp_path / "here")
    assert [*found["arms"]] == ["digits-cnn"]
    assert "digits-mlp" in found["left_out"] and "digits-cnn" not in found["left_out"]
    lines = "".join(gpu_page.render({"gpu_labs": found})).splitlines()
    (row,) = (line for line in lines if line.startswith("| `digits-cnn`"))
    assert "| +9.50 (" in row and row.endswith("| 2 | 2.0 × | 21.0 | 1,024 |")
    assert lines[-1] == "W, G, C, 2 cores, S."


@pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA device, on which it would train for a long time")
def test_without_a_gpu_its_benchmark_says_so_and_leaves_the_page_alone() -> None:
    before = (FOLDER / "results.json").read_bytes()
    command = [sys.executable, "benchmarks/gpu.py", "digits"]
    ended = subprocess.run(command, env=os.environ | {"PYTHONPATH": "src"}, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.count("\n") == 1 and "no usable CUDA device" in ended.stderr
    assert (FOLDER / "results.json").read_bytes() == before
