"""Every command that the README and the pages of docs show."""

import re
import shlex
import time
from collections.abc import Callable
from pathlib import Path

from copies import FAST, Copy

README = Path("README.md").read_text()
DOCS = [Path(each).read_text() for each in dict.fromkeys(re.findall(r"\]\((docs/\w+\.md)\)", README))]


def shown(*texts: str) -> list[str]:
    """Commands of the blocks of shell, each once, in the order in which they stand there."""
    blocks = "\n".join(re.findall(r"```bash\n(.*?)```", "\n".join(texts), re.S))
    return [*dict.fromkeys(re.findall(r"^(?:dvc|python) .*$", blocks, re.M))]


COMMANDS = shown(*DOCS, README)


def test_the_readme_shows_five_commands_of_the_docs() -> None:
    commands = shown(README)
    assert len(commands) == 5
    assert all(command.startswith("dvc exp run ") for command in commands)
    assert set(commands) <= set(shown(*DOCS))  # so they are tried where they make sense, one on top of the other


def test_every_command_of_the_readme_works(copy_project: Callable[..., Copy]) -> None:
    """In the order in which the README leads to them, each on top of the last."""
    assert len(COMMANDS) >= 12
    copy = copy_project("fashion-lecture", "fashion-tanh", "cifar10-cnn", FAST)
    copy.run("dvc", "repro", "-q")
    copy.git("add", "-A")
    copy.git("commit", "-qm", "Results")
    for command in COMMANDS:
        words = shlex.split(command.split("  #")[0])
        done = copy.run(*words, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, command
        if words[:3] == ["dvc", "queue", "start"]:
            deadline = time.monotonic() + 180
            while re.search("Queued|Running", status := copy.run("dvc", "queue", "status").stdout):
                assert time.monotonic() < deadline, status
                time.sleep(0.5)
            assert "Failed" not in status, status


def test_the_make_targets_of_the_readme_exist() -> None:
    makefile = Path("Makefile").read_text()
    targets = set(re.findall(r"(?:^|`)make ([a-z]+)", "\n".join([README, *DOCS]), re.M))
    assert {"repro", "test", "quick", "verify", "bench", "clean"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.M), target
