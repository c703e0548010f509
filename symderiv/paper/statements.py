"""Statements of an official solution, and how each compares with what is computed.

A statement is data: ``id``, ``claim`` and one of ``expr`` (a formula), ``vec`` (formulas),
``value`` (words, numbers, truth values), ``num`` (decimals as printed); ``when`` names the
one case it claims, ``assumed`` what its reading takes for granted.  The status is
computed: *confirmed* where the two are proved equal; *refuted* where they are proved
different, or the shapes do not fit; *imprecise* where a printed decimal is cut off instead
of rounded, or where the statement holds in some of the cases it claims; *underdetermined*
where nothing was decided or the text leaves open which case is meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from symderiv.deciding.claims import PROVED, REFUTED, UNDECIDED, weakest
from symderiv.errors import ProblemError, ShapeError, UnknownNameError
from symderiv.exact import compare, read_exact
from symderiv.paper.judging import mathematical, same_value
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
        data = json.loads(path.read_text("utf-8"), object_pairs_hook=_once)
    except OSError as bad:
        raise ProblemError(f"cannot read the official statements {path}: {bad.strerror}") from None
    except (ValueError, RecursionError) as bad:
        raise ProblemError(f"{path} is not JSON: {bad}") from None
    if not isinstance(data, dict) or data.get("version") != 1 or not isinstance(data.get("statements"), list):
        raise ProblemError(f'{path}: expected {{"version": 1, "statements": [...]}}')
    for key in data:
        if key not in ("version", "statements"):
            raise UnknownNameError("key", key, ("version", "statements"), str(path))
    if not data["statements"]:
        raise ProblemError(f"{path}: no statement stands in it, so that there is nothing to compare")
    seen: set[str] = set()
    for place, statement in enumerate(data["statements"]):
        if not isinstance(statement, dict) or not all(isinstance(statement.get(k), str) for k in ("id", "claim")):
            raise ProblemError(f"{path}: statement {place + 1} needs the texts id and claim")
        _check(statement, f"{path}: statement {statement['id']!r}")
        if statement["id"] in seen:
            raise ProblemError(f"{path}: the statement {statement['id']!r} stands twice; ids are given once")
        seen.add(statement["id"])
    return data["statements"]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(n for n in names if names.count(n) > 1)!r} stands twice in one object")
    return found


def _check(statement: Mapping[str, Any], where: str) -> None:
    for key in statement:
        if key not in (*TEXTS, *READ):
            raise UnknownNameError("key", key, (*TEXTS, *READ), where)
    kinds = [kind for kind in READ if kind in statement]
    if len(kinds) != 1:
        raise ProblemError(f"{where} needs one of {', '.join(READ)}, got {', '.join(kinds) or 'none'}")
    for key in TEXTS:
        if not isinstance(statement.get(key, ""), str):
            raise ProblemError(f"{where}: {key} is a text, got {statement[key]!r}")


def stated(statement: Mapping[str, Any], scope: Any = None) -> Any:
    """What a statement says, as a value; formulas are read in ``scope``, a Scope or the names of scalars.

    Raises ProblemError for data that is not of the kind it is given as, ReadingError for a text that is no formula.
    """
    (name,) = READ.keys() & statement.keys()
    kind, said = READ[name], statement[name]
    if not kind.fits(said):
        raise ProblemError(f"{name} is {kind.what}, got {said!r}")
    try:
        return kind.read(said, scope)
    except ShapeError as bad:
        return Misfit(str(said), str(bad))


def compared(statement: Mapping[str, Any], answer: Answer, scope: Any = None) -> Finding:
    """The status of a statement beside the computed answer.

    Raises ProblemError where the two cannot be compared, a formula with words for instance.
    """
    return _derived(_by_value(statement, answer, scope), answer)


def _by_value(statement: Mapping[str, Any], answer: Answer, scope: Any) -> Finding:
    """The status by the values alone, in every case that the statement claims."""
    cases = _meant(statement, answer.value)
    if cases is None:
        return _one(stated(statement, scope), answer.value)
    said = [stated(statement, scope if case.scope is None else case.scope) for case in cases]
    found = [_with(_one(one, case.value), case.evidence) for one, case in zip(said, cases, strict=True)]
    told = "; ".join(f"{case.when}: {one.status} ({one.evidence})" for case, one in zip(cases, found, strict=True))
    statuses = {one.status for one in found}
    if len(statuses) == 1:
        return Finding(statuses.pop(), weakest([one.verdict for one in found]), told)
    if answer.value.open:
        return Finding(UNDERDETERMINED, UNDECIDED, told)
    right, wrong = statuses & {CONFIRMED, IMPRECISE}, statuses & {REFUTED_, IMPRECISE}
    return Finding(IMPRECISE, REFUTED, told) if right and wrong else Finding(UNDERDETERMINED, UNDECIDED, told)


def _meant(statement: Mapping[str, Any], value: Any) -> Sequence[Case] | None:
    condition = statement.get("when")
    if not isinstance(value, Cases):
        if condition is not None:
            raise ProblemError(f"the answer does not depend on a case; leave out when = {condition!r}")
        return None
    if condition is None:
        return value.cases
    meant = [case for case in value.cases if case.when == condition]
    if not meant:
        known = ", ".join(repr(case.when) for case in value.cases)
        raise ProblemError(f"no case {condition!r}; the cases are {known}")
    return meant


def _one(said: Any, value: Any) -> Finding:
    if isinstance(said, (Printed, Misfit)):
        return said.beside(value)
    _comparable(said, value)
    try:
        verdict, method = same_value(value, said)
    except ShapeError as bad:
        return Finding(REFUTED_, REFUTED, str(bad))
    return Finding(OF_VERDICT.get(verdict, UNDERDETERMINED), verdict, method)


def _comparable(said: Any, value: Any) -> None:
    """A formula is compared with formulas and numbers only, a list of them entry by entry."""
    if isinstance(said, (list, tuple)) and isinstance(value, (list, tuple)):
        for one, other in zip(said, value, strict=False):
            _comparable(one, other)
    elif mathematical(said) != mathematical(value):
        plain = value if mathematical(said) else said
        if isinstance(plain, (bool, str, list, tuple)):
            told = f"{value!r} is computed" if plain is value else "a formula is computed"
            raise ProblemError(f"{told}, {said!r} is stated; state the same kind of thing: {_kinds()}")


def _kinds() -> str:
    return ", ".join(f"{name} for {kind.what}" for name, kind in READ.items())


def _derived(found: Finding, answer: Answer) -> Finding:
    """With what the computed value rests on: its evidence, and a derivation, whose weakest step counts."""
    line = answer.derivation
    if line is None:
        return _with(found, answer.evidence)
    steps = ", ".join(dict.fromkeys(step.why for step in line.steps if step.why))
    rests = f"{line.title}: {line.verdict}" + (f" ({steps})" if steps else "")
    if line.verdict != PROVED:
        found = Finding(UNDERDETERMINED, UNDECIDED if line.verdict == REFUTED else line.verdict, found.evidence)
    return _with(found, "; ".join(filter(None, (answer.evidence, rests))))


def _with(found: Finding, evidence: str) -> Finding:
    return Finding(found.status, found.verdict, f"{evidence} [{found.evidence}]") if evidence else found


@dataclass(frozen=True)
class Misfit:
    """A formula whose shapes do not fit: it says nothing that could be right."""

    text: str
    why: str

    def __str__(self) -> str:
        return self.text

    def beside(self, value: Any) -> Finding:
        """Refuted, whatever was computed."""
        return Finding(REFUTED_, REFUTED, self.why)


@dataclass(frozen=True)
class Printed:
    """Decimals as somebody printed them; the digits tell how exactly they are meant."""

    texts: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(self.texts)

    def beside(self, value: Any) -> Finding:
        """Rounded to the digits printed: confirmed; within one unit of the last digit: imprecise; else refuted."""
        values = value if isinstance(value, (list, tuple)) else (value,)
        if not all(_is_number(v) for v in values):
            raise ProblemError(f"{value!r} is computed, the decimals {self} are stated; a formula is stated as expr")
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
        how = "cut off" if compare(abs(read_exact(text)), abs(exact)) < 0 else "rounded away from zero"
        return Finding(IMPRECISE, REFUTED, f"{near}: {how}, not rounded to the nearest")
    return Finding(REFUTED_, REFUTED, f"{near}: more than a unit of the last digit away")


def _is_number(value: Any) -> bool:
    return not isinstance(value, (bool, str)) and not getattr(value, "free_symbols", ()) and not hasattr(value, "op")


def _formula(text: Any, scope: Any) -> Any:
    if hasattr(scope, "read"):
        return scope.read(str(text))
    return read_exact(text, scope if isinstance(scope, Mapping) else (), "the official formula")


def _formulas(texts: Any, scope: Any) -> tuple[Any, ...]:
    return tuple(_formula(text, scope) for text in texts)


def _words(value: Any, scope: Any = None) -> Any:
    return tuple(map(_words, value)) if isinstance(value, list) else value


def _decimals(texts: Any, scope: Any) -> Printed:
    return Printed(tuple(texts) if isinstance(texts, list) else (texts,))


def _is_formula(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool)


def _is_plain(value: Any) -> bool:
    return all(map(_is_plain, value)) if isinstance(value, list) else isinstance(value, (str, bool, int, float))


def _is_decimal(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[+-]?\d+(\.\d+)?", value, re.ASCII) is not None


def _some(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and bool(value) and all(map(fits, value))


@dataclass(frozen=True)
class Kind:
    """A way to state something: what it is in words, whether data is one, and how it is read."""

    what: str
    fits: Callable[[Any], bool]
    read: Callable[[Any, Any], Any]


TEXTS = ("id", "claim", "when", "assumed")
READ: dict[str, Kind] = {
    "expr": Kind("a formula, as text", _is_formula, _formula),
    "vec": Kind("a list of formulas", _some(_is_formula), _formulas),
    "value": Kind("words, a number, a truth value or a list of these", _is_plain, _words),
    "num": Kind(
        "a decimal as printed, or a list of them, as texts whose digits count",
        lambda value: _is_decimal(value) or _some(_is_decimal)(value),
        _decimals,
    ),
}
