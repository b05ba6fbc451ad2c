"""A CNN in NumPy and the same network in PyTorch: same initial weights, same batches, side by side."""

from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn

from nnlabs.core import paths
from nnlabs.core.files import aside
from nnlabs.data import dataset
from nnlabs.labs.agreement import layer_errors, loss_errors, relative, torch_optimizer
from nnlabs.params.studies import ByHand
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.convolution import Conv2d, MaxPool2d
from nnlabs.scratch.fast_cnn import FastCNN, views
from nnlabs.scratch.layers import Activate, Flatten, Linear
from nnlabs.scratch.losses import cross_entropy
from nnlabs.scratch.network import Network
from nnlabs.scratch.optimizers import OPTIMIZERS
from nnlabs.telling.progress import EpochProgress

EVALUATED = 1000
"""Images that go through the network at once when it is scored."""


def study(settings: ByHand) -> tuple[dict[str, Any], dict[str, Array]]:
    data = dataset.load(settings.dataset)
    train = _normalised(data, data.train, settings.images)
    arrays: dict[str, Array] = {}
    runs = []
    for seed in settings.seeds:
        numpy_run, torch_run = _numpy(settings, data, train, seed), _torch(settings, data, train, seed)
        first = settings.compared_steps
        apart = np.abs(numpy_run["steps"][:first] - torch_run["steps"][:first]) / torch_run["steps"][:first]
        arrays |= {f"numpy.{seed}.losses": numpy_run["epochs"], f"torch.{seed}.losses": torch_run["epochs"]}
        arrays |= {f"numpy.{seed}.steps": numpy_run["steps"][:first], f"torch.{seed}.steps": torch_run["steps"][:first]}
        runs.append(
            {
                "seed": seed,
                "apart": apart.tolist(),
                "numpy_validation": numpy_run["validation"],
                "numpy_test": numpy_run["test"],
                "torch_validation": torch_run["validation"],
                "torch_test": torch_run["test"],
            }
        )
    sizes = {name: list(array.shape) for name, array in _network(settings, data, 0).parameters.items()}
    layers, losses = layer_errors(), loss_errors()
    headline = {
        "numpy_accuracy": float(np.mean([run["numpy_test"] for run in runs])),
        "torch_accuracy": float(np.mean([run["torch_test"] for run in runs])),
        "first_steps_apart": max(run["apart"][0] for run in runs),
        "largest_error_to_autograd": max(row["autograd"] for row in [*layers, *losses]),
        "largest_error_to_differences": max(row["differences"] for row in [*layers, *losses]),
    }
    results = {
        "settings": settings.model_dump(mode="json"),
        "runs": runs,
        "sizes": sizes,
        "layers": layers,
        "losses": losses,
        "layouts": _layouts(settings, data, train),
        "headline": headline,
    }
    return results, arrays


def _normalised(data: dataset.Dataset, part: dataset.Part, images: int | None = None) -> tuple[Array, Array]:
    """Images N x C x H x W, float32, normalised by the training part's statistics; labels."""
    mean, deviation = (np.array(each, np.float32).reshape(-1, 1, 1) for each in (data.mean, data.deviation))
    pixels = np.asarray(part.images[:images]).astype(np.float32) / 255
    return (pixels - mean) / deviation, np.asarray(part.labels[:images])


def _network(settings: ByHand, data: dataset.Dataset, seed: int, dtype: str = "float32") -> FastCNN:
    weights, _ = np.random.SeedSequence(seed).spawn(2)
    rng = np.random.default_rng(weights)
    return FastCNN(rng, settings.channels, settings.kernel, data.shape, len(data.classes), dtype)


def batches(settings: ByHand, seed: int, images: int) -> list[list[Array]]:
    """Which images make each batch of each epoch: the same for both."""
    _, order = np.random.SeedSequence(seed).spawn(2)
    rng = np.random.default_rng(order)
    cuts = range(settings.batch_size, images, settings.batch_size)
    return [np.split(rng.permutation(images), cuts) for _ in range(settings.epochs)]


def _progress(who: str, seed: int, order: list[list[Array]]) -> EpochProgress:
    return EpochProgress(f"byhand {who} seed {seed}", len(order), 0, sum(map(len, order)))


