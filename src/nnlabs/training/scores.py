"""Accuracy and macro-F1 of an epoch from its predictions.

scikit-learn's take a second to import, which is longer than many a run here; a test
compares these with them. Test results come from scikit-learn itself.
"""

import torch
from torch import Tensor


def confusion(labels: Tensor, predicted: Tensor, classes: int) -> Tensor:  # N, N -> classes x classes
    """Counts, a row a true class, a column a predicted one."""
    return torch.bincount(labels * classes + predicted, minlength=classes**2).view(classes, classes)


def accuracy(counts: Tensor) -> float:
    return counts.diagonal().sum().item() / counts.sum().item()


def macro_f1(counts: Tensor) -> float:
    """Mean over classes of 2 TP / (2 TP + FP + FN); a class neither present nor predicted is left out."""
    present = (counts.sum(0) + counts.sum(1)).double()  # 2 TP + FP + FN
    f1 = 2 * counts.diagonal() / present
    return f1[present > 0].mean().item()
