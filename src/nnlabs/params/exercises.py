"""The `exercises` of params.yaml: what computes on made data or none."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from nnlabs.core.fields import Count, Fraction, Frozen, Number, Rate, Seed

Method = Literal["sgd", "momentum", "nesterov", "adam", "adamax"]
Pointwise = Literal["identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu"]


def _distinct(seeds: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(seeds)) != len(seeds):
        raise ValueError("seeds that differ")
    return seeds


Seeds = Annotated[tuple[Seed, ...], Field(min_length=1), AfterValidator(_distinct)]


class Plane(Frozen):
    """A walk over a function of two variables."""

    start: tuple[Number, Number]
    rates: Annotated[dict[Method, Rate], Field(min_length=1)]


class Descent(Frozen):
    start: Number
    """Where every walk along L begins."""
    tolerance: Rate
    """A walk ends when L changes by less."""
    iterations: Count
    """The most steps of a walk."""
    momentum: Fraction
    rates: Annotated[dict[Method, Rate], Field(min_length=1)]
    """The learning rate of each method on L."""
    regimes: Annotated[dict[str, Rate], Field(min_length=1)]
    """Learning rates of plain gradient descent, by what they shall show."""
    condition: Annotated[Number, Field(ge=1)]
    """How much steeper the quadratic bowl is along y than along x."""
    quadratic: Plane
    rosenbrock: Plane
    agreement_steps: Count
    """Steps over which our optimizers are compared with torch.optim."""


class Activations(Frozen):
    points: Annotated[tuple[Number, ...], Field(min_length=1)]
    """Where the functions and their derivatives are tabled."""
    elu_points: Annotated[tuple[Number, ...], Field(min_length=1)]
    alphas: Annotated[tuple[Rate, ...], Field(min_length=1)]
    """ELU's alpha, swept."""
    slope: Rate
    """Leaky ReLU's."""
    limit: Rate
    """Plots and the check against autograd go from -limit to limit."""
    inputs: tuple[Number, ...]
    weights: tuple[Number, ...]
    bias: Number
    """One neuron, worked by hand."""

    @model_validator(mode="after")
    def _one_weight_an_input(self) -> Self:
        if len(self.inputs) != len(self.weights):
            raise ValueError(f"weights: {len(self.weights)} found for {len(self.inputs)} inputs; one each is needed")
        return self


class Worked(Frozen):
    """A network small enough to compute by hand, its numbers as a lecture gives them."""

    title: str
    x: Annotated[tuple[Number, ...], Field(min_length=1)]
    y: Number | None = None
    """The target; without one only the forward pass is computed."""
    weights: Annotated[tuple[tuple[tuple[Number, ...], ...], ...], Field(min_length=1)]
    """A matrix a layer, outputs x inputs."""
    biases: tuple[tuple[Number, ...], ...]
    activations: tuple[Pointwise, ...]
    """One a layer, the output's last."""
    printed: dict[str, str] = Field(default={})
    """What the lecture prints, as it is printed: by the quantity's name, such as z1[0] or dW2[0, 1]."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not len(self.weights) == len(self.biases) == len(self.activations):
            raise ValueError("weights, biases and activations need one entry a layer each")
        inputs = len(self.x)
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True), 1):
            if len(weight) != len(bias) or any(len(row) != inputs for row in weight):
                raise ValueError(f"layer {layer}: {len(bias)} rows of {inputs} weights are needed, as many as biases")
            inputs = len(bias)
        for name, told in self.printed.items():
            try:
                float(told)
            except ValueError:
                raise ValueError(f"printed.{name}: {told!r} found; allowed: a number, in quotes") from None
        return self


class Backprop(Frozen):
    lr: Rate
    """Of the one step that is taken after the backward pass."""
    examples: Annotated[dict[str, Worked], Field(min_length=1)]


class Curve(Frozen):
    """A network that learns a curve from points."""

    hidden: Annotated[tuple[Count, ...], Field(min_length=1)]
    lr: Rate
    iterations: Count
    points: Annotated[Count, Field(ge=2)]
    """Distinct x, evenly from -limit up to limit."""
    limit: Rate
    repeats: Count = 1
    """Noisy values at each of them."""
    noise: Annotated[Number, Field(ge=0)]
    """Standard deviation."""
    seeds: Seeds
    snapshots: Annotated[tuple[Count, ...], Field(min_length=1)]
    """Iterations after which the curve is kept."""

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        if list(self.snapshots) != sorted(set(self.snapshots)) or self.snapshots[-1] > self.iterations:
            raise ValueError(f"snapshots: {list(self.snapshots)} found; allowed: rising, up to {self.iterations}")
        return self


class Regression(Frozen):
    sigmoid: Curve
    """By hand: one hidden layer, ReLU, full-batch gradient descent."""
    cosine: Curve
    """In PyTorch: three fully connected layers, tanh, Adam."""

    @model_validator(mode="after")
    def _one_hidden_layer(self) -> Self:
        if len(self.sigmoid.hidden) != 1:
            raise ValueError("sigmoid.hidden: the loop by hand has one hidden layer; a list of one size is needed")
        return self


class Corners(Frozen):
    """Noisy corners of the unit square."""

    hidden: Count
    lr: Rate
    iterations: Count
    points: Annotated[Count, Field(ge=4)]
    """To train on, and as many again that are held out."""
    noise: Annotated[Number, Field(ge=0)]
    seeds: Seeds


class Outputs(Frozen):
    """The learning rate of each output layer."""

    regressed: Rate
    softmax: Rate


class FourClasses(Frozen):
    """A class a corner: one output regressed on the class index, and a softmax of four."""

    hidden: Count
    rates: Outputs
    epochs: Count
    batch_size: Count
    points: Annotated[Count, Field(ge=4)]
    noise: Annotated[Number, Field(ge=0)]
    seeds: Seeds


class Xor(Frozen):
    corners: Corners
    classes: FourClasses


class Exercises(Frozen):
    """All of them; one that is absent was removed, and its page with it."""

    descent: Descent | None = None
    activations: Activations | None = None
    backprop: Backprop | None = None
    regression: Regression | None = None
    xor: Xor | None = None
