"""Numbers for formulas, chain lines and figures, and the references to them.

Inside problem 5 they are (5.1), (5.2) … and Figure 5.1 …, so that the number of a
formula does not depend on the problems before it; elsewhere 1, 2, ….  A label
defaults to the number, so that ``@{13}`` cites the formula tagged 13.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from symderiv.document import AUTO, Bullets, Chain, Figure, Formula, Heading, Line, Prose, Table, TickBoxes, transform
from symderiv.errors import UnknownNameError
from symderiv.inline import Ref, pieces


def numbered(blocks: tuple[Any, ...], prefix: str = "") -> tuple[Any, ...]:
    """The blocks with every number set and every reference resolved.

    Raises UnknownNameError for a reference to a label nobody has.
    """
    counters = {"formula": 0, "figure": 0}
    labels: dict[str, str] = {}

    def count(kind: str, given: str | None) -> str | None:
        if given != AUTO:
            return given
        counters[kind] += 1
        return f"{prefix}.{counters[kind]}" if prefix else str(counters[kind])

    def number(block: Any) -> Any:
        if isinstance(block, (Formula, Line)) and block.tag:
            tag = count("formula", block.tag) or ""
            labels[block.label or tag] = f"({tag})"
            return replace(block, tag=tag, label=block.label or tag)
        if isinstance(block, Figure) and block.caption:
            given = count("figure", block.number) or ""
            labels[block.label or f"fig:{given}"] = f"Figure {given}"
            return replace(block, number=given, label=block.label or f"fig:{given}")
        if isinstance(block, Heading) and block.label:
            labels[block.label] = block.text
        return block

    def resolve(block: Any) -> Any:
        if isinstance(block, Ref) and not block.text:
            if block.label not in labels:
                raise UnknownNameError("label", block.label, labels, f"the reference @{{{block.label}}}")
            return replace(block, text=labels[block.label])
        return block

    return transform(transform(transform(blocks, _parsed), number), resolve)


def _parsed(block: Any) -> Any:
    """Texts as pieces, so that references in them are found."""
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
