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


@lru_cache(maxsize=1)
def _printer() -> Any:
    from sympy.printing.latex import LatexPrinter

    class Printer(LatexPrinter):
        def _print_Derivative(self, expr: Any) -> str:
            """dy/dw as one fraction where a name is differentiated, which a reader knows from the blackboard."""
            if len(expr.variable_count) != 1 or expr.variable_count[0][1] != 1 or not expr.expr.is_Symbol:
                return super()._print_Derivative(expr)
            top, bottom = self._print(expr.expr), self._print(expr.variables[0])
            return rf"\frac{{d {top}}}{{d {bottom}}}"

    return Printer({"mat_delim": "", "mat_str": "bmatrix", "ln_notation": False})
