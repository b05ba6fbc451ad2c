"""What the settings of all families of networks have in common."""

from typing import TYPE_CHECKING, ClassVar

from nnlabs import models
from nnlabs.core.fields import Frozen

if TYPE_CHECKING:
    from nnlabs.training.settings import Training


class NetworkSettings(Frozen):
    """What params.yaml says of a variant's network."""

    any_size: ClassVar[bool] = False
    """Whether the network takes images of any size, because it ends in a pooling over all of them."""
    on_features: ClassVar[bool] = False
    """Whether it is trained on an entry of `features`, whose fields it then shares."""

    def check(self, training: "Training") -> None:
        """Raise ValueError where this network cannot be trained so."""
        if training.sizes and not self.any_size:
            fitting = [name for name in models.names() if models.family(name).Settings.any_size]
            raise ValueError(f"sizes is for models that take images of any size: {', '.join(fitting)}")

    def modules(self) -> tuple[str, ...]:
        """The modules that building the network imports by name."""
        return ()
