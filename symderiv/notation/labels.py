r"""What stands in a picture as words: mathematics and literal text.

A label is lines of runs.  A mathematical run is LaTeX made by
``symderiv.notation.printing`` and has passed ``safe_math``: known commands only, balanced
braces.  Everything else, such as a symbol called ``\write18{ls}``, is a text
run and is shown letter by letter in every format.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from symderiv.notation.latex_words import ENVIRONMENTS, PLAIN, WORDS

MATH_LIMIT = 2000
TEXT_LIMIT = 60
LINE_LIMIT = 8


@dataclass(frozen=True)
class Run:
    """A piece of one line: LaTeX mathematics, or text shown as it is."""

    body: str
    math: bool = False
    bold: bool = False
    plain: str = ""


@dataclass(frozen=True)
class Label:
    """Lines of runs; an empty label has no lines.

    >>> plain(text("a & b"))
    'a & b'
    """

    lines: tuple[tuple[Run, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.lines)


EMPTY = Label()
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|\{|\}|[^\\{}]", re.DOTALL)
_ENVIRONMENT = re.compile(r"\\(begin|end)\{([A-Za-z*]+)\}")
_WORDY = re.compile(r"\\(?:text|textbf|textit|mathrm|operatorname\*?|mathtt)\s*\{([^{}]*)\}")


def text(source: str, *, bold: bool = False, limit: int = TEXT_LIMIT) -> Label:
    """Literal text, one line per line of ``source``; long lines are cut with an ellipsis."""
    lines = [_clean(line) for line in str(source).splitlines()] or [""]
    if len(lines) > LINE_LIMIT:
        lines = [*lines[: LINE_LIMIT - 1], "…"]
    return Label(tuple((Run(_cut(line, limit), bold=bold, plain=_cut(line, limit)),) for line in lines))


def tex(source: str, spoken: str = "") -> Label:
    """Mathematics from LaTeX; shown as literal text where ``safe_math`` refuses it."""
    return Label(((_math_run(source, spoken),),))


def math(value: Any) -> Label:
    """An expression (of symderiv or SymPy, or a number) as one line of mathematics."""
    from symderiv.notation import printing

    return tex(printing.latex(value), printing.text(value))


def equation(*sides: Any, relation: str = "=") -> Label:
    """Expressions joined by a relation, such as ``q = w u_1``.

    A string among the sides is LaTeX.
    """
    from symderiv.notation import printing

    pieces = [side if isinstance(side, str) else printing.latex(side) for side in sides]
    spoken = [speak(side) if isinstance(side, str) else printing.text(side) for side in sides]
    if not all(safe_math(piece) for piece in pieces):
        return text(f" {relation} ".join(spoken))
    return tex(f" {relation} ".join([pieces[0], *map(signed, pieces[1:])]), f" {relation} ".join(spoken))


def signed(source: str) -> str:
    """LaTeX to stand after a relation: braces make a leading minus a sign and not a difference."""
    return f"{{{source}}}" if source.lstrip().startswith("-") else source


def rich(source: str, *, bold: bool = False) -> Label:
    """Text with LaTeX between dollar signs, for axes and captions within a figure."""
    parts = source.split("$")
    if len(parts) % 2 == 0:
        return text(source, bold=bold)
    runs = [
        _math_run(part, "") if i % 2 else Run(_clean(part), bold=bold, plain=_clean(part))
        for i, part in enumerate(parts)
        if part
    ]
    return Label((tuple(runs),))


def stack(*labels: Label) -> Label:
    """Labels below one another."""
    return Label(tuple(line for label in labels for line in label.lines))


def as_label(value: Any) -> Label:
    """What a caller wrote, as a label: text is literal, a tuple is lines, the rest (a number too) is mathematics."""
    if isinstance(value, Label):
        return value
    if value is None or value == "":
        return EMPTY
    if isinstance(value, str):
        return tex(value) if _NUMBER.fullmatch(value) else text(value)
    if isinstance(value, tuple):
        return stack(*(as_label(part) for part in value))
    return math(value)


def plain(label: Label) -> str:
    """The label as unformatted text, for DOT, alternative texts and titles."""
    return "\n".join("".join(run.plain for run in line) for line in label.lines)


def safe_math(source: str) -> bool:
    r"""Whether ``source`` is LaTeX mathematics that can neither break out nor fail to compile.

    >>> safe_math(r"\frac{\partial y}{\partial s}"), safe_math(r"\write18{ls}"), safe_math("a}")
    (True, False, False)
    """
    if len(source) > MATH_LIMIT or not source.strip() or "^^" in source or "".join(_TOKEN.findall(source)) != source:
        return False
    if not all(re.fullmatch(r"[A-Za-z0-9 .,:;'()+=-]*", words) for words in _WORDY.findall(source)):
        return False
    stack: list[str] = []
    for kind, name in _ENVIRONMENT.findall(source):
        if name not in ENVIRONMENTS or (kind == "end" and (not stack or stack.pop() != name)):
            return False
        if kind == "begin":
            stack.append(name)
    if stack or len(re.findall(r"\\left(?![A-Za-z])", source)) != len(re.findall(r"\\right(?![A-Za-z])", source)):
        return False
    return _tokens_safe(_ENVIRONMENT.sub(" ", source), bool(_ENVIRONMENT.search(source)))


def speak(source: str) -> str:
    r"""LaTeX as plain text, for reading aloud and for formats without mathematics.

    >>> speak(r"\frac{\partial y}{\partial u_{1}} = w^{2}")
    '(∂ y)/(∂ u_1) = w^2'
    """
    spoken = re.sub(r"\\(?:d|t)?frac\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}",
                    r"(\1)/(\2)", source)
    spoken = re.sub(r"([_^])\{([^{}]{1,2})\}", r"\1\2", spoken)
    spoken = re.sub(r"\\([A-Za-z]+)\*?", lambda m: PLAIN.get(m[1], "" if m[1] in WORDS else m[1]), spoken)
    spoken = re.sub(r"\\[,;:! ]", " ", spoken).replace("\\\\", " ").replace("{", "").replace("}", "")
    return _cut(re.sub(r"\s+", " ", spoken.replace("\\", "")).strip(), TEXT_LIMIT * 2)


def _tokens_safe(source: str, tabular: bool) -> bool:
    depth = 0
    for token in _TOKEN.findall(source):
        depth += {"{": 1, "}": -1}.get(token, 0)
        if depth < 0 or token in "#%$~\"`" or (token in ("&", r"\\") and not tabular):
            return False
        if token[0] == "\\" and len(token) > 1:
            if token[1].isalpha() and token[1:].rstrip("*") not in WORDS:
                return False
            if not token[1].isalpha() and token[1] not in ",;:! {}|\\%#&_$":
                return False
        elif token == "\\" or (len(token) == 1 and ord(token) < 32 and token not in "\n\t"):
            return False
    return depth == 0


def _math_run(source: str, spoken: str) -> Run:
    spoken = _cut(_clean(spoken or speak(source)), TEXT_LIMIT * 2)
    if safe_math(source):
        return Run(source, math=True, plain=spoken)
    literal = _cut(_clean(source), TEXT_LIMIT)
    return Run(literal, plain=literal)


def _clean(source: str) -> str:
    return "".join(c if c.isprintable() else " " for c in source)


def _cut(source: str, limit: int) -> str:
    return source if len(source) <= limit else source[: limit - 1] + "…"
