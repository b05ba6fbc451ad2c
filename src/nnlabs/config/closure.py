"""Everything that running a script can import or read of this project, found without running it.

From a script, and from the modules that its settings name, imports are followed wherever they stand in a module; what
is for type checkers alone is not. A string that names a file beside its module, or in the `templates` of its package,
makes that file a part too; a template brings those that it extends, includes or imports.

One rule leaves something out: what lies in `nnlabs.telling` only speaks to people. Nothing there returns anything, so
that no result can depend on it.
"""

import ast
import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import meta

from nnlabs.config.meaning import DIGITS, meaning
from nnlabs.core.errors import UserError

SOURCE = Path("src")
PACKAGE = "nnlabs"
TELLING = f"{PACKAGE}.telling"
LOCK = Path("requirements.lock")


@dataclass(frozen=True)
class Module:
    """One Python file: what it means, and what it names."""

    path: Path
    source: str

    @cached_property
    def meaning(self) -> str:
        return meaning(self.source)

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """Dotted names that it imports, and those that may be modules: `from a import b` names a and a.b."""
        return tuple(dict.fromkeys(_imported(ast.parse(self.source))))

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """Files that are no modules and that a string of it names."""
        found = []
        for node in ast.walk(ast.parse(self.source)):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.fullmatch(r"[\w./-]+\.\w+", node.value)
            ):
                for folder in (self.path.parent, self.path.parent / "templates"):
                    file = folder / node.value
                    if file.suffix != ".py" and file.is_file():
                        found.append(file)
        return tuple(dict.fromkeys(found))


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for other in node.orelse:
                yield from _imported(ast.Module([other], []))
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from _imported(node)


class Closures:
    """The closures of many stages: each file is read and each module parsed once."""

    def __init__(self, root: Path = Path()) -> None:
        self.root = root
        self._modules: dict[Path, Module] = {}
        self._hashes: dict[Path, str] = {}

    def of(self, scripts: Iterable[Path], modules: Iterable[str] = (), files: Iterable[Path] = ()) -> dict[str, Any]:
        """What a stage's settings file says of its code: `modules`, `files` and `libraries`.

        Raises
        ------
        UserError
            Where a module that the settings name is not there, or a library is not pinned.
        """
        found: dict[str, Module] = {}
        libraries: set[str] = set()
        todo = [(str(script), self._module(self.root / script)) for script in scripts]
        todo += [each for name in modules for each in self._named(name, needed=True)]
        while todo:
            name, module = todo.pop()
            if name in found:
                continue
            found[name] = module
            for imported in module.imports:
                top = imported.partition(".")[0]
                if top == PACKAGE:
                    todo += self._named(imported)
                elif top not in sys.stdlib_module_names:
                    libraries.add(top)
        read = {file for module in found.values() for file in module.files}
        read |= {each for file in files for each in self._templates(self.root / file)}
        read |= {each for file in read for each in self._templates(file)}
        return {
            "modules": {name: module.meaning for name, module in sorted(found.items())},
            "files": {file.relative_to(self.root).as_posix(): self._hash(file) for file in sorted(read)},
            "libraries": dict(sorted(_pins(self.root / LOCK, each) for each in libraries)),
        }

    def sources(self) -> dict[str, str]:
        """The text of every module seen so far, by the hash of its meaning."""
        return {module.meaning: module.source for module in self._modules.values()}

    def _named(self, name: str, *, needed: bool = False) -> Iterator[tuple[str, Module]]:
        """The module of this name and the packages that it lies in; those that only tell are left out."""
        parts = name.split(".")
        for n in range(1, len(parts) + 1):
            dotted = ".".join(parts[:n])
            if dotted == TELLING:
                return
            place = self.root / SOURCE / Path(*parts[:n])
            path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
            if path.is_file():
                yield dotted, self._module(path)
            elif needed and not place.is_dir():
                raise UserError(f"{path.relative_to(self.root)} is missing, which the settings name")

    def _module(self, path: Path) -> Module:
        if path not in self._modules:
            self._modules[path] = Module(path, path.read_text(encoding="utf-8"))
        return self._modules[path]

    def _templates(self, file: Path) -> Iterator[Path]:
        """The file, and of a template those that it is put together from."""
        yield file
        if file.suffix != ".j2":
            return
        tree = jinja2.Environment().parse(file.read_text(encoding="utf-8"))
        for name in meta.find_referenced_templates(tree):
            for folder in (file.parent, self.root / SOURCE / PACKAGE / "reporting" / "templates"):
                if name and (folder / name).is_file():
                    yield from self._templates(folder / name)
                    break

    def _hash(self, file: Path) -> str:
        if file not in self._hashes:
            self._hashes[file] = hashlib.sha256(file.read_bytes()).hexdigest()[:DIGITS]
        return self._hashes[file]


def _pins(lock: Path, module: str) -> tuple[str, str]:
    """The distribution that a third-party module comes from, and its version in requirements.lock."""
    versions = _versions(lock)
    known = DISTRIBUTIONS.get(module, module)
    name = _normal(known)
    if name not in versions:
        raise UserError(f"{lock.name}: no version of {known}, which the code imports as {module}")
    return name, versions[name]


DISTRIBUTIONS = {"PIL": "pillow", "sklearn": "scikit-learn", "yaml": "PyYAML", "mpl_toolkits": "matplotlib"}
"""What a module is called by pip, where that is another name."""


@cache
def _versions(lock: Path) -> dict[str, str]:
    lines = lock.read_text(encoding="utf-8").splitlines()
    pins = [line.partition("==") for line in lines if "==" in line and not line.startswith("#")]
    return {_normal(name): version.strip() for name, _, version in pins}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
