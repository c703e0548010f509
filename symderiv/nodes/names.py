"""Names of nodes: what may be one, and how many inputs a text asks for.

A name becomes a SymPy symbol and part of a picture, so it must look like one:
a letter, then letters, digits and subscripts (``u_1``, ``h_t``, ``w_{ij}``,
``λ``, ``x'``).  Anything else a person wants to read at a node is its label.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from symderiv.errors import GraphError, shorten

_NAME = re.compile(r"[^\W\d_][^\W_]*(?:_(?:[^\W_]+|\{[\w,]+\}))*'*")
_VECTOR = re.compile(r"(?P<stem>[^\[\]]+)\[(?P<length>[1-9][0-9]{0,6})\]")
LONGEST_NAME = 100


def is_name(name: object) -> bool:
    """Whether a text can name a node."""
    return isinstance(name, str) and len(name) <= LONGEST_NAME and _NAME.fullmatch(name) is not None


def checked_name(name: Any) -> str:
    """The name itself; raises GraphError, pointing to ``label=``, if it cannot be one."""
    if is_name(name):
        return str(name)
    raise GraphError(
        f"{shorten(repr(name))} cannot name a node: a name is a letter followed by letters, digits and subscripts "
        f"(u_1, h_t, w_{{ij}}), at most {LONGEST_NAME} characters; any other text can be given as label="
    )


def wanted_inputs(names: str | Sequence[object]) -> list[tuple[str, int | None]]:
    """The (stem, length) of every input asked for; ``u[3]`` is a group of three, a plain name has length None.

    >>> wanted_inputs("w u[3]")
    [('w', None), ('u', 3)]
    """
    parts: Sequence[object] = names.replace(",", " ").split() if isinstance(names, str) else names
    wanted: list[tuple[str, int | None]] = []
    for part in parts:
        match = _VECTOR.fullmatch(part) if isinstance(part, str) else None
        if match:
            wanted.append((checked_name(match["stem"]), int(match["length"])))
        else:
            wanted.append((checked_name(part), None))
    return wanted
