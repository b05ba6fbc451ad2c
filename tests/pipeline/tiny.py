"""A project with the shape of this one's pipeline whose stages do next to nothing: for tests of what runs when.

Two labs, of one variant and of two; stages are scripts of a few lines.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path.cwd()
PARAMS: dict[str, Any] = {
    "datasets": {"tens": {"n": 10}},
    "features": {"seen": {"dataset": "tens"}},
    "labs": {"one": {"dataset": "tens"}, "two": {"dataset": "tens"}},
    "variants": {
        "alone": {"lab": "one", "dataset": "tens", "threads": 1, "x": 1, "waits": False},
        "first": {"lab": "two", "dataset": "tens", "threads": 2, "x": 2, "waits": False},
        "second": {"lab": "two", "dataset": "seen", "threads": 1, "x": 3, "waits": False},
    },
}
PIPELINE = """
stages:
  settings:
    cmd: python stages/settings.py
    deps: [params.yaml, stages]
    outs: [reports/settings: {cache: false, persist: true}]
  data:
    foreach: ${datasets}
    do:
      cmd: python stages/data.py ${key}
      deps: ["reports/settings/data/${key}.json"]
      outs: ["data/${key}", "reports/run/records/data/${key}.json": {cache: false}]
  features:
    foreach: ${features}
    do:
      cmd: python stages/features.py ${key}
      deps: ["data/${item.dataset}", "reports/settings/features/${key}.json"]
      outs: ["data/${key}", "reports/run/records/features/${key}.json": {cache: false}]
  train:
    foreach: ${variants}
    do:
      cmd: python stages/train.py ${key}
      deps: ["data/${item.dataset}", "reports/settings/train/${key}.json"]
      outs:
      - models/${key}
      - reports/results/${item.lab}/${key}/history.csv: {cache: false}
      - reports/run/records/${item.lab}/${key}.json: {cache: false}
  evaluate:
    foreach: ${variants}
    do:
      cmd: python stages/evaluate.py ${key}
      deps: ["data/${item.dataset}", "models/${key}", "reports/settings/evaluate/${key}.json"]
      outs:
      - predictions/${key}.safetensors
      - reports/results/${item.lab}/${key}/test: {cache: false}
  compute:
    foreach: ${labs}
    do:
      cmd: python stages/compute.py ${key}
      deps: ["data/${item.dataset}", "reports/settings/compute/${key}.json"]
      outs:
      - models/${key}
      - reports/results/${key}/computed: {cache: false}
      - reports/run/records/${key}/computed.json: {cache: false}
  page:
    foreach: ${labs}
    do:
      cmd: python stages/page.py ${key}
      deps: ["reports/results/${key}", "reports/settings/page/${key}.json"]
      outs: ["reports/${key}.md": {cache: false}, "reports/answers/${key}.json": {cache: false}]
      metrics: ["reports/metrics/${key}.json": {cache: false}]
  report:
    cmd: python stages/report.py
    deps: [reports/answers, reports/results, reports/run/records, reports/settings/report.json]
    outs: [reports/README.md: {cache: false}, reports/run/pages: {cache: false}]
"""
COMMON = """
import json, os, sys, time
from pathlib import Path

def put(path, content):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content, indent=1, sort_keys=True) + "\\n"
    if not path.exists() or path.read_text() != text:
        path.write_text(text)

def get(path):
    return json.loads(Path(path).read_text())

def in_one_line(kind, error, trace):
    print(f"error: {error}", file=sys.stderr)

sys.excepthook = in_one_line
stage = Path(sys.argv[0]).stem
key = sys.argv[1] if len(sys.argv) > 1 else ""
given = get(f"reports/settings/{stage}/{key}.json")["parameters"] if key else {}
with open("ran.txt", "a") as ran:
    ran.write(f"{stage}@{key} ")
"""
STAGES = {
    "settings": """
import yaml
from nnlabs.core.settings import as_text
raw = yaml.safe_load(Path("params.yaml").read_text())
if raw["variants"]["alone"]["x"] == "typo":
    sys.exit("error: params.yaml: a typo")
def settle(stage, key, **parameters):
    put(f"reports/settings/{stage}/{key}.json", as_text({"parameters": parameters}))
for key, data in raw["datasets"].items():
    settle("data", key, dataset=data, edition=raw.get("edition", "embedded"))
for key, features in raw["features"].items():
    settle("features", key, features=features | {"threads": 1})
for key, lab in raw["labs"].items():
    settle("compute", key, lab=key, dataset=lab["dataset"])
    variants = [v for v, each in raw["variants"].items() if each["lab"] == key]
    told = [{"id": v, "name": v, "default": False} for v in variants]
    settle("page", key, lab=key, variants=told, comparisons=[], score="accuracy")
for key, each in raw["variants"].items():
    training = {"threads": each["threads"], "epochs": 1, "patience": None, "seeds": [0], "lr_grid": None, "lr": 0.1}
    taken = {k: each[k] for k in ("lab", "dataset", "x", "waits")}
    settle("train", key, variant={"id": key, "training": training} | taken)
    settle("evaluate", key, lab=each["lab"], threads=1)
