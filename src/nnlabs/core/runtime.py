"""The process a run lives in: threads, memory, parents, and what to record of them. Nothing here needs torch.

Libraries read how many threads they may use and how those wait once, when they are loaded: `configure` comes before
the first import of torch, or in a child of the process that has imported it for all stages
(`pipeline.executors.forking`).
"""

import ctypes
import gc
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nnlabs.core.errors import UserError

SPINS = {"GOMP_SPINCOUNT": "10000"}
"""How long a thread that waits for another looks whether it has come, before it sleeps: some 0.2 ms. One that never
sleeps costs an order of magnitude as soon as something else wants a core, one that sleeps after a fifth of that time
a sixth of an MLP's epoch when nothing does."""


def configure(threads: int) -> None:
    """Pin the number of threads and settle how they wait and how memory is kept.

    The processes that torchrun starts on a machine share the threads.
    """
    loaded_so = SPINS.items() <= os.environ.items()
    assert "torch" not in sys.modules or loaded_so, "configure() must come before the first import of torch"
    threads = max(1, threads // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
    for library in ("OMP", "MKL", "OPENBLAS"):
        os.environ[f"{library}_NUM_THREADS"] = str(threads)
    os.environ |= SPINS
    if "numpy" in sys.modules:
        _tell_loaded(threads)
    # What imports make stays, and looking through it again and again while it grows costs 0.3 s a start.
    gc.set_threshold(100_000)
    _keep_memory()


def _tell_loaded(threads: int) -> None:
    """Set the threads of OpenMP and OpenBLAS, which are loaded; MKL reads the environment at its first product."""
    import threadpoolctl

    threadpoolctl.threadpool_limits(threads)


def _keep_memory() -> None:
    """Tell glibc to keep freed blocks: giving them back and faulting them in again costs a third of a convolution."""
    if platform.libc_ver()[0] != "glibc":
        return
    trim_threshold, top_pad, mmap_max = -1, -2, -4  # malloc.h
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(mmap_max, 0)
    mallopt(trim_threshold, 2**31 - 1)
    mallopt(top_pad, 64 * 2**20)


def parents() -> tuple[int, ...]:
    """Who waits for this process: its parent, and with torchrun in between also that one's."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return (os.getppid(),)
    import psutil

    try:
        return (os.getppid(), psutil.Process(os.getppid()).ppid())
    except psutil.NoSuchProcess:
        return (os.getppid(),)


def by_dvc() -> bool:
    """Whether DVC has begun this process as a stage, and so compared what it reads with dvc.lock."""
    return "DVC_STAGE" in os.environ


def stop_if_orphaned(before: tuple[int, ...]) -> None:
    """End the process when the dvc that started it is gone: another may have begun the same stage.

    Raises
    ------
    UserError
        Once DVC started this stage and `parents` no longer gives what it gave before.
    """
    if by_dvc() and parents() != before:
        raise UserError("the dvc that started this stage is gone; stopping (the last checkpoint stays)")


def machine() -> dict[str, Any]:
    """What the run page says of hardware and software."""
    return {
        "cpu": _processor(),
        "cores": os.cpu_count(),
        "gpu": None,
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {"python": platform.python_version()}
        | {each: version(each) for each in ("torch", "numpy", "nnlabs")},
    }


def _processor() -> str:
    instructions: list[str] = []
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = (line.partition(":") for line in cpuinfo.read_text().splitlines())
        fields = {key.strip(): value.strip() for key, _, value in lines}
        name = fields.get("model name", name)
        flags = fields.get("flags", "").split()
        instructions = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in flags]
    return f"{name} ({', '.join(instructions)})" if instructions else name


def peak_memory() -> int | None:
    """The most memory that this process has had so far, bytes; None where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
