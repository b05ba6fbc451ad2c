"""Give a student an exercise: `python -m nnlabs.exercises.begin [NAME] [--yes]`; without a name, list them."""

from pathlib import Path

from nnlabs.core import paths
from nnlabs.core.arguments import Parser
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.core.files import aside
from nnlabs.exercises.catalogue import NAMES, Exercise, exercise

FOLDER = paths.ROOT / "exercises"
"""Git leaves it alone."""


def file(name: str) -> Path:
    """Where a student writes."""
    return FOLDER / name / f"{name}.py"


def write(chosen: Exercise, overwrite: bool = False) -> list[str]:
    """Write the task and the file with empty bodies; say what was done, a line each.

    A file that has been changed stays, unless told otherwise.
    """
    target = file(chosen.name)
    changed = target.exists() and target.read_text(encoding="utf-8", errors="replace") != chosen.stub
    if changed and not overwrite:
        said = [f"{_shown(target)} is there already and stays as it is; YES=1 begins anew"]
    else:
        with aside(target) as beside:
            beside.write_text(chosen.stub, encoding="utf-8")
        said = [f"{_shown(target)}: write what is missing here"]
    page = target.with_name("README.md")
    with aside(page) as beside:
        beside.write_text(readme(chosen), encoding="utf-8")
    return [*said, f"{_shown(page)}: the task", f"make grade NAME={chosen.name}: grades it"]


def readme(chosen: Exercise) -> str:
    parts = "\n".join(f"- {each.title}: {_points(each.points)}" for each in chosen.parts)
    return (
        f"{chosen.task}\n\n## How to check\n\nWrite in `{chosen.name}.py`, where it says `to be written`, then in "
        f"the project's folder:\n\n```\nmake grade NAME={chosen.name}\n```\n\nIt gives points for\n\n{parts}\n\n"
        f"and shows the first case of each that is wrong. `HINT=1`, `HINT=2` and `HINT=3` help, each more than the one "
        "before. Python's own modules and NumPy may be imported.\n"
    )


def _points(points: int) -> str:
    return "1 point" if points == 1 else f"{points} points"


def _shown(path: Path) -> str:
    return path.relative_to(paths.ROOT).as_posix()


def _listed() -> str:
    width = max(map(len, NAMES))
    lines = [f"{each:{width}}  {exercise(each).title}" for each in NAMES]
    return "\n".join(["make exercise NAME=... begins one of these, make grade NAME=... grades it:", *lines])


def main() -> None:
    parser = Parser(description=__doc__)
    parser.add_argument("name", nargs="?")
    parser.add_argument("--yes", action="store_true", help="begin anew where the file has been changed")
    args = parser.parse_args()
    with one_line_errors():
        if args.name and "/" in args.name:
            raise UserError(f"NAME={args.name}: no such exercise; allowed: {', '.join(NAMES)}")
        print("\n".join(write(exercise(args.name), args.yes)) if args.name else _listed())


if __name__ == "__main__":
    main()
