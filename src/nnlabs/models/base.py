"""What the settings of all families of networks have in common."""

from typing import ClassVar, Protocol

from nnlabs import models
from nnlabs.core.fields import Frozen


class Recipe(Protocol):
    """Of how a variant is trained, what not every network goes together with (`nnlabs.training.settings.Training`)."""

    @property
    def optimizer(self) -> str: ...
    @property
    def mean(self) -> tuple[float, ...] | None: ...
    @property
    def flip(self) -> bool: ...
    @property
    def crop(self) -> int: ...
    @property
    def windows(self) -> tuple[int, ...] | None: ...
    @property
    def proxy(self) -> object | None: ...
    @property
    def tta_flip(self) -> bool: ...
    @property
    def fit(self) -> str: ...


class NetworkSettings(Frozen):
    """What params.yaml says of a variant's network."""

    any_size: ClassVar[bool] = False
    """Whether the network takes images of any size, because it ends in a pooling over all of them."""
    on_features: ClassVar[bool] = False
    """Whether it is trained on an entry of `features`, whose fields it then shares."""

    def check(self, training: Recipe) -> None:
        """Raise ValueError where this network cannot be trained so."""
        if training.windows and not self.any_size:
            fitting = [name for name in models.names() if models.family(name).Settings.any_size]
            raise ValueError(f"windows is for models that take images of any size: {', '.join(fitting)}")

    def modules(self) -> tuple[str, ...]:
        """The modules that building the network imports by name."""
        return ()
