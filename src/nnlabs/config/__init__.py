"""What params.yaml may say; `load` reads and checks it."""

from nnlabs.training.settings import ARMS, CNN, MLP, VGG, AnyArm, Arm, Inception, ResNet, Training, Transfer, Whitened
from nnlabs.data.settings import STAGES, Dataset, Features, Text
from nnlabs.config.labs import Comparison, Lab, Reported
from nnlabs.config.whole import Params, load

__all__ = [
    "ARMS",
    "CNN",
    "MLP",
    "STAGES",
    "VGG",
    "AnyArm",
    "Arm",
    "Comparison",
    "Dataset",
    "Features",
    "Inception",
    "Lab",
    "Params",
    "Reported",
    "ResNet",
    "Text",
    "Training",
    "Transfer",
    "Whitened",
    "load",
]
