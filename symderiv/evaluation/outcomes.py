"""Every outcome of the random symbols of an expression, with its probability.

Finite laws are enumerated.  A normal or uniform law is replaced by quadrature
nodes that give every moment up to the degree of the expression exactly (Gauss–
Hermite, Gauss–Legendre); a function that is not a polynomial is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial, reduce
from itertools import product
from typing import Any

import flint
import numpy as np

from symderiv.errors import LimitError
from symderiv.evaluation import jets
from symderiv.evaluation.array_functions import inverse, smooth
from symderiv.evaluation.fields import BALLS, FLOAT, LEADING, Point
from symderiv.evaluation.jets import Array
from symderiv.expressions import Expr

Evaluate = Callable[[Expr, Point], Array]
Nodes = tuple[list[Any], list[Any]]

_LINEAR = frozenset(["neg", "T", "tr", "diag", "diagonal", "col", "sum", "mean", "E"])
_PRODUCTS = frozenset({"mul", "matmul", "outer"})


def outcomes(e: Expr, at: Point, evaluate: Evaluate, limit: int) -> tuple[dict[Expr, Array], Array]:
    """Values of the random symbols and the weights, with the outcomes on the first axis.

    Raises LimitError where there are more than ``limit`` outcomes or no exact nodes.
    """
    symbols = random_leaves(e)
    draws = [_draw(s, e, at, evaluate, limit) for s in symbols]
    counts = [jets.plain(w).shape[0] for _, w in draws]
    total = int(np.prod(counts, dtype=int)) if counts else 1
    if total > limit:
        raise LimitError(f"{total} outcomes are more than the limit of {limit}")
    grid = np.indices(counts).reshape(len(counts), -1) if counts else np.zeros((0, 1), dtype=int)
    picked = [(_taken(v, grid[k]), _taken(w, grid[k])) for k, (v, w) in enumerate(draws)]
    start: Array = at.number(1).reshape(*[1] * (LEADING + 1))
    weights = reduce(jets.multiply, (w for _, w in picked), start)
    return {s: v for s, (v, _) in zip(symbols, picked, strict=True)}, weights


def _taken(a: Array, places: Any) -> Array:
    return jets.linear(lambda x: x[places], a)


def _last(a: Array, k: int) -> Array:
    return jets.linear(lambda x: x[..., k], a)


def random_leaves(e: Expr) -> list[Expr]:
    """The random symbols of a tree, in a fixed order."""
    found: dict[Expr, None] = {}
    seen: set[Expr] = set()

    def visit(t: Expr) -> None:
        if t in seen:
            return
        seen.add(t)
        if t.op == "sym" and t.data.random:
            found[t] = None
        for a in t.args:
            visit(a)

    visit(e)
    return list(found)


def degree(e: Expr, s: Expr) -> int | None:
    """Degree of an expression as a polynomial in a symbol's entries; None where it is not one."""
    if e is s:
        return 1
    parts = [degree(a, s) for a in e.args]
    known = [p for p in parts if p is not None]
    if len(known) < len(parts):
        return None
    if not any(known):
        return 0
    if e.op == "add" or e.op in _LINEAR:
        return max(known)
    if e.op in _PRODUCTS or (e.op == "div" and not known[1]):
        return sum(known)
    if e.op == "pow" and e.args[1].op == "num" and e.args[1].data.denominator == 1 and e.args[1].data > 0:
        # ‖x‖² is a polynomial although ‖x‖ is not
        return known[0] * int(e.args[1].data)
    return 2 * known[0] if e.op in ("var", "Var", "Cov") else None


def _polynomial(e: Expr, s: Expr) -> int | None:
    """The degree, looking through squares of norms and at covariances of both sides."""
    if e.op == "pow" and e.args[0].op == "norm" and e.args[1].op == "num" and e.args[1].data % 2 == 0:
        inner = _polynomial(e.args[0].args[0], s)
        return None if inner is None else inner * int(e.args[1].data)
    if not e.args or e.op in ("pow",):
        return degree(e, s)
    parts = [_polynomial(a, s) for a in e.args]
    if any(p is None for p in parts):
        return None
    known = [p for p in parts if p is not None]
    if e.op == "add" or e.op in _LINEAR:
        return max(known)
    if e.op in _PRODUCTS or (e.op == "div" and not known[1]):
        return sum(known)
    if e.op in ("Var", "Cov", "var"):
        return 2 * max(known)
    return 0 if not any(known) else None


