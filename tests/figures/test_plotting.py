"""Plots: ticks, clipping, densities and ellipses by other routes than the ones that drew them."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from symderiv.errors import DrawingError, FormatError
from symderiv.figures.clipping import clipped
from symderiv.figures.plotting import Axis, Plot, _round_ticks
from symderiv.figures.series import SECOND, Curve, Dots, Guide, Note, covariance_ellipse, curve, normal_density
from symderiv.formats.dot import dot_text
from symderiv.formats.svg import svg_text
from symderiv.ink.marks import Words
from symderiv.notation.labels import rich, tex


def test_normal_density_agrees_with_scipy():
    density = normal_density(1.5, 0.16)
    for x in np.linspace(-1, 4, 21):
        assert density(x) == pytest.approx(norm.pdf(x, 1.5, 0.4))


@pytest.mark.parametrize("deviations", [1, 2])
def test_ellipse_is_the_level_set_of_the_quadratic_form(deviations):
    covariance = np.array([[2.0, 0.7], [0.7, 1.0]])
    mean = np.array([2.0, -1.0])
    points = np.array(covariance_ellipse(mean, covariance, deviations).points) - mean
    levels = np.einsum("ni,ij,nj->n", points, np.linalg.inv(covariance), points)
    assert levels == pytest.approx(deviations**2)


@pytest.mark.parametrize("covariance", [[[1, 2], [2, 1]], [[1, 0.5], [0.1, 1]], [[-1, 0], [0, 1]]])
def test_no_ellipse_for_what_is_no_covariance(covariance):
    with pytest.raises(DrawingError, match="positive definite"):
        covariance_ellipse((0, 0), covariance)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_round_few_and_inside(low, width):
    high = low + width
    ticks = _round_ticks(low, high)
    assert 2 <= len(ticks) <= 13
    assert all(low - 1e-6 * width <= t <= high + 1e-6 * width for t in ticks)
    steps = {round((b - a) / width, 6) for a, b in itertools.pairwise(ticks)}
    assert len(steps) == 1


points = st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=2, max_size=20)


@given(points)
def test_clipped_pieces_stay_inside(path):
    for part in clipped(path, (-1.0, 1.0), (-1.0, 1.0)):
        assert len(part) >= 2
        for x, y in part:
            assert -1 - 1e-9 <= x <= 1 + 1e-9 and -1 - 1e-9 <= y <= 1 + 1e-9


def test_a_path_inside_is_kept_whole():
    path = [(0.0, 0.0), (0.5, 0.5), (0.2, 0.9)]
    assert clipped(path, (-1.0, 1.0), (-1.0, 1.0)) == [path]


def plot(**options):
    return Plot((curve(normal_density(3, 1), 0, 6, rich(r"$\gamma = 1$"), pen=SECOND), Guide(3, label=tex(r"\beta")),
                 Dots(((1.0, 0.1),)), Note(3, 0.2, tex("x"))), Axis("output $y$"), Axis("density"), **options)


def test_axes_have_words_and_numbers():
    words = [m for m in plot().drawing().marks if isinstance(m, Words)]
    assert any(m.turned for m in words)
    assert len(words) > 8


def test_blank_grid_keeps_the_frame_and_can_hide_the_scale():
    whole, blank = plot().drawing(), plot().blank(numbers=False).drawing()
    assert svg_text(blank).count("<path") < svg_text(whole).count("<path")
    written = [m for m in blank.marks if isinstance(m, Words)]
    assert len(written) == 2  # the two axis labels
    assert plot().blank().x.low == 0.0


def test_equal_scale_on_both_axes():
    circle = covariance_ellipse((0, 0), [[1, 0], [0, 1]])
    drawing = Plot((circle,), Axis(low=-2, high=2), Axis(low=-1, high=1), width=200, equal=True).drawing()
    box = [m for m in drawing.marks if type(m).__name__ == "Box"][-1]
    assert box.height == pytest.approx(100)


def test_alternative_text_names_axes_and_series():
    assert "density" in plot().drawing().alt
    assert "γ = 1" in plot().drawing().alt


def test_bad_plots_are_refused():
    with pytest.raises(DrawingError, match="no data"):
        Plot(()).drawing()
    with pytest.raises(DrawingError, match="not finite"):
        Plot((Curve(((0.0, float("nan")), (1.0, 1.0))),)).drawing()
    with pytest.raises(DrawingError, match="low end"):
        Plot((Dots(((0.0, 0.0),)),), Axis("a", 1, 1)).drawing()
    with pytest.raises(DrawingError, match="low < high"):
        curve(abs, 1, 0)
    with pytest.raises(DrawingError, match="positive variance"):
        normal_density(0, 0)


def test_a_sympy_expression_is_a_curve():
    x, y = sp.symbols("x y")
    drawn = curve(sp.exp(-(x**2)), -1, 1)
    assert np.array(drawn.points) == pytest.approx(np.array(curve(lambda t: math.exp(-t * t), -1, 1).points))
    with pytest.raises(DrawingError, match="over x, y"):
        curve(x * y, 0, 1)


def test_a_plot_has_no_dot():
    with pytest.raises(FormatError, match="no nodes and edges"):
        dot_text(plot())
