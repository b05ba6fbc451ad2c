"""All of params.yaml, checked whole before anything runs.

A *lab* is one question with defaults for its arms; a *variant* is one arm and states only
what differs; an `Arm` is the two put together, with every value settled.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.training.settings import ARMS, AnyArm, Training
from nnlabs.data.settings import SHARED, AnyDataset, Dataset, Features
from nnlabs.config.editions import EDITIONS, ONLY, SECTIONS, Edition, in_edition
from nnlabs.params.exercises import Exercises
from nnlabs.core.fields import Flag, Frozen
from nnlabs.config.labs import Lab
from nnlabs.config.messages import explain
from nnlabs.params.studies import Studies


class Params(Frozen):
    edition: Edition
    sample: Flag = False
    """Whether a few images of a set may stand for all of it: the way is tried, the numbers are no results."""
    two_editions: frozenset[str] = frozenset()
    """The datasets that differ between the editions."""
    device: Literal["auto", "cpu", "cuda"]
    precision: Literal["auto", "float32", "bf16"]
    datasets: dict[str, AnyDataset]
    features: dict[str, Features] = Field(default={})
    labs: dict[str, Lab]
    arms: dict[str, AnyArm]
    extras: dict[str, AnyArm] = Field(default={})
    """Arms that take too long for every run; one is taken in as `-S '+variants.x=${extras.x}'`."""
    exercises: Exercises = Exercises()
    studies: Studies = Studies()

    def images(self) -> dict[str, Dataset]:
        """The datasets that are images, which is what a lab trains on."""
        return {name: each for name, each in self.datasets.items() if isinstance(each, Dataset)}

    def studied(self) -> dict[str, Frozen]:
        """Exercises and studies by name: what a page is written of, and no arm is trained for."""
        sections = (self.exercises, self.studies)
        return {name: each for section in sections for name, each in section if each is not None}

    def of_lab(self, lab: str) -> dict[str, Any]:
        """The arms of one lab, in params.yaml's order."""
        return {name: arm for name, arm in self.arms.items() if arm.lab == lab}

    def left_out(self, lab: str) -> dict[str, Any]:
        """A lab's arms that only a switch takes into a run."""
        return {name: arm for name, arm in self.extras.items() if arm.lab == lab and name not in self.arms}

    def edition_of(self, dataset: str) -> str:
        """The edition that the dataset is made in; ONLY where both have the same."""
        return self.edition if self.source(dataset) in self.two_editions else ONLY

    def source(self, dataset: str) -> str:
        """The dataset whose images these are: itself, or what the features were made from."""
        return self.features[dataset].dataset if dataset in self.features else dataset

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name, features in self.features.items():
            _known(f"features.{name}.dataset", features.dataset, self.images())
            if name in self.datasets:
                raise ValueError(f"features.{name}: a dataset has this name; another one is needed")
        for name, lab in self.labs.items():
            _known(f"labs.{name}.dataset", lab.dataset, self.images())
            if name in self.studied():
                raise ValueError(f"labs.{name}: a study has this name; another one is needed")
            for key, comparison in lab.comparisons.items():
                for named in comparison.arms:
                    # An arm that is absent was removed (`-S '~variants.x'`); the page says so.
                    if named in self.arms and self.arms[named].lab != name:
                        raise ValueError(
                            f"labs.{name}.comparisons.{key}.arms: {named!r} is an arm of {self.arms[named].lab};"
                            f" allowed: {', '.join(self.of_lab(name))}"
                        )
        for name, study in self.studies:
            if study is not None:
                fitting = self.datasets.keys() - self.images().keys() if name == "words" else self.images()
                _known(f"studies.{name}.dataset", study.dataset, fitting)
        twins: dict[str, str] = {}
        for section, arms in (("extras", self.extras), ("variants", self.arms)):
            for name, arm in arms.items():
                if self.source(arm.dataset) != (ours := self.labs[arm.lab].dataset):
                    raise ValueError(
                        f"{section}.{name}.dataset: {arm.dataset!r} contradicts labs.{arm.lab}.dataset; "
                        f"allowed: {ours!r}, or features of it for a transfer model"
                    )
        for name, arm in self.arms.items():
            twin = twins.setdefault(arm.model_dump_json(), name)
            if twin != name:
                raise ValueError(f"variants.{name}: equal to variants.{twin} but for its name; change or remove one")
        return self


