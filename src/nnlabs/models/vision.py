"""torchvision, also beside a CPU-only torch: import it from here.

The torchvision wheel is linked to CUDA. Beside a CPU-only torch its compiled operators do not
load, and then the import fails, for two of them are given meta kernels without asking whether
they exist. Their schemas are all that is missing. With these defined first, datasets, models
and transforms work; `torchvision.ops` and `torchvision.io` do not (Pillow reads images).
Where the compiled operators load, nothing is defined.
"""

from importlib.util import find_spec
from pathlib import Path

import torch

SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


def _operators_load() -> bool:
    """Load torchvision's compiled operators without importing torchvision."""
    spec = find_spec("torchvision")
    if spec is None or spec.origin is None:
        return True  # not installed: the import below says so best
    try:
        for library in sorted(Path(spec.origin).parent.glob("_C.*")):
            torch.ops.load_library(str(library))  # type: ignore[no-untyped-call]
    except OSError:
        return False
    return True


if not _operators_load():
    # The schemas live as long as this object.
    _library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for schema in SCHEMAS:
        _library.define(schema)  # type: ignore[no-untyped-call]

import torchvision  # noqa: E402

__all__ = ["torchvision"]
