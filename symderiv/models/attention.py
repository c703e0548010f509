"""Attention of queries over keys and values: scores, pooling weights, outputs and margins, exactly.

A query ``q`` (d,) is compared with keys ``k_1 … k_n`` (n, d); the scores become weights by a pooling
(argmax, softmax, linear, linear_normalized, mean) and the output is the weighted sum of the values (n, m).
Scaled dot-product attention: Vaswani et al. 2017, equation (1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from symderiv.errors import LimitError, ModelError, UnknownNameError
from symderiv.exact import largest, read_exact, sign

if TYPE_CHECKING:
    import sympy

    Vector = Sequence[sympy.Expr]
    Matrix = Sequence[Vector]


MAX_LEAD: Final = 100_000


@dataclass(frozen=True)
class Attention:
    """One query's result; ``weights`` and ``output`` are None where an argmax tie leaves them undefined.

    ``raw`` are the similarities, ``scores`` what the pooling sees (scaled, biased), ``visible`` the keys
    that are not masked, ``winners`` every visible position of the largest score, ``margin`` its lead
    over the best other score (None with one visible key).
    """

    query: tuple[sympy.Expr, ...]
    keys: tuple[tuple[sympy.Expr, ...], ...]
    values: tuple[tuple[sympy.Expr, ...], ...]
    pooling: str
    scale: sympy.Expr
    raw: tuple[sympy.Expr, ...]
    scores: tuple[sympy.Expr, ...]
    visible: tuple[int, ...]
    weights: tuple[sympy.Expr, ...] | None
    output: tuple[sympy.Expr, ...] | None
    winners: tuple[int, ...]
    margin: sympy.Expr | None


def dot(left: Vector, right: Vector) -> sympy.Expr:
    """The inner product of two vectors of one length."""
    import sympy

    return sympy.Add(*(a * b for a, b in zip(left, right, strict=True)))


def _cosine(left: Vector, right: Vector) -> sympy.Expr:
    import sympy

    norms = dot(left, left) * dot(right, right)
    if norms.is_zero:
        raise ModelError("cosine similarity: a zero vector has no direction; remove it or use similarity 'dot'")
    return dot(left, right) / sympy.sqrt(norms)


def _negative_squared_distance(left: Vector, right: Vector) -> sympy.Expr:
    difference = [a - b for a, b in zip(left, right, strict=True)]
    return -dot(difference, difference)


def _half_squared_distance(left: Vector, right: Vector) -> sympy.Expr:
    """The exponent of a Gaussian kernel of width 1."""
    return _negative_squared_distance(left, right) / 2


SIMILARITIES: Final[dict[str, Callable[[Vector, Vector], sympy.Expr]]] = {
    "dot": dot,
    "cosine": _cosine,
    "negative_squared_distance": _negative_squared_distance,
    "negative_half_squared_distance": _half_squared_distance,
}


def softmax(scores: Vector) -> tuple[sympy.Expr, ...]:
    """Weights exp(s_i) / sum_j exp(s_j) of exact scores.

    >>> import sympy
    >>> softmax([sympy.log(2), sympy.log(6)])
    (1/4, 3/4)
    """
    import sympy

    # shifted by the first score: rational ratios stay rational, e.g. log(2) + 5 against log(6) + 5
    lead = [sympy.expand(s - scores[0]) for s in scores]
    if any(s.is_number and abs(s.evalf(10)) > MAX_LEAD for s in lead):
        raise LimitError(f"softmax: scores differ by more than {MAX_LEAD}; scale them down, or use argmax")
    powers = [sympy.exp(s) for s in lead]
    total = sympy.Add(*powers)
    return tuple(p / total for p in powers)


def _softmax(scores: Vector, _ties: str) -> tuple[sympy.Expr, ...]:
    return softmax(scores)


def _argmax(scores: Vector, ties: str) -> tuple[sympy.Expr, ...] | None:
    import sympy

    winners = largest(scores, "argmax attention")
    if len(winners) > 1 and ties == "undefined":
        return None
    chosen = {"first": winners[:1], "last": winners[-1:], "average": winners, "undefined": winners}[ties]
    return tuple(sympy.Rational(int(i in chosen), len(chosen)) for i in range(len(scores)))


def _linear(scores: Vector, _ties: str) -> tuple[sympy.Expr, ...]:
    return tuple(scores)


def _linear_normalized(scores: Vector, _ties: str) -> tuple[sympy.Expr, ...]:
    import sympy

    total = sympy.Add(*scores)
    if sign(total) == 0:
        raise ModelError("linear_normalized pooling: the scores sum to zero; use pooling 'linear' or 'softmax'")
    return tuple(s / total for s in scores)


def _mean(scores: Vector, _ties: str) -> tuple[sympy.Expr, ...]:
    import sympy

    return (sympy.Rational(1, len(scores)),) * len(scores)


POOLINGS: Final[dict[str, Callable[[Vector, str], Any]]] = {
    "argmax": _argmax,
    "softmax": _softmax,
    "linear": _linear,
    "linear_normalized": _linear_normalized,
    "mean": _mean,
}
TIES: Final = ("first", "last", "average", "undefined")


def attend(
    query: Vector,
    keys: Matrix,
    values: Matrix,
    pooling: str = "softmax",
    *,
    scale: Any = 1,
    bias: Vector | None = None,
    mask: Sequence[bool] | None = None,
    ties: str = "first",
    similarity: str = "dot",
) -> Attention:
    """Attention of one query over keys and values, exactly.

    ``scale`` multiplies the similarities (1/sqrt(d) or 1/temperature), ``bias`` is added to them,
    ``mask[i]`` is true where key i may be seen.  ``ties`` says what argmax does with several largest
    scores: ``first``, ``last``, ``average`` or ``undefined``.  Raises ModelError for shapes that do not fit,
    a mask that hides every key or linear_normalized scores with sum zero; UnknownNameError for an unknown pooling.

    >>> from symderiv.exact import read_matrix, read_vector
    >>> a = attend(read_vector([1, 0]), read_matrix([[1, 0], [3, 1]]), read_matrix([[5], [7]]), "argmax")
    >>> a.scores, a.output, a.margin
    ((1, 3), (7,), 2)
    """
    import sympy

    _check(query, keys, values, pooling, ties, similarity)
    factor = read_exact(scale, what="scale")
    raw = tuple(sympy.expand(SIMILARITIES[similarity](query, key)) for key in keys)
    offsets = [sympy.Integer(0)] * len(keys) if bias is None else _as_long(bias, keys, "bias")
    scores = tuple(sympy.expand(factor * r + b) for r, b in zip(raw, offsets, strict=True))
    seen = [True] * len(keys) if mask is None else _as_long(mask, keys, "mask")
    visible = tuple(i for i, shown in enumerate(seen) if shown)
    if not visible:
        raise ModelError(f"mask: all {len(keys)} keys are hidden from the query; leave at least one visible")
    kept = [scores[i] for i in visible]
    inner = POOLINGS[pooling](kept, ties)
    weights = None if inner is None else _spread(inner, visible, len(keys))
    output = None if weights is None else tuple(dot(weights, column) for column in zip(*values, strict=True))
    winners, margin = _winners(kept, visible, pooling)
    return Attention(
        tuple(query), tuple(map(tuple, keys)), tuple(map(tuple, values)), pooling, factor, raw, scores,
        visible, weights, output, winners, margin,
    )


def _spread(inner: Sequence[Any], visible: Sequence[int], length: int) -> tuple[sympy.Expr, ...]:
    import sympy

    weights = [sympy.Integer(0)] * length
    for position, weight in zip(visible, inner, strict=True):
        weights[position] = weight
    return tuple(weights)


def _winners(kept: Vector, visible: Sequence[int], pooling: str) -> tuple[tuple[int, ...], sympy.Expr | None]:
    """Positions of the largest score and its lead; for free symbols only argmax needs (and checks) an order."""
    if pooling != "argmax" and any(s.free_symbols for s in kept):
        return (), None
    best = largest(kept, "scores")
    others = [s for i, s in enumerate(kept) if i != best[0]]
    margin = kept[best[0]] - others[largest(others)[0]] if others else None
    return tuple(visible[i] for i in best), margin


def _as_long(items: Sequence[Any], keys: Matrix, what: str) -> Sequence[Any]:
    if len(items) != len(keys):
        raise ModelError(f"{what}: {len(items)} entries for {len(keys)} keys; give one entry per key")
    return items


def _check(query: Vector, keys: Matrix, values: Matrix, pooling: str, ties: str, similarity: str) -> None:
    for kind, name, known in (
        ("pooling", pooling, tuple(POOLINGS)),
        ("tie rule", ties, TIES),
        ("similarity", similarity, tuple(SIMILARITIES)),
    ):
        if name not in known:
            raise UnknownNameError(kind, str(name), known, "attention")
    if not keys or len(keys) != len(values):
        raise ModelError(f"attention: {len(keys)} keys and {len(values)} values; give one value per key, at least one")
    for i, key in enumerate(keys):
        if len(key) != len(query):
            raise ModelError(f"attention: key {i} has {len(key)} entries and the query {len(query)}; make them equal")
    if len({len(value) for value in values}) != 1:
        raise ModelError("attention: the values differ in length; make them equally long")
