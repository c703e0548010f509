r"""A line of text as pieces: words, emphasis, code, links, mathematics, references, blanks.

The markup is small and total: ``**strong**``, ``*emphasis*``, `` `code` ``,
``[words](address)``, ``$mathematics$``, ``@{label}``, ``____`` for a gap to fill in,
and ``\`` before a sign that is meant literally.  What is not markup is text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from symderiv.document import Blank, Block, Math, Piece
from symderiv.errors import ReadingError
from symderiv.paper.mathematics import spoken


@dataclass(frozen=True)
class Words(Piece):
    """Plain text."""

    text: str


@dataclass(frozen=True)
class Strong(Piece):
    """Text in bold."""

    pieces: tuple[Block, ...]


@dataclass(frozen=True)
class Emph(Piece):
    """Text in italics."""

    pieces: tuple[Block, ...]


@dataclass(frozen=True)
class Code(Piece):
    """Literal text in a fixed-width font."""

    text: str


@dataclass(frozen=True)
class Link(Piece):
    """Words that lead to an address."""

    pieces: tuple[Block, ...]
    address: str


@dataclass(frozen=True)
class Ref(Piece):
    """A reference to a labelled formula, line, figure or heading; ``text`` is filled in by the numbering."""

    label: str
    text: str = ""


_TOKEN = re.compile(
    r"""\\(?P<literal>[\\$*`\[\]@_])
      | \$(?P<math>[^$]*)(?P<closed>\$?)
      | \*\*(?P<strong>(?:[^*]|\*(?!\*))+)\*\*
      | \*(?P<emph>[^*\s](?:[^*]*[^*\s])?)\*
      | `(?P<code>[^`]+)`
      | \[(?P<words>[^\[\]]+)\]\((?P<address>[^()\s]+)\)
      | @\{(?P<label>[^{}]+)\}
      | (?P<gap>_{3,})
    """,
    re.VERBOSE | re.DOTALL,
)
_ADDRESS = re.compile(r"(https?://|mailto:|#)[^\s\"<>\\{}]+\Z")
_CM_PER_UNDERSCORE = 0.5


def pieces(text: Any, scope: Any = None) -> tuple[Block, ...]:
    r"""The pieces of a text, or of a tuple of texts and pieces.

    >>> pieces(r"costs \$2, *not* 3")
    (Words(text='costs $2, '), Emph(pieces=(Words(text='not'),)), Words(text=' 3'))

    Raises ReadingError for mathematics that is not closed or a link to an unsafe address.
    """
    if isinstance(text, Block):
        return (text,)
    if isinstance(text, (tuple, list)):
        return tuple(piece for part in text for piece in pieces(part, scope))
    if not isinstance(text, str):
        return (Math(text, scope),)
    found: list[Block] = []
    words, end = "", 0
    for match in _TOKEN.finditer(text):
        words += text[end : match.start()]
        end = match.end()
        if match["literal"]:
            words += "\0" + match["literal"]  # \0 keeps a literal sign from being read as a quotation mark's neighbour
            continue
        if words:
            found.append(Words(_typeset(words)))
        found.append(_piece(match, text, scope))
        words = ""
    words += text[end:]
    return (*found, Words(_typeset(words))) if words else tuple(found)


def _piece(match: re.Match[str], text: str, scope: Any) -> Block:
    kind = match.lastgroup
    if match["math"] is not None:
        if not match["closed"] or not match["math"].strip():
            raise ReadingError("mathematics between dollar signs is empty or not closed; write \\$ for a dollar sign",
                               text, (match.start(), match.end()))
        return Math(match["math"].strip(), scope)
    if kind == "strong":
        return Strong(pieces(match["strong"], scope))
    if kind == "emph":
        return Emph(pieces(match["emph"], scope))
    if kind == "code":
        return Code(match["code"])
    if kind == "address":
        if not _ADDRESS.match(match["address"]):
            raise ReadingError("a link leads to http://, https://, mailto: or #label", text,
                               (match.start("address"), match.end("address")))
        return Link(pieces(match["words"], scope), match["address"])
    if kind == "label":
        return Ref(match["label"])
    return Blank(width=_CM_PER_UNDERSCORE * len(match["gap"]))


def _typeset(words: str) -> str:
    """Typographic quotation marks, apostrophes, dashes and single spaces; spaces of a fixed width stay."""
    words = re.sub(r"[^\S\u00a0\u2003]+", " ", words)
    words = re.sub(r'(^|[\s(\[—–/])"', "\\1“", words).replace('"', "”")
    words = re.sub(r"(^|[\s(\[“—–/])'", "\\1‘", words).replace("'", "’")
    return words.replace("---", "—").replace("--", "–").replace("\0", "")


def plain(found: tuple[Block, ...]) -> str:
    """The pieces as unformatted text, for bookmarks and alternative texts."""
    out = []
    for piece in found:
        if isinstance(piece, (Words, Code)):
            out.append(piece.text)
        elif isinstance(piece, (Strong, Emph, Link)):
            out.append(plain(piece.pieces))
        elif isinstance(piece, Math):
            out.append(spoken(piece.content, piece.scope))
        elif isinstance(piece, Ref):
            out.append(piece.text)
    return "".join(out)
