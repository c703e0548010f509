"""Running a program with NumPy alone: ufunc calls on blocks of points that stay in cache.

Checking is nearly free: an invalid operation, a division by zero or an overflow
raises a floating-point flag that NumPy reports, a jump yields NaN, and inputs are
looked at only where a NaN or an infinity could vanish on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symderiv.codegen.buffers import buffers_of
from symderiv.codegen.numpy_source import numpy_parts
from symderiv.codegen.program import Program

# a ufunc call costs as much as the arithmetic of 2000 points; larger blocks than these gain nothing more
SMALLEST_BLOCK, LARGEST_BLOCK = 2048, 12_288
BUFFER_BYTES = 64 << 20


class Blocks:
    """A program as NumPy calls: ``run(rows, out, start, stop)`` does the points from start to stop.

    ``explain(rows, start)`` is called with the input rows of a block in which something is wrong; it raises, or
    returns if the results are good.
    """

    backend = "numpy"

    def __init__(self, program: Program, dtype: Any, check: bool, explain: Callable[[list[Any], int], None]) -> None:
        self.program, self.dtype, self.check, self.explain = program, dtype, check, explain
        self._parts = numpy_parts(program, check)
        self._looks = check and not program.faithful
        wanted = BUFFER_BYTES // (dtype.itemsize * max(program.buffers, 1))
        self.smallest = max(SMALLEST_BLOCK, min(LARGEST_BLOCK, wanted))

    def prepared(self, rows: Any, _: int) -> Any:
        """Input rows as they come: a matrix, or a list of rows and scalars."""
        return rows

    def run(self, rows: Any, out: Any, start: int, stop: int) -> None:
        """Fill the columns of ``out`` from start to stop."""
        count = max(1, -(-(stop - start) // self.smallest))
        size = max(1, -(-(stop - start) // count))
        buffers = buffers_of(self.program, size, self.dtype)
        matrix = rows if isinstance(rows, np.ndarray) else None
        filled = [(row, True) if row.ndim else (np.full(size, row), False) for row in rows] if matrix is None else []
        flags: Any = "raise" if self.check else "ignore"
        with np.errstate(divide=flags, invalid=flags, over=flags, under="ignore"):
            for low in range(start, stop, size):
                high = min(stop, low + size)
                if matrix is not None:
                    x = list(matrix[:, low:high])
                else:
                    x = [row[low:high] if whole else row[: high - low] for row, whole in filled]
                self._block(x, list(out[:, low:high]), list(buffers[:, : high - low]), low)

    def _block(self, x: list[Any], g: list[Any], b: list[Any], low: int) -> None:
        try:
            if self._looks:
                _look(x)
            for part in self._parts:
                part(x, g, b)
            if self.check:
                _look(g if self.program.jumps else g[:1])
        except FloatingPointError:
            self.explain(x, low)
            with np.errstate(all="ignore"):  # the flags were raised on the way; the results are finite
                for part in self._parts:
                    part(x, g, b)


def _look(rows: list[Any]) -> None:
    """Raise FloatingPointError where a row holds a NaN or an infinity; a sum is finite only for finite numbers."""
    with np.errstate(all="ignore"):
        for row in rows:
            if not np.isfinite(row.sum()) and not np.isfinite(row).all():
                raise FloatingPointError
