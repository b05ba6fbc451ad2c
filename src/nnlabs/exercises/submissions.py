"""A folder of students' folders, graded: a table for a spreadsheet and a page to read.

A student's folder holds `<exercise>.py` or `<exercise>/<exercise>.py`, as `make exercise` begins it. All files are read
before any of them runs, and nothing is written before the last has run.
"""

import csv
import stat
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path

from nnlabs.core.errors import UserError, said, shortened
from nnlabs.core.files import aside
from nnlabs.exercises import imports
from nnlabs.exercises.catalogue import Exercise
from nnlabs.exercises.grading import SECONDS, Result, grade, nothing
from nnlabs.exercises.process import Desk, Process
from nnlabs.telling.progress import CountProgress

TABLE, PAGE = "grades.csv", "grades.md"
Row = tuple[str, Result]


def text(path: Path) -> str:
    """A student's file.

    Raises
    ------
    UserError
        Where there is none, or it is no file of text of a fitting size.
    """
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise UserError(f"{path.name} is no plain file (a link, a folder, a pipe)")
        if status.st_size > imports.LONGEST:
            raise UserError(f"{path.name} is longer than {imports.LONGEST // 1000} kB")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{path} is missing; make exercise NAME={path.stem} begins it") from None
    except UnicodeDecodeError:
        raise UserError(f"{path.name} is no text in UTF-8") from None


def grade_folder(folder: Path, exercises: Sequence[Exercise]) -> str:
    """Grade every student's file of these exercises; write the table and the page; say where they are.

    Raises
    ------
    UserError
        Where the folder is none, or has no submission.
    """
    if not folder.is_dir():
        raise UserError(f"DIR={folder}: no such folder; one with a folder for each student is needed")
    found = collected(folder, exercises)
    if not found:
        raise UserError(
            f"DIR={folder}: no submission; <student>/<exercise>.py or <student>/<exercise>/<exercise>.py is needed"
        )
    rows = graded(found, lambda: Process(SECONDS, [folder]))
    for name, content in ((TABLE, table(rows)), (PAGE, page(rows))):
        with aside(folder / name) as beside:
            beside.write_text(content, encoding="utf-8")
    students = len({student for student, _ in rows})
    return f"{len(rows)} submissions of {students} students: {folder / TABLE}, {folder / PAGE}"


Found = tuple[str, Exercise, str | UserError]
"""A student, an exercise, and the file's text or why there is none."""


def collected(folder: Path, exercises: Sequence[Exercise]) -> list[Found]:
    """What there is to grade, in the order of students' names and of the exercises."""
    found: list[Found] = []
    for student in sorted(each for each in folder.iterdir() if each.is_dir() and not each.is_symlink()):
        for exercise in exercises:
            inner = student / exercise.name
            places = [student / f"{exercise.name}.py", *([] if inner.is_symlink() else [inner / f"{exercise.name}.py"])]
            for place in places:
                if place.is_symlink() or place.exists():
                    found.append((student.name, exercise, _read(place)))
                    break
    return found


def _read(path: Path) -> str | UserError:
    try:
        return text(path)
    except UserError as error:
        return error
    except OSError as error:
        return UserError(said(error))


def graded(found: Sequence[Found], begin: Callable[[], Desk]) -> list[Row]:
    """Each in its turn; how far it is shows while it lasts."""
    rows = []
    with CountProgress("grading", len(found), "submissions") as progress:
        for student, exercise, content in found:
            if isinstance(content, UserError):
                rows.append((student, nothing(exercise, str(content))))
            else:
                rows.append((student, grade(exercise, content, begin)))
            progress.add(1)
    return rows


def table(rows: Sequence[Row]) -> str:
    """Comma-separated: student, exercise, points, of, the first part that failed, what there is to say."""
    written = StringIO()
    lines = csv.writer(written, lineterminator="\n")
    lines.writerow(("student", "exercise", "points", "of", "failed first", "remark"))
    for student, result in rows:
        failed = result.failed.title if result.failed else ""
        lines.writerow((_cell(student), result.exercise, result.points, result.of, failed, _cell(_remark(result))))
    return written.getvalue()


def _remark(result: Result) -> str:
    problem = "; ".join(result.failed.problem) if result.failed else ""
    return shortened(problem or result.remark)


def _cell(words: str) -> str:
    """What no spreadsheet takes for a formula."""
    return f"'{words}" if words[:1] in ("=", "+", "-", "@", "\t", "\r") else words


def page(rows: Sequence[Row]) -> str:
    """Points by student and exercise, then of each submission that lacks some what was wrong first, part by part."""
    names = list(dict.fromkeys(result.exercise for _, result in rows))
    by_student: dict[str, dict[str, Result]] = {}
    for student, result in rows:
        by_student.setdefault(student, {})[result.exercise] = result
    lines = ["# Grades", "", f"| student | {' | '.join(names)} | sum |", f"|:--|{'--:|' * (len(names) + 1)}"]
    for student, results in by_student.items():
        cells = [f"{results[name].points}/{results[name].of}" if name in results else "–" for name in names]
        lines.append(f"| {_plain(student)} | {' | '.join(cells)} | {sum(each.points for each in results.values())} |")
    for student, result in rows:
        if result.points < result.of or result.remark:
            lines += ["", f"## {_plain(student)}, {result.exercise}: {result.points} of {result.of}", ""]
            lines += _details(result)
    held = sorted({line for _, result in rows for line in result.held})
    lines += ["", "## How they ran", "", "Each in a process of its own, with limits of time, memory and size of files."]
    return "\n".join([*lines, *([""] if held else []), *(f"- {line}" for line in held)]) + "\n"


def _details(result: Result) -> list[str]:
    lines = [_plain(shortened(result.remark)), ""] if result.remark else []
    for each in result.outcomes:
        if each.points < each.of:
            problem = f": {_plain(shortened('; '.join(each.problem)))}" if each.problem else ""
            lines.append(f"- {each.title} (0 of {each.of}){problem}")
    return lines


def _plain(words: str) -> str:
    """Words of a student as Markdown that shows them and does nothing else."""
    return "".join(f"\\{each}" if each in "\\`*_[]<>#|$&~" else each for each in shortened(words))
