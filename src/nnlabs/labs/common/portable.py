"""Labs by hand whose results are the same bytes on every x86-64 processor, whatever instructions it has.

A processor with wider registers adds the numbers of a sum in another order, fuses products with sums, and has another
polynomial for an exponential: each time another last digit, and after 50,000 steps another first one. The libraries
choose by processor when they are loaded; here they are told to take what every processor has. Other processors than
x86-64 are left as they are: their libraries have other names for what they choose from, and nothing was tried there.
"""

import os
import platform
import sys

from nnlabs.core.fields import Flag, Frozen

X86_64 = ("x86_64", "AMD64")
"""As Unix and as Windows name it."""
SAME = {
    "OPENBLAS_CORETYPE": "Nehalem",  # NumPy's matrix products
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2",  # exponentials that NumPy leaves to the C library
    "ATEN_CPU_CAPABILITY": "default",  # PyTorch, which some labs compare with
    "MKL_CBWR": "COMPATIBLE",  # and its matrix products
}


class Portable(Frozen):
    """Settings of such a lab."""

    portable: Flag
    """The same bytes on every x86-64 processor; false is faster where there is AVX2 or AVX-512.

    Elsewhere nothing follows from it.
    """


def begin_anew() -> None:
    """Begin this process anew with libraries that are alike on every processor, unless it has begun so.

    It comes before anything is computed or said: nothing of the process stays but its number, files and arguments.
    """
    if platform.machine() not in X86_64:
        return
    wanted = SAME | _numpy()
    if not wanted.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | wanted)


def _numpy() -> dict[str, str]:
    """What tells NumPy to use none of the instructions that it has found beyond those that it needs."""
    import numpy as np

    name = "NPY_DISABLE_CPU_FEATURES"
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    without = sorted({*found, *os.environ.get(name, "").split()})  # what is disabled already is not found any more
    return {name: " ".join(without)} if without else {}
