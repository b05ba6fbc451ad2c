"""What a module's source means, apart from how it is written: a hash of its syntax tree.

Comments, layout, docstrings and whatever else stands there without being used have no meaning here, nor has the text
of raised errors, for no result depends on it. A docstring counts in a module that reads `__doc__`.

The tree is written down in a form of its own that leaves out positions and empty fields, so that every Python from
3.11 on gives the same hash.
"""

import ast
import hashlib
from collections.abc import Iterable

DIGITS = 16
"""Of a hash, hexadecimal: 64 bits, which no two versions of some hundred files share by chance."""
REST = "module level"
"""What `definitions` calls everything outside of functions and classes."""
Function = ast.FunctionDef | ast.AsyncFunctionDef

REDUNDANT = ("ctx", "kind", "type_comment", "type_ignores")
"""Fields that say nothing which the rest of the tree does not: `ctx` follows from where a name stands."""


def meaning(source: str) -> str:
    """A hash of what the source means.

    Raises
    ------
    SyntaxError
        Where it is no Python.
    """
    return meaning_of(ast.parse(source))


def meaning_of(tree: ast.Module) -> str:
    """A hash of what a whole module means."""
    return _hash([tree], _documented(tree))


def definitions(source: str) -> dict[str, str]:
    """A hash of each function, class and method by its qualified name, and of the rest of the module.

    A class is hashed without its methods. Definitions of one name, as of a property and its setter, have one hash.
    """
    tree = ast.parse(source)
    documented = _documented(tree)
    found: dict[str, list[ast.AST]] = {}
    rest: list[ast.stmt] = []
    for node in tree.body:
        if isinstance(node, Function):
            found.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, Function):
                    found.setdefault(f"{node.name}.{method.name}", []).append(method)
            node.body = [each for each in node.body if not isinstance(each, Function)]
            found.setdefault(node.name, []).append(node)
        else:
            rest.append(node)
    found[REST] = [ast.Module(rest, [])]
    return {name: _hash(nodes, documented) for name, nodes in found.items()}


def _documented(tree: ast.Module) -> bool:
    """Whether docstrings count: the module reads them."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id="__doc__") | ast.Attribute(attr="__doc__" | "getdoc") | ast.Constant(value="__doc__"):
                return True
    return False


def _hash(nodes: Iterable[ast.AST], documented: bool) -> str:
    written: list[str] = []
    for node in nodes:
        _write(node, written, documented)
    return hashlib.sha256("".join(written).encode("ascii")).hexdigest()[:DIGITS]


def _write(node: object, to: list[str], documented: bool) -> None:
    """Append the tree as text."""
    if isinstance(node, ast.Constant):
        # What `!r` escapes depends on the Unicode that a Python knows; `!a` escapes all of it.
        to.append(f"{type(node.value).__name__}:{node.value!a};")
    elif isinstance(node, ast.AST):
        kind = type(node)
        to.append(f"{kind.__name__}(")
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                value = [each for each in value if not _idle(each, documented)]
            if name in REDUNDANT or value is None or value == []:
                continue
            to.append(f"{name}=")
            if (kind is ast.Raise and name == "exc") or (kind is ast.Assert and name == "msg"):
                _write_error(value, to, documented)
            elif kind is ast.JoinedStr:  # Python 3.12 leaves empty pieces
                _write([each for each in value if getattr(each, "value", None) != ""], to, documented)
            else:
                _write(value, to, documented)
        to.append(")")
    elif isinstance(node, list):
        to.append("[")
        for each in node:
            _write(each, to, documented)
        to.append("]")
    else:  # a name, a number of dots, None for the key of `**`
        to.append(f"{node!a};")


def _write_error(node: ast.expr, to: list[str], documented: bool) -> None:
    """Append what is raised: the class and what is put into its text, without the text."""
    if not isinstance(node, ast.Call):  # a class, a variable, the message of `assert`
        _write_text(node, to, documented)
        return
    to.append("error(")
    _write(node.func, to, documented)
    for argument in node.args:
        _write_text(argument, to, documented)
    for keyword in node.keywords:
        to.append(f"{keyword.arg}=")
        _write_text(keyword.value, to, documented)
    to.append(")")


def _write_text(node: ast.expr, to: list[str], documented: bool) -> None:
    """Append what may be text: of literals that they are there, the rest as it is."""
    match node:
        case ast.Constant(value=str()):
            to.append("text;")
        case ast.JoinedStr():
            to.append("text(")
            for each in node.values:
                if not isinstance(each, ast.Constant):
                    _write(each, to, documented)
            to.append(")")
        case ast.BinOp(op=ast.Add() | ast.Mod()):
            to.append(f"{type(node.op).__name__}(")
            _write_text(node.left, to, documented)
            _write_text(node.right, to, documented)
            to.append(")")
        case ast.IfExp():
            to.append("if(")
            _write(node.test, to, documented)
            _write_text(node.body, to, documented)
            _write_text(node.orelse, to, documented)
            to.append(")")
        case _:
            _write(node, to, documented)


def _idle(node: object, documented: bool) -> bool:
    """Whether this is a statement that does nothing: `pass`, or a value that nobody uses, as a docstring is."""
    if isinstance(node, ast.Expr):
        value = node.value
        return isinstance(value, ast.Constant) and not (documented and isinstance(value.value, str))
    return isinstance(node, ast.Pass)
