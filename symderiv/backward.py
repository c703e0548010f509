"""The backward pass: one reverse loop that records the gradient graph.

For every node that the output depends on, the loop writes into a second set of
columns (the *tape*) how its adjoint is made: for each use the contribution
``adjoint of the target · local partial``, and their sum.  Positions on the tape
follow those of the graph, so forward and adjoint nodes are one topological
order.  The SymPy views of ``adjoints`` and the numeric kernels read these
columns.  Reverse accumulation: Griewank and Walther, *Evaluating Derivatives*
(2008), chapter 3.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from symderiv.nodes.columns import ABSENT, Columns, no_collection
from symderiv.nodes.operations import CODES, CONSTANT, OPERATIONS
from symderiv.nodes.partials import MINUS_ONE, NUMBER, ONE, SLOT, TEMPLATE, VALUE, ZERO, partials

# contributions of one node: for each slot what to multiply the adjoint by
_Plan = tuple[tuple[int, Any, tuple[int, ...]], ...]


class Tape:
    """The recorded backward pass of one output.

    ``adjoint[v]`` is the position of node v's adjoint (or ABSENT), ``first[v]``
    the place in ``contribution`` of its first slot.  ``seed`` is the constant 1.
    """

    __slots__ = ("adjoint", "columns", "contribution", "first", "output", "seed")

    def __init__(self, forward: Columns, output: int) -> None:
        self.output = output
        self.columns = Columns(start=len(forward))
        self.seed = self.columns.constant(1)
        self.adjoint = [ABSENT] * (output + 1)
        self.adjoint[output] = self.seed
        self.contribution: list[int] = []
        self.first = [ABSENT] * (output + 1)
        plans = {code: _plan(code) for code in set(forward.code[: output + 1])}
        with no_collection():
            _record(self, forward, plans)

    def contribution_of(self, target: int, slot: int) -> int:
        """The position of ``adjoint of target · partial by slot``; ABSENT where it is 0."""
        first = self.first[target] if target <= self.output else ABSENT
        return ABSENT if first == ABSENT else self.contribution[first + slot]

    def adjoint_of(self, node: int) -> int:
        """The position of a node's adjoint; ABSENT where the output does not depend on it."""
        return self.adjoint[node] if node <= self.output else ABSENT


def _plan(code: int) -> _Plan:
    return tuple((partial.kind, partial.which, partial.slots) for partial in partials(code))


def _record(tape: Tape, forward: Columns, plans: dict[int, _Plan]) -> None:
    """The reverse loop.  Names are bound to locals because this is where all the time goes."""
    codes, lefts, rights, arguments_of = forward.code, forward.left, forward.right, forward.arguments
    adjoint, contribution, first, seed = tape.adjoint, tape.contribution, tape.first, tape.seed
    columns = tape.columns
    push_code, push_left, push_right = columns.code.append, columns.left.append, columns.right.append
    contribute = contribution.append
    add, mul, neg = CODES["add"], CODES["mul"], CODES["neg"]
    position = columns.start + len(columns)
    for node in range(tape.output, -1, -1):
        above = adjoint[node]
        if above < 0:
            continue
        plan = plans[codes[node]]
        if not plan:
            continue
        first[node] = len(contribution)
        arguments: tuple[int, ...] = (lefts[node], rights[node]) if len(plan) <= 2 else arguments_of(node)
        for (kind, which, slots), source in zip(plan, arguments, strict=False):
            if codes[source] == CONSTANT or kind == ZERO:
                contribute(ABSENT)
                continue
            if kind == ONE:
                made = above
            else:
                if kind == SLOT:
                    factor = arguments[which]
                elif kind == VALUE:
                    factor = node
                elif kind == TEMPLATE:
                    columns.append(which, [node if slot < 0 else arguments[slot] for slot in slots])
                    factor = position
                    position += 1
                elif kind == NUMBER:
                    known = len(columns)
                    factor = columns.constant(which)
                    position += len(columns) - known
                elif kind == MINUS_ONE:
                    factor = ABSENT
                if kind == MINUS_ONE:
                    push_code(neg)
                    push_left(above)
                    push_right(ABSENT)
                    made = position
                    position += 1
                elif above == seed:
                    made = factor
                else:
                    push_code(mul)
                    push_left(above)
                    push_right(factor)
                    made = position
                    position += 1
            contribute(made)
            known = adjoint[source]
            if known < 0:
                adjoint[source] = made
            else:
                push_code(add)
                push_left(known)
                push_right(made)
                adjoint[source] = position
                position += 1


def joined(forward: Columns, tape: Tape) -> Columns:
    """One set of columns with the graph's nodes up to the tape, then the tape."""
    both, back, start = Columns(), tape.columns, tape.columns.start
    both.code = forward.code[:start] + back.code
    both.left = forward.left[:start] + back.left
    both.right = forward.right[:start] + back.right
    both.more = forward.more + back.more
    both.numbers = forward.numbers + back.numbers
    shifts = {code: len(forward.more) for code in set(back.code) if OPERATIONS[code].arity > 2}
    shifts[CONSTANT] = len(forward.numbers)
    for index, code in enumerate(back.code):
        if code in shifts:
            both.left[start + index] += shifts[code]
    return both


def append_to(forward: Columns, tape: Tape) -> list[int]:
    """Copy the tape behind ``forward``'s nodes, which may have grown since; the new position of every tape node.

    Constants stay unmerged with the graph's own, so that positions keep their order.
    """
    start = tape.columns.start
    moved: list[int] = []
    for index in range(start, start + len(tape.columns)):
        code = tape.columns.code[index - start]
        if code == CONSTANT:
            moved.append(forward.constant(tape.columns.number(index)))
        else:
            arguments = tape.columns.arguments(index)
            moved.append(forward.append(code, [a if a < start else moved[a - start] for a in arguments]))
    return moved


def positions_after(tape: Tape, moved: list[int], wanted: Iterable[int]) -> list[int]:
    """Where adjoints ended up after ``append_to``; ABSENT stays ABSENT."""
    start = tape.columns.start
    found = []
    for node in wanted:
        position = tape.adjoint_of(node)
        found.append(position if position < start else moved[position - start])
    return found
