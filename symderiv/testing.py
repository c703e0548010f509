"""Assertions for tests: ``assert_equal`` passes when equality is proved, and else shows a picture of the error.

>>> from symderiv.testing import assert_equal
>>> symbols = {"X": "matrix(n, d)", "w": "vector(d)"}
>>> assert_equal("grad(norm(X@w)**2, w)", "2*X.T@X@w", symbols=symbols).verdict
'proved'
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from symderiv.checks.checking import jsonable
from symderiv.checks.checkreport import counterexample_lines
from symderiv.checks.nearest import Statement, nearest_true
from symderiv.deciding.claims import VERDICTS
from symderiv.errors import ShapeError, UnknownNameError, shorten

Certify = Callable[..., Any]
_WIDTH = 1000
_WORDS = {
    "refuted": "not equal",
    "undecided": "not decided, which is not the same as false",
    "supported": "held on every instance tried, which is not a proof",
    "assumed": "rests on a cited theorem",
}


def assert_equal(
    left: Any,
    right: Any,
    symbols: Any = None,
    where: Mapping[str, str] | None = None,
    seconds: float = 10.0,
    accept: str | tuple[str, ...] = ("proved",),
    certify: Certify | None = None,
) -> Any:
    """Pass, and return the certificate, when ``left = right`` has a verdict of ``accept``.

    The sides are texts (``symbols``: a Scope or a table of declarations), expressions or SymPy objects.
    Raises AssertionError with both sides, the first differing term, a counterexample and, where one
    is found, the nearest true statement.
    """
    __tracebackhide__ = True
    accepted = _verdicts(accept)
    statement = Statement(left, right, _scope(symbols), where)
    judge = certify or _certifier()
    try:
        certificate = statement.certificate(judge, seconds)
    except ShapeError as error:
        near = nearest_true(statement, judge, None)
        if near is None:
            raise
        lines = [*str(error).splitlines(), near]
        raise AssertionError(_picture("not equal: the shapes differ", statement, lines, _caller())) from None
    if certificate.verdict not in accepted:
        raise AssertionError(explain(statement, certificate, judge))
    return certificate


def explain(statement: Statement, certificate: Any, certify: Certify, place: str | None = None) -> str:
    """The picture of a statement that was not proved: verdict, line, sides, what is wrong, what would be right."""
    place = _caller() if place is None else place
    verdict = str(certificate.verdict)
    lines = []
    difference = _evidence(certificate, "difference")
    if difference:
        lines.append(f"first differing term: {difference}")
    elif isinstance(certificate.evidence, str) and certificate.evidence:
        lines.append(f"evidence: {certificate.evidence}")
    if certificate.condition is not None:
        lines.append(f"provided that {certificate.condition}")
    counterexample = jsonable(certificate.counterexample)
    if counterexample:
        first, *others = counterexample_lines(counterexample)
        lines += [f"counterexample: {first}", *(f"    {line}" for line in others)]
    if verdict == "refuted":
        near = nearest_true(statement, certify, counterexample)
        lines += [near] if near else []
    title = f"{_WORDS.get(verdict, 'not proved')}: {verdict} by {certificate.method}"
    return _picture(title, statement, lines, place)


def _picture(title: str, statement: Statement, lines: list[str], place: str) -> str:
    sides = [f"left:  {shorten(statement.left, _WIDTH)}", f"right: {shorten(statement.right, _WIDTH)}"]
    body = [*([f"line:  {place}"] if place else []), *sides, *lines]
    return "\n".join([title, *(f"  {line}" for line in body)])


def _caller() -> str:
    """File and line of the assertion: the first frame outside this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("symderiv."):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _evidence(certificate: Any, key: str) -> str:
    evidence = certificate.evidence
    found = evidence.get(key) if isinstance(evidence, Mapping) else getattr(evidence, key, None)
    return str(found) if found is not None else ""


def _scope(symbols: Any) -> Any:
    if symbols is None:
        return None
    from symderiv.scope import as_scope

    return as_scope(symbols)


def _verdicts(accept: str | tuple[str, ...]) -> tuple[str, ...]:
    """The verdicts of ``accept``; a text is one verdict and not a place to search for one."""
    accepted = (accept,) if isinstance(accept, str) else tuple(accept)
    for verdict in accepted:
        if verdict not in VERDICTS:
            raise UnknownNameError("verdict", str(verdict), VERDICTS)
    return accepted


def _certifier() -> Certify:
    from symderiv.certify import certify

    return certify
