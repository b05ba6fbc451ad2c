"""What changes the hash of a module, and what does not."""

import ast
import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlabs.config.meaning import REST, definitions, meaning

SOURCES = sorted(Path("src/nnlabs").rglob("*.py"), key=lambda path: (-path.stat().st_size, path))
TWENTY = [path for path in SOURCES if "__doc__" not in path.read_text()][::4][:20]
"""Of all sizes and layers but the smallest."""


def text(source: str) -> str:
    return textwrap.dedent(source).strip() + "\n"


SAMPLE = text(
    '''
    """About the module."""
    from __future__ import annotations
    import os.path as where
    from . import sibling
    A, *B = -1, 2.5e-3, 0xFF, 1_000, True, None, ..., b"\\x00", "ü\\u0378", 1j
    @decorated(1, **{"a": 1, **B})
    class K(Base, metaclass=M):
        """About the class."""
        x: int = field(default=0)
        async def f(self, a, /, b: str = "b", *c, d=None, **e) -> None:
            """About the method."""
            async with a as b, c: yield [i async for i in d if i]
            raise Wrong(f"no {a!r:>{b}} in {c}" + " at all", sibling=d) from None
    def g(x):
        global A
        match x:
            case {"a": [1, *_], **rest} | K(x=None) if (y := x[1:2, ::3]): return f"{y=} {x:.2f}{'}'}", lambda: (yield)
            case _: pass
        try: del x; assert x, f"{x} is wrong"
        except* (ValueError, OSError) as error: nonlocal_ = not x <= 1 != 2 or x is not A if x else (1,)
        finally: A @= 1; A: int
    '''
)


def test_every_python_gives_the_same_hash() -> None:
    assert meaning(SAMPLE) == "a9db0a397192b6f2"


def commented(source: str) -> str:
    """A comment before every statement of the module, and blank lines."""
    starts = {
        min([each.lineno, *(d.lineno for d in getattr(each, "decorator_list", []))]) for each in ast.parse(source).body
    }
    lines = source.splitlines()
    return "\n".join(f"\n\n# about this\n{line}" if n in starts else line for n, line in enumerate(lines, 1))


def laid_out(source: str) -> str:
    """Other lines, quotes and brackets, no comments."""
    return ast.unparse(ast.parse(source))


def documented(source: str) -> str:
    """Other docstrings, and some where there were none."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            if ast.get_docstring(node) is not None:
                del node.body[0]
            at = 0
            while (
                at < len(node.body)
                and isinstance(node.body[at], ast.ImportFrom)
                and node.body[at].module == "__future__"
            ):
                at += 1
            node.body.insert(at, ast.Expr(ast.Constant("Other words.")))
    return ast.unparse(ast.fix_missing_locations(tree))


def undocumented(source: str) -> str:
    """No string that nothing uses."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [each for each in body if not _bare(each)] or [ast.Pass()]
    return ast.unparse(ast.fix_missing_locations(tree))


