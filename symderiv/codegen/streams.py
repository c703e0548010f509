"""Moving rows between a block and memory, for the numba backend: results past the cache, inputs ahead of their use.

A result row that does not fit the cache is written in whole cache lines that
bypass it, so that no line is read only to be overwritten; an input row is asked
for a few repeats before its turn.  Both are hints of LLVM (``!nontemporal`` and
``llvm.prefetch``) that every processor understands or ignores.  What went wrong
on the way is read from the processor's floating-point flags, as NumPy does.
"""

from __future__ import annotations

import ctypes
import platform
from typing import Any

from llvmlite import ir
from numba import carray, njit, types
from numba.extending import intrinsic

from symderiv.codegen.buffers import LINE

# FE_INVALID, FE_DIVBYZERO and FE_OVERFLOW of fenv.h; elsewhere only what shows in the value is noticed
_REPORTS = {"x86_64": 0b1101, "aarch64": 0b0111, "arm64": 0b0111}.get(platform.machine(), 0)


def _of_fenv(name: str) -> Any:
    """A function int → int of the C library."""
    if not _REPORTS:
        return njit(lambda bits: 0)
    function = getattr(ctypes.CDLL(None), name)
    function.argtypes, function.restype = [ctypes.c_int], ctypes.c_int
    return function


_clear, _reported = _of_fenv("feclearexcept"), _of_fenv("fetestexcept")


def _line_copier(far: bool) -> Any:
    """Copies a line from one address to another, which is a multiple of LINE; a far one is not kept in the cache."""

    def copy(typing: Any, target: Any, origin: Any) -> Any:
        def generate(context: Any, builder: Any, _: Any, addresses: Any) -> Any:
            line = ir.VectorType(ir.IntType(64), LINE // 8)
            to, start = (builder.inttoptr(address, line.as_pointer()) for address in addresses)
            value = builder.load(start)
            value.align = 4
            stored = builder.store(value, to)
            stored.align = LINE
            if far:
                stored.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))
            return context.get_dummy_value()

        return types.void(types.intp, types.intp), generate

    return intrinsic(copy)


_near_line, _far_line = _line_copier(False), _line_copier(True)


@intrinsic
def _prefetch_line(typing: Any, address: Any) -> Any:
    """Ask for the cache line at an address, for reading, into the second level."""

    def generate(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        call = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        read, level, data = 0, 2, 1
        flags = [ir.Constant(number, flag) for flag in (read, level, data)]
        builder.call(call, [builder.inttoptr(arguments[0], byte), *flags])
        return context.get_dummy_value()

    return types.void(types.intp), generate


@intrinsic
def _fence(typing: Any) -> Any:
    """Wait until every line is written; other threads may read them then."""

    def generate(context: Any, builder: Any, _: Any, __: Any) -> Any:
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def _pointer(typing: Any, address: Any, zero: Any) -> Any:
    """An address as a pointer to numbers of the type of ``zero``."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

    return types.CPointer(zero)(types.intp, zero), generate


@njit(fastmath={"reassoc"})
def weigh(address: int, count: int, zero: Any) -> float:
    """The sum of a piece of a row: finite only for finite numbers."""
    row = carray(_pointer(address, zero), count)
    total = zero
    for j in range(count):
        total += row[j]
    return total


@njit
def send(to: int, address: int, count: int, far: bool, zero: Any) -> None:
    """Copy a piece of a row into a result, in whole cache lines of it; ``far``: past the cache."""
    target, row = carray(_pointer(to, zero), count), carray(_pointer(address, zero), count)
    width = row.itemsize
    head = min(count, (-to % LINE) // width)
    done = head + (count - head) * width // LINE * (LINE // width)
    for j in range(head):
        target[j] = row[j]
    if far:
        for at in range(head * width, done * width, LINE):
            _far_line(to + at, address + at)
    else:
        for at in range(head * width, done * width, LINE):
            _near_line(to + at, address + at)
    for j in range(done, count):
        target[j] = row[j]


@njit
def prefetch(address: int, size: int) -> None:
    """Ask for bytes that will be read soon."""
    for at in range(0, size, LINE):
        _prefetch_line(address + at)


@njit
def begin() -> None:
    """Forget what the processor reported before a run."""
    _clear(_REPORTS)


@njit
def settle() -> bool:
    """End a run of sends; whether an operation in it was invalid, divided by zero or overflowed."""
    _fence()
    return _reported(_REPORTS) != 0
