"""What each stage goes by: its parameters, and by name the modules that these make it import."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnlabs.config import words
from nnlabs.config.variants import Settled
from nnlabs.config.whole import Config, Lab
from nnlabs.core.fields import Frozen
from nnlabs.play import bundle
from nnlabs.play.pages import PAGES, TRAINED, entry
from nnlabs.play.settings import Settings as PlaySettings

PLAY = Path("src", "nnlabs", "play")
"""Where the pages to play with are, from the checkout's root."""


@dataclass(frozen=True)
class Stage:
    """One instance of a stage of dvc.yaml."""

    kind: str
    key: str | None
    parameters: dict[str, Any]
    modules: tuple[str, ...] = ()
    """Imported by name at run time."""
    files: tuple[Path, ...] = field(default=())
    """Read by a name that no module spells out."""

    @property
    def name(self) -> str:
        """As DVC addresses it."""
        return self.kind if self.key is None else f"{self.kind}@{self.key}"

    @property
    def script(self) -> Path:
        return Path("stages", f"{self.kind}.py")


def stages(config: Config) -> Iterator[Stage]:
    """Every stage but the one that writes the settings of all others."""
    general = config.general
    device = {"device": general.device, "precision": general.precision}
    for key, dataset in config.datasets.items():
        parameters = {"dataset": _dump(dataset), "edition": config.edition_of(key), "sample": general.sample}
        yield Stage("data", key, parameters, _modules(dataset))
    for key, features in config.features.items():
        yield Stage("features", key, {"features": _dump(features), **device})
    for key, variant in config.variants.items():
        network = (f"nnlabs.models.{variant.model}", *variant.modules)
        optimizer = f"nnlabs.training.optimizers.{variant.training.optimizer}"
        yield Stage("train", key, {"variant": variant.parameters, **device}, (*network, optimizer))
        parameters = _evaluation(variant, config.labs[variant.lab]) | {"device": general.device}
        yield Stage("evaluate", key, parameters, network)
    for lab in config.labs.values():
        yield _compute(lab)
        yield _page(config, lab)
    yield from _play(config)
    yield _report(config)


def _evaluation(variant: Settled, lab: Lab) -> dict[str, Any]:
    """What the test split is looked at with; everything else comes with the weights."""
    training = variant.training
    further = {} if lab.evaluation is None else {"evaluation": _dump(lab.evaluation)}
    return {
        "id": variant.id,
        "lab": variant.lab,
        "dataset": variant.dataset,
        "model": variant.model,
        "seeds": list(training.seeds),
        "threads": training.threads,
        "tta_flip": training.tta_flip,
        "tta_shift": training.tta_shift,
        **further,
    }


def _compute(lab: Lab) -> Stage:
    if lab.knobs is None:
        return Stage("compute", lab.key, {"lab": lab.key, "dataset": lab.dataset, "knobs": None})
    modules = (f"nnlabs.labs.{lab.key}.compute", f"nnlabs.labs.{lab.key}.settings", *_modules(lab.knobs))
    return Stage("compute", lab.key, {"lab": lab.key, "dataset": lab.dataset, "knobs": _dump(lab.knobs)}, modules)


