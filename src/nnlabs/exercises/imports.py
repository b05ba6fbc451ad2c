"""What a student's file may import: what its exercise does, NumPy, and Python's own modules."""

import ast
import sys
import warnings

LONGEST = 200_000
"""Bytes of a file that is graded."""


def fault(source: str, given: str) -> str:
    """Why a file is not run, in one line; '' where it may be. `given` is the text that the student began with."""
    if len(source.encode()) > LONGEST:
        return f"the file is longer than {LONGEST // 1000} kB"
    try:
        found = _imported(source)
    except SyntaxError as error:
        return f"line {error.lineno or 0}: {error.msg}"
    except (ValueError, RecursionError, MemoryError):
        return "the file is no Python"
    known = {"numpy", *_imported(given)}
    for name, line in found.items():
        root = name.split(".")[0]
        if root != "numpy" and root not in sys.stdlib_module_names and name not in known:
            allowed = sorted(each for each in known if each.split(".")[0] not in sys.stdlib_module_names)
            return f"line {line}: it imports {name}; allowed: Python's own modules, {', '.join(allowed)}"
    return ""


def _imported(source: str) -> dict[str, int]:
    """Names of modules, and the line that imports them first."""
    found: dict[str, int] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a backslash in a string, say: it is not ours to complain of
        tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = ["." * node.level + (node.module or "")]
        else:
            continue
        for name in names:
            found.setdefault(name, node.lineno)
    return found
