"""One process at a time makes a thing; whoever comes second waits."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from nnlabs.core import paths


@contextmanager
def turn(name: str) -> Iterator[None]:
    """Hold the making of what has this name; whoever has it is waited for, as the child that a killed dvc left behind.

    Two that write the same files would take away what the other had begun.
    """
    locks = paths.cache() / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    lock = FileLock(locks / f"{name}.lock")
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        print(f"{name}: another process is making it; waiting for that", flush=True)
        held = lock.acquire()
    with held:
        yield
