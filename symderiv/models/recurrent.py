"""Recurrences unrolled over time: states, output, adjoints and the contribution of every use of a weight.

A recurrence is text: ``h = w*(u_t + h_prev)``, or several equations separated by ``;``.  ``x_prev`` (also
``x_{t-1}``, or ``x`` where it is not yet computed) is the state one time step earlier, ``x_prev2`` two,
``u_t`` the input ``u1, u2, …`` of the time step, ``t`` its number, any other name a weight shared by all.
The backward pass is the chain rule over the unrolled graph, one edge for every use.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy as sp

from symderiv.errors import LimitError, ModelError
from symderiv.models.rule_language import evaluate_rule, free_names, parse_rule

MAX_TIME_STEPS = 2_000
MAX_SIZE = 300_000


@dataclass(frozen=True)
class Recurrence:
    """The equations of one time step: (state, right side) in order, and the longest delay."""

    equations: tuple[tuple[str, ast.expr], ...]
    delay: int

    @property
    def states(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.equations)


@dataclass(frozen=True)
class Use:
    """One edge from a shared name into a time step, with the derivative of the output along it."""

    time_step: int
    symbol: sp.Symbol
    target: sp.Symbol
    partial: sp.Expr
    contribution: sp.Expr


@dataclass(frozen=True)
class Unrolled:
    """The unrolled graph: definitions in order, output, adjoints, and uses by name (all substituted)."""

    output: sp.Expr
    values: Mapping[sp.Symbol, sp.Expr]
    adjoints: Mapping[sp.Symbol, sp.Expr]
    uses: Mapping[str, tuple[Use, ...]]
    weights: tuple[str, ...]
    inputs: tuple[str, ...]
    initial: Mapping[str, sp.Expr] = field(default_factory=dict)

    def total(self, name: str) -> sp.Expr:
        """d output / d name: the sum of the contributions of all its uses."""
        return tidy(sp.Add(*(use.contribution for use in self.uses.get(name, ()))))


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
    delays = [_state_and_delay(n, dict(equations)) for _, tree in equations for n in free_names(tree)]
    return Recurrence(tuple(equations), max((d for found in delays if found for d in [found[1]]), default=1) or 1)


def unroll(
    recurrence: Recurrence, steps: int, initial: Mapping[str, sp.Expr] | None = None, output: str | None = None,
    given: Mapping[str, sp.Expr] | None = None,
) -> Unrolled:
    """Unroll ``steps`` time steps and differentiate the output by every state, weight and input.

    ``initial`` maps names such as ``h0`` (and ``h_minus1`` for a delay of two) to values, 0 where absent;
    ``output`` is an expression in ``h_1 … h_T`` (default: the last state); ``given`` are values put in for
    names everywhere.  Raises ModelError for an impossible number of steps, LimitError for results too long.

    >>> u = unroll(read_recurrence("h = w*(u_t + h_prev)"), 3)
    >>> [str(use.contribution) for use in u.uses["w"]]
    ['u1*w**2', 'u1*w**2 + u2*w', 'u1*w**2 + u2*w + u3']
    """
    if steps < 1:
        raise ModelError(f"a recurrence is unrolled for at least one time step, got {steps}")
    if steps > MAX_TIME_STEPS:
        raise LimitError(f"{steps} time steps; at most {MAX_TIME_STEPS} are unrolled symbolically")
    given = dict(given or {})
    starts = {name: sp.sympify(value) for name, value in (initial or {}).items()}
    builder = _Builder(recurrence, steps)
    definitions = builder.definitions
    out = builder.read_output(output)
    starting = {sp.Symbol(start): starts.get(start, sp.S.Zero) for start in builder.starts}
    leaves = {symbol: given.get(name, sp.Symbol(name)) for symbol, name in builder.leaf_of.items()}
    values: dict[sp.Symbol, sp.Expr] = dict(starting)
    size: dict[sp.Symbol, int] = dict.fromkeys(starting, 1)
    for node, definition in definitions.items():
        size[node] = 1 + sum(size.get(s, 1) for s in _occurrences(definition))
        if size[node] > MAX_SIZE:
            raise LimitError(f"{node} would have more than {MAX_SIZE} operations; unroll fewer time steps")
        values[node] = tidy(definition.xreplace({**values, **leaves}))
    everything = {**values, **leaves}
    adjoints = {symbol: sp.S.Zero for symbol in [*starting, *definitions]}
    local: dict[sp.Symbol, list[tuple[sp.Symbol, sp.Expr, sp.Expr]]] = {}
    _push(out, sp.S.One, sp.Symbol("output"), adjoints, local, everything)
    for node in reversed(definitions):
        _push(definitions[node], adjoints[node], node, adjoints, local, everything)
    uses: dict[str, list[Use]] = {}
    for symbol, name in builder.leaf_of.items():
        for target, partial, contribution in local.get(symbol, []):
            uses.setdefault(name, []).append(Use(builder.step_of[symbol], symbol, target, partial, contribution))
    return Unrolled(
        tidy(out.xreplace(everything)), values, adjoints, {n: tuple(u) for n, u in uses.items()},
        tuple(sorted(builder.weights)), tuple(builder.inputs), {str(s): v for s, v in starting.items()},
    )  # fmt: skip


def tidy(expression: sp.Expr) -> sp.Expr:
    """Expanded where that is a short polynomial, else as it stands."""
    short = expression.count_ops() < 3_000
    return sp.expand(expression) if short and expression.is_polynomial() else expression


def _push(
    definition: sp.Expr, adjoint: sp.Expr, target: sp.Symbol, adjoints: dict[sp.Symbol, sp.Expr],
    local: dict[sp.Symbol, list[tuple[sp.Symbol, sp.Expr, sp.Expr]]], values: Mapping[sp.Symbol, sp.Expr],
) -> None:
    """Send the adjoint of one node back along each of its edges."""
    for source in sorted(definition.free_symbols, key=str):
        partial = tidy(definition.diff(source).xreplace(dict(values)))
        contribution = tidy(adjoint * partial)
        if source in adjoints:
            adjoints[source] = tidy(adjoints[source] + contribution)
        else:
            local.setdefault(source, []).append((target, partial, contribution))


class _Builder:
    """The nodes of the unrolled graph, every use of a shared name being a symbol of its own."""

    def __init__(self, recurrence: Recurrence, steps: int) -> None:
        self.recurrence, self.steps = recurrence, steps
        self.definitions: dict[sp.Symbol, sp.Expr] = {}
        self.leaf_of: dict[sp.Symbol, str] = {}
        self.step_of: dict[sp.Symbol, int] = {}
        self.weights: set[str] = set()
        self.inputs: list[str] = []
        self.starts: dict[str, None] = {}
        for step in range(1, steps + 1):
            done: set[str] = set()
            for state, tree in recurrence.equations:
                self.definitions[_state(state, step)] = self._read(tree, step, done)
                done.add(state)

    def read_output(self, text: str | None) -> sp.Expr:
        if text is None:
            return _state(self.recurrence.states[-1], self.steps)
        tree = _split_uses(parse_rule(_plain(text).split("=")[-1]))
        names: dict[str, object] = {}
        for name in free_names(tree):
            base = name.split("__use")[0]
            found = re.fullmatch(r"(\w*?[A-Za-z])_?(\d+|T|t)", base)
            if base in self.recurrence.states:
                names[name] = [_state(base, k) for k in range(1, self.steps + 1)]
                if not _indexed(tree, name):
                    names[name] = _state(base, self.steps)
            elif found and found[1] in self.recurrence.states:
                step = int(found[2]) if found[2].isdigit() else self.steps
                if not 0 <= step <= self.steps:
                    raise ModelError(f"the output names {base}, but only {self.steps} time steps are unrolled")
                names[name] = self._past(found[1], step)
            else:
                names[name] = self._leaf(name, base, self.steps)
        return evaluate_rule(tree, names)

    def _read(self, tree: ast.expr, step: int, done: set[str]) -> sp.Expr:
        tree = _split_uses(tree)
        names: dict[str, object] = {}
        for name in free_names(tree):
            base = name.split("__use")[0]
            known = _state_and_delay(base, dict(self.recurrence.equations))
            if base == "t":
                names[name] = sp.Integer(step)
            elif known:
                delay = known[1] if known[1] else 0 if known[0] in done else 1
                names[name] = self._past(known[0], step - delay)
            elif base.endswith("_t"):
                names[name] = self._leaf(f"{name}__step{step}", f"{base[:-2]}{step}", step, is_input=True)
            else:
                names[name] = self._leaf(f"{name}__step{step}", base, step)
        return evaluate_rule(tree, names)

    def _past(self, state: str, step: int) -> sp.Symbol:
        if step >= 1:
            return _state(state, step)
        start = f"{state}0" if step == 0 else f"{state}_minus{-step}"
        self.starts[start] = None
        return sp.Symbol(start)

    def _leaf(self, unique: str, name: str, step: int, is_input: bool = False) -> sp.Symbol:
        symbol = sp.Symbol(unique)
        self.leaf_of[symbol], self.step_of[symbol] = name, step
        if not is_input:
            self.weights.add(name)
        elif name not in self.inputs:
            self.inputs.append(name)
        return symbol


def _state(name: str, step: int) -> sp.Symbol:
    return sp.Symbol(f"{name}_{step}")


def _state_and_delay(name: str, states: Mapping[str, object]) -> tuple[str, int] | None:
    """('h', 2) for h_prev2; delay 0 means the state's own name."""
    found = re.fullmatch(r"(\w+?)(?:_prev(\d*)|_(t)|)", name.split("__use")[0])
    if found is None or found[1] not in states:
        return None
    if found[2] is not None:
        return found[1], int(found[2] or 1)
    return found[1], 0


