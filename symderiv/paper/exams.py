"""From problems to documents: the students' exam, the staff's solutions, the report of checks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from symderiv.document import (
    AnswerBox,
    Blank,
    Block,
    Document,
    Fields,
    Figure,
    Formula,
    Heading,
    Math,
    Meta,
    PageBreak,
    Prose,
    Question,
    Table,
    chain,
)
from symderiv.errors import ProblemError
from symderiv.paper.blocktree import transform, with_scope, without_answers
from symderiv.paper.judging import judge
from symderiv.paper.numbering import check_references, numbered
from symderiv.problem import Answer, Paper, Part, Problem

AUDIENCES = ("student", "staff")
_COLUMNS = 11  # of a table of points beside its first


def exam_document(paper: Paper, problems: Iterable[Problem], audience: str = "student") -> Document:
    """The whole paper for an audience; the students' is made from problems without their answers.

    Raises ProblemError for an unknown audience.
    """
    blocks: list[Block] = []
    problems = tuple(problems)
    for problem in problems:
        if blocks and problem.new_page and audience == "student":
            blocks.append(PageBreak())
        blocks += problem_blocks(problem, audience)
    worths = [(str(problem.number), problem.worth) for problem in problems]
    body = (*opening(paper, audience, worths), *blocks, *closing(paper, audience))
    return Document(paper.title, body, subtitle(paper, audience), meta(paper, audience))


def problem_blocks(problem: Problem, audience: str = "student") -> tuple[Block, ...]:
    """The blocks of one problem, numbered; numbers are the same for both audiences."""
    if audience not in AUDIENCES:
        raise ProblemError(f"the audience is {' or '.join(AUDIENCES)}, not {audience!r}")
    complete = numbered(with_scope(_all_blocks(problem), problem.scope), str(problem.number))
    if audience == "staff":
        return transform(complete, _without_room)
    # the references of what is left must not lead into what was taken out
    return check_references(without_answers(complete))


def checks_table(problem: Problem) -> tuple[tuple[Any, ...], ...]:
    """A row for every answer with an official value: part, question, computed, official, verdict, method."""
    rows = []
    for answer in problem.answers:
        if answer.official is None:
            continue
        found = judge(answer, answer.official)
        form = "" if found.form is None else f"; form {answer.form}: {'yes' if found.form else 'no'}"
        values = (_cell(answer.value), _cell(answer.official))
        rows.append((answer.id, answer.asks, *values, found.value + form, found.method))
    return tuple(rows)


def checks_blocks(problem: Problem) -> tuple[Block, ...]:
    """The checks of one problem as blocks; nothing where there is nothing to compare."""
    rows = checks_table(problem)
    if not rows:
        return ()
    header = ("Part", "Asked", "Computed", "Official", "Verdict", "Method")
    table = Table(header, rows, "llllll", scope=problem.scope)
    return with_scope((Heading(1, f"{problem.number}. {problem.title}"), table), problem.scope)


def opening(paper: Paper, audience: str, worths: Sequence[tuple[str, int | None]]) -> tuple[Block, ...]:
    """What stands before the problems: the cover speaks to students, and has a table of the points of each problem.

    Of it the solutions have what is for the staff.
    """
    if not paper.cover:
        return ()
    if audience != "student":
        return numbered(tuple(block for block in paper.cover if isinstance(block, AnswerBox)), "cover")
    return numbered((*without_answers(paper.cover), *_scores(worths), PageBreak()), "cover")


def _scores(worths: Sequence[tuple[str, int | None]]) -> tuple[Block, ...]:
    """Tables of points with room for the score, as many as the width of a page asks for; the last ends with the sum."""
    given = [(_literal(number), worth) for number, worth in worths if worth is not None]
    if not given:
        return ()
    columns = [*given, ("Total", sum(worth for _, worth in given))]
    return tuple(
        Table(
            ("Problem", *(number for number, _ in part)),
            (("Points", *(worth for _, worth in part)), ("Score", *(Blank(width=0.8) for _ in part))),
            "l" + "c" * len(part),
        )
        for part in (columns[i : i + _COLUMNS] for i in range(0, len(columns), _COLUMNS))
    )


def closing(paper: Paper, audience: str) -> tuple[Block, ...]:
    """What stands after the problems; the solutions need no room to write."""
    if not paper.closing or audience != "student":
        return ()
    return numbered(without_answers((PageBreak(), *paper.closing)), "end")


def subtitle(paper: Paper, audience: str) -> str:
    """The second title line."""
    kinds = {"student": "", "staff": "Solutions", "checks": "Report of checks"}
    return " – ".join(part for part in (paper.subtitle, paper.date, kinds[audience]) if part)


def meta(paper: Paper, audience: str) -> Meta:
    """Author, subject, page and running lines of a paper."""
    kinds = {"student": "Exam", "staff": "Solutions", "checks": "Checks"}
    named = [label for block in paper.cover if isinstance(block, Fields) for label in block.labels]
    return Meta(paper.author, paper.subject, paper.keywords, paper.language, paper.paper, header=paper.title,
                footer=kinds[audience], signed=named[0] if named and audience == "student" else "",
                template=paper.template)


def _all_blocks(problem: Problem) -> tuple[Block, ...]:
    head = Heading(1, f"{_literal(str(problem.number))}. {problem.title}", problem.worth, scope=problem.scope)
    parts: list[Block] = []
    for part in problem.parts:
        solution = _solution(part)
        blocks = (*part.question, *((AnswerBox(solution),) if solution else ()))
        parts.append(Question(part.letter, blocks, part.points))
    return (head, *problem.intro, *parts)


def _solution(part: Part) -> tuple[Block, ...]:
    if part.solution or not part.answers:
        return tuple(part.solution)
    return tuple(block for answer in part.answers for block in _printed(answer))


def _printed(answer: Answer) -> list[Block]:
    asked = [Prose(f"{answer.asks}:", answer.scope)] if answer.asks else []
    if isinstance(answer.value, str):
        words = _literal(answer.value)
        return [Prose(f"{answer.asks}: {words}" if answer.asks else words, answer.scope)]
    shown = [chain(answer.derivation)] if answer.derivation is not None else []
    return [*asked, *shown, Formula(answer.value, scope=answer.scope)]


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return _literal(value)
    if isinstance(value, (tuple, list)) and all(isinstance(item, str) for item in value):
        return _literal(" ".join(value))
    return Math(value)


def _literal(text: str) -> str:
    return "".join("\\" + sign if sign in "\\$*`[]@_" else sign for sign in text)


def _without_room(block: Any) -> Any:
    """The solutions leave out empty boxes to write in and lines for a name, and fill in the drawings."""
    if isinstance(block, Figure) and block.filled is not None:
        return replace(block, drawing=block.filled)
    room = isinstance(block, Blank) and block.height and block.answer is None
    return None if room or isinstance(block, Fields) else block
