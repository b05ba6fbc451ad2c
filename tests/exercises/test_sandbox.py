"""Submissions that mean no good: each gets its line, and nothing outside of its process changes."""

import subprocess
import sys
from pathlib import Path

import pytest
from desk import PATIENT

from nnlabs.exercises import submissions
from nnlabs.exercises.catalogue import exercise
from nnlabs.exercises.grading import Result, grade
from nnlabs.exercises.process import KEPT, Process

CHOSEN = exercise("relabel")
NAMED = "def filter_and_relabel(images, labels, wanted):\n"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are limited by Python's resource module")


def ran(text: str, seconds: float = PATIENT) -> Result:
    return grade(CHOSEN, text, lambda: Process(seconds), seconds, seconds)


def held() -> list[str]:
    process = Process(PATIENT)
    try:
        return process.held
    finally:
        process.close()


@pytest.fixture(scope="module")
def shut_in() -> None:
    """Elsewhere only Python's own functions are blocked."""
    if held() != [
        "network: none, by the kernel",
        "files: reads the system and Python, writes its own folder",
        "processes: none but itself, by the kernel",
    ]:
        pytest.skip("this system does not let a process shut itself in")


def test_the_solution_runs_in_a_process_of_its_own() -> None:
    result = ran(f"print('hello')\n{CHOSEN.solution}")
    assert result.points == result.of and result.remark == "it printed: hello" and len(result.held) == 3


@pytest.mark.parametrize(
    ("begins", "remark"),
    [
        ("import os; os._exit(0)", "its process ended (exit status 0)"),
        ("import os; os._exit(3)", "its process ended (exit status 3)"),
        ("import sys; sys.exit('all right')", "SystemExit: all right"),
        ("raise KeyboardInterrupt", "line 1: KeyboardInterrupt"),
        ("x = bytearray(8 << 30)", "line 1: MemoryError"),
        ("def f(): f()\nf()", "RecursionError"),
        ("def f(:", "line 1: "),
        ("import torch", "line 1: it imports torch; allowed: Python's own modules, nnlabs.scratch.arrays, numpy"),
        ("from nnlabs.exercises.relabel import solution", "line 1: it imports nnlabs.exercises.relabel"),
    ],
)
def test_a_file_that_does_not_run_gets_no_points_and_its_line(begins: str, remark: str) -> None:
    result = ran(f"{begins}\n{CHOSEN.solution}")
    assert result.points == 0 and remark in result.remark


def test_what_hangs_is_ended() -> None:
    result = ran(f"{NAMED}    while True:\n        pass\n", 0.7)
    assert result.points == 0
    assert result.outcomes[0].problem[0].startswith("no answer within the time")
    assert result.outcomes[-1].problem == ("not reached: the time for all parts was over",)


def test_a_part_that_ends_the_process_costs_that_part_alone() -> None:
    """The next part has a new process."""
    text = CHOSEN.solution.replace(
        "    place =", "    if wanted == [7, 0, 3]:\n        __import__('os')._exit(1)\n    place ="
    )
    result = ran(text)
    failed = [each for each in result.outcomes if not each.points]
    assert [each.problem for each in failed] == [("its process ended (exit status 1)",)]
    assert result.points == result.of - failed[0].of


def test_megabytes_that_are_printed_are_read_and_forgotten() -> None:
    result = ran(f"for _ in range(300):\n    print('x' * 100_000)\n{CHOSEN.solution}")
    assert result.points == result.of and len(result.remark) < KEPT


def test_a_result_that_is_made_up_counts_for_nothing() -> None:
    """It writes to every open file what looks like a grade, on the pipe to the grader too."""
    text = (
        "import os\nfor each in range(1, 20):\n    try:\n        os.write(each, b'relabel: 10 of 10 points' * 9)\n"
        f"    except OSError:\n        pass\n{NAMED}    return 1\n"
    )
    result = ran(text)
    assert result.points == 0 and "did not answer as the grader asked" in result.remark


EDITS = """
import sys
import numpy as np
for name, module in list(sys.modules.items()):
    if name.startswith("nnlabs"):
        for each in ("expect", "grade", "Part", "MismatchError", "KINDS", "HEADER"):
            setattr(module, each, lambda *args, **kwargs: None)
np.isclose = np.allclose = lambda *args, **kwargs: True
"""


def test_the_graders_modules_in_its_memory_are_not_the_graders() -> None:
    assert ran(f"{EDITS}{NAMED}    return images, labels\n").points < CHOSEN.points
    assert ran(CHOSEN.solution).points == CHOSEN.points


