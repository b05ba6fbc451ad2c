"""All of params.yaml, checked whole before anything runs, with the words of its labs."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nnlabs.config import variants, words
from nnlabs.config.editions import EDITIONS, ONLY, Edition, in_edition
from nnlabs.config.memo import Memo
from nnlabs.config.messages import LONGEST, brief, expect, shown, validated
from nnlabs.config.reading import read_as, read_yaml
from nnlabs.config.variants import Entry, Settled
from nnlabs.config.words import Words
from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.core.fields import Flag, Frozen
from nnlabs.data import settings as data
from nnlabs.evaluation.settings import EvaluationSettings
from nnlabs.models.pretrained import FeatureSettings
from nnlabs.play.pages import PAGES
from nnlabs.play.settings import FAMILIES
from nnlabs.play.settings import Settings as PlaySettings

RECORDS = "records of other stages have this folder"
COMPUTED = "computed"
OF_VARIANTS = ("dataset", "defaults", "evaluation")
"""Keys of a lab's entry that are not knobs of what it computes."""
PLAY = "play"
"""The one mapping of params.yaml that is the same in both editions."""
SECTIONS = ("datasets", "features", "labs", "variants", "optional")
"""The mappings of params.yaml, whose entries may hold `original`."""
NAME = re.compile(r"[a-z][a-z0-9-]{0,59}")
RULE = "a name begins with a letter, has only a-z, 0-9 and '-', and at most 60 of them"
TAKEN = {
    "labs": {"data": RECORDS, "features": RECORDS, "readme": "reports/README.md is the report's first page"},
    "variants": {COMPUTED: "what labs compute has this folder"},
}
"""Names that would write where something else is written, and what that is."""


class General(Frozen):
    """What holds for everything."""

    edition: Edition
    sample: Flag = False
    """Whether a few images of a set may stand for all of it: the way is tried, the numbers are no results."""
    device: Literal["auto", "cpu", "cuda"]
    precision: Literal["auto", "float32", "bf16"]


@dataclass(frozen=True)
class Lab:
    """One question: its words, and the knobs of what it computes or the defaults of its variants, or both."""

    key: str
    words: Words
    dataset: str
    knobs: Frozen | None
    """The settings of what the lab computes; none where it does not."""
    defaults: dict[str, Any] | None
    """What its variants inherit; none where it trains none."""
    evaluation: EvaluationSettings | None
    """What is asked of its trained networks beyond their scores."""
    reported: list[dict[str, Any]]
    """What its source printed, a row a figure."""

    @property
    def trains(self) -> bool:
        """Whether its page is that of trained variants, whatever is computed beside them."""
        return self.knobs is None or self.defaults is not None


@dataclass(frozen=True)
class Config:
    general: General
    two_editions: frozenset[str]
    """The datasets that differ between the editions."""
    datasets: dict[str, data.DatasetSettings]
    features: dict[str, FeatureSettings]
    labs: dict[str, Lab]
    variants: dict[str, Settled]
    optional: dict[str, Settled]
    """Variants that the default run leaves out."""
    play: PlaySettings | None
    """What pages to play with hold of trained networks; none where params.yaml says nothing of it."""

    def of_lab(self, lab: str) -> dict[str, Settled]:
        """The lab's variants, in the order of params.yaml, then those that the default run leaves out."""
        both = self.variants | {key: each for key, each in self.optional.items() if key not in self.variants}
        return {key: each for key, each in both.items() if each.lab == lab}

    def edition_of(self, dataset: str) -> str:
        """The edition that the dataset is made in; ONLY where both have the same."""
        return self.general.edition if self.source(dataset) in self.two_editions else ONLY

    def source(self, dataset: str) -> str:
        """The dataset whose images these are: itself, or what the features were made from."""
        return self.features[dataset].dataset if dataset in self.features else dataset


