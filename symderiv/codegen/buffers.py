"""Memory of a run: matrices that start with a cache line, and the buffers of a program."""

from __future__ import annotations

from typing import Any

import numpy as np

from symderiv.codegen.program import Program

LINE = 64  # bytes


def aligned(rows: int, columns: int, dtype: Any) -> Any:
    """An empty matrix that starts with a cache line: an access of the processor's width then never needs two."""
    size = rows * columns * dtype.itemsize
    raw = np.empty(size + LINE, np.uint8)
    start = -raw.ctypes.data % LINE
    return raw[start : start + size].view(dtype).reshape(rows, columns)


def buffers_of(program: Program, columns: int, dtype: Any, rows: int = 0) -> Any:
    """Buffers for so many points (or a few more, in whole cache lines) with the constants filled in.

    At least ``rows`` of them, where a writer of code needs more than the program.
    """
    whole = LINE // dtype.itemsize
    found = aligned(max(rows, program.buffers), -(-columns // whole) * whole, dtype)
    for row, number in program.constants.items():
        found[row] = number
    return found
