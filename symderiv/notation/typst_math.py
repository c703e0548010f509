"""SymPy objects as Typst mathematics: a printer of its own beside SymPy's LaTeX printer.

Typst's mathematics is close to text, so a printer must never let a name become
an identifier: symbols of more than one letter are quoted (``typst_names``), products
of numbers get a dot, and every argument of a function stands in its own brackets.
"""

from __future__ import annotations

from typing import Any

from sympy import Mul, Pow, S, fraction, sstr
from sympy.core.function import AppliedUndef
from sympy.printing.precedence import PRECEDENCE, precedence_traditional
from sympy.printing.printer import Printer

from symderiv.notation.sympy_latex import kept_apart
from symderiv.notation.typst_names import close_call, quoted, sympy_name

_KNOWN = {
    "exp": "exp", "log": "log", "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh", "cosh": "cosh",
    "tanh": "tanh",
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "cot": "cot", "sec": "sec", "csc": "csc", "coth": "coth",
    "Max": "max", "Min": "min", "Determinant": "det", "gamma": "Gamma", "zeta": "zeta", "LambertW": "W",
}  # fmt: skip
_WORDS = {"sign": "sgn", "Heaviside": "step"}
_RELATIONS = {"==": "=", "!=": "eq.not", "<": "<", "<=": "lt.eq", ">": ">", ">=": "gt.eq"}


def sympy_typst(obj: Any) -> str:
    """Typst mathematics of a SymPy object (no delimiters).

    >>> import sympy
    >>> x, u = sympy.symbols("x u_1")
    >>> sympy_typst(x**2 * u / 2)
    '(u_(1) x^(2))/(2)'
    """
    return TypstPrinter().doprint(obj)


