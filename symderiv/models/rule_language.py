"""A small language for update rules and recurrences, read by a whitelist over ``ast``.

Python's expression syntax with the names a caller declares: numbers (exact, also
``0.1``), arithmetic, comparison, conditional expressions, lists, indexing and
slices, comprehensions, and the functions of ``rule_functions``.  Nothing is
evaluated by Python itself; work and sizes are limited.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp

from symderiv.errors import LimitError, ModelError, ReadingError, ShapeError, UnknownNameError
from symderiv.models import rule_functions as rf
from symderiv.models.rule_functions import Value
from symderiv.models.rule_operators import BINARY, COMPARE, MODULES, called, first, join_lists, refuse, shape_of
from symderiv.models.rule_rewriting import with_comprehensions
from symderiv.models.rule_sequences import OF_ARGUMENTS, position, spread

MAX_TEXT = 10_000
MAX_STEPS = 200_000


def parse_rule(text: str) -> ast.expr:
    """The syntax tree of one expression; ReadingError names the place that is not one.

    >>> type(parse_rule("s + sum(m)")).__name__
    'BinOp'
    """
    if len(text) > MAX_TEXT:
        raise LimitError(f"a rule of {len(text)} characters; at most {MAX_TEXT} are read")
    try:
        return with_comprehensions(ast.parse(text.strip(), mode="eval").body)
    except SyntaxError as error:
        start = max(0, (error.offset or 1) - 1)
        raise ReadingError(f"this is not an expression: {error.msg}", text.strip(), (start, start + 1)) from None
    except (RecursionError, MemoryError, ValueError):
        raise ReadingError("this is not an expression: it nests too deeply or holds a null character") from None


def evaluate_rule(
    rule: str | ast.expr, names: Mapping[str, Value], functions: Mapping[str, Callable[..., Value]] | None = None
) -> Value:
    """The exact value of a rule for the declared names (SymPy numbers, symbols, lists, matrices).

    With ``functions`` for their kind of value, names may also be anything else that knows arithmetic, such as the
    handles of a graph.

    >>> evaluate_rule("s + sum(2*v for v in m)", {"s": sp.Integer(1), "m": [sp.Integer(2), sp.Symbol("a")]})
    2*a + 5
    """
    tree = parse_rule(rule) if isinstance(rule, str) else rule
    try:
        return _Reader(names, functions or {}).value(tree)
    except RecursionError:
        raise LimitError("a rule nests too deeply to be evaluated") from None


def free_names(rule: str | ast.expr) -> set[str]:
    """The names a rule uses without binding them and without calling them."""
    tree = parse_rule(rule) if isinstance(rule, str) else rule
    functions = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    functions |= {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.keyword) and n.arg == "key"}
    bound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bound |= {a.arg for n in ast.walk(tree) if isinstance(n, ast.Lambda) for a in n.args.args}
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in functions}
    return used - bound - MODULES


class _Reader:
    """One evaluation: the names in force and the steps left."""

    def __init__(self, names: Mapping[str, Value], functions: Mapping[str, Callable[..., Value]]) -> None:
        self.names: dict[str, Value] = dict(names)
        self.functions = functions
        self.steps = MAX_STEPS

    def value(self, node: ast.AST) -> Value:
        self.steps -= 1
        if self.steps < 0:
            raise LimitError(f"a rule took more than {MAX_STEPS} steps")
        reader = READERS.get(type(node))
        if reader is None:
            refuse(node)
        return reader(self, node)

    # -- leaves ------------------------------------------------------------
    def constant(self, node: ast.Constant) -> Value:
        if isinstance(node.value, bool):
            return sp.true if node.value else sp.false
        if isinstance(node.value, int):
            return sp.Integer(node.value)
        if isinstance(node.value, float):
            return sp.Rational(repr(node.value))
        refuse(node)

    def name(self, node: ast.Name) -> Value:
        if node.id in self.names:
            return self.names[node.id]
        raise UnknownNameError("name", node.id, self.names, "the rule")

    def attribute(self, node: ast.Attribute) -> Value:
        if isinstance(node.value, ast.Name) and node.value.id in MODULES and node.attr == "pi":
            return sp.pi
        if node.attr == "T":
            value = self.value(node.value)
            return value.T if isinstance(value, sp.MatrixBase) else value
        refuse(node)

    # -- operators ---------------------------------------------------------
    def binary(self, node: ast.BinOp) -> Value:
        left, right = rf.as_number(self.value(node.left)), rf.as_number(self.value(node.right))
        operator = BINARY.get(type(node.op))
        if operator is None:
            refuse(node)
        if isinstance(left, list) or isinstance(right, list):
            return join_lists(left, right, node)
        try:
            value = operator(left, right)
            row_by_column = isinstance(node.op, (ast.Mult, ast.MatMult)) and shape_of(value) == (1, 1) != shape_of(left)
            return value[0, 0] if row_by_column and shape_of(right) != (1, 1) else value
        except (sp.ShapeError, TypeError):
            raise ShapeError(
                f"{ast.unparse(node)!r} combines the shapes {shape_of(left)} and {shape_of(right)}, which do not fit"
            ) from None

    def unary(self, node: ast.UnaryOp) -> Value:
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return not rf.truth(value)
        if isinstance(value, list):
            raise ModelError(f"{ast.unparse(node)!r}: a list has no sign; use [-v for v in …]")
        return -value if isinstance(node.op, ast.USub) else value

    def compare(self, node: ast.Compare) -> Value:
        values = [self.value(v) for v in [node.left, *node.comparators]]
        parts = []
        for operator, left, right in zip(node.ops, values, values[1:], strict=False):
            relation = COMPARE.get(type(operator))
            if relation is None or isinstance(left, list) or isinstance(right, list):
                refuse(node)
            parts.append(relation(left, right))
        return sp.And(*parts)

    def boolean(self, node: ast.BoolOp) -> Value:
        parts = [self.value(v) for v in node.values]
        return sp.And(*parts) if isinstance(node.op, ast.And) else sp.Or(*parts)

    def conditional(self, node: ast.IfExp) -> Value:
        condition = self.value(node.test)
        try:
            return self.value(node.body if rf.truth(condition) else node.orelse)
        except rf.Undecided:
            chosen, other = self.value(node.body), self.value(node.orelse)
            if not (isinstance(chosen, sp.Expr) and isinstance(other, sp.Expr)):
                raise
            return sp.Piecewise((chosen, condition), (other, True))

    # -- sequences ---------------------------------------------------------
    def sequence(self, node: ast.List | ast.Tuple) -> Value:
        out: list[Value] = []
        for entry in node.elts:
            if isinstance(entry, ast.Starred):
                out.extend(rf.items(self.value(entry.value), "*"))
            else:
                out.append(self.value(entry))
        return out

    def subscript(self, node: ast.Subscript) -> Value:
        sequence = self.value(node.value)
        if isinstance(node.slice, ast.Slice):
            bounds = [node.slice.lower, node.slice.upper, node.slice.step]
            values = [None if b is None else rf.integer(self.value(b), "a slice bound") for b in bounds]
            return rf.items(sequence, "a slice")[slice(*values)]
        if isinstance(sequence, sp.MatrixBase) and isinstance(node.slice, ast.Tuple):
            return sequence[tuple(rf.integer(self.value(k), "an index") for k in node.slice.elts)]
        entries = rf.items(sequence, "an index")
        index = rf.integer(self.value(node.slice), "an index")
        if not -len(entries) <= index < len(entries):
            raise ModelError(f"{ast.unparse(node)!r}: index {index} into a list of {len(entries)}")
        return entries[index]

    def comprehension(self, node: ast.GeneratorExp | ast.ListComp) -> Value:
        out: list[Value] = []
        outside = dict(self.names)
        self._loop(node.generators, node.elt, out)
        self.names = outside
        return out

    def _loop(self, generators: list[ast.comprehension], body: ast.expr, out: list[Value]) -> None:
        if not generators:
            out.append(self.value(body))
            return
        head, *rest = generators
        for entry in rf.items(self.value(head.iter), "for"):
            self._bind(head.target, entry)
            if all(rf.truth(self.value(c)) for c in head.ifs):
                self._loop(rest, body, out)

    def _bind(self, target: ast.expr, entry: Value) -> None:
        if isinstance(target, ast.Name):
            self.names[target.id] = entry
        elif isinstance(target, (ast.Tuple, ast.List)) and isinstance(entry, list) and len(entry) == len(target.elts):
            for part, value in zip(target.elts, entry, strict=True):
                self._bind(part, value)
        else:
            refuse(target)

    # -- calls -------------------------------------------------------------
    def call(self, node: ast.Call) -> Value:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "index" and len(node.args) == 1:
            return position(self.value(node.func.value), self.value(node.args[0]))
        name = called(node.func)
        keywords = {k.arg: k.value for k in node.keywords}
        if name in self.functions and not keywords:
            own = self.sequence(ast.List(elts=node.args, ctx=ast.Load()))
            return self.functions[name](*(own[0] if len(own) == 1 and isinstance(own[0], list) else own))
        if name in ("sorted", "max", "min"):
            return self._ordering(name, node, keywords)
        if name == "reduce" and len(node.args) in (2, 3):
            return self._reduce(node)
        arguments = self.sequence(ast.List(elts=node.args, ctx=ast.Load()))
        if keywords:
            raise ModelError(f"{name} takes no keyword {next(iter(keywords))!r} in a rule")
        if name == "sum":
            return rf.add_all(rf.items(first(name, arguments), name), *arguments[1:2])
        if name in rf.SCALAR and len(arguments) == 1 and not isinstance(arguments[0], list):
            return rf.SCALAR[name](arguments[0])
        if name in rf.OF_LIST:
            return rf.OF_LIST[name](rf.items(first(name, arguments), name) if len(arguments) == 1 else arguments)
        if name in rf.OF_MATRIX and isinstance(first(name, arguments), sp.MatrixBase):
            return rf.OF_MATRIX[name](arguments[0])
        if name in OF_ARGUMENTS:
            return spread(name, arguments)
        raise UnknownNameError("function", name, FUNCTIONS, "the rule")

    def _reduce(self, node: ast.Call) -> Value:
        step, (values, *start) = node.args[0], [self.value(a) for a in node.args[1:]]
        if not (isinstance(step, ast.Lambda) and len(step.args.args) == 2):
            refuse(step)
        entries = [*start, *rf.items(values, "reduce")]
        outside, total = dict(self.names), first("reduce", entries)
        for entry in entries[1:]:
            self.names |= dict(zip((a.arg for a in step.args.args), (total, entry), strict=True))
            total = self.value(step.body)
        self.names = outside
        return total

    def _ordering(self, name: str, node: ast.Call, keywords: dict[str | None, ast.expr]) -> Value:
        arguments = self.sequence(ast.List(elts=node.args, ctx=ast.Load()))
        values = rf.items(arguments[0], name) if len(arguments) == 1 else arguments
        key = self._key(keywords["key"]) if "key" in keywords else None
        if name == "sorted":
            backwards = "reverse" in keywords and rf.truth(self.value(keywords["reverse"]))
            ordered = rf.order_statistics(values[::-1] if backwards else values, key)
            return ordered[::-1] if backwards else ordered
        if not values and "default" in keywords:
            return self.value(keywords["default"])
        if key is None:
            return rf.maximum(values) if name == "max" else rf.minimum(values)
        if name == "min":
            return rf.order_statistics(values, key)[0]
        return rf.order_statistics(values[::-1], key)[-1]

    def _key(self, node: ast.expr) -> Callable[[Value], Value]:
        if isinstance(node, ast.Lambda) and len(node.args.args) == 1:
            argument, body = node.args.args[0].arg, node.body

            def key(value: Value) -> Value:
                outside = dict(self.names)
                self.names[argument] = value
                result = self.value(body)
                self.names = outside
                return result

            return key
        name = called(node)
        if name in rf.SCALAR:
            return rf.SCALAR[name]
        raise UnknownNameError("key", name, rf.SCALAR, "the rule")


READERS: dict[type[ast.AST], Callable[[_Reader, Any], Value]] = {
    ast.Constant: _Reader.constant, ast.Name: _Reader.name, ast.Attribute: _Reader.attribute,
    ast.BinOp: _Reader.binary, ast.UnaryOp: _Reader.unary, ast.Compare: _Reader.compare,
    ast.BoolOp: _Reader.boolean, ast.IfExp: _Reader.conditional, ast.List: _Reader.sequence,
    ast.Tuple: _Reader.sequence, ast.Subscript: _Reader.subscript, ast.Call: _Reader.call,
    ast.GeneratorExp: _Reader.comprehension, ast.ListComp: _Reader.comprehension,
}  # fmt: skip
FUNCTIONS = sorted([*rf.SCALAR, *rf.OF_LIST, *rf.OF_MATRIX, *OF_ARGUMENTS, "sum", "max", "min", "sorted", "reduce"])