def _page(config: Config, lab: Lab) -> Stage:
    """What a variant was trained with comes with its scores: turning a knob leaves these settings as they are."""
    parameters = {
        "lab": lab.key,
        "title": lab.words.title,
        "question": lab.words.question,
        "score": lab.words.score,
        "dataset": lab.dataset,
        "dataset_settings": _dump(config.datasets[lab.dataset]),
        "knobs": None if lab.knobs is None else _dump(lab.knobs),
        "defaults": lab.defaults,
        "comparisons": [{"key": key, **_dump(asked)} for key, asked in lab.words.comparisons.items()],
        "names": lab.words.names,
        "reported": lab.reported,
        "variants": [
            {
                "id": key,
                "name": lab.words.names.get(key, key),
                "default": key in config.variants,
                "usual": variant.usual,
            }
            for key, variant in config.of_lab(lab.key).items()
        ],
        "edition": config.edition_of(lab.dataset),
        "sample": config.general.sample,
    }
    folder = words.FOLDER / lab.key
    template, page = folder / "page.md.j2", f"nnlabs.labs.{lab.key}.page"
    if lab.knobs is None or lab.defaults is not None:
        own = (page,) if (folder / "page.py").exists() else ()
        parameters |= {
            "writer": "nnlabs.reporting.trained",
            "page": own[0] if own else None,
            "template": f"{lab.key}/{template.name}" if template.exists() else None,
        }
        files = (template,) if template.exists() else ()
        return Stage("page", lab.key, parameters, ("nnlabs.reporting.trained", *own), files)
    modules = (
        "nnlabs.reporting.computed",
        *(f"nnlabs.labs.{lab.key}.{each}" for each in ("page", "results", "settings")),
        *_modules(lab.knobs),
    )
    return Stage("page", lab.key, parameters | {"writer": modules[0]}, modules, (template,))


def _play(config: Config) -> Iterator[Stage]:
    if config.play is None:
        return
    for key in config.play.pages:
        page = PAGES[key]
        lab = config.labs[page.lab]
        parameters = {
            "title": page.title,
            "lab": page.lab,
            "knobs": None if lab.knobs is None else _dump(lab.knobs),
            "names": lab.words.names,
        }
        yield Stage("play", key, parameters, files=_written_in(key))
    for kind, page in TRAINED.items():
        parameters = {"title": page.title, "lab": page.lab, **_held(config, config.play)}
        yield Stage(kind, None, parameters, files=_written_in(kind))


def _written_in(page: str) -> tuple[Path, ...]:
    """The JavaScript and the style of a page."""
    return tuple(bundle.files(entry(page, PLAY)))


def _held(config: Config, play: PlaySettings) -> dict[str, Any]:
    """Which trained networks and test images a page holds."""
    variants = []
    for key in (play.mlp, play.cnn):
        variant = config.variants[key]
        name = config.labs[variant.lab].words.names.get(key, key)
        variants.append({"id": key, "name": name, "seed": variant.training.seeds[0]})
    seed = getattr(config.labs[play.byhand].knobs, "seeds", (0,))[0]
    return {
        "dataset": play.dataset,
        "photographs": play.photographs,
        "variants": variants,
        "byhand": {"lab": play.byhand, "name": "CNN in NumPy", "seed": seed},
    }


CLAIMED = tuple(f"nnlabs.scratch.activations.{name}" for name in ("leaky_relu", "relu", "sigmoid", "tanh"))
"""Functions whose printed values the page of claims computes."""


def _report(config: Config) -> Stage:
    labs = [
        {
            "lab": key,
            "title": lab.words.title,
            "question": lab.words.question,
            "group": lab.words.group,
            "score": lab.words.score,
            "dataset": lab.dataset,
            "computes": not lab.trains,
            "reported": lab.reported,
            "variants": [
                {"id": each, "name": lab.words.names.get(each, each), "default": each in config.variants}
                for each in config.of_lab(key)
            ],
            "comparisons": [{"key": name, **_dump(asked)} for name, asked in lab.words.comparisons.items()],
        }
        for key, lab in config.labs.items()
    ]
    used = {lab.dataset for lab in config.labs.values()}
    parameters = {
        "labs": labs,
        "datasets": {key: _dump(each) for key, each in config.datasets.items() if key in used},
        "edition": config.general.edition,
        "sample": config.general.sample,
    }
    return Stage("report", None, parameters, CLAIMED)


def _modules(settings: Frozen) -> tuple[str, ...]:
    """What these settings make a stage import by name."""
    named = getattr(settings, "modules", None)
    return tuple(named()) if named else ()


def _dump(settings: Frozen) -> dict[str, Any]:
    return settings.model_dump(mode="json")
