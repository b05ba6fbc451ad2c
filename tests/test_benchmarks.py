"""Workers of the benchmarks, a folder of images, and the labs on a GPU beside the report's."""

import ast
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


def test_every_worker_of_a_race_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer's own package is only in .venv-bench, so here it is enough that its file is there."""
    from sections import accuracy, byhand, cifar10, deep, folder, lecture, words

    modules = {command[1] for command in (*accuracy.loops("bf16").values(), *words.ROWS.values())}

    def race(rows: dict[str, list[tuple[str, ...]]], *_: Any, **options: Any) -> dict[str, Any]:
        modules.update(command[1] for commands in rows.values() for command in commands)
        once: dict[str, Any] = {key: dict.fromkeys(rows, 1.0) for key in options.get("tell", ())}
        return once | {"seconds": {title: [1.0] for title in rows}, "disturbed": 0, "idle_cores": 0.0}

    for section in (byhand, cifar10, deep, folder, lecture):
        monkeypatch.setattr(section, "race", race)
    monkeypatch.setattr(cifar10, "strong", lambda scale, precision: {})
    byhand.measure(1, 0.01)
    cifar10.measure(1, 0.01, "bf16")
    lecture.measure(1, 0.01, "bf16")
    deep.networks("train", 1, 0.01, ["float32", "bf16"])
    deep.updates(1)
    assert {"peers.keras", "peers.tinynn", "ours.loop", "ours.deep", "harness.products"} <= modules
    missing = [module for module in modules if not (FOLDER / f"{module.replace('.', '/')}.py").exists()]
    assert missing == []


def test_what_runs_beside_the_peers_needs_no_package_that_their_environment_lacks() -> None:
    pinned = Path("requirements-bench.lock").read_text(encoding="utf-8").lower()
    absent = [
        name for name in ("pydantic", "pandas", "scikit-learn", "dvc", "matplotlib") if f"\n{name}==" not in pinned
    ]
    blocked = (
        f"import sys; sys.modules |= dict.fromkeys({[name.replace('scikit-learn', 'sklearn') for name in absent]})"
    )
    used = "import harness.texts, peers.textbook, peers.loaders, nnlabs.scratch.fast_cnn"
    path = {"PYTHONPATH": f"src{os.pathsep}benchmarks"}
    ended = subprocess.run(
        [sys.executable, "-c", f"{blocked}; {used}"], env=os.environ | path, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr


def test_arrows_between_the_folders_go_down() -> None:
    """Workers know of no section, sections of no page; a command at the top may import from all."""
    floors = {"pages": 3, "sections": 2, "ours": 1, "peers": 1, "harness": 0}
    for folder, floor in floors.items():
        for path in sorted((FOLDER / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
                for name in names:
                    package = name.partition(".")[0]
                    below = package == folder or floors.get(package, -1) < floor
                    assert below, f"{path} imports {name}"


@pytest.mark.parametrize("given", ["photographs", "nothing"])
def test_a_folder_of_images_is_made(given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_everyone_passes_over_all_images(tmp_path: Path) -> None:
    from harness.protocol import Worker
    from harness.races import OURS
    from sections import folder

    n = folder.write(tmp_path / "afhq", [folder.drawn(0)], {"train": 4, "val": 2})
    for module in ("ours.prepare", "ours.mapped", "peers.image_folder"):
        worker = Worker(OURS, module, str(tmp_path))
        first = worker.answer()
        worker.ask()
        assert first["images"] == worker.answer()["images"] == n == 18
        worker.close()
    for who in ("prepare", "mapped"):
        assert np.load(tmp_path / who / "data" / "images" / "test_images.npy").shape == (6, 3, 128, 128)


def write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_variants_on_a_gpu_stand_beside_the_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import gpu
    from harness import report
    from nnlabs.core import paths
    from pages import page

    monkeypatch.setattr(paths, "REPORTS", tmp_path / "report")
    machine = {"cpu": "C", "cores": 2, "gpu": "G", "system": "S", "versions": {}, "when": "W"}
    for folder, accuracies, seconds, memory in (
        ("report", [0.80, 0.82], 4.0, None),
        ("here", [0.90, 0.91], 2.0, 2**30),
    ):
        runs = [{"seconds_per_epoch": seconds, "seconds": 10.0}, {"seconds_per_epoch": seconds, "seconds": 11.0}]
        record = machine | {"runs": runs, "peak_gpu_memory_bytes": memory, "threads": 1, "precision": "bf16"}
        write(report.scores(tmp_path / folder, "digits", "digits-cnn"), {"accuracy": accuracies})
        write(report.record(tmp_path / folder, "digits", "digits-cnn"), record)
    write(report.record(tmp_path / "here", "digits", "digits-mlp"), {})  # trained, and stopped before its evaluation
    found = gpu.gather(tmp_path / "here")
    assert [*found["variants"]] == ["digits-cnn"]
    assert "digits-mlp" in found["left_out"] and "digits-cnn" not in found["left_out"]
    lines = page.section("gpu_labs", {"gpu_labs": found}).splitlines()
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
