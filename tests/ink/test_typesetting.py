"""Glyph outlines and sizes."""

from __future__ import annotations

import re

import pytest
from figure_samples import NASTY

from symderiv.ink.typesetting import block, number, outline_of
from symderiv.notation.labels import EMPTY, Label, Run, stack, tex, text


def test_sizes_grow_with_the_type_size_and_the_formula():
    small, large = block(tex("x"), 10), block(tex("x"), 20)
    assert large.width == pytest.approx(2 * small.width, rel=0.02)
    assert block(tex(r"x + y"), 10).width > small.width
    assert block(tex(r"\frac{a}{b}"), 10).height > small.height


def test_an_empty_label_has_no_size():
    assert (block(EMPTY).width, block(EMPTY).height, block(EMPTY).lines) == (0, 0, ())


def test_lines_stand_below_one_another_without_touching():
    body = block(stack(tex(r"\frac{a}{b}"), tex(r"\sum x"), text("words")), 10)
    (first, a), (second, b), (_, c) = body.lines
    assert a + first.descent < b - second.ascent
    assert b < c < body.height


def test_outlines_lie_within_their_width():
    outline = outline_of(tex(r"q = w u_{1}").lines[0], 10)
    numbers = re.findall(r"-?[\d.]+", outline.path)
    xs = [float(v) for v in numbers[::2]]
    assert min(xs) >= -0.6
    assert max(xs) <= outline.width + 0.6


@pytest.mark.parametrize("words", NASTY)
def test_any_text_has_an_outline(words):
    body = block(text(words), 10)
    assert body.width >= 0
    assert all(set(outline.path) <= set("MLQCZ 0123456789.-") for outline, _ in body.lines)


def test_a_formula_the_typesetter_refuses_is_shown_as_text():
    bad = Label(((Run(r"x^{2}^{3}", math=True),),))
    assert block(bad, 10).width == pytest.approx(block(text("x^{2}^{3}"), 10).width)


def test_bold_and_missing_letters():
    assert outline_of(text("Ab1", bold=True).lines[0]) != outline_of(text("Ab1").lines[0])
    assert outline_of(text("日").lines[0]) == outline_of(text("本").lines[0])  # both a hollow box


def test_numbers_are_short():
    assert [number(v) for v in (1.0, -0.001, 2.5, 3.14159)] == ["1", "0", "2.5", "3.14"]
