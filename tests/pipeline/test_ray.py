"""Stages on the machines of a Ray cluster: the bytes of one machine, whatever becomes of them."""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import yaml
from clusters import Cluster, Machine, cluster, possible
from copies import FAST, Copy, changed_stages, lock
from tiny import Tiny

pytest.importorskip("ray", reason="Ray is not installed (requirements-ray.lock)")
pytestmark = pytest.mark.skipif(
    not possible(), reason="a network of its own for the cluster needs root, unshare and ip"
)

SECONDS = 600
BIG = 100_000_000
"""Bytes of the data set."""
TRAIN = """
import hashlib
variant = given["variant"]
folder = Path(".nnlabs/checkpoints") / (key + "-" + hashlib.sha256(key.encode()).hexdigest()[:20])
saved = folder / "seed-0.pt"
epochs = 8 if variant["waits"] else 1
epoch, state = get(saved) if saved.exists() else (0, str(variant["x"]))
while epoch < epochs:
    print(f"{key} seed 0 epoch {epoch + 1}/{epochs}: loss {variant['x']}", flush=True)
    time.sleep(1.0 if variant["waits"] else 0)
    epoch, state = epoch + 1, hashlib.sha256(state.encode()).hexdigest()
    put(folder / "part", [epoch, state])
    (folder / "part").replace(saved)
put(f"models/{key}/seed-0.safetensors", variant["x"])
Path(f"models/{key}/big.safetensors").write_bytes(state.encode() * 1_000_000)
put(f"reports/results/{variant['lab']}/{key}/history.csv", {"x": variant["x"] % 10, "state": state})
put(f"reports/run/records/{variant['lab']}/{key}.json", {"edition": "embedded", "runs": []})
saved.unlink()
folder.rmdir()
"""
"""Epochs whose state is a chain of hashes: one that was left out, or done twice, is seen. 64 MB of weights."""


def project(folder: Path) -> Tiny:
    made = Tiny(folder)
    with (folder / "stages" / "data.py").open("a") as data:
        data.write(f'Path(f"data/{{key}}/big").write_bytes(bytes({BIG}))\n')
    (folder / "stages" / "train.py").write_text(f"from common import *\n{TRAIN}")
    for variant in ("alone", "second"):
        made.turn(variant, waits=True)
    return made


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where every test's checkout is, one after the other: what machines do not see."""
    return tmp_path_factory.mktemp("head") / "checkout"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What one machine makes."""
    made = project(tmp_path_factory.mktemp("local") / "checkout")
    made.schedule("--jobs", "3")
    return made.files()


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster"), checkout.parent) as made:
        yield made


@pytest.fixture
def three(machines: Cluster) -> list[Machine]:
    """Three that are there, whatever a test before has done to others."""
    machines.machines = [each for each in machines.machines if each.process.poll() is None]
    while len(machines.machines) < 3:
        machines.join()
    return machines.machines


class Run:
    """A `make repro` on the cluster, seen from its checkout."""

    def __init__(self, tiny: Tiny, machines: Cluster) -> None:
        self.tiny = tiny
        command = [sys.executable, "-m", "nnlabs.pipeline.schedule", "--executor", "ray", "--address", machines.address]
        self.process = tiny.start(*machines.inside(*command))
        self.said = ""

    def until(self, text: str) -> str:
        """Read on until a line has the text; the line."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line
            if text in line:
                return line
        raise AssertionError(self.said)

    def end(self, status: int = 0) -> str:
        rest, _ = self.process.communicate(timeout=SECONDS)
        self.said += rest
        assert self.process.returncode == status, self.said
        return self.said


@pytest.fixture
def begun(machines: Cluster, checkout: Path) -> Iterator[Callable[[], Run]]:
    """Begin a run in the checkout; a new one at the first call."""
    runs: list[Run] = []

    def begin() -> Run:
        tiny = runs[0].tiny if runs else project(checkout)
        runs.append(Run(tiny, machines))
        return runs[-1]

    yield begin
    for each in runs:
        each.process.kill()
        each.process.wait()
    subprocess.run(["rm", "-rf", str(checkout)], check=True)


def running(machines: list[Machine], stage: str) -> Machine:
    """The machine whose folder has a stage's files; forks have the environment of the server they come from."""
    deadline = time.monotonic() + 30
    name = stage.partition("@")[2]
    while time.monotonic() < deadline:
        for each in machines:
            if [*each.work.glob(f"places/*/.nnlabs/checkpoints/{name}-*")]:
                return each
        time.sleep(0.05)
    raise AssertionError(stage)


