"""SymPy expressions as LaTeX, in the conventions of this package's papers."""

from __future__ import annotations

from functools import lru_cache
from typing import Any


def sympy_latex(obj: Any) -> str:
    r"""LaTeX of a SymPy object: ``\log`` for the natural logarithm, matrices in brackets.

    >>> import sympy
    >>> sympy_latex(sympy.log(sympy.Symbol("u_1")))
    '\\log{\\left(u_{1} \\right)}'
    """
    return _printer().doprint(obj)


def kept_apart(product: Any) -> bool:
    """Whether a product was left unevaluated on purpose: a number behind, or a base twice, as in w² · w."""
    if any(argument.is_Number for argument in product.args[1:]):
        return True
    bases = [base for base, _ in (argument.as_base_exp() for argument in product.args) if base.is_Symbol or base.is_Add]
    return len(set(bases)) < len(bases)


@lru_cache(maxsize=1)
def _printer() -> Any:
    from sympy.printing.latex import LatexPrinter
    from sympy.printing.precedence import PRECEDENCE

    class Printer(LatexPrinter):
        def _print_Mul(self, expr: Any) -> str:
            """Factors of one base stand apart, as they were written, with dots between them."""
            if not kept_apart(expr) or any(argument.is_Number for argument in expr.args):
                return super()._print_Mul(expr)
            return r" \cdot ".join(self.parenthesize(argument, PRECEDENCE["Mul"]) for argument in expr.args)

        def _print_Derivative(self, expr: Any) -> str:
            """dy/dw as one fraction where a name is differentiated, which a reader knows from the blackboard."""
            if len(expr.variable_count) != 1 or expr.variable_count[0][1] != 1 or not expr.expr.is_Symbol:
                return super()._print_Derivative(expr)
            top, bottom = self._print(expr.expr), self._print(expr.variables[0])
            return rf"\frac{{d {top}}}{{d {bottom}}}"

    return Printer({"mat_delim": "", "mat_str": "bmatrix", "ln_notation": False})
