"""What is computed beside what an official solution states, statement by statement.

The official statements are data in one file of the exam, ``official.json``; how one is
compared with the computed answer of the same id is told in ``symderiv.paper.statements``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from symderiv.errors import ProblemError, SymderivError
from symderiv.formats import html_view
from symderiv.notation.printing import text
from symderiv.paper.papers import find, problem_of
from symderiv.paper.statements import Misfit, Printed, compared, read_statements, stated
from symderiv.problem import Answer, Cases

Record = dict[str, Any]


class Report(list[Record]):
    """The records of a report, in the order of the official statements."""

    _repr_html_ = html_view


def report(exam: str, official: str | Path | None = None) -> Report:
    """One record per official statement, in the file's order.

    Raises ProblemError for a file that is not one, for a statement no answer was computed for, and for one that
    cannot be read or compared.
    """
    source = find(exam)
    path = Path(official) if official is not None else source.folder / "official.json"
    statements = read_statements(path)
    problems = [problem_of(source, stem) for stem in source.stems]
    answers = {a.id: (a, _scope(a, p.scope)) for p in problems for a in p.answers}
    missing = [s["id"] for s in statements if s["id"] not in answers]
    if missing:
        raise ProblemError(f"{path}: nothing is computed for {', '.join(missing)}; known: {', '.join(sorted(answers))}")
    return Report(_record(statement, *answers[statement["id"]], str(path)) for statement in statements)


def _scope(answer: Answer, given: Any) -> Any:
    """The scope statements about an answer are read in: its own, else the problem's, else the symbols of its value."""
    scope = given if answer.scope is None else answer.scope
    if hasattr(scope, "read") or isinstance(scope, Mapping):
        return scope
    value = answer.value
    values = [case.value for case in value.cases] if isinstance(value, Cases) else [value]
    entries = [entry for one in values for entry in (one if isinstance(one, (list, tuple)) else (one,))]
    return {str(symbol): symbol for entry in entries for symbol in getattr(entry, "free_symbols", ())}


def _record(statement: Mapping[str, Any], answer: Answer, scope: Any, path: str) -> Record:
    try:
        found, said = compared(statement, answer, scope), stated(statement, scope)
    except SymderivError as bad:
        raise ProblemError(f"{path}: statement {statement['id']!r}: {bad}") from None
    return {
        "id": statement["id"],
        "claim": statement["claim"],
        "official": str(said) if isinstance(said, (Printed, Misfit)) else text(said),
        "computed": _told(answer.value),
        "status": found.status,
        "verdict": found.verdict,
        "evidence": found.evidence,
        "assumed": "; ".join(filter(None, (answer.assumed, statement.get("assumed", "")))),
    }


def _told(value: Any) -> str:
    if isinstance(value, Cases):
        return "; ".join(f"{case.when}: {text(case.value)}" for case in value.cases)
    return text(value)
