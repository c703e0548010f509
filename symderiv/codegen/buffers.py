"""Memory of a run: matrices that start with a cache line, used again when nobody holds them, and a program's buffers.

A large array that is new to the process costs more than the arithmetic that fills
it: the system clears its pages one by one.
"""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from symderiv.codegen.program import Program

LINE = 64  # bytes
LARGE_BYTES = 1 << 20  # smaller arrays are recycled by the allocator


class Memory:
    """Makes matrices; the memory of the last large one is used again once the matrix and all views of it are gone."""

    def __init__(self) -> None:
        self._kept: tuple[Any, Any] | None = None  # the memory, and a weak reference to the array all views rest on

    def matrix(self, rows: int, columns: int, dtype: Any) -> Any:
        """An empty matrix that starts with a cache line: an access of the processor's width then never needs two."""
        size = rows * columns * dtype.itemsize
        kept, self._kept = self._kept, None  # nobody else can take it meanwhile
        fits = kept is not None and kept[1]() is None and size + LINE <= len(kept[0]) <= 2 * size
        memory: Any = kept[0] if kept is not None and fits else np.empty(size + LINE, np.uint8)
        # views of an array rest on the array that owns the memory, but not on what lies behind a memoryview
        root = np.frombuffer(memoryview(memory), np.uint8)
        if size >= LARGE_BYTES:
            self._kept = memory, weakref.ref(root)
        start = -root.ctypes.data % LINE
        return root[start : start + size].view(dtype).reshape(rows, columns)


def buffers_of(program: Program, columns: int, dtype: Any, rows: int = 0) -> Any:
    """Buffers for so many points (or a few more, in whole cache lines) with the constants filled in.

    At least ``rows`` of them, where a writer of code needs more than the program.
    """
    whole = LINE // dtype.itemsize
    found = Memory().matrix(max(rows, program.buffers), -(-columns // whole) * whole, dtype)
    for row, number in program.constants.items():
        found[row] = number
    return found
