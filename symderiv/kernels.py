"""Numeric kernels: the value and derivatives of a graph on whole batches of points.

A kernel is a program (``codegen.program``) whose rows are walked in blocks of the batch
that stay in cache (``codegen.blocks``).  With NumPy alone a row operation is one
ufunc call into a buffer; with numba the rolled loops are compiled.  The length of
the generated code depends on the structure of the graph, not on its number of
time steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from symderiv.backward import Tape, joined
from symderiv.codegen.runner import Runner
from symderiv.errors import KernelError, UnknownNameError
from symderiv.nodes.columns import ABSENT, Columns
from symderiv.nodes.handles import GraphLike
from symderiv.nodes.operations import INPUT

BACKENDS = ("numpy", "numba")


class Result(NamedTuple):
    """What a kernel with derivatives returns: ``value, derivative = f(…)``.

    ``derivative`` has the shape of the value; with several ``wrt`` it has one such
    array for each, along a new first axis.
    """

    value: Any
    derivative: Any


class Kernel:
    """A compiled function of a graph's inputs; made by ``Graph.kernel(y, wrt=[w])``.

    Called with one keyword (or mapping entry) for every input, numbers or arrays
    that broadcast together; returns the value, with ``wrt`` a Result.  ``backend`` is
    "numpy" or "numba", ``dtype`` float64 or float32; large batches are shared out among
    ``threads``.  With ``check=False`` nothing is refused, and the derivative of relu and
    abs at 0 is 0.

    Raises KernelError naming the input, the index and the value for a NaN or an
    infinity, and for a point at which the value or a partial does not exist.
    """

    def __init__(
        self,
        graph: GraphLike,
        output: int,
        wrt: Sequence[int] = (),
        backend: str = "numpy",
        dtype: Any = "float64",
        check: bool = True,
        threads: int = 1,
    ) -> None:
        if backend not in BACKENDS:
            raise UnknownNameError("kernel backend", backend, BACKENDS)
        self.dtype = np.dtype(dtype)
        if self.dtype.kind != "f":
            raise KernelError(f"a kernel computes in float64 or float32, not in {self.dtype}")
        if not isinstance(threads, int) or threads < 1:
            raise KernelError(f"a kernel runs in 1, 2, … threads, not in {threads!r}")
        self.graph = graph
        self.check = check
        self.wrt = tuple(wrt)
        columns, outputs = _with_derivatives(graph.columns, output, self.wrt)
        self.inputs = [graph.name_of(i) for i, code in enumerate(graph.columns.code) if code == INPUT]
        positions = [i for i, code in enumerate(graph.columns.code) if code == INPUT]
        self._run = Runner(graph, columns, positions, outputs, backend, self.dtype, check, threads)

    @property
    def backend(self) -> str:
        """What really computes: numba is given up for graphs without repeated structure that are too long for it."""
        return self._run.engine.backend

    def __call__(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Any:
        rows, shape = gather(self.inputs, {**(values or {}), **named}, self.dtype)
        found = self._run(rows, int(np.prod(shape)))
        value = found[0].reshape(shape)[()]
        if not self.wrt:
            return value
        several = found[1:].reshape((len(self.wrt), *shape))
        return Result(value, several[0][()] if len(self.wrt) == 1 else several)

    def batch(self, points: Any, out: Any = None) -> Any:
        """Values and derivatives as rows, (1 + len(wrt)) × N, from a matrix with one row for each input."""
        matrix = np.ascontiguousarray(points, self.dtype)
        if matrix.ndim != 2 or len(matrix) != len(self.inputs):
            raise KernelError(
                f"batch takes a matrix with one row for each of the {len(self.inputs)} inputs, "
                f"got the shape {matrix.shape}"
            )
        return self._run(matrix, matrix.shape[1], out)


def _with_derivatives(columns: Columns, output: int, wrt: Sequence[int]) -> tuple[Columns, list[int]]:
    if not wrt:
        return columns, [output]
    tape = Tape(columns, output)
    both = joined(columns, tape)
    positions = [tape.adjoint_of(node) for node in wrt]
    zero = both.constant(0.0) if ABSENT in positions else ABSENT
    return both, [output, *(zero if p == ABSENT else p for p in positions)]


def gather(names: Sequence[str], values: Mapping[str, Any], dtype: Any) -> tuple[list[Any], tuple[int, ...]]:
    """Input rows in order, scalars kept as such, and the common shape; KernelError for what does not fit."""
    for name in values:
        if name not in names:
            raise UnknownNameError("kernel input", name, names)
    missing = [name for name in names if name not in values]
    if missing:
        several = "s" * (len(missing) > 1)
        raise KernelError(f"no value for the input{several} {', '.join(missing[:8])}; give each by name")
    arrays = [_numbers(name, values[name], dtype) for name in names]
    try:
        shape = np.broadcast_shapes(*{a.shape for a in arrays})
    except ValueError:
        shapes = {str(a.shape): name for name, a in zip(names, arrays, strict=True)}
        text = ", ".join(f"{name} has {shape}" for shape, name in shapes.items())
        raise KernelError(f"the inputs do not broadcast together: {text}") from None
    rows = [a if a.ndim == 0 else np.ascontiguousarray(np.broadcast_to(a, shape)).reshape(-1) for a in arrays]
    return rows, shape


def _numbers(name: str, value: Any, dtype: Any) -> Any:
    found = np.asarray(value)
    if found.dtype.kind not in "fiub":
        raise KernelError(f"the input {name} is not real numbers but {found.dtype}: {value!r:.60}")
    return found.astype(dtype, copy=False)


def forward_values(graph: GraphLike, values: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every node, by name."""
    names = [graph.name_of(i) for i, code in enumerate(graph.columns.code) if code == INPUT]
    positions = [i for i, code in enumerate(graph.columns.code) if code == INPUT]
    rows, shape = gather(names, values, np.dtype("float64"))
    wanted = list(range(len(graph.columns)))
    found = Runner(graph, graph.columns, positions, wanted)(rows, int(np.prod(shape)))
    return {graph.name_of(i): found[i].reshape(shape)[()] for i in wanted}


