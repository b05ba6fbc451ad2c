"""The torture notices what it is there to notice, and a project with this one's shape comes through two rounds."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tiny import Tiny

from nnlabs.config import write
from nnlabs.core import paths, settings
from nnlabs.core.errors import UserError
from nnlabs.data.make import make
from nnlabs.evaluation.variant import evaluate
from nnlabs.labs.common.computing import compute
from nnlabs.pipeline.torture import __main__ as torture
from nnlabs.pipeline.torture import disturb, inputs
from nnlabs.pipeline.torture.readers import readers
from nnlabs.pipeline.torture.small import LAB, Small, cut, pictures, results
from nnlabs.training.settings import Variant
from nnlabs.training.variant import train


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    tiny = Tiny(tmp_path_factory.mktemp("torture") / "fresh")
    pipeline = tiny.folder / "dvc.yaml"  # stages as processes of their own: nothing large is imported for them
    pipeline.write_text(pipeline.read_text().replace("python stages/", "python ./stages/"))
    return Small(tiny.folder, lambda folder: (folder / "turned").touch())


def test_two_rounds_and_nothing_is_lost(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Small, "beginning", lambda self, rng: self.fresh)
    for i, kind in enumerate(("killed", "a write failed")):
        done = torture.disturbed(small, kind, i, f"0/{i}")
        assert done.faults == [], (done.what, done.told)


def test_the_nth_write_of_all_processes_fails_and_no_other(small: Small) -> None:
    code = "from pathlib import Path; [Path(name).write_text(name) for name in 'ab']"
    small.folder.mkdir(exist_ok=True)
    environment = os.environ | small.failing(3)
    ends = [
        subprocess.run([sys.executable, "-c", code], cwd=small.folder, env=environment, capture_output=True, text=True)
        for _ in range(3)
    ]
    assert [end.returncode for end in ends] == [0, 1, 0]
    assert "OSError: [Errno 5] Input/output error: 'a'" in ends[1].stderr


def test_what_a_run_loses_is_noticed(small: Small) -> None:
    expected = small.fresh.results
    small.ended()
    assert disturb._lost(expected, results(small.folder)) == []
    (small.folder / "models/first/seed-0.safetensors").write_text("other")
    (small.folder / "reports/README.md").unlink()
    (lost,) = disturb._lost(expected, results(small.folder))
    assert lost == "other than undisturbed: models/first/seed-0.safetensors, reports/README.md"
    (small.folder / "reports/run/pages/a.md").write_text("other seconds")
    assert len(disturb._lost(expected, results(small.folder))) == 1


# ---------------------------------------------------------------- damaged inputs


class Made:
    """A reader that does as it is told."""

    name, share = "made", 1.0

    def __init__(self, path: Path, read: Callable[[], Any], exact: bool = False) -> None:
        self.path, self.read, self.exact = path, read, exact
        path.write_bytes(b"whole")


def ends(reader: Made, n: int = 3) -> list[str]:
    return [found.how for found in inputs.read(reader, [f"0/{i}" for i in range(n)])]


def refuse(message: str) -> Callable[[], Any]:
    def read() -> Any:
        raise UserError(message)

    return read


def test_a_refusal_in_one_line_is_good_and_one_of_many_is_not(tmp_path: Path) -> None:
    file = tmp_path / "file"
    assert ends(Made(file, refuse("bad"))) == [inputs.REFUSED] * 3
    assert ends(Made(file, refuse("bad\nbad")))[0] == "a message of 2 lines"
    assert ends(Made(file, refuse("bad" * 1000)))[0] == "a message of more characters than one reads"
    assert ends(Made(file, lambda: {}["x"]))[0] == "traceback: KeyError"
    assert file.read_bytes() == b"whole"


def test_altered_content_is_noticed_where_a_hash_would_tell(tmp_path: Path) -> None:
    file = tmp_path / "file"
    assert ends(Made(file, file.read_bytes)) == [inputs.TAKEN] * 3
    assert ends(Made(file, file.read_bytes, exact=True))[0] == "altered content is taken as it is"
    assert ends(Made(file, lambda: "the same", exact=True)) == [inputs.TAKEN] * 3


def test_a_reader_that_dies_or_hangs_is_one_fault_and_the_next_input_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "SECONDS", 1)
    file = tmp_path / "file"
    seeds = [f"0/{i}" for i in range(3)]
    second = inputs.damaged(b"whole", random.Random(seeds[1]))

    def on_the_second(act: Callable[[], Any]) -> Callable[[], Any]:
        return lambda: act() if file.read_bytes() == second else None

    dies = Made(file, on_the_second(lambda: os.kill(os.getpid(), signal.SIGKILL)))
    assert ends(dies) == [inputs.TAKEN, f"dies of {-signal.SIGKILL}", inputs.TAKEN]
    hangs = Made(file, on_the_second(lambda: time.sleep(30)))
    assert ends(hangs) == [inputs.TAKEN, "hangs (1 s)", inputs.TAKEN]
    assert ends(Made(file, on_the_second(lambda: bytes(1 << 40)))) == [
        *(inputs.TAKEN, "traceback: MemoryError", inputs.TAKEN)
    ]


@pytest.fixture
def ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a small run leaves, its stages called one after the other."""
    root = tmp_path / "run"
    root.mkdir()
    monkeypatch.setenv("NNLABS_CACHE", str(root / ".nnlabs"))
    monkeypatch.setattr(paths, "ROOT", root)
    for name in ("DATA", "MODELS", "PREDICTIONS", "REPORTS"):
        monkeypatch.setattr(paths, name, root / name.lower())
    monkeypatch.setattr(paths, "SETTINGS", root / "reports" / "settings")
    monkeypatch.setattr(paths, "PARAMS", root / "params.yaml")
    pictures(tmp_path / "pictures")
    raw = yaml.safe_load(Path("params.yaml").read_text())
    cut(raw)
    del raw["variants"]["cnn"]
    (root / "params.yaml").write_text(yaml.safe_dump(raw))
    (root / "dvc.lock").write_text("schema: '2.0'\nstages:\n  settings:\n    cmd: python stages/settings.py\n")
    write.settings()
    make(LAB, settings.read("data", LAB).parameters)
    training = settings.read("train", "mlp")
    train(Variant.of(training.parameters["variant"]), "cpu", "float32", training.digest)
    evaluate(settings.read("evaluate", "mlp").parameters)
    compute(settings.read("compute", LAB).parameters)
    return root


def test_every_reader_reads_its_file_whole_and_outlives_damage(ended: Path) -> None:
    made = readers(ended / "damaged", Path.cwd())
    assert len({reader.name for reader in made}) > 25
    for reader in made:
        whole = reader.path.read_bytes()
        assert inputs.outcome(reader, reader.read()) == inputs.TAKEN, reader.name
        if reader.share >= 0.1:
            for found in inputs.read(reader, ["0/0", "0/1"]):
                assert found.how in (inputs.REFUSED, inputs.TAKEN), found
        assert reader.path.read_bytes() == whole


def test_the_table_counts_what_was_lost() -> None:
    counts = {"killed": torture.Counter({"went on": 3, "said what to do": 1}), "x": torture.Counter({"hangs": 2})}
    assert torture.table(counts).splitlines()[1:] == [
        f"{'killed':40}{4:9}{3:9}{1:9}{0:9}",
        f"{'x':40}{2:9}{0:9}{0:9}{2:9}",
        "    2 hangs",
    ]
