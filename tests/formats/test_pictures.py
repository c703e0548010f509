"""Every picture format: well-formed, safe, the same every time."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from xml.etree import ElementTree

import pytest
from figure_samples import NASTY, rnn

from symderiv.drawing import Diagram, Edge, Node, side_by_side
from symderiv.errors import DrawingError, FormatError, UnknownNameError
from symderiv.figures.graph_drawing import draw
from symderiv.figures.picture import picture
from symderiv.figures.seeing import as_drawing
from symderiv.formats import FORMATS, format_for
from symderiv.formats.dot import dot_text
from symderiv.formats.figure_pdf import figure_pdf
from symderiv.formats.png import png_bytes
from symderiv.formats.svg import svg_text
from symderiv.formats.tikz import tikz_picture, tikz_text
from symderiv.notation.labels import tex, text

PICTURES = [name for name, fmt in FORMATS.items() if "Drawing" in fmt.kinds]


@pytest.fixture(scope="module")
def nasty():
    nodes = tuple(Node(words + str(k), text(words), "box") for k, words in enumerate(NASTY))
    edges = tuple(Edge(a.id, b.id, tex(words)) for a, b, words in zip(nodes, nodes[1:], NASTY, strict=False))
    return picture(Diagram(nodes, edges, NASTY[0], NASTY[1], "TB"))


@pytest.mark.parametrize("name", PICTURES)
def test_every_format_draws_any_label_the_same_every_time(name, nasty):
    render = FORMATS[name].render
    assert render(nasty)
    assert render(nasty) == render(nasty)


@pytest.mark.parametrize("name", PICTURES)
def test_every_format_draws_graphs(name):
    assert FORMATS[name].render(rnn())


def test_svg_is_xml_without_scripts_or_fonts(nasty):
    root = ElementTree.fromstring(svg_text(nasty))
    tags = {element.tag.split("}")[1] for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "g", "path", "rect", "ellipse", "polygon"}
    assert root.get("aria-label") == NASTY[1]
    assert not any(key.startswith("on") or "href" in key for element in root.iter() for key in element.attrib)


def test_tikz_braces_balance_and_hold_no_foreign_command(nasty):
    source = tikz_text(nasty)
    stripped = re.sub(r"\\[\\{}]", "", source)
    assert stripped.count("{") == stripped.count("}")
    commands = set(re.findall(r"\\([A-Za-z]+)", tikz_picture(nasty)))
    assert not commands & {"write", "input", "include", "def", "catcode", "openin", "immediate", "csname"}


def test_dot_quotes_everything(nasty):
    dot = dot_text(nasty)
    assert len(re.findall(r"^  n\d+ \[label=", dot, re.MULTILINE)) == len(NASTY)
    outside = re.sub(r'"(?:\\.|[^"\\])*"', "", dot)
    assert set(re.findall(r"[A-Za-z]{4,}", outside)) <= {
        "digraph", "rankdir", "label", "node", "edge", "fontname", "fontsize", "arrowsize", "shape", "style", "color",
        "fillcolor", "fontcolor", "penwidth", "none", "round", "ellipse", "plain"}


def test_png_has_the_size_of_the_figure():
    data = png_bytes(draw(rnn()))
    width, height = struct.unpack(">II", data[16:24])
    drawing = draw(rnn())
    assert width == pytest.approx(drawing.width / 72 * 220, abs=3)
    assert height == pytest.approx(drawing.height / 72 * 220, abs=3)


def test_pdf_carries_title_and_alternative_text():
    data = figure_pdf(draw(rnn()))
    assert data.startswith(b"%PDF-")
    assert b"unrolled RNN" in data
    assert b"/Alt" in data


def test_suffix_and_object_choose_the_format():
    assert format_for(rnn(), ".SVG").render is svg_text
    assert format_for(draw(rnn()), "tex").render is tikz_text
    assert format_for(rnn().backward("y"), "pdf").render is figure_pdf
    with pytest.raises(UnknownNameError, match="did you mean svg"):
        format_for(rnn(), "svgg")
    with pytest.raises(FormatError, match="not a int"):
        format_for(3, "svg")
    with pytest.raises(DrawingError, match="a int has no picture"):
        as_drawing(3)


def test_drawings_side_by_side_and_in_notebooks():
    one = draw(rnn())
    two = side_by_side([one, one])
    assert two.width == pytest.approx(2 * one.width + 18)
    assert one._repr_svg_() == svg_text(one)


@pytest.mark.slow
@pytest.mark.exe("pdflatex")
@pytest.mark.parametrize("style", ["forward", "backward", "contributions"])
def test_tikz_compiles_alone(style, tmp_path):
    (tmp_path / "figure.tex").write_text(tikz_text(draw(rnn(), style)), encoding="utf-8")
    compile_tex(tmp_path)


@pytest.mark.slow
@pytest.mark.exe("pdflatex")
def test_tikz_of_any_label_compiles(nasty, tmp_path):
    (tmp_path / "figure.tex").write_text(tikz_text(nasty), encoding="utf-8")
    compile_tex(tmp_path)
    assert not (tmp_path / "pwned").exists()


@pytest.mark.exe("dot")
def test_dot_is_read_by_graphviz(nasty):
    program = shutil.which("dot")
    done = subprocess.run([program, "-Tplain"], input=dot_text(nasty).encode(), capture_output=True, timeout=60,
                          check=False)
    assert done.returncode == 0, done.stderr.decode()


def compile_tex(folder):
    done = subprocess.run(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "figure.tex"], cwd=folder,
                          capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-1500:]
