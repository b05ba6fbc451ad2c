"""Try to break it: `python -m nnlabs.pipeline.torture --rounds 300 --seed 1 --inputs 100000`."""

import argparse
import random
import sys
import time
from collections import Counter

from nnlabs.core.errors import one_line_errors
from nnlabs.pipeline.torture import disturb
from nnlabs.pipeline.torture.disturb import DISTURBANCES, Round
from nnlabs.pipeline.torture.small import Small


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill, starve and damage a small run; nothing may be lost.")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=sorted(DISTURBANCES), help="this disturbance alone")
    given = parser.parse_args()
    kinds = [given.only] if given.only else [*DISTURBANCES]
    if "no room on the disk" in kinds and not disturb.can_mount():
        kinds.remove("no room on the disk")
        print("no rights to mount a small file system: that disturbance is left out")
    small = Small()
    rounds = []
    for i in range(given.rounds):
        began = time.monotonic()
        done = disturbed(small, kinds[i % len(kinds)], i // len(kinds), f"{given.seed}/{i}")
        rounds.append(done)
        print(f"{i + 1}/{given.rounds} {done.kind}: {done.what}  ({time.monotonic() - began:.0f} s)", flush=True)
        for line in (*done.told, *done.faults):
            print(f"    {line}", flush=True)
    print(table(rounds))
    sys.exit(any(done.faults for done in rounds))


def disturbed(small: Small, kind: str, nth: int, seed: str) -> Round:
    """One round; the seed says all of it but the moments, which the machine's speed decides."""
    rng = random.Random(seed)
    done = Round(kind, nth)
    beginning = rng.choice(small.beginnings)
    small.renew(beginning.folder)
    DISTURBANCES[kind](small, beginning, rng, done)
    return done


def table(rounds: list[Round]) -> str:
    """What was tried, how often, how it ended, what was lost."""
    counts: dict[str, Counter[str]] = {}
    for done in rounds:
        of = counts.setdefault(done.kind, Counter())
        of["rounds"] += 1
        of["faults" if done.faults else "said what to do" if done.told else "went on"] += 1
    columns = ("rounds", "went on", "said what to do", "faults")
    lines = [f"{'':24}" + "".join(f"{column:>17}" for column in columns)]
    lines += [f"{kind:24}" + "".join(f"{of[column]:17,}" for column in columns) for kind, of in counts.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    with one_line_errors():
        main()
