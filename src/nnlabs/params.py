"""What params.yaml may say, checked whole before anything runs.

A *lab* is one question with defaults for its arms; a *variant* is one arm and states only
what differs; an `Arm` is the two put together, with every value settled.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from nnlabs import paths
from nnlabs.errors import UserError


def _number(value: Any) -> Any:
    # `-S lr=1e-5` writes `1e-05`, which YAML 1.1 reads as a string.
    if isinstance(value, bool):
        raise ValueError("a number is needed, not true or false")
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise ValueError("a number is needed") from None
    return value


Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
Rate = Annotated[Number, Field(gt=0)]
Fraction = Annotated[Number, Field(ge=0, lt=1)]
Whole = Annotated[int, Field(strict=True)]
Count = Annotated[Whole, Field(gt=0)]
Seed = Annotated[Whole, Field(ge=0, lt=2**31)]
Flag = Annotated[bool, Field(strict=True)]
Activation = Literal["relu", "leaky_relu", "elu", "gelu", "sigmoid", "tanh"]


class Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


# ---------------------------------------------------------------- datasets


class Dataset(Frozen):
    """How prepared arrays are made from an origin's official training and test sets."""

    origin: Literal["mnist", "fashion-mnist", "cifar10"]
    seed: Seed
    """Draws the validation split, and which images stay where `train_per_class` cuts."""
    validation: Annotated[Number, Field(gt=0)]
    """Validation images carved from the training set: how many, or below 1 which part."""
    classes: tuple[str, ...] | None = None
    """The class names to keep, relabelled in this order; all where absent."""
    train_per_class: Count | None = None
    """Training images a class that are kept, validation included; all where absent."""
    test_per_class: Count | None = None

    @model_validator(mode="after")
    def _whole_images(self) -> Self:
        if self.validation >= 1 and self.validation % 1:
            raise ValueError(f"validation: {self.validation} found; allowed: a whole number, or a part below 1")
        return self


# ---------------------------------------------------------------- arms


class Training(Frozen):
    """How an arm is trained. Every field may stand in a lab's defaults."""

    batch_size: Count
    epochs: Count
    optimizer: Literal["sgd", "adam", "adamw", "adamax", "muon"]
    lr: Rate | None = None
    lr_grid: Annotated[tuple[Rate, ...], Field(min_length=2)] | None = None
    """In place of lr: each is tried on the first seed and the best on validation is kept."""
    adam_lr: Rate | None = None
    """Muon only: AdamW's learning rate for what is no hidden matrix (biases, norms, last layer)."""
    momentum: Fraction = 0.0
    nesterov: Flag = False
    weight_decay: Annotated[Number, Field(ge=0)] = 0.0
    schedule: Literal["constant", "cosine", "one_cycle"] = "constant"
    warm_up: Fraction = 0.0
    """one_cycle only: the part of all steps in which the rate rises."""
    label_smoothing: Fraction = 0.0
    flip: Flag = False
    """Mirror half of the images, drawn anew each epoch."""
    crop: Annotated[Whole, Field(ge=0)] = 0
    """Pad by this many pixels (reflected) and cut out a random window of the old size."""
    flip_average: Flag = False
    """Evaluate on the image and its mirror image and average the logits."""
    mean: tuple[Number, ...] | None = None
    """Channel means that the input is normalised with; the training part's own where absent."""
    deviation: tuple[Rate, ...] | None = None
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)]
    threads: Annotated[Count, Field(le=64)] = 1

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.lr is None) == (self.lr_grid is None):
            raise ValueError("exactly one of lr and lr_grid is needed")
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError(f"seeds {list(self.seeds)} repeat one; each must differ")
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum above 0")
        if self.momentum and self.optimizer not in ("sgd", "muon"):
            raise ValueError(f"momentum belongs to sgd and muon, not to {self.optimizer}")
        if (self.optimizer == "muon") != (self.adam_lr is not None):
            raise ValueError("adam_lr belongs to muon, and muon needs it")
        if self.warm_up and self.schedule != "one_cycle":
            raise ValueError(f"warm_up belongs to one_cycle, not to {self.schedule}")
        if (self.mean is None) != (self.deviation is None):
            raise ValueError("mean and deviation come together")
        return self

    @property
    def rates(self) -> tuple[float, ...]:
        """The learning rates to try; one where lr is given."""
        return self.lr_grid or (self.lr,)  # type: ignore[return-value]


