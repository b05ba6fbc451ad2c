"""The `variants` of params.yaml, each with its lab's defaults: how an arm is trained, and what network it is."""

from typing import Annotated, ClassVar, Literal, Self, get_args

from pydantic import Field, model_validator

from nnlabs.data.settings import STAGES, Backbone
from nnlabs.core.fields import Count, Flag, Fraction, Frozen, Number, Rate, Seed, Whole

Activation = Literal["relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh"]


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
    bias_lr: Rate | None = None
    """Muon only: with head_lr in place of adam_lr. SGD's learning rate for biases and norms."""
    head_lr: Rate | None = None
    """SGD's learning rate for the last layer."""
    sgd_momentum: Fraction = 0.0
    """Nesterov momentum of that SGD."""
    sgd_decay: Fraction = 0.0
    """The part of its weights that that SGD takes away in a step at the full rate, before momentum."""
    fixed_norm: Flag = False
    """Muon only: bring each matrix back to the norm sqrt(rows) before each update, so that the rate alone says how far
    it turns. Whatever scales it must be free: a normalisation has to follow."""
    newton_schulz: Count = 5
    """Muon only: steps of the iteration that orthogonalizes."""
    momentum: Fraction = 0.0
    nesterov: Flag = False
    weight_decay: Annotated[Number, Field(ge=0)] = 0.0
    schedule: Literal["constant", "cosine", "one_cycle"] = "constant"
    warm_up: Fraction = 0.0
    """one_cycle only: the part of all steps in which the rate rises."""
    label_smoothing: Fraction = 0.0
    flip: Flag = False
    """Mirror half of the images, drawn anew each epoch."""
    alternate_flip: Flag = False
    """With flip: mirror one half of the images and the other half by turns, epoch by epoch."""
    crop: Annotated[Whole, Field(ge=0)] = 0
    """Pad by this many pixels (reflected) and cut out a random window of the old size."""
    sizes: Annotated[tuple[Annotated[Count, Field(ge=16)], ...], Field(min_length=1)] | None = None
    """Sides of the training images in equal parts of the epochs, pixels: small images cost less, and large ones at the
    end are what the network is evaluated on. Only for networks that take images of any size."""
    flip_average: Flag = False
    """Evaluate on the image and its mirror image and average the logits."""
    shift_average: Annotated[Whole, Field(ge=0)] = 0
    """Evaluate also on the image moved so many pixels towards each corner, border reflected, and average the logits."""
    mean: tuple[Number, ...] | None = None
    """Channel means that the input is normalised with; the training part's own where absent."""
    deviation: tuple[Rate, ...] | None = None
    patience: Count | None = None
    """Stop after so many epochs without a better validation accuracy; the best epoch's weights are kept either way."""
    fit: Literal["train", "train+validation"] = "train"
    """train+validation: once every choice is fixed, learn from both and keep the last epoch's weights."""
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
        adam, sgd = self.adam_lr is not None, self.bias_lr is not None
        if sgd != (self.head_lr is not None):
            raise ValueError("bias_lr and head_lr come together")
        if adam + sgd != (self.optimizer == "muon"):
            raise ValueError("muon needs adam_lr, or bias_lr and head_lr; they belong to it alone")
        if (self.sgd_momentum or self.sgd_decay) and not sgd:
            raise ValueError("sgd_momentum and sgd_decay belong to bias_lr and head_lr")
        if self.fixed_norm and self.optimizer != "muon":
            raise ValueError(f"fixed_norm belongs to muon, not to {self.optimizer}")
        if self.warm_up and self.schedule != "one_cycle":
            raise ValueError(f"warm_up belongs to one_cycle, not to {self.schedule}")
        if self.alternate_flip and not self.flip:
            raise ValueError("alternate_flip needs flip")
        if self.sizes and len(self.sizes) > self.epochs:
            raise ValueError(f"sizes has {len(self.sizes)} parts; allowed: at most one an epoch, {self.epochs}")
        if (self.mean is None) != (self.deviation is None):
            raise ValueError("mean and deviation come together")
        if self.fit == "train+validation" and (self.lr_grid or self.patience):
            raise ValueError("fit: train+validation leaves no validation images, which lr_grid and patience choose on")
        return self

    @property
    def rates(self) -> tuple[float, ...]:
        """The learning rates to try; one where lr is given."""
        return self.lr_grid or (self.lr,)  # type: ignore[return-value]


