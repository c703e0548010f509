"""Formulas and chains as rows: what stands left, the relation, the body, the reason, the number.

Where a formula is too wide it is broken before a relation, then before a term of a
sum; what still does not fit is marked to be shrunk.  The decision is made from the
expression, once, so that every format breaks at the same place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from symderiv.document import Blank, Chain, Formula, Formulas
from symderiv.paper.mathematics import RELATIONS, side, sides, terms
from symderiv.paper.widths import width

LINE = 41.0  # em of a display on the page, less the margin of its number
CHAIN = 27.0  # em of a chain's expressions when a reason stands beside them
_NUMBER = 3.5
_REASON = (10.5, 24.0)  # em of the reason beside a line: at least and at most
_BESIDE = 33.5  # em of a chain with its reasons inside a solution, which is narrower than the page
_INDENT = 2.0
_BLANK = 2.33  # em per cm, of an 11 pt font


@dataclass(frozen=True)
class Row:
    """One printed line of a display, in one language; ``alt`` reads it aloud."""

    left: str
    relation: str
    body: str
    tag: str = ""
    label: str = ""
    why: Any = ""
    verdict: str = ""
    alt: str = ""
    left_alt: str = ""
    shrink: bool = False
    size: float = 0.0  # em of the body
    beside: float = _REASON[0]  # em that the line leaves for its reason

    @property
    def line(self) -> str:
        """The row without alignment."""
        return " ".join(part for part in (self.left, self.relation, self.body) if part)


Printed = Callable[[Blank], str]


def formula_rows(block: Formula, language: str, blank: Printed | None = None, room: float = LINE) -> list[Row]:
    """The rows of one formula; a formula that fits is one row unless it asks to be stacked.

    >>> [row.line for row in formula_rows(Formula((1, "=", 2)), "text")]
    ['1 = 2']
    """
    found, relations = sides(block.content, block.scope)
    room -= _NUMBER if block.tag else 0
    sizes = [_measure(part) for part in found]
    whole = sum(sizes) + 1.33 * len(relations)
    tag, label = block.tag or "", block.label
    if whole <= room and not (block.stacked and len(relations) > 1):
        texts = [side(part, language, blank) for part in found]
        signs = [getattr(RELATIONS[r], language) for r in relations]
        body = texts[-1] if len(found) <= 2 else " ".join(
            piece for pair in zip(texts[1:], [*signs[1:], ""], strict=True) for piece in pair if piece)
        spoken = _spoken(found, relations)
        if relations:
            return [Row(texts[0], signs[0], body, tag, label, alt=spoken, left_alt=_spoken(found[:1], []))]
        return [Row("", "", body, tag, label, alt=spoken)]
    if not relations:
        rows = _body_rows("", "", found[0], language, blank, room)
    else:
        left = side(found[0], language, blank)
        own_line = sizes[0] > room * 0.45
        first = _spoken(found[:1], [])
        rows = [Row(left, "", "", left_alt=first, shrink=sizes[0] > room)] if own_line else []
        for position, (relation, part) in enumerate(zip(relations, found[1:], strict=True)):
            before = "" if own_line or position else left
            width_left = _INDENT if own_line else sizes[0]
            rows += _body_rows(before, relation, part, language, blank, room - width_left - 1.33)
        if not own_line:
            rows[0] = replace(rows[0], left_alt=first)
    return [*rows[:-1], replace(rows[-1], tag=tag, label=label)]


def formulas_rows(block: Formulas, language: str, blank: Printed | None = None) -> list[Row]:
    """The rows of several formulas, aligned."""
    return [row for line in block.lines for row in formula_rows(line, language, blank)]


def chain_rows(block: Chain, language: str, blank: Printed | None = None) -> list[Row]:
    """The rows of a derivation; a wide left side gets a line of its own."""
    left = side(_one(block.left, block.scope), language, blank)
    left_width = _measure(_one(block.left, block.scope))
    reasons = any(line.why for line in block.lines)
    room = (CHAIN if reasons else LINE) - (_NUMBER if any(line.tag for line in block.lines) else 0)
    own_line = left_width > room * 0.35
    rows: list[Row] = []
    if own_line:
        rows.append(Row(left, "", "", shrink=left_width > LINE))
    for position, line in enumerate(block.lines):
        before = "" if own_line or position else left
        part = _one(line.content, line.scope or block.scope)
        made = _body_rows(before, line.relation, part, language, blank, room - (_INDENT if own_line else left_width))
        verdict = "" if line.verdict in ("", "proved") else line.verdict
        made[0] = replace(made[0], why=line.why, verdict=verdict)
        made[-1] = replace(made[-1], tag=line.tag or "", label=line.label)
        rows += made
    rows[0] = replace(rows[0], left_alt=_spoken([_one(block.left, block.scope)], []))
    widest = min(max(row.size for row in rows), room) + (_INDENT if own_line else left_width) + 1.33
    beside = _BESIDE - widest - (_NUMBER if any(row.tag for row in rows) else 0)
    return [replace(row, beside=round(min(max(beside, _REASON[0]), _REASON[1]), 1)) for row in rows]


def _one(content: Any, scope: Any) -> Any:
    found, relations = sides(content, scope)
    return found[0] if not relations else content


def _body_rows(left: str, relation: str, part: Any, language: str, blank: Printed | None, room: float) -> list[Row]:
    sign = getattr(RELATIONS[relation], language) if relation else ""
    spoken = _spoken([part], [])
    spoken = f"{RELATIONS[relation].text} {spoken}" if relation else spoken
    pieces = terms(part) if _measure(part) > room else [part]
    if len(pieces) == 1:
        size = _measure(part)
        return [Row(left, sign, side(part, language, blank), alt=spoken, shrink=size > room, size=size)]
    rows: list[Row] = []
    line, used = "", 0.0
    for number, term in enumerate(pieces):
        text, size = side(term, language, blank), _measure(term)
        signed = text if not number and not line else _signed(text)
        if line and used + size > room:
            rows.append(Row(left if not rows else "", sign if not rows else "", line, shrink=used > room, size=used))
            line, used = _continued(signed, language), _INDENT
        else:
            line = f"{line} {signed}".strip()
        used += size + 1.22
    rows.append(Row("", "", line, shrink=used - 1.22 > room, size=used - 1.22))
    return [replace(rows[0], alt=spoken), *rows[1:]]


def _signed(text: str) -> str:
    return f"- {text[1:].lstrip()}" if text.startswith("-") else f"+ {text}"


def _continued(text: str, language: str) -> str:
    return {"latex": r"\quad {} ", "typst": 'quad "" '}.get(language, "  ") + text


def _measure(part: Any) -> float:
    if isinstance(part, Blank):
        return (part.width or 3.0) * _BLANK
    return width(side(part, "latex"))


def _spoken(found: list[Any], relations: list[str]) -> str:
    out = [side(found[0], "text")]
    for relation, part in zip(relations, found[1:], strict=True):
        out += [RELATIONS[relation].text, side(part, "text")]
    return " ".join(out)
