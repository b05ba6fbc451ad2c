"""What `play` of params.yaml may say: which pages to play with there are, and what of the pipeline they hold."""

from nnlabs.core.fields import Frozen

FAMILIES = ("mlp", "cnn")
"""Of networks that a page can hold; others need layers that `core/cnn.js` has not."""


class Settings(Frozen):
    pages: tuple[str, ...]
    """Those that compute all that they show; the lab of each is there."""
    dataset: str
    """Its test images are what the networks know."""
    photographs: str
    """A dataset whose test images are shown to kernels, too."""
    mlp: str
    cnn: str
    """Two variants trained on the dataset, any of the families mlp and cnn: one's own takes part by its name here."""
    byhand: str
    """A lab that leaves the CNN in NumPy."""
