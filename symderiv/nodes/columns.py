"""Flat columns: where the nodes of a graph live.

A node is a position.  ``code`` says which row of the operation table it is,
``left`` and ``right`` are the positions of its arguments.  The few nodes with
more than two arguments keep them in ``more``, from ``left`` on; a constant keeps
its place in ``numbers`` there.  A million nodes are three lists of a million
small integers, and no object of their own.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from symderiv.nodes.operations import CONSTANT, INPUT, OPERATIONS

ABSENT = -1


@contextmanager
def no_collection() -> Iterator[None]:
    """Pause the cyclic collector while many small objects are made at once, none of them in a cycle."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Columns:
    """The columns of one graph; ``start`` is the position of the first node kept here."""

    __slots__ = ("code", "left", "more", "number_at", "numbers", "right", "start")

    def __init__(self, start: int = 0) -> None:
        self.start = start
        self.code: list[int] = []
        self.left: list[int] = []
        self.right: list[int] = []
        self.more: list[int] = []
        self.numbers: list[Any] = []
        self.number_at: dict[Any, int] = {}

    def __len__(self) -> int:
        return len(self.code)

    def append(self, code: int, arguments: Sequence[int]) -> int:
        """Add a node and return its position."""
        if len(arguments) <= 2:
            left, right = (*arguments, ABSENT, ABSENT)[:2]
        else:
            left, right = len(self.more), ABSENT
            self.more.extend(arguments)
        self.code.append(code)
        self.left.append(left)
        self.right.append(right)
        return self.start + len(self.code) - 1

    def extend_inputs(self, count: int) -> int:
        """Add many inputs at once and return the position of the first."""
        first = self.start + len(self.code)
        self.code.extend([INPUT] * count)
        self.left.extend([ABSENT] * count)
        self.right.extend([ABSENT] * count)
        return first

    def constant(self, value: Any) -> int:
        """The node of a number; equal numbers of one type share a node."""
        key = (type(value).__name__, value)
        if key not in self.number_at:
            self.numbers.append(value)
            self.number_at[key] = self.append(CONSTANT, (len(self.numbers) - 1,))
        return self.number_at[key]

    def number(self, index: int) -> Any:
        """The number at a constant node."""
        return self.numbers[self.left[index - self.start]]

    def operation(self, index: int) -> str:
        """The name of a node's operation."""
        return OPERATIONS[self.code[index - self.start]].name

    def arguments(self, index: int) -> tuple[int, ...]:
        """The positions of a node's arguments, in the order of its slots."""
        here = index - self.start
        arity = OPERATIONS[self.code[here]].arity
        if arity == 2:
            return (self.left[here], self.right[here])
        if arity == 1:
            return (self.left[here],)
        first = self.left[here]
        return tuple(self.more[first : first + arity]) if arity else ()

    def ancestors(self, index: int) -> list[int]:
        """The node and everything it depends on, in topological order."""
        reached = bytearray(index + 1)
        reached[index] = 1
        arguments = self.arguments
        for node in range(index, -1, -1):
            if reached[node]:
                for argument in arguments(node):
                    reached[argument] = 1
        return [node for node in range(index + 1) if reached[node]]

    def uses(self) -> dict[int, list[tuple[int, int]]]:
        """For every node its uses, as (target, slot), in the order in which they were made."""
        found: dict[int, list[tuple[int, int]]] = {}
        for target in range(len(self.code)):
            for slot, source in enumerate(self.arguments(target)):
                found.setdefault(source, []).append((target, slot))
        return found

    def edges(self) -> Iterator[tuple[int, int, int]]:
        """Every edge as (source, target, slot)."""
        for target in range(len(self.code)):
            for slot, source in enumerate(self.arguments(target)):
                yield source, target, slot
