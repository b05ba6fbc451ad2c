"""The command `dvc` of this project's environment: DVC's own, that records a stage without reading all of dvc.lock.

DVC parses dvc.lock with its comments, and writes all of it anew, for every stage that it runs: with 150 stages that is
half of what `dvc repro` and `dvc exp run` take beside the stages. Here the part of one stage is replaced in the text.
The file is the same to the byte, and never seen half-written. What happens is told to those who watch
(`watch.by_dvc`). `python -m dvc` is DVC without this, without what `kept` spares and without what `mended` puts right.
"""

import sys
from pathlib import Path
from typing import Any

from dvc.cli import main as dvc
from dvc.dvcfile import Lockfile, logger

from nnlabs.pipeline import kept, mended
from nnlabs.pipeline.lockfile import LockFile, as_dvc_writes
from nnlabs.pipeline.watch import by_dvc

_dump_stages = Lockfile.dump_stages


def main() -> int:
    """Do what the arguments ask DVC for; its exit status."""
    mended.mend()
    kept.keep()
    Lockfile.dump_stages = dump_stages
    by_dvc.tell()
    return int(dvc(sys.argv[1:]))


def dump_stages(file: Lockfile, stages: list[Any], **how: Any) -> None:
    """What `Lockfile.dump_stages` does, for a lock that is written as DVC writes it; any other is left to DVC."""
    path = Path(file.path)
    if how or not as_dvc_writes(path):
        _dump_stages(file, stages, **how)
        return
    lock = LockFile(path, [stage.name for stage in stages])
    with kept.recording(file.repo, stages):
        new = [stage for stage in stages if lock.record(stage)]
    if new:
        logger.info("Updating lock file '%s'", file.relpath)
        file.repo.scm_context.track_file(file.relpath)


if __name__ == "__main__":
    sys.exit(main())
