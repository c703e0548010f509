"""Slides as Beamer, PowerPoint and HTML."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from xml.etree import ElementTree

import pytest
from figure_samples import NASTY, rnn

from symderiv.errors import ToolError
from symderiv.formats import FORMATS, format_for
from symderiv.formats.beamer import beamer_text
from symderiv.formats.pptx import pptx_bytes
from symderiv.formats.reveal import reveal_text
from symderiv.notation.labels import rich, tex, text
from symderiv.slides import Deck, Slide, backward_deck

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"


@pytest.fixture(scope="module")
def deck():
    made = backward_deck(rnn().backward("y"))
    lines = (*(text(words) for words in NASTY[:4]), tex(r"\frac{a}{b} < c"), rich(r"words and $x^{2}$"))
    return Deck(NASTY[1], (made.slides[0], made.slides[3], made.slides[-1], Slide(NASTY[0], None, lines, NASTY[6])))


@pytest.fixture(scope="module")
def archive(deck):
    return zipfile.ZipFile(io.BytesIO(pptx_bytes(deck)))


@pytest.mark.parametrize("name", ["beamer", "pptx", "reveal"])
def test_every_deck_format_gives_the_same_file_every_time(name, deck):
    render = FORMATS[name].render
    assert render(deck) == render(deck)
    assert format_for(deck, FORMATS[name].suffix).render is render


def test_powerpoint_opens_and_has_native_equations(archive, deck):
    from pptx import Presentation

    archive.fp.seek(0)
    slides = Presentation(archive.fp).slides
    assert len(slides) == len(deck.slides) + 1
    for number, slide in enumerate(deck.slides, 2):
        root = ElementTree.fromstring(archive.read(f"ppt/slides/slide{number}.xml"))
        formulas = sum(run.math for line in slide.lines for runs in line.lines for run in runs)
        assert len(list(root.iter(f"{M}oMath"))) == formulas
        pictures = [e for e in root.iter() if e.tag.endswith("}pic")]
        assert len(pictures) == (slide.drawing is not None)
        ids = [e.get("id") for e in root.iter() if e.tag.endswith("}cNvPr")]
        fallbacks = sum(e.tag.endswith("}Fallback") for e in root.iter())
        assert len(set(ids)) == len(ids) - fallbacks


def test_powerpoint_pictures_are_vectors_with_a_fallback(archive):
    names = archive.namelist()
    assert sum(name.endswith(".svg") for name in names) == 3
    assert sum(name.endswith(".png") for name in names) == 3
    slide = archive.read("ppt/slides/slide2.xml").decode()
    relations = archive.read("ppt/slides/_rels/slide2.xml.rels").decode()
    target = re.search(r'svgBlip[^>]*r:embed="(\w+)"', slide)[1]
    assert re.search(rf'Id="{target}"[^>]*\.svg|\.svg"[^>]*Id="{target}"', relations)
    assert 'descr="A computational graph' in slide
    assert b"image/svg+xml" in archive.read("[Content_Types].xml")


def test_powerpoint_without_its_package_is_told_how_to_get_it(monkeypatch, deck):
    monkeypatch.setitem(__import__("sys").modules, "pptx", None)
    with pytest.raises(ToolError, match="symderiv\\[slides\\]"):
        pptx_bytes(deck)


def test_html_loads_nothing_and_escapes_everything(deck):
    page = reveal_text(deck)
    assert page.count("<section>") == len(deck.slides) + 1
    assert "://" not in page.replace("http://www.w3.org/", "")
    assert "<script>alert" not in page
    assert page.count("<script>") == 1
    assert "<math" in page and "<svg" in page


def test_beamer_has_a_frame_for_each_slide(deck):
    source = beamer_text(deck)
    assert source.count(r"\begin{frame}") == len(deck.slides)
    assert r"\write18" not in source and r"\input" not in source


@pytest.mark.slow
@pytest.mark.exe("pdflatex")
def test_beamer_compiles(deck, tmp_path):
    (tmp_path / "deck.tex").write_text(beamer_text(deck), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "deck.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-1500:]


@pytest.mark.slow
@pytest.mark.exe("soffice", "pdftoppm")
def test_powerpoint_is_read_by_libreoffice(deck, tmp_path):
    (tmp_path / "deck.pptx").write_bytes(pptx_bytes(deck))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [shutil.which("soffice") or "soffice", profile, "--headless", "--convert-to", "pdf", "--outdir",
               str(tmp_path), str(tmp_path / "deck.pptx")]
    subprocess.run(command, capture_output=True, timeout=180, check=True)
    from pypdf import PdfReader

    assert len(PdfReader(tmp_path / "deck.pdf").pages) == len(deck.slides) + 1


@pytest.mark.slow
@pytest.mark.exe("chromium")
def test_html_turns_its_first_page_in_chromium(deck, tmp_path):
    (tmp_path / "deck.html").write_text(reveal_text(deck), encoding="utf-8")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
               "--virtual-time-budget=2000", "--dump-dom", (tmp_path / "deck.html").as_uri() + "#/1"]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    page = done.stdout.decode()
    assert f"2 / {len(deck.slides) + 1}" in page
    assert page.count('class="present"') == 1


def test_a_title_may_be_longer_than_a_property_of_a_file():
    with zipfile.ZipFile(io.BytesIO(pptx_bytes(Deck("word " * 400, ())))) as archive:
        assert "word word" in archive.read("ppt/slides/slide1.xml").decode()
