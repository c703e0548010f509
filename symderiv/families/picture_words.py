"""Pictures told in a few fixed words: a line at every place, lines at given places, one pixel, one value throughout.

``"8x7 image, 1 in column c (0-based), else 0"``, ``"8x7 image, 1 in columns 2 and 3"``, ``"1 at (2,3)"``, ``"all 0"``.
Every word is looked up; a picture told with another word is refused, since it would be another picture.
"""

from __future__ import annotations

import re
from fractions import Fraction

from symderiv.errors import ModelError, shorten
from symderiv.exact import read_fraction

MAX_CELLS = 10_000
SIZE = re.compile(r"(\d+)\s*[x×]\s*(\d+)")
NUMBER = r"-?\d+(?:/\d+)?"
VALUE = rf"(?P<value>{NUMBER}|one)s? "
PLACES = r"\d+(?:\s*(?:,? and|,|\.\.\.?|to|-)\s*\d+)*"
LINE = re.compile(
    VALUE + rf"(?:in|on|along) (?:the )?(?:whole |entire )?(?P<kind>row|column)s? (?P<where>{PLACES}|[a-z]\b)"
)
PIXEL = re.compile(
    VALUE + r"(?:at|in|on) (?:the )?(?:pixel |position |cell )?(?:\((\d+), ?(\d+)\)|row (\d+), column (\d+)$)"
)
CONSTANT = re.compile(rf"\ball (?:entries )?(?:are )?(?P<value>{NUMBER}|zero|one)e?s?\b|\b(?P<blank>blank|empty)\b")
DIAGONAL = re.compile(VALUE + r"on the (?:main )?diagonal")
BACKGROUND = re.compile(rf"(?:else(?:where)?|otherwise)(?: is| are)? ({NUMBER}|zero)e?s?|({NUMBER}|zero)e?s? elsewhere")
BASE = re.compile(r"\(?\b(?:[a-z] is |counted from |indices from )?([01])(?:-based)?\b\)?")
REST = re.compile(r"(?:[\s,.;:()]|\b(?:image|picture|with|a|the|of|vertical|horizontal|line)\b)*")
WORDS = {"zero": Fraction(0), "one": Fraction(1)}
Picture = list[list[Fraction]]


def pictures(text: str) -> tuple[list[Picture], int]:
    """The picture, or one for every place of its line, and the axis the line moves along (-1 where nothing moves).

    >>> images, axis = pictures("2x3 image, 1 in column c (0-based), else 0")
    >>> axis, [[int(v) for v in row] for row in images[2]]
    (1, [[0, 0, 1], [0, 0, 1]])
    """
    said = re.sub(r"\s+", " ", text.lower()).strip(" .")
    size = SIZE.search(said)
    if size is None or int(size[1]) * int(size[2]) > MAX_CELLS:
        raise ModelError(f"image: {shorten(text)!r} does not read '8x7 image, 1 in column c'")
    shape = (int(size[1]), int(size[2]))
    said = said[: size.start()] + said[size.end() :]
    said, ground = _taken(BACKGROUND, said)
    background = _number(ground[1] or ground[2]) if ground else Fraction(0)
    for pattern in (DIAGONAL, PIXEL, LINE, CONSTANT):
        rest, found = _taken(pattern, said)
        if found:
            break
    else:
        raise ModelError(f"image: {shorten(text)!r} tells no line, pixel or value; give the picture as nested lists")
    rest, based = _taken(BASE, rest)
    if not REST.fullmatch(rest):
        raise ModelError(f"image: the words {rest.strip()!r} are not read; give the picture as nested lists")
    value = Fraction(0) if "blank" in found.groupdict() and found["blank"] else _number(found["value"])
    first = int(based[1]) if based else 0
    if pattern is not LINE:
        return [_cells(pattern, found, shape, first, value, background)], -1
    axis = 0 if found["kind"] == "row" else 1
    lines = [set(_places(found["where"], first))] if found["where"][0].isdigit() else [{k} for k in range(shape[axis])]
    if not all(0 <= k < shape[axis] for line in lines for k in line):
        raise ModelError(f"image: {shorten(text)!r} names a line outside of the picture")
    rows, columns = range(shape[0]), range(shape[1])
    return [[[value if (r, c)[axis] in line else background for c in columns] for r in rows] for line in lines], axis


def _taken(pattern: re.Pattern[str], text: str) -> tuple[str, re.Match[str] | None]:
    """The text without the first match, and the match."""
    found = pattern.search(text)
    return (text, None) if found is None else (text[: found.start()] + " " + text[found.end() :], found)


def _number(text: str) -> Fraction:
    return WORDS[text] if text in WORDS else read_fraction(text, "image")


def _places(text: str, first: int) -> list[int]:
    """The places of ``1, 2 and 4`` or ``3..6``, counted from ``first``."""
    found: list[int] = []
    for joint, number in re.findall(r"(,? and|,|\.\.\.?|to|-)?\s*(\d+)", text):
        place = int(number) - first
        found += range(found[-1] + 1, place + 1) if joint in ("..", "...", "to", "-") else [place]
        if len(found) > MAX_CELLS:
            raise ModelError(f"image: {shorten(text)!r} names more than {MAX_CELLS} places")
    return found


def _cells(
    pattern: re.Pattern[str], found: re.Match[str], shape: tuple[int, int], first: int, value: Fraction, other: Fraction
) -> Picture:
    """A picture of one value, of a diagonal or of one pixel."""
    rows, columns = range(shape[0]), range(shape[1])
    if pattern is CONSTANT:
        return [[value for _ in columns] for _ in rows]
    if pattern is DIAGONAL:
        return [[value if r == c else other for c in columns] for r in rows]
    at = tuple(int(k) - first for k in found.groups()[1:] if k is not None)
    if not all(0 <= k < n for k, n in zip(at, shape, strict=True)):
        raise ModelError(f"image: the pixel {at} is outside of a {shape[0]}x{shape[1]} picture")
    return [[value if (r, c) == at else other for c in columns] for r in rows]
