"""Stages as jobs of Slurm, where `sbatch` is a script that runs them here; and as processes of submitit's own."""

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nnlabs.core import paths
from nnlabs.pipeline.executors import Command, Ended, fleet, shared
from nnlabs.pipeline.executors import submitit as slurm
from nnlabs.pipeline.executors.fleet import Fleet
from nnlabs.pipeline.executors.submitit import Jobs

pytest.importorskip("submitit", reason="submitit is not installed (requirements-submitit.lock)")

SLURM = {
    "sbatch": """#!/bin/sh
cd "$(dirname "$0")"
n=$(ls sent/*.sh 2>/dev/null | wc -l); cp "$1" "sent/$n.sh"
export SLURM_JOB_ID=$n SLURM_NTASKS=1 SLURM_JOB_NUM_NODES=1 SLURM_NODEID=0 SLURM_PROCID=0 SLURM_LOCALID=0
export SLURM_JOB_NODELIST=node1
(sh "$1" >"sent/$n.said" 2>&1; echo COMPLETED >"sent/$n.state") >/dev/null 2>&1 &
echo "Submitted batch job $n"
""",
    "srun": """#!/bin/sh
while [ "${1#-}" != "$1" ]; do case "$1" in --output|--error) shift;; esac; shift; done
exec "$@"
""",
    "sacct": """#!/bin/sh
echo "JobID|State|NodeList"
cd "$(dirname "$0")/sent"
for each in *.sh; do echo "${each%.sh}|$(cat "${each%.sh}.state" 2>/dev/null || echo RUNNING)|node1"; done
""",
    "scancel": "#!/bin/sh\n",
}


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Slurm's, and a checkout."""
    folder = tmp_path / "bin"
    (folder / "sent").mkdir(parents=True)
    for name, text in SLURM.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    root = tmp_path / "checkout"
    (root / "data").mkdir(parents=True)
    (root / "data" / "in").write_text("read")
    monkeypatch.setattr(paths, "ROOT", root)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("NNLABS_WORK", str(tmp_path / "work"))
    monkeypatch.setenv("PYTHONPATH", str(Path("src").resolve()))
    monkeypatch.setattr(fleet, "LOOKS", 0.05)
    monkeypatch.setattr(slurm, "LOOKS", 0.05)
    monkeypatch.setattr(slurm, "ASKS", 1.0)
    return folder


@pytest.fixture
def executor(programs: Path) -> Iterator[Fleet]:
    made = Fleet(Jobs("students"), ("data",), jobs=1)
    yield made
    made.close()


def end(executor: Fleet, *commands: Command) -> list[Ended]:
    ended = []
    for each in commands:
        assert executor.has_room(each)
        executor.start(each)
    while len(ended) < len(commands):
        if over := executor.wait():
            ended.append(over)
    return ended


def test_a_stage_is_a_job_with_what_it_needs(
    programs: Path, executor: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "echo mine; mkdir out; cat data/in > out/a"
    command = Command("train@a", line, ("data",), ("out",), threads=3, device="auto", lab="fashion")
    assert end(executor, command) == [Ended("train@a", 0)]
    assert (paths.ROOT / "out" / "a").read_text() == "read"
    assert re.fullmatch("train@a: on .+\ntrain@a: mine\n", capsys.readouterr().out)
    asked = asked_for(programs, 0)
    assert asked == {
        **{"job-name": "'nnlabs train@a'", "partition": "students", "cpus-per-task": "3", "gpus-per-node": "0"},
        **{"nodes": "1", "ntasks-per-node": "1", "time": "1440"},
    }


def asked_for(programs: Path, n: int) -> dict[str, str]:
    """What `sbatch` was asked for, but for where submitit writes its own."""
    lines = re.findall(r"^#SBATCH --([\w-]+)=(.*)$", (programs / "sent" / f"{n}.sh").read_text(), re.M)
    return {key: told for key, told in lines if key not in ("error", "output", "signal", "open-mode", "wckey")}


def test_cards_are_asked_for_where_params_yaml_does(executor: Fleet) -> None:
    (jobs,) = (machine.link for machine in _machines(executor))
    assert jobs.parameters("train@a", 4, 2) | {"name": ""} == {
        **{"name": "", "timeout_min": 1440, "cpus_per_task": 4, "gpus_per_node": 2},
        **{"nodes": 1, "tasks_per_node": 1, "slurm_partition": "students"},
    }
    (machine,) = _machines(executor)
    assert machine.cards_for(Command("train@a", "torchrun", device="cuda", processes=2)) == 2
    assert machine.cards_for(Command("train@a", "python", device="auto")) == 0


def _machines(executor: Fleet) -> list[Any]:
    executor._look()
    return executor._machines


def test_a_job_that_is_killed_is_sent_again(
    programs: Path, executor: Fleet, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIED", str(programs / "tried"))
    line = 'if [ -e "$TRIED" ]; then echo again > out; else touch "$TRIED"; kill -9 $PPID; fi'
    assert end(executor, Command("train@a", line, (), ("out",))) == [Ended("train@a", 0)]
    told = capsys.readouterr().out
    assert "train@a: job 0 has ended without a result (COMPLETED)\ntrain@a: goes on on another machine\n" in told
    assert (paths.ROOT / "out").read_text() == "again\n"


def test_a_node_with_other_libraries_is_named_and_left_out(
    programs: Path, executor: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    (machine,) = _machines(executor)
    right = machine.link._packages
    machine.link._packages = right | {"numpy": "1.0"}
    monkeypatched = [right]
    submit = machine.link._executor.submit

    def once(*given: Any) -> Any:
        machine.link._packages = monkeypatched[0]
        return submit(*given)

    machine.link._executor.submit = once
    assert end(executor, Command("train@a", "touch out", (), ("out",))) == [Ended("train@a", 0)]
    told = capsys.readouterr().out
    assert ": it has other libraries (numpy is " in told and ", here 1.0)" in told
    assert "exclude" in asked_for(programs, 1)


def test_without_slurm_it_is_this_machine(programs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    executor = Fleet(Jobs(None, "local"), ("data",), jobs=1)
    commands = [Command(f"page@{key}", f"cat data/in > {key}", (), (key,)) for key in "ab"]
    assert {*end(executor, *commands)} == {Ended("page@a", 0), Ended("page@b", 0)}
    executor.close()
    assert (paths.ROOT / "a").read_text() == (paths.ROOT / "b").read_text() == "read"
    assert not (paths.ROOT / ".nnlabs" / "jobs").exists()


def test_a_job_whose_run_is_gone_ends_and_leaves_its_checkpoint(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "ORPHANED", 2.0)
    jobs = Jobs(None, "local")
    folder = jobs._folder / "train@a-0"
    inner = f".nnlabs/checkpoints/a-{'0' * 20}"
    line = f"mkdir -p {inner}; echo 1 > {inner}/.part; mv {inner}/.part {inner}/seed-0.pt; exec sleep 60"
    told = {"stage": "train@a", "line": line, "tree": {}, "makes": [], "packages": {}}
    shared.write_job(folder, jobs._contents, **told)
    began = time.monotonic()
    shared.run(str(folder))
    assert time.monotonic() - began < 30
    assert slurm.read_news(folder)[-1][3].endswith("the run that began this is gone")
    Jobs(None, "local")
    assert (paths.cache() / "checkpoints" / f"a-{'0' * 20}" / "seed-0.pt").read_text() == "1\n"
    assert not folder.exists()
