"""A derivation: a chain of steps, each with its reason and its certificate.

The verdict of a derivation is that of its weakest step.  Steps are proposed by
anyone; only ``certify`` says whether one holds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from symderiv.certify import Certificate, certify
from symderiv.claims import weakest
from symderiv.errors import RuleError
from symderiv.printing import latex, text
from symderiv.scope import Scope


@dataclass(frozen=True)
class Step:
    """``before relation after``, why, and the certificate."""

    before: Any
    relation: str
    after: Any
    why: str
    certificate: Certificate


@dataclass(frozen=True)
class Derivation:
    """A chain of steps from ``start`` to ``end``.

    >>> from symderiv.scope import declare
    >>> c = declare(X="matrix(n, d)", w="vector(d)")
    >>> d = begin("a norm", c.read("norm(X@w)**2"), c).to("(X@w)@(X@w)", why="the squared norm is an inner product")
    >>> d.verdict
    'proved'
    """

    title: str
    start: Any
    steps: tuple[Step, ...] = ()
    scope: Scope | None = None

    @property
    def end(self) -> Any:
        """The last line."""
        return self.steps[-1].after if self.steps else self.start

    @property
    def verdict(self) -> str:
        """The weakest verdict of a step; an empty derivation claims nothing and is proved."""
        return weakest([step.certificate.verdict for step in self.steps])

    def to(self, after: Any, why: str) -> Derivation:
        """Append a line; a false one is kept with its refutation, and refutes the derivation.

        Raises RuleError for a line without a reason, and what reading a text raises.
        """
        if not why.strip():
            raise RuleError(f"the step to {text(after)} has no reason; say why=… in words a student understands")
        if isinstance(after, str) and self.scope is not None:
            after = self.scope.read(after)
        certificate = certify(self.end, after, symbols=self.scope)
        return replace(self, steps=(*self.steps, Step(self.end, "=", after, why, certificate)))

    def __str__(self) -> str:
        lines = [text(self.start)]
        lines += [f"  {s.relation} {text(s.after)}    [{s.why}; {s.certificate.verdict}]" for s in self.steps]
        return "\n".join(lines)

    def _repr_latex_(self) -> str:
        rows = [rf"& {latex(self.start)}"]
        rows += [rf"&{s.relation} {latex(s.after)} && \text{{{_words(s.why)}}}" for s in self.steps]
        return r"$\begin{aligned}" + r" \\ ".join(rows) + r"\end{aligned}$"


def _words(why: str) -> str:
    """A reason inside LaTeX's text mode: letters, digits and plain punctuation only."""
    return "".join(c if c.isalnum() or c in " ,.;:()=+-/'" else " " for c in why)


def begin(title: str, start: Any, scope: Scope | None = None) -> Derivation:
    """A derivation with its first line; texts are read in ``scope``."""
    return Derivation(title, scope.read(start) if isinstance(start, str) and scope is not None else start, (), scope)
