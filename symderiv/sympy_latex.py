"""SymPy expressions as LaTeX, in the conventions of this package's papers."""

from __future__ import annotations

from typing import Any


def sympy_latex(obj: Any) -> str:
    r"""LaTeX of a SymPy object: ``\log`` for the natural logarithm, matrices in brackets.

    >>> import sympy
    >>> sympy_latex(sympy.log(sympy.Symbol("u_1")))
    '\\log{\\left(u_{1} \\right)}'
    """
    from sympy.printing.latex import latex

    return latex(obj, mat_delim="[", mat_str="bmatrix", ln_notation=False, mul_symbol=None)