@pytest.mark.usefixtures("shut_in")
@pytest.mark.parametrize(
    "tried",
    [
        "import os; os.fork()",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.execv('/bin/true', ['true'])",
        "import os; os.kill(os.getppid(), 9)",
        "import socket; socket.socket()",
        "import socket; socket.create_connection(('127.0.0.1', 22))",
        "import threading; threading.Thread(target=print).start()",
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40))",
        "open('/proc/self/environ').read()",
        "import os; os.listdir(os.path.expanduser('~root') if os.getuid() else '/var')",
        "import ctypes; c = ctypes.CDLL(None, use_errno=True); assert not c.ptrace(16, 1, 0, 0)",
        "import ctypes; c = ctypes.CDLL(None, use_errno=True); assert not c.unshare(0x10000000)",
        "import ctypes; c = ctypes.CDLL(None, use_errno=True); assert not c.mount(None, b'/', None, 32, None)",
    ],
)
def test_the_kernel_refuses(tried: str) -> None:
    result = ran(f"{tried}\n{CHOSEN.solution}")
    assert result.points == 0 and "running the file: line 1: " in result.remark, result.remark


WRITES = """
import os
import tempfile
from pathlib import Path

def append(path):
    with open(path, "a") as file:
        file.write("x")

for path in FILES:
    for way in (append, os.remove, lambda each: os.rename(each, each + "~"), lambda each: os.chmod(each, 0)):
        try:
            way(path)
            print("changed", path)
        except OSError:
            pass
print(os.path.exists(OTHER), [each for each in os.environ if "SECRET" in each])
Path(tempfile.mkdtemp(), "own").write_text("kept")
"""


@pytest.mark.usefixtures("shut_in")
def test_no_file_can_be_changed_and_no_other_submission_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target, other = tmp_path / "grades.csv", tmp_path / "other.py"
    target.write_text("before")
    other.write_text("secret")
    monkeypatch.setenv("NNLABS_SECRET", "x")
    before = Path(submissions.__file__).read_bytes()
    text = f"FILES, OTHER = {[str(target), submissions.__file__]!r}, {str(other)!r}\n{WRITES}{CHOSEN.solution}"
    result = grade(CHOSEN, text, lambda: Process(PATIENT, [tmp_path]), PATIENT, PATIENT)
    assert result.points == result.of and result.remark == "it printed: False []"
    assert target.read_text() == "before" and Path(submissions.__file__).read_bytes() == before


@pytest.mark.usefixtures("shut_in")
def test_a_disk_cannot_be_filled() -> None:
    result = ran(f"file = open('big', 'wb')\nfor _ in range(100):\n    file.write(bytes(1 << 20))\n{CHOSEN.solution}")
    assert result.points == 0 and ("No space left" in result.remark or "File too large" in result.remark)


ALONE = """
import os, socket, subprocess, sys, tempfile
from pathlib import Path
from nnlabs.exercises import sandbox

for each in WITHOUT:
    setattr(sandbox, each, lambda *_: False)
print(*sandbox.enter(tempfile.mkdtemp()), sep="\\n")
own, other = Path("own"), Path(OTHER)
for tried in (
    socket.socket, os.fork, lambda: subprocess.run(["true"]), lambda: os.system("true"),
    lambda: other.write_text("x"), lambda: other.unlink(), lambda: other.rename(own), lambda: other.chmod(0o777),
    lambda: os.truncate(other, 0), lambda: (other.parent / "new").mkdir(), lambda: own.write_text("x"), other.read_text,
):
    try:
        print("refused" if tried() in (-1, 32512) else "done")
    except OSError as error:
        print("refused")
"""


def alone(path: Path, *without: str) -> tuple[list[str], list[str]]:
    """What is said to hold without some of the layers, and what became of what was tried."""
    path.write_text("before")
    script = f"WITHOUT, OTHER = {without!r}, {str(path)!r}\n{ALONE}"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    lines = ended.stdout.splitlines()
    return lines[:3], lines[3:]


@pytest.mark.usefixtures("shut_in")
@pytest.mark.parametrize("layer", ["_namespaces", "_fenced"])
def test_one_layer_less_keeps_files_and_processes_as_they_are(layer: str, tmp_path: Path) -> None:
    """Containers often forbid namespaces, and old kernels have no Landlock."""
    said, tried = alone(tmp_path / "other", layer)
    reads = "the system and Python" if layer == "_namespaces" else "whatever its user may"
    assert said[1] == f"files: reads {reads}, writes its own folder"
    assert tried == ["refused"] * 10 + ["done", "refused" if layer == "_namespaces" else "done"]
    assert (tmp_path / "other").read_text() == "before"


def test_where_the_kernel_does_not_help_pythons_functions_are_blocked_and_it_is_said(tmp_path: Path) -> None:
    said, tried = alone(tmp_path / "other", "_namespaces", "_fenced", "_filter")
    assert said == [
        "network: Python's sockets are blocked, nothing more",
        "files: reads whatever its user may, writes whatever its user may",
        "processes: Python's functions are blocked",
    ]
    assert tried[:4] == ["refused"] * 4 and "done" in tried[4:]