class Arm(Training):
    lab: str
    dataset: str


class MLP(Arm):
    model: Literal["mlp"]
    hidden: tuple[Count, ...]
    """Sizes of the hidden layers; none makes a linear classifier."""
    activation: Activation = "relu"
    dropout: Fraction = 0.0
    batch_norm: Flag = False


class CNN(Arm):
    model: Literal["cnn"]
    channels: Annotated[tuple[Count, ...], Field(min_length=1)]
    """Channels of each block; a block ends in a 2 x 2 max-pooling."""
    convolutions: Count = 1
    """3 x 3 convolutions in a block."""
    hidden: tuple[Count, ...] = ()
    """Sizes of fully connected layers between the last block and the output."""
    activation: Activation = "relu"
    dropout: Fraction = 0.0
    """Before each fully connected layer."""
    batch_norm: Flag = False


class Whitened(Arm):
    model: Literal["whitened"]
    channels: Annotated[tuple[Count, Count, Count], Field()]
    """Channels of the three blocks after the whitening layer."""


AnyArm = Annotated[MLP | CNN | Whitened, Field(discriminator="model")]
ARMS: dict[str, type[Arm]] = {get_args(kind.model_fields["model"].annotation)[0]: kind for kind in (MLP, CNN, Whitened)}


# ---------------------------------------------------------------- labs


class Comparison(Frozen):
    """Arms that differ in one thing, each compared with the first, paired by seed."""

    question: str
    arms: Annotated[tuple[str, ...], Field(min_length=2)]
    compared: str
    tuned: str
    fixed: str


class Reported(Frozen):
    """A figure that a source printed, to stand beside ours."""

    what: str
    variant: str
    split: Literal["train", "validation", "test"]
    metric: Literal["accuracy", "loss"]
    value: Number
    """Accuracies in percent."""
    epoch: Count | None = None
    """Of our run, to compare with; the best epoch where absent."""
    class_name: str | None = None


class Lab(Frozen):
    title: str
    question: str
    dataset: str
    text: str
    """What the page says of setup and background, in Markdown."""
    defaults: dict[str, Any]
    """Fields of `Training` for every arm of the lab."""
    comparisons: dict[str, Comparison] = {}
    reported: tuple[Reported, ...] = ()


class Params(Frozen):
    edition: Literal["embedded"]
    device: Literal["auto", "cpu", "cuda"]
    precision: Literal["auto", "float32", "bf16"]
    datasets: dict[str, Dataset]
    labs: dict[str, Lab]
    arms: dict[str, AnyArm]

    def of_lab(self, lab: str) -> dict[str, Any]:
        """The arms of one lab, in params.yaml's order."""
        return {name: arm for name, arm in self.arms.items() if arm.lab == lab}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name, lab in self.labs.items():
            _known(f"labs.{name}.dataset", lab.dataset, self.datasets)
            for key, comparison in lab.comparisons.items():
                for named in comparison.arms:
                    # An arm that is absent was removed (`-S '~variants.x'`); the page says so.
                    if named in self.arms and self.arms[named].lab != name:
                        raise ValueError(
                            f"labs.{name}.comparisons.{key}.arms: {named!r} is an arm of {self.arms[named].lab};"
                            f" allowed: {', '.join(self.of_lab(name))}"
                        )
        twins: dict[str, str] = {}
        for name, arm in self.arms.items():
            if arm.dataset != (ours := self.labs[arm.lab].dataset):
                raise ValueError(
                    f"variants.{name}.dataset: {arm.dataset!r} contradicts labs.{arm.lab}.dataset; allowed: {ours!r}"
                )
            twin = twins.setdefault(arm.model_dump_json(), name)
            if twin != name:
                raise ValueError(f"variants.{name}: equal to variants.{twin} but for its name; change or remove one")
        return self


# ---------------------------------------------------------------- reading

KEY = re.compile(r"[a-z0-9-]+")


def load(path: Path | None = None) -> Params:
    """Read and check params.yaml.

    Raises
    ------
    UserError
        Naming the key, the value found and what is allowed.
    """
    path = path or paths.PARAMS
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run this in the project's root folder") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(raw, dict):
        raise UserError(f"{path.name} holds {type(raw).__name__}; a mapping of keys is needed")
    try:
        return Params.model_validate(_settle(raw))
    except ValidationError as error:
        raise UserError(f"{path.name}: {_explain(error, raw)}") from None
    except ValueError as error:
        raise UserError(f"{path.name}: {error}") from None