KEY = re.compile(r"[a-z0-9-]+")
SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C, where PyYAML has it: every stage reads params.yaml."""


def load(path: Path | None = None) -> Params:
    """Read and check params.yaml.

    Raises
    ------
    UserError
        Naming the key, the value found and what is allowed.
    """
    path = path or paths.PARAMS
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=SAFE_LOADER)
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run this in the project's root folder") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(raw, dict):
        raise UserError(f"{path.name} holds {type(raw).__name__}; a mapping of keys is needed")
    chosen = _checked(path.name, raw, raw.get("edition"))
    for other in EDITIONS:  # so that a slip does not wait for the day of the other edition
        if other != chosen.edition:
            _checked(path.name, raw, other)
    return chosen


def _checked(file: str, raw: dict[str, Any], edition: Any) -> Params:
    try:
        return Params.model_validate(_settle(raw, edition))
    except ValidationError as error:
        raise UserError(f"{file}: {explain(error, raw, edition, Params)}") from None
    except ValueError as error:
        raise UserError(f"{file}: {error}{' (edition: original)' if edition == 'original' else ''}") from None


def _settle(raw: dict[str, Any], edition: Any) -> dict[str, Any]:
    """Settle the edition and give every variant its lab's defaults; what is left to check, pydantic checks."""
    settled = raw | {"edition": edition}
    for section in SECTIONS:
        if section in ("features", "extras") and section not in raw:
            continue
        entries = _mapping(raw, section)
        for name in entries:
            if not KEY.fullmatch(str(name)):
                raise ValueError(f"{section}.{name}: a name has only a-z, 0-9 and '-'")
            entry = _mapping(entries, name, section)
            if "original" in entry:
                _mapping(entry, "original", f"{section}.{name}")
        settled[section] = {name: in_edition(entry, edition) for name, entry in entries.items()}
    labs = settled["labs"]
    for name, lab in labs.items():
        for key in _mapping(lab, "defaults", f"labs.{name}"):
            if key not in Training.model_fields:
                raise ValueError(
                    f"labs.{name}.defaults.{key}: unknown key; allowed: {', '.join(Training.model_fields)}"
                )
    for section in ("variants", "extras"):
        settled[section] = {
            name: _merge(f"{section}.{name}", variant, labs, settled.get("features", {}))
            for name, variant in settled.get(section, {}).items()
        }
    settled["arms"] = settled.pop("variants")
    settled["two_editions"] = frozenset(name for name, entry in raw["datasets"].items() if "original" in entry)
    return settled


def _merge(where: str, variant: dict[str, Any], labs: dict[str, Any], features: dict[str, Any]) -> dict[str, Any]:
    for key in ("lab", "dataset", "model"):
        if key not in variant:
            raise ValueError(f"{where}.{key}: missing; every variant states lab, dataset and model")
    _known(f"{where}.lab", variant["lab"], labs)
    _known(f"{where}.model", variant["model"], ARMS)
    defaults = dict(labs[variant["lab"]]["defaults"])
    if "lr_grid" in variant:
        defaults.pop("lr", None)
    if "lr" in variant:
        defaults.pop("lr_grid", None)
    if variant["model"] == "transfer":
        _known(f"{where}.dataset", variant["dataset"], features)
        for key in SHARED:
            if key in variant:
                raise ValueError(f"{where}.{key}: belongs to features.{variant['dataset']}.{key}")
        defaults |= {key: value for key, value in features[variant["dataset"]].items() if key in SHARED}
    elif variant["dataset"] in features:
        raise ValueError(f"{where}.model: {variant['model']!r} found; features are for 'transfer' alone")
    return defaults | variant


def _mapping(parent: Mapping[str, Any], key: str, where: str = "") -> dict[str, Any]:
    name = f"{where}.{key}".lstrip(".")
    if key not in parent:
        raise ValueError(f"{name}: missing")
    if not isinstance(value := parent[key], dict):
        raise ValueError(f"{name}: {value!r} found; a mapping of keys is needed")
    return value


def _known(key: str, value: Any, allowed: Collection[str]) -> None:
    if value not in allowed:
        raise ValueError(f"{key}: {value!r} is unknown; allowed: {', '.join(allowed) or 'none yet'}")
