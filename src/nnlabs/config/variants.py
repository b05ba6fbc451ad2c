"""A variant of params.yaml put together: what it states, over its lab's defaults, divided among those who own the keys.

The keys of a variant belong to the training, to the family of its network or to its optimizer; each owner checks its
own.
"""

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from nnlabs import models
from nnlabs.config.memo import Memo
from nnlabs.config.messages import brief, expect, listed, shown, validated
from nnlabs.core.fields import Frozen
from nnlabs.models.pretrained import SHARED
from nnlabs.training import optimizers
from nnlabs.training.settings import ProxySettings, Score, Training, Variant

STATED = ("lab", "dataset", "model")
"""What a variant is of, beside the keys that its owners check."""


@dataclass(frozen=True)
class Entry:
    """One entry of params.yaml as it counts in an edition."""

    where: str
    settled: dict[str, Any]
    original: dict[str, Any]
    """What the other edition lays over it; empty in the embedded one."""

    def written(self, key: str) -> str:
        """Where in the file a key of this entry stands."""
        return f"{self.where}.original.{key}" if key in self.original else f"{self.where}.{key}"


@dataclass(frozen=True)
class Settled:
    """A variant with every value settled and checked, as its stages go by it."""

    training: Training
    parameters: dict[str, Any]
    """All of it as JSON has it."""
    modules: tuple[str, ...]
    """What building the network imports by name."""
    usual: dict[str, Any]
    """What every key of it would be if it stated nothing: the lab's defaults over the code's."""

    @property
    def id(self) -> str:
        return str(self.parameters["id"])

    @property
    def lab(self) -> str:
        return str(self.parameters["lab"])

    @property
    def dataset(self) -> str:
        return str(self.parameters["dataset"])

    @property
    def model(self) -> str:
        return str(self.parameters["model"])

    def variant(self) -> Variant:
        """The variant itself; its family and its optimizer are imported, and torch with them."""
        return Variant.of(self.parameters)


def memo(path: Path | None) -> Memo:
    """Where settled variants are kept: families and optimizers check their keys, and to ask them imports torch."""
    package = Path(models.__file__).parents[1]
    sources = (path for part in ("config", "core", "models", "training") for path in (package / part).rglob("*.py"))
    return Memo(path, sorted(sources))


def settle(
    file: str,
    key: str,
    entry: Entry,
    labs: dict[str, Entry],
    scores: dict[str, Score],
    features: dict[str, Entry],
    known: Memo,
) -> Settled:
    """The variant with every value settled and checked; `scores` are what labs report and go by.

    Raises
    ------
    UserError, ValueError
        Naming the key, the value found and what is allowed.
    """
    of = [lab for name, lab in labs.items() if name == entry.settled.get("lab")]
    question = repr((file, key, entry, of or sorted(labs), scores, features))
    found = known.of(question, lambda: _composed(file, key, entry, labs, scores, features))
    training = Training.model_validate(found["parameters"]["training"])
    return Settled(training, found["parameters"], tuple(found["modules"]), found["usual"])


def _composed(
    file: str, key: str, entry: Entry, labs: dict[str, Entry], scores: dict[str, Score], features: dict[str, Entry]
) -> dict[str, Any]:
    """What `Settled` has, but for `training`, which `parameters` hold.

    Raises
    ------
    UserError, ValueError
        Naming the key, the value found and what is allowed.
    """
    stated = entry.settled
    for needed in ("lab", "dataset"):
        if needed not in stated:
            raise ValueError(f"{entry.where}.{needed}: missing; every variant states lab and dataset")
    expect(entry.written("lab"), stated["lab"], labs)
    lab = labs[stated["lab"]]
    if not isinstance(stated["dataset"], str):
        expect(entry.written("dataset"), stated["dataset"], [lab.settled["dataset"], *features])
    defaults = _defaults(lab, stated)
    values = defaults | stated
    if "model" not in values:
        raise ValueError(f"{entry.where}.model: missing; neither the variant nor labs.{stated['lab']}.defaults has one")
    expect(_place("model", entry, lab), values["model"], models.names())
    family = models.family(values["model"])
    inherited: dict[str, str] = {}
    values |= _of_features(entry, family, values, features, inherited)
    if "optimizer" in values:
        expect(_place("optimizer", entry, lab), values["optimizer"], optimizers.names())
    owners: list[type[Frozen]] = [Training, family.Settings]
    if "optimizer" in values:
        owners.append(optimizers.algorithm(values["optimizer"]).Settings)
    _all_owned(entry, lab, values, owners)

    def written(name: str) -> str:
        return inherited[name] if name in inherited else _place(name, entry, lab)

    def checked(owner: type[Frozen]) -> Any:
        own = {name: value for name, value in values.items() if name in owner.model_fields}
        return validated(owner, own, file, entry.where, written)

    parts = checked(Training), checked(family.Settings), checked(owners[-1])
    try:
        variant = Variant(key, stated["lab"], stated["dataset"], values["model"], *parts, score=scores[stated["lab"]])
    except ValueError as error:
        raise ValueError(f"{entry.where}: {error}") from None
    if proxy := variant.training.proxy:
        validated(family.Settings, proxy.of(variant.network), file, f"{written('proxy')}.network")
    return {
        "parameters": variant.parameters(),
        "modules": tuple(dict.fromkeys([*variant.network.modules(), *variant.small.network.modules()])),
        "usual": _usual(variant, lab.settled["defaults"]),
    }


