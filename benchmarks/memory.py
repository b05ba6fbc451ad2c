"""Peak memory of a command with everything that it starts: `python benchmarks/memory.py [--record] COMMAND...`.

Memory is the proportional set size: a page that n processes share counts 1/n for each, so the
sum over a tree is what the tree really takes. Linux only. With --record the figure goes onto
the page, for instance of `make repro`.
"""

import argparse
import datetime
import subprocess
import sys
import time

import psutil

INTERVAL = 1.0
"""Seconds between two looks."""


def pss(root: psutil.Process) -> int:
    """Bytes of a process and all its descendants."""
    total = 0
    try:
        tree = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for process in tree:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # it has just ended
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description="Peak memory of a command's whole process tree.")
    parser.add_argument("--record", action="store_true", help="write the figure into benchmarks/results.json")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    if not given.command:
        parser.error("no command given")
    began, peak = time.perf_counter(), 0
    process = subprocess.Popen(given.command)
    while process.poll() is None:
        peak = max(peak, pss(psutil.Process(process.pid)))
        time.sleep(INTERVAL)
    print(f"peak {peak / 1e6:.0f} MB", file=sys.stderr)
    if given.record and process.returncode == 0:
        from pages.write import record

        figures = {"megabytes": peak / 1e6, "seconds": time.perf_counter() - began}
        record("memory", figures | {"command": " ".join(given.command), "when": str(datetime.date.today())})
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
