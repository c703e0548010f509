"""Labels: what passes as mathematics, what is shown literally."""

from __future__ import annotations

import pytest
import sympy as sp
from figure_samples import NASTY
from hypothesis import given
from hypothesis import strategies as st

from symderiv.notation.labels import (
    EMPTY,
    TEXT_LIMIT,
    as_label,
    equation,
    math,
    plain,
    rich,
    safe_math,
    speak,
    stack,
    tex,
    text,
)

ACCEPTED = [r"x", r"\frac{\partial y}{\partial u_{1}}", r"\left\|y - X w\right\|_{2}^{2}", r"\bar{w}^{\top}",
            r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}", r"\operatorname{tr}\left(A\right)", r"a \leftarrow b",
            r"\text{if } x > 0", r"\mathbb{E}\,x\; y\!z"]
REFUSED = [r"\write18{ls}", r"\input{x}", r"\def\x{}", r"\catcode", r"a}", r"{a", r"a $ b", "a % b", "a # b", "a & b",
           r"a \\ b", r"\begin{document}x\end{document}", r"\begin{matrix}x", r"\left( x", "", " ", "x" * 3000,
           r"\text{\write18}", r"\text{a_b}", "\\", r"\csname x\endcsname", "\x07", r"x^^5c"]


@pytest.mark.parametrize("latex", ACCEPTED)
def test_mathematics_passes(latex):
    assert safe_math(latex)
    assert tex(latex).lines[0][0].math


@pytest.mark.parametrize("latex", REFUSED)
def test_everything_else_is_shown_literally(latex):
    assert not safe_math(latex)
    run = tex(latex).lines[0][0]
    assert not run.math
    assert len(run.body) <= TEXT_LIMIT


@pytest.mark.parametrize("words", NASTY)
def test_text_is_cut_but_not_changed(words):
    label = text(words)
    first = words.splitlines()[0] if words.splitlines() else ""
    shown = plain(label).split("\n")[0]
    assert shown.rstrip("…") == "".join(c if c.isprintable() else " " for c in first)[: len(shown.rstrip("…"))]
    assert all(len(run.body) <= TEXT_LIMIT for line in label.lines for run in line)


@given(st.text(max_size=300))
def test_no_text_becomes_mathematics(words):
    assert not any(run.math for line in text(words).lines for run in line)
    assert all(run.body.isprintable() for line in text(words).lines for run in line)


def test_expressions_are_printed_by_the_printers():
    w, u = sp.symbols("w u_1")
    assert math(w * u**2).lines[0][0].math
    assert plain(equation(w, u)) == "w = u_1"
    assert not math(sp.Symbol(r"\write18{ls}")).lines[0][0].body.startswith(r"\write18{ls}") or not math(
        sp.Symbol(r"\write18{ls}")).lines[0][0].math


def test_as_label_takes_what_callers_write():
    assert as_label(None) == as_label("") == EMPTY
    assert as_label("deep") == text("deep")
    assert as_label("-0.51").lines[0][0].math
    assert as_label(("deep", "-1")) == stack(text("deep"), tex("-1"))
    assert as_label(text("x")) == text("x")


def test_rich_text_mixes_and_survives_a_single_dollar():
    words = rich(r"density of $\hat{x}$")
    assert [run.math for run in words.lines[0]] == [False, True]
    assert plain(rich("5 $")) == "5 $"


def test_speech():
    assert speak(r"\frac{\partial y}{\partial u_{1}} = w^{2}") == "(∂ y)/(∂ u_1) = w^2"
    assert "\\" not in speak(r"\left\|\mathbf{x}\right\|_{2}")
