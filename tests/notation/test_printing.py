"""Expressions in LaTeX and Typst: brackets and bars as tall as what they hold."""

import pytest

from symderiv.notation.printing import latex, typst
from symderiv.scope import declare

SCOPE = declare(X="matrix(n, d)", w="vector(d)", w_check="vector(d)", y="vector(n)", p="scalar, in (0, 1)")


@pytest.mark.parametrize("flat", ["norm(w)", "norm(w_check)", "norm(X.T@y)", "norm(y - X@w)"])
def test_bars_around_letters_accents_and_transposes_are_of_one_height(flat):
    expression = SCOPE.read(flat)
    assert latex(expression).startswith(r"\lVert ") and latex(expression).endswith(r" \rVert_2")
    assert typst(expression).startswith("norm(size: #1em, ")


@pytest.mark.parametrize("tall", ["norm(w/p)", "norm(sqrt(p)*w)"])
def test_bars_around_fractions_and_roots_grow(tall):
    expression = SCOPE.read(tall)
    assert latex(expression).startswith(r"\left\|") and typst(expression).startswith("norm(") and (
        "1em" not in typst(expression))


@pytest.mark.parametrize("text", ["softmax(w)@w", "outer(w, softmax(w))", "softmax(w)**2"])
def test_a_call_with_a_mark_stands_close_to_its_brackets_in_typst(text):
    assert 'op("softmax")#h(0pt) lr((' in typst(SCOPE.read(text))
