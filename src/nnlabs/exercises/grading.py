"""Grade one submission: part by part, in a process that knows nothing of what is expected."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from nnlabs.core.errors import said
from nnlabs.exercises import imports
from nnlabs.exercises.catalogue import Exercise
from nnlabs.exercises.checks import MismatchError, Part
from nnlabs.exercises.process import Desk
from nnlabs.exercises.session import EndedError, Session, StudentError

SECONDS = 7.0
"""That a submission may take for all its answers; what the grader computes and imports takes the rest of ten."""
EACH = 3.0
"""That it may take for those of one part."""


@dataclass(frozen=True)
class Outcome:
    """What became of a part."""

    title: str
    points: int
    of: int
    problem: tuple[str, ...] = ()
    """Lines: what is wrong, what was found, what was expected."""


@dataclass(frozen=True)
class Result:
    """What became of a submission."""

    exercise: str
    outcomes: tuple[Outcome, ...]
    remark: str = ""
    """Why it could not be graded, where it could not, or what it printed."""
    held: tuple[str, ...] = field(default=(), compare=False)
    """What its sandbox held off."""

    @property
    def points(self) -> int:
        return sum(each.points for each in self.outcomes)

    @property
    def of(self) -> int:
        return sum(each.of for each in self.outcomes)

    @property
    def failed(self) -> Outcome | None:
        """The first part without its points."""
        return next((each for each in self.outcomes if each.points < each.of), None)


class Student:
    """The student's module, in another process, as the parts see it."""

    def __init__(self, module: Any, session: Session) -> None:
        self._module, self._session = module, session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def library(self, name: str) -> Any:
        """A module of the project, in the student's process: for what a student's code is given to work with."""
        return self._session.ask("library", name)

    def overflow_raised(self) -> Any:
        return self._session.overflow_raised()


def grade(
    exercise: Exercise, text: str, begin: Callable[[], Desk], seconds: float = SECONDS, each: float = EACH
) -> Result:
    """Grade a submission's text; `begin` starts the process that it runs in, again where one has ended.

    `seconds` are for all its answers together, `each` for those of one part.
    """
    if fault := imports.fault(text, exercise.stub):
        return nothing(exercise, fault)
    grading = _Grading(exercise, text, begin, seconds, each)
    try:
        outcomes = tuple(grading.part(part) for part in exercise.parts)
    finally:
        grading.close()
    return Result(exercise.name, outcomes, grading.remark, grading.held)


def nothing(exercise: Exercise, remark: str) -> Result:
    """No points, and why."""
    return Result(exercise.name, tuple(Outcome(each.title, 0, each.points) for each in exercise.parts), remark)


class _Grading:
    """The parts one after the other, and the process that they are asked of."""

    def __init__(self, exercise: Exercise, text: str, begin: Callable[[], Desk], seconds: float, each: float) -> None:
        self.exercise, self.text, self.begin = exercise, text, begin
        self.left, self.each = seconds, each
        self.desk: Desk | None = None
        self.student: Student | None = None
        self.remark = ""
        self.held: tuple[str, ...] = ()
        self.runs = True

    def part(self, part: Part) -> Outcome:
        lost = Outcome(part.title, 0, part.points)
        if not self.runs:
            return lost
        if self.left <= 0:
            return replace(lost, problem=("not reached: the time for all parts was over",))
        desk = self.desk = self.desk or self.begin()
        desk.session.left = given = min(self.each, self.left)
        try:
            if student := self._student(desk):
                part.check(student)
                return replace(lost, points=part.points)
            return lost
        except Exception as error:
            lost = replace(lost, problem=self._problem(error))
            if isinstance(error, EndedError):
                self.close()
            return lost
        finally:
            self.left -= given - desk.session.left

    def _student(self, desk: Desk) -> Student | None:
        """The student's module, loaded where it is not; None where it does not run."""
        if not self.student:
            self.held = tuple(getattr(desk, "held", ()))
            try:
                module = desk.session.load(self.exercise.name, self.text)
            except (StudentError, EndedError) as error:
                self.runs = False
                self.remark = f"running the file: {' '.join(self._problem(error))}"
                return None
            self.student = Student(module, desk.session)
        return self.student

    def _problem(self, error: Exception) -> tuple[str, ...]:
        match error:
            case MismatchError():
                return (error.what, f"found     {error.found}", f"expected  {error.expected}")
            case StudentError(kind="NotImplementedError"):
                return ("not written yet",)
            case StudentError():
                where = f"line {error.line}: " if error.line else ""
                return (f"{where}{error}",)
            case EndedError():
                how = self.desk.ended() if self.desk else ""
                return (f"{error}{f' ({how})' if how else ''}",)
        return (f"what came back cannot be used ({said(error)})",)

    def close(self) -> None:
        if self.desk:
            self.desk.close()
            if printed := self.desk.printed():
                self.remark = self.remark or f"it printed: {printed}"
        self.desk = self.student = None
