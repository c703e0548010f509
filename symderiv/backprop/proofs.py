"""A written backward pass, every line of it certified.

Each row of ``backprop_steps`` becomes a Derivation: consecutive links of its chain are
certified against each other, and its first link against what its left side stands
for, found by direct differentiation (``backprop_meaning``).  Beside the symbolic
certificates stand numbers: the columns of the tape, the only thing that a numeric kernel uses, against
``sympy.lambdify`` of what was derived, and the kernel's derivative against differences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from symderiv.adjoints import Backward
from symderiv.backprop.crosscheck import Crosscheck
from symderiv.backprop.meaning import Meaning
from symderiv.backprop.numbers import Numbers
from symderiv.backprop.steps import Row, backward_steps
from symderiv.certify import Certificate, certify
from symderiv.deciding.claims import PROVED, REFUTED, UNDECIDED, weakest
from symderiv.derivation import Derivation, Step
from symderiv.errors import ClaimError, UnknownNameError


@dataclass(frozen=True)
class ProvedRow:
    """A row, its derivation, the certificate of its left side, and the largest relative error of its links.

    ``error`` is None where no link can be evaluated.
    """

    row: Row
    derivation: Derivation
    left: Certificate
    error: float | None

    @property
    def verdict(self) -> str:
        """The weakest of the certificates, and what the numbers make of it."""
        found = weakest([self.derivation.verdict, self.left.verdict])
        return found if self.error is None or self.error <= Numbers.TOLERANCE else _contradicted(found)

    def __str__(self) -> str:
        sides = " = ".join(str(side) for side in (self.row.left, *self.row.chain))
        error = "" if self.error is None else f", numbers within {self.error:.1e}"
        return f"{self.row.kind}: {sides}  [{self.row.why}; {self.verdict}{error}]"


@dataclass(frozen=True)
class ProvedBackward:
    """All rows of one backward pass, and the kernel compared with differences at ``points`` random points."""

    title: str
    rows: tuple[ProvedRow, ...]
    points: int
    crosscheck: Crosscheck | None

    @property
    def verdict(self) -> str:
        """The weakest verdict of a row, and what kernel and differences make of it."""
        found = weakest([row.verdict for row in self.rows])
        return found if self.crosscheck is None or self.crosscheck.agrees() else _contradicted(found)

    def row(self, kind: str, node: str, target: str = "") -> ProvedRow:
        """One row; UnknownNameError where there is none."""
        for row in self.rows:
            if (row.row.kind, row.row.node, row.row.target) == (kind, node, target):
                return row
        known = (f"{r.row.kind} {r.row.node} {r.row.target}".strip() for r in self.rows)
        raise UnknownNameError("row", f"{kind} {node} {target}".strip(), known, self.title)

    def __iter__(self) -> Iterator[ProvedRow]:
        return iter(self.rows)

    def __str__(self) -> str:
        return "\n".join(map(str, self.rows))


def _contradicted(verdict: str) -> str:
    """What is left of a verdict where floats say otherwise: they refute no proof, but then somebody must look."""
    return UNDECIDED if verdict in (PROVED, UNDECIDED) else REFUTED


def prove_backward(backward: Backward, wrt: Any, rows: Iterable[Row] | None = None) -> ProvedBackward:
    """Certify the rows of a backward pass (those of ``backward_steps`` if None are given).

    >>> from symderiv.graph import Graph
    >>> g = Graph("square")
    >>> x, = g.inputs("x")
    >>> proved = prove_backward(g.backward(g.node("y", x * x)), x)
    >>> proved.verdict, proved.row("sum", "x").verdict
    ('proved', 'proved')

    Raises ClaimError naming the first row that is false, with both sides, and LimitError for a
    graph that is too large to write out.
    """
    meaning = Meaning(backward)
    numbers = Numbers(backward)
    # direct differentiation is a check only where SymPy can do it; beyond that the differences are
    told = [row for row in rows or backward_steps(backward, wrt) if meaning.small or row.kind != "check"]
    made = tuple(_prove(meaning, numbers, row) for row in told)
    false = next((row for row in made if row.verdict == REFUTED), None)
    if false is not None:
        raise ClaimError(f"the backward pass of {backward.graph.title!r} has a false line, {_fault(false)}")
    return ProvedBackward(backward.graph.title, made, numbers.points, numbers.crosscheck(wrt))


def _prove(meaning: Meaning, numbers: Numbers, row: Row) -> ProvedRow:
    links = row.chain if row.kind == "contribution" else (row.left, *row.chain)
    left = certify(*meaning.left(row))
    steps: list[Step] = []
    before = links[0]
    for after in links[1:]:
        certificate = left if before is row.left else _same(meaning, before, after)
        # node names are not unfolded where that is too large: such a link rests on the numbers alone and is left out
        if meaning.small or certificate.verdict == PROVED:
            steps.append(Step(before, "=", after, row.why, certificate))
            before = after
    return ProvedRow(row, Derivation(row.kind, links[0], tuple(steps)), left, numbers.error(row))


def _same(meaning: Meaning, before: Any, after: Any) -> Certificate:
    """Two links of a chain: equal as they stand, with the adjoints found so far, or in the inputs."""
    found = certify(before, after)
    if found.verdict == PROVED:
        return found
    if meaning.small:
        return certify(meaning.in_inputs(before), meaning.in_inputs(after))
    return certify(meaning.by_adjoints(before), meaning.by_adjoints(after))


def _fault(proved: ProvedRow) -> str:
    for certificate in (proved.left, *(step.certificate for step in proved.derivation.steps)):
        if certificate.verdict == REFUTED:
            return f"{proved.row.kind} of {proved.row.node!r}: {certificate}"
    return f"{proved.row.kind} of {proved.row.node!r}: a link is off by {proved.error:.1e} at random points; {proved}"
