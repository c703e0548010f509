"""Lines of a derivation with names for long parts: the certificate is about the long form, the page shows the name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from symderiv.arguments.optimum import substitute
from symderiv.derivation import Derivation
from symderiv.document import Chain, chain
from symderiv.expressions import Expr

Names = Mapping[Expr, Expr]


def shortened(content: Any, names: Names) -> Any:
    """An expression with every part that has a name replaced by it; anything else as it is."""
    return substitute(content, names) if isinstance(content, Expr) else content


def short_chain(derivation: Derivation, names: Names, left: Any = None, numbered: bool = False) -> Chain:
    """A derivation as a block, its lines shortened."""
    block = chain(derivation, left, numbered)
    lines = tuple(replace(line, content=shortened(line.content, names)) for line in block.lines)
    return replace(block, left=shortened(block.left, names), lines=lines)
