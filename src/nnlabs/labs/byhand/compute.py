"""A CNN in NumPy and the same network in PyTorch: same initial weights, same batches, side by side."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn

from nnlabs.core import paths
from nnlabs.core.files import aside
from nnlabs.data import prepared
from nnlabs.data.prepared import Dataset, Part
from nnlabs.labs.byhand.agreement import layer_errors, loss_errors
from nnlabs.labs.byhand.results import Layouts, Results, Run, Scores
from nnlabs.labs.byhand.settings import Settings
from nnlabs.labs.common.agreement import relative, torch_optimizer
from nnlabs.labs.common.shown import samples
from nnlabs.scratch.activations.relu import ACTIVATION as RELU
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.convolution import Conv2d, MaxPool2d
from nnlabs.scratch.fast_cnn import FastCNN, views
from nnlabs.scratch.layers import Activate, Flatten, Layer, Linear
from nnlabs.scratch.losses import cross_entropy
from nnlabs.scratch.network import Network
from nnlabs.scratch.optimizers import OPTIMIZERS
from nnlabs.telling.progress import EpochProgress

EVALUATED = 1000
"""Images that go through the network at once when it is scored."""


@dataclass(frozen=True)
class Trained:
    """What one program's training with one seed gave."""

    steps: Array
    """Loss of every step."""
    epochs: Array
    """Mean loss of every epoch."""
    scores: Scores
    right: Array
    """Of each test image, whether it is classified rightly."""


def compute(settings: Settings, dataset: str) -> tuple[Results, dict[str, Array]]:
    """Train both programs with every seed, and check layers and losses; keep both programs' weights.

    The arrays are the mean loss of every epoch, `<program>.<seed>.losses`, the loss of the first steps,
    `<program>.<seed>.steps`, and which test images are classified rightly, a bit each, `<program>.<seed>.right`, and
    images for the page.

    Raises
    ------
    UserError
        Where the data is missing.
    """
    data = prepared.load(dataset)
    train = _normalised(data, data.train, settings.images)
    arrays = samples(data.train, len(data.classes))
    runs = []
    for seed in settings.seeds:
        ours, theirs = _numpy(settings, data, train, seed), _torch(settings, data, train, seed)
        first = settings.compared_steps
        apart = np.abs(ours.steps[:first] - theirs.steps[:first]) / theirs.steps[:first]
        for program, trained in (("numpy", ours), ("torch", theirs)):
            arrays[f"{program}.{seed}.losses"] = trained.epochs
            arrays[f"{program}.{seed}.steps"] = trained.steps[:first]
            arrays[f"{program}.{seed}.right"] = np.packbits(trained.right)
        alone = (int((one & ~other).sum()) for one, other in ((ours.right, theirs.right), (theirs.right, ours.right)))
        runs.append(Run(seed, apart.tolist(), ours.scores, theirs.scores, *alone))
    results = Results(
        shape=data.shape,
        test_images=len(data.test.labels),
        images=settings.images,
        epochs=settings.epochs,
        runs=runs,
        sizes={name: list(array.shape) for name, array in _network(settings, data, 0).parameters.items()},
        layers=layer_errors(),
        losses=loss_errors(),
        layouts=_layouts(settings, data, train),
    )
    return results, arrays


def _normalised(data: Dataset, part: Part, images: int | None = None) -> tuple[Array, Array]:
    """Images N x C x H x W, float32, normalised by the training part's statistics; labels."""
    mean, std = (np.array(each, np.float32).reshape(-1, 1, 1) for each in (data.mean, data.std))
    pixels = np.asarray(part.images[:images]).astype(np.float32) / 255
    return (pixels - mean) / std, np.asarray(part.labels[:images])


def _network(settings: Settings, data: Dataset, seed: int, dtype: str = "float32") -> FastCNN:
    weights, _ = np.random.SeedSequence(seed).spawn(2)
    rng = np.random.default_rng(weights)
    return FastCNN(rng, settings.channels, settings.kernel, data.shape, len(data.classes), dtype)


def batches(settings: Settings, seed: int, images: int) -> list[list[Array]]:
    """Which images make each batch of each epoch: the same for both."""
    _, order = np.random.SeedSequence(seed).spawn(2)
    rng = np.random.default_rng(order)
    cuts = range(settings.batch_size, images, settings.batch_size)
    return [np.split(rng.permutation(images), cuts) for _ in range(settings.epochs)]


def _progress(who: str, seed: int, order: list[list[Array]]) -> EpochProgress:
    return EpochProgress(f"byhand {who} seed {seed}", len(order), 0, sum(map(len, order)))


def _numpy(settings: Settings, data: Dataset, train: tuple[Array, Array], seed: int) -> Trained:
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
    return Trained(np.array(steps), np.array(epochs), *_scores(network.logits, data))


def _torch(settings: Settings, data: Dataset, train: tuple[Array, Array], seed: int) -> Trained:
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
    return Trained(torch.stack(steps).numpy(), np.array(epochs), *_scores(logits, data))


def _model(settings: Settings, data: Dataset, initial: dict[str, Array]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs, outputs in zip((data.shape[0], *settings.channels), settings.channels, strict=False):
        layers += [nn.Conv2d(inputs, outputs, settings.kernel), nn.ReLU(), nn.MaxPool2d(2)]
    *_, weight, bias = initial.values()
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(weight.shape[1], len(bias)))
    model.load_state_dict({name: torch.from_numpy(array) for name, array in initial.items()})
    return model


def _scores(logits: Callable[[Array], Array], data: Dataset) -> tuple[Scores, Array]:
    """Accuracy after the last epoch, on validation and, this once, on test; which test images are right."""
    test = _right(logits, data, data.test)
    return Scores(float(_right(logits, data, data.validation).mean()), float(test.mean())), test


def _right(logits: Callable[[Array], Array], data: Dataset, part: Part) -> Array:
    pixels, labels = _normalised(data, part)
    predicted = [logits(pixels[i : i + EVALUATED]).argmax(1) for i in range(0, len(pixels), EVALUATED)]
    right: Array = np.concatenate(predicted) == labels
    return right


def _layouts(settings: Settings, data: Dataset, train: tuple[Array, Array]) -> Layouts:
    """The fast layout against the plain layers, in float64, on one batch: loss and gradient."""
    fast = _network(settings, data, 0, "float64")
    rng = np.random.default_rng(0)
    layers: list[Layer] = []
    for inputs, outputs in zip((data.shape[0], *settings.channels), settings.channels, strict=False):
        layers += [Conv2d(inputs, outputs, settings.kernel, rng), Activate(RELU), MaxPool2d(2)]
    *_, weight, bias = fast.parameters.values()
    plain = Network(*layers, Flatten(), Linear(weight.shape[1], len(bias), rng))
    plain.set_state(fast.parameters)
    images, labels = train[0][: settings.batch_size].astype(np.float64), train[1][: settings.batch_size]
    loss, gradient = fast.loss_and_gradient(images, labels)
    expected, dy = cross_entropy(plain.forward(images), labels)
    plain.backward(dy)
    ours = views(gradient, fast.shapes)
    return Layouts(
        loss=abs(loss - expected) / expected,
        gradient=max(relative(ours[name], theirs) for name, theirs in plain.gradients.items()),
    )
