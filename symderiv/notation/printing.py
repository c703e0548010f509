"""Expressions as LaTeX, Typst and text: one walk, one table per language.

``latex``, ``typst`` and ``text`` take an ``Expr``, a SymPy object, a number, or
a list of them (a column).  Vectors print bold and upright, matrices and scalars
in italics; a vector on the left of a product prints as a row, ``xᵀAy``.  ``text``
prints the grammar that ``Scope.read`` reads, and reads back to the same tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symderiv.notation.naming import latex_name, typst_name
from symderiv.notation.typst_names import close_call
from symderiv.operators import OPERATORS

# binding strength, loosest first
ADD, NEG, MUL, POW, ATOM = range(1, 6)
_TALL = re.compile(r"\\(?:frac|sqrt|begin|sum|prod|int)\b|\)/\(|\b(?:sqrt|mat|sum|product|integral)\b")


@dataclass(frozen=True)
class Language:
    """How one language writes the structural operators; function calls come from the operator table."""

    name: Callable[[Any], str]
    paren: str
    fraction: str
    power: str
    transposed: str
    times: str  # between juxtaposed factors
    dot: str  # between two numbers, where juxtaposition would change the value
    hadamard: str
    pi: str
    eye: str
    ones: str
    zeros: str
    template: str  # which column of the operator table
    bars: str  # a norm whose bars have the height of a letter


LATEX = Language(
    latex_name, r"\left({}\right)", r"\frac{{{}}}{{{}}}", "{}^{{{}}}", r"{}^{{\top}}", r" ", r" \cdot ", r" \odot ",
    r"\pi", "I", r"\mathbf{1}", "0", "latex", r"\lVert {0} \rVert_{sub}",
)
TYPST = Language(
    typst_name, "lr(({}))", "({})/({})", "{}^({})", "{}^top", " ", " dot.c ", " dot.o ", "pi", "I", "bold(1)", "0",
    "typst", "norm(size: #1em, {0})_{sub}",
)  # fmt: skip


def latex(obj: object) -> str:
    r"""LaTeX of an expression (mathematics only, no delimiters).

    >>> from fractions import Fraction
    >>> latex(Fraction(1, 2))
    '\\frac{1}{2}'
    """
    return _render(obj, LATEX)


def typst(obj: object) -> str:
    """Typst mathematics of an expression (no delimiters)."""
    return _render(obj, TYPST)


def _render(obj: Any, language: Language) -> str:
    if hasattr(obj, "op"):
        return _Printer(language).print(obj)[0]
    if isinstance(obj, (int, Fraction)) and not isinstance(obj, bool):
        return _number(Fraction(obj), language)
    if isinstance(obj, (list, tuple)):
        cells = [_render(item, language) for item in obj]
        if language is LATEX:
            return r"\begin{bmatrix}" + r" \\ ".join(cells) + r"\end{bmatrix}"
        return f'mat(delim: "[", {"; ".join(cells)})'
    if language is LATEX:
        from symderiv.notation.sympy_latex import sympy_latex

        return sympy_latex(obj)
    from symderiv.notation.typst_math import sympy_typst

    return sympy_typst(obj)


def _number(value: Fraction, language: Language) -> str:
    sign = "-" if value < 0 else ""
    value = abs(value)
    if value.denominator == 1:
        return f"{sign}{value.numerator}"
    return sign + language.fraction.format(value.numerator, value.denominator)


class _Printer:
    """One walk over a tree; every method returns (text, binding strength)."""

    def __init__(self, language: Language) -> None:
        self.lang = language
        self.cases: dict[str, Callable[[Any], tuple[str, int]]] = {
            "sym": lambda e: (self.lang.name(e.data), ATOM),
            "num": lambda e: (_number(e.data, self.lang), ATOM if e.data >= 0 else NEG),
            "dim": lambda e: (self.lang.name(str(e.data)), ATOM),
            "pi": lambda e: (self.lang.pi, ATOM),
            "eye": lambda e: (self.lang.eye, ATOM),
            "ones": lambda e: (self.lang.ones, ATOM),
            "zeros": lambda e: (self.lang.zeros, ATOM),
            "add": self._add,
            "neg": self._neg,
            "mul": self._mul,
            "div": self._div,
            "pow": self._pow,
            "matmul": self._matmul,
            "T": self._transposed,
            "norm": self._norm,
            "inv": self._inverse,
            "outer": self._outer,
            "held": self._held,
        }

    def print(self, e: Any) -> tuple[str, int]:
        case = self.cases.get(e.op)
        return case(e) if case else self._call(e)

    def at(self, e: Any, strength: int) -> str:
        """Print, in parentheses if the tree binds less than ``strength``."""
        body, own = self.print(e)
        return body if own >= strength else self.lang.paren.format(body)

    def base(self, e: Any) -> str:
        """Print what bears an exponent or a transpose."""
        body = self.at(e, ATOM)
        return close_call(body) if self.lang is TYPST else body

    def _add(self, e: Any) -> tuple[str, int]:
        out = self.at(e.args[0], ADD)
        for term in e.args[1:]:
            if term.op == "neg":
                out += " - " + self.at(term.args[0], MUL)
            elif term.op == "num" and term.data < 0:
                out += " - " + _number(-term.data, self.lang)
            else:
                out += " + " + self.at(term, ADD)
        return out, ADD

    def _neg(self, e: Any) -> tuple[str, int]:
        return "-" + self.at(e.args[0], MUL), NEG

    def _mul(self, e: Any) -> tuple[str, int]:
        out, previous = "", None
        for i, factor in enumerate(e.args):
            crowded = factor.op == "matmul" and i + 1 < len(e.args)  # 2 (xᵀBx) (B + Bᵀ)x
            body = self.at(factor, POW if crowded else MUL)
            if previous is not None:
                arrays = bool(previous.shape) and bool(factor.shape)
                numbers = factor.op == "num" or (factor.op == "pow" and factor.args[0].op == "num")
                out += self.lang.hadamard if arrays else self.lang.dot if numbers else self.lang.times
            out += body
            previous = factor
        return out, MUL

    def _div(self, e: Any) -> tuple[str, int]:
        return self.lang.fraction.format(self.print(e.args[0])[0], self.print(e.args[1])[0]), MUL

    def _pow(self, e: Any) -> tuple[str, int]:
        base, exponent = e.args
        power = self.print(exponent)[0]
        if base.op == "norm":  # ‖x‖₂² takes its exponent without parentheses
            return self.lang.power.format(self.print(base)[0], power), POW
        if base.shape:  # an entrywise power must not be read as a matrix power
            mark = r"\circ " if self.lang is LATEX else "compose "
            power = mark + power
        return self.lang.power.format(self.base(base), power), POW

    def _matmul(self, e: Any) -> tuple[str, int]:
        factors = e.args
        if len(factors[0].shape) == 1 and len(e.shape) == 1:  # xᵀA, as the vector Aᵀx
            parts = [self._flip(f) for f in factors[:0:-1]] + [self.at(factors[0], MUL)]
        elif len(factors[0].shape) == 1:
            parts = [self._flip(factors[0])] + [self.at(f, MUL) for f in factors[1:]]
        else:
            parts = [self.at(f, MUL) for f in factors]
        for i, f in enumerate(factors):  # a product of entries inside a matrix product is bracketed
            if f.op in ("mul", "div") and f.shape and parts[i] == self.at(f, MUL):
                parts[i] = self.lang.paren.format(self.print(f)[0])
        return self.lang.times.join(parts), MUL

    def _flip(self, e: Any) -> str:
        if e.op == "T":
            return self.at(e.args[0], MUL)
        return self.lang.transposed.format(self.base(e))

    def _transposed(self, e: Any) -> tuple[str, int]:
        if e.args[0].op == "inv":
            marks = r"{}^{{-\top}}" if self.lang is LATEX else "{}^(-top)"
            return marks.format(self.base(e.args[0].args[0])), POW
        return self.lang.transposed.format(self.base(e.args[0])), POW

    def _inverse(self, e: Any) -> tuple[str, int]:
        return self.lang.power.format(self.base(e.args[0]), "-1"), POW

    def _outer(self, e: Any) -> tuple[str, int]:
        return self.at(e.args[0], POW) + self.lang.times + self._flip(e.args[1]), MUL

    def _held(self, e: Any) -> tuple[str, int]:
        return self._call(e)[0], self.print(e.args[0])[1]  # a line under a sum is no bracket

    def _norm(self, e: Any) -> tuple[str, int]:
        sub = "F" if len(e.args[0].shape) == 2 else "2"
        body = self.print(e.args[0])[0]
        template = getattr(OPERATORS["norm"], self.lang.template)
        # bars that grow would grow at an accent or a transpose, and differ from those beside them
        return (template if _TALL.search(body) else self.lang.bars).format(body, sub=sub), ATOM

    def _call(self, e: Any) -> tuple[str, int]:
        row = OPERATORS[e.op]
        inner = [self.print(a)[0] for a in e.args]
        axis = "" if e.data is None else f"_{{{e.data}}}" if self.lang is LATEX else f"_{e.data}"
        body = getattr(row, self.lang.template)
        body = body.format(*inner, all=", ".join(inner), axis=axis)
        return body, ATOM if row.family != "derivative" else MUL


def text(obj: Any) -> str:
    """The expression in the text grammar; SymPy objects as SymPy prints them.

    For an Expr ``scope.read(text(e)) is e`` holds.
    """
    if hasattr(obj, "op"):
        return _text(obj)[0]
    if isinstance(obj, (list, tuple)):
        return "[" + ", ".join(map(text, obj)) + "]"
    return str(obj)


def _text(e: Any) -> tuple[str, int]:
    def at(x: Any, strength: int) -> str:
        body, own = _text(x)
        return body if own >= strength else f"({body})"

    if e.op == "sym":
        return e.data.name, ATOM
    if e.op in ("dim", "pi"):
        return str(e.data or e.op), ATOM
    if e.op == "num":
        return str(e.data), (ATOM if e.data.denominator == 1 else MUL) if e.data >= 0 else NEG
    if e.op in ("eye", "ones", "zeros"):
        sizes = e.shape[:1] if e.op == "eye" else e.shape
        return f"{e.op}({', '.join(map(str, sizes))})", ATOM
    if e.op == "add":
        out = at(e.args[0], ADD)
        for term in e.args[1:]:
            negative = term.args[0] if term.op == "neg" else None
            if term.op == "num" and term.data < 0:
                out += " - " + str(-term.data)
            else:
                out += " + " + at(term, MUL) if negative is None else " - " + at(negative, MUL)
        return out, ADD
    if e.op == "neg":
        return "-" + at(e.args[0], MUL), NEG
    if e.op == "mul":
        last = len(e.args) - 1
        return "*".join(_factor_text(f, i, i == last, e, at) for i, f in enumerate(e.args)), MUL
    if e.op == "div":
        return at(e.args[0], MUL) + "/" + at(e.args[1], POW), MUL
    if e.op == "pow":
        return at(e.args[0], ATOM) + "**" + at(e.args[1], ATOM), POW
    if e.op == "matmul":
        return "@".join(at(f, POW) for f in e.args), MUL
    if e.op == "T":
        return at(e.args[0], ATOM) + ".T", ATOM
    axis = [] if e.data is None else [str(e.data)]
    return f"{e.op}({', '.join([_text(a)[0] for a in e.args] + axis)})", ATOM


def _factor_text(f: Any, i: int, last: bool, e: Any, at: Callable[[Any, int], str]) -> str:
    """A factor of an entrywise product; ``2*A@x`` needs no parentheses, ``v*(A@x)`` does."""
    scalars_before = all(not g.shape for g in e.args[:i])
    if f.op == "matmul" and i and last and scalars_before:
        return at(f, MUL)
    if i == 0 and f.op in ("div", "matmul"):
        return at(f, MUL)
    return at(f, POW)
