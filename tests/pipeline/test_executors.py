"""A stage that is forked is as one in a process of its own, and what becomes of each is told."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.pipeline.executors import Command, Ended, forking
from nnlabs.pipeline.executors.local import Local

pytestmark = pytest.mark.skipif(not forking.usable(), reason="stages are forked on Linux, without a card")
PROJECT = Path.cwd()
SCRIPTS = {
    "train": """
import gc, json, os, signal, sys, threading
sys.path.insert(0, "src")
from nnlabs.core import runtime
project = sorted(name for name in sys.modules if name.startswith("nnlabs"))
started = {"path": sys.path, "argv": sys.argv, "file": __file__, "name": __name__, "threads": threading.active_count()}
environment = {k: v for k, v in os.environ.items() if k not in ("GOMP_SPINCOUNT", "_")}
runtime.configure(int(sys.argv[1]))
import numpy, safetensors.torch, scipy.special, sklearn.metrics, threadpoolctl, torch
pools = sorted((pool["filepath"], pool["num_threads"]) for pool in threadpoolctl.threadpool_info())
signals = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE)]
configured = {k: os.environ[k] for k in sorted(os.environ) if "THREADS" in k or "SPIN" in k}
print(json.dumps(started | {
    "environment": environment, "folder": os.getcwd(), "project": project, "gc": gc.get_threshold(),
    "torch": torch.__config__.parallel_info(), "pools": pools, "signals": str(signals),
    "configured": configured, "files": sorted(os.listdir("/dev/fd")),
}, indent=1))

torch.manual_seed(0)
network = torch.nn.Sequential(torch.nn.Conv2d(3, 16, 3), torch.nn.Flatten(), torch.nn.Linear(16 * 196, 10))
network.to(memory_format=torch.channels_last)
optimizer = torch.optim.Adam(network.parameters())
images, labels = torch.randn(256, 3, 16, 16), torch.randint(10, (256,))
for _ in range(8):
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(network(images), labels).backward()
    optimizer.step()
generator = numpy.random.default_rng(0)
product = generator.normal(size=(300, 500)) @ generator.normal(size=(500, 300))
made = network.state_dict() | {"product": torch.from_numpy(product)}
safetensors.torch.save_file({key: each.contiguous() for key, each in made.items()}, f"{sys.argv[1]}.safetensors")
""",
    "ends": """
import os, signal, sys
how = sys.argv[1]
if how == "word":
    sys.exit("error: so it is")
if how == "number":
    sys.exit(7)
if how == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
if how == "raised":
    raise RuntimeError("odd")
if how == "interrupted":
    raise KeyboardInterrupt
if how == "late":
    import atexit
    atexit.register(print, "and later")
print("done", end="")
""",
    "alone": """
import os, sys
print(sys.argv, "child of", os.getppid())
""",
    "sleeps": """
