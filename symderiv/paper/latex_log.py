r"""What went wrong in a LaTeX run: errors with their line, boxes that leave the page.

A log line ``main.tex:41: Undefined control sequence.`` is turned into the part of the
paper it belongs to by the comments ``% problem 5`` and ``% part (a)`` in the source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ERROR = re.compile(r"^(?:\./)?(?P<file>[^\s:()]+\.tex):(?P<line>\d+): (?P<message>.+)$", re.MULTILINE)
_BARE = re.compile(r"^! (?P<message>.+)$", re.MULTILINE)
_CONTEXT = re.compile(r"^l\.(\d+) (.*)$", re.MULTILINE)
_OVERFULL = re.compile(r"^Overfull \\hbox \((?P<by>[\d.]+)pt too wide\).*?lines? (?P<line>\d+)", re.MULTILINE)
_MARK = re.compile(r"^% (problem \S.*|part \(\w+\))$")
TOLERANCE = 1.0  # points a box may stand out without anyone seeing it


@dataclass(frozen=True)
class LatexProblem:
    """One complaint: where in the source, in which problem and part, and what."""

    line: int
    place: str
    message: str
    source: str = ""

    def __str__(self) -> str:
        where = ", ".join(part for part in (self.place, f"line {self.line}" if self.line else "") if part)
        return f"{where or 'LaTeX'}: {self.message}" + (f" in: {self.source}" if self.source else "")


def errors(log: str, source: str) -> list[LatexProblem]:
    """The errors of a log, first first, each with its place in the source.

    >>> errors("main.tex:2: Undefined control sequence.\\nl.2 \\\\foo", "% part (a)\\n\\\\foo")[0].place
    'part (a)'
    """
    log = unwrapped(log)
    lines = source.splitlines()
    found = []
    for match in _ERROR.finditer(log):
        number = int(match["line"])
        context = _CONTEXT.search(log, match.end())
        shown = context[2].strip() if context and int(context[1]) == number else _line(lines, number)
        found.append(LatexProblem(number, place(lines, number), match["message"].strip(), shown[-120:]))
    if not found:
        found = [LatexProblem(0, "", match["message"].strip()) for match in _BARE.finditer(log)]
    return found


def overfull(log: str, source: str, tolerance: float = TOLERANCE) -> list[LatexProblem]:
    """Boxes that stand out of the page by more than ``tolerance`` points."""
    lines = source.splitlines()
    return [
        LatexProblem(int(m["line"]), place(lines, int(m["line"])), f"{m['by']} pt wider than the page",
                     _line(lines, int(m["line"]))[:120])
        for m in _OVERFULL.finditer(unwrapped(log))
        if float(m["by"]) > tolerance
    ]  # fmt: skip


def place(lines: list[str], number: int) -> str:
    """The problem and part a line of the source belongs to."""
    problem = part = ""
    for line in lines[: max(number, 0)]:
        mark = _MARK.match(line)
        if mark and mark[1].startswith("problem"):
            problem, part = mark[1], ""
        elif mark:
            part = mark[1]
    return ", ".join(mark for mark in (problem, part) if mark)


def unwrapped(log: str) -> str:
    """The log without the line breaks TeX puts after 79 signs."""
    out: list[str] = []
    joined = False
    for line in log.splitlines():
        if joined:
            out[-1] += line
        else:
            out.append(line)
        joined = len(line) == 79
    return "\n".join(out)


def _line(lines: list[str], number: int) -> str:
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""
