"""A derivation: a chain of steps, each with its rule, its reason and its certificate.

The verdict of a derivation is that of its weakest step.  Steps are proposed by
rules or by people; only ``certify`` says whether one holds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from symderiv.algebra.tidying import settled
from symderiv.certify import Certificate, certify
from symderiv.deciding.claims import REFUTED, weakest
from symderiv.errors import RuleError
from symderiv.formats import html_view
from symderiv.notation.printing import latex, text
from symderiv.rewriting import RULES, everywhere
from symderiv.scope import Scope
from symderiv.trees import Path


@dataclass(frozen=True)
class Step:
    """``before relation after``, why, and the certificate; the rule it used and the places it used it at.

    ``backward`` tells that the rule leads from ``after`` to ``before``.
    """

    before: Any
    relation: str
    after: Any
    why: str
    certificate: Certificate
    rule: str = ""
    places: tuple[Path, ...] = ()
    backward: bool = False

    @property
    def place(self) -> Path | None:
        """The first place the rule was used at, as argument positions from the root; None for a line by hand."""
        return self.places[0] if self.places else None

    def replay(self) -> Any:
        """Make ``after`` from ``before`` again with the rule alone; RuleError where something else comes out."""
        if not self.rule:
            raise RuleError(f"the step to {text(self.after)} was written by hand: it has a reason, no rule to replay")
        start, end = (self.after, self.before) if self.backward else (self.before, self.after)
        if _used(self.rule, start, end, self.places) is not end:
            raise RuleError(f"the rule {self.rule} does not lead from {text(start)} to {text(end)}")
        return self.after


def _used(name: str, start: Any, end: Any, places: tuple[Path, ...]) -> Any:
    """A rule used at places, one after the other; what it makes is tidied, unless the line shows it as it stands."""
    rule = RULES[name]
    for place in places:
        start = rule.at(start, place, end if rule.law else None)
    return start if rule.law or start is end else settled(start)


@dataclass(frozen=True, repr=False)
class Derivation:
    """A chain of steps from ``start`` to ``end``.

    >>> from symderiv.scope import declare
    >>> c = declare(X="matrix(n, d)", w="vector(d)")
    >>> d = begin("a norm", c.read("norm(X@w)**2"), c).to("(X@w)@(X@w)", why="the squared norm is an inner product")
    >>> d.verdict
    'proved'
    >>> str(begin("a transpose", c.read("(X.T@X).T"), c).by("transpose-of-a-product").end)
    'X.T@X'
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

    def to(
        self, after: Any, why: str, rule: str = "", places: tuple[Path, ...] = (), backward: bool = False
    ) -> Derivation:
        """Append a line; a false one is kept with its refutation, and refutes the derivation.

        ``rule`` and ``places`` say how the line was made; ``replay`` checks that.  Raises RuleError for a
        line without a reason, UnknownNameError for a rule nobody registered, and what reading a text raises.
        """
        if rule:
            RULES[rule]  # a near name is suggested
        if not isinstance(why, str) or not why.strip():
            raise RuleError(f"the step to {text(after)} has no reason; say why=… in words a student understands")
        if isinstance(after, str) and self.scope is not None:
            after = self.scope.read(after)
        certificate = certify(self.end, after, symbols=self.scope)
        step = Step(self.end, "=", after, why, certificate, rule, places, backward)
        return replace(self, steps=(*self.steps, step))

    def by(self, rule: str, at: Path | None = None) -> Derivation:
        """Use a rule of the registry: at one place, or wherever it fits.

        Raises UnknownNameError for a rule nobody registered, RuleError where it does not fit or its side
        conditions do not hold.
        """
        found = RULES[rule]
        if found.law:
            raise RuleError(
                f"the rule {rule} needs the line it leads to; write .to(line, why=…, rule={rule!r}, places=((),))"
            )
        if at is not None:
            where: tuple[Path, ...] = (_path(at, self.end),)
            after, places = settled(found.at(self.end, where[0])), where
        else:
            after, places = everywhere(found, self.end)
        if not places:
            raise RuleError(f"the rule {rule} ({found.left} = {found.right}) fits nowhere in {text(self.end)}")
        longer = self.to(after, found.why, rule, places)
        certificate = longer.steps[-1].certificate
        if certificate.verdict == REFUTED:
            conditions = (
                (s.data.name, " and ".join(sorted(s.data.properties))) for s in found.variables.symbols.values()
            )
            needed = ", ".join(f"{name} {kind}" for name, kind in conditions if kind)
            raise RuleError(
                f"the rule {rule} ({found.left} = {found.right}) needs {needed or 'other arguments'}; "
                f"in {text(self.end)} that does not hold: {certificate.counterexample}"
            )
        return longer

    def __str__(self) -> str:
        lines = [text(self.start)]
        lines += [f"  {s.relation} {text(s.after)}    [{s.why}; {s.certificate.verdict}]" for s in self.steps]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        rows = [rf"& {latex(self.start)}"]
        rows += [rf"&{s.relation} {latex(s.after)} && \text{{{_words(s.why)}}}" for s in self.steps]
        return r"$\begin{aligned}" + r" \\ ".join(rows) + r"\end{aligned}$"

    _repr_html_ = html_view


def _path(at: Path, e: Any) -> Path:
    """A place that exists in an expression; raises RuleError where there is none."""
    for depth, k in enumerate(at):
        if not isinstance(k, int) or not 0 <= k < len(e.args):
            raise RuleError(
                f"there is no part {tuple(at)}: {text(e)} has {len(e.args)} arguments, none at {k!r} (position {depth})"
            )
        e = e.args[k]
    return tuple(at)


def _words(why: str) -> str:
    """A reason inside LaTeX's text mode: letters, digits and plain punctuation only."""
    return "".join(c if c.isalnum() or c in " ,.;:()=+-/'" else " " for c in why)


def begin(title: str, start: Any, scope: Scope | None = None) -> Derivation:
    """A derivation with its first line; texts are read in ``scope``."""
    return Derivation(title, scope.read(start) if isinstance(start, str) and scope is not None else start, (), scope)
