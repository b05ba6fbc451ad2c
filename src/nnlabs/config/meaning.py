"""What a module's source means, apart from how it is written: a hash of its syntax tree.

Comments, layout, docstrings and other strings that nothing uses have no meaning here, nor have the words of raised
errors, for no result depends on them. A docstring counts in a module that reads `__doc__`.
"""

import ast
import hashlib
from collections.abc import Iterator
from typing import Any

DIGITS = 16
"""Of a hash, hexadecimal: 64 bits, which no two versions of some hundred files share by chance."""
REST = "module level"
"""What `definitions` calls everything outside of functions and classes."""


def meaning(source: str) -> str:
    """A hash of what the source means.

    Raises
    ------
    SyntaxError
        Where it is no Python.
    """
    return _hash(*_parsed(source))


def definitions(source: str) -> dict[str, str]:
    """A hash of each function, class and method by its qualified name, and of the rest of the module."""
    tree, documented = _parsed(source)
    found: dict[str, str] = {}
    rest: list[ast.stmt] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found[node.name] = _hash(node, documented)
        elif isinstance(node, ast.ClassDef):
            methods = [each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
            found |= {f"{node.name}.{each.name}": _hash(each, documented) for each in methods}
            node.body = [each for each in node.body if each not in methods]
            found[node.name] = _hash(node, documented)
        else:
            rest.append(node)
    return found | {REST: _hash(ast.Module(rest, []), documented)}


def _parsed(source: str) -> tuple[ast.Module, bool]:
    """The syntax tree, and whether docstrings count in it."""
    tree = ast.parse(source)
    names = (getattr(node, "id", getattr(node, "attr", None)) for node in ast.walk(tree))
    return tree, "__doc__" in names


def _hash(tree: ast.AST, documented: bool) -> str:
    written = "".join(_written(tree, documented, silent=False))
    return hashlib.sha256(written.encode()).hexdigest()[:DIGITS]


def _written(node: Any, documented: bool, silent: bool) -> Iterator[str]:
    """The tree as text, the same in every version of Python: without positions and without fields that are empty.

    `silent` leaves out the literal text of strings: within the words of an error.
    """
    if isinstance(node, list):
        yield "["
        for each in node:
            if documented or not _idle(each):
                yield from _written(each, documented, silent)
                yield ","
        yield "]"
    elif isinstance(node, ast.Constant):
        yield "''" if silent and isinstance(node.value, str) else f"{type(node.value).__name__}:{node.value!r}"
    elif isinstance(node, ast.AST):
        yield type(node).__name__ + "("
        for name, value in ast.iter_fields(node):
            if value is not None and value != [] and name not in ("kind", "type_comment"):
                yield f"{name}="
                yield from _written(value, documented, silent or (isinstance(node, ast.Raise) and name == "exc"))
                yield ";"
        yield ")"
    else:
        yield repr(node)


def _idle(node: Any) -> bool:
    """Whether a statement is a string that nothing uses."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
