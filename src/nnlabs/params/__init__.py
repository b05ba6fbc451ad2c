"""What params.yaml may say; `load` reads and checks it."""

from nnlabs.params.arms import ARMS, CNN, MLP, AnyArm, Arm, Training, Whitened
from nnlabs.params.datasets import Dataset, Text
from nnlabs.params.labs import Comparison, Lab, Reported
from nnlabs.params.whole import Params, load

__all__ = [
    "ARMS",
    "CNN",
    "MLP",
    "AnyArm",
    "Arm",
    "Comparison",
    "Dataset",
    "Lab",
    "Params",
    "Reported",
    "Text",
    "Training",
    "Whitened",
    "load",
]
