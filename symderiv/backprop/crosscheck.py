"""Three independent routes to a derivative, compared on random points.

The generated kernel; ``sympy.lambdify`` of SymPy's own derivative of the unfolded
expression, which shares nothing with the columns but the node definitions; and
differences of the kernel's value, five points to a derivative (error h⁴), as far as two steps agree about them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symderiv.kernels import Kernel
from symderiv.nodes import views
from symderiv.nodes.expansion import tree_size
from symderiv.nodes.handles import GraphLike
from symderiv.nodes.partials import slope

POINTS = 64
DIRECT_LIMIT, DIRECT_DEPTH = 3_000, 50  # operations, and nesting, of an expression that SymPy is asked to differentiate
_STEP = 5e-4


@dataclass(frozen=True)
class Crosscheck:
    """The largest relative errors over the points and variables; ``direct`` is None where SymPy was not asked."""

    points: int
    direct: float | None
    differences: float

    def agrees(self, tolerance: float = 1e-7) -> bool:
        """Whether all routes that ran agree."""
        return self.differences <= tolerance and (self.direct is None or self.direct <= 1e-2 * tolerance)


def crosscheck(
    graph: GraphLike,
    output: Any,
    wrt: Sequence[Any],
    points: int = POINTS,
    span: tuple[float, float] = (0.3, 1.2),
    seed: int = 0,
) -> Crosscheck:
    """Compare the kernel's derivatives with direct differentiation and with differences.

    The points are uniform in ``span`` for every input.  Raises KernelError where the
    graph is not defined on all of it.
    """
    position = graph.position(output)
    nodes = [graph.position(node) for node in wrt]
    kernel = Kernel(graph, position, nodes)
    values = np.random.default_rng(seed).uniform(*span, (len(kernel.inputs), points))
    found = kernel.batch(values)[1:]
    direct = _direct_error(graph, position, nodes, kernel.inputs, values, found)
    return Crosscheck(points, direct, _difference_error(graph, position, nodes, kernel.inputs, values, found))


def _direct_error(
    graph: GraphLike, output: int, nodes: list[int], inputs: list[str], values: Any, found: Any
) -> float | None:
    import sympy as sp

    size, depth = tree_size(graph.columns, graph.columns.ancestors(output))
    if size > DIRECT_LIMIT or depth > DIRECT_DEPTH:
        return None
    expression = views.expression(graph, output)
    symbols = [views.symbol(graph, graph.position(name)) for name in inputs]
    real = [sp.Symbol(f"input_{k}", real=True) for k in range(len(symbols))]
    expression = expression.xreplace(dict(zip(symbols, real, strict=True)))
    worst = 0.0
    for node, row in zip(nodes, found, strict=True):
        derivative = slope(expression, real[inputs.index(graph.name_of(node))])
        other = at_points(real, derivative, values)
        if other is None:
            return None
        worst = max(worst, _relative(row, other))
    return worst


def at_points(symbols: Sequence[Any], expression: Any, values: Sequence[Any]) -> Any:
    """An expression on arrays of values, by SymPy's own route; None where NumPy and SciPy lack a function of it."""
    import sympy as sp

    try:
        return sp.lambdify(symbols, expression, modules=["numpy", "scipy"], cse=True)(*values)
    except (NameError, TypeError, ValueError, AttributeError):
        return None


def _difference_error(
    graph: GraphLike, output: int, nodes: list[int], inputs: list[str], values: Any, found: Any
) -> float:
    value = Kernel(graph, output)
    worst = 0.0
    for node, row in zip(nodes, found, strict=True):
        at = inputs.index(graph.name_of(node))

        def shifted(steps: int, at: int = at) -> Any:
            moved = values.copy()
            moved[at] += steps * _STEP
            return value.batch(moved)[0]

        near, middle, far = ((shifted(k) - shifted(-k)) / (2 * k * _STEP) for k in (1, 2, 4))
        fine, coarse = (4 * near - middle) / 3, (4 * middle - far) / 3
        # the two quotients differ by sixteen times what the finer one is off, at a kink and in rounding by more
        unsure = np.abs(fine - coarse)
        worst = max(worst, float(np.max((np.abs(row - fine) - unsure) / np.maximum(1.0, np.abs(row)))))
    return max(worst, 0.0)


def _relative(one: Any, other: Any) -> float:
    return float(np.max(np.abs(one - other) / np.maximum(1.0, np.abs(one))))
