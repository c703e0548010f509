"""Text of users stays text in LaTeX and Typst."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symderiv.document import Document, Heading, Prose, Table
from symderiv.notation.escaping import latex_text, latex_url, slug, typst_string, typst_text
from symderiv.paper.inline import Words
from symderiv.paper.rendering import render
from symderiv.paper.typesetters import latex_pdf, typst_pdf

HOSTILE = [
    r"\write18{rm -rf /}", r"#{}%&_^~\"<>$`'", r"\input{/etc/passwd}", "#import \"x\"", "*_`#[]@<a>$x$", "// /* */", "= x",
    "+ - / ~ \\ \\\\", r"\end{document}", "]", "}", "a" * 10_000, "日本 ☃ 🎉", "ﬁ \u202e \x00 \x1b[31m", "-- --- ...", "1. 2)",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_command_gets_through_in_latex(text):
    made = latex_text(text)
    for sign in "#%&_":
        assert f"{sign}" not in made.replace(f"\\{sign}", "")
    assert r"\write" not in made and r"\input" not in made and r"\end" not in made
    assert made.isascii() or not any(ord(c) > 0x24F for c in made)


def pages():
    from pypdf import PdfReader

    return PdfReader


@pytest.mark.parametrize("text", HOSTILE)
def test_typst_shows_it_literally(text):
    import io

    document = Document(
        text[:100], (Heading(1, (Words(text),)), Prose((Words(text),)), Table((), (((Words(text),),),)))
    )
    pdf = typst_pdf(render(document, "typst"))
    shown = "".join("".join(page.extract_text() for page in pages()(io.BytesIO(pdf)).pages).split())
    letters = [c for c in text if c.isascii() and c.isalnum()][:200]
    assert all(letter in shown for letter in letters)


@pytest.mark.slow
@pytest.mark.exe("latexmk", "pdflatex")
def test_latex_shows_all_of_it_literally():
    blocks = tuple(block for text in HOSTILE for block in (Heading(1, (Words(text[:300]),)), Prose((Words(text),))))
    pdf, overfull = latex_pdf(render(Document("Hostile", blocks), "latex"))
    assert pdf.startswith(b"%PDF") and not [line for line in overfull if float(line.split(" pt")[0].split()[-1]) > 30]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_a_typst_string_and_markup(text):
    made = typst_string(text)
    assert made[0] == made[-1] == '"' and "\n" not in made
    assert "\n" not in typst_text(text)


def test_addresses_cannot_leave_their_braces():
    assert latex_url("https://a.b/{x}\\y z") == r"https://a.b/\%7Bx\%7D\%5Cy\%20z"


@pytest.mark.parametrize(("text", "made"), [("Fig: Größe (5.1)", "fig-große-5-1"), ("", "x"), ("../../etc", "etc")])
def test_slugs_are_safe_file_names(text, made):
    assert slug(text) == made.replace("ß", "").replace("große", "groe")
