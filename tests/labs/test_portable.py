"""A lab that is portable: the same bytes whatever the libraries would choose, and not without it."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from nnlabs.labs.common import portable

SCRIPT = """
import sys
from nnlabs.core import runtime
from nnlabs.labs.common import portable
runtime.configure(threads=1)
if sys.argv[1] == "portable":
    portable.begin_anew()
import numpy as np
rng = np.random.default_rng(0)
x, w = rng.standard_normal((200, 300)), rng.standard_normal((300, 50))
for dtype in (np.float32, np.float64):
    z = x.astype(dtype) @ w.astype(dtype)
    print((z.tobytes() + np.exp(z).tobytes() + np.tanh(z).tobytes() + np.sin(z).tobytes()).hex())
"""
FOUND = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
MACHINES = {
    "this one": {},
    "two threads": {"OPENBLAS_NUM_THREADS": "2"},
    "without AVX-512": {
        "NPY_DISABLE_CPU_FEATURES": " ".join(each for each in FOUND if each != "X86_V3"),
        "OPENBLAS_CORETYPE": "Haswell",
    },
    "without AVX2": {"NPY_DISABLE_CPU_FEATURES": " ".join(FOUND), "OPENBLAS_CORETYPE": "Nehalem"},
}


x86_64 = pytest.mark.skipif(platform.machine() not in portable.X86_64, reason="settings of x86-64 processors")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (path := tmp_path / "products.py").write_text(SCRIPT)
    return path


def printed(script: Path, how: str, machine: str) -> str:
    usual = {name: value for name, value in os.environ.items() if not name.startswith(("OPENBLAS", "NPY"))}
    command = [sys.executable, str(script), how]
    return subprocess.run(command, env=usual | MACHINES[machine], capture_output=True, text=True, check=True).stdout


@x86_64
def test_the_bytes_are_those_of_every_processor(script: Path) -> None:
    assert len({printed(script, "portable", machine) for machine in MACHINES}) == 1


@pytest.mark.skipif("X86_V3" not in FOUND, reason="a processor without AVX2 has nothing to do without")
def test_otherwise_they_are_not(script: Path) -> None:
    assert printed(script, "usual", "this one") != printed(script, "usual", "without AVX2")


@pytest.mark.parametrize(("machine", "anew"), [("x86_64", True), ("AMD64", True), ("aarch64", False), ("arm64", False)])
def test_other_processors_are_left_as_they_are(monkeypatch: pytest.MonkeyPatch, machine: str, anew: bool) -> None:
    begun: list[str] = []
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(os, "execve", lambda program, *_: begun.append(program))
    portable.begin_anew()
    assert bool(begun) == anew


def test_labs_by_hand_say_whether_they_are() -> None:
    labs = yaml.safe_load(Path("params.yaml").read_text())["labs"]
    said = {lab: knobs["portable"] for lab, knobs in labs.items() if "portable" in knobs}
    assert said.keys() == {"descent", "activations", "backprop", "regression", "xor", "byhand"}
