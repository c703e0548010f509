"""Machine-learning derivations that are derived, checked, drawn and printed.

Importing the package loads nothing heavy: every public name stands in one
table and its module is imported on first use.

>>> import symderiv as sd
>>> "Graph" in sd.__all__ and callable(sd.certify)
True
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

TYPE_CHECKING = False  # importing typing itself would take longer than everything else here
if TYPE_CHECKING:
    from typing import Any

__version__ = "0.1.0"

# One row per public name: the module it lives in. Keep the rows sorted (upper
# case first); tests/test_public_names.py compares them with the modules.
_HOME = {
    "Answer": "problem",
    "Certificate": "certify",
    "Claim": "certify",
    "Derivation": "derivation",
    "Document": "document",
    "Drawing": "drawing",
    "Edge": "graph",
    "Graph": "graph",
    "Node": "graph",
    "Part": "problem",
    "Problem": "problem",
    "Scope": "scope",
    "Step": "derivation",
    "SymderivError": "errors",
    "abs_": "functions",
    "certify": "certify",
    "cos": "functions",
    "cosh": "functions",
    "declare": "scope",
    "derive": "deriving",
    "erf": "functions",
    "exp": "functions",
    "expectation": "deriving",
    "gradient": "calculus",
    "hessian": "calculus",
    "jacobian": "calculus",
    "log": "functions",
    "maximum": "functions",
    "minimum": "functions",
    "read": "reading",
    "relu": "functions",
    "sigmoid": "functions",
    "sign": "functions",
    "sin": "functions",
    "sinh": "functions",
    "softplus": "functions",
    "sqrt": "functions",
    "step": "functions",
    "sweep": "checks.sweeping",
    "tan": "functions",
    "tanh": "functions",
    "trace": "graph",
    "write": "writing",
}

__all__ = sorted(_HOME)


class _Package(ModuleType):
    """Keeps `symderiv.certify` the function.

    When Python loads a submodule it binds the module on its package, which would
    hide a public name that is spelled like its module.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'symderiv' has no public name {name!r}")
    value = getattr(importlib.import_module(f"symderiv.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