def _settle(raw: dict[str, Any]) -> dict[str, Any]:
    """Give every variant its lab's defaults; what is left to check, pydantic checks."""
    settled = {key: value for key, value in raw.items() if key != "variants"}
    labs, variants = _mapping(raw, "labs"), _mapping(raw, "variants")
    for section, entries in (("datasets", _mapping(raw, "datasets")), ("labs", labs), ("variants", variants)):
        for name in entries:
            if not KEY.fullmatch(str(name)):
                raise ValueError(f"{section}.{name}: a name has only a-z, 0-9 and '-'")
            _mapping(entries, name, section)
    for name, lab in labs.items():
        for key in _mapping(lab, "defaults", f"labs.{name}"):
            if key not in Training.model_fields:
                raise ValueError(
                    f"labs.{name}.defaults.{key}: unknown key; allowed: {', '.join(Training.model_fields)}"
                )
    settled["arms"] = {name: _merge(name, variant, labs) for name, variant in variants.items()}
    return settled


def _merge(name: str, variant: dict[str, Any], labs: dict[str, Any]) -> dict[str, Any]:
    for key in ("lab", "dataset", "model"):
        if key not in variant:
            raise ValueError(f"variants.{name}.{key}: missing; every variant states lab, dataset and model")
    _known(f"variants.{name}.lab", variant["lab"], labs)
    _known(f"variants.{name}.model", variant["model"], ARMS)
    defaults = dict(labs[variant["lab"]]["defaults"])
    if "lr_grid" in variant:
        defaults.pop("lr", None)
    if "lr" in variant:
        defaults.pop("lr_grid", None)
    return defaults | variant


def _mapping(parent: Mapping[str, Any], key: str, where: str = "") -> dict[str, Any]:
    name = f"{where}.{key}".lstrip(".")
    if key not in parent:
        raise ValueError(f"{name}: missing")
    if not isinstance(value := parent[key], dict):
        raise ValueError(f"{name}: {value!r} found; a mapping of keys is needed")
    return value


def _known(key: str, value: Any, allowed: Mapping[str, Any]) -> None:
    if value not in allowed:
        raise ValueError(f"{key}: {value!r} is unknown; allowed: {', '.join(allowed) or 'none yet'}")


# pydantic speaks of Python's types; params.yaml is written in YAML's.
_ALLOWED = {
    "tuple_type": "a list",
    "dict_type": "a mapping of keys",
    "int_type": "a whole number (integer)",
    "bool_type": "true or false",
    "too_short": "a list of at least {min_length}",
}


def _explain(error: ValidationError, raw: dict[str, Any]) -> str:
    """The first error as one line in params.yaml's own words."""
    first = error.errors()[0]
    place = [str(part) for part in first["loc"]]
    message = _ALLOWED.get(first["type"], first["msg"]).format_map(first.get("ctx", {}))
    message = message.removeprefix("Value error, ").removeprefix("Input should be ")
    if not place:
        return message
    owner: type[BaseModel] = Params
    if place[0] == "arms":
        # pydantic puts the chosen member of the union into the location
        variant, model, *rest = place[1:]
        owner, place = ARMS[model], ["variants", variant, *rest]
        if rest and rest[0] not in raw["variants"][variant] and first["type"] not in ("missing", "extra_forbidden"):
            place = ["labs", raw["variants"][variant]["lab"], "defaults", *rest]
    elif place[0] in ("labs", "datasets") and len(place) > 2:
        owner = Lab if place[0] == "labs" else Dataset
        if "comparisons" in place[2:-1]:
            owner = Comparison
        elif "reported" in place[2:-1]:
            owner = Reported
    key = ".".join(place)
    if first["type"] == "missing":
        return f"{key}: missing"
    if first["type"] == "extra_forbidden":
        allowed = ["variants" if field == "arms" else field for field in owner.model_fields]
        return f"{key}: unknown key; allowed: {', '.join(allowed)}"
    if isinstance(first["input"], dict):
        return f"{key}: {message}"
    return f"{key}: {first['input']!r} found; allowed: {message}"
