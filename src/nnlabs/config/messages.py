"""What a user reads when a file of settings is wrong: pydantic's first error in the file's own words."""

from collections.abc import Callable, Collection, Iterable
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from nnlabs.core.errors import UserError

Model = TypeVar("Model", bound=BaseModel)

# pydantic speaks of Python's types; the files are written in YAML's.
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


LONGEST = 400
"""Letters of a whole message."""


def brief(text: str, most: int = 200) -> str:
    """The text in one line, its end cut off where it is longer than so many letters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def shown(found: Any) -> str:
    """A value as it was found, cut short where it is long."""
    return brief(repr(found), 80)


def listed(allowed: Iterable[str], found: Any) -> str:
    """What is allowed, in its order; of very many those first that look like what was found."""
    names = [*allowed]
    if len(whole := ", ".join(names)) <= LONGEST - 100:
        return whole
    near = get_close_matches(str(found), names)
    return brief(", ".join([*near, *(name for name in names if name not in near)]), LONGEST - 100)


def expect(where: str, found: Any, allowed: Collection[str]) -> None:
    """Raise ValueError where what was found is none of the names that are allowed, or no name at all."""
    if not isinstance(found, str) or found not in allowed:
        raise ValueError(f"{where}: {shown(found)} is unknown; allowed: {listed(allowed, found) or 'none yet'}")


def validated(
    model: type[Model], content: Any, file: str, entry: str = "", written: Callable[[str], str] | None = None
) -> Model:
    """The content as the model has it.

    `entry` is where in the file the content stands (`variants.mine`); `written` says where one of its keys stands, for
    content that was put together from several places.

    Raises
    ------
    UserError
        One line: file, key, what was found, what is allowed.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise UserError(f"{file}: {_explain(error, model, entry, written)}") from None


def _explain(error: ValidationError, model: type[BaseModel], entry: str, written: Callable[[str], str] | None) -> str:
    first = error.errors()[0]
    place = [str(part) for part in first["loc"]]
    kind, found = first["type"], first["input"]
    message = _ALLOWED[kind].format_map(first.get("ctx", {})) if kind in _ALLOWED else first["msg"]
    message = message.removeprefix("Value error, ").removeprefix("Input should be ")
    if place and place[-1] == "[key]":  # pydantic's mark of a mapping's key that is not one of a few
        return f"{_key(place[:-1], entry, written)}: unknown key; allowed: {message}"
    inner = written if len(place) > 1 else None  # what nobody wrote stands nowhere; what it is missing in does
    if kind == "missing":
        return f"{_key(place, entry, inner)}: missing"
    if kind == "extra_forbidden":
        allowed = listed(_owner(model, place).model_fields, place[-1])
        return f"{_key(place, entry, inner)}: unknown key; allowed: {allowed}"
    key = _key(place, entry, written)
    told = f"{shown(found)} found; allowed: {message}"
    if isinstance(found, dict):
        told = message if found else "{} found; at least one key is needed"
    return f"{key}: {told}" if key else told


def _key(place: list[str], entry: str, written: Callable[[str], str] | None) -> str:
    """Where in the file the value stands."""
    if place and written:
        return brief(".".join([written(place[0]), *place[1:]]), 120)
    return brief(".".join([*([entry] if entry else []), *place]), 120)


def _owner(model: type[BaseModel], place: list[str]) -> type[BaseModel]:
    """The model that the last part of an error's place belongs to."""
    for part in place[:-1]:
        field = model.model_fields.get(part)
        inner = _models(field.annotation) if field else []
        if inner:
            model = inner[0]
    return model


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models that are named somewhere in a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]
