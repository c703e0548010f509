"""PowerPoint: editable equations (OMML) and vector pictures (SVG, with a PNG for older programs)."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from symderiv.errors import ToolError, shorten
from symderiv.formats import FORMATS, Format
from symderiv.ink.embedding import svg_to_png
from symderiv.ink.svg_marks import svg_picture
from symderiv.ink.typesetting import block
from symderiv.notation.labels import Label, plain
from symderiv.notation.omml import omml
from symderiv.slides import Slide, as_deck

INCH = 914_400
WIDE, HIGH = 13.333, 7.5
SIZE = 20.0  # points
_NAMES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main"'
)
_SVG_BLIP = (
    '<a:extLst {names}><a:ext uri="{{96DAC541-7B7A-43D3-8B79-37D633B846F1}}"><asvg:svgBlip '
    'xmlns:asvg="http://schemas.microsoft.com/office/drawing/2016/SVG/main" r:embed="{id}"/></a:ext></a:extLst>'
)
_EPOCH = datetime(1980, 1, 1)
_LONGEST = 255  # signs of a property, ISO/IEC 29500-2


def pptx_bytes(obj: Any) -> bytes:
    """The deck of a backward pass, a derivation or a Deck as a PowerPoint file; the same bytes every time.

    Raises ToolError where the package python-pptx is missing.
    """
    try:
        from pptx import Presentation
        from pptx.util import Inches
    except ImportError as missing:
        raise ToolError("PowerPoint decks need the package python-pptx; pip install 'symderiv[slides]'") from missing
    deck = as_deck(obj)
    file = Presentation()
    file.slide_width, file.slide_height = Inches(WIDE), Inches(HIGH)
    properties = file.core_properties
    properties.title, properties.author, properties.last_modified_by = shorten(deck.title, _LONGEST), "", ""
    properties.created = properties.modified = _EPOCH
    first = file.slides.add_slide(file.slide_layouts[6])
    _words(first, deck.title, (1.0, 3.0, WIDE - 2.0, 1.4), 40, "ctr")
    for slide in deck.slides:
        _fill(file.slides.add_slide(file.slide_layouts[6]), slide)
    raw = io.BytesIO()
    file.save(raw)
    return _dateless(raw.getvalue())


def _fill(page: Any, slide: Slide) -> None:
    _words(page, slide.title, (0.6, 0.3, WIDE - 1.2, 0.8), 28, "l")
    heights = [block(line, SIZE).height / 72 + 0.18 for line in slide.lines]
    floor = HIGH - 0.4 - sum(heights)
    if slide.drawing is not None:
        _picture(page, slide, 1.25, max(floor - 0.2, 3.0))
    else:
        floor = 1.7
    scale = min([1.0, *((WIDE - 1.6) * 72 / max(block(line, SIZE).width, 1.0) for line in slide.lines)])
    for line, height in zip(slide.lines, heights, strict=True):
        _equation(page, line, floor, height, max(800, int(SIZE * scale) * 100))
        floor += height
    if slide.notes:
        page.notes_slide.notes_text_frame.text = slide.notes


def _words(page: Any, words: str, place: tuple[float, float, float, float], size: int, align: str) -> None:
    box = page.shapes.add_textbox(*(round(v * INCH) for v in place))
    frame = box.text_frame
    frame.word_wrap = True
    frame.text = words
    run = frame.paragraphs[0].runs[0] if frame.paragraphs[0].runs else frame.paragraphs[0].add_run()
    run.font.size = size * 12_700
    run.font.bold = True
    frame.paragraphs[0]._p.get_or_add_pPr().set("algn", align)


def _picture(page: Any, slide: Slide, top: float, bottom: float) -> None:
    """The drawing as large as it fits: PNG for every program, SVG for those that read it."""
    from lxml import etree
    from pptx.opc.constants import RELATIONSHIP_TYPE
    from pptx.opc.package import Part
    from pptx.opc.packuri import PackURI

    drawing = slide.drawing
    assert drawing is not None
    svg = svg_picture(drawing.marks, drawing.width, drawing.height, drawing.title, drawing.alt)
    scale = min((WIDE - 1.2) / drawing.width, (bottom - top) / drawing.height, 2.0 / 72)
    width, height = drawing.width * scale, drawing.height * scale
    left = (WIDE - width) / 2
    place = (round(v * INCH) for v in (left, top + (bottom - top - height) / 2, width, height))
    shape = page.shapes.add_picture(io.BytesIO(svg_to_png(svg)), *place)
    shape._element.nvPicPr.cNvPr.set("descr", drawing.alt)
    shape._element.nvPicPr.cNvPr.set("name", drawing.title or "figure")
    package = page.part.package
    part = Part(PackURI(f"/ppt/media/vector{page.slide_id}.svg"), "image/svg+xml", package, svg.encode())
    relation = page.part.relate_to(part, RELATIONSHIP_TYPE.IMAGE)
    blip = shape._element.find(".//{http://schemas.openxmlformats.org/drawingml/2006/main}blip")
    blip.append(etree.fromstring(_SVG_BLIP.format(names=_NAMES, id=relation)))


def _equation(page: Any, line: Label, top: float, height: float, size: int) -> None:
    """A text box with one line; programs without equations see the words of the fallback."""
    from lxml import etree

    body = block(line, size / 100)
    width = min(body.width / 72 * 1.06 + 0.1, WIDE - 0.4)
    place = [round(v * INCH) for v in ((WIDE - width) / 2, top, width, min(height, body.height / 72 + 0.05))]
    number = page.shapes._next_shape_id
    words = "".join(f'<a:p><a:pPr algn="ctr"/>{_spoken(part, size)}</a:p>' for part in plain(line).split("\n"))
    if not any(run.math for runs in line.lines for run in runs):
        page.shapes._spTree.append(etree.fromstring(_shape(place, words, number, _NAMES)))
        return
    made = (
        f'<mc:AlternateContent {_NAMES}><mc:Choice Requires="a14">'
        f"{_shape(place, _paragraphs(line, size), number)}</mc:Choice>"
        f"<mc:Fallback>{_shape(place, words, number)}</mc:Fallback></mc:AlternateContent>"
    )
    page.shapes._spTree.append(etree.fromstring(made))


def _paragraphs(line: Label, size: int) -> str:
    out = []
    for runs in line.lines:
        inside = ""
        for run in runs:
            if not run.math:
                inside += _spoken(run.body, size)
            elif len(runs) == 1:
                inside += f"<a14:m><m:oMathPara>{omml(run.body, size)}</m:oMathPara></a14:m>"
            else:
                inside += f"<a14:m>{omml(run.body, size)}</a14:m>"
        out.append(f'<a:p><a:pPr algn="ctr"/>{inside}</a:p>')
    return "".join(out)


def _spoken(words: str, size: int) -> str:
    return f'<a:r><a:rPr lang="en-US" sz="{size}"/><a:t>{escape(words)}</a:t></a:r>'


def _shape(place: list[int], paragraphs: str, number: int, names: str = "") -> str:
    x, y, width, height = place
    return (
        f'<p:sp{names and " " + names}><p:nvSpPr><p:cNvPr id="{number}" name="line {number}"/>'
        '<p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr>'
        f'<p:spPr><a:xfrm><a:off x="{x}" y="{y}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:noFill/></p:spPr>'
        '<p:txBody><a:bodyPr wrap="none" lIns="0" tIns="0" rIns="0" bIns="0" anchor="ctr"/><a:lstStyle/>'
        f"{paragraphs}</p:txBody></p:sp>"
    )


def _dateless(data: bytes) -> bytes:
    """The same archive with one fixed date on every member."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


FORMATS.add("pptx", Format("pptx", ("Deck", "Backward", "Derivation"), pptx_bytes,
                           "PowerPoint slides with editable equations and vector pictures"))
