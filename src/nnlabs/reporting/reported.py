"""A figure that a source printed of a trained variant."""

from collections.abc import Mapping
from dataclasses import dataclass

from nnlabs.core.errors import UserError

SPLITS, METRICS = ("train", "validation", "test"), ("accuracy", "loss")
"""What a source may have reported."""


@dataclass(frozen=True)
class Reported:
    """A figure that a source printed, to stand beside ours."""

    what: str
    variant: str
    split: str
    metric: str
    value: float
    """Accuracies in percent."""
    epoch: int | None = None
    """Of our run, to compare with; the kept epoch where absent."""
    class_name: str | None = None

    @classmethod
    def of(cls, row: Mapping[str, str], lab: str) -> "Reported":
        """A row of labs/<lab>/reported.csv.

        Raises
        ------
        UserError
            Where a cell is missing or is none of what is allowed.
        """
        where = f"labs/{lab}/reported.csv, {row.get('what', '')!r}"
        for column, allowed in (("split", SPLITS), ("metric", METRICS)):
            if row.get(column) not in allowed:
                raise UserError(f"{where}: {column} {row.get(column)!r} found; allowed: {', '.join(allowed)}")
        try:
            return cls(
                what=row["what"],
                variant=row["variant"],
                split=row["split"],
                metric=row["metric"],
                value=float(row["value"]),
                epoch=int(row["epoch"]) if "epoch" in row else None,
                class_name=row.get("class_name"),
            )
        except (KeyError, ValueError) as error:
            raise UserError(f"{where}: {error}; needed: what, variant, split, metric, value as a number") from None
