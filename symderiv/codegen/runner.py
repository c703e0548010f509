"""Running a compiled program on a batch, block by block, and checking what comes out.

Checking is nearly free: an invalid operation, a division by zero or an overflow
raises a floating-point flag that NumPy reports, a jump yields NaN, and inputs are
looked at only where a NaN or an infinity could vanish on the way.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symderiv.codegen.errors import explain, explain_input
from symderiv.codegen.loop_source import loop_source
from symderiv.codegen.numpy_source import numpy_parts
from symderiv.codegen.program import Program
from symderiv.codegen.source import compiled
from symderiv.errors import KernelError, ToolError
from symderiv.nodes.columns import Columns
from symderiv.nodes.handles import GraphLike

CACHE_BYTES = 8 << 20
# above 10 000 numbers a dot product of OpenBLAS wakes its threads, which takes longer than the product
SMALLEST_BLOCK, LARGEST_BLOCK = 4096, 8192
LOOP_BLOCK = 256
LONGEST_LOOPS = 600  # lines; numba's time is not linear in the length of a function


class Runner:
    """A program with its compiled parts; called with input rows (a matrix, or a list of rows and scalars)."""

    def __init__(
        self, graph: GraphLike, columns: Columns, program: Program, backend: str, dtype: Any, check: bool
    ) -> None:
        self.graph, self.columns, self.program, self.dtype, self.check = graph, columns, program, dtype, check
        self._loops: Any = None
        self._table = np.zeros(1, np.int64)
        if backend == "numba":
            self._compile_loops()
        self.backend = "numpy" if self._loops is None else "numba"
        self._parts = numpy_parts(program, check) if self._loops is None else []
        self._looks = check and not program.faithful
        rows = program.buffers + len(program.inputs) + program.outputs
        wanted = CACHE_BYTES // (dtype.itemsize * max(rows, 1))
        self.block = max(SMALLEST_BLOCK, min(LARGEST_BLOCK, wanted))

    def _compile_loops(self) -> None:
        written = loop_source(self.program)
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
        """Output rows, one column for each of the ``total`` points."""
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
        matrix = rows
        if not isinstance(rows, np.ndarray):
            matrix = np.empty((len(rows), total), self.dtype)
            for row, values in enumerate(rows):
                matrix[row] = values
        self._loops(matrix, out, self._buffers(LOOP_BLOCK), LOOP_BLOCK, self._table)
        if self.check and not (np.isfinite(out.sum()) and (not self._looks or np.isfinite(matrix.sum()))):
            explain_input(self.graph, self.program, list(matrix), 0)
            for point in np.flatnonzero(~np.isfinite(out).all(axis=0))[:1]:
                x = [row[point : point + 1] for row in matrix]
                explain(self.graph, self.columns, self.program, x, int(point))

    def _in_blocks(self, rows: Any, total: int, out: Any) -> None:
        size = -(-total // max(1, -(-total // self.block))) if total else 1
        buffers = self._buffers(size)
        matrix = rows if isinstance(rows, np.ndarray) else None
        filled = [(row, True) if row.ndim else (np.full(size, row), False) for row in rows] if matrix is None else []
        flags: Any = "raise" if self.check else "ignore"
        with np.errstate(divide=flags, invalid=flags, over=flags, under="ignore"):
            for low in range(0, total, size):
                high = min(total, low + size)
                if matrix is not None:
                    self._block(list(matrix[:, low:high]), out[:, low:high], buffers, low)
                else:
                    x = [row[low:high] if whole else row[: high - low] for row, whole in filled]
                    self._block(x, out[:, low:high], buffers, low)

    def _block(self, x: list[Any], g2: Any, b2: Any, low: int) -> None:
        b2 = b2[:, : g2.shape[1]]
        g, b = list(g2), list(b2)
        try:
            if self._looks:
                _look(x)
            for part in self._parts:
                part(x, g, b, g2, b2)
            if self.check:
                _look(g if self.program.jumps else g[:1])
        except FloatingPointError:
            explain_input(self.graph, self.program, x, low)
            explain(self.graph, self.columns, self.program, x, low)
            with np.errstate(all="ignore"):  # the flags were raised on the way; the results are finite
                for part in self._parts:
                    part(x, g, b, g2, b2)


def _look(rows: list[Any]) -> None:
    """Raise FloatingPointError where a row holds a NaN or an infinity.

    One pass over data that is needed in cache anyway: a sum of squares is finite
    only for finite rows; where it is not, the row is looked at entry by entry.
    """
    with np.errstate(all="ignore"):
        for row in rows:
            if not np.isfinite(np.dot(row, row)) and not np.isfinite(row).all():
                raise FloatingPointError
