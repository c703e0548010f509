"""The array functions behind the operation table, each called as ``f(*arguments, out)``.

Most are NumPy's own.  The rest are written here with stable formulas: softplus
by ``logaddexp``, the sigmoid by tanh, so that large arguments neither overflow
nor lose digits.  ``step`` and ``sign`` are NaN at 0, where they are not decided.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np


def sigmoid(a: Any, out: Any = None) -> Any:
    """1/(1 + exp(−a)) as ½ + ½ tanh(a/2), which cannot overflow."""
    out = np.multiply(a, 0.5, out)
    out = np.tanh(out, out) if isinstance(out, np.ndarray) else np.tanh(out)
    out *= 0.5
    out += 0.5
    return out


def softplus(a: Any, out: Any = None) -> Any:
    """log(1 + exp(a))."""
    return np.logaddexp(0, a, out)


def relu(a: Any, out: Any = None) -> Any:
    """max(a, 0)."""
    return np.maximum(a, 0, out=out)


def maximum(a: Any, b: Any, out: Any = None) -> Any:
    """The larger of two; NumPy takes its buffer by keyword only."""
    return np.maximum(a, b, out=out)


def minimum(a: Any, b: Any, out: Any = None) -> Any:
    """The smaller of two."""
    return np.minimum(a, b, out=out)


def step(a: Any, out: Any = None) -> Any:
    """1 for a > 0, 0 for a < 0, NaN at 0."""
    return np.heaviside(a, np.nan, out)


def step_or_zero(a: Any, out: Any = None) -> Any:
    """1 for a > 0, else 0: the choice of most libraries at 0, for kernels that do not check."""
    return np.heaviside(a, 0, out)


def sign(a: Any, out: Any = None) -> Any:
    """a/|a|, NaN at 0."""
    return np.divide(a, np.abs(a), out)


def erf(a: Any, out: Any = None) -> Any:
    """The error function, entry by entry."""
    values = np.frompyfunc(math.erf, 1, 1)(a)
    if out is None:
        return np.asarray(values, dtype=float)[()]
    out[...] = values
    return out


_OWN: dict[str, Callable[..., Any]] = {
    "sigmoid": sigmoid,
    "softplus": softplus,
    "relu": relu,
    "maximum": maximum,
    "minimum": minimum,
    "step": step,
    "sign": sign,
    "erf": erf,
}
_UNCHECKED: dict[str, Callable[..., Any]] = {"step": step_or_zero, "sign": np.sign}


def array_function(ufunc: str, checked: bool = True) -> Callable[..., Any]:
    """The function of a table row by its ``ufunc`` name."""
    if not checked and ufunc in _UNCHECKED:
        return _UNCHECKED[ufunc]
    return _OWN.get(ufunc) or getattr(np, "absolute" if ufunc == "abs" else ufunc)
