"""Everything that running a script can import or read of this project, found without running it.

From a script, and from the modules that its settings name, imports are followed wherever they stand in a module; what
is for type checkers alone is not. A string that names a file beside its module, or in the `templates` of its package,
makes that file a part too; a template brings those that it extends, includes or imports.

One rule leaves something out: what lies in `nnlabs.telling` only speaks to people. Nothing there returns anything, so
that no result can depend on it.
"""

import ast
import hashlib
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import meta

from nnlabs.config import meaning
from nnlabs.config.meaning import DIGITS, meaning_of
from nnlabs.config.memo import Memo
from nnlabs.core.errors import UserError

SOURCE = Path("src")
PACKAGE = "nnlabs"
TELLING = f"{PACKAGE}.telling"
TEMPLATES = SOURCE / PACKAGE / "reporting" / "templates"
"""Where templates of other folders find those that all pages share."""
LOCK = Path("requirements.lock")
DISTRIBUTIONS = {"PIL": "pillow", "sklearn": "scikit-learn", "yaml": "PyYAML"}
"""What a module is called by pip, where that is another name."""
FILE = re.compile(r"[\w./-]*\w\.\w+")
"""What a string looks like that may name a file."""


@dataclass(frozen=True)
class Reading:
    """What a module's source says, wherever it lies."""

    meaning: str
    imports: list[str]
    """Dotted names, and those that may be modules: `from a import b` names a and a.b; `from . import b` names `.b`."""
    optional: list[str]
    """Those of them that the module can do without: it handles their ImportError."""
    strings: list[str]
    """Strings that may name files."""


@dataclass(frozen=True)
class Needs:
    """What a module needs at once: other modules of the project, libraries, files."""

    modules: tuple[str, ...]
    libraries: tuple[str, ...]
    files: tuple[Path, ...]


class Closures:
    """The closures of many stages: each file is read and each module parsed once."""

    def __init__(self, root: Path = Path(), memo: Path | None = None) -> None:
        """`memo` is a file that keeps what was found in sources, by their content, for the next time."""
        self.root = root
        self._memo = Memo(memo, [Path(__file__), Path(meaning.__file__)])
        self._sources: dict[str, str] = {}
        self._readings: dict[str, Reading] = {}
        self._needs: dict[str, Needs] = {}
        self._paths: dict[str, Path | None] = {}
        self._names: dict[Path, frozenset[str]] = {}
        self._parts: dict[Path, tuple[Path, ...]] = {}
        self._hashes: dict[Path, str] = {}

    def of(self, scripts: Iterable[Path], modules: Iterable[str] = (), files: Iterable[Path] = ()) -> dict[str, Any]:
        """What a stage's settings file says of its code: `modules`, `files` and `libraries`.

        Raises
        ------
        UserError
            Where a module that the settings name is not there, a source or a template cannot be parsed, or a library
            is not pinned.
        """
        todo = [self._script(script) for script in scripts]
        todo += [each for name in modules for each in self._with_packages(name, needed=True)]
        found: set[str] = set()
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo += self._needed_by(name).modules
        needs = [self._needed_by(name) for name in found]
        read = {each for one in needs for file in one.files for each in self._with_parts(file)}
        read |= {each for file in files for each in self._with_parts(self.root / file)}
        libraries = {library for one in needs for library in one.libraries}
        return {
            "modules": {name: self._read(name).meaning for name in sorted(found)},
            "files": {file.relative_to(self.root).as_posix(): self._hash(file) for file in sorted(read)},
            "libraries": dict(sorted(self._pin(each) for each in libraries)),
        }

    def sources(self) -> dict[str, str]:
        """The text of every module seen so far, by the hash of its meaning."""
        return {self._read(name).meaning: source for name, source in self._sources.items()}

    def keep(self) -> None:
        """Write the memo, where there is anything new in it."""
        self._memo.keep()

    def _script(self, script: Path) -> str:
        name = script.as_posix()
        self._paths[name] = self.root / script
        return name

    def _needed_by(self, name: str) -> Needs:
        """What the module of this name needs; a script's name is its path."""
        if name not in self._needs:
            path, reading = self._path(name), self._read(name)
            assert path is not None
            package = name if path.name == "__init__.py" else name.rpartition(".")[0]
            modules: dict[str, None] = {}
            libraries: dict[str, None] = {}
            for imported in reading.imports:
                absolute = _absolute(imported, package)
                top = absolute.partition(".")[0]
                if top == PACKAGE:
                    modules |= dict.fromkeys(self._with_packages(absolute))
                elif top not in sys.stdlib_module_names and (imported not in reading.optional or self._pinned(top)):
                    libraries[top] = None
            self._needs[name] = Needs(tuple(modules), tuple(libraries), tuple(self._named_files(path, reading.strings)))
        return self._needs[name]

    def _with_packages(self, name: str, *, needed: bool = False) -> Iterator[str]:
        """The module of this name and the packages that it lies in; those that only tell are left out."""
        parts = name.split(".")
        for n in range(1, len(parts) + 1):
            dotted = ".".join(parts[:n])
            if dotted == TELLING:
                return
            if self._path(dotted):
                yield dotted
            elif needed and n == len(parts):
                path = (self.root / SOURCE / Path(*parts)).with_suffix(".py")
                raise UserError(f"{path.relative_to(self.root)} is missing, which the settings name")

    def _path(self, name: str) -> Path | None:
        """The file of a module; None where the name is of something else, such as a function."""
        if name not in self._paths:
            place = self.root / SOURCE / Path(*name.split("."))
            found = (path for path in (place / "__init__.py", place.with_suffix(".py")) if self._exists(path))
            self._paths[name] = next(found, None)
        return self._paths[name]

    def _read(self, name: str) -> Reading:
        if name not in self._readings:
            path = self._path(name)
            assert path is not None
            self._sources[name] = path.read_text(encoding="utf-8")
            try:
                source = self._sources[name]
                self._readings[name] = Reading(**self._memo.of(source, lambda: asdict(_reading(source))))
            except SyntaxError as error:
                where = f"{path.relative_to(self.root)}, line {error.lineno}"
                raise UserError(f"{where}: {error.msg}; the code has to parse before anything runs") from None
        return self._readings[name]

    def _named_files(self, module: Path, strings: Iterable[str]) -> Iterator[Path]:
        """Files that are no modules and that strings of a module name."""
        folders = dict.fromkeys((module.parent, module.parent / "templates", self.root / TEMPLATES))
        for string in strings:
            for folder in folders:
                file = Path(os.path.normpath(folder / string))
                if file.suffix != ".py" and file.is_relative_to(self.root) and self._exists(file):
                    yield file

    def _with_parts(self, file: Path) -> tuple[Path, ...]:
        """The file, and of a template those that it is put together from."""
        if file not in self._parts:
            found: dict[Path, None] = {}
            todo = [file]
            while todo:
                each = todo.pop()
                if each not in found:
                    found[each] = None
                    todo += self._named_templates(each) if each.suffix == ".j2" else ()
            self._parts[file] = tuple(found)
        return self._parts[file]

    def _named_templates(self, template: Path) -> Iterator[Path]:
        try:
            tree = jinja2.Environment().parse(template.read_text(encoding="utf-8"))
        except jinja2.TemplateSyntaxError as error:
            raise UserError(f"{template.relative_to(self.root)}, line {error.lineno}: {error.message}") from None
        for name in meta.find_referenced_templates(tree):
            places = [folder / name for folder in (template.parent, self.root / TEMPLATES) if name]
            yield from [place for place in places if self._exists(place)][:1]

    def _exists(self, path: Path) -> bool:
        """Whether there is this very file: a file system that takes `Path.py` for `path.py` must not change hashes."""
        if path.parent not in self._names:
            there = os.scandir(path.parent) if path.parent.is_dir() else ()
            self._names[path.parent] = frozenset(entry.name for entry in there if entry.is_file())
        return path.name in self._names[path.parent]

    def _hash(self, file: Path) -> str:
        if file not in self._hashes:
            self._hashes[file] = hashlib.sha256(file.read_bytes()).hexdigest()[:DIGITS]
        return self._hashes[file]

    def _pin(self, module: str) -> tuple[str, str]:
        """The distribution that a third-party module comes from, and its version in requirements.lock."""
        if not self._pinned(module):
            raise UserError(f"{LOCK}: no version of {_distribution(module)}, which the code imports as {module}")
        return _distribution(module), self._pins[_distribution(module)]

    def _pinned(self, module: str) -> bool:
        return _distribution(module) in self._pins

    @cached_property
    def _pins(self) -> dict[str, str]:
        lines = (self.root / LOCK).read_text(encoding="utf-8").splitlines()
        pins = [line.partition("==") for line in lines if "==" in line and not line.startswith("#")]
        return {_normal(name): version.strip() for name, _, version in pins}


