"""No data, for labs that need none: a dataset of its name alone."""

from typing import Any

from nnlabs.core import paths
from nnlabs.core.files import replaced
from nnlabs.data import meta
from nnlabs.data.settings import NoneSettings


def make(name: str, settings: NoneSettings, edition: str, *, sample: bool) -> dict[str, Any]:
    """Write `data/<name>`; return who served it, which is nobody."""
    with replaced(paths.dataset(name)) as folder:
        meta.write(folder, {"dataset": name, "edition": edition, "origin": settings.origin})
    return {}
