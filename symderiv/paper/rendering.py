"""From a document to text in one language, through Jinja2 templates that hold only layout.

A language is a row of ``LANGUAGES`` (``symderiv.paper.languages``); its templates stand in ``templates/<language>/``:
``inline`` and ``blocks`` have a macro per kind of piece or block, the other files are
whole documents.  Whatever a template prints is escaped unless it was made by this
module, so a template cannot let a user's text through by mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symderiv._paths import templates_dir
from symderiv.document import (
    DISPLAYS,
    INTRODUCED,
    Blank,
    Block,
    Bullets,
    Chain,
    Document,
    Figure,
    Formula,
    Formulas,
    Heading,
    Piece,
    Prose,
    Question,
    Raw,
    Table,
)
from symderiv.errors import FormatError, SymderivError, ToolError, UnknownNameError
from symderiv.notation.escaping import latex_url, slug, typst_string
from symderiv.notation.mathml import mathml
from symderiv.paper.blocktree import filled_in
from symderiv.paper.inline import pieces, plain
from symderiv.paper.languages import LANGUAGES
from symderiv.paper.mathematics import printed, spoken
from symderiv.paper.numbering import numbered
from symderiv.paper.pictures import file_stem, raw_picture, suffixed
from symderiv.paper.rows import Row, chain_rows, formula_rows, formulas_rows

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


_MACROS = ("inline", "blocks")  # files of a language that are no whole documents


class Rendered(str):
    """Text of a document that knows the files it needs beside it, by relative path."""

    files: dict[str, bytes]

    def __new__(cls, text: str, files: dict[str, bytes] | None = None) -> Rendered:
        made = super().__new__(cls, text)
        made.files = dict(files or {})
        return made

    def __reduce__(self) -> tuple[type[Rendered], tuple[str, dict[str, bytes]]]:
        return Rendered, (str(self), self.files)


def render(document: Document, language: str, folders: tuple[Path, ...] = ()) -> Rendered:
    """The document in one language; ``folders`` hold templates that go before the packaged ones.

    Raises FormatError for a template that does not exist, and whatever the blocks' mathematics raises.
    """
    rendering = Rendering(language, folders)
    body = rendering.blocks(numbered(document.blocks))
    return Rendered(rendering.page(document, body), rendering.files)


class Rendering:
    """One run over a document: collects the pictures, and says where an error happened."""

    def __init__(self, language: str, folders: tuple[Path, ...] = (), place: str = "") -> None:
        if language not in LANGUAGES:
            raise UnknownNameError("language", language, LANGUAGES)
        self.name = language
        self.language = LANGUAGES[language]
        self.files: dict[str, bytes] = {}
        self.place = place
        self._level = 0
        self.introduces = False  # whether the paragraph in hand stays on the page of what follows it
        self._lead = ""
        self._environment = _environment(language, folders)
        self._macros = {kind: self._load(kind).module for kind in _MACROS}

    def page(self, document: Document, body: str) -> str:
        """The whole text, by the template the document's meta names."""
        template = self._load(document.meta.template, _MACROS)
        return template.render(document=document, meta=document.meta, body=self.ready(body), r=self).rstrip() + "\n"

    def ready(self, text: str) -> Markup:
        """Text that is already in the language."""
        from markupsafe import Markup

        return Markup(text)

    def blocks(self, blocks: Iterable[Block]) -> Markup:
        """Blocks below one another."""
        listed, made = tuple(blocks), []
        for block, following in zip_longest(listed, listed[1:]):
            self.introduces = isinstance(block, Prose) and (isinstance(following, INTRODUCED) or filled_in(following))
            made.append(self.block(block))
        return self.ready("".join(made))

    def led(self, lead: str, blocks: tuple[Block, ...]) -> Markup:
        """Blocks behind a lead such as "(a)", which runs into the first paragraph or else is a paragraph itself."""
        self._lead = lead
        alone = lead.strip() and not (blocks and isinstance(blocks[0], Prose))
        return self.blocks((Prose(""), *blocks) if alone else blocks)

    def lead(self) -> Markup:
        """The lead of the paragraph in hand, once."""
        lead, self._lead = self._lead, ""
        return self.ready(lead)

    def displays(self, bullets: Bullets) -> bool:
        """Whether an item of the list holds more than text, so that the items stand apart."""
        return any(isinstance(part, DISPLAYS) for item in bullets.items if isinstance(item, tuple) for part in item)

    def block(self, block: Block) -> Markup:
        """One block, by the macro of its class's name."""
        outer = self.place
        if isinstance(block, Question):
            self.place = f"{outer}, part ({block.letter})" if outer else f"part ({block.letter})"
        try:
            return self._macro("blocks", block)
        except SymderivError as bad:
            if not self.place or getattr(bad, "placed", False):
                raise
            placed = type(bad).__new__(type(bad))
            placed.__dict__.update(bad.__dict__, placed=True)
            placed.args = (f"{self.place}: {bad}",)
            raise placed from bad
        finally:
            self.place = outer

    def level(self, heading: Heading) -> int:
        """The heading's level, at most one below the heading before: tagged PDF knows no gaps."""
        self._level = min(heading.level, self._level + 1)
        return self._level

    def inline(self, text: Any, scope: Any = None) -> Markup:
        """A line of text (or pieces, or an expression) with its markup."""
        return self.ready("".join(self._macro("inline", piece) for piece in pieces(text, scope)))

    def item(self, item: Any, scope: Any = None) -> Markup:
        """An item of a list or a cell of a table: a line of text, or blocks."""
        parts = item if isinstance(item, tuple) else (item,)
        if any(isinstance(part, Block) and not isinstance(part, Piece) for part in parts):
            return self.blocks(parts)
        return self.inline(item, scope)

    def math(self, content: Any, scope: Any = None) -> Markup:
        """A content as mathematics without delimiters."""
        return self.ready(printed(content, scope, self.language.mathematics, self._blank))

    def alt(self, content: Any, scope: Any = None) -> Markup:
        """A content as plain text, made literal."""
        return self.string(spoken(content, scope))

    def string(self, text: str) -> Markup:
        """Text as a literal inside code: a Typst string; elsewhere escaped text."""
        return self.ready(typst_string(text) if self.name == "typst" else self.language.escape(text))

    def rows(self, block: Block) -> list[Row]:
        """A display as rows in this language, ready for alignment."""
        language = self.language.mathematics
        if isinstance(block, Chain):
            return chain_rows(block, language, self._blank)
        if isinstance(block, Formulas):
            return formulas_rows(block, language, self._blank)
        assert isinstance(block, Formula)
        return formula_rows(block, language, self._blank)

    def plain(self, text: Any, scope: Any = None) -> str:
        """A text without its markup."""
        return plain(pieces(text, scope))

    def columns(self, table: Table) -> list[str]:
        """How each column stands: l, c, r, or X for one whose text has to be broken into lines."""
        rows = [row for row in (table.header, *table.rows) if row]
        count = max((len(row) for row in rows), default=0)
        align = list((table.align or "l" * count).ljust(count, "l"))
        longest = [max(len(self.plain(row[i], table.scope)) for row in rows if i < len(row)) for i in range(count)]
        # a line of 11 pt text holds some 85 signs, and a column's gap counts as two
        while sum(n + 2 for n, a in zip(longest, align, strict=True) if a != "X") > 85 - 12 * align.count("X"):
            widest = max((n, i) for i, n in enumerate(longest) if align[i] != "X")[1]
            align[widest] = "X"
        return align

    def picture(self, figure: Figure) -> str:
        """Put the figure's file among the files of the document and return its relative path."""
        data, suffix = suffixed(figure.drawing, self.language.picture)
        path = f"figures/{file_stem(figure)}.{suffix}"
        self.files[path] = data
        return path

    def inlined(self, figure: Figure) -> Markup:
        """The figure as an element of an HTML page: inline SVG, or a PNG as a data address."""
        import base64

        data, suffix = suffixed(figure.drawing, "svg")
        described = self.language.escape(self.described(figure))
        if suffix == "png":
            return self.ready(f'<img alt="{described}" src="data:image/png;base64,{base64.b64encode(data).decode()}">')
        svg = re.sub(r"^.*?(?=<svg)", "", data.decode(), count=1, flags=re.DOTALL)
        # identifiers of several pictures must not meet in one page
        svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{slug(figure.label or figure.number)}-", svg)
        return self.ready(f'<div role="img" aria-label="{described}">{svg}</div>')

    def described(self, figure: Figure) -> str:
        """The alternative text of a figure: its own, the drawing's, or its caption."""
        own = figure.alt or getattr(figure.drawing, "alt", "")
        return str(own) if own else self.plain(figure.caption, figure.scope)

    def raw(self, piece: Raw) -> tuple[str, float, float]:
        """Handwritten LaTeX as a picture: its path, height and depth in em."""
        picture = raw_picture(piece.latex)
        path = f"figures/raw-{slug(piece.latex)[:20]}-{len(self.files) + 1}.svg"
        self.files[path] = picture.svg
        return path, picture.height, picture.depth

    def slug(self, text: str) -> Markup:
        """A label that every language accepts."""
        return self.ready(slug(text))

    def url(self, address: str) -> Markup:
        """An address as the language writes it."""
        return self.ready(latex_url(address) if self.name == "latex" else self.string(address))

    def mathml(self, latex: str, display: bool = False) -> Markup:
        """Printed LaTeX as MathML."""
        return self.ready(mathml(str(latex), display))

    def _blank(self, blank: Blank) -> str:
        return str(self._macros["inline"].mathblank(blank, self))

    def _macro(self, family: str, piece: Block) -> Markup:
        macro = getattr(self._macros[family], type(piece).__name__.lower(), None)
        if macro is None:
            raise FormatError(f"{self.name} has no layout for {type(piece).__name__} among its {family}")
        return self.ready(macro(piece, self))

    def _load(self, name: str, hidden: tuple[str, ...] = ()) -> Any:
        from jinja2 import TemplateNotFound

        try:
            if name in hidden:
                raise TemplateNotFound(name)
            return self._environment.get_template(f"{self.name}/{name}.{self.language.suffix}")
        except TemplateNotFound:
            known = {Path(t).stem for t in self._environment.list_templates() if t.startswith(f"{self.name}/")}
            raise UnknownNameError(f"{self.name} template", name, known - {*_MACROS}) from None


@lru_cache(maxsize=16)
def _environment(name: str, folders: tuple[Path, ...]) -> Environment:
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
        from markupsafe import Markup
    except ImportError as missing:
        raise ToolError("documents need the package jinja2; pip install 'symderiv[paper]'") from missing
    language = LANGUAGES[name]
    marks = ("<%", "%>", "<<", ">>", "<#", "#>") if language.latex_like else ("{%", "%}", "{{", "}}", "{#", "#}")

    def literal(value: Any) -> Any:
        return value if isinstance(value, (Markup, int, float)) else Markup(language.escape(str(value)))

    return Environment(
        loader=FileSystemLoader([*folders, templates_dir()]),
        undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
        finalize=literal, block_start_string=marks[0], block_end_string=marks[1], variable_start_string=marks[2],
        variable_end_string=marks[3], comment_start_string=marks[4], comment_end_string=marks[5],
    )  # fmt: skip
