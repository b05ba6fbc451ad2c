"""A folder of JPEGs as AFHQ's, and workers that pass over it."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from harness.protocol import Turns
from nnlabs.core import paths
from nnlabs.data.catalogue.origins import afhq
from nnlabs.data.sources import MIRROR

AFHQ = afhq.ORIGIN

WANTED = 128
"""Side that images are resized to, pixels, as the lab `animals` has them in the original edition."""
BATCH = 64
CORES = os.cpu_count() or 1


def run(name: str, make: Callable[[Path], Callable[[], int]]) -> None:
    """Take turns over the mirror that holds AFHQ's folder; what is written goes into the mirror's folder of that name.

    `make` gets the mirror and returns a turn, which returns how many images it passed over.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("mirror", type=Path)
    mirror = parser.parse_args().mirror
    own = mirror / name
    paths.DATA, paths.REPORTS = own / "data", own / "reports"
    os.environ |= {MIRROR: str(mirror), "NNLABS_CACHE": str(own / "cache")}
    turns = Turns()
    turn = make(mirror)
    while True:
        turns.end(images=turn())
