"""A student's file and its solution, made of the project's own source.

Of the modules that an exercise names, what it asks for is taken together with everything in the same modules that it
needs (constants, base classes, helpers) and the imports of all that. The solution is that text; in the student's file
the bodies of what is asked for are cut out, and names, arguments, shapes and docstrings stay.
"""

import ast
import builtins
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

Asked = Mapping[str, Sequence[str]]
"""By module what of it is to be written: a function, or a method as `Class.method`."""

BODY = 'raise NotImplementedError("to be written")'


def solution(asked: Asked) -> str:
    """The text of a file that holds all that is asked for, as the project has it."""
    return _file(asked, cut=False)


def stub(asked: Asked) -> str:
    """The same with the bodies of what is asked for cut out."""
    return _file(asked, cut=True)


def _file(asked: Asked, cut: bool) -> str:
    modules = [_Module(name, wanted) for name, wanted in asked.items()]
    head = _imports([each for module in modules for each in module.imports(inside=asked)])
    return "\n\n\n".join([*head, *(each.text(cut) for each in modules)]) + "\n"


def _imports(found: Sequence[tuple[str, str]]) -> list[str]:
    """Modules and names of them ('': the module itself) as lines: Python's own, others, this project's."""
    names: dict[str, set[str]] = {}
    for module, name in found:
        names.setdefault(module, set()).add(name)
    blocks: dict[int, list[str]] = {0: [], 1: [], 2: []}
    for module in sorted(names, key=lambda each: ("" not in names[each], each)):
        root = module.split(".")[0].split()[0]
        taken = ", ".join(sorted(names[module] - {""}))
        line = f"from {module} import {taken}" if taken else f"import {module}"
        blocks[2 if root == "nnlabs" else 0 if root in sys.stdlib_module_names else 1].append(line)
    lines = ["\n".join(each) for each in blocks.values() if each]
    return ["\n\n".join(lines)] if lines else []


class _Module:
    """One module's part in the file."""

    def __init__(self, name: str, wanted: Sequence[str]) -> None:
        spec = find_spec(name)
        assert spec and spec.origin, name
        self.source = Path(spec.origin).read_text(encoding="utf-8")
        self.lines = self.source.splitlines()
        self.wanted = set(wanted)
        self.statements = ast.parse(self.source).body
        self.defined = {each: node for node in self.statements for each in _defines(node)}
        self.brought = {
            alias.asname or alias.name: (node, alias) for node in self.statements for alias in _aliases(node)
        }
        self.needed: set[str] = set()
        for each in wanted:
            self._need(each.split(".")[0])

    def _need(self, name: str) -> None:
        if name in self.needed or name not in self.defined:
            return
        self.needed.add(name)
        for used in _names(self.defined[name]):
            self._need(used)

    def imports(self, inside: Asked) -> list[tuple[str, str]]:
        """Modules and names, without those of what stands in the same file."""
        used = {each for name in self.needed for each in _names(self.defined[name])} & self.brought.keys()
        found = []
        for node, alias in (self.brought[each] for each in used):
            name = alias.name + (f" as {alias.asname}" if alias.asname else "")
            if isinstance(node, ast.Import):
                found.append((name, ""))
            elif isinstance(node, ast.ImportFrom) and node.module and node.module not in inside:
                found.append((node.module, name))
        return found

    def text(self, cut: bool) -> str:
        pieces, previous = "", None
        for node, after in zip(self.statements, [*self.statements[1:], None], strict=True):
            if not self.needed & set(_defines(node)):
                continue
            piece = self._lines(node, cut)
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                piece += f"\n{self._lines(after, cut)}"  # what a constant's docstring says
            close = isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(previous, ast.Assign | ast.AnnAssign)
            pieces += ("\n" if close else "\n\n\n" if pieces else "") + piece
            previous = node
        return pieces

    def _lines(self, node: ast.stmt, cut: bool) -> str:
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
        assert node.end_lineno
        lines = self.lines[first - 1 : node.end_lineno]
        if cut:
            for function in reversed(self._asked(node)):
                start, end = _body(function)
                indent = " " * (function.col_offset + 4)
                lines[start - first : end - first + 1] = [indent + BODY]
        return "\n".join(lines)

    def _asked(self, node: ast.stmt) -> list[ast.FunctionDef]:
        """The functions and methods of a statement whose bodies go, from first to last."""
        if isinstance(node, ast.FunctionDef) and node.name in self.wanted:
            return [node]
        inner = node.body if isinstance(node, ast.ClassDef) else []
        return [
            each
            for each in inner
            if isinstance(node, ast.ClassDef)
            and isinstance(each, ast.FunctionDef)
            and f"{node.name}.{each.name}" in self.wanted
        ]


def _body(function: ast.FunctionDef) -> tuple[int, int]:
    """The first and the last line of a body without its docstring."""
    statements = function.body[1:] if ast.get_docstring(function) else function.body
    assert statements and function.end_lineno, function.name
    return statements[0].lineno, function.end_lineno


def _defines(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def _aliases(node: ast.stmt) -> list[ast.alias]:
    return node.names if isinstance(node, ast.Import | ast.ImportFrom) else []


def _names(node: ast.stmt) -> set[str]:
    """What a statement uses that is not Python's own."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} - set(dir(builtins))
