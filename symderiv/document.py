"""A document: blocks without layout, with mathematics held as expressions.

A block says what stands on the page, a format decides how it looks.  Text is
plain text with a little markup (``**strong**``, ``*emphasis*``, `` `code` ``,
``[words](address)``, ``@{label}`` for a reference) and with mathematics between
dollar signs, written in the text grammar and read with the declared symbols
(``symderiv.paper.inline``).  A *content* of a formula is an expression (of symderiv or
of SymPy), a number, a text to be read, or a relation chain
``(left, "=", right, …)``; a ``Blank`` may stand for a side that a student fills in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from symderiv.errors import ProblemError

PAPERS = ("a4", "letter")
AUTO = "auto"  # a tag that numbering.py replaces by the next number


class Block:
    """Anything that stands in a document."""


class Piece(Block):
    """A block that stands inside a line of text."""


@dataclass(frozen=True)
class Math(Piece):
    """Mathematics inside a line or a cell."""

    content: Any
    scope: Any = None


@dataclass(frozen=True)
class Raw(Piece):
    """LaTeX mathematics written by hand, the escape hatch; ``alt`` reads it aloud."""

    latex: str
    alt: str = ""


@dataclass(frozen=True)
class Blank(Piece):
    """Room to write: a line of this ``width``, or a box of this ``height`` (both in cm).

    The staff version shows ``answer`` there; the student version never holds it.
    """

    label: str = ""
    width: float | None = None
    height: float | None = None
    answer: Any = None
    scope: Any = None


@dataclass(frozen=True)
class Tick(Piece):
    """A box to tick inside a line or a cell; ``ticked`` shows in the staff version only."""

    ticked: bool = False


@dataclass(frozen=True)
class Heading(Block):
    """A heading of level 1 to 4; ``points`` and a ``label`` for references are optional."""

    level: int
    text: Any
    points: Any = None
    label: str = ""
    scope: Any = None


@dataclass(frozen=True)
class Prose(Block):
    """A paragraph."""

    text: Any
    scope: Any = None


@dataclass(frozen=True)
class Formula(Block):
    """A displayed formula; ``stacked`` puts every further relation on its own line.

    ``tag`` is its number as printed, ``AUTO`` the next number, None no number.
    """

    content: Any
    tag: str | None = None
    label: str = ""
    stacked: bool = False
    scope: Any = None


@dataclass(frozen=True)
class Formulas(Block):
    """Several formulas below one another, aligned at their first relation."""

    lines: tuple[Formula, ...]


@dataclass(frozen=True)
class Line(Block):
    """One line of a chain: relation, expression, the reason at the right, a number."""

    relation: str
    content: Any
    why: Any = ""
    tag: str | None = None
    label: str = ""
    verdict: str = ""
    scope: Any = None


@dataclass(frozen=True)
class Chain(Block):
    """A derivation as lines ``= expression``, each with its reason and number.

    ``left`` is what stands before the first relation.
    """

    left: Any
    lines: tuple[Line, ...]
    scope: Any = None


@dataclass(frozen=True)
class Figure(Block):
    """Anything the formats can draw, with a caption; ``alt`` describes it to those who cannot see it.

    ``filled`` is what the staff version shows instead of a drawing that students complete.
    """

    drawing: Any
    caption: Any = ""
    alt: str = ""
    width: float | None = None  # share of the line; None: its own size where that fits
    label: str = ""
    number: str = AUTO
    filled: Any = None
    scope: Any = None


@dataclass(frozen=True)
class Picture:
    """A finished picture as a drawing: the bytes of an SVG or PNG file."""

    data: bytes
    suffix: str = "svg"


@dataclass(frozen=True)
class Table(Block):
    """Rows of cells: text, mathematics, numbers, or blanks with their answers.

    ``align`` has a letter l, c or r per column.
    """

    header: tuple[Any, ...]
    rows: tuple[tuple[Any, ...], ...]
    align: str = ""
    caption: Any = ""
    scope: Any = None


@dataclass(frozen=True)
class TickBoxes(Block):
    """Options with a box each; ``ticked`` are the positions of the right ones (staff version only)."""

    options: tuple[Any, ...]
    ticked: tuple[int, ...] = ()
    multiple: bool = True
    scope: Any = None


@dataclass(frozen=True)
class Bullets(Block):
    """A list; an item is a text or a tuple of blocks."""

    items: tuple[Any, ...]
    ordered: bool = False
    scope: Any = None


DISPLAYS = (Blank, Bullets, Chain, Figure, Formula, Formulas, Table, TickBoxes)


@dataclass(frozen=True)
class Question(Block):
    """A lettered part: its letter, points and blocks."""

    letter: str
    blocks: tuple[Block, ...]
    points: Any = None

    @property
    def asked(self) -> tuple[Block, ...]:
        """What stands before the first solution: this stays together on a page where it fits."""
        boxes = (at for at, block in enumerate(self.blocks) if isinstance(block, AnswerBox))
        return self.blocks[: next(boxes, len(self.blocks))]

    @property
    def answered(self) -> tuple[Block, ...]:
        """The first solution and what stands after it; nothing in the students' paper."""
        return self.blocks[len(self.asked) :]


# what a paragraph introduces, and stays together with
INTRODUCED = (*DISPLAYS, Question)


@dataclass(frozen=True)
class AnswerBox(Block):
    """Blocks of the staff version, set off from what the students see."""

    blocks: tuple[Block, ...]
    title: str = "Solution"


@dataclass(frozen=True)
class Fields(Block):
    """Lines to fill in, such as name and student number."""

    labels: tuple[str, ...]


@dataclass(frozen=True)
class PageBreak(Block):
    """What follows begins a new page."""


@dataclass(frozen=True)
class Meta:
    """What a document says about itself, and its page; ``template`` names the layout."""

    author: str = ""
    subject: str = ""
    keywords: tuple[str, ...] = ()
    language: str = "en"
    paper: str = "a4"
    header: str = ""
    footer: str = ""
    signed: str = ""  # the label of a line to fill in on top of every page but the first
    template: str = "document"

    def __post_init__(self) -> None:
        if self.paper not in PAPERS:
            raise ProblemError(f"paper {self.paper!r} is not known; known: {', '.join(PAPERS)}")


@dataclass(frozen=True)
class Document:
    """Title, blocks and metadata; ``write(document, "x.pdf")`` sets it.

    >>> Document("Notes", (Prose("Nothing yet."),)).meta.paper
    'a4'
    """

    title: str
    blocks: tuple[Block, ...]
    subtitle: str = ""
    meta: Meta = field(default_factory=Meta)


def chain(derivation: Any, left: Any = None, numbered: bool = True) -> Chain:
    """A derivation (with ``steps``) as a block; a step that is not proved says so in its reason.

    Raises ProblemError for a derivation without steps.
    """
    steps = list(derivation.steps)
    if not steps:
        raise ProblemError(f"derivation {getattr(derivation, 'title', '')!r} has no steps to print")
    tag = AUTO if numbered else None
    scope = getattr(derivation, "scope", None)  # by which a reason's mathematics is read
    lines = [
        Line(str(step.relation), step.after, str(step.why), tag, verdict=str(step.certificate.verdict), scope=scope)
        for step in steps
    ]
    if left is None:
        return Chain(steps[0].before, tuple(lines))
    return Chain(left, (Line("=", steps[0].before, "", tag), *lines))
