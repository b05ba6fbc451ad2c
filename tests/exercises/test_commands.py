"""`make exercise` and `make grade`, as a student types them."""

import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from desk import InThread

from nnlabs.core import paths
from nnlabs.exercises import begin, grade
from nnlabs.exercises.catalogue import NAMES, exercise
from nnlabs.exercises.grading import Student


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(begin, "FOLDER", tmp_path / "exercises")
    monkeypatch.setattr(grade, "Process", lambda seconds: InThread())
    return tmp_path


def command(monkeypatch: pytest.MonkeyPatch, module: str, words: str) -> None:
    monkeypatch.setattr(sys, "argv", [module, *shlex.split(words)])
    (begin if module == "begin" else grade).main()


def test_without_a_name_the_exercises_are_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command(monkeypatch, "begin", "")
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[0] for line in lines] == list(NAMES)


def test_an_exercise_is_begun_and_what_a_student_wrote_stays(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = elsewhere / "exercises" / "linear" / "linear.py"
    command(monkeypatch, "begin", "linear")
    assert "exercises/linear/linear.py: write what is missing here" in capsys.readouterr().out
    assert file.read_text() == exercise("linear").stub
    page = file.with_name("README.md").read_text()
    assert page.startswith("# The linear layer\n") and "make grade NAME=linear" in page and "Hint" not in page
    file.write_text("mine")
    command(monkeypatch, "begin", "linear")
    said = capsys.readouterr().out.splitlines()[0]
    assert said == "exercises/linear/linear.py is there already and stays as it is; YES=1 begins anew"
    assert file.read_text() == "mine"
    command(monkeypatch, "begin", "linear --yes")
    assert file.read_text() == exercise("linear").stub


def test_the_grade_shows_the_parts_and_the_first_wrong_case(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command(monkeypatch, "begin", "relabel")
    file = elsewhere / "exercises" / "relabel" / "relabel.py"
    file.write_text(exercise("relabel").solution.replace("kept = new >= 0", "kept = new < 0"))
    capsys.readouterr()
    command(monkeypatch, "grade", "relabel")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("relabel: ") and lines[0].endswith(" of 10 points")
    assert lines[1:3] == [
        "  0/2  the images that are kept, in their order",
        "       the shape of the first pixels of what is kept of classes 3, 7, 1, 3, 9, 7, 7, 0",
    ]
    assert lines[3:5] == ["       found     3", "       expected  5"]
    assert lines[-1] == "a hint: make grade NAME=relabel HINT=1 (to 3)"


def test_hints_tell_more_each_time(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for step in (1, 2, 3):
        command(monkeypatch, "grade", f"adam --hint {step}")
        assert capsys.readouterr().out.strip() == exercise("adam").hints[step - 1]
    with pytest.raises(SystemExit, match="HINT=4: no such hint; allowed: 1 to 3"):
        command(monkeypatch, "grade", "adam --hint 4")


def test_what_is_missing_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match=r"adam\.py is missing; make exercise NAME=adam begins it"):
        command(monkeypatch, "grade", "adam")
    with pytest.raises(SystemExit, match="which one"):
        command(monkeypatch, "grade", "")
    with pytest.raises(SystemExit, match="no such exercise"):
        command(monkeypatch, "begin", "../x")


@pytest.mark.parametrize("name", [name for name in NAMES if exercise(name).figure])
def test_when_all_is_right_the_labs_figure_is_drawn(name: str, tmp_path: Path) -> None:
    chosen, desk = exercise(name), InThread()
    assert chosen.figure
    drawn = chosen.figure(Student(desk.session.load(name, chosen.solution), desk.session), tmp_path)
    desk.close()
    assert drawn
    for path in drawn:
        assert path.stat().st_size > 1000
        if path.suffix == ".svg":
            ElementTree.parse(path)


def test_three_exercises_have_figures() -> None:
    assert [name for name in NAMES if exercise(name).figure] == ["gradient_descent", "backpropagation", "sobel"]


def test_git_leaves_a_students_folder_alone_and_make_clean_too() -> None:
    from nnlabs.pipeline.clean import REMADE

    assert "exercises" not in REMADE
    ignored = subprocess.run(["git", "check-ignore", "-q", "exercises/adam/adam.py"], check=False)
    assert ignored.returncode in (0, 128)  # the second: no repository
    inside = subprocess.run(["git", "check-ignore", "-q", "src/nnlabs/exercises/adam/grade.py"], check=False)
    assert inside.returncode != 0
