"""The content of a formula: an expression, a text to be read, or a relation chain of them.

``sides`` takes a content apart into expressions and relations; ``printed`` sets it in
LaTeX, Typst or text.  A text is split at its relation signs and every side is read by
the declared symbols: a scope with ``read``, a mapping from texts to expressions, or
a tuple of such, asked in turn.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from symderiv.document import Blank, Raw
from symderiv.errors import ProblemError, ReadingError, UnknownNameError, shorten
from symderiv.notation import printing
from symderiv.notation.writing_order import in_order


@dataclass(frozen=True)
class Relation:
    """One relation sign in every language."""

    latex: str
    typst: str
    text: str


RELATIONS: dict[str, Relation] = {
    "=": Relation("=", "=", "="),
    "!=": Relation(r"\neq", "eq.not", "≠"),
    "<": Relation("<", "<", "<"),
    "<=": Relation(r"\leq", "lt.eq", "≤"),
    ">": Relation(">", ">", ">"),
    ">=": Relation(r"\geq", "gt.eq", "≥"),
    "~": Relation(r"\sim", "tilde.op", "∼"),
    ":=": Relation(r"\mathrel{:=}", "colon.eq", ":="),
    "->": Relation(r"\to", "arrow.r", "→"),
    "<-": Relation(r"\leftarrow", "arrow.l", "←"),
    "==": Relation(r"\equiv", "equiv", "≡"),
    "approx": Relation(r"\approx", "approx", "≈"),
    "propto": Relation(r"\propto", "prop", "∝"),
    "in": Relation(r"\in", "in", "∈"),
}
_RELATION = re.compile(r"(<=|>=|!=|:=|->|<-|==|=|<|>|~|\b(?:approx|propto|in)\b)")

_ONE_LETTER = re.compile(r'"([A-Za-z])"')


def _typst(obj: Any) -> str:
    """Typst sets a space before quoted text, so one-letter names go without quotes."""
    return _ONE_LETTER.sub(r"\1", printing.typst(obj))


PRINTERS: dict[str, Callable[[Any], str]] = {"latex": printing.latex, "typst": _typst, "text": printing.text}


def sides(content: Any, scope: Any = None) -> tuple[list[Any], list[str]]:
    """The expressions of a content and the relations between them.

    >>> sides("y = 2", {"y": 4})
    ([4, 2], ['='])

    Factors are in the order in which a mapping declares the symbols.
    Raises ReadingError or ProblemError for a text that cannot be read.
    """
    found, relations = _sides(content, scope)
    if isinstance(scope, Mapping):
        found = [in_order(side, tuple(scope.values())) for side in found]
    return found, relations


def _sides(content: Any, scope: Any) -> tuple[list[Any], list[str]]:
    if isinstance(content, str):
        parts = _split(content)
        if any(not part for part in parts[::2]):
            raise ReadingError("a relation needs something on both sides", content, (0, len(content)))
        return [read(part, scope) for part in parts[::2]], parts[1::2]
    if isinstance(content, (tuple, list)) and any(isinstance(part, str) and part in RELATIONS for part in content):
        if len(content) % 2 == 0 or not all(isinstance(part, str) and part in RELATIONS for part in content[1::2]):
            raise ProblemError(
                f"a relation chain alternates sides and relations, got {len(content)} entries; "
                f"relations are {' '.join(RELATIONS)}"
            )
        return [read(part, scope) if isinstance(part, str) else part for part in content[::2]], list(content[1::2])
    return [content], []


def read(text: str, scope: Any) -> Any:
    """One side of a formula, by the declared symbols; integers need none."""
    text = text.strip()
    if re.fullmatch(r"-?[0-9]{1,15}", text):
        return int(text)
    known: list[str] = []
    last: Exception | None = None
    for symbols in scope if isinstance(scope, tuple) else (scope,):
        if isinstance(symbols, Mapping):
            if text in symbols:
                return symbols[text]
            known += [str(name) for name in symbols]
        elif symbols is not None:
            try:
                return symbols.read(text)
            except ValueError as failed:
                last = failed
    if last is not None:
        raise last
    if not known:
        raise ProblemError(
            f"mathematics ${shorten(text)}$ cannot be read without declared symbols; "
            "give the problem or the block a scope"
        )
    raise UnknownNameError("mathematics", text, known, "the symbols given")


def printed(content: Any, scope: Any, language: str, blank: Callable[[Blank], str] | None = None) -> str:
    """A content in one language: ``latex``, ``typst`` or ``text``; ``blank`` prints a side left open."""
    found, relations = sides(content, scope)
    out = [side(found[0], language, blank)]
    for relation, expression in zip(relations, found[1:], strict=True):
        out += [getattr(RELATIONS[relation], language), side(expression, language, blank)]
    return " ".join(out)


def side(expression: Any, language: str, blank: Callable[[Blank], str] | None = None) -> str:
    """One side of a formula in one language."""
    if isinstance(expression, Blank):
        return blank(expression) if blank else "____"
    if isinstance(expression, Raw):
        return expression.latex if language == "latex" else f'"{_quoted(expression.alt or expression.latex)}"'
    return PRINTERS[language](expression)


def spoken(content: Any, scope: Any = None) -> str:
    """A content as plain text: alternative texts, bookmarks, logs."""
    return printed(content, scope, "text")


def terms(expression: Any) -> list[Any]:
    """The terms of a sum in printing order, or the expression alone."""
    if getattr(expression, "op", None) == "add":
        return list(expression.args)
    if getattr(expression, "is_Add", False):
        return list(expression.as_ordered_terms())
    if getattr(expression, "is_MatAdd", False):
        return list(expression.args)
    return [expression]


def _split(text: str) -> list[str]:
    """Texts and relations alternating; signs inside brackets do not separate."""
    parts, depth, start, at = [], 0, 0, 0
    while at < len(text):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(text[at], 0)
        match = _RELATION.match(text, at) if depth == 0 else None
        if match and not (match[0].isalpha() and at and (text[at - 1].isalnum() or text[at - 1] == "_")):
            parts += [text[start:at].strip(), match[0]]
            at = start = match.end()
        else:
            at += 1
    return [*parts, text[start:].strip()]


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
