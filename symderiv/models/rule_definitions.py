"""The constants a rule written for people defines behind itself: ``with W1=I, W2=[[0,1],[1,0]]``.

Values are numbers, the identity, matrices row by row, ``diag(1,2)`` and tuples of numbers for a list of weights.  Words
may stand around them ("with one shared matrix W=…"); a word that contradicts the rule makes it unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random

import sympy as sp

from symderiv.errors import ModelError
from symderiv.models.rule_functions import Value
from symderiv.models.rule_language import evaluate_rule
from symderiv.models.rule_remarks import REMARK

NUMBER = r"-?\d+(?:/\d+)?"
DEFINITION = re.compile(
    r"((?:\b(?![ijknltsm]\b)[A-Za-z]+_?\d*\s*=\s*)+)"
    rf"(I(?:_?\d)?\b|diag\([^()]*\)|\[\[.*?\]\]|\[[^\[\]]*\]|\((?:\s*{NUMBER}\s*,)+\s*{NUMBER}\s*\)"
    rf"|{NUMBER}(?![\d./*]))"
)
BETWEEN = re.compile(r"(?:[\s,;.()]|and)*")
LEAD = re.compile(r"[\s,;:(]*\b(?:with|where|for|and)\b")
# of given matrices these words say nothing new
KINDS = re.compile(r"\b(?:diagonal|invertible|orthogonal|rotations?|permutation|triangular|fixed|constant)\b")


def definitions(text: str) -> tuple[str, dict[str, Value]] | None:
    """The rule without its definitions, and the constants; numbered names become a list.  None if it is unreadable.

    >>> definitions("sum_j w_j*m_j with w=(1,2)")
    ('sum_j w_j*m_j', {'w': [1, 2]})
    """
    found = list(DEFINITION.finditer(text))
    if not found:
        return text, {}
    constants: dict[str, Value] = {}
    numbered: dict[str, dict[int, Value]] = {}
    for match in found:
        value = _constant(match[2])
        for name, number in re.findall(r"([A-Za-z]+)_?(\d*)\s*=", match[1]):
            if number:
                numbered.setdefault(name, {})[int(number)] = value
            else:
                constants[name] = value
    for name, entries in numbered.items():
        constants[name] = [entries[k] for k in sorted(entries)]
    body, lead = _without_lead(text[: found[0].start()])
    between = [text[a.end() : b.start()] for a, b in zip(found, found[1:], strict=False)]
    behind = text[found[-1].end() :]
    if not all(map(BETWEEN.fullmatch, between)) or not REMARK.fullmatch(behind):
        return None
    return None if _contradicted(body, f"{lead} {behind}") else (body, constants)


def _constant(text: str) -> Value:
    if text.startswith("I"):
        return "I"
    if text.startswith("diag"):
        return sp.diag(*evaluate_rule(f"[{text[5:-1]}]", {}))
    value = evaluate_rule(text, {})
    return sp.Matrix(value) if text.startswith("[") else value


def _without_lead(head: str) -> tuple[str, str]:
    """The rule, and the words between it and the first definition."""
    for lead in LEAD.finditer(head):
        if REMARK.fullmatch(KINDS.sub("", head[lead.start() :])):
            return head[: lead.start()], head[lead.start() :]
    return re.sub(r"[\s,;:(]+$", "", head), ""


def _contradicted(body: str, words: str) -> bool:
    """A weight said to be shared that the rule numbers, or separate weights it does not number."""
    indexed = re.search(r"\b[A-Za-z]_\{?[j\d]|[Ww]\[", re.sub(r"\b[mMshx]_\{?[ij\d]", "", body)) is not None
    alike, apart = re.search(r"shared|same", words), re.search(r"different|distinct|separate", words)
    return bool(alike and indexed or apart and not indexed)


def agree(one: str, other: str, degree: int, constants: Mapping[str, Value]) -> bool:
    """Whether two programs give one value on the same messages, of the first shape that both can be evaluated on."""
    for shape in ((2, 2), (2, 1), ()):
        try:
            values = [evaluate_rule(text, _sample(shape, degree, constants)) for text in (one, other)]
        except ModelError:
            continue
        return bool(sp.Matrix([values[0]]) == sp.Matrix([values[1]]))
    return False


def _sample(shape: tuple[int, ...], degree: int, constants: Mapping[str, Value]) -> dict[str, Value]:
    draw = Random(7)
    blocks = [sp.Matrix(*(shape or (1, 1)), lambda i, j: draw.randint(1, 9)) for _ in range(degree + 1)]
    values = blocks if shape else [block[0, 0] for block in blocks]
    return {**constants, "m": values[1:], "s": values[0], "n": sp.Integer(degree)}