def _draw(s: Expr, e: Expr, at: Point, evaluate: Evaluate, limit: int) -> tuple[Array, Array]:
    """(values, weights) of one symbol; both with the outcomes first, then the leading axes."""
    shape = at.shape(s.shape)
    law = {
        name: evaluate(value, at) if name == "cov" else _spread(evaluate(value, at), len(value.shape), shape)
        for name, value in s.data.law
        if isinstance(value, Expr)
    }
    entries = int(np.prod(shape, dtype=int))
    name = s.data.distribution.name
    if name == "one_hot":
        return _one_hot(law["q"], shape, at, limit)
    nodes = _nodes(name, s, e, at)
    count = len(nodes[0])
    if count**entries > limit:
        raise LimitError(f"{count}^{entries} outcomes of {s.data.name} are more than the limit of {limit}")
    choices = np.array(list(product(range(count), repeat=entries)), dtype=int).reshape(-1, entries)
    dtype = float if at.field is FLOAT else object
    points, weights = np.array(nodes[0], dtype=dtype), nodes[1]
    grid = points[choices].reshape(len(choices), *[1] * LEADING, *shape)
    if name == "bernoulli":
        return grid, _bernoulli_weights(grid, law["p"], shape, at)
    table = np.array(weights, dtype=dtype)
    w = table[choices].prod(axis=1).reshape(len(choices), *[1] * LEADING)
    return _placed(name, grid, law, shape, at), w


def _bernoulli_weights(grid: Array, p: Array, shape: tuple[int, ...], at: Point) -> Array:
    each = jets.add(jets.multiply(grid, p), jets.multiply(1 - grid, jets.add(jets.negative(p), jets.plain(p) * 0 + 1)))
    flat = jets.linear(lambda x: x.reshape(*x.shape[: x.ndim - len(shape)], -1), each)
    n = int(np.prod(shape, dtype=int))
    return reduce(jets.multiply, (_last(flat, k) for k in range(n)))


def _spread(a: Array, rank: int, shape: tuple[int, ...]) -> Array:
    """A parameter with ``rank`` axes of its own over all entries of its symbol."""

    def f(x: Array) -> Array:
        lead = x.shape[: x.ndim - rank]
        x = x.reshape(*lead, *[1] * (len(shape) - rank), *x.shape[x.ndim - rank :])
        return np.broadcast_to(x, (*lead, *shape))

    return jets.linear(f, a)


def _one_hot(q: Array, shape: tuple[int, ...], at: Point, limit: int) -> tuple[Array, Array]:
    k, rows = shape[-1], int(np.prod(shape[:-1], dtype=int))
    if k**rows > limit:
        raise LimitError(f"{k}^{rows} outcomes of a one-hot symbol are more than the limit of {limit}")
    choices = np.array(list(product(range(k), repeat=rows)), dtype=int).reshape(-1, rows)
    one, zero = at.number(1)[0], at.number(0)[0]
    unit = np.array([[one if i == j else zero for j in range(k)] for i in range(k)])
    grid = unit[choices].reshape(len(choices), *[1] * LEADING, *shape)
    hit = jets.linear(lambda x: x.sum(axis=-1), jets.multiply(grid, q))
    flat = jets.linear(lambda x: x.reshape(*x.shape[: x.ndim - len(shape) + 1], rows), hit)
    return grid, reduce(jets.multiply, (_last(flat, r) for r in range(rows)))


