"""Rules: each holds by a route that knows no rules, and is refused where it is spoiled."""

from random import Random

import pytest

import symderiv as sd
from symderiv.algebra.terms import AXES
from symderiv.algebra.tidying import ordered
from symderiv.certify import certify
from symderiv.deciding.refuting import search
from symderiv.errors import DeclarationError, RuleError, UnknownNameError
from symderiv.expressions import make, number, symbol
from symderiv.rewriting import DIFFERENTIAL, RULES, everywhere, rule
from symderiv.symbols import Symbol
from symderiv.trees import is_random, leaves

NAMES = list(RULES)


def sides(one):
    """Both sides as values: those of a rule of differentials paired with a probe and differentiated."""
    if one.relation != DIFFERENTIAL:
        return tuple(make("E", side) if is_random(one.left) else side for side in (one.left, one.right))
    x = next(s for s in sorted(leaves(one.left), key=str) if s.data.name != "k")
    probe = symbol(Symbol("probe_", one.left.shape))

    def slope(side):
        paired = make("mul", probe, side)
        return make("grad", paired if not side.shape else make("sum", paired), x)

    return slope(one.left), slope(one.right)


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_holds_on_exact_instances(name):
    """Instances are evaluated without the kernel: derivatives by jets, expectations by outcomes."""
    left, right = sides(RULES[name])
    counterexample, tried = search(left, right, Random(0))
    assert counterexample is None
    assert tried.instances > 0 or certify(left, right).verdict == "proved"


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_is_never_refuted_and_its_spoiled_form_never_proved(name):
    left, right = sides(RULES[name])
    assert certify(left, right).verdict in ("proved", "supported")
    assert certify(left, number(1001) / 1000 * right + number(1) / 1000).verdict != "proved"


@pytest.mark.parametrize("name", [n for n in NAMES if not RULES[n].law])
def test_a_rule_fits_its_own_left_side(name):
    one = RULES[name]
    if one.relation == DIFFERENTIAL:
        made = next(one.rewrites(one.left))
        assert made is not one.left
        return
    after, places = everywhere(one, one.left)
    assert places
    made, wanted = (make("E", side) if is_random(one.left) else side for side in (after, one.right))
    assert certify(made, wanted).verdict in ("proved", "supported")


def test_a_rule_uses_no_variable_that_it_did_not_bind():
    with pytest.raises(RuleError, match="b stands on the right"):
        rule("unbound", "a", "a + b", "no reason", {"a": "scalar", "b": "scalar"})


def test_names_are_given_once_and_near_names_are_suggested():
    with pytest.raises(DeclarationError, match="twice"):
        rule("product-rule", "a", "a", "no reason", {"a": "scalar"})
    with pytest.raises(UnknownNameError, match="product-rule"):
        RULES["product-ruel"]


def test_a_step_is_replayed_and_a_spoiled_step_is_not():
    c = sd.declare(X="matrix(n, d)", y="vector(n)", w="vector(d)")
    found = sd.derive("grad(norm(y - X@w)**2, w)", "2*X.T@(X@w - y)", symbols=c)
    for step in found.steps:
        assert step.replay() is step.after
        assert step.place is not None
    from dataclasses import replace

    with pytest.raises(RuleError):
        replace(found.steps[-1], after=c.read("3*X.T@(X@w - y)")).replay()


def test_a_line_by_hand_names_no_rule():
    from symderiv.derivation import begin

    c = sd.declare(u="vector(n)")
    step = begin("by hand", "norm(u)**2", c).to("u@u", why="an inner product").steps[0]
    with pytest.raises(RuleError, match="by hand"):
        step.replay()


def test_a_rule_that_fits_nowhere_says_so():
    from symderiv.derivation import begin

    c = sd.declare(u="vector(n)")
    with pytest.raises(RuleError, match="fits nowhere"):
        begin("no trace here", "u@u", c).by("trace-of-a-diagonal-matrix")


SUMS = {  # an expression, and what it comes to when sums are taken over one index at a time, by hand
    "sum(col(u) + v)": "m*sum(u) + n*sum(v)",
    "sum((col(u) - v)**2)": "m*sum(u**2) + n*sum(v**2) - 2*sum(u)*sum(v)",
    "sum(col(u)*A*v)": "u@A@v",
    "sum(col(u)*A*v, 0)": "(A.T@u)*v",
    "sum(outer(u, v)**2, 1)": "sum(v**2)*u**2",
    "sum(A@A.T)": "sum(sum(A, 0)**2)",
    "ones(n)@A@v": "sum(sum(A, 0)*v)",
    "mean(A, 0)@v": "sum(sum(A, 0)*v)/n",
    "(A - mean(A, 0)).T@ones(n)": "zeros(m)",
    "outer(u, v)@outer(v, u)": "sum(v**2)*outer(u, u)",
    "eye(n)*col(u)": "diag(u)",
    "sum(diag(u), 0)": "u",
    "(diag(u)@A@diag(v)).T": "(A*outer(u, v)).T",
}


@pytest.mark.parametrize("text", SUMS)
def test_sums_are_taken_over_one_index_at_a_time(text):
    c = sd.declare(A="matrix(n, m)", u="vector(n)", v="vector(m)")
    e, wanted = c.read(text), c.read(SUMS[text])
    assert ordered(e, AXES) is ordered(wanted, AXES)
    assert certify(e, ordered(e, AXES)).verdict == "proved"
    assert ordered(e, AXES) is not ordered(2 * wanted + 1, AXES)
