"""The one kind of error that a user is meant to read."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """Bad input or a bad environment, told in one line: what, where, what is allowed, what to do."""


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn a UserError, a full disk and a forbidden folder into one line on standard error and exit status 1."""
    try:
        yield
    except UserError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: {error}; mend that (room on the disk, rights of the folder) and run the same command again")
    except KeyboardInterrupt:
        sys.exit("interrupted: run the same command again to resume")
