"""Averages of machine learning in closed form: proved, as short as the textbook, and right by enumeration."""

import json
from pathlib import Path

import numpy as np
import pytest
from exact_averages import KINKED, Averages

from symderiv.algebra.shortening import operations
from symderiv.certify import certify
from symderiv.deriving import derive, expectation
from symderiv.errors import LimitError
from symderiv.finding.averages import closed_forms
from symderiv.finding.means import averages
from symderiv.scope import declare

DATA = json.loads((Path(__file__).parent.parent / "data" / "averages.json").read_text(encoding="utf-8"))
ROWS = DATA["rows"]
SCOPE = declare(**DATA["symbols"])
NUMBERS = Averages(DATA["symbols"])
LONGER = 1.5  # than a textbook writes it


@pytest.mark.parametrize(("left", "right"), ROWS)
def test_an_average_has_a_proved_form_as_short_as_the_textbook(left, right):
    found = expectation(left, SCOPE)
    assert not averages(found)
    assert certify(left, found, symbols=SCOPE).verdict == "proved"
    assert certify(found, right, symbols=SCOPE).verdict == "proved"
    assert operations(found) <= LONGER * max(1, operations(SCOPE.read(right))), str(found)


@pytest.mark.parametrize("left", [left for left, _ in ROWS if "grad" not in left])
def test_a_form_has_the_value_that_enumeration_gives(left):
    """Sizes differ, and the numbers come from NumPy alone; quadrature over a kink is right to a few per cent."""
    found, wanted = (NUMBERS.value(text) for text in (str(expectation(left, SCOPE)), left))
    scale = np.abs(wanted).max() + 1e-3
    assert found.shape == wanted.shape or not found.shape
    assert np.abs(found - wanted).max() <= scale * (0.05 if KINKED.search(left) else 1e-6)


@pytest.mark.parametrize(
    ("left", "wrong"),
    [
        ("E((a@x)**2*(b@x)**2)", "(a@S@a)*(b@S@b) + (a@S@b)**2"),
        ("Cov(r, r*w)", "p*diag(w)"),
        ("E(x*sign(a@x))", "sqrt(1/pi)*(S@a)/sqrt(a@S@a)"),
    ],
)
def test_the_other_route_tells_a_wrong_form(left, wrong):
    found, wanted = NUMBERS.value(wrong), NUMBERS.value(left)
    assert np.abs(found - wanted).max() > 0.05 * np.abs(wanted).max()


def test_the_shortest_form_comes_first():
    forms = closed_forms(SCOPE.read("E(norm(y - (R*X)@w)**2)"))
    assert str(forms[0]) == "norm(y - p*X@w)**2 + p*(1 - p)*sum(X**2@w**2)"
    assert [operations(t) for t in forms] == sorted(map(operations, forms))


def test_only_the_averages_are_read_back():
    assert str(expectation("norm(y - X@w)**2 + E(z@A@z)", SCOPE)) == "norm(y - X@w)**2 + tr(A)"


@pytest.mark.parametrize("text", ("E(tanh(x))", "E(1/f)", "E(x*(A@x)*exp(norm(x)**2))"))
def test_what_the_kernel_cannot_average_is_refused(text):
    with pytest.raises(LimitError, match="no rule works out"):
        expectation(text, SCOPE)


@pytest.mark.parametrize("left", ("E((a@x)**2*(b@x)**2)", "Cov(r*a, r*b)", "outer(a, a) + E(diag(r)@A@diag(r))"))
def test_a_derivation_without_a_goal_ends_with_the_form_read_back(left):
    found = derive(left, symbols=SCOPE)
    assert found.verdict == "proved" and not averages(found.end)
    assert found.steps[-1].rule == "moments-by-partitions"
    assert all(step.replay() is step.after for step in found.steps)
