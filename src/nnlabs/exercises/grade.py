"""Grade an exercise, or a folder of students' folders: `python -m nnlabs.exercises.grade NAME [--hint N]`,
`python -m nnlabs.exercises.grade [NAME] --folder DIR`."""

from pathlib import Path

from nnlabs.core import paths
from nnlabs.core.arguments import Parser
from nnlabs.core.errors import UserError, one_line_errors, shortened
from nnlabs.exercises import begin, submissions
from nnlabs.exercises.catalogue import NAMES, Exercise, exercise
from nnlabs.exercises.grading import SECONDS, Result, Student, grade
from nnlabs.exercises.process import Process
from nnlabs.exercises.session import EndedError, StudentError

FIGURE_SECONDS = 30.0
"""That the student's code may take to compute what a figure shows."""


def own(chosen: Exercise) -> str:
    """Grade the file that `make exercise` began; say what became of it.

    Raises
    ------
    UserError
        Where there is none.
    """
    path = begin.file(chosen.name)
    text = submissions.text(path)
    result = grade(chosen, text, lambda: Process(SECONDS))
    lines = told(result)
    if result.points == result.of and chosen.figure:
        lines += drawn(chosen, text, path.parent)
    elif result.points < result.of:
        lines.append(f"a hint: make grade NAME={chosen.name} HINT=1 (to 3)")
    return "\n".join(lines)


def told(result: Result) -> list[str]:
    """The points, part by part, and of each that failed its first case."""
    lines = [f"{result.exercise}: {result.points} of {result.of} points"]
    if result.remark:
        lines.append(f"  {shortened(result.remark)}")
    for each in result.outcomes:
        lines.append(f"  {each.points}/{each.of}  {each.title}")
        lines += [f"       {line}" for line in each.problem]
    return lines


def drawn(chosen: Exercise, text: str, folder: Path) -> list[str]:
    """Draw the figures of the lab's page from a student's code; say where they are, or why there are none."""
    assert chosen.figure
    process = Process(FIGURE_SECONDS)
    process.session.left = FIGURE_SECONDS
    try:
        made = chosen.figure(Student(process.session.load(chosen.name, text), process.session), folder)
    except (StudentError, EndedError) as error:
        return [f"the lab's figure could not be drawn from your code: {error}"]
    finally:
        process.close()
    return [f"drawn from your code: {each.relative_to(paths.ROOT)}" for each in made]


def hint(chosen: Exercise, step: int) -> str:
    if not 1 <= step <= len(chosen.hints):
        raise UserError(f"HINT={step}: no such hint; allowed: 1 to {len(chosen.hints)}")
    return chosen.hints[step - 1]


def main() -> None:
    parser = Parser(description=__doc__)
    parser.add_argument("name", nargs="?")
    parser.add_argument("--hint", type=int)
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    with one_line_errors():
        if args.folder:
            chosen = (args.name,) if args.name else NAMES
            print(submissions.grade_folder(args.folder, [exercise(each) for each in chosen]))
        elif not args.name:
            raise UserError(
                "which one? make grade NAME=... for one of `make exercise`, make grade DIR=... for a folder"
            )
        else:
            print(own(exercise(args.name)) if args.hint is None else hint(exercise(args.name), args.hint))


if __name__ == "__main__":
    main()
