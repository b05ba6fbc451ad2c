"""A folder of students: a table, a page, and a line for whatever cannot be graded."""

import csv
import os
from pathlib import Path

import pytest
from desk import InThread
from markdown_it import MarkdownIt

from nnlabs.core.errors import UserError
from nnlabs.exercises import submissions
from nnlabs.exercises.catalogue import exercise

RELABEL, LINEAR = exercise("relabel"), exercise("linear")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six students and something that is none."""
    texts = {
        "ada/relabel.py": RELABEL.solution,
        "ada/linear/linear.py": LINEAR.solution.replace("dy.sum(axis=0)", "dy.mean(axis=0)"),
        "bob/relabel.py": RELABEL.stub,
        "cy/relabel.py": "def filter(:",
        "=2+5/linear.py": "raise ValueError('| **a** <b>\\n# b')",
        "eve/relabel.py": "x" * 300_000,
        "notes.txt": "no student",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "fay").mkdir()
    (tmp_path / "fay" / "relabel.py").symlink_to(tmp_path / "ada" / "relabel.py")
    (tmp_path / "gil").symlink_to(tmp_path / "ada")
    (tmp_path / "hal").mkdir()
    (tmp_path / "hal" / "relabel.py").write_bytes(b"\xff\xfe")
    return tmp_path


@pytest.fixture
def rows(folder: Path) -> list[submissions.Row]:
    return submissions.graded(submissions.collected(folder, [LINEAR, RELABEL]), InThread)


def test_the_table_has_a_line_for_every_submission(rows: list[submissions.Row]) -> None:
    lines = list(csv.DictReader(submissions.table(rows).splitlines()))
    found = {(each["student"], each["exercise"]): each for each in lines}
    assert len(found) == len(lines) == 8
    assert found["ada", "relabel"]["points"] == found["ada", "relabel"]["of"] == "10"
    assert found["ada", "linear"]["failed first"] == "the bias's gradient"
    assert found["bob", "relabel"]["points"] == "0" and found["bob", "relabel"]["remark"] == "not written yet"
    assert found["cy", "relabel"]["remark"].startswith("line 1: ")
    assert "ValueError" in found["'=2+5", "linear"]["remark"]
    assert "longer than 200 kB" in found["eve", "relabel"]["remark"]
    assert "no plain file" in found["fay", "relabel"]["remark"]
    assert "UTF-8" in found["hal", "relabel"]["remark"]


def test_the_page_shows_words_of_students_as_words(rows: list[submissions.Row]) -> None:
    text = submissions.page(rows)
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert html.count("<h1>") == 1 and "<b>" not in html and "<strong>" not in html
    assert "| <b>" not in text and "**a** &lt;b&gt; # b" in html
    assert ">ada</td>" in html and html.count("<tr>") == 1 + 7


def test_nothing_is_written_before_the_end_and_the_summary_says_where(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "Process", lambda seconds, hidden: InThread())
    said = submissions.grade_folder(folder, [RELABEL])
    assert said == f"6 submissions of 6 students: {folder / 'grades.csv'}, {folder / 'grades.md'}"
    assert (folder / "grades.csv").read_text().startswith("student,exercise,points,of,failed first,remark\n")
    assert (folder / "grades.md").read_text().startswith("# Grades\n")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "ann").mkdir()
    os.mkfifo(tmp_path / "ann" / "relabel.py")
    ((_, _, content),) = submissions.collected(tmp_path, [RELABEL])
    assert isinstance(content, UserError)


def test_a_folder_that_is_none_or_empty_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        submissions.grade_folder(tmp_path / "none", [RELABEL])
    with pytest.raises(UserError, match="no submission"):
        submissions.grade_folder(tmp_path, [RELABEL])


def test_a_folder_of_real_processes(tmp_path: Path) -> None:
    """One that would change the other's file and the table runs first, and does neither."""
    hostile = f"for each in ('b/relabel.py', 'grades.csv'):\n    open(r'{tmp_path}/' + each, 'w').write('')\n"
    for student, text in (("a", hostile), ("b", RELABEL.solution)):
        (tmp_path / student).mkdir()
        (tmp_path / student / "relabel.py").write_text(text)
    submissions.grade_folder(tmp_path, [RELABEL])
    lines = list(csv.DictReader((tmp_path / "grades.csv").read_text().splitlines()))
    assert [each["points"] for each in lines] == ["0", "10"]
    assert "How they ran" in (tmp_path / "grades.md").read_text()
