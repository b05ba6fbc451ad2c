"""YAML as a mapping, or one line that says what is wrong with the file."""

from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.resolver import Resolver

from nnlabs.config.messages import brief, shown
from nnlabs.core.errors import UserError

DEPTH = 20
"""Levels of lists and mappings in one another. The parser in C has no limit, and thousands would end the process."""
READ_AS = {"int": "a number", "float": "a number", "bool": "true or false", "null": "nothing", "timestamp": "a date"}
"""What a text without quotes may be to YAML, by the last part of its tag."""


class _Names(SafeConstructor):
    """Keys stay the text that stands in the file, and no mapping has one twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        content: dict[Any, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ConstructorError(None, None, "a list or a mapping stands where a key belongs", key.start_mark)
            if key.value in content:
                raise ConstructorError(None, None, f"the key {shown(key.value)} is there twice", key.start_mark)
            content[key.value] = self.construct_object(value, deep=deep)
        return content

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except yaml.YAMLError:
            raise
        except Exception:  # of a text that is not what its tag says, constructors raise whatever their own calls do
            kind = READ_AS.get(_last(node.tag), _last(node.tag))
            raise ConstructorError(None, None, f"{shown(node.value)} is not {kind}", node.start_mark) from None


SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C, where PyYAML has it: ten times as fast."""
LOADER = type("LOADER", (_Names, SAFE_LOADER), {})


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file, every key as it stands there.

    Raises
    ------
    UserError
        Where the file is missing, no YAML, or no mapping; where it has a key twice, an alias, a tag, or many levels.
    """
    try:
        text = path.read_text(encoding="utf-8")
        _check_structure(text, path)
        raw = yaml.load(text, Loader=LOADER)
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run this in the project's root folder") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path.name} is not UTF-8: {brief(str(error), 120)}; save it as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        where = _place(path, error.problem_mark or error.context_mark)
        raise UserError(f"{where}: {brief(error.problem or str(error))}") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path.name} is not YAML: {brief(str(error))}") from None
    if not isinstance(raw, dict):
        raise UserError(f"{path.name}: {shown(raw)} found; a mapping of keys is needed")
    return raw


def read_as(text: str) -> str | None:
    """What YAML takes a text without quotes for; None where that is a text."""
    tag = _last(Resolver().resolve(yaml.ScalarNode, text, (True, False)))  # type: ignore[no-untyped-call]
    return None if tag == "str" else READ_AS.get(tag, tag)


def _check_structure(text: str, path: Path) -> None:
    """Refuse what is more than lists, mappings and plain values, before anything is built of it."""
    depth = 0
    for event in yaml.parse(text, Loader=SAFE_LOADER):
        where = _place(path, event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            raise UserError(f"{where}: the alias *{brief(str(event.anchor), 40)} found; write out what it means")
        if tag := getattr(event, "tag", None):
            raise UserError(f"{where}: the tag {brief(_last(tag), 40)} found; write the value alone")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH:
            raise UserError(f"{where}: lists or mappings in more than {DEPTH} levels; allowed are {DEPTH}")


def _place(path: Path, mark: Any) -> str:
    return f"{path.name}, line {mark.line + 1}" if mark else path.name


def _last(tag: str) -> str:
    return tag.rpartition(":")[2]