class TypstPrinter(Printer):
    """One method per SymPy class, as SymPy's printers are built."""

    printmethod = "_typst"

    def _at(self, expr: Any, strength: int, strict: bool = False) -> str:
        own = precedence_traditional(expr)
        body = self._print(expr)
        return body if own > strength or (own == strength and not strict) else f"lr(({body}))"

    def emptyPrinter(self, expr: Any) -> str:
        if getattr(expr, "args", ()) and getattr(expr, "func", None) is not None:
            return self._call(quoted(type(expr).__name__), expr.args)
        return quoted(str(expr))

    # atoms
    def _print_Symbol(self, expr: Any) -> str:
        return sympy_name(expr.name)

    _print_Dummy = _print_Symbol

    def _print_MatrixSymbol(self, expr: Any) -> str:
        return sympy_name(expr.name)

    def _print_str(self, expr: str) -> str:
        return quoted(expr)

    def _print_Integer(self, expr: Any) -> str:
        return str(expr.p)

    def _print_int(self, expr: int) -> str:
        return str(expr)

    def _print_Rational(self, expr: Any) -> str:
        sign = "-" if expr.p < 0 else ""
        return f"{sign}{abs(expr.p)}" if expr.q == 1 else f"{sign}({abs(expr.p)})/({expr.q})"

    def _print_Float(self, expr: Any) -> str:
        text = sstr(expr, full_prec=False)
        mantissa, e, exponent = text.partition("e")
        return f"{mantissa} dot.c 10^({int(exponent)})" if e else mantissa

    def _print_Pi(self, expr: Any) -> str:
        return "pi"

    def _print_Exp1(self, expr: Any) -> str:
        return "e"

    def _print_ImaginaryUnit(self, expr: Any) -> str:
        return "i"

    def _print_Infinity(self, expr: Any) -> str:
        return "oo"

    def _print_NegativeInfinity(self, expr: Any) -> str:
        return "-oo"

    def _print_Identity(self, expr: Any) -> str:
        return "I"

    def _print_ZeroMatrix(self, expr: Any) -> str:
        return "0"

    def _print_OneMatrix(self, expr: Any) -> str:
        return "bold(1)"

    def _print_BooleanTrue(self, expr: Any) -> str:
        return 'upright("true")'

    def _print_BooleanFalse(self, expr: Any) -> str:
        return 'upright("false")'

    # sums, products, powers
    def _print_Add(self, expr: Any) -> str:
        out = ""
        for term in expr.as_ordered_terms():
            # a sum kept inside a sum keeps its brackets
            body = self._at(term, PRECEDENCE["Add"], strict=bool(term.is_Add))
            if out:
                out += f" - {body[1:].lstrip()}" if body.startswith("-") else f" + {body}"
            else:
                out = body
        return out

    def _print_MatAdd(self, expr: Any) -> str:
        out = ""
        for term in expr.args:
            body = self._at(term, PRECEDENCE["Add"], strict=bool(term.is_MatAdd))
            out += (f" - {body[1:].lstrip()}" if body.startswith("-") else f" + {body}") if out else body
        return out

    def _print_Mul(self, expr: Any) -> str:
        if kept_apart(expr):  # kept unevaluated: the factors stand as written
            return " dot.c ".join(self._at(arg, PRECEDENCE["Mul"], strict=bool(arg.is_Add)) for arg in expr.args)
        if expr.could_extract_minus_sign():
            return "-" + self._at(-expr, PRECEDENCE["Mul"])
        above, below = fraction(expr, exact=True)
        if below is not S.One:
            # an unevaluated 1 in front would be printed as a factor
            above = Mul(*[a for a in Mul.make_args(above) if a is not S.One]) if above.is_Mul else above
            return f"({self._print(above)})/({self._print(below)})"
        factors = expr.as_ordered_factors()
        out, previous = "", None
        for factor in factors:
            body = self._at(factor, PRECEDENCE["Mul"], strict=bool(factor.is_Add or (factor.is_Number and factor < 0)))
            if previous is not None:
                number = body[:1].isdigit() or body.startswith("(") and factor.is_Rational
                out += " dot.c " if number else " "
            out += body
            previous = factor
        return out

    def _print_MatMul(self, expr: Any) -> str:
        coefficient, matrices = expr.as_coeff_matrices()
        body = " ".join(self._at(m, PRECEDENCE["Mul"], strict=True) for m in matrices)
        if coefficient == 1:
            return body
        if coefficient == -1:
            return f"-{body}"
        return f"{self._at(coefficient, PRECEDENCE['Mul'])} {body}"

    def _print_HadamardProduct(self, expr: Any) -> str:
        return " dot.o ".join(self._at(arg, PRECEDENCE["Mul"], strict=True) for arg in expr.args)

    def _print_Pow(self, expr: Any) -> str:
        base, exponent = expr.base, expr.exp
        if exponent.is_Rational and exponent.p == 1 and exponent.q > 1 and not base.is_Matrix:
            return f"sqrt({self._print(base)})" if exponent.q == 2 else f"root({exponent.q}, {self._print(base)})"
        if exponent.is_Rational and exponent.is_negative and base.is_commutative and not base.is_Matrix:
            return f"(1)/({self._print(Pow(base, -exponent, evaluate=False) if exponent != -1 else base)})"
        power = self._print(exponent)
        if base.is_Function and type(base).__name__ in _KNOWN and exponent.is_Integer:
            return self._call(f"{_KNOWN[type(base).__name__]}^({power})", base.args)
        return f"{close_call(self._at(base, PRECEDENCE['Pow'], strict=True))}^({power})"

    _print_MatPow = _print_Pow

    def _print_exp(self, expr: Any) -> str:
        return f"e^({self._print(expr.args[0])})"

    def _print_Inverse(self, expr: Any) -> str:
        return f"{self._at(expr.arg, PRECEDENCE['Pow'], strict=True)}^(-1)"

    def _print_Transpose(self, expr: Any) -> str:
        return f"{self._at(expr.arg, PRECEDENCE['Pow'], strict=True)}^top"

    # functions
    def _print_Function(self, expr: Any) -> str:
        name = type(expr).__name__
        if isinstance(expr, AppliedUndef):
            return self._call(sympy_name(name), expr.args)
        return self._call(_KNOWN.get(name) or f"op({quoted(_WORDS.get(name, name))})", expr.args)

    _print_Max = _print_Min = _print_Determinant = _print_Function

    def _print_Trace(self, expr: Any) -> str:
        return self._call('op("tr")', expr.args)

    def _print_UndefinedFunction(self, expr: Any) -> str:
        return sympy_name(str(expr))

    def _call(self, head: str, args: Any) -> str:
        return f"{head} lr(({', '.join(self._print(arg) for arg in args)}))"

    def _print_Abs(self, expr: Any) -> str:
        return f"abs({self._print(expr.args[0])})"

    def _print_floor(self, expr: Any) -> str:
        return f"floor({self._print(expr.args[0])})"

    def _print_ceiling(self, expr: Any) -> str:
        return f"ceil({self._print(expr.args[0])})"

    def _print_factorial(self, expr: Any) -> str:
        return f"{self._at(expr.args[0], PRECEDENCE['Func'])}!"

    def _print_binomial(self, expr: Any) -> str:
        return f"binom({self._print(expr.args[0])}, {self._print(expr.args[1])})"

    def _print_Derivative(self, expr: Any) -> str:
        d = "partial" if len(expr.expr.free_symbols) > 1 or len(expr.variables) > 1 else "d"
        order = sum(count for _, count in expr.variable_count)
        below = " ".join(f"{d} {self._print(v)}" + (f"^({self._print(n)})" if n != 1 else "")
                         for v, n in reversed(expr.variable_count))
        head = d if order == 1 else f"{d}^({self._print(order)})"
        if expr.expr.is_Symbol or isinstance(expr.expr, AppliedUndef):
            return f"({head} {self._print(expr.expr)})/({below})"
        return f"({head})/({below}) {self._at(expr.expr, PRECEDENCE['Mul'], strict=True)}"

    def _limits(self, sign: str, expr: Any) -> str:
        out = ""
        for limits in expr.limits:
            under = self._print(limits[0]) + (f" = {self._print(limits[1])}" if len(limits) > 1 else "")
            out += f"{sign}_({under})" + (f"^({self._print(limits[2])})" if len(limits) > 2 else "") + " "
        return out + self._at(expr.function, PRECEDENCE["Mul"])

    def _print_Sum(self, expr: Any) -> str:
        return self._limits("sum", expr)

    def _print_Product(self, expr: Any) -> str:
        return self._limits("product", expr)

    def _print_Integral(self, expr: Any) -> str:
        signs = "".join(
            "integral" + (f"_({self._print(lim[1])})^({self._print(lim[2])})" if len(lim) == 3 else "") + " "
            for lim in reversed(expr.limits)
        )
        tail = " ".join(f"thin d {self._print(lim[0])}" for lim in expr.limits)
        return f"{signs}{self._at(expr.function, PRECEDENCE['Mul'])} {tail}"

    # matrices and containers
    def _print_MatrixBase(self, expr: Any) -> str:
        rows = "; ".join(", ".join(self._print(expr[i, j]) for j in range(expr.cols)) for i in range(expr.rows))
        return f'mat(delim: "[", {rows})'

    def _print_MatrixElement(self, expr: Any) -> str:
        inner = f"{self._print(expr.i)} {self._print(expr.j)}"
        return f"{self._at(expr.parent, PRECEDENCE['Atom'], strict=False)}_({inner})"

    def _print_Indexed(self, expr: Any) -> str:
        return f"{self._print(expr.base)}_({', '.join(self._print(i) for i in expr.indices)})"

    def _print_IndexedBase(self, expr: Any) -> str:
        return sympy_name(str(expr.label))

    def _print_Idx(self, expr: Any) -> str:
        return sympy_name(str(expr.label))

    def _print_Tuple(self, expr: Any) -> str:
        return f"lr(({', '.join(self._print(arg) for arg in expr)}))"

    _print_tuple = _print_Tuple

    def _print_list(self, expr: Any) -> str:
        return f"lr([{', '.join(self._print(arg) for arg in expr)}])"

    def _print_FiniteSet(self, expr: Any) -> str:
        return f"lr({{{', '.join(self._print(arg) for arg in expr.args)}}})"

    # conditions
    def _print_Relational(self, expr: Any) -> str:
        return f"{self._print(expr.lhs)} {_RELATIONS[expr.rel_op]} {self._print(expr.rhs)}"

    def _print_Piecewise(self, expr: Any) -> str:
        rows = [
            f"{self._print(value)} & " + ('"otherwise"' if condition is S.true else f'"if" {self._print(condition)}')
            for value, condition in expr.args
        ]
        return f"cases({', '.join(rows)})"

    def _print_And(self, expr: Any) -> str:
        return " and ".join(self._print(arg) for arg in sorted(expr.args, key=str))

    def _print_Or(self, expr: Any) -> str:
        return " or ".join(self._print(arg) for arg in sorted(expr.args, key=str))

    def _print_Not(self, expr: Any) -> str:
        return f"not {self._at(expr.args[0], PRECEDENCE['Not'])}"