def _numpy(settings: ByHand, data: dataset.Dataset, train: tuple[Array, Array], seed: int) -> dict[str, Any]:
    network = _network(settings, data, seed)
    step = OPTIMIZERS[settings.optimizer](settings.lr)
    images, labels = train
    order = batches(settings, seed, len(images))
    steps, epochs = [], []
    with _progress("NumPy", seed, order) as progress:
        for epoch, cut in enumerate(order, 1):
            losses = []
            for batch in cut:
                loss, gradient = network.loss_and_gradient(images[batch], labels[batch])
                step.step({"all": network.flat}, {"all": gradient})
                losses.append(loss)
                progress.step()
            steps += losses
            epochs.append(np.mean(losses))
            progress.epoch(epoch, float(epochs[-1]), None, last=epoch == settings.epochs)
    with aside(paths.models("byhand") / f"seed-{seed}-numpy.safetensors") as beside:
        save_file({name: array.copy() for name, array in network.parameters.items()}, beside)
    return {"steps": np.array(steps), "epochs": np.array(epochs)} | _scores(network.logits, data)


def _torch(settings: ByHand, data: dataset.Dataset, train: tuple[Array, Array], seed: int) -> dict[str, Any]:
    initial = _network(settings, data, seed).parameters
    model = _model(settings, data, initial)
    step = torch_optimizer(settings.optimizer, {"lr": settings.lr}, list(model.parameters()))
    images, labels = (torch.from_numpy(each) for each in train)
    order = batches(settings, seed, len(images))
    steps, epochs = [], []
    with _progress("PyTorch", seed, order) as progress:
        for epoch, cut in enumerate(order, 1):
            losses = []
            for batch in cut:
                step.zero_grad()
                loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
                loss.backward()
                step.step()
                losses.append(loss.detach())
                progress.step()
            steps += losses
            epochs.append(torch.stack(losses).mean().item())
            progress.epoch(epoch, epochs[-1], None, last=epoch == settings.epochs)

    @torch.no_grad()
    def logits(pixels: Array) -> Array:
        return model(torch.from_numpy(pixels)).numpy()

    with aside(paths.models("byhand") / f"seed-{seed}-torch.safetensors") as beside:
        save_file({name: tensor.numpy().copy() for name, tensor in model.state_dict().items()}, beside)
    return {"steps": torch.stack(steps).numpy(), "epochs": np.array(epochs)} | _scores(logits, data)


def _model(settings: ByHand, data: dataset.Dataset, initial: dict[str, Array]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs, outputs in zip((data.shape[0], *settings.channels), settings.channels, strict=False):
        layers += [nn.Conv2d(inputs, outputs, settings.kernel), nn.ReLU(), nn.MaxPool2d(2)]
    *_, weight, bias = initial.values()
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(weight.shape[1], len(bias)))
    model.load_state_dict({name: torch.from_numpy(array) for name, array in initial.items()})
    return model


def _scores(logits: Any, data: dataset.Dataset) -> dict[str, float]:
    """Accuracy after the last epoch, on validation and, this once, on test."""
    scores = {}
    for name, part in (("validation", data.val), ("test", data.test)):
        pixels, labels = _normalised(data, part)
        predicted = [logits(pixels[i : i + EVALUATED]).argmax(1) for i in range(0, len(pixels), EVALUATED)]
        scores[name] = float((np.concatenate(predicted) == labels).mean())
    return scores


def _layouts(settings: ByHand, data: dataset.Dataset, train: tuple[Array, Array]) -> dict[str, float]:
    """The fast layout against the plain layers, in float64, on one batch: loss and gradient."""
    fast = _network(settings, data, 0, "float64")
    rng = np.random.default_rng(0)
    layers: list[Any] = []
    for inputs, outputs in zip((data.shape[0], *settings.channels), settings.channels, strict=False):
        layers += [Conv2d(inputs, outputs, settings.kernel, rng), Activate("relu"), MaxPool2d(2)]
    *_, weight, bias = fast.parameters.values()
    plain = Network(*layers, Flatten(), Linear(weight.shape[1], len(bias), rng))
    plain.set_state(fast.parameters)
    images, labels = train[0][: settings.batch_size].astype(np.float64), train[1][: settings.batch_size]
    loss, gradient = fast.loss_and_gradient(images, labels)
    expected, dy = cross_entropy(plain.forward(images), labels)
    plain.backward(dy)
    ours = views(gradient, fast.shapes)
    return {
        "loss": abs(loss - expected) / expected,
        "gradient": max(relative(ours[name], theirs) for name, theirs in plain.gradients.items()),
    }
