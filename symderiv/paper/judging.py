"""Is an answer right?  The value and the demanded form are judged apart.

Values are compared by ``certify`` where they are mathematics and by equality where they
are words or numbers of Python; forms are a table of predicates on SymPy's view.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from symderiv.errors import UnknownNameError
from symderiv.problem import Answer


@dataclass(frozen=True)
class Judgement:
    """The verdict on the value (as ``certify`` says it) and whether the form is as demanded (None: none was)."""

    value: str
    form: bool | None
    method: str = ""


def judge(answer: Answer, given: Any) -> Judgement:
    """Compare what somebody gave with the computed answer.

    >>> judge(Answer("8a", ("learn", "deep")), ("learn", "deep")).value
    'proved'

    Raises UnknownNameError for a form nobody defined.
    """
    verdict, method = same_value(answer.value, given)
    return Judgement(verdict, has_form(given, answer.form) if answer.form else None, method)


def same_value(computed: Any, given: Any) -> tuple[str, str]:
    """Verdict and method of ``computed = given``."""
    if mathematical(computed) or mathematical(given):
        from symderiv.certify import certify

        certificate = certify(computed, given)
        return str(certificate.verdict), str(certificate.method)
    if isinstance(computed, (list, tuple)) and isinstance(given, (list, tuple)) and len(computed) == len(given):
        found = [same_value(a, b) for a, b in zip(computed, given, strict=True)]
        order = ("refuted", "undecided", "supported", "assumed", "proved")
        return min(found, key=lambda pair: order.index(pair[0]), default=("proved", "equal"))
    if isinstance(computed, str) and isinstance(given, (list, tuple)):
        given = " ".join(map(str, given))  # a sequence of words, given word by word
    alike = isinstance(computed, bool) == isinstance(given, bool)  # to Python, True is 1
    return ("proved" if alike and computed == given else "refuted"), "equality"


def has_form(value: Any, form: str) -> bool:
    """Whether a value has a demanded form, one of ``FORMS``.

    >>> import sympy
    >>> x = sympy.Symbol("x")
    >>> has_form(x**2 + x, "expanded"), has_form(x*(x + 1), "expanded")
    (True, False)
    """
    if form not in FORMS:
        raise UnknownNameError("form", form, FORMS)
    return FORMS[form](value)


def mathematical(value: Any) -> bool:
    """Whether a value is a formula that ``certify`` takes, and not words or a number of Python."""
    return hasattr(value, "op") or hasattr(value, "free_symbols")


def _expanded(value: Any) -> bool:
    import sympy

    return not hasattr(value, "expand") or bool(value == sympy.expand(value))


def _factored(value: Any) -> bool:
    import sympy

    return not getattr(value, "is_Add", False) or sympy.factor(value).is_Add


def _evaluated(value: Any) -> bool:
    import sympy

    return not (hasattr(value, "has") and value.has(sympy.Derivative, sympy.Integral, sympy.Sum))


def _number(value: Any) -> bool:
    return not getattr(value, "free_symbols", ())


FORMS: dict[str, Callable[[Any], bool]] = {
    "expanded": _expanded,
    "factored": _factored,
    "evaluated": _evaluated,
    "number": _number,
    "integer": lambda value: getattr(value, "is_Integer", isinstance(value, int)),
    "words": lambda value: isinstance(value, (str, list, tuple)) and not mathematical(value),
}
