"""The report's numbers, as a claim is held against them: each lab is read once, when it is asked for."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from nnlabs.core import paths, record
from nnlabs.core.record import Arrays
from nnlabs.reporting.result import Result
from nnlabs.reporting.results import Results, collect
from nnlabs.reporting.tracked import run_record


class AbsentError(Exception):
    """What a claim would be measured by is not part of this report; the text says what that is."""


class Evidence:
    """`labs` are what the stage `report` is told of them."""

    def __init__(self, labs: Collection[Mapping[str, Any]]) -> None:
        self._labs = {each["lab"]: each for each in labs}
        self.computed = cache(self._computed)
        self.trained = cache(self._trained)

    def told(self, lab: str) -> Mapping[str, Any]:
        if lab not in self._labs:
            raise AbsentError(f"this report has no lab `{lab}`")
        return self._labs[lab]

    def _trained(self, lab: str) -> Results:
        return collect(self.told(lab))

    def variants(self, lab: str, *keys: str) -> list[Result]:
        """Those of a lab, of the default run or not."""
        shown = self.trained(lab).shown
        for key in keys:
            if key not in shown:
                raise AbsentError(f"this report has no `{key}`")
        return [shown[key] for key in keys]

    def _computed(self, lab: str) -> tuple[dict[str, Any], Arrays]:
        """Results and arrays of a lab that computes."""
        if not self.told(lab)["computes"]:
            raise AbsentError(f"`{lab}` computes nothing")
        results, arrays, _ = record.read(lab, dict[str, Any])
        return results, arrays

    def seconds(self, lab: str, *keys: str) -> list[list[float]]:
        """Of every variant the seconds of an epoch of its runs."""
        self.variants(lab, *keys)
        for key in keys:
            if not paths.run_record(lab, key).exists():
                raise AbsentError(f"nothing is recorded of the runs of `{key}`")
        return [[run["seconds_per_epoch"] for run in run_record(lab, key)["runs"]] for key in keys]

    def brought(self) -> dict[str, dict[str, Any]]:
        """The claims that labs judged themselves, by key, each with the lab that brought it."""
        found: dict[str, dict[str, Any]] = {}
        for lab, told in self._labs.items():
            if told["computes"]:
                for each in self.computed(lab)[0].get("claims", ()):
                    found[each["key"]] = {**each, "lab": lab}
        return found
