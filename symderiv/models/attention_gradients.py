"""Derivatives of attention by query, keys and values, and how far argmax may be pushed before it changes.

With weights w, values v, keys k, scale c and mean key ``kbar = sum_i w_i k_i`` softmax pooling has
``d output / d q = c sum_i w_i v_i (k_i - kbar)^T``, ``d output / d k_j = c w_j (v_j - output) q^T`` and
``d output / d v_j = w_j I``.  Argmax pooling is constant in q and k away from ties: those derivatives are
zero, and at a tie between different values they do not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from symderiv.errors import ModelError, UnknownNameError
from symderiv.models.attention import Attention, dot

if TYPE_CHECKING:
    import sympy

    Rows = tuple[tuple[sympy.Expr, ...], ...]


@dataclass(frozen=True)
class AttentionGradients:
    """Jacobians of one output (m,): by the query (m, d), by each key (n of m, d), by each value (n of m, m).

    ``weights_by_scores`` is the Jacobian (n, n) of the pooling itself.
    """

    by_query: Rows
    by_keys: tuple[Rows, ...]
    by_values: tuple[Rows, ...]
    weights_by_scores: Rows


def gradients(result: Attention) -> AttentionGradients:
    """The derivatives of ``attend(…)`` by its query, keys and values, for similarity ``dot``.

    Raises ModelError where they do not exist: an argmax tie (whichever value is picked, a small push of the
    query picks another).

    >>> from symderiv.exact import read_matrix, read_vector
    >>> from symderiv.models.attention import attend
    >>> a = attend(read_vector([1, 1]), read_matrix([[1, 0], [0, 3]]), read_matrix([[1], [2]]), "argmax")
    >>> gradients(a).by_query, gradients(a).by_values
    (((0, 0),), (((0,),), ((1,),)))
    """
    if result.pooling not in _POOLING_JACOBIANS:
        raise UnknownNameError("pooling", result.pooling, _POOLING_JACOBIANS, "attention gradients")
    if result.weights is None or (result.pooling == "argmax" and len(result.winners) > 1):
        raise ModelError(
            f"attention gradients: keys {', '.join(map(str, result.winners))} tie for the largest score, "
            "so argmax has no derivative here; move the query off the tie"
        )
    jacobian = _POOLING_JACOBIANS[result.pooling](result)
    q, keys, values, scale = result.query, result.keys, result.values, result.scale
    width, count = range(len(values[0])), range(len(keys))
    # d output_a / d score_j = sum_i v_ia d w_i / d s_j, for every a and j
    by_scores = [[dot([values[i][a] for i in count], [jacobian[i][j] for i in count]) for j in count] for a in width]
    by_query = tuple(
        tuple(_tidy(scale * dot(by_scores[a], [keys[j][b] for j in count])) for b in range(len(q))) for a in width
    )
    by_keys = tuple(tuple(tuple(_tidy(scale * by_scores[a][j] * x) for x in q) for a in width) for j in count)
    by_values = tuple(tuple(tuple(result.weights[j] * int(a == b) for b in width) for a in width) for j in count)
    return AttentionGradients(by_query, by_keys, by_values, tuple(tuple(row) for row in jacobian))


def pull_back(upstream: Sequence[sympy.Expr], jacobian: Rows) -> tuple[sympy.Expr, ...]:
    """The vector-Jacobian product of an upstream gradient (m,) with a Jacobian (m, d)."""
    if len(upstream) != len(jacobian):
        raise ModelError(f"upstream gradient: {len(upstream)} entries, output: {len(jacobian)}; make them equal")
    return tuple(_tidy(dot(upstream, column)) for column in zip(*jacobian, strict=True))


def argmax_radius(result: Attention) -> sympy.Expr | None:
    """How far the query can move (2-norm) in every direction before the argmax winner can change.

    The winner w keeps its lead over key i up to the hyperplane ``q·(k_w - k_i) = 0``, at distance
    ``(s_w - s_i) / |k_w - k_i|``; the smallest counts.  Keys equal to the winner's never overtake; None
    where no key can.  For scores that are plain inner products.
    """
    import sympy

    first = result.winners[0]
    distances = []
    for i in result.visible:
        difference = [a - b for a, b in zip(result.keys[first], result.keys[i], strict=True)]
        length = dot(difference, difference)
        if i != first and not length.is_zero:
            distances.append((result.raw[first] - result.raw[i]) / sympy.sqrt(length))
    return sympy.Min(*distances) if distances else None


def _tidy(value: sympy.Expr) -> sympy.Expr:
    import sympy

    return sympy.together(value) if value.has(sympy.exp) or value.free_symbols else sympy.expand(value)


def _softmax_jacobian(result: Attention) -> list[list[sympy.Expr]]:
    w = result.weights or ()
    return [[w[i] * (int(i == j) - w[j]) for j in range(len(w))] for i in range(len(w))]


def _constant_jacobian(result: Attention) -> list[list[sympy.Expr]]:
    import sympy

    return [[sympy.Integer(0)] * len(result.keys) for _ in result.keys]


def _linear_jacobian(result: Attention) -> list[list[sympy.Expr]]:
    import sympy

    return [[sympy.Integer(int(i == j and i in result.visible)) for j in range(len(result.keys))]
            for i in range(len(result.keys))]


def _linear_normalized_jacobian(result: Attention) -> list[list[sympy.Expr]]:
    import sympy

    w = result.weights or ()
    total = sympy.Add(*(result.scores[i] for i in result.visible))
    seen = [int(i in result.visible) for i in range(len(w))]
    return [[(int(i == j) - w[i]) * seen[i] * seen[j] / total for j in range(len(w))] for i in range(len(w))]


_POOLING_JACOBIANS: Final[dict[str, Any]] = {
    "softmax": _softmax_jacobian,
    "argmax": _constant_jacobian,
    "mean": _constant_jacobian,
    "linear": _linear_jacobian,
    "linear_normalized": _linear_normalized_jacobian,
}
