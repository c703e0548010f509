"""Running columns on a batch: the backend, the threads, and the error that names a bad point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np

from symderiv.codegen.blocks import Blocks
from symderiv.codegen.buffers import Memory
from symderiv.codegen.errors import explain
from symderiv.codegen.loops import CompiledLoops, loops_of
from symderiv.codegen.program import compile_program
from symderiv.errors import KernelError
from symderiv.nodes.columns import Columns, no_collection
from symderiv.nodes.handles import GraphLike

THREAD_WORK = 1_000_000  # operations on points that are worth starting a thread


class Runner:
    """Compiled columns; called with input rows (a matrix, or a list of rows and scalars).

    ``inputs`` and ``outputs`` are positions in the columns.  With several threads each takes a range of the
    points; the results are the same numbers.
    """

    def __init__(
        self,
        graph: GraphLike,
        columns: Columns,
        inputs: Sequence[int],
        outputs: Sequence[int],
        backend: str = "numpy",
        dtype: Any = "float64",
        check: bool = True,
        threads: int = 1,
    ) -> None:
        self.dtype, self.threads = np.dtype(dtype), threads
        self._memory = Memory()
        with no_collection():
            copied = compile_program(columns, inputs, outputs, copied=True) if backend == "numba" else None
            loops = loops_of(copied) if copied else None
            self.program = copied if copied and loops else compile_program(columns, inputs, outputs)
            tell = partial(explain, graph, columns, self.program)
            self.engine: Blocks | CompiledLoops = (
                CompiledLoops(self.program, loops, self.dtype, check, tell)
                if loops
                else Blocks(self.program, self.dtype, check, tell)
            )

    def __call__(self, rows: Any, total: int, out: Any = None) -> Any:
        """Output rows, one column for each of the ``total`` points."""
        shape = (self.program.outputs, total)
        if out is None:
            out = self._memory.matrix(*shape, self.dtype)
        elif out.shape != shape or out.dtype != self.dtype:
            raise KernelError(f"out has the shape {out.shape} and type {out.dtype}; wanted {shape} and {self.dtype}")
        if not out.flags.c_contiguous:
            out[...] = self(rows, total)
            return out
        rows = self.engine.prepared(rows, total)
        ranges = self._ranges(total)
        if len(ranges) == 1:
            self.engine.run(rows, out, 0, total)
            return out
        run: Callable[..., None] = self.engine.run
        with ThreadPoolExecutor(len(ranges)) as pool:
            for done in [pool.submit(run, rows, out, *each) for each in ranges]:
                done.result()
        return out

    def _ranges(self, total: int) -> list[tuple[int, int]]:
        work = total * len(self.program.codes)
        count = max(1, min(self.threads, work // THREAD_WORK, total // self.engine.smallest))
        bounds = [total * k // count for k in range(count + 1)]
        return list(zip(bounds, bounds[1:], strict=False))
