"""The CNN of `harness.cnn` as PyTorch's documentation would have it, on a processor in float32."""

from typing import TYPE_CHECKING, Any

from harness import cnn

if TYPE_CHECKING:
    from nnlabs.scratch.fast_cnn import FastCNN


def descent(network: "FastCNN") -> cnn.Step:
    import torch
    from torch import nn

    model = nn.Sequential(
        *(nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(256, 10)),
    )
    model.load_state_dict({name: torch.tensor(array) for name, array in network.parameters.items()})
    optimizer = torch.optim.SGD(model.parameters(), cnn.LEARNING_RATE)

    def step(images: Any, labels: Any) -> float:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(torch.from_numpy(images)), torch.from_numpy(labels))
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


if __name__ == "__main__":
    cnn.run(cnn.arguments(), descent)
