"""Ids of the variants that the page of `cifar10` speaks of."""

MLP, CNN, STRONG = "cifar10-mlp", "cifar10-cnn", "cifar10-strong"
SMALL_MLP, SMALL_CNN = "cifar10-mlp-ordered", "cifar10-cnn-ordered"
SHUFFLED = {SMALL_MLP: "cifar10-mlp-shuffled", SMALL_CNN: "cifar10-cnn-shuffled"}
"""Of either small network its twin on shuffled pixels."""
