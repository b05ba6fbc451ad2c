"""The one kind of error that a user is meant to read."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnlabs.core import disk


class UserError(Exception):
    """Bad input or a bad environment, told in one line: what, where, what is allowed, what to do."""


LONGEST = 200
"""Characters of what somebody else says (a library, a damaged file) within a line."""

TOLD_BY_THE_FIRST = 10.0
"""Seconds that the others wait to be ended before they tell an error themselves."""


def shortened(text: str) -> str:
    """A text as a piece of one line: no line breaks or control characters, and cut where it is long."""
    line = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in " ".join(text.split()))
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."


def said(error: BaseException) -> str:
    """What an error says, as a piece of one line: libraries may say nothing, many lines, or all of a damaged file.

    Its class is named but where the words are meant to do without.
    """
    words = shortened(str(error))
    if words and isinstance(error, OSError | ValueError):
        return words
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn a UserError, a full disk and a forbidden folder into one line on standard error and exit status 1."""
    try:
        yield
    except UserError as error:
        if os.environ.get("RANK", "0") != "0":
            # torchrun's processes mostly meet the same error. The first tells it, and torchrun then ends this one.
            time.sleep(TOLD_BY_THE_FIRST)
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted: run the same command again to resume")
    except disk.DiskFullError as error:
        sys.exit(f"error: {error}")
    except Exception as error:
        if code := disk.cause(error):
            sys.exit(f"error: {disk.told(code, Path(getattr(error, 'filename', None) or Path.cwd()))}")
        if isinstance(error, OSError):
            sys.exit(f"error: {error}; mend that (rights of the folder) and run the same command again")
        raise