def _reading(source: str) -> Reading:
    tree = ast.parse(source)
    found = dict.fromkeys(_imported(tree, optional=False))
    strings = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and FILE.fullmatch(node.value)
    ]
    firm = {name for name, optional in found if not optional}
    return Reading(
        meaning=meaning_of(tree),
        imports=list(dict.fromkeys(name for name, _ in found)),
        optional=list(dict.fromkeys(name for name, _ in found if name not in firm)),
        strings=list(dict.fromkeys(strings)),
    )


def _imported(node: ast.AST, *, optional: bool) -> Iterator[tuple[str, bool]]:
    """What is imported in a node, and whether the module can do without."""
    for each in ast.iter_child_nodes(node):
        match each:
            case ast.If() if ast.unparse(each.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
                yield from _imported(ast.Module(each.orelse, []), optional=optional)
            case ast.Try() if any(_handles_absence(handler) for handler in each.handlers):
                yield from _imported(ast.Module(each.body, []), optional=True)
                rest = [*(stmt for handler in each.handlers for stmt in handler.body), *each.orelse, *each.finalbody]
                yield from _imported(ast.Module(rest, []), optional=optional)
            case ast.Import():
                yield from ((alias.name, optional) for alias in each.names)
            case ast.ImportFrom():
                place = "." * each.level + (each.module or "")
                if each.module:
                    yield place, optional
                for alias in each.names:
                    yield place + ("." if each.module else "") + alias.name, optional
            case _ if not isinstance(each, ast.expr):
                yield from _imported(each, optional=optional)


def _handles_absence(handler: ast.ExceptHandler) -> bool:
    caught = ast.unparse(handler.type) if handler.type else ""
    return "ImportError" in caught or "ModuleNotFoundError" in caught


def _absolute(name: str, package: str) -> str:
    """The name without leading dots, as `package` means it."""
    bare = name.lstrip(".")
    level = len(name) - len(bare)
    if not level:
        return name
    parts = package.split(".")
    return ".".join([*parts[: len(parts) - level + 1], bare])


def _distribution(module: str) -> str:
    return _normal(DISTRIBUTIONS.get(module, module))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