def load(path: Path | None = None, known: Memo | None = None) -> Config:
    """Read and check params.yaml, and the words of every lab that it names.

    `known` has variants that were settled before (`variants.memo`).

    Raises
    ------
    UserError
        One line that names the key, the value found and what is allowed.
    """
    path = path or paths.PARAMS
    raw = read_yaml(path)
    known = known or variants.memo(None)
    try:
        chosen = _settled(path.name, raw, raw.get("edition"), known)
        for other in EDITIONS:  # so that a slip does not wait for the day of the other edition
            if other != chosen.general.edition:
                _settled(path.name, raw | {"edition": other}, other, known)
    except ValueError as error:
        raise UserError(brief(f"{path.name}: {error}", LONGEST)) from None
    except UserError as error:
        raise UserError(brief(str(error), LONGEST)) from None
    return chosen


def _settled(file: str, raw: dict[str, Any], edition: Any, known: Memo) -> Config:
    allowed = [*General.model_fields, *SECTIONS, PLAY]
    if unknown := [key for key in raw if key not in allowed]:
        raise ValueError(f"{brief(unknown[0], 80)}: unknown key; allowed: {', '.join(allowed)}")
    general = validated(General, {key: raw[key] for key in General.model_fields if key in raw}, file)
    sections = {name: _section(raw, name, edition) for name in SECTIONS}
    datasets = {key: _dataset(file, entry) for key, entry in sections["datasets"].items()}
    features = {
        key: validated(FeatureSettings, entry.settled, file, entry.where, entry.written)
        for key, entry in sections["features"].items()
    }
    images = [key for key, each in datasets.items() if isinstance(each, data.ImageSettings | data.FolderSettings)]
    for key, each in features.items():
        expect(f"features.{key}.dataset", each.dataset, images)
        if key in datasets:
            raise ValueError(f"features.{key}: a dataset has this name; another one is needed")
    labs = {key: _lab(file, key, entry, datasets) for key, entry in sections["labs"].items()}
    scores = {key: lab.words.score for key, lab in labs.items()}
    made = {}
    for section in ("variants", "optional"):
        made[section] = {
            key: variants.settle(file, key, entry, sections["labs"], scores, sections["features"], known)
            for key, entry in sections[section].items()
        }
    config = Config(
        general=general,
        two_editions=frozenset(key for key, entry in raw["datasets"].items() if "original" in entry),
        datasets=datasets,
        features=features,
        labs=labs,
        variants=made["variants"],
        optional=made["optional"],
        play=validated(PlaySettings, _mapping(raw, PLAY), file, PLAY) if PLAY in raw else None,
    )
    _fits_together(config)
    return config


def _section(raw: dict[str, Any], section: str, edition: Any) -> dict[str, Entry]:
    """Each entry of a section as it counts in this edition."""
    if section not in raw and section in ("features", "optional"):
        return {}
    entries = _mapping(raw, section)
    settled = {}
    for key in entries:
        _check_name(section, key)
        entry = _mapping(entries, key, section)
        where = f"{section}.{key}"
        over = _mapping(entry, "original", where) if "original" in entry else {}
        settled[key] = Entry(where, in_edition(entry, edition), over if edition == "original" else {})
    return settled


def _check_name(section: str, key: str) -> None:
    where = f"{section}.{brief(key, 80)}"
    if read := read_as(key):
        raise ValueError(f"{where}: YAML reads this name as {read}; {RULE}")
    if not NAME.fullmatch(key):
        raise ValueError(f"{where}: {RULE}")
    taken = TAKEN.get("variants" if section == "optional" else section, {})
    if key in taken:
        raise ValueError(f"{where}: {taken[key]}; another name is needed")


def _dataset(file: str, entry: Entry) -> data.DatasetSettings:
    where = entry.written("origin").removesuffix(".origin")
    return validated(data.kind_of(where, entry.settled), entry.settled, file, entry.where, entry.written)