def _plain(text: str) -> str:
    """``h_{t-1}`` and relatives in the spelling of names."""
    text = re.sub(r"_(?:\{|\[|\()?\s*([ti])\s*-\s*(\d+)\s*(?:\}|\]|\))?", lambda m: f"_prev{m[2]}", text)
    text = re.sub(r"_\{?([ti])\s*\+\s*1\}?", "_next", text).replace("prevprev", "prev2")
    return re.sub(r"\b(\w+?)_\{?[ti]\}?(?!\w)", r"\1_t", text).replace("·", "*").replace("^", "**")


def _split_uses(tree: ast.expr) -> ast.expr:
    """Every occurrence of a name becomes a name of its own, in reading order."""
    names = free_names(tree)
    counts: dict[str, int] = {}

    class Split(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.Name:
            if node.id not in names:
                return node
            counts[node.id] = counts.get(node.id, 0) + 1
            return ast.copy_location(ast.Name(id=f"{node.id}__use{counts[node.id]}", ctx=node.ctx), node)

    return Split().visit(ast.parse(ast.unparse(tree), mode="eval").body)


def _indexed(tree: ast.expr, name: str) -> bool:
    """Whether the output uses a state's name as the list of all its values."""
    holders = (ast.Call, ast.Subscript, ast.comprehension)
    return any(
        isinstance(n, holders) and any(isinstance(c, ast.Name) and c.id == name for c in ast.iter_child_nodes(n))
        for n in ast.walk(tree)
    )


def _occurrences(expression: sp.Expr) -> list[sp.Symbol]:
    return [s for s in sp.preorder_traversal(expression) if isinstance(s, sp.Symbol)]
