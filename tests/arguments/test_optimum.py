"""Arguments about minimisers: false ones are refuted or refused, and nothing false is proved."""

import pytest
import sympy as sp

from symderiv.arguments.optimum import change_of_variables, lower_bound, rescaled, stationary_point
from symderiv.arguments.scalar_course import unique_minimum
from symderiv.errors import ClaimError, LimitError
from symderiv.scope import declare

C = declare(
    w="vector(d)", u="vector(d)", G="matrix(d, d), invertible", s="scalar", q="scalar", t="scalar, positive", p="scalar, in (0, 1)",
    X="matrix(n, d)", y="vector(n)", k="scalar", r="scalar, positive",
)  # fmt: skip


def changed(f, old, g, new, forward, backward):
    return change_of_variables(C.read(f), C.read(old), C.read(g), C.read(new), C.read(forward), C.read(backward))


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (("norm(G@w)**2", "w", "norm(u)**2", "u", "G@w", "inv(G)@u"), "proved"),
        (("norm(G@w)**2", "w", "norm(u)**2", "u", "G@w", "G.T@u"), "refuted"),
        (("exp(2*s) + s", "s", "t**2 + log(t)", "t", "exp(s)", "log(t)"), "proved"),
        (("s**2", "s", "t**2", "t", "s", "t"), "refuted"),  # t is positive, s is not
        (("1/t", "t", "1/r", "r", "t", "r"), "proved"),
    ],
)
def test_a_change_of_variables_can_be_undone_and_stays_in_what_is_declared(claim, verdict):
    assert changed(*claim).verdict == verdict


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (("norm(w)**2", "w", "norm(w)**2", "u", "2*w", "u/2"), "image .* depends on w"),
        (("norm(w)**2 + u@u", "w", "norm(u)**2", "u", "w", "u"), "objective .* depends on u"),
        (("exp(2*s)", "s", "q**2", "q", "exp(s)", "log(q)"), r"log\(q\) is defined only where q > 0"),
        (("s**4", "s", "q**2", "q", "s**2", "sqrt(q)"), "defined only where q >= 0"),
    ],
)
def test_a_map_that_does_not_reach_every_point_is_refused(claim, words):
    with pytest.raises(ClaimError, match=words):
        changed(*claim)


def test_a_factor_of_unknown_sign_does_not_keep_minimisers():
    f, g = C.read("k*norm(w)**2"), C.read("norm(w)**2")
    assert rescaled(f, g, C.k, None, [C.w]).verdict == "refuted"
    assert rescaled(C.read("t*norm(w)**2 + k"), g, C.t, C.k, [C.w]).verdict == "proved"


def test_a_point_that_is_not_stationary_is_refuted():
    f = C.read("norm(y - X@w)**2 + t*norm(w)**2")
    assert stationary_point(f, {C.w: C.read("inv(X.T@X + t*eye(d))@X.T@y")}).verdict == "proved"
    assert stationary_point(f, {C.w: C.read("inv(X.T@X + 2*t*eye(d))@X.T@y")}).verdict == "refuted"


def test_a_bound_that_holds_may_not_be_attained():
    found = lower_bound(C.read("t**2 + 1/t**2"), C.read("2"), [(1, C.read("t - 1/t"))], {C.t: C.read("2")})
    assert (found.verdict, found.attained) == ("proved", "refuted")
    assert lower_bound(C.read("s**2 - q**2"), C.read("0"), [(1, C.s), (-1, C.q)]).verdict == "refuted"


Y = sp.Symbol("y", real=True)
COURSES = {  # function, interval, point: the verdict of "the only minimiser"
    (Y**2 + 1 / Y**2, 0, sp.oo, 1): "proved",
    (Y - sp.log(Y), 0, sp.oo, 2): "refuted",
    (Y * sp.log(Y), 0, sp.oo, sp.exp(-1)): "proved",
    ((Y**2 - 1) ** 2, -sp.oo, sp.oo, 1): "refuted",  # attained twice
    (Y**3 - 3 * Y, -sp.oo, sp.oo, 1): "refuted",  # a local minimum of a function without a lower bound
    (Y**3 - Y**2, -1, 2, sp.Rational(2, 3)): "refuted",  # lower near the end
    (sp.exp(-Y), -sp.oo, sp.oo, 0): "refuted",  # not attained
    (sp.cosh(Y), -sp.oo, sp.oo, 0): "proved",
    (-sp.exp(-(Y**2)), -sp.oo, sp.oo, 0): "proved",
    (-1 / Y, 0, sp.oo, 1): "refuted",
}


@pytest.mark.parametrize("case", COURSES, ids=str)
def test_the_only_minimiser_of_a_scalar_function(case):
    function, low, high, at = case
    assert unique_minimum(function, Y, low, high, at=at).verdict == COURSES[case]


@pytest.mark.parametrize("function", [sp.Abs(Y - 1), sp.sqrt(Y - 1), (Y - 1) * sp.log(Y - 1)])
def test_functions_without_a_derivative_or_a_value_inside_are_refused(function):
    with pytest.raises((ClaimError, LimitError)):
        unique_minimum(function, Y, 0, sp.oo)


def test_the_evidence_reads_as_sentences():
    told = str(unique_minimum(Y**2 + 1 / Y**2, Y, at=1))
    assert "from gap to gap the derivative is negative, positive" in told
    assert "the limits at 0 and oo are oo, oo" in told


@pytest.mark.parametrize(("value", "verdict"), [("r", "proved"), ("-r", "refuted")])
def test_a_point_has_the_signs_that_are_declared(value, verdict):
    sign = "-" if value == "r" else "+"
    at = {C.t: C.read(value)}
    found = lower_bound(C.read(f"(t {sign} r)**2"), C.read("0*t"), [(1, C.read(f"t {sign} r"))], at)
    assert (found.verdict, found.attained) == ("proved", verdict)


def test_a_stationary_point_lies_in_what_is_declared():
    assert stationary_point(C.read("(p - r)**2"), {C.p: C.r}).verdict == "refuted"
    assert stationary_point(C.read("(t - r)**2"), {C.t: C.r}).verdict == "proved"


def test_a_text_is_no_bound_of_an_interval():
    s = sp.Symbol("s")
    with pytest.raises(ClaimError, match="is a text"):
        unique_minimum(s**2 + 1 / s**2, s, low="__import__('os')")
