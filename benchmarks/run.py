"""Measure and write benchmarks/README.md: `python benchmarks/run.py [--only lecture]`, or `make bench`.

Our loops compute in the precision that the project takes on the CPU at hand, and the figures replace those of its kind
alone (`harness.kinds`). `--pages` writes the page anew and measures nothing.
"""

import argparse
import datetime
import importlib.metadata
import json
import os
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any

import reported
import yardstick
from harness import kinds, results, tasks
from harness.lacking import LackingError
from harness.protocol import Worker
from harness.races import OURS, PEERS
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.core.files import aside
from nnlabs.data import idx
from nnlabs.data.catalogue.origins import fashion_mnist
from nnlabs.data.fetch import fetch
from pages.write import anew, record

SECTIONS = ("lecture", "cifar10", "deep", "folder", "byhand", "words", "pipeline", "machines", "app", "accuracy")
BESIDE_PEERS = {"lecture", "byhand", "words", "accuracy"}
"""Sections that run code of .venv-bench."""
IN_A_PRECISION = ("lecture", "cifar10", "deep", "accuracy")
"""Sections whose figures depend on the precision."""
LIBRARIES = (
    "torch",
    "torchvision",
    "lightning",
    "keras",
    "jax",
    "gensim",
    "mpneuralnetwork",
    "numpy-ml",
    "tinynn",
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed beside peers.")
    parser.add_argument("--only", choices=SECTIONS, help="this part alone; the page keeps the others' figures")
    parser.add_argument("--rounds", type=int, default=5, help="epochs of each loop, in turns (default: 5)")
    parser.add_argument("--seeds", type=int, default=10, help="of the accuracies (default: 10)")
    parser.add_argument(
        "--precision", choices=["float32"], help=f"as on a CPU without bf16: {', '.join(IN_A_PRECISION)} alone"
    )
    parser.add_argument("--before", type=Path, help="an older checkout whose pipeline is measured in turns with ours")
    parser.add_argument("--try", action="store_true", dest="trial", help="tiny, to see that it runs; the page stays")
    parser.add_argument("--pages", action="store_true", help="measure nothing: page and figures from results.json")
    given = parser.parse_args()
    if given.pages:
        record("reported", reported.read())
        anew()
        print(f"{results.FOLDER / 'README.md'} and its figures are written")
        return
    allowed = IN_A_PRECISION if given.precision else SECTIONS
    sections = [section for section in SECTIONS if section in allowed and given.only in (None, section)]
    if not sections:
        parser.error(f"--precision changes nothing about {given.only}; allowed: {', '.join(IN_A_PRECISION)}")
    _prepare(sections)
    kind = given.precision or kinds.chosen()
    scale = 0.03 if given.trial else 1.0
    folder = results.TRIAL if given.trial else results.FOLDER
    where = {"machine": _machine(sections, kind), "when": str(datetime.date.today()), "precision": kind}
    where["forced"] = kind != kinds.chosen()
    for section in sections:
        try:
            measured = _measure(section, given.rounds, given.seeds, scale, kind, given.before)
        except LackingError as error:
            if given.only:
                raise
            print(f"{section} is left out: {error}")
            continue
        record(section, measured | where, kind, folder=folder)
        if section == "words" and not given.trial:
            yardstick.write(yardstick.FILE)
    record("reported", reported.read(), folder=folder)
    print(f"{folder / 'README.md'} is written")


def _measure(
    section: str, rounds: int, seeds: int, scale: float, precision: str, before: Path | None
) -> dict[str, Any]:
    """A section's figures; only its own module is imported, with what it compares."""
    if section == "pipeline":
        import pipeline

        return pipeline.measure(rounds, before)
    module = import_module(f"sections.{section}")
    match section:
        case "accuracy":
            return module.measure(seeds, scale, precision)
        case "words" | "machines":
            return module.measure(scale)
        case "lecture" | "cifar10" | "deep":
            return module.measure(rounds, scale, precision)
    return module.measure(rounds, scale)


def _prepare(sections: list[str]) -> None:
    """Check for what is needed, and lay Fashion-MNIST's raw files out as torchvision's dataset wants them."""
    peers = not BESIDE_PEERS.isdisjoint(sections)
    if peers and not Path(PEERS).exists():
        raise UserError(f"{PEERS} is missing; `make bench` makes it")
    for dataset in ("fashion", "cifar10", "mnist", "speeches"):
        if not (Path("data") / dataset / "meta.json").exists():
            raise UserError(f"data/{dataset} is missing; `dvc repro data@{dataset}` makes it")
    raw = tasks.CACHE / "FashionMNIST" / "raw"
    files = {
        raw / f"{theirs}-{kind}-idx{axes}-ubyte": f"{ours}_{kind}"
        for ours, theirs in (("train", "train"), ("test", "t10k"))
        for kind, axes in (("images", 3), ("labels", 1))
    }
    if peers and not all(path.exists() for path in files):
        arrays, _ = fetch(fashion_mnist.ORIGIN)
        for path, part in files.items():
            with aside(path) as beside:
                beside.write_bytes(idx.encode(arrays[part].squeeze(1) if "images" in part else arrays[part]))


def _machine(sections: list[str], kind: str) -> dict[str, Any]:
    """Processor, memory, versions, and the limits that machine.py measures on one and on all threads.

    A processor without bf16 instructions only imitates products in bf16, which nobody asks for.
    """
    from nnlabs.core import runtime

    peers = {}
    if not BESIDE_PEERS.isdisjoint(sections):
        ask = f"import json, importlib.metadata as m; print(json.dumps({{n: m.version(n) for n in {LIBRARIES}}}))"
        peers = json.loads(subprocess.run([PEERS, "-c", ask], capture_output=True, check=True, text=True).stdout)
    machine = runtime.machine()
    limits: dict[str, Any] = {"gflops": {}}
    for threads in sorted({1, os.cpu_count() or 1}):
        worker = Worker(OURS, "harness.machine", str(threads), *dict.fromkeys(("float32", kind)))
        answer = worker.answer()
        worker.close()
        limits["gflops"][str(threads)] = answer["gflops"]
        limits["operations"] = answer["operations"]  # the same for any number of threads
    ours = {name: importlib.metadata.version(name) for name in ("numba", "pillow", "torchvision")}
    return machine | limits | {"versions": machine["versions"] | ours | peers}


if __name__ == "__main__":
    with one_line_errors():
        main()
