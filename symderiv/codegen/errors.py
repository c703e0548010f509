"""Why a kernel refused a point: which input, which index, which operation.

Runs only after something went wrong: the block is computed again, one
instruction at a time, until one leaves the finite numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symderiv.codegen.program import Program, called
from symderiv.elementwise import array_function
from symderiv.errors import KernelError
from symderiv.nodes.columns import Columns
from symderiv.nodes.handles import GraphLike
from symderiv.nodes.operations import CONSTANT, OPERATIONS

SHOWN_INPUTS = 6


def explain(graph: GraphLike, columns: Columns, program: Program, x: list[Any], low: int) -> None:
    """Raise KernelError for what is wrong with a block whose first point is ``low``; return if nothing is."""
    _explain_input(graph, program, x, low)
    _explain_value(graph, columns, program, x, low)


def _explain_input(graph: GraphLike, program: Program, x: list[Any], low: int) -> None:
    """Raise KernelError if an input is NaN or infinite, naming it, the index and the value."""
    for position, row in zip(program.inputs, x, strict=True):
        bad = np.flatnonzero(~np.isfinite(row))
        if bad.size:
            index = int(bad[0])
            raise KernelError(
                f"the input {graph.name_of(position)} is {row[index]} at index {low + index} of the batch; "
                "a kernel takes finite numbers (check=False computes with it)"
            )


def _explain_value(graph: GraphLike, columns: Columns, program: Program, x: list[Any], low: int) -> None:
    """Raise KernelError for the first instruction whose value does not exist; return if all values are finite."""
    size = len(x[0]) if x else 1
    buffers = [np.full(size, program.constants.get(row, 0.0)) for row in range(program.buffers)]
    results = [np.zeros(size) for _ in range(program.outputs)]
    rows = (x, results, buffers)
    infinite: tuple[int, int] | None = None
    with np.errstate(all="ignore"):
        for at, (code, operands) in enumerate(zip(program.codes, program.operands, strict=True)):
            *arguments, out = (rows[cls][row] for cls, row in operands)
            before = [np.array(a, copy=True) for a in arguments]
            ufunc = OPERATIONS[code].ufunc
            (array_function(ufunc) if ufunc else called(code))(*arguments, out)
            bad = np.flatnonzero(~np.isfinite(out))
            if not bad.size:
                continue
            index = int(bad[0])
            overflow = np.isinf(out[index]) and all(np.isfinite(b[index]) for b in before)
            if overflow and not _undefined(OPERATIONS[code].name, [b[index] for b in before]):
                infinite = infinite or (at, index)
                continue
            if infinite is None:
                raise _error(graph, columns, program, at, [float(b[index]) for b in before], x, low, index)
    if infinite is not None and not all(np.isfinite(row).all() for row in results):
        at, index = infinite
        raise _error(graph, columns, program, at, [], x, low, index)


def _undefined(name: str, arguments: list[Any]) -> bool:
    """Whether an infinite value is a point outside the domain rather than a number too large."""
    return (name in ("div", "pow") and arguments[-1 if name == "div" else 0] == 0) or (
        name in ("log", "reciprocal") and arguments[0] == 0
    )


_REASONS = {
    "log": "log exists for positive numbers",
    "sqrt": "sqrt exists for numbers ≥ 0",
    "div": "division by zero",
    "reciprocal": "division by zero",
    "step": "the function has a kink or a jump at 0, so its partial does not exist there",
    "sign": "the function has a kink or a jump at 0, so its partial does not exist there",
    "pow": "a power of a negative number, or a negative power of 0, does not exist",
}


def _error(
    graph: GraphLike,
    columns: Columns,
    program: Program,
    at: int,
    arguments: list[float],
    x: list[Any],
    low: int,
    index: int,
) -> KernelError:
    name = OPERATIONS[program.codes[at]].name
    reason = _REASONS.get(name, "the value does not exist") if arguments else "the value is too large for a float"
    given = f" of {', '.join(f'{a:g}' for a in arguments)}" if arguments else ""
    shown = [f"{graph.name_of(p)} = {row[index]:g}" for p, row in zip(program.inputs, x, strict=True)][:SHOWN_INPUTS]
    more = ", …" if len(x) > SHOWN_INPUTS else ""
    return KernelError(
        f"{_where(graph, columns, program.nodes[at])}: {name}{given} at index {low + index} of the batch "
        f"({', '.join(shown)}{more}): {reason}; leave such points out, or pass check=False"
    )


def _where(graph: GraphLike, columns: Columns, node: int) -> str:
    """A forward node by its name; an adjoint node by the first forward node it is made from."""
    if node < len(graph.columns):
        return f"at node {graph.name_of(node)!r}"
    names = [
        graph.name_of(a) for a in columns.arguments(node) if a < len(graph.columns) and columns.code[a] != CONSTANT
    ]
    return f"in the partial at {' and '.join(map(repr, names))}" if names else "in an adjoint"


