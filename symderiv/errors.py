"""Every error the package raises on purpose.

    SymderivError
    ├── DeclarationError        a symbol declared wrongly or twice
    ├── ReadingError            text that is not in the grammar (names the place)
    ├── UnknownNameError        a name nobody declared or registered (suggests the nearest)
    ├── ShapeError              shapes that do not fit (names both, and the sub-expression)
    ├── RandomnessError         a random symbol where only E, Var or Cov may stand
    ├── ClaimError              a claim file or claim that cannot be judged
    ├── RuleError               a rule that is malformed or does not apply
    ├── GraphError              a computational graph that is not one (cycle, name used twice …)
    ├── KernelError             numbers a kernel cannot take (NaN, infinity, wrong length)
    ├── ModelError              a building block with impossible settings
    ├── ProblemError            a problem, part or paper that cannot be built
    ├── DrawingError            a picture that cannot be drawn (too large, no layout)
    ├── FormatError             an unknown output format, or one that cannot show this object
    ├── ToolError               a program, package or font that is missing
    └── LimitError              work refused because it would exceed a stated limit

A wrong use is a ``ValueError`` as well, so callers who know nothing of this
package can still catch it.  A message names the thing, the place, both sides
and the way out, in that order, in one paragraph.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SymderivError(Exception):
    """Root of the tree: catch this to catch everything the package raises on purpose."""


class DeclarationError(SymderivError, ValueError):
    """A symbol was declared wrongly or twice."""


class ReadingError(SymderivError, ValueError):
    """A text is not in the grammar.

    ``text`` is the whole input and ``span`` the (start, end) of the offending part.
    """

    def __init__(self, message: str, text: str = "", span: tuple[int, int] = (0, 0)) -> None:
        super().__init__(message + _caret(text, span))
        self.text = text
        self.span = span
        self._made_of = (message, text, span)

    def __reduce__(self) -> tuple[type[ReadingError], tuple[str, str, tuple[int, int]]]:
        return (type(self), self._made_of)


class UnknownNameError(SymderivError, ValueError):
    """A name is not declared or registered; ``suggestions`` holds near names."""

    def __init__(self, kind: str, name: str, known: Iterable[str], where: str = "") -> None:
        names = sorted({str(k) for k in known})
        self.name = name
        self._made_of = (kind, name, names, where)
        self.suggestions = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
        hint = (
            f"; did you mean {' or '.join(self.suggestions)}?"
            if self.suggestions
            else f"; known: {', '.join(names[:12])}{' …' if len(names) > 12 else ''}"
            if names
            else ""
        )
        super().__init__(f"unknown {kind} {shorten(name)!r}{' in ' + where if where else ''}{hint}")

    def __reduce__(self) -> tuple[type[UnknownNameError], tuple[str, str, list[str], str]]:
        return (type(self), self._made_of)


class ShapeError(SymderivError, ValueError):
    """Two shapes do not fit; the message names both and the sub-expression."""


class RandomnessError(SymderivError, ValueError):
    """A random symbol stands outside E, Var and Cov."""


class ClaimError(SymderivError, ValueError):
    """A claim, or a file of claims, cannot be judged."""


class RuleError(SymderivError, ValueError):
    """A rule is malformed, or does not apply at the place named."""


class GraphError(SymderivError, ValueError):
    """A computational graph is not one: a cycle, a name used twice, a foreign handle."""


class KernelError(SymderivError, ValueError):
    """Numbers a kernel cannot take, or a point where a partial does not exist."""


class ModelError(SymderivError, ValueError):
    """A building block has settings that cannot be."""


class ProblemError(SymderivError, ValueError):
    """A problem, part or paper cannot be built."""


class DrawingError(SymderivError, ValueError):
    """A picture cannot be drawn."""


class FormatError(SymderivError, ValueError):
    """A format is unknown, or cannot show the object."""


class ToolError(SymderivError, RuntimeError):
    """A program, package or font is missing; the message says how to get it."""


class LimitError(SymderivError, RuntimeError):
    """Work was refused because it would exceed a stated limit."""


def shorten(text: str, width: int = 60) -> str:
    """Cut ``text`` in the middle so that an error stays one readable line."""
    text = str(text)
    if len(text) <= width:
        return text
    half = (width - 3) // 2
    return f"{text[:half]}...{text[-half:]}"


def _caret(text: str, span: tuple[int, int]) -> str:
    """A second line that shows the place, for texts short enough to show."""
    if not text:
        return ""
    start, end = span
    left = max(0, start - 40)
    window = text[left : max(end, start + 1) + 30].replace("\n", " ")
    return f"\n  {window}\n  {' ' * (start - left)}{'^' * max(1, min(end - start, 60))}"
