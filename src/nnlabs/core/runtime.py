"""The process a run lives in: threads, memory, device, precision, and what to record of them.

`configure` must come before the first import of torch, for the OpenMP runtime reads its settings once; or in a child
of the process that has imported it for all stages, with one thread and before any computation.
"""

import ctypes
import gc
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlabs.core.errors import UserError

if TYPE_CHECKING:
    import torch


def configure(threads: int) -> None:
    """Pin the number of threads and settle how they wait and how memory is kept.

    The processes that torchrun starts on a machine share the threads.
    """
    threads = max(1, threads // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
    for library in ("OMP", "MKL", "OPENBLAS"):
        os.environ[f"{library}_NUM_THREADS"] = str(threads)
    # Two threads that spin at a barrier lose an order of magnitude as soon as something else wants a core.
    os.environ["GOMP_SPINCOUNT"] = "2000"
    # What imports make stays, and looking through it again and again while it grows costs 0.3 s a start.
    gc.set_threshold(100_000)
    _keep_memory()
    if "torch" in sys.modules:
        _set_threads(threads)


def _set_threads(threads: int) -> None:
    """Give libraries that are loaded already the threads that they would have read from the environment."""
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(threads)
    threadpool_limits(threads)


def _keep_memory() -> None:
    """Tell glibc to keep freed blocks: giving them back and faulting them in again costs a third of a convolution."""
    if platform.libc_ver()[0] != "glibc":
        return
    trim_threshold, top_pad, mmap_max = -1, -2, -4  # malloc.h
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(mmap_max, 0)
    mallopt(trim_threshold, 2**31 - 1)
    mallopt(top_pad, 64 * 2**20)


def device(wanted: str) -> "torch.device":
    """The device that params.yaml asks for.

    Raises
    ------
    UserError
        Where CUDA is asked for and there is none: nothing is silently replaced.
    """
    import torch

    available = torch.cuda.is_available()
    if wanted == "cuda" and not available:
        raise UserError(
            "params.yaml: device: 'cuda' found, but this machine has no usable CUDA device; allowed: auto, cpu"
        )
    if wanted == "cpu" or not available:
        return torch.device("cpu")
    # What is repeated on a card ends with the same bytes, and float32 is float32.
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.allow_tf32 = False
    return torch.device("cuda")


def precision(wanted: str, on: "torch.device") -> str:
    """'bf16' or 'float32'; auto takes bf16 wherever the hardware multiplies it.

    benchmarks/README.md shows by how much it is faster, for an MLP and for CNNs.
    """
    if wanted != "auto":
        return wanted
    return "bf16" if on.type == "cuda" or has_bf16() else "float32"


def has_bf16() -> bool:
    """Whether the processor multiplies bf16 in hardware (AVX-512 BF16 or AMX)."""
    import torch

    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def parents() -> tuple[int, ...]:
    """Who waits for this process: its parent, and with torchrun in between also that one's."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return (os.getppid(),)
    import psutil

    try:
        return (os.getppid(), psutil.Process(os.getppid()).ppid())
    except psutil.NoSuchProcess:
        return (os.getppid(),)


def stop_if_orphaned(before: tuple[int, ...]) -> None:
    """End the process when the dvc that started it is gone: another may have begun the same stage.

    Raises
    ------
    UserError
        Once DVC started this stage and `parents` no longer gives what it gave before.
    """
    if "DVC_STAGE" in os.environ and parents() != before:
        raise UserError("the dvc that started this stage is gone; stopping (the last checkpoint stays)")


def machine() -> dict[str, Any]:
    """What the run page says of hardware and software."""
    import numpy
    import torch

    return {
        "cpu": _processor(),
        "cores": os.cpu_count(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": numpy.__version__,
            "nnlabs": version("nnlabs"),
        },
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


def peak_memory() -> dict[str, int | None]:
    """The most memory that this process has had so far, and its tensors on the card, bytes.

    None where the system does not tell, or there is no card.
    """
    import torch

    on_card = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None
    return {"peak_memory_bytes": _peak_resident(), "peak_gpu_memory_bytes": on_card}


def _peak_resident() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
