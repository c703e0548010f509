"""Columns as SymPy expressions in the inputs: unfolded as built, or expanded as a polynomial.

Both first count, on the columns, how large the result would be, and refuse with
that number.  Expansion goes through SymPy's sparse polynomial ring node by node,
so that equal monomials merge at once and no product is ever multiplied out
twice; a tree walk over the unfolded expression would grow with the number of
paths.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from symderiv.errors import LimitError
from symderiv.nodes.columns import Columns
from symderiv.nodes.operations import CODES, CONSTANT, INPUT, OPERATIONS, slot_symbols

EXPRESSION_LIMIT = 20_000
DEPTH_LIMIT = 300
EXPANSION_LIMIT = 30_000_000
_HUGE = 10**300

Leaf = Callable[[int], Any]


@cache
def template(code: int) -> Any:
    """The SymPy expression of an operation over its slot symbols."""
    import sympy as sp

    row = OPERATIONS[code]
    return row.template(sp, *slot_symbols(row.arity))


def number(value: Any) -> Any:
    """A constant of a graph as a SymPy number; fractions stay exact."""
    import sympy as sp

    return sp.Rational(value.numerator, value.denominator) if isinstance(value, (int, Fraction)) else sp.sympify(value)


def written(columns: Columns, leaf: Leaf, index: int, arguments: Sequence[Any]) -> Any:
    """The value of a node as an expression of the given arguments."""
    code = columns.code[index]
    if code in (INPUT, CONSTANT):
        return leaf(index)
    return template(code).xreplace(dict(zip(slot_symbols(len(arguments)), arguments, strict=True)))


def tree_size(columns: Columns, order: Sequence[int]) -> tuple[int, int]:
    """How many operations the last node of ``order`` has as a tree, and how deep it is."""
    size: dict[int, int] = {}
    depth: dict[int, int] = {}
    for node in order:
        arguments = columns.arguments(node)
        size[node] = min(1 + sum(size[a] for a in arguments), _HUGE)
        depth[node] = 1 + max((depth[a] for a in arguments), default=-1)
    return size[order[-1]], depth[order[-1]]


def unfolded(columns: Columns, leaf: Leaf, index: int, what: str, limit: int = EXPRESSION_LIMIT) -> Any:
    """A node in the inputs, not expanded.

    Raises LimitError where the tree would have more than ``limit`` operations; the
    message says how many, counted on the columns before anything is built.
    """
    order = columns.ancestors(index)
    size, depth = tree_size(columns, order)
    if size > limit or depth > DEPTH_LIMIT:
        raise LimitError(
            f"the expression {what} in the inputs would have about {size:.3g} operations nested {depth} deep "
            f"(limits {limit} and {DEPTH_LIMIT}); look at definition() and edges(), which stay small, "
            "or evaluate with kernel()"
        )
    found: dict[int, Any] = {}
    for node in order:
        found[node] = written(columns, leaf, node, [found[a] for a in columns.arguments(node)])
    return found[index]


def expanded(columns: Columns, leaf: Leaf, index: int, what: str, limit: int = EXPRESSION_LIMIT) -> Any:
    """A node in the inputs, multiplied out where it is a polynomial, else as built; LimitError as for ``unfolded``."""
    import sympy as sp
    from sympy.polys.rings import ring

    order = columns.ancestors(index)
    if not all(_polynomial(columns, node) for node in order):
        return unfolded(columns, leaf, index, what, limit)
    inputs = [node for node in order if columns.code[node] == INPUT]
    _refuse_swell(columns, order, len(inputs), what)
    if not inputs:
        return unfolded(columns, leaf, index, what, limit)
    symbols = [leaf(node) for node in inputs]
    domain, *generators = ring(symbols, sp.QQ)
    found: dict[int, Any] = dict(zip(inputs, generators, strict=True))
    for node in order:
        code = columns.code[node]
        if code == CONSTANT:
            value = Fraction(columns.number(node))
            found[node] = domain(sp.QQ(value.numerator, value.denominator))
        elif code != INPUT:
            found[node] = _POLYNOMIAL[OPERATIONS[code].name](*(found[a] for a in columns.arguments(node))) if (
                OPERATIONS[code].name in _POLYNOMIAL
            ) else _composed(domain, template(code), [found[a] for a in columns.arguments(node)])
    return found[index].as_expr()


_POLYNOMIAL: dict[str, Callable[..., Any]] = {
    "identity": lambda a: a,
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "neg": lambda a: -a,
    "square": lambda a: a**2,
}


@cache
def _polynomial_template(code: int) -> Any:
    """The template as a sympy.Poly in its slots with rational coefficients, or None."""
    import sympy as sp

    slots = slot_symbols(OPERATIONS[code].arity)
    if not slots or not template(code).is_polynomial(*slots):
        return None
    found = sp.Poly(template(code), *slots)
    return found if found.domain in (sp.ZZ, sp.QQ) else None


def _polynomial(columns: Columns, node: int) -> bool:
    code = columns.code[node]
    if code == CONSTANT:
        return isinstance(columns.number(node), (int, Fraction))
    return code == INPUT or OPERATIONS[code].name in _POLYNOMIAL or _polynomial_template(code) is not None


def _composed(domain: Any, polynomial: Any, arguments: list[Any]) -> Any:
    """A polynomial template at polynomial arguments."""
    import sympy as sp

    total = domain.zero
    for powers, coefficient in sp.Poly(polynomial, *slot_symbols(len(arguments))).terms():
        term = domain(sp.QQ(coefficient.p, coefficient.q))
        for argument, power in zip(arguments, powers, strict=True):
            term *= argument**power
        total += term
    return total


def _refuse_swell(columns: Columns, order: Sequence[int], inputs: int, what: str) -> None:
    """Bound the monomials of every node by its operands' and by its degree; refuse too much work."""
    terms: dict[int, int] = {}
    degree: dict[int, int] = {}
    work = 0
    for node in order:
        code = columns.code[node]
        arguments = columns.arguments(node)
        if code in (INPUT, CONSTANT):
            terms[node], degree[node] = 1, int(code == INPUT)
            continue
        if code in (CODES["add"], CODES["sub"]):
            degree[node] = max(degree[a] for a in arguments)
            count = effort = sum(terms[a] for a in arguments)
        elif code == CODES["mul"]:
            degree[node] = sum(degree[a] for a in arguments)
            count = effort = math.prod(terms[a] for a in arguments)
        else:
            powers = _polynomial_template(code).monoms()
            degree[node] = max(sum(p * degree[a] for p, a in zip(m, arguments, strict=True)) for m in powers)
            count = effort = sum(
                min(_HUGE, math.prod(terms[a] ** p for p, a in zip(m, arguments, strict=True))) for m in powers
            )
        degree[node] = min(degree[node], _HUGE)
        bound = math.comb(degree[node] + inputs, inputs) if degree[node] * inputs < 10_000 else degree[node] + 1
        terms[node] = min(count, max(bound, degree[node] + 1) if inputs > 1 else degree[node] + 1, _HUGE)
        work += min(effort, _HUGE)
    if work * max(inputs, 1) > EXPANSION_LIMIT:
        raise LimitError(
            f"expanding the expression {what} in its {inputs} inputs would take about {work:.3g} products of monomials "
            f"and leave up to {terms[order[-1]]:.3g} terms (limit {EXPANSION_LIMIT} exponents); "
            "look at edges(), which stay small, or evaluate with kernel()"
        )
