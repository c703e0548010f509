"""What is computed beside what an official solution states, statement by statement.

The official statements are data in one file of the exam, ``official.json``: a list of
``{"id", "claim"}`` with ``expr`` (a formula), ``vec`` (formulas) or ``value`` (words, numbers).
The status follows from a certificate: *confirmed* where the two are proved equal, *refuted*
where they are proved different, *underdetermined* where neither was decided.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from symderiv.errors import ProblemError
from symderiv.exact import ANY_NAME, read_exact
from symderiv.judging import same_value
from symderiv.papers import find, problem_of
from symderiv.printing import text
from symderiv.problem import Answer

Record = dict[str, Any]
_STATUS = {"proved": "confirmed", "refuted": "refuted"}


def report(exam: str, official: str | Path | None = None) -> list[Record]:
    """One record per official statement, in the file's order.

    Raises ProblemError for a file that is not one, and for a statement no answer was computed for.
    """
    source = find(exam)
    statements = _statements(Path(official) if official is not None else source.folder / "official.json")
    answers = {a.id: a for stem in source.stems for a in problem_of(source, stem).answers}
    missing = [s["id"] for s in statements if s["id"] not in answers]
    if missing:
        raise ProblemError(f"nothing is computed for {', '.join(missing)}; known answers: {', '.join(sorted(answers))}")
    return [_record(statement, answers[statement["id"]]) for statement in statements]


def _statements(path: Path) -> list[Mapping[str, Any]]:
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as bad:
        raise ProblemError(f"cannot read the official statements {path}: {bad.strerror}") from None
    except ValueError as bad:
        raise ProblemError(f"{path} is not JSON: {bad}") from None
    if not isinstance(data, dict) or data.get("version") != 1 or not isinstance(data.get("statements"), list):
        raise ProblemError(f'{path}: expected {{"version": 1, "statements": [...]}}')
    for place, statement in enumerate(data["statements"]):
        if not isinstance(statement, dict) or not {"id", "claim"} <= set(statement):
            raise ProblemError(f"{path}: statement {place + 1} needs id and claim")
        if len({"expr", "vec", "value"} & set(statement)) != 1:
            raise ProblemError(f"{path}: statement {statement['id']!r} needs one of expr, vec, value")
    return data["statements"]


def _stated(statement: Mapping[str, Any]) -> Any:
    if "expr" in statement:
        return read_exact(statement["expr"], ANY_NAME, f"the official statement {statement['id']}")
    if "vec" in statement:
        return tuple(read_exact(v, ANY_NAME, f"the official statement {statement['id']}") for v in statement["vec"])
    value = statement["value"]
    return tuple(value) if isinstance(value, list) else value


def _record(statement: Mapping[str, Any], answer: Answer) -> Record:
    stated = _stated(statement)
    verdict, method = same_value(answer.value, stated)
    return {
        "id": statement["id"],
        "claim": statement["claim"],
        "official": text(stated),
        "computed": text(answer.value),
        "status": _STATUS.get(verdict, "underdetermined"),
        "verdict": verdict,
        "evidence": method,
        "assumed": statement.get("assumed", ""),
    }