class Arm(Training):
    lab: str
    dataset: str
    any_size: ClassVar[bool] = False
    """Whether the network takes images of any size, because it ends in a pooling over all of them."""

    @model_validator(mode="after")
    def _takes_its_sizes(self) -> Self:
        if self.sizes and not self.any_size:
            kinds = ", ".join(name for name, kind in ARMS.items() if kind.any_size)
            raise ValueError(f"sizes is for models that take images of any size: {kinds}")
        return self


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
    any_size: ClassVar[bool] = True
    channels: Annotated[tuple[Count, Count, Count], Field()]
    """Channels of the three blocks after the whitening layer."""
    activation: Activation = "relu"
    norm_scale: Flag = True
    """Whether batch normalisation learns a scale beside its shift."""


class ResNet(Arm):
    model: Literal["resnet"]
    any_size: ClassVar[bool] = True
    depth: Literal[18, 34, 50]
    """Layers with weights: basic blocks in the first two, bottleneck blocks in the third."""
    stem: Literal["small", "large"]
    """small: a 3 x 3 convolution, for images of about 32 pixels; large: 7 x 7, stride 2, and pooling, as published."""


class VGG(Arm):
    model: Literal["vgg"]
    blocks: Annotated[tuple[Annotated[tuple[Count, ...], Field(min_length=1)], ...], Field(min_length=1)]
    """Channels of each 3 x 3 convolution, block by block; a block ends in a 2 x 2 max-pooling."""
    hidden: tuple[Count, ...] = ()
    """Sizes of the fully connected layers before the output."""
    dropout: Fraction = 0.0
    """After each fully connected layer."""
    batch_norm: Flag = True


class Inception(Arm):
    model: Literal["inception"]
    any_size: ClassVar[bool] = True
    stem: Count
    """Channels of the first convolution."""
    blocks: Annotated[
        tuple[Annotated[tuple[Annotated[Count, Field(multiple_of=16)], ...], Field(min_length=1)], ...],
        Field(min_length=1),
    ]
    """Output channels of each module, block by block; a 2 x 2 max-pooling stands between blocks. A module's branches
    share its channels as GoogLeNet's first does: a quarter 1 x 1, a half 3 x 3, an eighth 5 x 5, an eighth pooled."""
    dropout: Fraction = 0.0
    """Before the output."""


class Transfer(Arm):
    """The trained rest of a pretrained network, on the activations that a `features` entry wrote."""

    model: Literal["transfer"]
    backbone: Backbone
    """This, `frozen`, `size` and `flip` are those of the arm's `features` entry, and stand there alone."""
    frozen: Annotated[Whole, Field(ge=0)]
    size: Count | None = None
    backbone_lr: Rate | None = None
    """Learning rate of the pretrained layers; `lr` for all where absent."""
    dropout: Fraction = 0.0
    """Before the new output."""

    @model_validator(mode="after")
    def _suits_the_features(self) -> Self:
        if self.mean is not None:
            raise ValueError("mean and deviation are those of the pretrained weights")
        if self.frozen and (self.crop or self.flip_average):
            raise ValueError("crop and flip_average need images, so frozen: 0")
        if self.frozen and self.flip and self.fit == "train+validation":
            raise ValueError("fit: train+validation needs flip: false: validation activations are of one view")
        if self.backbone_lr and (self.frozen == STAGES[self.backbone] or self.optimizer == "muon"):
            raise ValueError("backbone_lr belongs to pretrained layers that are trained, and not to muon")
        return self


KINDS = (MLP, CNN, Whitened, ResNet, VGG, Inception, Transfer)
AnyArm = Annotated[MLP | CNN | Whitened | ResNet | VGG | Inception | Transfer, Field(discriminator="model")]
ARMS: dict[str, type[Arm]] = {get_args(kind.model_fields["model"].annotation)[0]: kind for kind in KINDS}
