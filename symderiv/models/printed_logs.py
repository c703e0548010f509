"""Printed log-probabilities: which probabilities a rounded label allows, and which labels printed sums force.

A label such as -0.35 with two decimals stands for an interval of log p; the probabilities of siblings sum
to one, so a row of labels may be impossible under a way of rounding.  Sums of labels along paths are a
linear system over the edges of a tree: it says which labels are forced, which stay free, where it
contradicts itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from symderiv.errors import ModelError, UnknownNameError
from symderiv.exact import compare

Edge = tuple[str, ...]

# how far below and above the printed number log p may lie, in units of the last decimal
ROUNDINGS: Final[dict[str, tuple[Fraction, Fraction]]] = {
    "nearest": (Fraction(-1, 2), Fraction(1, 2)),
    "toward_zero": (Fraction(-1), Fraction(0)),
    "down": (Fraction(0), Fraction(1)),
}


@dataclass(frozen=True)
class SiblingCheck:
    """Whether printed log-probabilities of siblings can come from probabilities that sum to one.

    ``low`` and ``high`` are the least and largest sum of the probabilities the labels allow (SymPy numbers);
    ``simple`` lists the first probability's values that are multiples of 1/100 and print all labels as they
    stand (two siblings).
    """

    labels: tuple[Fraction, ...]
    rounding: str
    possible: bool
    low: Any
    high: Any
    simple: tuple[Fraction, ...]


def printed(probability: Fraction, decimals: int = 2, rounding: str = "nearest") -> Fraction:
    """The number that log p prints as.

    >>> printed(Fraction(7, 10)), printed(Fraction(7, 10), rounding="toward_zero")
    (Fraction(-9, 25), Fraction(-7, 20))
    """
    import sympy

    low, _ = _bounds(rounding)
    if not 0 < probability <= 1:
        raise ModelError(f"log-probability of {probability}: a probability must lie in (0, 1]")
    unit = 10**decimals
    scaled = sympy.log(sympy.Rational(probability)) * unit
    # log p of a rational p is irrational unless p = 1, so there is no tie to break
    return Fraction(int(sympy.floor(scaled - sympy.Rational(low))), unit)


def sibling_check(labels: Sequence[Fraction], decimals: int = 2, rounding: str = "nearest") -> SiblingCheck:
    """Can these printed log-probabilities belong to all children of one node?

    Raises ModelError for a positive label, UnknownNameError for an unknown rounding.

    >>> sibling_check([Fraction("-0.35"), Fraction("-1.20")]).possible
    False
    """
    import sympy

    low, high = _bounds(rounding)
    if not labels or max(labels) > 0:
        raise ModelError(f"log-probabilities {', '.join(map(str, labels))}: each must be at most 0")
    unit = Fraction(1, 10**decimals)
    below = sympy.Add(*(sympy.exp(sympy.Rational(label + low * unit)) for label in labels))
    above = sympy.Add(*(sympy.exp(sympy.Rational(min(label + high * unit, Fraction(0)))) for label in labels))
    possible = compare(below, sympy.Integer(1)) <= 0 <= compare(above, sympy.Integer(1))
    simple = tuple(
        p for p in (Fraction(i, 100) for i in range(1, 100))
        if len(labels) == 2 and [printed(q, decimals, rounding) for q in (p, 1 - p)] == list(labels)
    )
    return SiblingCheck(tuple(labels), rounding, possible, below, above, simple)


def _bounds(rounding: str) -> tuple[Fraction, Fraction]:
    if rounding not in ROUNDINGS:
        raise UnknownNameError("rounding", rounding, ROUNDINGS)
    return ROUNDINGS[rounding]


@dataclass(frozen=True)
class PathCheck:
    """A printed sum beside the sum of the labels along its path (None where a label is free)."""

    path: Edge
    printed: Fraction
    computed: Fraction | None

    @property
    def agrees(self) -> bool | None:
        """Whether they are equal; None where a label on the path is not known."""
        return None if self.computed is None else self.computed == self.printed


@dataclass(frozen=True)
class Reconstruction:
    """What printed labels and sums say about a tree's edges.

    An edge is named by the path that ends with it.  ``known`` were printed, ``forced`` follow from the sums
    (taking every printed sum as the sum of printed labels), ``free`` stay open; ``conflicts`` are the
    printed sums that contradict what came before them.
    """

    known: Mapping[Edge, Fraction]
    forced: Mapping[Edge, Fraction]
    free: tuple[Edge, ...]
    conflicts: tuple[PathCheck, ...]
    checks: tuple[PathCheck, ...]

    @property
    def labels(self) -> dict[Edge, Fraction]:
        """All labels that are known or forced."""
        return {**self.known, **self.forced}


def reconstruct_tree(sums: Mapping[Edge, Fraction], known: Mapping[Edge, Fraction]) -> Reconstruction:
    """The edge labels that printed sums along paths force, given the labels that are printed.

    ``sums[path]`` is the printed total at the end of a path, ``known[path]`` the label of its last edge.
    Exact elimination over the edges; a sum that contradicts earlier ones is left out and reported.

    >>> r = reconstruct_tree({("a",): Fraction(-1), ("a", "b"): Fraction(-3)}, {})
    >>> r.forced[("a", "b")]
    Fraction(-2, 1)
    """
    edges = sorted({path[: i + 1] for path in [*sums, *known] for i in range(len(path))}, key=lambda e: (len(e), e))
    rows: list[tuple[dict[Edge, Fraction], Fraction]] = []
    conflicts: list[Edge] = []
    for edge, value in known.items():
        _absorb(rows, {edge: Fraction(1)}, value)
    for path, total in sums.items():
        if not _absorb(rows, {path[: i + 1]: Fraction(1) for i in range(len(path))}, total):
            conflicts.append(path)
    solved = {next(iter(row)): value for row, value in rows if len(row) == 1}
    forced = {e: solved[e] for e in edges if e in solved and e not in known}
    checks = [_check(path, total, {**known, **forced}) for path, total in sums.items()]
    return Reconstruction(
        dict(known), forced, tuple(e for e in edges if e not in solved),
        tuple(c for c in checks if c.path in conflicts), tuple(checks),
    )


def _check(path: Edge, total: Fraction, labels: Mapping[Edge, Fraction]) -> PathCheck:
    edges = [path[: i + 1] for i in range(len(path))]
    known = all(e in labels for e in edges)
    return PathCheck(path, total, sum((labels[e] for e in edges), Fraction(0)) if known else None)


def _absorb(rows: list[tuple[dict[Edge, Fraction], Fraction]], row: dict[Edge, Fraction], value: Fraction) -> bool:
    """Add an equation to rows in reduced echelon form; False where it contradicts them."""
    for pivot_row, pivot_value in rows:
        pivot = next(iter(pivot_row))
        factor = row.get(pivot, Fraction(0))
        if factor:
            row = _combine(row, pivot_row, -factor)
            value -= factor * pivot_value
    if not row:
        return value == 0
    pivot = max(row, key=lambda e: (len(e), e))
    scale = row[pivot]
    row = {pivot: Fraction(1), **{e: c / scale for e, c in row.items() if e != pivot}}
    value /= scale
    for i, (other, total) in enumerate(rows):
        factor = other.get(pivot, Fraction(0))
        if factor:
            rows[i] = (_combine(other, row, -factor), total - factor * value)
    rows.append((row, value))
    return True


def _combine(left: dict[Edge, Fraction], right: dict[Edge, Fraction], factor: Fraction) -> dict[Edge, Fraction]:
    """left + factor·right without zero entries, left's pivot staying first."""
    total = {e: left.get(e, Fraction(0)) + factor * right.get(e, Fraction(0)) for e in [*left, *right]}
    return {e: c for e, c in total.items() if c}