def _lab(file: str, key: str, entry: Entry, datasets: Collection[str]) -> Lab:
    if "dataset" not in entry.settled:
        raise ValueError(f"{entry.where}.dataset: missing")
    dataset = entry.settled["dataset"]
    expect(f"{entry.where}.dataset", dataset, datasets)
    knobs = {name: value for name, value in entry.settled.items() if name not in OF_VARIANTS}
    computing = variants.computing(key)
    if computing is None and knobs:
        raise ValueError(
            f"{entry.where}.{brief(next(iter(knobs)), 80)}: unknown key; allowed: {', '.join(OF_VARIANTS)}"
        )
    alone = computing is not None and not getattr(computing, "BESIDE_VARIANTS", False)
    for name in ("defaults", "evaluation") if alone else ():
        if name in entry.settled:
            raise ValueError(f"{entry.where}.{name}: this lab computes by itself, so it has no variants to inherit it")
    settings = validated(computing.Settings, knobs, file, entry.where, entry.written) if computing else None
    evaluation = None
    if "evaluation" in entry.settled:
        asked, where = _mapping(entry.settled, "evaluation", entry.where), f"{entry.where}.evaluation"
        evaluation = validated(EvaluationSettings, asked, file, where)
    printed = words.reported(key, getattr(computing, "Printed", words.Figure))
    return Lab(key, words.read(key), dataset, settings, entry.settled.get("defaults"), evaluation, printed)


def _fits_together(config: Config) -> None:
    if config.play is not None:
        _play_fits(config, config.play)
    for key, lab in config.labs.items():
        for name, asked in lab.words.comparisons.items():
            for named in asked.variants:
                # A variant that is absent was removed (`-S '~variants.x'`); the page says so.
                if named in config.variants and config.variants[named].lab != key:
                    raise UserError(
                        f"{words.FOLDER / key / 'lab.yaml'}: comparisons.{name}.variants: {named!r} is a variant of "
                        f"{config.variants[named].lab}; allowed: {', '.join(config.of_lab(key))}"
                    )
    twins: dict[str, str] = {}
    for section, entries in (("optional", config.optional), ("variants", config.variants)):
        for key, variant in entries.items():
            if key in config.labs:
                raise ValueError(f"{section}.{key}: a lab has this name; another one is needed")
            ours, its = config.labs[variant.lab].dataset, config.source(variant.dataset)
            if its not in config.datasets or not _alike(config.datasets[ours], config.datasets[its]):
                raise ValueError(
                    f"{section}.{key}.dataset: {variant.dataset!r} contradicts labs.{variant.lab}.dataset; allowed: "
                    f"{ours!r}, a dataset of the same classes, or features of it for a model that goes on from them"
                )
    for key, variant in config.variants.items():
        same = {name: value for name, value in variant.parameters.items() if name != "id"}
        twin = twins.setdefault(repr(same), key)
        if twin != key:
            raise ValueError(f"variants.{key}: equal to variants.{twin} but for its name; change or remove one")


def _alike(one: data.DatasetSettings, other: data.DatasetSettings) -> bool:
    """Whether two datasets have the same classes of the same origin, however many images of them, changed or not."""
    asked = ("origin", "path", "classes", "groups")
    return all(getattr(one, key, None) == getattr(other, key, None) for key in asked)


def _play_fits(config: Config, play: PlaySettings) -> None:
    """The labs of the pages to play with, and what these hold, are there and go together."""
    for i, page in enumerate(play.pages):
        expect(f"play.pages.{i}", page, [key for key, each in PAGES.items() if each.lab in config.labs])
    expect("play.dataset", play.dataset, config.datasets)
    expect("play.photographs", play.photographs, config.datasets)
    fitting = [
        key for key, variant in config.variants.items() if variant.dataset == play.dataset and variant.model in FAMILIES
    ]
    for name in ("mlp", "cnn"):
        expect(f"play.{name}", getattr(play, name), fitting)
    expect("play.byhand", play.byhand, [key for key, lab in config.labs.items() if lab.knobs is not None])


def _mapping(parent: dict[str, Any], key: str, where: str = "") -> dict[str, Any]:
    name = f"{where}.{key}".lstrip(".")
    if key not in parent:
        raise ValueError(f"{name}: missing")
    if not isinstance(value := parent[key], dict):
        raise ValueError(f"{name}: {shown(value)} found; a mapping of keys is needed")
    return value
