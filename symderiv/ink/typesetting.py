"""Labels as glyph outlines, with their sizes, through ziamath; no TeX needed.

A line becomes one SVG path around its baseline, so that a picture looks the
same in every program and needs no font there.  Lengths are points.  Where
ziamath cannot set a formula its LaTeX is shown as text.
"""

from __future__ import annotations

import threading
import warnings
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from symderiv.errors import ToolError
from symderiv.notation.labels import Label, Run

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LEADING = 1.28
_LOCK = threading.Lock()
_BOLD = {**{chr(65 + i): chr(0x1D400 + i) for i in range(26)}, **{chr(97 + i): chr(0x1D41A + i) for i in range(26)},
         **{chr(48 + i): chr(0x1D7CE + i) for i in range(10)}}


@dataclass(frozen=True)
class Outline:
    """One line as an SVG path with its origin at the left end of the baseline."""

    path: str
    width: float
    ascent: float
    descent: float


@dataclass(frozen=True)
class Block:
    """A label as lines: each with its outline and the shift of its baseline below the top."""

    lines: tuple[tuple[Outline, float], ...]
    width: float
    height: float


def block(label: Label, size: float = 10.0) -> Block:
    """Set a label; the width is the widest line's, the baselines are evenly led."""
    if not label:
        return Block((), 0.0, 0.0)
    placed: list[tuple[Outline, float]] = []
    baseline = below = 0.0
    for i, line in enumerate(label.lines):
        outline = outline_of(line, size)
        ascent = max(outline.ascent, 0.85 * size)  # a strut: lines with and without superscript are as high
        baseline = ascent if i == 0 else baseline + max(size * LEADING, below + ascent + 0.16 * size)
        below = max(outline.descent, 0.23 * size)
        placed.append((outline, baseline))
    return Block(tuple(placed), max(o.width for o, _ in placed), baseline + below)


@lru_cache(maxsize=8192)
def outline_of(line: tuple[Run, ...], size: float = 10.0) -> Outline:
    """Set one line of runs side by side."""
    pieces = [_run(run, size) for run in line]
    if len(pieces) == 1:
        return pieces[0]
    path, x = [], 0.0
    for piece in pieces:
        path.append(_shifted(piece.path, x))
        x += piece.width
    return Outline(" ".join(p for p in path if p), x, max((p.ascent for p in pieces), default=0.0),
                   max((p.descent for p in pieces), default=0.0))


@lru_cache(maxsize=8192)
def _run(run: Run, size: float) -> Outline:
    if run.math:
        found = _formula(run.body, size)
        if found is not None:
            return found
    return _letters(run.body, size, run.bold)


def _formula(latex: str, size: float) -> Outline | None:
    """The outline of a formula, None where ziamath cannot set it."""
    ziamath = load_ziamath()
    try:
        with _LOCK, _PlainPaths():
            formula = ziamath.Math.fromlatex(latex, size=size, inline=False)
            svg = formula.svgxml()
            box = formula.node.bbox
    except _refusals():
        return None
    path = " ".join(filter(None, (_as_path(element) for element in svg.iter())))
    return Outline(_shifted(path, -box.xmin), box.xmax - box.xmin, box.ymax, -box.ymin)


@lru_cache(maxsize=1)
def _refusals() -> tuple[type[Exception], ...]:
    """What the parsers below raise for LaTeX or glyphs they do not know."""
    from xml.etree.ElementTree import ParseError

    from latex2mathml import exceptions

    own = [e for e in vars(exceptions).values() if isinstance(e, type) and issubclass(e, Exception)]
    return (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RuntimeError, ParseError, *own)


def _letters(words: str, size: float, bold: bool) -> Outline:
    """Text letter by letter; a letter the fonts lack is shown as a hollow box."""
    fonts, x, path, top, bottom = _fonts(), 0.0, [], 0.0, 0.0
    with _LOCK, _PlainPaths():
        for letter in words:
            letter = _BOLD.get(letter, letter) if bold else letter
            font, glyph = next(
                ((f, f.glyph(letter)) for f in fonts if f.glyphindex(letter) != 0), (fonts[0], fonts[0].glyph("□"))
            )
            scale = size / font.info.layout.unitsperem
            element = glyph.svgpath(x, 0, size / glyph.DFLT_SIZE_PT)
            if element is not None:
                path.append(element.get("d", ""))
                top, bottom = max(top, glyph.bbox.ymax * scale), min(bottom, glyph.bbox.ymin * scale)
            x += glyph.advance() * scale
    return Outline(_shifted(" ".join(path), 0.0), x, top, -bottom)


def _as_path(element: Element) -> str:
    if element.tag.endswith("path") and element.get("stroke") is None:
        return element.get("d", "")
    if element.tag.endswith("rect"):
        x, y, w, h = (float(element.get(key, "0")) for key in ("x", "y", "width", "height"))
        return f"M {x:.3f} {y:.3f} L {x + w:.3f} {y:.3f} L {x + w:.3f} {y + h:.3f} L {x:.3f} {y + h:.3f} Z"
    return ""


def _shifted(path: str, dx: float) -> str:
    """Move a path of absolute M, L, Q, C and Z commands sideways, and round it."""
    out: list[str] = []
    horizontal = True
    for token in path.split():
        if token.isalpha():
            horizontal = True
            out.append(token)
        else:
            out.append(number(float(token) + (dx if horizontal else 0.0)))
            horizontal = not horizontal
    return " ".join(out)


def number(value: float) -> str:
    """A length with two decimals and no trailing zeros."""
    written = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if written in ("-0", "") else written


class _PlainPaths:
    """ziafont writes plain paths instead of symbols while this lasts."""

    def __enter__(self) -> None:
        from ziafont import config

        self._before = config.svg2
        config.svg2 = False

    def __exit__(self, *_: object) -> None:
        from ziafont import config

        config.svg2 = self._before


def load_ziamath() -> Any:
    """The ziamath package, or a ToolError that says how to get it."""
    try:
        with warnings.catch_warnings():
            # the package reads its fonts by a function the standard library has deprecated
            warnings.simplefilter("ignore", DeprecationWarning)
            import ziamath
    except ImportError as missing:
        raise ToolError(
            "a picture needs the package ziamath, which is not installed; pip install 'symderiv[paper]'"
        ) from missing
    return ziamath


@lru_cache(maxsize=1)
def _fonts() -> tuple[Any, ...]:
    """The mathematics font first, then the font with the widest stock of letters."""
    mathematics = load_ziamath().zmath.loadedfonts["default"]
    import ziafont

    return mathematics, ziafont.Font(str(resources.files("ziafont.fonts") / "DejaVuSans.ttf"))
