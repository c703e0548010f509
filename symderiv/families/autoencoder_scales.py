"""The numbers before λ in a penalty that the task of an autoencoder question writes out: ``lambda/2 ||W1||^2``.

The task comes without blanks and without the signs of the Frobenius norm (``2*lambda||w2w1||_*``).
"""

from __future__ import annotations

import re

import sympy as sp

NORM = re.compile(r"\|\|(w2\*?w1|w[12]|x-w2\*?w1\*?x)\|\|")
FRONT = re.compile(
    r"(?:(?P<top>\d+)(?:/(?P<under>\d+))?\*?|\((?P<inner>\d+)/(?P<below>\d+)\)\*?)?"
    r"(?P<open>\()?lam(?:bda)?_?\d?(?:/(?P<over>\d+))?(?(open)\))\*?$"
)
MEAN = re.compile(r"(?:(?:^|[^/\d*)])(?:\(?1/n\)?)?\*?)$")


def scales(flat: str) -> dict[str, sp.Rational] | None:
    """The factor of λ before each penalised norm; None where a factor is no plain number or the fit is scaled too.

    >>> scales("lambda/2||w1||^2+lambda/2||w2||^2")
    {'w1': 1/2, 'w2': 1/2}
    """
    found: dict[str, sp.Rational] = {}
    for norm in NORM.finditer(flat):
        before, name = flat[: norm.start()], norm[1].replace("*", "")
        if name.startswith("x-"):
            if not MEAN.search(before):
                return None
            continue
        front = FRONT.search(before)
        if front is None:
            return None
        top, under = front["top"] or front["inner"] or 1, front["under"] or front["below"] or 1
        factor = sp.Rational(int(top), int(under) * int(front["over"] or 1))
        if factor == 0 or found.setdefault(name, factor) != factor:
            return None
    return found
