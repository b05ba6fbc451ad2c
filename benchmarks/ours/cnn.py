"""The CNN in NumPy, which `harness.cnn` describes."""

from typing import TYPE_CHECKING, Any

from harness import cnn

if TYPE_CHECKING:
    from nnlabs.scratch.fast_cnn import FastCNN


def descent(network: "FastCNN") -> cnn.Step:
    def step(images: Any, labels: Any) -> float:
        loss, gradient = network.loss_and_gradient(images, labels)
        gradient *= cnn.LEARNING_RATE
        network.flat -= gradient
        return loss

    return step


if __name__ == "__main__":
    cnn.run(cnn.arguments(blas=1), descent)  # the network's threads are not those of NumPy's products
