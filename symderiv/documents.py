"""What can be printed as a document besides a document: a problem, a derivation, blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symderiv.document import Block, Document, Meta, chain
from symderiv.errors import FormatError
from symderiv.exams import problem_blocks
from symderiv.problem import Problem

DOCUMENTS = ("Document", "Problem", "Derivation", "Block")


def as_document(obj: Any) -> Document:
    """The object as a document.

    Raises FormatError for what is none.
    """
    if isinstance(obj, Document):
        return obj
    kinds = [cls.__name__ for cls in type(obj).__mro__]
    for kind, made in _MAKERS.items():
        if kind in kinds:
            return made(obj)
    raise FormatError(f"a document shows {', '.join(DOCUMENTS)}, not a {type(obj).__name__}")


def _problem(problem: Problem) -> Document:
    blocks = problem_blocks(problem, "staff")
    return Document(f"Problem {problem.number}", blocks, "Solutions", Meta(footer="Solutions"))


def _derivation(derivation: Any) -> Document:
    return Document(str(getattr(derivation, "title", "")) or "Derivation", (chain(derivation),))


def _block(block: Block) -> Document:
    return Document(type(block).__name__, (block,))


_MAKERS: dict[str, Callable[[Any], Document]] = {"Problem": _problem, "Derivation": _derivation, "Block": _block}
