"""What all optimizers have in common."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from nnlabs.core.fields import Frozen, Number

if TYPE_CHECKING:
    from torch import nn


class OptimizerSettings(Frozen):
    """What params.yaml says of a variant's optimizer."""

    weight_decay: Annotated[Number, Field(ge=0)] = 0.0


def parameter_groups(network: "nn.Module") -> list[dict[str, Any]]:
    """The parameters that are trained, in groups of which some have a learning rate (`lr`) of their own.

    One group, but where the network says otherwise; of one tensor where they lie in one (`nnlabs.training.written`).
    """
    if (vector := getattr(network, "vector", None)) is not None:
        return [{"params": [vector]}]
    if callable(groups := getattr(network, "parameter_groups", None)):
        return list(groups())
    return [{"params": [p for p in network.parameters() if p.requires_grad]}]
