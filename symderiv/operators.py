"""The words of the text grammar: one row per operator, nothing else.

A row fixes an operator's arity, the rule that infers its shape, how its NumPy
counterpart is called, and its LaTeX and Typst templates.  ``{0}``, ``{1}`` …
stand for printed arguments.  What an operator *means* is one row of the
lowering table in ``indexed.py``; how it is differentiated follows from that.
"""

from __future__ import annotations

from dataclasses import dataclass

from symderiv.errors import UnknownNameError
from symderiv.shapes import SHAPE_RULES, ShapeRule


@dataclass(frozen=True)
class Operator:
    """One operator: ``arity`` is (least, most); ``family`` groups rows for the tools that treat them alike."""

    name: str
    arity: tuple[int, int]
    shape: ShapeRule
    family: str
    latex: str
    typst: str
    meaning: str


def _row(name: str, least: int, most: int, rule: str, family: str, latex: str, typst: str, meaning: str) -> Operator:
    return Operator(name, (least, most), SHAPE_RULES[rule], family, latex, typst, meaning)


def _call(word: str) -> tuple[str, str]:
    return rf"\operatorname{{{{{word}}}}}\left({{0}}\right)", f'op("{word}") lr(({{0}}))'


_MANY = 10**6

_ROWS = (
    # structure: printed by precedence, not by template
    _row("add", 2, _MANY, "elementwise", "structure", "", "", "sum, entry by entry"),
    _row("neg", 1, 1, "same", "structure", "", "", "negative"),
    _row("mul", 2, _MANY, "elementwise", "structure", "", "", "product, entry by entry"),
    _row("div", 2, 2, "quotient", "structure", "", "", "quotient, entry by entry"),
    _row("pow", 2, 2, "power", "structure", "", "", "power, entry by entry; scalar exponent"),
    _row("matmul", 2, _MANY, "matmul", "structure", "", "", "matrix product"),
    _row("T", 1, 1, "transpose", "structure", "", "", "transpose"),
    # linear algebra
    _row("tr", 1, 1, "trace", "algebra", *_call("tr"), "trace of a square matrix"),
    _row("det", 1, 1, "trace", "algebra", *_call("det"), "determinant of a square matrix"),
    _row("logdet", 1, 1, "trace", "algebra", r"\log\left|\det {0}\right|", "log abs(det {0})", "log|det A|"),
    _row("inv", 1, 1, "inverse", "algebra", "{0}^{{-1}}", "{0}^(-1)", "inverse of a square matrix"),
    _row("norm", 1, 1, "norm", "algebra", r"\left\|{0}\right\|_{sub}", "norm({0})_{sub}", "2-norm or Frobenius norm"),
    _row("norm1", 1, 1, "norm", "algebra", r"\left\|{0}\right\|_1", "norm({0})_1", "sum of absolute values"),
    _row("diag", 1, 1, "diag", "algebra", *_call("diag"), "diagonal matrix of a vector"),
    _row("diagonal", 1, 1, "diagonal", "algebra", *_call("diagonal"), "diagonal of a square matrix, as a vector"),
    _row("outer", 2, 2, "outer", "algebra", r"{0}\,{1}^{{\top}}", "{0} {1}^top", "outer product u vᵀ"),
    _row("col", 1, 1, "column", "algebra", *_call("col"), "a vector as an n×1 column"),
    _row(
        "held",
        1,
        1,
        "same",
        "algebra",
        r"\underline{{{0}}}",
        "underline({0})",
        "its argument, constant under every derivative",
    ),
    # reductions
    _row(
        "sum",
        1,
        1,
        "reduction",
        "reduction",
        r"\operatorname{{sum}}{axis}\left({0}\right)",
        'op("sum"){axis} lr(({0}))',
        "sum",
    ),
    _row(
        "mean",
        1,
        1,
        "reduction",
        "reduction",
        r"\operatorname{{mean}}{axis}\left({0}\right)",
        'op("mean"){axis} lr(({0}))',
        "mean",
    ),
    _row(
        "var",
        1,
        1,
        "reduction",
        "reduction",
        r"\operatorname{{var}}{axis}\left({0}\right)",
        'op("var"){axis} lr(({0}))',
        "variance over entries, divisor their number",
    ),
    # elementwise maps
    _row("sqrt", 1, 1, "same", "map", r"\sqrt{{{0}}}", "sqrt({0})", "square root"),
    _row("exp", 1, 1, "same", "map", r"\exp\left({0}\right)", "exp lr(({0}))", "exponential"),
    _row("log", 1, 1, "same", "map", r"\log\left({0}\right)", "log lr(({0}))", "natural logarithm"),
    _row("sin", 1, 1, "same", "map", r"\sin\left({0}\right)", "sin lr(({0}))", "sine"),
    _row("cos", 1, 1, "same", "map", r"\cos\left({0}\right)", "cos lr(({0}))", "cosine"),
    _row("tanh", 1, 1, "same", "map", r"\tanh\left({0}\right)", "tanh lr(({0}))", "hyperbolic tangent"),
    _row("sigmoid", 1, 1, "same", "map", r"\sigma\left({0}\right)", "sigma lr(({0}))", "1/(1 + e^-x)"),
    _row("relu", 1, 1, "same", "map", *_call("relu"), "max(x, 0)"),
    _row("softplus", 1, 1, "same", "map", *_call("softplus"), "log(1 + e^x)"),
    _row("step", 1, 1, "same", "map", *_call("step"), "1 where x > 0, 0 where x < 0"),
    _row("sign", 1, 1, "same", "map", *_call("sign"), "sign"),
    _row("abs", 1, 1, "same", "map", r"\left|{0}\right|", "abs({0})", "absolute value"),
    _row("erf", 1, 1, "same", "map", *_call("erf"), "error function"),
    # along the last axis
    _row("softmax", 1, 1, "last axis kept", "axis map", *_call("softmax"), "e^x divided by its sum"),
    _row("logsumexp", 1, 1, "last axis gone", "axis map", *_call("logsumexp"), "log of the sum of e^x"),
    # moments
    _row(
        "E",
        1,
        1,
        "same",
        "moment",
        r"\mathbb{{E}}\left[{0}\right]",
        "EE lr([{0}])",
        "expectation over every random symbol",
    ),
    _row(
        "Var",
        1,
        1,
        "same",
        "moment",
        r"\operatorname{{Var}}\left[{0}\right]",
        'op("Var") lr([{0}])',
        "variance, entry by entry",
    ),
    _row(
        "Cov",
        1,
        2,
        "covariance",
        "moment",
        r"\operatorname{{Cov}}\left[{all}\right]",
        'op("Cov") lr([{all}])',
        "covariance matrix",
    ),
    # derivatives
    _row(
        "grad",
        2,
        2,
        "gradient",
        "derivative",
        r"\nabla_{{{1}}}\left({0}\right)",
        "nabla_({1}) lr(({0}))",
        "gradient, in the shape of its variable",
    ),
    _row(
        "jacobian",
        2,
        2,
        "jacobian",
        "derivative",
        r"\frac{{\partial}}{{\partial {1}^{{\top}}}}\left({0}\right)",
        "partial / (partial {1}^top) lr(({0}))",
        "Jacobian, a row per entry of the function",
    ),
    _row(
        "hessian",
        2,
        2,
        "hessian",
        "derivative",
        r"\nabla^2_{{{1}}}\left({0}\right)",
        "nabla^2_({1}) lr(({0}))",
        "matrix of second derivatives",
    ),
    _row(
        "diff",
        2,
        2,
        "derivative",
        "derivative",
        r"\frac{{\mathrm{{d}}}}{{\mathrm{{d}} {1}}}\left({0}\right)",
        "upright(d) / (upright(d) {1}) lr(({0}))",
        "derivative by a scalar",
    ),
    _row(
        "differential",
        2,
        3,
        "differential",
        "derivative",
        r"\mathrm{{d}}_{{{1}}}\left({0}\right)",
        "upright(d)_({1}) lr(({0}))",
        "directional derivative along the third argument (default: dX)",
    ),
)

OPERATORS: dict[str, Operator] = {row.name: row for row in _ROWS}

# Heads that are not operators: leaves, and matrices made of a shape.
LEAVES = ("sym", "num", "dim", "pi")
CONSTANT_MATRICES = ("eye", "ones", "zeros")

# What a text may call: everything but the structure, which has its own signs.
FUNCTIONS = tuple(row.name for row in _ROWS if row.family != "structure") + CONSTANT_MATRICES


def operator(name: str) -> Operator:
    """The row of an operator; raises UnknownNameError with near names."""
    row = OPERATORS.get(name)
    if row is None:
        raise UnknownNameError("operator", name, OPERATORS)
    return row


def members(family: str) -> frozenset[str]:
    """Names of all operators of one family, e.g. ``members("map")``."""
    return frozenset(row.name for row in _ROWS if row.family == family)
