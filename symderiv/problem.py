"""Problems of an exam: what is asked, what is computed, and the paper they stand in.

Blocks come from ``symderiv.document``; here they are only carried.  An answer's
value and its demanded form are judged apart (``symderiv.paper.judging``): ``2*(x + 1)`` has
the right value and the wrong form where an expanded sum was asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from symderiv.errors import ProblemError


@dataclass(frozen=True)
class Case:
    """A value that holds ``when`` a condition does (in words), and why; ``scope`` reads a statement under it."""

    when: str
    value: Any
    evidence: str = ""
    scope: Any = None


@dataclass(frozen=True)
class Cases:
    """A value that depends on a condition.

    A statement that names no condition claims every case.  ``open`` says that nobody can tell
    from the text which case is meant (a figure is missing), so that a statement true in some
    case is neither right nor wrong.
    """

    cases: tuple[Case, ...]
    open: bool = False

    def __post_init__(self) -> None:
        conditions = [case.when for case in self.cases]
        if len(self.cases) < 2 or len(set(conditions)) < len(conditions):
            raise ProblemError(f"cases need two or more conditions, each given once; got {conditions}")


@dataclass(frozen=True)
class Answer:
    """One computed answer: ``asks`` says in words what it answers, ``form`` names the demanded form.

    ``official`` is what an official solution states, to be compared; ``derivation`` tells how the value came about,
    ``evidence`` in a few words why it holds, ``assumed`` what is taken for granted.
    """

    id: str
    value: Any
    asks: str = ""
    form: str = ""
    official: Any = None
    derivation: Any = None
    scope: Any = None
    evidence: str = ""
    assumed: str = ""


@dataclass(frozen=True)
class Part:
    """A lettered question: blocks that ask, blocks and answers of the solution.

    A part without solution blocks prints its answers.
    """

    letter: str
    question: tuple[Any, ...]
    solution: tuple[Any, ...] = ()
    points: int | None = None
    answers: tuple[Answer, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9]{0,3}", self.letter):
            raise ProblemError(f"a part's letter is up to three letters or digits, got {self.letter!r}")


@dataclass(frozen=True)
class Problem:
    """A problem: number, title, an introduction and parts; ``scope`` declares the symbols of its texts.

    >>> Problem(5, "Backprop", parts=(Part("a", (), points=4), Part("b", (), points=2))).worth
    6
    """

    number: int | str
    title: str
    intro: tuple[Any, ...] = ()
    parts: tuple[Part, ...] = ()
    scope: Any = None
    points: int | None = None
    new_page: bool = True

    def __post_init__(self) -> None:
        letters = [part.letter for part in self.parts]
        twice = sorted({letter for letter in letters if letters.count(letter) > 1})
        if twice:
            raise ProblemError(f"problem {self.number}: part ({twice[0]}) stands twice; letters are given once")

    @property
    def worth(self) -> int | None:
        """Its points: as given, or the sum over the parts."""
        if self.points is not None:
            return self.points
        given = [part.points for part in self.parts if part.points is not None]
        return sum(given) if given else None

    @property
    def answers(self) -> tuple[Answer, ...]:
        """All answers, in the order of the parts."""
        return tuple(answer for part in self.parts for answer in part.answers)

    def without_answers(self) -> Problem:
        """The problem as the students' paper is made from: its parts hold no solution and no answer."""
        return replace(self, parts=tuple(replace(part, solution=(), answers=()) for part in self.parts))


@dataclass(frozen=True)
class Paper:
    """An exam: its titles, what stands before and after the problems, and the page.

    ``order`` names problem files or numbers; the default is every file, by number.
    ``cover`` and ``closing`` are blocks; ``date`` is printed, never read from the clock.
    """

    title: str
    subtitle: str = ""
    author: str = ""
    subject: str = ""
    keywords: tuple[str, ...] = ()
    language: str = "en"
    paper: str = "a4"
    date: str = ""
    cover: tuple[Any, ...] = ()
    closing: tuple[Any, ...] = ()
    order: tuple[int | str, ...] = field(default=())
    template: str = "document"