import pathlib, signal, sys, time
if sys.argv[1] == "deaf":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).touch()
time.sleep(60)
""",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "src").symlink_to(PROJECT / "src")
    (tmp_path / "stages").mkdir()
    for name, code in SCRIPTS.items():
        (tmp_path / "stages" / f"{name}.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    return tmp_path


@pytest.fixture
def local(folder: Path) -> Iterator[Local]:
    executor = Local(2)
    yield executor
    executor.close()


def run(executor: Local, script: str, key: str) -> int:
    executor.start(Command(f"{script}@{key}", f"python stages/{script}.py {key}"))
    ended = executor.wait()
    assert ended.stage == f"{script}@{key}"
    return ended.status


def alone(script: str, key: str) -> subprocess.CompletedProcess[str]:
    """The script in a process of its own, as `dvc repro` starts it."""
    environment = os.environ | {"DVC_STAGE": f"{script}@{key}", "DVC_ROOT": str(Path.cwd()), "NNLABS_PROGRESS": "lines"}
    return subprocess.run(
        ["python", f"stages/{script}.py", key], env=environment, capture_output=True, text=True, check=True
    )


def test_a_child_begins_as_a_new_process_and_computes_the_same_bytes(
    folder: Path, local: Local, capfd: pytest.CaptureFixture[str]
) -> None:
    for threads in ("1", "2"):  # of one server, which has loaded what `train` imports
        weights = folder / f"{threads}.safetensors"
        assert run(local, "train", threads) == 0
        told, made = capfd.readouterr().out.replace(f"train@{threads}: ", ""), weights.read_bytes()
        assert f'OMP_NUM_THREADS": "{threads}"' in told
        weights.unlink()
        assert told == alone("train", threads).stdout
        assert made == weights.read_bytes()


@pytest.mark.parametrize(
    ("how", "status", "said"),
    [
        ("well", 0, "ends@well: done"),
        ("late", 0, "ends@late: doneand later\n"),
        ("word", 1, "ends@word: error: so it is\n"),
        ("number", 7, ""),
        ("killed", -9, ""),
        ("raised", 1, "RuntimeError: odd\n"),
        ("interrupted", 1, "ends@interrupted: interrupted: run the same command again\n"),
    ],
)
def test_how_a_stage_ends_is_told(
    how: str, status: int, said: str, local: Local, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(local, "ends", how) == status
    told = capfd.readouterr().out
    assert told.endswith(said)
    assert ("Traceback" in told) == (how == "raised")


def test_a_stage_without_a_key_is_forked_too(local: Local, capfd: pytest.CaptureFixture[str]) -> None:
    local.start(Command("report", "python stages/alone.py"))
    assert local.wait() == Ended("report", 0)
    assert capfd.readouterr().out == f"report: ['stages/alone.py'] child of {local._server._process.pid}\n"


def test_the_terminals_interrupt_leaves_a_server_that_begins(local: Local) -> None:
    os.kill(local._server._process.pid, signal.SIGINT)
    assert run(local, "ends", "well") == 0


def test_a_command_of_another_form_has_a_shell(local: Local, capfd: pytest.CaptureFixture[str]) -> None:
    local.start(Command("odd", "echo one && echo $DVC_STAGE; exit 3"))
    assert local.wait() == Ended("odd", 3)
    assert capfd.readouterr().out == "odd: one\nodd: odd\n"


def test_an_end_is_told_where_nobody_reads_any_more(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def write(self, text: str) -> int:
            raise BrokenPipeError

        def flush(self) -> None:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Gone())
    local.start(Command("odd", "echo one; echo two; exit 3"))
    assert local._ended.get(timeout=30) == Ended("odd", 3)
    local._running.clear()


def wait_for(*keys: str) -> None:
    """Until those sleep."""
    deadline = time.monotonic() + 50
    while not all(Path(key).exists() for key in keys):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_two_run_at_once_and_the_end_ends_them(folder: Path) -> None:
    executor = Local(2)
    for key in ("hears", "deaf"):
        executor.start(Command(f"sleeps@{key}", f"python stages/sleeps.py {key}"))
    processes = [executor._running[f"sleeps@{key}"].pid for key in ("hears", "deaf")]
    wait_for("hears", "deaf")
    executor.close()
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_children_end_with_their_server(folder: Path, local: Local) -> None:
    local.start(Command("sleeps@hears", "python stages/sleeps.py hears"))
    wait_for("hears")
    os.kill(local._server._process.pid, signal.SIGKILL)
    assert local.wait() == Ended("sleeps@hears", -signal.SIGKILL)


def test_whoever_asks_a_server_that_is_gone_is_told_so(local: Local) -> None:
    local._server._process.kill()
    for _ in range(2):
        with pytest.raises(UserError, match="the process that stages are forked from has ended"):
            local.start(Command("ends@well", "python stages/ends.py well"))


def test_one_job_has_the_terminal_to_itself(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    executor = Local(1)
    assert run(executor, "ends", "well") == 0
    executor.close()
    assert capfd.readouterr().out == "done"


def test_without_a_fork_it_is_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(forking, "usable", lambda: False)
    executor = Local(2)
    assert run(executor, "ends", "number") == 7
    assert run(executor, "ends", "well") == 0
    executor.close()
    assert capfd.readouterr().out == "ends@well: done"
