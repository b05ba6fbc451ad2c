"""What a user reads when params.yaml is wrong: pydantic's first error in the file's own words."""

from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from nnlabs.data.settings import SHARED
from nnlabs.config.editions import SECTIONS

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


def explain(error: ValidationError, raw: dict[str, Any], edition: Any, whole: type[BaseModel]) -> str:
    """The first error as one line in params.yaml's own words; `whole` is the model of all of it."""
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
        key = ".".join(_written([*place, context["discriminator"].strip("'")], raw, edition, stated=True))
        found = f"{context['tag']!r} found; allowed: {context['expected_tags']}" if "tag" in context else "missing"
        return f"{key}: {found}"
    owner, place = _owner(place, whole)
    key = ".".join(_written(place, raw, edition, stated=first["type"] in ("missing", "extra_forbidden")))
    if first["type"] == "missing":
        return f"{key}: missing"
    if first["type"] == "extra_forbidden":
        allowed = ["variants" if field == "arms" else field for field in owner.model_fields]
        return f"{key}: unknown key; allowed: {', '.join(allowed)}"
    if isinstance(first["input"], dict):
        return f"{key}: {message if first['input'] else '{} found; at least one key is needed'}"
    return f"{key}: {first['input']!r} found; allowed: {message}"


def _written(place: list[str], raw: dict[str, Any], edition: Any, *, stated: bool) -> list[str]:
    """Where in the file a settled value stands: in the entry, in its `original`, or in its lab's defaults.

    `stated` says that the entry itself is at fault: for a key that is missing or should not be there.
    """
    section, *rest = ["variants" if place[0] == "arms" else place[0], *place[1:]]
    if section not in SECTIONS or len(rest) < 2:
        return [section, *rest]
    name, key = rest[0], rest[1]
    entry = raw[section][name]
    if edition == "original" and key in entry.get("original", {}):
        return [section, name, "original", *rest[1:]]
    if section in ("variants", "extras") and key not in entry and not stated:
        if key in SHARED:
            return _written(["features", entry["dataset"], *rest[1:]], raw, edition, stated=True)
        return _written(["labs", entry["lab"], "defaults", *rest[1:]], raw, edition, stated=True)
    return [section, *rest]


def _owner(place: list[str], whole: type[BaseModel]) -> tuple[type[BaseModel], list[str]]:
    """The model that the last part of an error's location belongs to, and the location without pydantic's tags.

    Where a value may be one of several models, pydantic puts the chosen one's tag into the location.
    """
    kind: Any = whole
    owner = whole
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
