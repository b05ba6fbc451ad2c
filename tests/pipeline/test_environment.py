"""The environment, as people meet it: unfinished, moved, of a Python without ensurepip, in a folder with a space."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nnlabs.pipeline import environment
from nnlabs.pipeline.environment import NotMadeError

MAKEFILE = Path("Makefile").resolve()
VENV = Path(".venv")
LOCKS = [Path("requirements.lock"), Path("pyproject.toml")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that holds what set-up looks at."""
    root = tmp_path / "checkout"
    root.mkdir()
    monkeypatch.chdir(root)
    for path, text in zip(LOCKS, ("torch==1\nnumpy==2\n", "[project]\n"), strict=True):
        path.write_text(text)
    return root


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is run, and stands in for it: pip works wherever there is a Python."""
    calls: list[str] = []

    def run(command: list[object], **_: object) -> subprocess.CompletedProcess[str]:
        words = [str(each) for each in command[1:] if str(each) not in ("-m", "-q", "--no-compile")]
        if words[:2] != ["-c", "import pip"]:
            calls.append(" ".join(words))
        if words[0] == "venv":
            (Path(words[1]) / "bin").mkdir(parents=True)
            (Path(words[1]) / "bin" / "python").touch()
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(environment.subprocess, "run", run)
    return calls


WHOLE = [
    *("venv .venv", "pip install torch==1", "pip install -r requirements.lock"),
    *("pip install --no-deps --no-build-isolation -e .", "compileall -j 0 -x /tests/ .venv/lib"),
]


def test_it_is_made_once_and_again_where_a_file_changes(folder: Path, calls: list[str]) -> None:
    environment.make(VENV, "", LOCKS)
    assert calls == WHOLE
    assert (VENV / "installed").read_text() == f"{folder}\ntorch==1\nnumpy==2\n[project]\n"
    environment.make(VENV, "", LOCKS)
    assert calls == WHOLE
    LOCKS[0].write_text("torch==2\n")
    environment.make(VENV, "https://index", LOCKS)
    assert calls[5:7] == ["pip install --extra-index-url https://index --retries 1 torch==2", WHOLE[2]]


def test_one_beside_it_takes_its_torch_from_the_first_file_and_the_rest_from_the_last(
    folder: Path, calls: list[str]
) -> None:
    more = Path("requirements-more.lock")
    more.write_text("jax==1\n")
    for files, pip in (
        ([LOCKS[0], more], ["pip install torch==1", "pip install -r requirements-more.lock"]),
        ([more], ["pip install -r requirements-more.lock"]),
    ):
        del calls[:]
        beside = Path(f".venv-{len(files)}")
        environment.make(beside, "", files)
        assert calls == [f"venv {beside}", *pip, f"compileall -j 0 {beside}/lib"]


def test_one_that_was_not_finished_is_made_anew(folder: Path, calls: list[str]) -> None:
    (VENV / "bin").mkdir(parents=True)
    (VENV / "bin" / "python").touch()
    (VENV / "half").touch()
    environment.make(VENV, "", LOCKS)
    assert calls == WHOLE
    assert not (VENV / "half").exists()


def test_its_dvc_is_the_quicker_one(folder: Path, calls: list[str]) -> None:
    script = VENV / "bin" / "dvc"
    with_pip = "#!python\nimport sys\nfrom {} import main\nsys.exit(main())\n"
    environment.make(VENV, "", LOCKS)
    script.write_text(with_pip.format("dvc.cli"))
    LOCKS[1].write_text("[project]\nname = 'x'\n")
    environment.make(VENV, "", LOCKS)
    assert script.read_text() == with_pip.format("nnlabs.pipeline.command")


@pytest.mark.parametrize("name", ["renamed", "checkout2", "with a space"])
def test_a_checkout_that_was_renamed_takes_its_environment_along(
    folder: Path, calls: list[str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.make(VENV, "", LOCKS)
    site = VENV / "lib" / "python3" / "site-packages"
    site.mkdir(parents=True)
    held = {
        VENV / "bin" / "dvc": "#!{}/.venv/bin/python\nimport re\n",
        VENV / "bin" / "activate": "VIRTUAL_ENV={}/.venv\n",
        VENV / "pyvenv.cfg": "home = /usr/bin\ncommand = python -m venv {}/.venv\n",
        site / "nnlabs.pth": "{}/src\n",
    }
    for path, text in held.items():
        path.write_text(text.format(folder))
    (VENV / "bin" / "other").write_bytes(b"\xff\x00" + f"{folder}s".encode())
    new = folder.with_name(name)
    shutil.move(folder, new)
    monkeypatch.chdir(new)
    del calls[:]
    environment.make(VENV, "", LOCKS)
    if " " in name:
        assert calls == WHOLE
    else:
        assert calls == []
        assert [path.read_text() for path in held] == [text.format(new) for text in held.values()]
        assert (VENV / "bin" / "other").read_bytes() == b"\xff\x00" + f"{folder}s".encode()
    assert (VENV / "installed").read_text().splitlines()[0] == str(new)


def test_a_python_without_ensurepip_is_told_and_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        (VENV / "bin").mkdir(parents=True)
        return subprocess.CompletedProcess(command, 1, "ensurepip is not\navailable", "")

    monkeypatch.setattr(environment.subprocess, "run", run)
    with pytest.raises(NotMadeError, match=r"sudo apt install python3\.\d+-venv") as told:
        environment.make(VENV, "", LOCKS)
    assert "\n" not in str(told.value)
    assert not VENV.exists()


def test_a_full_disk_is_told(folder: Path, calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = environment.subprocess.run

    def run(command: list[object], **how: object) -> subprocess.CompletedProcess[str]:
        done = whole(command, **how)  # type: ignore[call-overload]
        if "-r" in command:
            done.returncode, done.stderr = 1, "ERROR: Could not install\n[Errno 28] No space left on device"
        return done

    monkeypatch.setattr(environment.subprocess, "run", run)
    with pytest.raises(NotMadeError, match=r"the disk is full: \.venv takes about 2 GB"):
        environment.make(VENV, "", LOCKS)
    assert not (VENV / "installed").exists()


# ---------------------------------------------------------------- what the Makefile has to do with it


def make(folder: Path, *arguments: str, **extra: str) -> str:
    environ = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    command = ["make", "-f", str(MAKEFILE), *arguments]
    done = subprocess.run(command, cwd=folder, env=environ | extra, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_make_calls_it_where_path_or_files_are_others(folder: Path, tmp_path: Path) -> None:
    odd = tmp_path / "a [b] (c) 'd' $x"
    shutil.move(folder, odd)
    (odd / ".venv" / "bin").mkdir(parents=True)
    (odd / ".venv" / "bin" / "python").symlink_to(sys.executable)
    stub = tmp_path / "python"
    stub.write_text('#!/bin/sh\necho "$@"\n')
    stub.chmod(0o755)
    given = (f"PYTHON={stub}", "TORCH_INDEX=")
    call = "-I src/nnlabs/pipeline/environment.py .venv  requirements.lock pyproject.toml"
    assert make(odd, "setup", *given).splitlines()[-1] == call
    (odd / ".venv" / "installed").write_text(f"{odd}\ntorch==1\nnumpy==2\n[project]\n")
    assert make(odd, "setup", *given) == ""
    (odd / "requirements.lock").write_text("torch==2\n")
    assert make(odd, "setup", *given).splitlines()[-1] == call


def test_what_is_meant_for_another_python_does_not_arrive(folder: Path) -> None:
    """PIP_USER=0 is stronger than `user = true` of pip's settings."""
    for name in (".venv/bin", "other"):
        (folder / name).mkdir(parents=True)
    for name in ("python", "dvc"):
        program = folder / ".venv" / "bin" / name
        program.write_text("#!/bin/sh\nenv\n")
        program.chmod(0o755)
    (folder / ".venv" / "installed").write_text(f"{folder}\ntorch==1\nnumpy==2\n[project]\n")
    foreign = {"PYTHONPATH": "/x", "PYTHONHOME": "/x", "PIP_TARGET": "/x", "PIP_USER": "1"}
    told = dict(line.split("=", 1) for line in make(folder, "why", **foreign).splitlines() if "=" in line)
    assert {"PYTHONPATH", "PYTHONHOME", "PIP_TARGET"}.isdisjoint(told)
    assert (told["PIP_USER"], told["PYTHONNOUSERSITE"]) == ("0", "1")
    assert told["USER"]
    assert told["PATH"].startswith(f"{folder}/.venv/bin:")
