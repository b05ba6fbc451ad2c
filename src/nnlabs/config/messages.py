"""What a user reads when a file of settings is wrong: pydantic's first error in the file's own words."""

from collections.abc import Callable
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
    message = _ALLOWED.get(first["type"], first["msg"]).format_map(first.get("ctx", {}))
    message = message.removeprefix("Value error, ").removeprefix("Input should be ")
    if place and place[-1] == "[key]":  # pydantic's mark of a mapping's key that is not one of a few
        return f"{_key(place[:-1], entry, written)}: unknown key; allowed: {message}"
    key = _key(place, entry, written)
    if first["type"] == "missing":
        return f"{_key(place, entry, None)}: missing"
    if first["type"] == "extra_forbidden":
        return f"{_key(place, entry, None)}: unknown key; allowed: {', '.join(_owner(model, place).model_fields)}"
    if isinstance(first["input"], dict):
        told = message if first["input"] else "{} found; at least one key is needed"
        return f"{key}: {told}" if key else told
    return f"{key}: {first['input']!r} found; allowed: {message}"


def _key(place: list[str], entry: str, written: Callable[[str], str] | None) -> str:
    """Where in the file the value stands."""
    if place and written:
        return ".".join([written(place[0]), *place[1:]])
    return ".".join([*([entry] if entry else []), *place])


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
