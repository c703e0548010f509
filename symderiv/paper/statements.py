"""Statements of an official solution, and how each compares with what is computed.

A statement is data: ``id``, ``claim`` and one of ``expr`` (a formula), ``vec`` (formulas),
``value`` (words, numbers, truth values), ``num`` (decimals as printed).  The status is
computed: *confirmed* where the two are proved equal; *refuted* where they are proved
different; *imprecise* where a printed decimal is cut off instead of rounded, or where the
statement holds in some of the cases it claims; *underdetermined* where nothing was decided
or the text leaves open which case is meant.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from symderiv.deciding.claims import PROVED, REFUTED, UNDECIDED, weakest
from symderiv.errors import ProblemError
from symderiv.exact import ANY_NAME, compare, read_exact, read_fraction
from symderiv.paper.judging import same_value
from symderiv.problem import Answer, Case, Cases

CONFIRMED, IMPRECISE, REFUTED_, UNDERDETERMINED = "confirmed", "imprecise", "refuted", "underdetermined"
OF_VERDICT = {PROVED: CONFIRMED, REFUTED: REFUTED_}


@dataclass(frozen=True)
class Finding:
    """The status of a statement, the weakest verdict behind it, and why."""

    status: str
    verdict: str
    evidence: str


def read_statements(path: Path) -> list[Mapping[str, Any]]:
    """The statements of a file; raises ProblemError where it is not one."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as bad:
        raise ProblemError(f"cannot read the official statements {path}: {bad.strerror}") from None
    except ValueError as bad:
        raise ProblemError(f"{path} is not JSON: {bad}") from None
    if not isinstance(data, dict) or data.get("version") != 1 or not isinstance(data.get("statements"), list):
        raise ProblemError(f'{path}: expected {{"version": 1, "statements": [...]}}')
    seen: set[str] = set()
    for place, statement in enumerate(data["statements"]):
        if not isinstance(statement, dict) or not all(isinstance(statement.get(k), str) for k in ("id", "claim")):
            raise ProblemError(f"{path}: statement {place + 1} needs the texts id and claim")
        if len(READ.keys() & statement.keys()) != 1:
            raise ProblemError(f"{path}: statement {statement['id']!r} needs one of {', '.join(READ)}")
        if statement["id"] in seen:
            raise ProblemError(f"{path}: the statement {statement['id']!r} stands twice; ids are given once")
        seen.add(statement["id"])
    return data["statements"]


def stated(statement: Mapping[str, Any], scope: Any = None) -> Any:
    """What a statement says, as a value; formulas are read in ``scope`` where it can read."""
    (kind,) = READ.keys() & statement.keys()
    return READ[kind](statement[kind], scope, f"the official statement {statement['id']}")


def compared(statement: Mapping[str, Any], answer: Answer, scope: Any = None) -> Finding:
    """The status of a statement beside the computed answer."""
    if not isinstance(answer.value, Cases):
        return _with(_one(stated(statement, scope), answer.value), answer.evidence)
    cases = _meant(statement, answer.value)
    said = [stated(statement, scope if case.scope is None else case.scope) for case in cases]
    found = [_with(_one(one, case.value), case.evidence) for one, case in zip(said, cases, strict=True)]
    told = "; ".join(f"{case.when}: {one.status} ({one.evidence})" for case, one in zip(cases, found, strict=True))
    if answer.evidence:
        told = f"{answer.evidence}; {told}"
    statuses = {one.status for one in found}
    verdict = weakest([one.verdict for one in found])
    if len(statuses) == 1:
        return Finding(statuses.pop(), verdict, told)
    if answer.value.open:
        return Finding(UNDERDETERMINED, UNDECIDED, told)
    return Finding(IMPRECISE if statuses & {CONFIRMED, IMPRECISE} else UNDERDETERMINED, verdict, told)


def _meant(statement: Mapping[str, Any], value: Cases) -> Sequence[Case]:
    condition = statement.get("when")
    if condition is None:
        return value.cases
    meant = [case for case in value.cases if case.when == condition]
    if not meant:
        known = ", ".join(repr(case.when) for case in value.cases)
        raise ProblemError(f"statement {statement['id']!r}: no case {condition!r}; the cases are {known}")
    return meant


def _one(said: Any, value: Any) -> Finding:
    if isinstance(said, Printed):
        return said.beside(value)
    verdict, method = same_value(value, said)
    return Finding(OF_VERDICT.get(verdict, UNDERDETERMINED), verdict, method)


def _with(found: Finding, evidence: str) -> Finding:
    return Finding(found.status, found.verdict, f"{evidence} [{found.evidence}]") if evidence else found


@dataclass(frozen=True)
class Printed:
    """Decimals as somebody printed them; the digits tell how exactly they are meant."""

    texts: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(self.texts)

    def beside(self, value: Any) -> Finding:
        """Rounded to the digits printed: confirmed; within one unit of the last digit: imprecise; else refuted."""
        values = value if isinstance(value, (list, tuple)) else (value,)
        if len(values) != len(self.texts):
            return Finding(REFUTED_, REFUTED, f"{len(self.texts)} numbers are printed, {len(values)} are computed")
        order = (REFUTED_, IMPRECISE, CONFIRMED)
        found = [_rounded(text, v) for text, v in zip(self.texts, values, strict=True)]
        return min(found, key=lambda one: order.index(one.status))


def _rounded(text: str, value: Any) -> Finding:
    exact = read_exact(value, (), "a computed number")
    away = abs(exact - read_exact(text))
    unit = Fraction(1, 10 ** len(text.partition(".")[2]))
    near = f"{text} beside {exact.evalf(6)}"
    if compare(away, read_exact(unit / 2)) <= 0:
        return Finding(CONFIRMED, PROVED, f"{near}: rounded to the digits printed")
    if compare(away, read_exact(unit)) < 0:
        return Finding(IMPRECISE, REFUTED, f"{near}: cut off, not rounded")
    return Finding(REFUTED_, REFUTED, f"{near}: more than a unit of the last digit away")


def _formula(text: Any, scope: Any, where: str) -> Any:
    return scope.read(text) if hasattr(scope, "read") else read_exact(text, ANY_NAME, where)


def _formulas(texts: Any, scope: Any, where: str) -> Any:
    return tuple(_formula(text, scope, where) for text in texts)


def _words(value: Any, scope: Any, where: str) -> Any:
    return tuple(_words(v, scope, where) for v in value) if isinstance(value, list) else value


def _decimals(texts: Any, scope: Any, where: str) -> Printed:
    printed = tuple(texts) if isinstance(texts, list) else (texts,)
    if not all(isinstance(text, str) for text in printed):
        raise ProblemError(f"{where}: printed decimals are texts, so that their digits count; got {texts!r}")
    for text in printed:
        read_fraction(text, where)
    return Printed(printed)


READ: dict[str, Callable[[Any, Any, str], Any]] = {
    "expr": _formula,
    "vec": _formulas,
    "value": _words,
    "num": _decimals,
}
