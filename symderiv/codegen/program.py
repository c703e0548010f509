"""From columns to instructions: what a kernel computes, in which order, into which buffer.

A node whose operation has an array function is one instruction.  A template is
lowered once: its expression becomes a few table operations, which are then
copied for every node that has it; a head nobody can compute (a special
function) stays one instruction that calls what ``sympy.lambdify`` makes of the
template.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import log10
from typing import Any

import numpy as np

from symderiv.codegen.rows import Operand, X, allocate
from symderiv.errors import KernelError, shorten
from symderiv.nodes.columns import Columns
from symderiv.nodes.expansion import template
from symderiv.nodes.from_sympy import insert
from symderiv.nodes.operations import CODES, CONSTANT, INPUT, OPERATIONS, slot_symbols


@dataclass
class Program:
    """Instructions over rows.

    ``codes[i]`` is the operation of instruction i and ``operands[i]`` its arguments
    and, last, where its value goes, as (class, row); ``nodes[i]`` is the position it
    computes and ``last[i]`` the last instruction that reads it (an output: one past
    the end).  ``constants`` are the buffers that are filled once.
    """

    codes: list[int] = field(default_factory=list)
    operands: list[tuple[Operand, ...]] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    constants: dict[int, float] = field(default_factory=dict)
    buffers: int = 0
    outputs: int = 0

    @property
    def faithful(self) -> bool:
        """Whether a NaN or an infinity in an input always shows in the first output."""
        return all(OPERATIONS[code].faithful for code in set(self.codes))

    @property
    def jumps(self) -> bool:
        """Whether an instruction is undecided at 0."""
        return not {CODES["step"], CODES["sign"]}.isdisjoint(self.codes)


@cache
def lowered(code: int) -> Columns | None:
    """A template as columns over its slots (the first positions); None where it stays one call."""
    row = OPERATIONS[code]
    if row.ufunc or row.name in ("identity", "input", "constant"):
        return None
    columns = Columns()
    slots = slot_symbols(row.arity)
    place = {slot: columns.append(INPUT, ()) for slot in slots}
    if row.name.startswith("power "):
        _power_chain(columns, template(code).exp)
    else:
        insert(columns, template(code), place.__getitem__)
    inner = [c for c in columns.code if c not in (INPUT, CONSTANT)]
    stuck = code in inner or any(not OPERATIONS[c].ufunc and lowered(c) is None for c in inner)
    return None if stuck else columns


def _power_chain(columns: Columns, exponent: Any) -> None:
    """Squares and products for a small whole exponent, roots for halves, else ``pow`` with a constant."""
    if exponent.is_Integer and 2 <= abs(int(exponent)) <= 64:
        done = _whole_power(columns, abs(int(exponent)), 0)
    elif exponent.is_Rational and exponent.q == 2 and abs(int(exponent.p)) <= 64:
        done = _whole_power(columns, abs(int(exponent.p)), columns.append(CODES["sqrt"], (0,)))
    else:
        columns.append(CODES["pow"], (0, columns.constant(float(exponent))))
        return
    if exponent.is_negative:
        columns.append(CODES["reciprocal"], (done,))


def _whole_power(columns: Columns, exponent: int, base: int) -> int:
    done: int | None = None
    while exponent:
        if exponent & 1:
            done = base if done is None else columns.append(CODES["mul"], (done, base))
        exponent >>= 1
        if exponent:
            base = columns.append(CODES["square"], (base,))
    return base if done is None else done


def compile_program(
    columns: Columns, inputs: Sequence[int], outputs: Sequence[int], copied: bool = False
) -> Program:
    """The program that computes ``outputs`` (positions, each into its output row) from ``inputs``.

    With ``copied`` an output row is never read and only ever written by a copy, as soon as its value is there.
    """
    program = Program(inputs=list(inputs), outputs=len(outputs))
    values = _Values(program, columns, copied)
    wanted: dict[int, list[int]] = {}
    for row, position in enumerate(outputs):
        wanted.setdefault(position, []).append(row)
    for node in _needed(columns, outputs):
        values.add(node)
        for row in wanted.get(node, ()):
            values.finish(row, node)
    rows = allocate(values.arguments, values.results, values.fixed, values.wanted, waiting=not copied)
    program.operands, program.last = rows.operands, rows.last
    program.constants, program.buffers = rows.constants, rows.buffers
    return program


def _needed(columns: Columns, outputs: Sequence[int]) -> list[int]:
    """Every position the outputs depend on, in order."""
    last = max(outputs)
    reached = bytearray(last + 1)
    for output in outputs:
        reached[output] = 1
    codes, lefts, rights = columns.code, columns.left, columns.right
    arity = {code: OPERATIONS[code].arity for code in set(codes[: last + 1])}
    for node in range(last, -1, -1):
        if reached[node]:
            count = arity[codes[node]]
            if count == 2:
                reached[lefts[node]] = reached[rights[node]] = 1
            elif count == 1:
                reached[lefts[node]] = 1
            elif count:
                for argument in columns.arguments(node):
                    reached[argument] = 1
    return [node for node in range(last + 1) if reached[node]]


class _Values:
    """Virtual values while a program is made: one for each input, constant and instruction."""

    def __init__(self, program: Program, columns: Columns, copied: bool) -> None:
        self.program = program
        self.columns = columns
        self.copied = copied
        self.row_of_input = {position: row for row, position in enumerate(program.inputs)}
        self.value: dict[int, int] = {}  # position in the columns -> virtual value
        self.count = 0
        self.fixed: dict[int, Operand | float] = {}  # virtual value -> input row, or its number
        self.wanted: dict[int, int] = {}  # virtual value -> output row
        self.arguments: list[tuple[int, ...]] = []
        self.results: list[int] = []
        self.by_number: dict[float, int] = {}

    def fresh(self) -> int:
        self.count += 1
        return self.count - 1

    def number(self, number: float) -> int:
        if number not in self.by_number:
            self.by_number[number] = value = self.fresh()
            self.fixed[value] = number
        return self.by_number[number]

    def emit(self, code: int, arguments: tuple[int, ...], node: int) -> int:
        value = self.fresh()
        self.program.codes.append(code)
        self.program.nodes.append(node)
        self.arguments.append(arguments)
        self.results.append(value)
        return value

    def add(self, node: int) -> None:
        code = self.columns.code[node]
        if code == INPUT:
            value = self.fresh()
            self.fixed[value] = (X, self.row_of_input[node])
        elif code == CONSTANT:
            value = self.number(_float(self.columns.number(node)))
        else:
            value = self.apply(code, tuple(self.value[a] for a in self.columns.arguments(node)), node)
        self.value[node] = value

    def apply(self, code: int, arguments: tuple[int, ...], node: int) -> int:
        if code == CODES["identity"]:
            return arguments[0]
        body = lowered(code)
        if body is None:
            return self.emit(code, arguments, node)
        local = list(arguments)
        for index in range(len(arguments), len(body)):
            if body.code[index] == CONSTANT:
                local.append(self.number(_float(body.number(index))))
            else:
                local.append(self.apply(body.code[index], tuple(local[a] for a in body.arguments(index)), node))
        return local[-1]

    def finish(self, row: int, position: int) -> None:
        """Send a value to an output row; one that is no fresh result is copied there."""
        value = self.value[position]
        if self.copied or value in self.fixed or value in self.wanted:
            value = self.emit(CODES["identity"], (value,), position)
        self.wanted[value] = row


def _float(number: Any) -> float:
    try:
        return float(number)
    except OverflowError:
        size = int(int(abs(number)).bit_length() * log10(2))  # Python writes no number of more than 4300 digits
        raise KernelError(
            f"a number of the graph, about 10^{size}, is too large for a float, so a kernel cannot use it; "
            "certify and the symbolic views can"
        ) from None


@cache
def called(code: int) -> Callable[..., Any]:
    """The array function of a template that stays one call: what lambdify makes of it over its slots.

    Raises KernelError where SymPy knows no numeric version of it.
    """
    import sympy as sp

    whole = template(code)
    slots = slot_symbols(OPERATIONS[code].arity)
    modules = ["scipy", "numpy"] if importlib.util.find_spec("scipy") else ["numpy"]
    try:
        function = sp.lambdify(slots, whole, modules=modules)
    except NotImplementedError as bad:
        raise _no_numbers(whole, bad) from None
    if any(getattr(part, "bound_symbols", ()) for part in sp.preorder_traversal(whole)):
        function = np.vectorize(function, otypes=[float])  # a quadrature takes one point at a time

    def into(*arguments_and_out: Any) -> Any:
        *arguments, out = arguments_and_out
        try:
            found = function(*arguments)
        except (NameError, TypeError) as bad:
            raise _no_numbers(whole, bad) from None
        # a special function may answer in complex numbers, also where its value is real
        out[...] = np.where(np.imag(found) == 0, np.real(found), np.nan) if np.iscomplexobj(found) else found
        return out

    return into


def _no_numbers(whole: Any, reason: Exception) -> KernelError:
    return KernelError(
        f"the function {shorten(str(whole))} of a node has no numeric version here ({shorten(str(reason))}); "
        "write it with functions that NumPy has, or install scipy for special functions"
    )
