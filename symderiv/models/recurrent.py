"""Recurrences unrolled over time as computational graphs: states, output, and every use of a shared weight.

A recurrence is text: ``h = w*(u_t + h_prev)``, or several equations separated by ``;``.  ``x_prev`` (also
``x_{t-1}``, or ``x`` where it is not yet computed) is the state one time step earlier, ``x_prev2`` two (likewise
``u_prev`` of an input, 0 before the first unless told), ``u_t`` the input ``u1, u2, …`` of the time step, ``t`` its
number, any other name a weight shared by all.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import sympy as sp

from symderiv import functions as of_handles
from symderiv.errors import LimitError, ModelError
from symderiv.graph import Graph
from symderiv.models.rule_functions import Value
from symderiv.models.rule_language import evaluate_rule, free_names, parse_rule

if TYPE_CHECKING:
    from symderiv.adjoints import Backward
    from symderiv.nodes.handles import Handle

MAX_TIME_STEPS = 2_000
MAX_SIZE = 20_000
FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "tanh": of_handles.tanh, "exp": of_handles.exp, "log": of_handles.log, "sqrt": of_handles.sqrt,
    "sin": of_handles.sin, "cos": of_handles.cos, "relu": of_handles.relu, "sigmoid": of_handles.sigmoid,
    "softplus": of_handles.softplus, "abs": of_handles.abs_,
    "max": lambda *values: reduce(of_handles.maximum, values),
    "min": lambda *values: reduce(of_handles.minimum, values),
}  # fmt: skip


@dataclass(frozen=True)
class Recurrence:
    """The equations of one time step, (state, right side) in order."""

    equations: tuple[tuple[str, ast.expr], ...]

    @property
    def states(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.equations)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The sequences that are read: u of ``u_t``."""
        names = {name for _, tree in self.equations for name in free_names(tree) if name.endswith("_t")}
        return tuple(sorted(name[:-2] for name in names if name[:-2] not in self.states))


@dataclass(frozen=True)
class Use:
    """One edge from a shared name into a time step, with the derivative of the output along it."""

    time_step: int
    contribution: sp.Expr


@dataclass(frozen=True)
class Unrolled:
    """The graph, its backward pass, and the values put in for names when formulas are read off.

    ``weights``, ``inputs`` and ``starts`` are the names of the graph's inputs; ``last`` is the position of the last
    node of every time step.
    """

    graph: Graph
    backward: Backward
    weights: tuple[str, ...]
    inputs: tuple[str, ...]
    starts: tuple[str, ...]
    last: tuple[int, ...]
    known: Mapping[str, sp.Expr]

    @property
    def output(self) -> sp.Expr:
        return self.value(self.backward.output)

    def value(self, node: Handle | str) -> sp.Expr:
        """A node in the inputs."""
        return self._put(self.graph.expression(node, MAX_SIZE))

    def total(self, node: Handle | str) -> sp.Expr:
        """d output / d node in the inputs; for a shared weight the sum of all contributions."""
        return self._put(self.backward.total(node, MAX_SIZE))

    def uses(self, name: str) -> tuple[Use, ...]:
        """The uses of a shared name from the first time step to the last."""
        edges = self.backward.edges(name)
        return tuple(Use(bisect_left(self.last, e.target.index) + 1, self._put(e.expanded)) for e in edges)

    def _put(self, formula: sp.Expr) -> sp.Expr:
        return tidy(formula.xreplace({sp.Symbol(name): value for name, value in self.known.items()}))


def read_recurrence(text: str) -> Recurrence:
    """Read ``state = right side`` equations; raises ModelError when one has no single state on the left.

    >>> read_recurrence("h_t = tanh(w*u_t + v*h_{t-1}); y = c*h").states
    ('h', 'y')
    """
    equations = []
    for line in re.split(r"[;\n]", text):
        if not line.strip():
            continue
        left, equals, right = _plain(line).partition("=")
        state = re.sub(r"_(t|next|new)$", "", left.strip())
        if not equals or not state.isidentifier():
            raise ModelError(f"{line.strip()!r} is not an equation such as 'h = w*(u_t + h_prev)'")
        equations.append((state, parse_rule(right)))
    if not equations:
        raise ModelError("a recurrence needs at least one equation such as 'h = w*(u_t + h_prev)'")
    return Recurrence(tuple(equations))


def unroll(
    recurrence: Recurrence, steps: int, output: str | None = None, known: Mapping[str, sp.Expr] | None = None
) -> Unrolled:
    """Unroll ``steps`` time steps as a graph and differentiate its output.

    ``output`` is an expression in ``h_1 … h_T`` (default: the last state); ``known`` are values put in for names, also
    for starting values ``h0`` (``h_minus1`` for a delay of two), which are 0 where it says nothing.  Raises ModelError
    for an impossible number of time steps, LimitError for too many.

    >>> u = unroll(read_recurrence("h = w*(u_t + h_prev)"), 3)
    >>> [str(use.contribution) for use in u.uses("w")]
    ['u1*w**2', 'u1*w**2 + u2*w', 'u1*w**2 + u2*w + u3']
    """
    if steps < 1:
        raise ModelError(f"a recurrence is unrolled for at least one time step, got {steps}")
    if steps > MAX_TIME_STEPS:
        raise LimitError(f"{steps} time steps; at most {MAX_TIME_STEPS} are unrolled")
    made = _Unrolling(recurrence, steps)
    last = [made.time_step(step) for step in range(1, steps + 1)]
    out = made.output(output)
    starting: dict[str, sp.Expr] = dict.fromkeys(made.starts, sp.S.Zero)
    return Unrolled(
        made.graph, made.graph.backward(out), tuple(made.weights), tuple(made.inputs), tuple(made.starts),
        tuple(last), starting | dict(known or {}),
    )  # fmt: skip


