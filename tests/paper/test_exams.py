"""Exam and solutions from the same problem."""

import pytest
from paper_samples import SECRETS, exam_problem

from symderiv.document import AnswerBox, Fields, Figure, Picture, Prose, Table
from symderiv.errors import ProblemError
from symderiv.paper.blocktree import holds_answers
from symderiv.paper.exams import exam_document, problem_blocks
from symderiv.paper.judging import has_form, judge
from symderiv.paper.languages import LANGUAGES
from symderiv.paper.pictures import file_stem
from symderiv.paper.rendering import render
from symderiv.problem import Answer, Paper, Part, Problem

PAPER = Paper("Midterm", "Autumn", author="Staff")


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_students_see_no_answer_and_staff_see_all(language):
    student, staff = (render(exam_document(PAPER, [exam_problem()], a), language) for a in ("student", "staff"))
    assert "forty" not in student and "hidden solution" not in student and not any("u_{3}" in t for t in (student,))
    assert "hidden solution" in staff and "forty" in staff


def test_the_students_data_hold_no_answer():
    blocks = problem_blocks(exam_problem(), "student")
    assert not holds_answers(blocks) and not [s for s in SECRETS[:2] if s in repr(blocks)]
    assert exam_problem().without_answers().answers == ()


def test_an_answer_without_a_solution_prints_itself():
    shown = render(exam_document(PAPER, [exam_problem()], "staff"), "markdown")
    assert "The value: forty-two" in shown


def test_the_staff_see_a_drawing_filled_in():
    blank, full = Picture(b"<svg/>"), Picture(b"<svg><g/></svg>")
    problem = Problem(1, "Drawing", parts=(Part("", (Figure(blank, filled=full),)),))
    shown = {audience: problem_blocks(problem, audience)[1].blocks[0] for audience in ("student", "staff")}
    assert shown["student"].drawing is blank and shown["staff"].drawing is full
    assert shown["student"].number == shown["staff"].number and shown["student"].filled is None
    assert file_stem(shown["student"]) != file_stem(shown["staff"])


def test_the_cover_adds_up_the_points_and_every_page_has_a_line_for_the_name():
    paper = Paper("Midterm", cover=(Fields(("Name", "Seat")),))
    problems = [Problem(n, "t", parts=(Part("", (Prose("why?"),), points=n),)) for n in range(3, 16)]
    student, staff = (exam_document(paper, problems, audience) for audience in ("student", "staff"))
    tables = [block for block in student.blocks if isinstance(block, Table)]
    assert [cell for table in tables for cell in table.header[1:]] == [str(n) for n in range(3, 16)] + ["Total"]
    assert [cell for table in tables for cell in table.rows[0][1:]] == [*range(3, 16), sum(range(3, 16))]
    assert student.meta.signed == "Name" and staff.meta.signed == "" and not any(
        isinstance(block, Table) for block in staff.blocks)
    assert not any(isinstance(b, Table) for b in exam_document(paper, [Problem(1, "no points")]).blocks)
    assert "\\fancyhead[R]" in render(student, "latex") and "\\fancyhead[R]" not in render(staff, "latex")
    assert "#h(1fr)Name: " in render(student, "typst") and "#h(1fr)Name: " not in render(staff, "typst")


def test_what_the_cover_tells_students_is_not_printed_on_the_solutions():
    paper = Paper("Midterm", cover=(Prose("Write here."), AnswerBox((Prose("Grade by noon."),))))
    student, staff = (render(exam_document(paper, [], audience), "latex") for audience in ("student", "staff"))
    assert "Write here" in student and "Grade by noon" not in student
    assert "Write here" not in staff and "Grade by noon" in staff


def test_wrong_use():
    with pytest.raises(ProblemError, match="audience"):
        problem_blocks(exam_problem(), "teacher")
    with pytest.raises(ProblemError, match=r"part \(a\) stands twice"):
        Problem(1, "t", parts=(Part("a", ()), Part("a", ())))
    with pytest.raises(ProblemError, match="letter"):
        Part("a}b", ())


def test_value_and_form_are_judged_apart():
    import sympy

    x = sympy.Symbol("x")
    assert judge(Answer("1", ("a", "b")), ("a", "c")).value == "refuted"
    assert has_form(2 * x + 2, "expanded") and not has_form(sympy.Mul(2, x + 1, evaluate=False), "expanded")
    assert has_form(x * (x + 1), "factored") and not has_form(x**2 + x, "factored")
