"""Running a program as loops that numba compiles."""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from symderiv.codegen.buffers import Memory, buffers_of
from symderiv.codegen.loop_source import Loops, loop_source
from symderiv.codegen.program import Program
from symderiv.codegen.source import compiled
from symderiv.errors import ToolError

FAR_BYTES = 8 << 20  # results that a cache can hold stay in it
NEAR_BLOCK, FAR_BLOCK = 512, 1024  # points: for the first cache; for longer pieces of memory
LONGEST = 600  # lines; numba's time is not linear in the length of a function


class CompiledLoops:
    """A program whose results are copied, as machine code; see ``Blocks`` for ``run`` and ``explain``."""

    backend = "numba"
    smallest = FAR_BLOCK

    def __init__(
        self, program: Program, loops: Loops, dtype: Any, check: bool, explain: Callable[[list[Any], int], None]
    ) -> None:
        import numba

        from symderiv.codegen import streams

        self.program, self.dtype, self.check, self.explain = program, dtype, check, explain
        self._memory = Memory()
        self._looks = check and not program.faithful
        self._buffers = loops.buffers
        self._table = np.asarray(loops.table or [0], np.int64)
        helpers = {name: getattr(streams, name) for name in ("begin", "weigh", "send", "prefetch", "settle")}
        undecided = math.nan if check else 0.0
        loops.source.names.update(helpers, math=math, integer=np.intp, UNDECIDED=undecided)
        run = compiled(loops.source)["run"]
        self._run = numba.njit(run, error_model="numpy", fastmath={"contract"}, nogil=True)

    def prepared(self, rows: Any, total: int) -> Any:
        """Input rows as one matrix."""
        if isinstance(rows, np.ndarray):
            return rows
        matrix = self._memory.matrix(len(rows), total, self.dtype)
        for row, values in enumerate(rows):
            matrix[row] = values
        return matrix

    def run(self, matrix: Any, out: Any, start: int, stop: int) -> None:
        """Fill the columns of ``out`` from start to stop."""
        far = out.nbytes > FAR_BYTES
        size = FAR_BLOCK if far else NEAR_BLOCK
        buffers = buffers_of(self.program, size, self.dtype, self._buffers)
        reported, weight = self._run(matrix, out, buffers, start, stop, size, self._table, far, self._looks)
        if self.check and (reported or not math.isfinite(weight)):
            for low in range(start, stop, FAR_BLOCK):
                self.explain(list(matrix[:, low : min(stop, low + FAR_BLOCK)]), low)


def loops_of(program: Program) -> Loops | None:
    """The loops of a program that numba can and should compile; None otherwise.

    Raises ToolError where numba is not installed.
    """
    loops = loop_source(program)
    if loops is None or len(loops.source.lines) > LONGEST:
        return None
    if not find_spec("numba"):
        raise ToolError("the numba backend needs numba; pip install numba, or use backend='numpy'")
    return loops
