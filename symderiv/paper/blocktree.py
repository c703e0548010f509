"""Walking and changing trees of blocks: declared symbols filled in, answers taken out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass, replace
from typing import Any

from symderiv.document import AnswerBox, Blank, Block, Figure, Prose, Tick, TickBoxes
from symderiv.paper.inline import pieces


def transform(block: Any, change: Callable[[Any], Any]) -> Any:
    """Rebuild a block (or a tuple of blocks) bottom-up; ``change`` may return None to drop a block from a tuple."""
    if type(block) is tuple:
        made = [transform(item, change) for item in block]
        if all(new is old for new, old in zip(made, block, strict=True)):
            return block
        return tuple(new for new, old in zip(made, block, strict=True) if not (new is None and isinstance(old, Block)))
    if isinstance(block, Block) and is_dataclass(block):
        parts = {f.name: transform(getattr(block, f.name), change) for f in fields(block) if f.name != "scope"}
        fresh = {name: value for name, value in parts.items() if value is not getattr(block, name)}
        return change(replace(block, **fresh) if fresh else block)
    return block


def with_scope(blocks: Iterable[Any], scope: Any) -> tuple[Any, ...]:
    """Give every block without symbols of its own the declared symbols of its problem."""

    def fill(block: Any) -> Any:
        return replace(block, scope=scope) if getattr(block, "scope", scope) is None else block

    return transform(tuple(blocks), fill) if scope is not None else tuple(blocks)


def without_answers(blocks: Iterable[Any]) -> tuple[Any, ...]:
    """The blocks as students get them: no answer boxes, no answers in blanks, no ticks.

    >>> from symderiv.document import Prose
    >>> without_answers((Blank("y", width=3, answer=4), AnswerBox((Prose("four"),))))[0].answer is None
    True
    """
    return transform(tuple(blocks), _strip)


def filled_in(block: Any) -> bool:
    """Whether a paragraph has lines to fill in or boxes to tick."""
    if not isinstance(block, Prose):
        return False
    return any(isinstance(piece, (Blank, Tick)) for piece in pieces(block.text, block.scope))


def holds_answers(blocks: Iterable[Any]) -> bool:
    """Whether anything in the blocks is meant for the staff only."""
    found = []

    def look(block: Any) -> Any:
        found.append(_strip(block) is not block)
        return block

    transform(tuple(blocks), look)
    return any(found)


def _strip(block: Any) -> Any:
    if isinstance(block, AnswerBox):
        return None
    if isinstance(block, Blank) and block.answer is not None:
        return replace(block, answer=None)
    if isinstance(block, TickBoxes) and block.ticked:
        return replace(block, ticked=())
    if isinstance(block, Tick) and block.ticked:
        return Tick()
    if isinstance(block, Figure) and block.filled is not None:
        return replace(block, filled=None)
    return block
