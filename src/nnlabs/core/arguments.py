"""Command lines of make's targets: what is wrong with one is told in one line, as everywhere."""

import argparse
import sys
from collections.abc import Callable
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """Ends the process with a line in place of how it is used."""

    def error(self, message: str) -> NoReturn:
        sys.exit(f"error: {message}; `make help` says what there is")


def at_least(least: int) -> Callable[[str], int]:
    """The `type` of a count, of cores or rounds."""

    def count(text: str) -> int:
        if text.isdecimal() and int(text) >= least:
            return int(text)
        raise argparse.ArgumentTypeError(f"{text!r} found; allowed: {least} or more")

    return count
