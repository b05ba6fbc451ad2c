"""Try to break it: `python -m nnlabs.pipeline.torture --rounds 300 --inputs 100000 --seed 1`."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from nnlabs.core import paths
from nnlabs.core.arguments import Parser, at_least
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.pipeline.torture import disturb
from nnlabs.pipeline.torture.disturb import DISTURBANCES, Round
from nnlabs.pipeline.torture.small import Small, project

Counts = dict[str, Counter[str]]
"""By what was tried, how often it ended how."""
GOOD = ("went on", "said what to do", "read", "refused in one line")


def main() -> None:
    parser = Parser(description="Kill, starve and damage a small run; nothing may be lost.")
    parser.add_argument("--rounds", type=at_least(0), default=20, help="disturbed runs, the kinds by turns")
    parser.add_argument("--inputs", type=at_least(0), default=2000, help="damaged files that are read")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="disturbances and readers whose name holds this")
    given = parser.parse_args()
    began = time.monotonic()
    small = project()
    counts: Counts = {}
    for inputs in _inputs(small, given.inputs, given.seed, given.only):
        counts.setdefault(f"{inputs['reader']}, damaged", Counter()).update(inputs["counts"])
    for done in _rounds(small, given.rounds, given.seed, given.only):
        ended = done.faults[0] if done.faults else "said what to do" if done.told else "went on"
        counts.setdefault(done.kind, Counter())[ended] += 1
    print(table(counts))
    faults = sum(n for of in counts.values() for how, n in of.items() if how not in GOOD)
    print(f"{sum(of.total() for of in counts.values()):,} in {(time.monotonic() - began) / 60:.0f} minutes", end=", ")
    print(f"{faults:,} faults" if faults else "nothing was lost")
    sys.exit(bool(faults))


def _rounds(small: Small, n: int, seed: int, only: str) -> Iterator[Round]:
    kinds = [kind for kind in DISTURBANCES if only in kind]
    if "no room on the disk" in kinds and not disturb.can_mount(small.work):
        kinds.remove("no room on the disk")
        print("no rights to mount a small file system: no run on a full one")
    for i in range(n if kinds else 0):
        began = time.monotonic()
        done = disturbed(small, kinds[i % len(kinds)], i // len(kinds), f"{seed}/{i}")
        print(f"{i + 1}/{n} {done.kind}: {done.what} ({time.monotonic() - began:.0f} s)", flush=True)
        for line in (*done.told, *(f"FAULT: {fault}" for fault in done.faults)):
            print(f"    {line}", flush=True)
        yield done


def disturbed(small: Small, kind: str, nth: int, seed: str) -> Round:
    """One round; the seed says all of it but the moments, which the machine's speed decides."""
    rng = random.Random(seed)
    done = Round(kind, nth)
    beginning = small.beginning(rng)
    small.renew(beginning.folder)
    DISTURBANCES[kind](small, beginning, rng, done)
    return done


def _inputs(small: Small, n: int, seed: int, only: str) -> Iterator[dict[str, Any]]:
    """What became of damaged inputs, a reader each; faults are told as they come."""
    if not n:
        return
    command = [sys.executable, "-m", "nnlabs.pipeline.torture.inputs", str(paths.ROOT)]
    command += [f"--seed={seed}", f"--inputs={n}", f"--only={only}"]
    small.ended()
    with subprocess.Popen(command, cwd=small.folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            found = json.loads(line)
            if "counts" in found:
                yield found
            else:
                print(f"{found['reader']}: FAULT: {found['how']}, seed {found['seed']}", flush=True)
    if process.returncode:
        raise UserError(f"the readers of damaged inputs ended with {process.returncode}")


def table(counts: Counts) -> str:
    """What was tried, how often, how it ended, what was lost."""
    lines = [f"{'':40}{'tried':>9}{'went on':>9}{'one line':>9}{'faults':>9}"]
    for kind, of in counts.items():
        well, told = of["went on"] + of["read"], of["said what to do"] + of["refused in one line"]
        lines.append(f"{kind:40}{of.total():9,}{well:9,}{told:9,}{of.total() - well - told:9,}")
        lines += [f"    {n:,} {how}" for how, n in of.most_common() if how not in GOOD]
    return "\n".join(lines)


if __name__ == "__main__":
    with one_line_errors():
        main()
