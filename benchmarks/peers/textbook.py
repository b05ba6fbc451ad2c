"""The loop of the tutorials: torchvision, a DataLoader, `loss.item()` a batch, float32, defaults everywhere."""

import tempfile
from itertools import pairwise
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader

from harness import tasks
from harness.protocol import Turns
from peers import loaders


def lecture() -> nn.Module:
    """784-512-256-128-10, ReLU and dropout after every hidden layer."""
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in pairwise(tasks.SIZES[:-1]):
        layers += [nn.Linear(inputs, outputs), nn.ReLU(), nn.Dropout(tasks.DROPOUT)]
    return nn.Sequential(*layers, nn.Linear(*tasks.SIZES[-2:]))


def of_variant(name: str) -> tuple[nn.Module, int]:
    """The very layers of a variant, taking normalised N x C x H x W in the usual memory layout; its batch size."""
    from harness import variants  # reads params.yaml, for which .venv-bench has no packages

    variant = variants.named(name)
    # the transform normalises, not the network
    network = variant.build((3, 32, 32), 10, [0.5] * 3, [0.25] * 3)
    if variant.model == "whitened":
        first, last = [network.whitening, nn.ReLU()], [nn.AdaptiveMaxPool2d(1), nn.Flatten()]
    else:
        first, last = [], [nn.Flatten(), network.head]
    layers = nn.Sequential(*first, network.blocks, *last, network.output)
    return layers.to(memory_format=torch.contiguous_format), variant.training.batch_size


def train(network: nn.Module, optimizer: torch.optim.Optimizer, batches: DataLoader) -> float:
    """One epoch; the mean loss."""
    network.train()
    running = 0.0
    for images, labels in batches:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(network(images), labels)
        loss.backward()
        optimizer.step()
        running += loss.item()
    return running / len(batches)


def validate(network: nn.Module, batches: DataLoader) -> float:
    """Accuracy."""
    network.eval()
    correct = total = 0
    with torch.no_grad():
        for images, labels in batches:
            correct += (network(images).argmax(1) == labels).sum().item()
            total += len(labels)
    return correct / total


def main() -> None:
    given = tasks.parser(*tasks.VARIANTS).parse_args()
    turns = Turns()
    torch.manual_seed(given.seed)
    if given.task == "lecture":
        network = lecture()
        optimizer = torch.optim.Adam(network.parameters(), lr=tasks.LEARNING_RATE)
        batches, validation = loaders.fashion(given.share)
    else:
        network, batch_size = of_variant(tasks.VARIANTS[given.task])
        optimizer = torch.optim.AdamW(p for p in network.parameters() if p.requires_grad)
        batches, validation = loaders.cifar10(given.share, batch_size)
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(given.epochs):
            train(network, optimizer, batches)
            accuracy = validate(network, validation)
            torch.save(network.state_dict(), Path(folder) / "weights.pt")
            turns.end(accuracy=accuracy)


if __name__ == "__main__":
    main()