def computing(lab: str) -> ModuleType | None:
    """The module `settings` of a lab that computes, with `Settings`, and `Printed` where it has figures of a source.

    None where the lab has no such module.
    """
    name = f"nnlabs.labs.{lab}"
    found = find_spec(name) and find_spec(f"{name}.settings")
    return import_module(f"{name}.settings") if found else None


def _defaults(lab: Entry, stated: dict[str, Any]) -> dict[str, Any]:
    """The lab's defaults that this variant inherits: what it states itself may exclude some."""
    defaults = lab.settled.get("defaults")
    if not isinstance(defaults, dict):
        raise ValueError(f"{lab.where}.defaults: {shown(defaults)} found; a mapping of keys is needed")
    allowed = {"model", *Training.model_fields}.union(
        *(optimizers.algorithm(name).Settings.model_fields for name in optimizers.names())
    )
    for key in defaults:
        if key not in allowed:
            where = brief(f"{lab.where}.defaults.{key}", 120)
            raise ValueError(f"{where}: unknown key; allowed: {listed(sorted(allowed), key)}")
    algorithm = optimizers.algorithm(stated["optimizer"]) if stated.get("optimizer") in optimizers.names() else None
    return {
        key: value
        for key, value in defaults.items()
        if not (key == "lr" and "lr_grid" in stated)
        and not (key == "lr_grid" and "lr" in stated)
        # another optimizer than the lab's has no use for the knobs of that
        and (algorithm is None or key in ("model", *Training.model_fields, *algorithm.Settings.model_fields))
    }


def _of_features(
    entry: Entry, family: Any, values: dict[str, Any], features: dict[str, Entry], inherited: dict[str, str]
) -> dict[str, Any]:
    """What a family that goes on from a pretrained network takes from its features."""
    dataset = values["dataset"]
    if not family.Settings.on_features:
        if dataset in features:
            raise ValueError(f"{entry.where}.model: {values['model']!r} found; features are for {_on_features()} alone")
        return {}
    expect(entry.written("dataset"), dataset, features)
    for key in SHARED:
        if key in entry.settled:
            raise ValueError(f"{entry.where}.{key}: belongs to {features[dataset].where}.{key}")
    taken = {key: value for key, value in features[dataset].settled.items() if key in SHARED}
    inherited.update({key: features[dataset].written(key) for key in taken})
    return taken


def _on_features() -> str:
    return ", ".join(repr(name) for name in models.names() if models.family(name).Settings.on_features)


def _all_owned(entry: Entry, lab: Entry, values: dict[str, Any], owners: list[type[Frozen]]) -> None:
    allowed = [*STATED, *dict.fromkeys(key for owner in owners for key in owner.model_fields)]
    for key in values:
        if key in allowed:
            continue
        of = [name for name in optimizers.names() if key in optimizers.algorithm(name).Settings.model_fields]
        if of:
            raise ValueError(f"{entry.where}: {key} belongs to {' and '.join(of)}, not to {values.get('optimizer')}")
        where = brief(_place(key, entry, lab), 120)
        raise ValueError(f"{where}: unknown key; allowed: {listed(allowed, key)}")


def _place(key: str, entry: Entry, lab: Entry) -> str:
    """Where in the file a settled value stands: in the entry, or in its lab's defaults."""
    defaults = lab.settled.get("defaults") or {}
    if key in entry.settled or key not in defaults:
        return entry.written(key)
    over = lab.original.get("defaults", {})
    return f"{lab.where}.original.defaults.{key}" if key in over else f"{lab.where}.defaults.{key}"


def _usual(variant: Variant, defaults: dict[str, Any]) -> dict[str, Any]:
    """Of every key that has one the value where nothing is stated: the lab's default or, without one, the code's.

    It depends on the network's family and on the optimizer, and on nothing else that the variant states: a page that
    knows it and what was trained can tell what differs, and its settings stay as they are when a knob is turned.
    """
    fields = {
        name: field
        for part in (variant.network, variant.training, variant.algorithm)
        for name, field in type(part).model_fields.items()
    }
    known = {name: field.default for name, field in fields.items() if not field.is_required()}
    return known | {name: _plain(value) for name, value in defaults.items() if name in ("model", *fields)}


def _plain(value: Any) -> Any:
    """A default as a variant holds it: YAML reads the `1e-05` that `-S` writes as a string."""
    if isinstance(value, list):
        return tuple(_plain(each) for each in value)
    try:
        if isinstance(value, dict):  # a proxy's, whose parts have defaults of their own
            return ProxySettings.model_validate(value).model_dump(mode="json")
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value
