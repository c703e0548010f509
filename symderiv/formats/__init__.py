"""The door of the output formats: one file, one format.

A format says which kinds of object it can show and turns one of them into
text or bytes; it never touches the disk (``symderiv.writing.write`` does).
Several formats may share a suffix when they show different kinds: ``tex`` is
TikZ for a drawing and a LaTeX article for a document.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from symderiv.errors import DrawingError, FormatError, LimitError, ProblemError, ToolError, UnknownNameError
from symderiv.registry import Registry


@dataclass(frozen=True)
class Format:
    """One output format.

    ``kinds`` are the class names it can show (subclasses count), ``render``
    takes such an object and returns the content of the file.
    """

    suffix: str
    kinds: tuple[str, ...]
    render: Callable[[Any], bytes | str]
    description: str


FORMATS: Registry[Format] = Registry("format", "symderiv.formats")


def format_for(obj: object, suffix: str) -> Format:
    """The format that shows ``obj`` in a file of this suffix (with or without the dot).

    Raises UnknownNameError for a suffix no format has, FormatError for an
    object none of the suffix's formats can show.
    """
    suffix = suffix.lstrip(".").lower()
    known = [fmt for _, fmt in FORMATS.items()]
    same = [fmt for fmt in known if fmt.suffix == suffix]
    if not same:
        raise UnknownNameError("output format", suffix, {fmt.suffix for fmt in known})
    kinds = {cls.__name__ for cls in type(obj).__mro__}
    for fmt in same:
        if kinds & set(fmt.kinds):
            return fmt
    able = sorted({fmt.suffix for fmt in known if kinds & set(fmt.kinds)})
    shows = sorted({kind for fmt in same for kind in fmt.kinds})
    way_out = f"write it as {', '.join(able)}" if able else "no format shows it"
    raise FormatError(f"a .{suffix} file shows {', '.join(shows)}, not a {type(obj).__name__}; {way_out}")


def svg_view(obj: object) -> str | None:
    """What a notebook shows of a graph: its picture; None where it is too large to draw, or nothing can draw it."""
    try:
        content = format_for(obj, "svg").render(obj)
    except (DrawingError, LimitError, ToolError):
        return None
    return content if isinstance(content, str) else content.decode("utf-8")


def html_view(obj: object) -> str | None:
    """What a notebook shows of a derivation, certificate or report; None without lines or the packages for it."""
    try:
        return str(FORMATS["piece"].render(obj))
    except (ProblemError, ToolError):
        return None
