"""What can be printed as a document besides a document: a problem, a derivation, a certificate, a report, blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symderiv.document import Block, Bullets, Document, Formula, Meta, Table, chain
from symderiv.errors import FormatError
from symderiv.paper.exams import problem_blocks
from symderiv.paper.inline import Words
from symderiv.problem import Problem

DOCUMENTS = ("Document", "Problem", "Derivation", "Certificate", "Report", "Block")
COLUMNS = ("id", "status", "claim", "official", "computed", "evidence")


def as_document(obj: Any) -> Document:
    """The object as a document.

    Raises FormatError for what is none.
    """
    if isinstance(obj, Document):
        return obj
    kinds = [cls.__name__ for cls in type(obj).__mro__]
    for kind, made in _MAKERS.items():
        if kind in kinds:
            return made(obj)
    raise FormatError(f"a document shows {', '.join(DOCUMENTS)}, not a {type(obj).__name__}")


def _problem(problem: Problem) -> Document:
    blocks = problem_blocks(problem, "staff")
    return Document(f"Problem {problem.number}", blocks, "Solutions", Meta(footer="Solutions"))


def _derivation(derivation: Any) -> Document:
    return Document(str(getattr(derivation, "title", "")) or "Derivation", (chain(derivation),))


def _certificate(certificate: Any) -> Document:
    claim = certificate.claim
    relation = {"==": "="}.get(claim.relation, claim.relation)
    told = [f"{certificate.verdict}: {certificate.method}; {certificate.evidence}"]
    told += [f"where {certificate.condition}"] if certificate.condition else []
    told += [str(certificate.counterexample)] if certificate.counterexample else []
    lines = Bullets(tuple(Words(line) for line in told))
    return Document("Certificate", (Formula((claim.left, relation, claim.right)), lines))


def _report(records: Any) -> Document:
    rows = tuple(tuple(Words(str(record[column])) for column in COLUMNS) for record in records)
    return Document("Report", (Table(header=COLUMNS, rows=rows),))


def _block(block: Block) -> Document:
    return Document(type(block).__name__, (block,))


_MAKERS: dict[str, Callable[[Any], Document]] = {
    "Problem": _problem,
    "Derivation": _derivation,
    "Certificate": _certificate,
    "Report": _report,
    "Block": _block,
}
