"""How a symbol's name looks in print: ``W1`` → W₁, ``sigma2`` → σ₂, ``w_tilde`` → w̃.

The parts of a name are a stem, accents and subscripts, separated by ``_`` or by
the switch from letters to digits.  A stem that names a Greek letter prints as
that letter.  A trailing ``'`` prints as a prime.
"""

from __future__ import annotations

import re
from typing import Any

_GREEK = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "pi",
    "rho",
    "sigma",
    "tau",
    "upsilon",
    "phi",
    "chi",
    "psi",
    "omega",
    "Gamma",
    "Delta",
    "Theta",
    "Lambda",
    "Xi",
    "Pi",
    "Sigma",
    "Upsilon",
    "Phi",
    "Psi",
    "Omega",
]
_SHORT = {"lam": "lambda", "eps": "epsilon"}
_TYPST_GREEK = {"epsilon": "epsilon.alt", "phi": "phi.alt"}
_ACCENTS = {
    "tilde": (r"\tilde{%s}", "tilde(%s)"),
    "hat": (r"\hat{%s}", "hat(%s)"),
    "bar": (r"\bar{%s}", "macron(%s)"),
    "check": (r"\check{%s}", "caron(%s)"),
    "dot": (r"\dot{%s}", "dot(%s)"),
}


def split_name(name: str) -> tuple[str, list[str], list[str]]:
    """Stem, accents and subscripts of a name.

    >>> split_name("X_tilde_12")
    ('X', ['tilde'], ['12'])
    >>> split_name("W1")
    ('W', [], ['1'])
    """
    first, *rest = name.rstrip("'").split("_")
    match = re.fullmatch(r"([A-Za-z]+?)([0-9]+)", first)
    stem, subs = (match.group(1), [match.group(2)]) if match else (first, [])
    accents = [part for part in rest if part in _ACCENTS]
    subs += [part for part in rest if part and part not in _ACCENTS]
    return stem, accents, subs


def latex_name(symbol: Any) -> str:
    r"""LaTeX of a symbol (with ``name`` and ``shape``) or of a bare name.

    >>> latex_name("sigma2")
    '\\sigma_{2}'
    """
    stem, accents, subs = split_name(_name(symbol))
    greek = _SHORT.get(stem, stem)
    body = "\\" + greek if greek in _GREEK else stem if len(stem) == 1 else rf"\mathit{{{stem}}}"
    if len(getattr(symbol, "shape", ())) == 1:
        body = rf"\boldsymbol{{{body}}}" if greek in _GREEK else rf"\mathbf{{{stem}}}"
    for accent in accents:
        body = _ACCENTS[accent][0] % body
    sub = ",".join(_sub_latex(part) for part in subs)
    return body + (f"_{{{sub}}}" if sub else "") + _primes(symbol)


def typst_name(symbol: Any) -> str:
    """Typst mathematics of a symbol or of a bare name.

    >>> typst_name("sigma2")
    'sigma_(2)'
    """
    stem, accents, subs = split_name(_name(symbol))
    greek = _SHORT.get(stem, stem)
    body = _TYPST_GREEK.get(greek, greek) if greek in _GREEK else stem if len(stem) == 1 else f'italic("{stem}")'
    if len(getattr(symbol, "shape", ())) == 1:
        body = f"bold({body})" if greek in _GREEK else f'upright(bold("{stem}"))'
    for accent in accents:
        body = _ACCENTS[accent][1] % body
    sub = ",".join(_sub_typst(part) for part in subs)
    return body + (f"_({sub})" if sub else "") + _primes(symbol)


def _name(symbol: Any) -> str:
    return symbol if isinstance(symbol, str) else symbol.name


def _primes(symbol: Any) -> str:
    name = _name(symbol)
    return "'" * (len(name) - len(name.rstrip("'")))


def _sub_latex(part: str) -> str:
    greek = _SHORT.get(part, part)
    return "\\" + greek if greek in _GREEK else part if len(part) == 1 or part.isdigit() else rf"\mathrm{{{part}}}"


def _sub_typst(part: str) -> str:
    greek = _SHORT.get(part, part)
    return greek if greek in _GREEK or len(part) == 1 or part.isdigit() else f'upright("{part}")'
