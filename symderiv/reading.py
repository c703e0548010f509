"""Text → expression, by a whitelist over Python's own syntax tree.

Nothing is evaluated: ``ast.parse`` gives the tree, ``_CASES`` says which nodes
may occur, and everything else is refused with its place.  Limits on length and
depth come first, so that a hostile text costs an error message and no more.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from fractions import Fraction

from symderiv.errors import LimitError, ReadingError, ShapeError, UnknownNameError, shorten
from symderiv.expressions import Expr, combine, constant, dimension, eye, leaf, make, negative, number
from symderiv.operators import CONSTANT_MATRICES, FUNCTIONS
from symderiv.shapes import Dim

MAX_LENGTH = 20_000
MAX_DEPTH = 150
_SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
}
_WITH_AXIS = ("sum", "mean", "var")


def read(text: str, symbols: Mapping[str, Expr], dims: frozenset[str]) -> Expr:
    """Read one expression; names are ``symbols``, and ``dims`` may stand as scalars.

    Raises ReadingError, UnknownNameError, ShapeError or LimitError, each with the place.
    """
    if not isinstance(text, str):
        raise ReadingError(f"an expression is a text, not {type(text).__name__}")
    if len(text) > MAX_LENGTH:
        raise LimitError(
            f"the expression has {len(text)} characters, the limit is {MAX_LENGTH}; give its parts names in 'where'"
        )
    flat = " ".join(text.split("\n"))
    foreign = next((k for k, c in enumerate(flat) if not c.isascii() or c == "#"), None)
    if foreign is not None:
        # a comment would swallow the rest, and other alphabets have letters that Python reads as Latin ones
        raise ReadingError(f"{flat[foreign]!r} is not part of the grammar", flat, (foreign, foreign + 1))
    try:
        tree = ast.parse(flat.strip(), mode="eval").body
    except (RecursionError, MemoryError):
        raise _too_deep(flat) from None
    except (SyntaxError, ValueError) as bad:
        at = (getattr(bad, "offset", None) or 1) - 1
        reason = getattr(bad, "msg", None) or str(bad)
        raise ReadingError(f"cannot read the expression: {reason}", flat.strip(), (at, at + 1)) from None
    return _Reader(flat.strip(), symbols, dims).read(tree, 0)


def _too_deep(text: str) -> LimitError:
    return LimitError(f"{shorten(text)!r} is nested more than {MAX_DEPTH} levels deep; give its parts names in 'where'")


class _Reader:
    def __init__(self, text: str, symbols: Mapping[str, Expr], dims: frozenset[str]) -> None:
        self.text = text
        self.symbols = symbols
        self.dims = dims
        self.cases: dict[type[ast.AST], Callable[..., Expr]] = {
            ast.BinOp: self._binary,
            ast.UnaryOp: self._unary,
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.Call: self._call,
        }

    def read(self, node: ast.expr, depth: int) -> Expr:
        if depth > MAX_DEPTH:
            raise _too_deep(self.text)
        case = self.cases.get(type(node))
        if case is None:
            raise self._error(f"{type(node).__name__.lower()} is not part of the grammar", node)
        try:
            return case(node, depth + 1)
        except ShapeError as bad:
            if "\n" in str(bad):
                raise
            raise ShapeError(f"{bad}\n  in {shorten(self.text, 200)}") from None

    def _error(self, message: str, node: ast.expr) -> ReadingError:
        return ReadingError(message, self.text, (node.col_offset, node.end_col_offset or node.col_offset + 1))

    def _binary(self, node: ast.BinOp, depth: int) -> Expr:
        # a long sum is a left-deep tree: walk its spine in a loop, so that length is not depth
        spine: list[ast.BinOp] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp):
            spine.append(left)
            left = left.left
        value = self.read(left, depth)
        run: list[Expr] = [value]  # summands gathered so that a sum of k terms is built once
        for item in reversed(spine):
            sign = _SIGNS.get(type(item.op))
            if sign is None:
                raise self._error(f"the operator {type(item.op).__name__} is not part of the grammar", item)
            right = self.read(item.right, depth)
            if sign in ("add", "sub"):
                run.append(negative(right) if sign == "sub" else right)
                continue
            run = [self._join(sign, _total(run), right)]
        return _total(run)

    def _join(self, sign: str, left: Expr, right: Expr) -> Expr:
        if sign == "div" and left.op == "num" and right.op == "num" and right.data:
            return number(left.data / right.data)
        if sign == "div" and right.op == "num" and not right.data:
            raise ReadingError("division by zero", self.text)
        if sign == "matmul" and not (left.shape and right.shape):
            make("matmul", left, right)  # raises with both sides named
        return combine(sign, left, right)

    def _unary(self, node: ast.UnaryOp, depth: int) -> Expr:
        value = self.read(node.operand, depth)
        if isinstance(node.op, ast.USub):
            return negative(value)
        if isinstance(node.op, ast.UAdd):
            return value
        raise self._error("only + and - may stand before a term", node)

    def _constant(self, node: ast.Constant, depth: int) -> Expr:
        if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
            raise self._error(f"{shorten(repr(node.value))} is not a number", node)
        literal = self.text[node.col_offset : node.end_col_offset].replace("_", "")
        exact = Fraction(literal) if isinstance(node.value, float) else Fraction(node.value)
        if max(exact.numerator.bit_length(), exact.denominator.bit_length()) > 512:
            raise self._error("this number has too many digits", node)
        return number(exact)

    def _name(self, node: ast.Name, depth: int) -> Expr:
        if node.id in self.symbols:
            return self.symbols[node.id]
        if node.id in self.dims:
            return leaf("dim", node.id)
        if node.id == "pi":
            return leaf("pi", None)
        if node.id in FUNCTIONS:
            raise self._error(f"{node.id} is a function; write {node.id}(…)", node)
        raise UnknownNameError("name", node.id, [*self.symbols, *self.dims, "pi"], repr(shorten(self.text)))

    def _attribute(self, node: ast.Attribute, depth: int) -> Expr:
        if node.attr != "T":
            raise self._error(f"only .T may follow a dot, not .{shorten(node.attr)}", node)
        return make("T", self.read(node.value, depth))

    def _call(self, node: ast.Call, depth: int) -> Expr:
        if not isinstance(node.func, ast.Name):
            raise self._error("only a function's name may be called", node)
        name = node.func.id
        if name not in FUNCTIONS:
            raise UnknownNameError("function", name, FUNCTIONS, repr(shorten(self.text)))
        if name in CONSTANT_MATRICES:
            return self._matrix(name, node)
        args, axis = list(node.args), None
        for keyword in node.keywords:
            if keyword.arg != "axis" or name not in _WITH_AXIS:
                raise self._error(f"{name} takes no argument called {keyword.arg}", node)
            axis = self._integer(keyword.value, "axis")
        if name in _WITH_AXIS and len(args) == 2 and axis is None:
            axis = self._integer(args.pop(), "axis")
        try:
            values = tuple(self.read(a, depth) for a in args)
            if axis is not None and values and -len(values[0].shape) <= axis < 0:
                axis %= len(values[0].shape)
            return make(name, *values, data=axis)
        except ReadingError as bad:
            if bad.text:
                raise
            raise self._error(str(bad), node) from None

    def _matrix(self, name: str, node: ast.Call) -> Expr:
        sizes = [self._size(a) for a in node.args]
        most = 1 if name == "eye" else 2
        if node.keywords or not 1 <= len(sizes) <= most:
            raise self._error(f"{name} takes {'one size' if most == 1 else 'one or two sizes'}", node)
        return eye(sizes[0]) if name == "eye" else constant(name, tuple(sizes))

    def _size(self, node: ast.expr) -> Dim:
        if isinstance(node, ast.Name):
            if node.id not in self.dims:
                raise UnknownNameError("dimension", node.id, self.dims, repr(shorten(self.text)))
            return node.id
        return self._integer(node, "a size", least=1)

    def _integer(self, node: ast.expr, what: str, least: int = -2) -> int:
        negated = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
        inner = node.operand if isinstance(node, ast.UnaryOp) else node
        if not isinstance(inner, ast.Constant) or type(inner.value) is not int or inner.value > 10**6:
            raise self._error(f"{what} must be an integer", node)
        value = -inner.value if negated else inner.value
        if value < least:
            raise self._error(f"{what} must be at least {least}", node)
        return value


def _total(terms: list[Expr]) -> Expr:
    if len(terms) == 1:
        return terms[0]
    flat = [part for t in terms for part in (t.args if t.op == "add" else (t,))]
    return make("add", *flat)


__all__ = ["MAX_DEPTH", "MAX_LENGTH", "dimension", "read"]