def tidy(expression: sp.Expr) -> sp.Expr:
    """Expanded where that is a short polynomial, else as it stands."""
    short = expression.count_ops() < 3_000
    return sp.expand(expression) if short and expression.is_polynomial() else expression


class _Unrolling:
    """A graph under construction, time step after time step."""

    def __init__(self, recurrence: Recurrence, steps: int) -> None:
        self.recurrence, self.steps = recurrence, steps
        self.graph = Graph("unrolled recurrence")
        self.nodes: dict[str, Handle] = {}
        self.weights: dict[str, None] = {}
        self.inputs: dict[str, None] = {}
        self.starts: dict[str, None] = {}

    def time_step(self, step: int) -> int:
        """Add one time step; the position of its last node."""
        done: set[str] = set()
        for state, tree in self.recurrence.equations:
            names = {name: self._named(name, step, done) for name in sorted(free_names(tree))}
            self._define(f"{state}_{step}", evaluate_rule(tree, names, FUNCTIONS))
            done.add(state)
        return len(self.graph) - 1

    def output(self, text: str | None) -> Handle:
        if text is None:
            return self.nodes[f"{self.recurrence.states[-1]}_{self.steps}"]
        tree = parse_rule(_plain(text).split("=")[-1])
        names: dict[str, object] = {}
        whole = (re.sub(r"_?(?:\d+|T|t)$", "", name) for name in free_names(tree))
        if not {*free_names(tree), *whole} & set(self.recurrence.states):
            raise ModelError(f"the output {text!r} names no state; known are {', '.join(self.recurrence.states)}")
        for name in sorted(free_names(tree)):
            found = re.fullmatch(r"(\w*?[A-Za-z])_?(\d+|T|t)", name)
            if name in self.recurrence.states:
                along = [self.nodes[f"{name}_{k}"] for k in range(1, self.steps + 1)]
                names[name] = along if _listed(tree, name) else along[-1]
            elif found and found[1] in self.recurrence.states:
                step = int(found[2]) if found[2].isdigit() else self.steps
                if step > self.steps:
                    raise ModelError(f"the output names {name}, but only {self.steps} time steps are unrolled")
                names[name] = self._past(found[1], step)
            else:
                names[name] = self._leaf(name, self.weights)
        return self._define("output_value", evaluate_rule(tree, names, FUNCTIONS))

    def _define(self, name: str, value: Value) -> Handle:
        self.nodes[name] = self.graph.node(name, self.graph.lift(value))
        return self.nodes[name]

    def _named(self, name: str, step: int, done: set[str]) -> Handle:
        if name == "t":
            return self.graph.lift(step)
        known = _state_and_delay(name, self.recurrence.states)
        if known:
            state, delay = known
            return self._past(state, step - (delay or (0 if state in done else 1)))
        if name.endswith("_next") and name.removesuffix("_next") in self.recurrence.states:
            raise ModelError(f"{name} lies in the future of its time step; a recurrence may use {name[:-5]}_prev only")
        if name.endswith("_t"):
            return self._leaf(f"{name[:-2]}{step}", self.inputs)
        delayed = _state_and_delay(name, self.recurrence.inputs)
        if delayed and delayed[1]:
            earlier = step - delayed[1]
            kind = self.inputs if earlier >= 1 else self.starts
            return self._leaf(f"{delayed[0]}{earlier}" if earlier >= 0 else f"{delayed[0]}_minus{-earlier}", kind)
        return self._leaf(name, self.weights)

    def _past(self, state: str, step: int) -> Handle:
        if step >= 1:
            return self.nodes[f"{state}_{step}"]
        return self._leaf(f"{state}0" if step == 0 else f"{state}_minus{-step}", self.starts)

    def _leaf(self, name: str, kind: dict[str, None]) -> Handle:
        if name not in self.nodes:
            kind[name] = None
            self.nodes[name] = self.graph.input(name)
        return self.nodes[name]


def _state_and_delay(name: str, states: tuple[str, ...]) -> tuple[str, int] | None:
    """('h', 2) for h_prev2; delay 0 means the state's own name."""
    found = re.fullmatch(r"(\w+?)(?:_prev(\d*)|_(t)|)", name)
    if found is None or found[1] not in states:
        return None
    return found[1], int(found[2] or 1) if found[2] is not None else 0


def _plain(text: str) -> str:
    """``h_{t-1}`` and relatives in the spelling of names."""
    text = re.sub(r"_(?:\{|\[|\()?\s*([ti])\s*-\s*(\d+)\s*(?:\}|\]|\))?", lambda m: f"_prev{m[2]}", text)
    text = re.sub(r"_\{?([ti])\s*\+\s*1\}?", "_next", text).replace("prevprev", "prev2")
    return re.sub(r"\b(\w+?)_\{?[ti]\}?(?!\w)", r"\1_t", text).replace("·", "*").replace("^", "**")


def _listed(tree: ast.expr, name: str) -> bool:
    """Whether the output uses a state's name as the list of all its values."""
    holders = (ast.Call, ast.Subscript, ast.comprehension)
    return any(
        isinstance(n, holders) and any(isinstance(c, ast.Name) and c.id == name for c in ast.iter_child_nodes(n))
        for n in ast.walk(tree)
    )
