"""MATLAB's files, read in a process of its own, whose time and memory are limited.

scipy's reader takes counts and kinds as the file gives them: a damaged one can end it in a fault, in all of the
machine's memory, or never.
"""

import contextlib
import multiprocessing
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import psutil

from nnlabs.core.errors import UserError, said

MOST_BYTES = 4 << 20
"""Of a file; Stanford Cars' largest has under a megabyte."""
SECONDS = 60
"""That all files may take; a good one takes less than one."""
MEMORY = 1 << 30
"""Bytes that the process may take beside what its libraries do."""

Row = list[int | str]


@dataclass(frozen=True)
class Variable:
    """One variable of a file: an array of texts or, with fields, of structures that have these numbers and texts."""

    path: Path
    name: str
    fields: tuple[str, ...] = ()


def read(wanted: Sequence[Variable]) -> list[list[Row]]:
    """The rows of each variable: its fields in their order, or the one text.

    Raises
    ------
    UserError
        Where a file is too large, damaged, or holds something else.
    """
    for each in wanted:
        if (size := each.path.stat().st_size) > MOST_BYTES:
            raise UserError(f"{each.path}: {size:,} bytes found; allowed: at most {MOST_BYTES:,}")
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_serve, args=(theirs, wanted), daemon=True)
    process.start()
    theirs.close()
    try:
        return [_received(ours, each) for each in wanted]
    finally:
        process.kill()
        process.join()


def rows(asked: Variable) -> list[Row]:
    """The rows of one variable, read in this process.

    Raises
    ------
    UserError
        Where the file is damaged in a way that scipy notices, or holds something else.
    """
    from scipy.io import loadmat

    try:
        array = np.atleast_1d(loadmat(asked.path, squeeze_me=True, variable_names=[asked.name])[asked.name])
        return [_row(row, asked.fields) for row in array]
    except Exception as error:  # scipy raises whatever damaged bytes lead to
        raise _refused(asked, said(error)) from None


def _row(row: np.void | str, fields: tuple[str, ...]) -> Row:
    if not fields:
        return [str(row)]
    values = [row[field] for field in fields]  # type: ignore[index]
    return [value if isinstance(value, str) else int(value) for value in values]


def _refused(asked: Variable, why: str) -> UserError:
    return UserError(f"{asked.path}: no MATLAB file with {asked.name} ({why})")


def _received(connection: Connection, asked: Variable) -> list[Row]:
    if not connection.poll(SECONDS):
        raise _refused(asked, f"reading it takes more than {SECONDS} s")
    try:
        found: list[Row] | UserError = connection.recv()
    except EOFError:
        raise _refused(asked, "what reads it came to a sudden end") from None
    if isinstance(found, UserError):
        raise found
    return found


def _serve(connection: Connection, wanted: Sequence[Variable]) -> None:
    """In the process: send the rows of each variable, or what is wrong with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted, and ends this
    import scipy.io  # noqa: F401, before memory is limited

    with contextlib.suppress(ImportError, ValueError, OSError):  # a system that knows no such limit
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        memory = psutil.Process().memory_info().vms + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    for each in wanted:
        try:
            connection.send(rows(each))
        except UserError as error:
            connection.send(error)