def _bare(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


class _Reworded(ast.NodeTransformer):
    """Other words in raised errors, the interpolated values as they were."""

    def visit_Raise(self, node: ast.Raise) -> ast.Raise:
        if isinstance(node.exc, ast.Call):
            node.exc.args = [self._reworded(each) for each in node.exc.args]
        return node

    def _reworded(self, node: ast.expr) -> ast.expr:
        match node:
            case ast.Constant(value=str()):
                return ast.Constant("other words")
            case ast.JoinedStr():
                values = [each for each in node.values if isinstance(each, ast.FormattedValue)]
                return ast.JoinedStr([part for each in values for part in (ast.Constant("other "), each)])
        return node


def reworded(source: str) -> str:
    return ast.unparse(ast.fix_missing_locations(_Reworded().visit(ast.parse(source))))


@pytest.mark.parametrize("path", TWENTY, ids=lambda path: path.as_posix())
@pytest.mark.parametrize("change", [commented, laid_out, documented, undocumented, reworded])
def test_what_a_real_module_is_written_like_means_nothing(path: Path, change: Callable[[str], str]) -> None:
    source = path.read_text()
    changed = change(source)
    assert changed != source or change is reworded
    assert meaning(changed) == meaning(source)
    assert definitions(changed) == definitions(source)


def test_twenty_modules_are_of_every_layer() -> None:
    assert len(TWENTY) == 20
    assert len({path.parts[2] for path in TWENTY}) >= 5
    assert sum(reworded(path.read_text()) != laid_out(path.read_text()) for path in TWENTY) >= 5


@pytest.mark.parametrize("path", TWENTY, ids=lambda path: path.as_posix())
def test_each_constant_of_a_real_module_counts(path: Path) -> None:
    """But for docstrings, and in raised errors."""
    tree = ast.parse(path.read_text())
    hashed = meaning(path.read_text())
    quiet = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise | ast.Assert) or (isinstance(node, ast.stmt) and _bare(node))
        for inner in ast.walk(node)
    }
    constants = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and id(node) not in quiet and node.value is not None
    ]
    for node in constants[:: max(1, len(constants) // 8)]:
        was = node.value
        node.value = not was if isinstance(was, bool) else f"{was}x" if isinstance(was, str) else 12345
        assert meaning(ast.unparse(tree)) != hashed, ast.dump(node)
        node.value = was


BEFORE = text(
    '''
    """About."""
    RATE = 0.1
    NAMES = ("a", "b")

    @cache
    def step(x, by=1):
        """About."""
        # why
        if by < 0:
            raise ValueError(f"by: {by} is negative; allowed: {', '.join(NAMES)}")
        return x + by

    class Net(Base):
        width: int = 3

        def forward(self, x):
            return x * self.width

        @property
        def depth(self):
            return 1

        @depth.setter
        def depth(self, depth):
            self.d = depth
    '''
)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("0.1", "0.2", REST),
        ('"b")', '"c")', REST),
        ("by=1", "by=2", "step"),
        ("@cache", "@lru_cache", "step"),
        ("x + by", "x - by", "step"),
        ("{by} is", "{x} is", "step"),
        ("', '.join", "' or '.join", "step"),
        ("ValueError", "TypeError", "step"),
        ("by < 0", "by < 0.0", "step"),
        ("(Base)", "(Other)", "Net"),
        ("width: int = 3", "width: int = 4", "Net"),
        ("x * self", "x / self", "Net.forward"),
        ("return 1", "return 2", "Net.depth"),
        ("self.d = depth", "self.d = -depth", "Net.depth"),
    ],
)
def test_what_counts_and_where(old: str, new: str, where: str) -> None:
    after = BEFORE.replace(old, new, 1)
    assert meaning(after) != meaning(BEFORE)
    before, now = definitions(BEFORE), definitions(after)
    assert [name for name in before | now if before.get(name) != now.get(name)] == [where]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# why", "# because"),
        ('"""About."""', '"""Other."""'),
        ("is negative; allowed: ", "must be at least 0: "),
        ("by: {by}", "{by}"),
        ("RATE = 0.1", "RATE   =  .1"),
        ("    return x + by", "    return (\n        x + by\n    )"),
        ('"a", "b"', "'a', 'b',"),
        ("    width: int = 3", '    width: int = 3\n    """Pixels."""\n    pass'),
    ],
)
def test_what_does_not_count(old: str, new: str) -> None:
    after = BEFORE.replace(old, new)
    assert after != BEFORE
    assert meaning(after) == meaning(BEFORE)
    assert definitions(after) == definitions(BEFORE)