put("reports/settings/report.json", as_text({"parameters": {"labs": [*raw["labs"]]}}))
""",
    "data": """
put(f"data/{key}/meta.json", given["dataset"])
put(f"reports/run/records/data/{key}.json", "here")
""",
    "features": """
put(f"data/{key}/meta.json", given)
put(f"reports/run/records/features/{key}.json", {"seconds": 1.0})
""",
    "train": """
sys.path.insert(0, "src")
from nnlabs.core import runtime
parents = runtime.parents()
variant = given["variant"]
print(f"{key} seed 0 epoch 1/1: loss {variant['x']}", flush=True)
while variant["waits"] and not Path("go").exists():
    runtime.stop_if_orphaned(parents)
    time.sleep(0.05)
if variant["x"] == "bad":
    sys.exit("error: a bad x")
put(f"models/{key}/seed-0.safetensors", variant["x"])
put(f"reports/results/{variant['lab']}/{key}/history.csv", {"x": variant["x"] % 10})
record = {"edition": "embedded", "runs": [{"seconds": 60.0, "epochs": 1}]}
put(f"reports/run/records/{variant['lab']}/{key}.json", record)
""",
    "evaluate": """
x = get(f"models/{key}/seed-0.safetensors")
put(f"predictions/{key}.safetensors", x)
put(f"reports/results/{given['lab']}/{key}/test/scores.json", x % 10)
""",
    "compute": """
put(f"models/{key}/a.safetensors", 0)
put(f"reports/results/{key}/computed/results.json", given)
put(f"reports/run/records/{key}/computed.json", {"seconds": 2.0})
""",
    "page": """
scores = {v: get(f"reports/results/{key}/{v}/test/scores.json") for v in (each["id"] for each in given["variants"])}
put(f"reports/{key}.md", scores)
put(f"reports/answers/{key}.json", {"answer": key})
put(f"reports/metrics/{key}.json", {v: {"accuracy": score} for v, score in scores.items()})
""",
    "report": """
put("reports/README.md", sorted(path.name for path in Path("reports/answers").glob("*")))
put("reports/run/pages/a.md", 0)
""",
}


class Tiny:
    """A checkout of it. What `run` runs are forks where a test says where they are to be had (`forked`)."""

    forks: str | None = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(PROJECT / "src"),
            "DVC_NO_ANALYTICS": "true",
        }
        self.environment.pop("NNLABS_CACHE", None)
        (folder / "stages").mkdir(parents=True)
        (folder / "stages" / "common.py").write_text(COMMON)
        for name, code in STAGES.items():
            (folder / "stages" / f"{name}.py").write_text(f"from common import *\n{code}")
        (folder / "dvc.yaml").write_text(PIPELINE)
        (folder / ".gitignore").write_text("/.nnlabs/\n/data/\n/models/\n/predictions/\n__pycache__/\n/ran.txt\n")
        (folder / ".dvcignore").write_text("__pycache__\n")
        self.params = PARAMS
        self.run("git", "init", "-q", "-b", "main")
        self.run("dvc", "init", "-q")

    @property
    def params(self) -> dict[str, Any]:
        content: dict[str, Any] = yaml.safe_load((self.folder / "params.yaml").read_text())
        return content

    @params.setter
    def params(self, content: dict[str, Any]) -> None:
        (self.folder / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))

    def turn(self, variant: str, **knobs: Any) -> None:
        """Change knobs of a variant."""
        content = self.params
        content["variants"][variant] |= knobs
        self.params = content

    def start(self, *command: str) -> subprocess.Popen[str]:
        pipe, merged = subprocess.PIPE, subprocess.STDOUT
        return subprocess.Popen(
            command,
            **{"cwd": self.folder, "env": self.environment, "stdout": pipe, "stderr": merged, "text": True},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # what runs in the background ignores it
        )

    def run(self, program: str, *arguments: str, status: int = 0) -> str:
        if self.forks and program in ("dvc", sys.executable):
            program = f"{self.forks}/{'dvc' if program == 'dvc' else 'python'}"
        with self.start(program, *arguments) as process:
            told, _ = process.communicate(timeout=120)
        assert process.returncode == status, told
        return told

    def go(self) -> None:
        """Let variants end that wait."""
        (self.folder / "go").touch()

    def schedule(self, *arguments: str, status: int = 0) -> str:
        return self.run(sys.executable, "-m", "nnlabs.pipeline.schedule", *arguments, status=status)

    def ran(self) -> set[str]:
        """The stages whose scripts have run since the last call."""
        log = self.folder / "ran.txt"
        stages = {each.rstrip("@") for each in log.read_text().split()} if log.exists() else set()
        log.unlink(missing_ok=True)
        return stages

    def files(self) -> dict[str, bytes]:
        """All that stages made, and the lock."""
        made = [self.folder / "dvc.lock"]
        for name in ("data", "models", "predictions", "reports"):
            made += (self.folder / name).rglob("*")
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in made if path.is_file()}

    def stale(self) -> set[str]:
        return {*json.loads(self.run("dvc", "status", "--json"))}
