"""The device that a run computes on, its precision, and what to record of them."""

from typing import Any

import torch

from nnlabs.core import runtime
from nnlabs.core.errors import UserError


def device(wanted: str) -> torch.device:
    """The device that params.yaml asks for.

    Raises
    ------
    UserError
        Where CUDA is asked for and there is none: nothing is silently replaced.
    """
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


def precision(wanted: str, on: torch.device) -> str:
    """'bf16' or 'float32'; auto takes bf16 wherever the hardware multiplies it.

    benchmarks/README.md shows by how much it is faster, for an MLP and for CNNs.
    """
    if wanted != "auto":
        return wanted
    return "bf16" if on.type == "cuda" or has_bf16() else "float32"


def has_bf16() -> bool:
    """Whether the processor multiplies bf16 in hardware (AVX-512 BF16 or AMX)."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def machine() -> dict[str, Any]:
    """What the run page says of hardware and software, the card among it."""
    return runtime.machine() | {"gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None}


def peak_memory() -> dict[str, int | None]:
    """The most memory that this process has had so far, and its tensors on the card, bytes; None: there is none."""
    on_card = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None
    return {"peak_memory_bytes": runtime.peak_memory(), "peak_gpu_memory_bytes": on_card}
