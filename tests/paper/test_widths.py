"""The estimate of a formula's width, against the outlines ziamath makes of it."""

import pytest

from symderiv.ink.typesetting import outline_of
from symderiv.notation.labels import Run
from symderiv.paper.widths import width

FORMULAS = [
    "x", "a + b", r"\frac{a+b}{2}", r"w^{2} u_{1} + 2 w u_{2} + u_{3}", r"\left\|\mathbf{y} - X\mathbf{w}\right\|_2^{2}",
    r"\sum_{i=1}^{n} \frac{x_{i}}{n}", r"\begin{bmatrix}1 & 0 & 1\\0 & 1 & 0\end{bmatrix}",
    r"p \left(1 - p\right) \left\|\Gamma \mathbf{w}\right\|_2^{2}", r"\tanh{\left(w x + b \right)}",
    r"\mathbb{E}\left[\left\|\mathbf{y} - R \odot X \mathbf{w}\right\|_2^{2}\right]", r"\frac{\partial y}{\partial w} = 3 w^{2}",
]  # fmt: skip


@pytest.mark.parametrize("latex", FORMULAS)
def test_the_estimate_is_near_the_outlines(latex):
    real = outline_of((Run(latex, math=True),), 10.0).width / 10
    assert 0.75 * real - 0.3 <= width(latex) <= 1.45 * real + 0.5


def test_more_signs_are_never_narrower():
    for latex in FORMULAS:
        assert width(latex + "+x") > width(latex)


@pytest.mark.parametrize("latex", ["", "{", "}", "^", "_{", r"\frac{a}", r"\begin{bmatrix}", r"\end", "a^b_c^d", "\\"])
def test_broken_latex_does_not_break_the_estimate(latex):
    assert width(latex) >= 0
