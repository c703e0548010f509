"""Python files of claims: ``symderiv check deciding/claims.py``.

The file is run as a module named after it.  Its claims are, in the order they stand there:

- a list ``claims`` of tables with the keys of a claim file (``id``, ``left``, ``right``, ``symbols`` …);
- every function ``claim_<id>()`` without arguments.  It returns a pair ``(left, right)`` of
  expressions, SymPy objects or numbers, a table as above, or anything with a verdict: a Certificate or a
  Derivation.  Its docstring names the claim; an attribute ``expect`` says which verdict is expected.

The file is the user's own program and runs with the user's rights; texts in it are
read by the whitelisted grammar like any other.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from symderiv.checks.claimfile import VERDICTS, BadClaim, FileClaim, claim_of
from symderiv.errors import ClaimError, SymderivError, UnknownNameError
from symderiv.running.parallel import run_tasks
from symderiv.usercode import running

_PREFIX = "claim_"


@dataclass(frozen=True)
class ScriptClaim:
    """A claim that a function of a Python file states."""

    id: str
    name: str = ""
    expect: str | None = None
    file: str = ""
    line: int = 0
    digest: str = ""  # of the file's content: a changed file is a changed claim

    def certificate(self, seconds: float) -> Any:
        """Run the function and judge what it returns; the answer has the fields of a Certificate."""
        with told_on_stderr():
            stated = getattr(load_script(self.file), _PREFIX + self.id)()
        if hasattr(stated, "verdict"):
            return SimpleNamespace(
                verdict=stated.verdict,
                method=getattr(stated, "method", type(stated).__name__.lower()),
                counterexample=getattr(stated, "counterexample", None),
                condition=getattr(stated, "condition", None),
            )
        if isinstance(stated, dict):
            claim = claim_of({"id": self.id, **stated}, 1, self.file, self.line)
            if isinstance(claim, BadClaim):
                raise ClaimError(claim.message)
            return certificate_of(claim, seconds)
        if isinstance(stated, tuple) and len(stated) == 2:
            from symderiv.certify import certify

            return certify(*stated, seconds=seconds)
        raise ClaimError(
            f"{self.file}, {_PREFIX}{self.id}(): returned {type(stated).__name__}; "
            "return (left, right), a table with left and right, a Certificate or a Derivation"
        )


def certificate_of(claim: FileClaim, seconds: float) -> Any:
    """Declare a claim's symbols and certify it; loads the certifier on first use."""
    from symderiv.certify import certify
    from symderiv.scope import declare

    return certify(claim.left, claim.right, symbols=declare(**claim.symbols), where=claim.where, seconds=seconds)


def script_claims(path: str | os.PathLike[str], seconds: float) -> list[FileClaim | ScriptClaim | BadClaim]:
    """The claims of a Python file; it is run in a process of its own, so that it can hang or die alone."""
    file = Path(path)
    if not file.is_file():
        raise ClaimError(f"{file}: there is no such file")
    outcome = run_tasks(_claims_of, [str(file)], workers=1, seconds=30 + seconds)[0]
    if outcome.timeout:
        raise ClaimError(f"{file}: still running after {outcome.seconds:.0f} s; move slow work into claim_… functions")
    if outcome.error is not None:
        error = outcome.error
        text = str(error) if isinstance(error, SymderivError) else f"{type(error).__name__}: {error}"
        raise ClaimError(f"{file}: the file fails when it is run ({text})")
    claims: list[FileClaim | ScriptClaim | BadClaim] = outcome.value
    if not claims:
        raise ClaimError(f"{file}: no claims; give it a list `claims` or functions `{_PREFIX}<id>()`")
    return claims


@functools.lru_cache(maxsize=8)
def load_script(path: str) -> ModuleType:
    """Run a Python file once in this process; what it prints goes to stderr. Raises ClaimError if it is no module."""
    file = Path(path).resolve()
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise ClaimError(f"{file}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(file.parent))  # a script may import its neighbours
    try:
        with told_on_stderr(), running(file):
            spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(file.parent))
    return module


def _claims_of(path: str) -> list[FileClaim | ScriptClaim | BadClaim]:
    module = load_script(path)
    digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    listed = getattr(module, "claims", [])
    if not isinstance(listed, list):
        raise ClaimError(f"`claims` must be a list of tables, not {type(listed).__name__}")
    claims: list[FileClaim | ScriptClaim | BadClaim] = []
    claims += [claim_of(entry, number, path) for number, entry in enumerate(listed, start=1)]
    stated = [(name, item) for name, item in vars(module).items() if name.startswith(_PREFIX) and callable(item)]
    claims += [_stated(name, function, path, digest) for name, function in stated]
    seen: set[str] = set()
    for place, claim in enumerate(claims):
        if claim.id in seen:
            message = f"{path}: id {claim.id!r} is used twice; give every claim its own id"
            claims[place] = BadClaim(claim.id, message, path)
        seen.add(claim.id)
    return claims


def _stated(name: str, function: Callable[[], Any], path: str, digest: str) -> ScriptClaim | BadClaim:
    title = (inspect.getdoc(function) or "").partition("\n")[0]
    expect = getattr(function, "expect", None)
    code = getattr(function, "__code__", None)
    line = code.co_firstlineno if code is not None else 0
    if expect is not None and expect not in VERDICTS:
        return BadClaim(name[len(_PREFIX) :], str(UnknownNameError("verdict", str(expect), VERDICTS, path)), path, line)
    return ScriptClaim(name[len(_PREFIX) :], title, expect, path, line, digest)


def told_on_stderr() -> contextlib.redirect_stdout[Any]:
    """Stdout belongs to the results."""
    return contextlib.redirect_stdout(sys.stderr)
