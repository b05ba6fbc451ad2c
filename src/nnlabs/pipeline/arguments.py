"""Command lines of make's targets: what is wrong with one is told in one line, as everywhere."""

import argparse
from typing import NoReturn

from nnlabs.core.errors import UserError


class Parser(argparse.ArgumentParser):
    """Raises UserError in place of printing how it is used and ending the process."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}; `make help` says what there is")


def at_least_one(text: str) -> int:
    """A number of cores or rounds."""
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} found; allowed: 1 or more")
