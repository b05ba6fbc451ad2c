"""Damaged inputs, thousands of them: every reader takes its file, or refuses it in one line.

Each is read in a child, so that one that crashes, hangs or takes all memory is noticed as what it is, and the next one
is read by another child. Run as `python -m nnlabs.pipeline.torture.inputs` in a copy of a small run that has ended;
what was found comes on standard output, a line of JSON each.
"""

import json
import os
import random
import resource
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from nnlabs.core import paths, runtime
from nnlabs.core.arguments import Parser
from nnlabs.core.errors import UserError
from nnlabs.pipeline.torture.damage import damaged

ROOM = 4 << 30
"""Bytes that one child may take beside what it begins with."""
SECONDS = 20
"""What one input may take."""
LONGEST = 600
"""Characters of a message: more is no line that one reads."""
AT_ONCE = 500
"""Inputs that one child reads."""
REFUSED, TAKEN = "refused in one line", "read"
"""What may become of one; all else is a fault."""


class Found(NamedTuple):
    """What became of one damaged input."""

    reader: str
    how: str
    """REFUSED, TAKEN, or the fault."""
    seed: str
    """The damage again: `damaged(content, random.Random(seed))`."""


def main() -> None:
    parser = Parser(description="Read damaged inputs.")
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--inputs", type=int, required=True)
    parser.add_argument("--only", default="", help="readers whose name holds this")
    given = parser.parse_args()
    runtime.configure(threads=1)
    from nnlabs.pipeline.torture.readers import readers  # imports NumPy and torch, which read their threads then

    made = readers(paths.ROOT / "damaged", given.checkout)
    known = [reader for reader in made if given.only in reader.name]
    whole = sum(reader.share for reader in known)
    for reader in known:
        n = max(1, round(given.inputs * reader.share / whole))
        seeds = [f"{given.seed}/{reader.path.name}/{i}" for i in range(n)]
        counts: Counter[str] = Counter()
        for found in read(reader, seeds):
            counts[found.how] += 1
            if found.how not in (REFUSED, TAKEN) and counts[found.how] == 1:
                told(found)
        print(json.dumps({"reader": reader.name, "counts": counts}), flush=True)


def told(found: Found) -> None:
    print(json.dumps(found._asdict()), flush=True)


def read(reader: Any, seeds: list[str]) -> Iterator[Found]:
    """Read the reader's file with each of these damages."""
    whole = reader.path.read_bytes()
    expected = reader.read() if reader.exact else None
    while seeds:
        receiving, sending = os.pipe()
        if not (child := os.fork()):
            os.close(receiving)
            _child(reader, whole, expected, seeds[:AT_ONCE], sending)
        os.close(sending)
        with os.fdopen(receiving, encoding="utf-8") as lines:
            ended = [Found(reader.name, json.loads(line), seed) for line, seed in zip(lines, seeds, strict=False)]
        _, status = os.waitpid(child, 0)
        yield from ended
        seeds = seeds[len(ended) :]
        if code := os.waitstatus_to_exitcode(status):
            yield Found(reader.name, _died(code), seeds.pop(0))
    reader.path.write_bytes(whole)


def _died(code: int) -> str:
    return f"hangs ({SECONDS} s)" if code == -signal.SIGALRM else f"dies of {code}"


def _child(reader: Any, whole: bytes, expected: Any, seeds: list[str], sending: int) -> None:
    """Read one after the other, and say of each what became of it."""
    silence = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(silence, descriptor)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() if _linux() else ROOM
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, used + ROOM))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with os.fdopen(sending, "w", encoding="utf-8") as out:
            for seed in seeds:
                signal.alarm(SECONDS)
                reader.path.unlink(missing_ok=True)  # not cut under whoever has the file before it mapped
                reader.path.write_bytes(damaged(whole, random.Random(seed)))
                out.write(json.dumps(outcome(reader, expected)) + "\n")
                out.flush()
    except BaseException:
        os._exit(1)
    os._exit(0)


def _linux() -> bool:
    return sys.platform == "linux"


def outcome(reader: Any, expected: Any) -> str:
    """What becomes of the reader's file as it is now."""
    try:
        found = reader.read()
    except UserError as error:
        said = str(error)
        if "\n" in said:
            return f"a message of {said.count(chr(10)) + 1} lines"
        return REFUSED if len(said) <= LONGEST else "a message of more characters than one reads"
    except BaseException as error:
        return f"traceback: {type(error).__name__}"
    if not reader.exact:
        return TAKEN
    if found is None:
        return REFUSED  # as what is begun anew
    return TAKEN if found == expected else "altered content is taken as it is"


if __name__ == "__main__":
    main()