def _nodes(name: str, s: Expr, e: Expr, at: Point) -> Nodes:
    number = at.field.number
    if name == "bernoulli":
        return [number(Fraction(0)), number(Fraction(1))], []
    if name == "rademacher":
        half = number(Fraction(1, 2))
        return [number(Fraction(-1)), number(Fraction(1))], [half, half]
    d = _polynomial(e, s)
    if d is None:
        raise LimitError(f"the expectation is not of a polynomial in {s.data.name}")
    size = d // 2 + 1
    if at.field is FLOAT:
        family = np.polynomial.hermite_e.hermegauss if name == "normal" else np.polynomial.legendre.leggauss
        x, w = family(size)
        return list(x), list(w / w.sum())
    if at.field is not BALLS:
        raise LimitError("the nodes of a normal or uniform law are not rational")
    table = _HERMITE if name == "normal" else _LEGENDRE
    if size not in table:
        raise LimitError(f"no exact nodes for degree {d}")
    return table[size]()


def _arb(p: int, q: int = 1) -> Any:
    return flint.arb(flint.fmpq(p, q))


def _symmetric(pairs: list[tuple[Any, Any]], middle: Any = None) -> Nodes:
    x = [v for a, _ in pairs for v in (a, -a)] + ([_arb(0)] if middle is not None else [])
    w = [b for _, b in pairs for _ in range(2)] + ([middle] if middle is not None else [])
    return x, w


_ROOT6, _ROOT10 = _arb(6).sqrt(), _arb(10).sqrt()
# weights sum to one; Abramowitz & Stegun 25.4 (Legendre, on [−1, 1]) and 25.10 (Hermite, unit variance)
_HERMITE: dict[int, Callable[[], Nodes]] = {
    1: lambda: ([_arb(0)], [_arb(1)]),
    2: lambda: _symmetric([(_arb(1), _arb(1, 2))]),
    3: lambda: _symmetric([(_arb(3).sqrt(), _arb(1, 6))], _arb(2, 3)),
    4: lambda: _symmetric(
        [((3 - _ROOT6).sqrt(), 1 / (4 * (3 - _ROOT6))), ((3 + _ROOT6).sqrt(), 1 / (4 * (3 + _ROOT6)))]
    ),
    5: lambda: _symmetric(
        [((5 - _ROOT10).sqrt(), (7 + 2 * _ROOT10) / 60), ((5 + _ROOT10).sqrt(), (7 - 2 * _ROOT10) / 60)], _arb(8, 15)
    ),
}
_LEGENDRE: dict[int, Callable[[], Nodes]] = {
    1: lambda: ([_arb(0)], [_arb(1)]),
    2: lambda: _symmetric([(1 / _arb(3).sqrt(), _arb(1, 2))]),
    3: lambda: _symmetric([(_arb(3, 5).sqrt(), _arb(5, 18))], _arb(4, 9)),
}


def _placed(name: str, grid: Array, law: dict[str, Array], shape: tuple[int, ...], at: Point) -> Array:
    """Standard nodes moved to the law's place: mean + std·z, mean + Lz, (a + b)/2 + (b − a)/2·z."""
    if name == "rademacher":
        return grid
    if name == "uniform":
        a, b = law["a"], law["b"]
        half = jets.linear(lambda x: x / 2, jets.add(b, jets.negative(a)))
        return jets.add(jets.add(a, half), jets.multiply(half, grid))
    if "cov" in law and shape:
        factor = _cholesky(law["cov"], at)
        grid = jets.linear(lambda x: x[..., 0], jets.bilinear(np.matmul, factor, grid[..., None]))
    elif "cov" in law:
        grid = jets.multiply(smooth("sqrt", law["cov"], at), grid)
    elif "std" in law:
        grid = jets.multiply(law["std"], grid)
    return jets.add(grid, law["mean"]) if "mean" in law else grid


def _cholesky(a: Array, at: Point) -> Array:
    """Lower triangular L with L Lᵀ = A."""
    base = np.linalg.cholesky if at.field is FLOAT else partial(_entry_by_entry, root=at.field.functions["sqrt"])
    return jets.cholesky(a, base, lambda x: inverse(x, at))


def _entry_by_entry(a: Array, root: Callable[[Array], Array]) -> Array:
    """The Cholesky factor of balls, as NumPy's routine takes floats only."""
    lower = np.zeros_like(a)
    for i in range(a.shape[-1]):
        for j in range(i + 1):
            rest = a[..., i, j] - (lower[..., i, :j] * lower[..., j, :j]).sum(axis=-1)
            lower[..., i, j] = root(rest) if i == j else rest / lower[..., j, j]
    return lower
