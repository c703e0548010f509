"""PDF by both engines: complete, tagged, reproducible, nothing off the page; errors with their place."""

import io
import struct
import zlib

import numpy as np
import pytest
from paper_samples import DEMO, NAMES, SVG, W
from pypdf import PdfReader

from symderiv.document import (
    AUTO,
    AnswerBox,
    Blank,
    Document,
    Figure,
    Formula,
    Formulas,
    Heading,
    Meta,
    PageBreak,
    Picture,
    Prose,
    Question,
    Raw,
)
from symderiv.errors import FormatError, LimitError, ToolError
from symderiv.formats.pdf import render_pdf
from symderiv.paper.rendering import Rendered, render
from symderiv.paper.typesetters import (
    IncompleteTexError,
    PlacedError,
    _failure,
    have_latex,
    latex_pdf,
    typst_pages,
    typst_pdf,
)
from symderiv.scope import declare


def read(pdf):
    return PdfReader(io.BytesIO(pdf))


def text_of(pdf):
    return " ".join("".join(page.extract_text() for page in read(pdf).pages).split())


def pixels(png):
    """A PNG of eight-bit colours as an array; filters as in the PNG specification, section 9."""
    at, data, header = 8, b"", b""
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        header = png[at + 8 : at + 8 + size] if kind == b"IHDR" else header
        data += png[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    width, height, _, colour = struct.unpack(">IIBB", header[:10])
    channels = {2: 3, 6: 4, 0: 1}[colour]
    raw = np.frombuffer(zlib.decompress(data), np.uint8).reshape(height, 1 + width * channels)
    out = np.zeros((height, width * channels), np.uint8)
    for y in range(height):
        line, above = raw[y, 1:].astype(int), out[y - 1].astype(int) if y else np.zeros(width * channels, int)
        if raw[y, 0] in (0, 2):
            out[y] = (line + above * (raw[y, 0] == 2)) % 256
            continue
        for x in range(width * channels):
            left = int(out[y, x - channels]) if x >= channels else 0
            corner = int(above[x - channels]) if x >= channels else 0
            guess = left + above[x] - corner
            nearest = min((left, above[x], corner), key=lambda v, g=guess: abs(g - v))
            out[y, x] = (line[x] + {1: left, 3: (left + above[x]) // 2, 4: nearest}[int(raw[y, 0])]) % 256
    return out.reshape(height, width, channels)[..., :3]


def check_pdf(pdf):
    reader = read(pdf)
    assert len(reader.pages) >= 2
    info = reader.metadata
    assert info["/Title"].startswith("Midterm: a demonstration") and info["/Author"] == "Course staff"
    assert "backprop" in info["/Keywords"] and "/CreationDate" not in info
    fonts = {f for page in reader.pages for f in page["/Resources"].get("/Font", {}).values()}
    assert fonts
    for font in fonts:
        font = font.get_object()
        inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(inner["/FontDescriptor"].get_object())
    assert any("chain rule" in item.title for item in reader.outline if not isinstance(item, list))
    links = [a.get_object() for page in reader.pages for a in page.get("/Annots") or []]
    assert any("example.org" in str(link.get("/A", {}).get("/URI", "")) for link in links)


def test_typst_makes_a_complete_tagged_pdf():
    pdf = typst_pdf(render(DEMO, "typst"))
    check_pdf(pdf)
    root = read(pdf).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root and root["/Lang"] == "en"
    assert b"pdfuaid" in pdf or "pdfuaid" in root["/Metadata"].get_object().get_data().decode()


def test_typst_reads_pictures_and_formulas_aloud():
    pdf = typst_pdf(render(DEMO, "typst"))
    alts = [str(o.get_object().get("/Alt")) for o in _structure(read(pdf).trailer["/Root"]["/StructTreeRoot"])]
    assert "A circle with a line" in alts and any("u_1" in alt for alt in alts)


def _structure(element):
    for kid in _kids(element.get_object()):
        yield kid
        yield from _structure(kid)


def _kids(element):
    kids = element.get("/K", [])
    kids = kids if isinstance(kids, list) else [kids]
    return [kid for kid in kids if hasattr(kid.get_object(), "get")]


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_nothing_leaves_the_typst_page(paper):
    document = Document(DEMO.title, DEMO.blocks, meta=Meta(paper=paper))
    for page in typst_pages(render(document, "typst"), ppi=40):
        shown = pixels(page)
        assert abs(shown.shape[0] / 40 - (11.69 if paper == "a4" else 11.0)) < 0.05
        margin = int(40 * 2.0 / 2.54)
        assert (shown[:, :margin] > 250).all() and (shown[:, -margin:] > 250).all()


ENGINES = [
    pytest.param("typst", typst_pdf, id="typst"),
    pytest.param("latex", lambda source: latex_pdf(source)[0], id="latex",
                 marks=[pytest.mark.slow, pytest.mark.exe("latexmk", "pdflatex")]),
]  # fmt: skip
FILLED = (Prose("Begun."), Blank("Room", height=14))


def pages(blocks, language, engine):
    return [page.extract_text() for page in read(engine(render(Document("t", blocks), language))).pages]


@pytest.mark.parametrize(("language", "engine"), ENGINES)
def test_a_question_that_fits_on_a_page_is_not_broken(language, engine):
    asked = (Prose("Alpha?"), Blank("Work", height=11), Prose("Omega."))
    found = pages((*FILLED, Question("a", asked, 4)), language, engine)
    assert len(found) == 2 and "Alpha" in found[1] and "Omega" in found[1]


@pytest.mark.parametrize(("language", "engine"), ENGINES)
def test_a_question_longer_than_a_page_is_broken(language, engine):
    asked = tuple(Blank(f"Room{k}", height=9) for k in range(5))
    found = pages((Prose("Begun."), Question("a", (Prose("Alpha?"), *asked))), language, engine)
    assert len(found) == 3 and [sum(f"Room{k}" in page for page in found) for k in range(5)] == [1] * 5


@pytest.mark.parametrize(("language", "engine"), ENGINES)
def test_a_question_is_not_left_behind_by_its_solution(language, engine):
    lines = AnswerBox((Formulas(tuple(Formula(("y", "=", k), scope=NAMES) for k in range(9))),))
    room = Blank("Room", height=20.5)
    found = pages((Prose("Begun."), room, Question("a", (Prose("Alpha?"), lines), 4)), language, engine)
    assert len(found) == 2 and "Alpha" in found[1] and "Solution" in found[1]


@pytest.mark.parametrize(("language", "engine"), ENGINES)
def test_the_first_page_does_not_repeat_the_title(language, engine):
    document = Document("Title", (Prose("One."), PageBreak(), Prose("Two.")), meta=Meta(header="Running"))
    found = [page.extract_text() for page in read(engine(render(document, language))).pages]
    assert "Running" not in found[0] and "Running" in found[1]


def test_typst_gives_the_same_bytes():
    assert typst_pdf(render(DEMO, "typst")) == typst_pdf(render(DEMO, "typst"))


def test_typst_errors_are_ours():
    with pytest.raises(FormatError, match="Typst cannot set the document: error: unknown variable: nothing"):
        typst_pdf(Rendered("#nothing"))


def test_raw_latex_that_only_tex_knows_is_refused_without_tex():
    with pytest.raises(FormatError, match=r"raw LaTeX .*\\\\foo.*only TeX knows"):
        render(Document("t", (Prose((Raw(r"\foo{x}"),)),)), "typst")


@pytest.mark.slow
@pytest.mark.exe("latexmk", "pdflatex")
def test_latex_makes_a_complete_pdf_without_overfull_boxes():
    pdf, overfull = latex_pdf(render(DEMO, "latex"))
    check_pdf(pdf)
    assert overfull == []
    assert pdf == latex_pdf(render(DEMO, "latex"))[0]


@pytest.mark.slow
@pytest.mark.exe("latexmk", "pdflatex")
def test_both_engines_print_the_same_words():
    # readers of PDF may glue words of neighbouring lines: a word of one page is looked for in the letters of the other
    texts = [text_of(pdf) for pdf in (latex_pdf(render(DEMO, "latex"))[0], typst_pdf(render(DEMO, "typst")))]
    letters = ["".join(text.split()) for text in texts]
    for text, other in ((texts[0], letters[1]), (texts[1], letters[0])):
        words = {w for w in (word.strip(".,;:()“”’") for word in text.split()) if w.isascii() and w.isalpha() and len(w) < 12}
        assert sum(word in other for word in words) > 0.9 * len(words)


@pytest.mark.exe("latexmk", "pdflatex")
def test_an_error_in_raw_latex_is_told_with_its_place():
    blocks = (Heading(1, "5. Title"), Question("b", (Prose(("see ", Raw(r"\undefinedthing"))),)))
    rendered = render(Document("t", blocks), "latex")
    marked = Rendered(rendered.replace("\n\\section{5", "\n% problem 5\n\\section{5", 1), rendered.files)
    with pytest.raises(PlacedError, match=r"problem 5, part \(b\), line \d+: Undefined control sequence") as caught:
        latex_pdf(marked)
    assert caught.value.problems == {"problem 5"} and len(str(caught.value)) < 400


@pytest.mark.exe("latexmk", "pdflatex")
def test_a_loop_in_raw_latex_is_stopped():
    with pytest.raises(LimitError, match="did not end"):
        latex_pdf(Rendered("\\documentclass{article}\\begin{document}\\def\\x{\\x}\\x\\end{document}"), seconds=3)


@pytest.mark.exe("latexmk", "pdflatex")
@pytest.mark.parametrize(
    "attack", [r"\immediate\write18{touch pwned}", r"\input{/etc/passwd}", r"\openin1=/etc/passwd "]
)
def test_raw_latex_reaches_no_shell_and_no_file(attack, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = Rendered("\\documentclass{article}\\begin{document}a " + attack + "\\ifeof1 closed\\fi\\end{document}")
    try:
        pdf, _ = latex_pdf(source)
    except FormatError:
        pdf = b""
    assert not list(tmp_path.iterdir())
    assert not pdf or "root:" not in text_of(pdf)


@pytest.mark.exe("latexmk", "pdflatex")
@pytest.mark.parametrize(
    ("source", "missing"),
    [("\\usepackage{nowhereatall}", "nowhereatall.sty"), ("\\font\\x=nowherefont \\x", "nowherefont.tfm"),
     ("\\input{nowhere.code.tex}", "nowhere.code.tex")],
)  # fmt: skip
def test_what_an_incomplete_tex_lacks_is_named(source, missing):
    with pytest.raises(IncompleteTexError, match="this TeX has no") as caught:
        latex_pdf(Rendered(f"\\documentclass{{article}}{source}\\begin{{document}}a\\end{{document}}"))
    assert caught.value.missing == missing and "SYMDERIV_TEX=0" in str(caught.value)


@pytest.mark.exe("latexmk", "pdflatex")
def test_a_document_is_set_by_typst_where_tex_is_incomplete(tmp_path, monkeypatch, capfd):
    (tmp_path / "fancyhdr.sty").write_text("\\RequirePackage{nowhereatall}\n")
    monkeypatch.setenv("TEXINPUTS", f"{tmp_path}:")
    assert b"Typst" in render_pdf(Document("t", (Prose("words"),)))
    assert "nowhereatall.sty" in capfd.readouterr().err
    with pytest.raises(FormatError, match="only TeX knows"):
        render_pdf(Document("t", (Prose((Raw(r"\foo{x}"),)),)))


def test_without_tex_the_way_out_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    assert not have_latex()
    with pytest.raises(ToolError, match="latexmk is not installed; PDFs can be made without TeX"):
        latex_pdf(Rendered("x"))


def test_tex_can_be_declined(monkeypatch):
    monkeypatch.setenv("SYMDERIV_TEX", "0")
    assert not have_latex()


def test_a_figure_and_a_number_in_both(tmp_path):
    document = Document("t", (Figure(Picture(SVG), "c", "a"), Formula((W, "=", 1), AUTO), Prose("@{1}", NAMES)))
    assert "(1)" in text_of(typst_pdf(render(document, "typst")))


def test_typst_puts_both_sides_of_a_display_on_one_baseline():
    scope = declare(t="scalar", u="scalar", w="scalar")
    rows = tuple(Formula(text, scope=scope) for text in ("t = u/(w + 1/w)", "t = w"))
    heights: dict[str, set[float]] = {}

    def collect(text: str, page: list[float], line: list[float], *rest: object) -> None:
        for sign in text.strip():
            heights.setdefault(sign, set()).add(round(page[5] + page[3] * line[5], 1))

    pdf = typst_pdf(render(Document("Rows", (Formulas(rows),)), "typst"))
    PdfReader(io.BytesIO(pdf)).pages[0].extract_text(visitor_text=collect)
    assert len(heights["="]) == 2 and heights["\U0001d461"] == heights["="]  # the italic t


def test_a_missing_latex_package_is_named_with_the_way_out():
    log = "! LaTeX Error: File `lmodern.sty' not found.\n\n./main.tex:7: Emergency stop.\nl.7 \\usepackage\n"
    told = _failure(log, "\n" * 9)
    assert isinstance(told, ToolError) and "lmodern.sty" in str(told) and "SYMDERIV_TEX=0" in str(told)
