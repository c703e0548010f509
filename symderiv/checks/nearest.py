"""The nearest true statement to a false equation: a factor, a sign or a transpose away.

A candidate is only proposed here; it is shown only when the certifier proves it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from symderiv.errors import SymderivError

_SECONDS = 1.0  # of one candidate: help in an error message must not take long
_FACTORS = (Fraction(2), Fraction(1, 2), Fraction(-1), Fraction(-2), Fraction(-1, 2))


@dataclass(frozen=True)
class Statement:
    """An equation as a test states it: two sides, the symbols, and named parts."""

    left: Any
    right: Any
    symbols: Any = None
    where: Mapping[str, str] | None = None

    def certificate(self, certify: Callable[..., Any], seconds: float) -> Any:
        """Ask the certifier."""
        return certify(self.left, self.right, symbols=self.symbols, where=self.where or {}, seconds=seconds)


def nearest_true(
    statement: Statement, certify: Callable[..., Any], counterexample: Mapping[str, Any] | None
) -> str | None:
    """A line that tells a statement near ``statement`` that is proved, or None.

    Tried in this order: the factor between the two sides at the counterexample, the usual factors and
    signs, the transpose of the right side, with and without a sign.
    """
    for told, candidate in _candidates(statement, counterexample):
        try:
            verdict = candidate.certificate(certify, _SECONDS).verdict
        except SymderivError:
            continue
        if verdict == "proved":
            return f"nearest true statement ({told}): left = {candidate.right}"
    return None


def _candidates(statement: Statement, counterexample: Mapping[str, Any] | None) -> Iterator[tuple[str, Statement]]:
    found = _ratio(counterexample)
    factors = [found] if found is not None and found not in _FACTORS else []
    for factor in sorted((*factors, *_FACTORS), key=lambda factor: factor != found):
        told = "the sign" if factor == -1 else f"a factor {factor}"
        yield told, replace(statement, right=scaled(statement.right, factor))
    turned = transposed(statement.right)
    if turned is not None:
        yield "a transpose", replace(statement, right=turned)
        yield "a transpose and the sign", replace(statement, right=scaled(turned, Fraction(-1)))


def scaled(side: Any, factor: Fraction) -> Any:
    """``factor`` times a side: a text, an expression or a SymPy object.

    >>> scaled("a + b", Fraction(1, 2))
    '(a + b)/2'
    """
    if isinstance(side, str):
        top = {1: f"({side})", -1: f"-({side})"}.get(factor.numerator, f"{factor.numerator}*({side})")
        return top if factor.denominator == 1 else f"{top}/{factor.denominator}"
    return factor.numerator * side / factor.denominator if factor.denominator != 1 else factor.numerator * side


def transposed(side: Any) -> Any:
    """The transpose of a side, or None where it has none."""
    return f"({side}).T" if isinstance(side, str) else getattr(side, "T", None)


def _ratio(counterexample: Mapping[str, Any] | None) -> Fraction | None:
    """left / right at the counterexample, where it is one simple number for all entries."""
    if not counterexample:
        return None
    left, right = (list(_entries(counterexample.get(key))) for key in ("left", "right"))
    if not left or len(left) != len(right):
        return None
    ratios = {Fraction(a / b).limit_denominator(64) for a, b in zip(left, right, strict=True) if b != 0}
    if len(ratios) != 1:
        return None
    (ratio,) = ratios
    same = all(math.isclose(a, float(ratio) * b, rel_tol=1e-9) for a, b in zip(left, right, strict=True))
    return ratio if same and ratio not in (0, 1) else None


def _entries(value: Any) -> Iterator[float]:
    if isinstance(value, list):
        for item in value:
            yield from _entries(item)
    elif isinstance(value, int | float) and math.isfinite(value):
        yield float(value)
