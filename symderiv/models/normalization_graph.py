"""Batch and layer normalization as computational graphs, operation by operation.

The same layer as ``models.normalization``, built from means, squares and one root, so that the backward pass
shows where the gradient goes: every input reaches every output through the mean and through the variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from symderiv.adjoints import Backward
from symderiv.errors import ModelError
from symderiv.functions import sqrt
from symderiv.graph import Graph

KINDS = ("batch", "layer")


@dataclass(frozen=True)
class NormalizationGraph:
    """The graph with its backward pass from ``L = g_1 y_1 + … + g_m y_m``, g the gradient that arrives.

    ``inputs`` are the names of the values normalised, ``scales`` and ``shifts`` those of gamma and beta: one of each
    for a batch, one per value for a layer.
    """

    graph: Graph
    backward: Backward
    inputs: tuple[str, ...]
    scales: tuple[str, ...]
    shifts: tuple[str, ...]


def normalization_graph(count: int, kind: str = "batch") -> NormalizationGraph:
    """The graph of ``count`` values of one feature over a batch, or of the features of one sample (``layer``).

    Raises ModelError for fewer than two values or another kind.

    >>> made = normalization_graph(2)
    >>> str(made.backward.adjoint("y_1"))
    'g_1'
    """
    if kind not in KINDS:
        raise ModelError(f"normalization graph: {kind!r} is no kind; known: {', '.join(KINDS)}")
    if count < 2:
        raise ModelError(f"normalization graph: {count} values have no spread; give at least two")
    graph = Graph(f"{kind} normalization of {count} values")
    xs, gs = (_row(graph, stem, count) for stem in ("x", "g"))
    scales, shifts = (_row(graph, stem, count if kind == "layer" else 1) for stem in ("gamma", "beta"))
    (epsilon,) = graph.inputs("epsilon")
    mean = graph.node("mu", _total(xs) / count)
    centred = [graph.node(f"c_{i}", x - mean) for i, x in enumerate(xs, 1)]
    variance = graph.node("v", _total([c**2 for c in centred]) / count)
    spread = graph.node("s", sqrt(variance + epsilon))
    hats = [graph.node(f"x_hat_{i}", c / spread) for i, c in enumerate(centred, 1)]
    shared = count // len(scales)
    outputs = [
        graph.node(f"y_{i}", gamma * hat + beta)
        for i, (gamma, hat, beta) in enumerate(zip(scales * shared, hats, shifts * shared, strict=True), 1)
    ]
    loss = graph.node("L", _total([g * y for g, y in zip(gs, outputs, strict=True)]))
    names = [tuple(graph.name_of(h.index) for h in handles) for handles in (xs, scales, shifts)]
    return NormalizationGraph(graph, graph.backward(loss), *names)


def _row(graph: Graph, stem: str, count: int) -> list[Any]:
    names = [stem] if count == 1 else [f"{stem}_{i}" for i in range(1, count + 1)]
    return list(graph.inputs(names))


def _total(values: Sequence[Any]) -> Any:
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total
