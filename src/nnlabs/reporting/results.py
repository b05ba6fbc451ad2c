"""What the page of a trained lab is made of: its parameters, and the small tracked files of its variants."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from typing import Any

import pandas as pd

from nnlabs.core import paths
from nnlabs.evaluation import outcomes
from nnlabs.evaluation.metrics import Score
from nnlabs.evaluation.outcomes import Outcomes
from nnlabs.reporting.reported import Reported
from nnlabs.reporting.result import COLUMNS, SCORES, Result, Scores
from nnlabs.reporting.tracked import files, read_json, unreadable


@dataclass(frozen=True)
class Question:
    """Variants that differ in one thing, each compared with the first, and pairs of them."""

    question: str
    variants: tuple[str, ...]
    """Ids; one that is no variant any more was removed."""
    pairs: tuple[tuple[str, str], ...]
    compared: str
    tuned: str
    fixed: str


@dataclass(frozen=True, kw_only=True)
class Results:
    """One lab's questions and numbers."""

    lab: str
    """Its key."""
    title: str
    question: str
    score_key: str
    defaults: dict[str, Any]
    questions: dict[str, Question]
    """The lab's comparisons, as lab.yaml asks them."""
    reported: tuple[Reported, ...]
    names: dict[str, str]
    """What readers see of every id that the lab's folder knows."""
    shown: dict[str, Result]
    """Every variant that has results, by id; those left out of the default run last."""
    switched: tuple[str, ...]
    """Ids of all that the default run leaves out, whether they have results or not."""
    data: dict[str, Any]
    """Of the lab's dataset: edition, origin, classes, shape, sizes, hashes."""

    @cached_property
    def variants(self) -> dict[str, Result]:
        """Those of the default run, which alone are chosen from and compared."""
        return {key: each for key, each in self.shown.items() if each.default}

    @property
    def left_out(self) -> bool:
        """Whether a variant is shown that the default run leaves out."""
        return len(self.variants) < len(self.shown)

    @property
    def score(self) -> str:
        """What the lab goes by, in words."""
        return SCORES[self.score_key]

    @cached_property
    def best(self) -> Result | None:
        """The variant with the highest score on validation; test is not asked. None where none has one."""
        candidates = [result for result in self.variants.values() if not isnan(result.validation)]
        return max(candidates, key=lambda result: result.validation, default=None)

    @property
    def pictured(self) -> Result:
        """The variant whose confusions and images the page shows: the best, or else the first."""
        return self.best or next(iter(self.variants.values()))

    @property
    def features(self) -> dict[str, dict[str, Any]]:
        """What transfer variants stand on, the frozen stages of a pretrained network, by name."""
        data = {each.dataset: each.scores.data for each in self.shown.values() if each.pretrained}
        return dict(sorted(data.items()))

    def named(self, key: str) -> str:
        """What readers see of a variant, a removed one too."""
        return self.shown[key].name if key in self.shown else self.names.get(key, key)


def collect(parameters: Mapping[str, Any]) -> Results:
    """Read one lab's results; `parameters` are those of its page, or what the report is told of it.

    Raises
    ------
    UserError
        Where a file is missing or is none of ours, naming the stage that makes it.
    """
    lab = parameters["lab"]
    data = read_json(paths.computed(lab) / "results.json", f"compute@{lab}")["data"]
    told = [each for each in parameters["variants"] if each["default"]]
    shown = {each["id"]: _result(lab, each, parameters["score"]) for each in told}
    left_out = [each for each in parameters["variants"] if not each["default"]]
    for each in left_out:
        if all(path.exists() for path in files(lab, each["id"])[:-1]):
            result = _result(lab, each, parameters["score"])
            if _of_these_classes(result, data):
                shown[result.id] = result
    return Results(
        lab=lab,
        title=parameters["title"],
        question=parameters["question"],
        score_key=parameters["score"],
        defaults=parameters.get("defaults") or {},
        questions={each["key"]: _question(each) for each in parameters["comparisons"]},
        reported=tuple(Reported.of(each, lab) for each in parameters.get("reported", ())),
        names=parameters.get("names", {}),
        shown=shown,
        switched=tuple(each["id"] for each in left_out),
        data=data,
    )


def _question(told: Mapping[str, Any]) -> Question:
    asked = {key: each for key, each in told.items() if key != "key"}
    pairs = tuple((variant, reference) for variant, reference in told["pairs"])
    return Question(**asked | {"variants": tuple(told["variants"]), "pairs": pairs})


def _of_these_classes(result: Result, data: dict[str, Any]) -> bool:
    """Whether one that the default run leaves out is of this edition: of the same classes of the same origin.

    One on the lab's own dataset was tested on as many images; another dataset may have more.
    """
    its = result.scores.data
    alike = all(its[key] == data[key] for key in ("origin", "classes"))
    return alike and (its["dataset"] != data["dataset"] or result.scores.test_images == data["sizes"]["test"])


def _result(lab: str, told: Mapping[str, Any], score: Score) -> Result:
    key = told["id"]
    path = paths.scores(lab, key)
    content = read_json(path, f"evaluate@{key}")
    try:
        scores = Scores(**content)
    except TypeError as error:
        raise unreadable(path, error, f"evaluate@{key}") from None
    path = paths.history(lab, key)
    try:
        history = pd.read_csv(path, usecols=[*COLUMNS, "chosen"])
    except (OSError, ValueError) as error:
        raise unreadable(path, error, f"train@{key}") from None
    return Result(
        id=key,
        name=told["name"],
        default=told["default"],
        usual=told.get("usual", {}),
        scores=scores,
        history=history[history["chosen"] == 1],
        score=score,
        outcomes=_outcomes(lab, key, scores) if told["default"] or outcomes.path(lab, key).exists() else None,
    )


def _outcomes(lab: str, key: str, scores: Scores) -> Outcomes:
    path = outcomes.path(lab, key)
    try:
        seen = Outcomes.read(path)
        if seen.confusions(len(scores.confusion[0])).tolist() != scores.confusion:
            raise ValueError("other predictions than scores.json counts")
    except (OSError, ValueError, TypeError, IndexError) as error:
        raise unreadable(path, error, f"evaluate@{key}") from None
    return seen
