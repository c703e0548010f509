"""Numbers for formulas, chain lines and figures, and the references to them.

Inside problem 5 they are (5.1), (5.2) … and Figure 5.1 …, so that the number of a
formula does not depend on the problems before it; elsewhere 1, 2, ….  Solutions have
a row of their own, (S5.1), (S5.2) …: both rows go up on the page, and the students'
paper has the same numbers as the solutions.  A label defaults to the number, so that
``@{13}`` cites the formula tagged 13.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from symderiv.document import AUTO, AnswerBox, Bullets, Figure, Formula, Heading, Line, Prose, Table, TickBoxes
from symderiv.errors import ProblemError, UnknownNameError
from symderiv.paper.blocktree import transform
from symderiv.paper.inline import Ref, pieces, plain

SOLUTIONS = "S"  # before the numbers of what only the staff see


def numbered(blocks: tuple[Any, ...], prefix: str = "") -> tuple[Any, ...]:
    """The blocks with every number set and every reference resolved.

    Raises UnknownNameError for a reference to a label nobody has.
    """
    counters: Counter[tuple[str, str]] = Counter()
    labels: dict[str, str] = {}
    given_by_hand: set[tuple[str, str]] = set()

    def note(block: Any) -> Any:
        if isinstance(block, (Formula, Line)) and block.tag:
            given_by_hand.add(("formula", block.tag))
        if isinstance(block, Figure):
            given_by_hand.add(("figure", block.number))
        return block

    def count(kind: str, given: str, row: str) -> str:
        while given == AUTO:
            counters[kind, row] += 1
            number = f"{row}{prefix}.{counters[kind, row]}" if prefix else f"{row}{counters[kind, row]}"
            if (kind, number) not in given_by_hand:
                return number
        return given

    def name(label: str, text: str) -> None:
        if label in labels:
            raise ProblemError(f"the label {label!r} stands at {labels[label]} and at {text}; labels are given once")
        labels[label] = text

    def number(block: Any) -> Any:
        row = SOLUTIONS if id(block) in inside else ""
        if isinstance(block, (Formula, Line)) and block.tag:
            tag = count("formula", block.tag, row)
            name(block.label or tag, f"({tag})")
            return replace(block, tag=tag, label=block.label or tag)
        if isinstance(block, Figure) and block.caption:
            given = count("figure", block.number, row)
            name(block.label or f"fig:{given}", f"Figure\u00a0{given}")
            return replace(block, number=given, label=block.label or f"fig:{given}")
        if isinstance(block, Heading) and block.label:
            name(block.label, plain(block.text))
        return block

    def resolve(block: Any) -> Any:
        if isinstance(block, Ref) and not block.text:
            if block.label not in labels:
                raise UnknownNameError("label", block.label, labels, f"the reference @{{{block.label}}}")
            return replace(block, text=labels[block.label])
        return block

    parsed = transform(blocks, _parsed)
    transform(parsed, note)
    inside = _inside_answers(parsed)
    complete = transform(transform(parsed, number), resolve)
    return transform(complete, lambda block: _qualified(block, prefix)) if prefix else complete


def _qualified(block: Any, prefix: str) -> Any:
    """Labels of different problems must not meet in one paper."""
    labelled = isinstance(block, (Formula, Line, Figure, Heading, Ref)) and block.label
    own = (f"{prefix}.", f"{SOLUTIONS}{prefix}.")
    if labelled and not block.label.removeprefix("fig:").startswith(own):
        return replace(block, label=f"{prefix}:{block.label}")
    return block


def check_references(blocks: tuple[Any, ...]) -> tuple[Any, ...]:
    """The blocks, if every reference in them leads to something in them.

    Raises UnknownNameError for a reference into what was taken out.
    """
    labels: set[str] = set()
    wanted: list[str] = []

    def look(block: Any) -> Any:
        if isinstance(block, (Formula, Line, Figure, Heading)) and block.label:
            labels.add(block.label)
        if isinstance(block, Ref):
            wanted.append(block.label)
        return block

    transform(blocks, look)
    for label in wanted:
        if label not in labels:
            raise UnknownNameError("label", label, labels, "the students' paper (it stands in the solutions only)")
    return blocks


def _inside_answers(blocks: tuple[Any, ...]) -> set[int]:
    """Identities of the formulas, lines, figures and headings inside answer boxes."""
    found: set[int] = set()

    def collect(block: Any) -> Any:
        found.add(id(block))
        return block

    def look(block: Any) -> Any:
        if isinstance(block, AnswerBox):
            transform(block.blocks, collect)
        return block

    transform(blocks, look)
    return found


def _parsed(block: Any) -> Any:
    """Texts as pieces, so that references in them are found; formulas as copies, so that each is one place."""
    if isinstance(block, (Formula, Line)):
        block = replace(block)  # one object may stand in a question and in its solution
    if isinstance(block, Prose):
        return replace(block, text=pieces(block.text, block.scope))
    if isinstance(block, Heading):
        return replace(block, text=pieces(block.text, block.scope))
    if isinstance(block, (Figure, Table)) and block.caption:
        return replace(block, caption=pieces(block.caption, block.scope))
    if isinstance(block, Line) and block.why:
        return replace(block, why=pieces(block.why, block.scope))
    if isinstance(block, TickBoxes):
        return replace(block, options=tuple(pieces(option, block.scope) for option in block.options))
    if isinstance(block, Bullets):
        return replace(block, items=tuple(
            pieces(item, block.scope) if isinstance(item, str) else item for item in block.items))
    return block