def test_three_machines_make_what_one_makes(
    three: list[Machine], begun: Callable[[], Run], local: dict[str, bytes]
) -> None:
    run = begun()
    told = run.end()
    assert told.count(" is there: ") == 3
    assert run.tiny.files() == local
    assert run.tiny.stale() == set()
    assert not [*(run.tiny.folder / ".nnlabs" / "checkpoints").glob("*")]
    for machine in three:
        assert not [*machine.work.rglob("dvc.lock")]


def test_a_training_goes_on_elsewhere_when_its_machine_is_gone(
    three: list[Machine], begun: Callable[[], Run], local: dict[str, bytes]
) -> None:
    run = begun()
    run.until("alone seed 0 epoch 4/")
    running(three, "train@alone").kill()
    told = run.end()
    assert " is not used any more: it is gone\n" in told
    assert "train@alone: goes on on another machine\n" in told
    again = told.partition("train@alone: goes on")[2]
    assert "alone seed 0 epoch 1/" not in again and "alone seed 0 epoch 8/" in again
    assert run.tiny.files() == local
    assert run.tiny.stale() == set()


def killed_once(machines: list[Machine], paths: Callable[[Machine], Iterator[Path]]) -> None:
    """Kill the first machine for which there is such a file that has grown."""
    processes = {id(each): each.processes() for each in machines}  # finding them takes longer than a transfer
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        for each in machines:
            with contextlib.suppress(FileNotFoundError):
                if any(path.stat().st_size > 0 for path in paths(each)):
                    for process in processes[id(each)]:
                        with contextlib.suppress(psutil.Error):
                            process.kill()
                    each.kill()
                    return
        time.sleep(0.002)
    raise AssertionError("nothing came")


def test_a_machine_that_is_gone_while_it_gives_results_back_costs_nothing(
    three: list[Machine], begun: Callable[[], Run], local: dict[str, bytes]
) -> None:
    run = begun()
    run.until("alone seed 0 epoch 8/")
    one = running(three, "train@alone")
    arriving = run.tiny.folder / ".nnlabs" / "arriving" / "train@alone" / "models" / "alone" / "big.safetensors"
    killed_once([one], lambda machine: iter([arriving]))
    told = run.end()
    assert "train@alone: goes on on another machine\n" in told
    assert run.tiny.files() == local
    assert run.tiny.stale() == set()


def big_parts(machine: Machine) -> Iterator[Path]:
    """Of contents that are coming, those of which more than a few small files has come."""
    return (path for path in (machine.work / "contents").glob("*.part") if path.stat().st_size > 10_000_000)


def test_a_machine_that_is_gone_while_it_fetches_costs_nothing(
    three: list[Machine], begun: Callable[[], Run], local: dict[str, bytes]
) -> None:
    for each in three:  # none has the weights from a run before
        for path in (each.work / "contents").glob("*"):
            path.unlink()
    run = begun()
    killed_once(three, big_parts)
    told = run.end()
    assert " goes on on another machine\n" in told
    assert run.tiny.files() == local
    assert run.tiny.stale() == set()


def test_a_head_that_is_killed_goes_on(three: list[Machine], begun: Callable[[], Run], local: dict[str, bytes]) -> None:
    first = begun()
    first.until("alone seed 0 epoch 4/")
    with first.process:
        first.process.send_signal(signal.SIGKILL)
    second = begun()
    told = second.end()
    assert "alone seed 0 epoch 1/" not in told and "alone seed 0 epoch 8/" in told
    made = second.tiny.files()
    assert yaml.safe_load(made.pop("dvc.lock")) == yaml.safe_load(local["dvc.lock"])  # in the order of two runs
    assert made == {name: content for name, content in local.items() if name != "dvc.lock"}
    assert second.tiny.stale() == set()


def test_a_machine_of_another_commit_is_refused_by_name(
    three: list[Machine], machines: Cluster, begun: Callable[[], Run], local: dict[str, bytes]
) -> None:
    other = machines.join()
    with (other.folder / "src" / "nnlabs" / "core" / "files.py").open("a") as file:
        file.write("# another\n")
    run = begun()
    told = run.end()
    assert " is refused: its nnlabs is of another commit (src/nnlabs/core/files.py differs): `git pull` there\n" in told
    assert run.tiny.files() == local
    assert not [*other.work.glob("places/*")]
    other.kill()


def test_this_projects_own_stages_make_the_same_there(
    three: list[Machine], machines: Cluster, ran_once: Copy, copy_project: Callable[..., Copy]
) -> None:
    copy = copy_project(FAST, "digits-cnn")
    command = [sys.executable, "-m", "nnlabs.pipeline.schedule", "--executor", "ray", "--address", machines.address]
    subprocess.run(machines.inside(*command), cwd=copy.folder, env=copy.environment, check=True, timeout=2 * SECONDS)
    assert changed_stages(copy) == set()
    assert lock(copy) == lock(ran_once)
    assert copy.files("models/**/*", "predictions/*") == ran_once.files("models/**/*", "predictions/*")