@pytest.mark.parametrize(
    "reads", ["print(__doc__)", "print(step.__doc__)", "getattr(step, '__doc__')", "inspect.getdoc(step)"]
)
def test_a_docstring_counts_where_the_module_reads_it(reads: str) -> None:
    reading = f"{BEFORE}\n{reads}\n"
    assert meaning(reading.replace("About.", "Other.")) != meaning(reading)
    assert meaning(reading.replace("# why", "# because")) == meaning(reading)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('raise E("a")', 'raise E("b")'),
        ('raise E("a" + b)', 'raise E("c" + b)'),
        ('raise E("%s" % b)', 'raise E("no %s" % b)'),
        ('raise E("a" if b else f"{c} d")', 'raise E("e" if b else f"f {c}")'),
        ('raise E(path, text="a")', 'raise E(path, text="b")'),
        ('assert a, "a"', 'assert a, "b"'),
        ('raise E("a", f"b {c} d") from e', 'raise E("f", f"{c}") from e'),
    ],
)
def test_words_of_errors(one: str, other: str) -> None:
    assert meaning(one) == meaning(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('raise E("a")', 'raise F("a")'),
        ('raise E("a")', 'raise E("a") from None'),
        ('raise E("a" + b)', 'raise E("a" + c)'),
        ('raise E(f"{b}")', 'raise E(f"{c}")'),
        ('raise E(f"{b:.2f}")', 'raise E(f"{b:.3f}")'),
        ("raise E(f\"{b['x']}\")", "raise E(f\"{b['y']}\")"),
        ('raise E("a" if b else "c")', 'raise E("a" if d else "c")'),
        ("raise E(1)", "raise E(2)"),
        ('raise E(text="a")', 'raise E(words="a")'),
        ('assert a, "a"', 'assert b, "a"'),
        ('x = E("a")', 'x = E("b")'),
        ('wrong("a")', 'wrong("b")'),
        ('x = f"a{b}"', 'x = f"c{b}"'),
        ("x = 1", "x = 1.0"),
        ("x = 1", "x = True"),
        ("x = 0.0", "x = -0.0"),
        ('x = "a"', 'x = b"a"'),
        ("del x", "x"),
        ("a.b = 1", "a.c = 1"),
        ("f(*a)", "f(a)"),
        ("f(**a)", "f(a=a)"),
        ("{**a}", "{a: a}"),
        ("import a", "import b"),
        ("from a import b", "from .a import b"),
        ("from a import b", "from a import b as c"),
        ("def f(a, /): pass", "def f(a): pass"),
        ("def f(a, b=1): pass", "def f(a, *, b=1): pass"),
        ("def f(a: int): pass", "def f(a): pass"),
        ("if a:\n    b\nc", "if a:\n    b\n    c"),
        ("x = a\ny = b", "y = b\nx = a"),
        ("for a in b: c", "async def f():\n    async for a in b: c"),
        ("def f():\n    return 1\ndef g(): pass", "def f():\n    return 1\n    def g(): pass"),
    ],
)
def test_two_meanings(one: str, other: str) -> None:
    assert meaning(one) != meaning(other)


@given(st.text(), st.text())
def test_strings_as_data_have_one_hash_each(one: str, other: str) -> None:
    same = meaning(f"x = {one!r}") == meaning(f"x = {other!r}")
    assert same == (one == other)


@given(st.text())
def test_no_docstring_changes_a_hash(words: str) -> None:
    assert meaning(f"{words!r}\ndef f(): {words!r}; return 1") == meaning("def f(): return 1")


def test_definitions_of_one_name_and_nested_ones() -> None:
    assert [*definitions(BEFORE)] == ["step", "Net.forward", "Net.depth", "Net", REST]
    assert re.fullmatch("[0-9a-f]{16}", definitions(BEFORE)["step"])


def test_moved_definitions_are_the_same_and_the_module_is_not() -> None:
    one, other = "def f(): pass\ndef g(): return 1\n", "def g(): return 1\ndef f(): pass\n"
    assert definitions(one) == definitions(other)
    assert meaning(one) != meaning(other)
