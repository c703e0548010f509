"""Numeric kernels: the value and derivatives of a graph on whole batches of points.

A kernel is a program (``kernel_program``) whose rows are walked in blocks of the batch
that stay in cache.  With NumPy alone a row operation is one ufunc call into a
buffer; with numba the rolled loops are compiled.  The length of the generated
code depends on the structure of the graph, not on its number of time steps.

Checking is nearly free: an invalid operation, a division by zero or an overflow
raises a floating-point flag that NumPy reports, a jump yields NaN, and inputs are
looked at only where a NaN or an infinity could vanish on the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from symderiv.backward import Tape, joined
from symderiv.kernel_source import compiled, loop_source, numpy_parts
from symderiv.columns import ABSENT, Columns
from symderiv.kernel_errors import explain, explain_input
from symderiv.errors import KernelError, ToolError, UnknownNameError
from symderiv.handles import GraphLike
from symderiv.kernel_program import Program, compile_program
from symderiv.operations import INPUT

BACKENDS = ("numpy", "numba")
CACHE_BYTES = 4 << 20
SMALLEST_BLOCK, LARGEST_BLOCK = 1024, 8192
LOOP_BLOCK = 256
LONGEST_LOOPS = 600  # lines; numba's time is not linear in the length of a function


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
    "numpy" or "numba", ``dtype`` float64 or float32.  With ``check=False`` nothing is
    refused, and the derivative of relu and abs at 0 is 0.

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
    ) -> None:
        if backend not in BACKENDS:
            raise UnknownNameError("kernel backend", backend, BACKENDS)
        self.dtype = np.dtype(dtype)
        if self.dtype.kind != "f":
            raise KernelError(f"a kernel computes in float64 or float32, not in {self.dtype}")
        self.graph = graph
        self.check = check
        self.wrt = tuple(wrt)
        columns, outputs = _with_derivatives(graph.columns, output, self.wrt)
        self.inputs = [graph.name_of(i) for i, code in enumerate(graph.columns.code) if code == INPUT]
        positions = [i for i, code in enumerate(graph.columns.code) if code == INPUT]
        self._run = Runner(graph, columns, compile_program(columns, positions, outputs), backend, self.dtype, check)

    @property
    def backend(self) -> str:
        """What really computes: numba is given up for graphs without repeated structure that are too long for it."""
        return self._run.backend

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
                f"batch takes a matrix with one row for each of the {len(self.inputs)} inputs, got the shape {matrix.shape}"
            )
        return self._run(matrix, matrix.shape[1], out)


class Runner:
    """A program with its compiled parts; called with input rows (a matrix, or a list of rows and scalars)."""

    def __init__(
        self, graph: GraphLike, columns: Columns, program: Program, backend: str, dtype: Any, check: bool
    ) -> None:
        self.graph, self.columns, self.program, self.dtype, self.check = graph, columns, program, dtype, check
        self.backend = backend
        self._parts: list[Any] = []
        self._loops: Any = None
        self._table = np.zeros(1, np.int64)
        if backend == "numba":
            self._compile_loops()
        if self._loops is None:
            self.backend = "numpy"
            self._parts = numpy_parts(program, check)
        rows = program.buffers + len(program.inputs) + program.outputs
        self.block = max(SMALLEST_BLOCK, min(LARGEST_BLOCK, CACHE_BYTES // (self.dtype.itemsize * max(rows, 1))))

    def _compile_loops(self) -> None:
        written = loop_source(self.program, self.check)
        if written is None or len(written[0].lines) > LONGEST_LOOPS:
            return
        try:
            import numba
        except ImportError as missing:
            raise ToolError("the numba backend needs numba; pip install numba, or use backend='numpy'") from missing
        import math

        source, table = written
        source.names.update(math=math, UNDECIDED=float("nan") if self.check else 0.0)
        self._loops = numba.njit(compiled(source)["run"], error_model="numpy", fastmath={"contract"})
        self._table = np.asarray(table or [0], np.int64)

    def __call__(self, rows: Any, total: int, out: Any = None) -> Any:
        shape = (self.program.outputs, total)
        if out is None:
            out = np.empty(shape, self.dtype)
        elif out.shape != shape or out.dtype != self.dtype:
            raise KernelError(f"out has the shape {out.shape} and type {out.dtype}; wanted {shape} and {self.dtype}")
        if self._loops is not None:
            self._in_loops(rows, total, out)
        else:
            self._in_blocks(rows, total, out)
        return out

    def _buffers(self, size: int) -> Any:
        found = np.empty((max(self.program.buffers, 1), size), self.dtype)
        for row, number in self.program.constants.items():
            found[row] = number
        return found

    def _in_loops(self, rows: Any, total: int, out: Any) -> None:
        matrix = rows if isinstance(rows, np.ndarray) else np.empty((len(rows), total), self.dtype)
        if matrix is not rows:
            for row, values in enumerate(rows):
                matrix[row] = values
        self._loops(matrix, out, self._buffers(LOOP_BLOCK), LOOP_BLOCK, self._table)
        if self.check and not (np.isfinite(out.sum()) and np.isfinite(matrix.sum())):
            self._explain_bad(matrix, out)

    def _explain_bad(self, matrix: Any, out: Any) -> None:
        """Find the first bad point by running its block again, one instruction at a time."""
        explain_input(self.graph, self.program, list(matrix), 0)
        bad = np.flatnonzero(~np.isfinite(out).all(axis=0))
        if bad.size:
            point = int(bad[0])
            explain(self.graph, self.columns, self.program, [row[point : point + 1] for row in matrix], point)

    def _in_blocks(self, rows: Any, total: int, out: Any) -> None:
        blocks = max(1, -(-total // self.block))
        size = max(1, -(-total // blocks))
        buffers = self._buffers(size)
        look = self.check and not self.program.faithful
        flags = "raise" if self.check else "ignore"
        fixed = list(buffers)
        filled = None if isinstance(rows, np.ndarray) else [_filled(r, size) for r in rows]
        with np.errstate(divide=flags, invalid=flags, over=flags, under="ignore"):
            for low in range(0, total, size):
                high = min(total, low + size)
                if high - low < size:
                    fixed = [row[: high - low] for row in fixed]
                if filled is None:
                    x = list(rows[:, low:high])
                else:
                    x = [r[low:high] if full else r[: high - low] for r, full in filled]
                g = list(out[:, low:high])
                try:
                    if look:
                        _look(x)
                    for part in self._parts:
                        part(x, g, fixed)
                    if self.check:
                        self._look_at_results(g, out[:, low:high])
                except FloatingPointError:
                    explain_input(self.graph, self.program, x, low)
                    explain(self.graph, self.columns, self.program, x, low)
                    with np.errstate(all="ignore"):  # flags only on the way: the results are finite
                        for part in self._parts:
                            part(x, g, fixed)

    def _look_at_results(self, g: list[Any], block: Any) -> None:
        checked = block if self.program.jumps else g[0]
        if not np.isfinite(checked.sum()) and not np.isfinite(checked).all():
            raise FloatingPointError


def _look(x: list[Any]) -> None:
    for row in x:
        # one pass over data that is needed in cache anyway; the sum of squares is finite for finite rows
        if not np.isfinite(np.dot(row, row)) and not np.isfinite(row).all():
            raise FloatingPointError


def _filled(row: Any, size: int) -> tuple[Any, bool]:
    """A row and whether it is a whole one; a single number fills a block once."""
    return (row, True) if row.ndim else (np.full(size, row), False)


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
        raise KernelError(f"no value for the input{'s' * (len(missing) > 1)} {', '.join(missing[:8])}; give each by name")
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
    program = compile_program(graph.columns, positions, wanted)
    found = Runner(graph, graph.columns, program, "numpy", np.dtype("float64"), True)(rows, int(np.prod(shape)))
    return {graph.name_of(i): found[i].reshape(shape)[()] for i in wanted}


