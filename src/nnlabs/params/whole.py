"""All of params.yaml, checked whole before anything runs.

A *lab* is one question with defaults for its arms; a *variant* is one arm and states only
what differs; an `Arm` is the two put together, with every value settled.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal, Self, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError, model_validator

from nnlabs import paths
from nnlabs.errors import UserError
from nnlabs.params.arms import ARMS, AnyArm, Training
from nnlabs.params.datasets import AnyDataset, Dataset
from nnlabs.params.exercises import Exercises
from nnlabs.params.fields import Frozen
from nnlabs.params.labs import Lab
from nnlabs.params.studies import Studies


class Params(Frozen):
    edition: Literal["embedded"]
    device: Literal["auto", "cpu", "cuda"]
    precision: Literal["auto", "float32", "bf16"]
    datasets: dict[str, AnyDataset]
    labs: dict[str, Lab]
    arms: dict[str, AnyArm]
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

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
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
        for name, arm in self.arms.items():
            if arm.dataset != (ours := self.labs[arm.lab].dataset):
                raise ValueError(
                    f"variants.{name}.dataset: {arm.dataset!r} contradicts labs.{arm.lab}.dataset; allowed: {ours!r}"
                )
            twin = twins.setdefault(arm.model_dump_json(), name)
            if twin != name:
                raise ValueError(f"variants.{name}: equal to variants.{twin} but for its name; change or remove one")
        return self


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


def _known(key: str, value: Any, allowed: Collection[str]) -> None:
    if value not in allowed:
        raise ValueError(f"{key}: {value!r} is unknown; allowed: {', '.join(allowed) or 'none yet'}")


# pydantic speaks of Python's types; params.yaml is written in YAML's.
_ALLOWED = {
    "tuple_type": "a list",
    "dict_type": "a mapping of keys",
    "int_type": "a whole number (integer)",
    "bool_type": "true or false",
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
    "model_type": "a mapping of keys",
    "string_type": "text, in quotes",
}


def _explain(error: ValidationError, raw: dict[str, Any]) -> str:
    """The first error as one line in params.yaml's own words."""
    first = error.errors()[0]
    place = [str(part) for part in first["loc"]]
    message = _ALLOWED.get(first["type"], first["msg"]).format_map(first.get("ctx", {}))
    message = message.removeprefix("Value error, ").removeprefix("Input should be ")
    if not place:
        return message
    if place[-1] == "[key]":  # pydantic's mark of a mapping's key that is not one of a few
        return f"{'.'.join(place[:-1])}: unknown key; allowed: {message}"
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):  # which of several models it is
        context = first["ctx"]
        key = ".".join([*place, context["discriminator"].strip("'")])
        found = f"{context['tag']!r} found; allowed: {context['expected_tags']}" if "tag" in context else "missing"
        return f"{key}: {found}"
    owner, place = _owner(place)
    if place[0] == "arms":
        _, variant, *rest = place
        place = ["variants", variant, *rest]
        if rest and rest[0] not in raw["variants"][variant] and first["type"] not in ("missing", "extra_forbidden"):
            place = ["labs", raw["variants"][variant]["lab"], "defaults", *rest]
    key = ".".join(place)
    if first["type"] == "missing":
        return f"{key}: missing"
    if first["type"] == "extra_forbidden":
        allowed = ["variants" if field == "arms" else field for field in owner.model_fields]
        return f"{key}: unknown key; allowed: {', '.join(allowed)}"
    if isinstance(first["input"], dict):
        return f"{key}: {message if first['input'] else '{} found; at least one key is needed'}"
    return f"{key}: {first['input']!r} found; allowed: {message}"


def _owner(place: list[str]) -> tuple[type[BaseModel], list[str]]:
    """The model that the last part of an error's location belongs to, and the location without pydantic's tags.

    Where a value may be one of several models, pydantic puts the chosen one's tag into the location.
    """
    kind: Any = Params
    owner: type[BaseModel] = Params
    told = []
    for part in place:
        if len(models := _models(kind)) > 1 and get_origin(kind) is not dict:
            kind = next(model for model in models if part in _tags(model))
            continue
        told.append(part)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            owner = kind
            kind = owner.model_fields[part].annotation if part in owner.model_fields else None
        else:  # a dict's key or a list's index
            kind = get_args(kind)[-1] if get_origin(kind) is dict else next(iter(models), None)
        if get_origin(kind) is not dict and len(models := _models(kind)) == 1 and not _is_list(kind):
            kind = models[0]  # X | None is X
    return owner, told


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models that are named somewhere in a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _is_list(annotation: Any) -> bool:
    return any(get_origin(each) is tuple for each in (annotation, *get_args(annotation)))


def _tags(model: type[BaseModel]) -> set[str]:
    """The values that tell a model from others: those of its `Literal` fields."""
    return {str(tag) for field in model.model_fields.values() for tag in get_args(field.annotation)}
