"""Office equations."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from symderiv.notation.omml import omml

M = "http://schemas.openxmlformats.org/officeDocument/2006/math"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"


def tree(latex):
    return ElementTree.fromstring(f'<x xmlns:m="{M}" xmlns:a="{A}">{omml(latex)}</x>')


def tags(latex):
    return [element.tag.removeprefix(f"{{{M}}}") for element in tree(latex).iter()]


def words(latex):
    return "".join(element.text or "" for element in tree(latex).iter(f"{{{M}}}t"))


@pytest.mark.parametrize(("latex", "tag"), [
    (r"\frac{\partial y}{\partial w}", "f"), (r"u_{1}", "sSub"), (r"w^{2}", "sSup"), (r"h_{1}^{2}", "sSubSup"),
    (r"\sqrt{x}", "rad"), (r"\sqrt[3]{x}", "rad"), (r"\bar{w}", "acc"), (r"\hat{x}", "acc"), (r"\overline{ab}", "bar"),
    (r"\left(a + b\right)", "d"), (r"\begin{bmatrix}1 & 2\\3 & 4\end{bmatrix}", "m"), (r"\sum_{i=1}^{n} x_{i}", "nary"),
    (r"\lim_{x \to 0} x", "sSub"), (r"\overset{a}{b}", "limUpp"), (r"\underset{a}{b}", "limLow"),
])  # fmt: skip
def test_structures(latex, tag):
    assert tag in tags(latex)


def test_letters_are_kept_in_order():
    assert words(r"\frac{d y}{d w} = 3 u_{1} w^{2} + 2 u_{2} w + u_{3}").replace("\u2009", "") == "dydw=3u1w2+2u2w+u3"


def test_a_sum_holds_what_it_sums():
    nary = tree(r"\sum_{i=1}^{n} x_{i}").find(f".//{{{M}}}nary")
    assert [part.tag.removeprefix(f"{{{M}}}") for part in nary] == ["naryPr", "sub", "sup", "e"]
    assert "".join(nary.find(f"{{{M}}}e").itertext()) == "xi"
    alone = tree(r"\sum_{i}").find(f".//{{{M}}}nary/{{{M}}}e")
    assert "".join(alone.itertext()) == "\u200b"


def test_delimiters():
    marks = [e.get(f"{{{M}}}val") for e in tree(r"A = \begin{bmatrix}1\end{bmatrix}").iter() if e.tag.endswith("Chr")]
    assert marks == ["[", "]"]
    marks = [e.get(f"{{{M}}}val") for e in tree(r"\begin{cases}1 & x\end{cases}").iter() if e.tag.endswith("Chr")]
    assert marks == ["{", ""]


def test_signs_of_xml_are_escaped():
    assert words(r"a < b > c") == "a<b>c"
