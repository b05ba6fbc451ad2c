"""The kinds of values that params.yaml holds."""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


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


def _distinct(seeds: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(seeds)) != len(seeds):
        raise ValueError("seeds that differ")
    return seeds


def one_of(names: Callable[[], Sequence[str]]) -> AfterValidator:
    """A check that text is one of some names, which are asked for when it is needed."""

    def check(value: str) -> str:
        if value not in (allowed := names()):
            raise ValueError(", ".join(f"'{name}'" for name in allowed))
        return value

    return AfterValidator(check)


Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
Rate = Annotated[Number, Field(gt=0)]
Fraction = Annotated[Number, Field(ge=0, lt=1)]
Whole = Annotated[int, Field(strict=True, lt=2**31)]
Count = Annotated[Whole, Field(gt=0)]
Seed = Annotated[Whole, Field(ge=0)]
Seeds = Annotated[tuple[Seed, ...], Field(min_length=1), AfterValidator(_distinct)]
Flag = Annotated[bool, Field(strict=True)]


def _printed(text: str) -> str:
    if not isfinite(_number(text)):
        raise ValueError("a number is needed")
    return text


PrintedNumber = Annotated[str, AfterValidator(_printed)]
"""A number as a source has it: how many digits it has says how exact it is."""


class Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())
