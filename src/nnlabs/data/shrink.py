"""All images of a set to one size, in as many processes as there are cores."""

import hashlib
import multiprocessing
import os
import signal
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

from nnlabs.core.errors import UserError
from nnlabs.data import image_file
from nnlabs.data.rows import Scratch
from nnlabs.data.survey import Entry
from nnlabs.telling.progress import CountProgress

TASK = 32
"""Images that a process takes at a time."""
FEW = 4 * TASK
"""So many are read sooner than another process has started."""


@dataclass
class Shrunk:
    """What came of the images, in their order."""

    images: Scratch
    """N x 3 x size x size; rows of what was left out mean nothing."""
    pixels: list[str | None]
    """Of each image a hash of its pixels at this size; none where it is left out."""
    kinds: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Paths of all that was not simply an image, by kind."""


def shrink(title: str, root: Path, entries: Sequence[Entry], size: int, aside: Path, *, to_box: bool) -> Shrunk:
    """Read every image by `rule.rule` into a file beside; the caller closes it.

    Raises
    ------
    UserError
        Where a process is killed, as for want of memory.
    """
    shrunk = Shrunk(Scratch(aside, (len(entries), 3, size, size)), [])
    jobs = [(i, str(root / entry.path), entry.box if to_box else None) for i, entry in enumerate(entries)]
    try:
        with CountProgress(title, len(entries), "images") as progress:
            for told in _results(jobs, shrunk.images):
                for digest, kinds in told:
                    for kind in kinds:
                        shrunk.kinds[kind].append(entries[len(shrunk.pixels)].path)
                    shrunk.pixels.append(digest)
                progress.add(len(told))
    except BrokenProcessPool:
        raise UserError(f"{title}: a process that reads images was killed; is there enough memory?") from None
    return shrunk


Job = tuple[int, str, image_file.Box | None]
Told = list[tuple[str | None, tuple[str, ...]]]


def _results(jobs: list[Job], images: Scratch) -> Iterator[Told]:
    tasks = [jobs[start : start + TASK] for start in range(0, len(jobs), TASK)]
    workers = min(_cores(), len(tasks))
    if workers < 2 or len(jobs) <= FEW:
        for task in tasks:
            yield _work(task, images)
        return
    # spawned: a copy of this process would inherit the locks of its threads
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _begin, (images.path, images.shape)) as pool:
        try:
            yield from pool.map(_work, tasks)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _work(task: list[Job], images: Scratch | None = None) -> Told:
    """Shrink some images into their rows; of each, a hash of its pixels and what kind it was."""
    images = images or _images
    told: Told = []
    for index, path, box in task:
        decoded = image_file.read(Path(path), images.shape[-1], box)
        digest = None
        if decoded.pixels is not None:
            images.write(index, decoded.pixels)
            digest = hashlib.sha256(decoded.pixels.data).hexdigest()
        told.append((digest, decoded.kinds))
    return told


_images: Scratch
"""In a process of the pool: the file that it writes into."""


def _begin(path: Path, shape: tuple[int, ...]) -> None:
    global _images
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted, and ends its processes
    _images = Scratch(path, shape)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A killed parent cannot end the pool, and its processes would wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
