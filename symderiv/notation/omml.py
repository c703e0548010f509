"""Office MathML: the native, editable equations of PowerPoint and Word, from the LaTeX our printers make.

LaTeX becomes MathML and MathML becomes OMML, one rule per element
(ECMA-376, part 1, section 22.1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from symderiv.notation.mathml import mathml

NARY = frozenset("∑∏∫⋃⋂")
_OPEN, _CLOSE = frozenset("([{|‖⟨⌊⌈"), frozenset(")]}|‖⟩⌋⌉")
_ACCENTS = {"^": "\u0302", "ˆ": "\u0302", "~": "\u0303", "˜": "\u0303", "˙": "\u0307", "¨": "\u0308", "→": "\u20d7"}
_BARS = frozenset("¯―‾_")


def omml(latex: str, size: int = 2000) -> str:
    """One equation as ``<m:oMath>``; ``size`` is the type size in hundredths of a point.

    >>> "<m:f>" in omml(r"\\frac{a}{b}")
    True
    """
    root = ElementTree.fromstring(mathml(latex))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return f"<m:oMath>{_row(list(root), size)}</m:oMath>"


def _row(elements: Sequence[Element], size: int) -> str:
    """Elements side by side; a sum or product takes what follows it as its operand."""
    out = []
    waiting = list(elements)
    while waiting:
        element = waiting.pop(0)
        if _text(element) in _OPEN and len(waiting) > 1 and waiting[0].tag == "mtable" and _text(waiting[1]) in _CLOSE:
            out.append(_delimited(_text(element), _text(waiting[1]), _one(waiting[0], size)))
            del waiting[:2]
        elif element.tag in _SCRIPTS and _text(element[0]) in NARY:
            operand = _row([waiting.pop(0)], size) if waiting else _run("\u200b", size, upright=True)
            out.append(_nary(element, operand, size))
        else:
            out.append(_one(element, size))
    return "".join(out)


def _one(element: Element, size: int) -> str:
    return _RULES.get(element.tag, _group)(element, size)


def _group(element: Element, size: int) -> str:
    """A row, as a pair of delimiters where it is fenced."""
    children = list(element)
    if len(children) >= 2 and children[0].tag == "mo" and _text(children[0]) in _OPEN and children[0].get("fence"):
        closed = children[-1].tag == "mo" and _text(children[-1]) in _CLOSE
        inside = children[1:-1] if closed else children[1:]
        return _delimited(_text(children[0]), _text(children[-1]) if closed else "", _row(inside, size))
    return _row(children, size)


def _delimited(left: str, right: str, inside: str) -> str:
    ends = f"<m:begChr m:val={quoteattr(left)}/><m:endChr m:val={quoteattr(right)}/>"
    return f"<m:d><m:dPr>{ends}</m:dPr><m:e>{inside}</m:e></m:d>"


def _letter(element: Element, size: int) -> str:
    words = _text(element)
    return _run(words, size, upright=len(words) > 1 and words.isascii())


def _words(element: Element, size: int) -> str:
    return _run(_text(element), size, upright=True)


def _space(element: Element, size: int) -> str:
    width = float((element.get("width") or "0em").removesuffix("em") or 0)
    return _run("\u2003" if width >= 0.9 else "\u2009", size, upright=True) if width > 0 else ""


def _run(words: str, size: int, upright: bool = False) -> str:
    style = '<m:rPr><m:sty m:val="p"/></m:rPr>' if upright else ""
    slant = "0" if upright else "1"
    font = f'<a:rPr lang="en-US" sz="{size}" i="{slant}"><a:latin typeface="Cambria Math"/></a:rPr>'
    return f'<m:r>{style}{font}<m:t xml:space="preserve">{escape(words)}</m:t></m:r>' if words else ""


def _boxed(tag: str, *parts: tuple[str, int], properties: str = "") -> Callable[[Element, int], str]:
    """A rule that puts numbered children into named places."""

    def rule(element: Element, size: int) -> str:
        children = list(element)
        inside = "".join(f"<m:{name}>{_row([children[i]], size)}</m:{name}>" for name, i in parts)
        return f"<m:{tag}>{properties}{inside}</m:{tag}>"

    return rule


def _over(element: Element, size: int) -> str:
    base, mark = _row([element[0]], size), _text(element[1])
    if mark in _BARS and len(_text(element[0])) > 1:
        return f'<m:bar><m:barPr><m:pos m:val="top"/></m:barPr><m:e>{base}</m:e></m:bar>'
    if mark in _ACCENTS or mark in _BARS:
        sign = _ACCENTS.get(mark, "\u0305")
        return f'<m:acc><m:accPr><m:chr m:val="{sign}"/></m:accPr><m:e>{base}</m:e></m:acc>'
    return f"<m:limUpp><m:e>{base}</m:e><m:lim>{_row([element[1]], size)}</m:lim></m:limUpp>"


def _under_over(element: Element, size: int) -> str:
    low = f"<m:limLow><m:e>{_row([element[0]], size)}</m:e><m:lim>{_row([element[1]], size)}</m:lim></m:limLow>"
    return f"<m:limUpp><m:e>{low}</m:e><m:lim>{_row([element[2]], size)}</m:lim></m:limUpp>"


def _nary(element: Element, operand: str, size: int) -> str:
    below, above = _SCRIPTS[element.tag]
    low = _row([element[below]], size) if below else ""
    high = _row([element[above]], size) if above else ""
    hidden = ('<m:subHide m:val="1"/>' if not low else "") + ('<m:supHide m:val="1"/>' if not high else "")
    place = "subSup" if _text(element[0]) == "∫" else "undOvr"
    properties = f'<m:naryPr><m:chr m:val="{_text(element[0])}"/><m:limLoc m:val="{place}"/>{hidden}</m:naryPr>'
    return f"<m:nary>{properties}<m:sub>{low}</m:sub><m:sup>{high}</m:sup><m:e>{operand}</m:e></m:nary>"


def _root(element: Element, size: int) -> str:
    inside = f"<m:e>{_row(list(element), size)}</m:e>"
    return f'<m:rad><m:radPr><m:degHide m:val="1"/></m:radPr><m:deg/>{inside}</m:rad>'


def _table(element: Element, size: int) -> str:
    rows = ["".join(f"<m:e>{_row(list(cell), size)}</m:e>" for cell in row) for row in element]
    return "<m:m>" + "".join(f"<m:mr>{row}</m:mr>" for row in rows) + "</m:m>"


def _text(element: Element) -> str:
    return "".join(element.itertext()).strip("\n")


# where the child below and the child above stand, 0 for none
_SCRIPTS: Mapping[str, tuple[int, int]] = {
    "msub": (1, 0), "msup": (0, 1), "msubsup": (1, 2), "munder": (1, 0), "mover": (0, 1), "munderover": (1, 2)
}  # fmt: skip
_RULES: Mapping[str, Callable[[Element, int], str]] = {
    "mi": _letter, "mn": _words, "mo": _words, "mtext": _words, "mspace": _space,
    "mfrac": _boxed("f", ("num", 0), ("den", 1)),
    "msub": _boxed("sSub", ("e", 0), ("sub", 1)),
    "msup": _boxed("sSup", ("e", 0), ("sup", 1)),
    "msubsup": _boxed("sSubSup", ("e", 0), ("sub", 1), ("sup", 2)),
    "munder": _boxed("limLow", ("e", 0), ("lim", 1)),
    "mover": _over, "munderover": _under_over, "msqrt": _root,
    "mroot": _boxed("rad", ("deg", 1), ("e", 0)),
    "mtable": _table,
}  # fmt: skip
