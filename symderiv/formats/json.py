"""A document as JSON: its blocks as a tree, mathematics as text and as LaTeX."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any

from symderiv.document import Block, Meta
from symderiv.formats import FORMATS, Format
from symderiv.paper.documents import DOCUMENTS, as_document
from symderiv.paper.mathematics import PRINTERS, RELATIONS, sides
from symderiv.paper.numbering import numbered

_MATHEMATICS = {"content", "left"}
_DRAWINGS = {"drawing", "filled"}


def render_json(obj: Any) -> str:
    """The tree of a document; every block has its ``kind``."""
    document = as_document(obj)
    tree = {"version": 1, "title": document.title, "subtitle": document.subtitle, "meta": _plain(document.meta, None),
            "blocks": [_plain(block, None) for block in numbered(document.blocks)]}  # fmt: skip
    return json.dumps(tree, indent=1, ensure_ascii=False) + "\n"


def _plain(value: Any, scope: Any) -> Any:
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, (tuple, list)):
        return [_plain(item, scope) for item in value]
    if isinstance(value, (Block, Meta)) and is_dataclass(value):
        inner = getattr(value, "scope", None) or scope
        record: dict[str, Any] = {"kind": type(value).__name__} if isinstance(value, Block) else {}
        for part in fields(value):
            content = getattr(value, part.name)
            if part.name in _DRAWINGS:
                record[part.name] = None if content is None else type(content).__name__
            elif part.name in _MATHEMATICS:
                record[part.name] = _content(content, inner)
            elif part.name != "scope":
                record[part.name] = _plain(content, inner)
        return record
    return _mathematics(value)


def _content(value: Any, scope: Any) -> Any:
    """A formula's content: one expression, or sides and relations in order."""
    chained = isinstance(value, (tuple, list)) and any(isinstance(v, str) and v in RELATIONS for v in value)
    if isinstance(value, str) or chained:
        found, relations = sides(value, scope)
        out = [_content(found[0], scope)]
        for relation, side in zip(relations, found[1:], strict=True):
            out += [relation, _content(side, scope)]
        return out if relations else out[0]
    return _plain(value, scope) if isinstance(value, Block) else _mathematics(value)


def _mathematics(value: Any) -> Any:
    return {"text": PRINTERS["text"](value), "latex": PRINTERS["latex"](value)}


FORMATS.add("json", Format("json", DOCUMENTS, render_json, "the tree of blocks (documents)"))
