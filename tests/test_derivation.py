"""Chains of steps: a false line refutes the chain, a true one is certified."""

import json
from pathlib import Path

import pytest

from symderiv.certify import certify
from symderiv.derivation import begin
from symderiv.deriving import derive, expectation
from symderiv.errors import LimitError, ReadingError, RuleError, UnknownNameError
from symderiv.rewriting import RULES
from symderiv.scope import declare

DATA = Path(__file__).parent / "data/claims"


def test_a_spoiled_factor_refutes_the_derivation():
    c = declare(X="matrix(n, d)", w="vector(d)")
    good = begin("a norm", "norm(X@w)**2", c).to("(X@w)@(X@w)", why="an inner product")
    assert good.verdict == "proved"
    assert good.to("1.001*(X@w)@(X@w)", why="a slip").verdict == "refuted"


def test_a_line_needs_a_reason():
    c = declare(w="vector(d)")
    with pytest.raises(RuleError):
        begin("x", c.w, c).to(c.w, why=" ")


CLAIMS = [
    claim
    for file in ("controls", "derivatives", "expectations")
    for claim in json.loads((DATA / f"{file}.json").read_text())["claims"]
    if claim["expect"] == "proved"
]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: c["id"])
def test_open_claims_are_derived_step_by_step(claim):
    """More than one line, each proved, each by a rule that makes it again; none of them is the normal form."""
    c = declare(**claim["symbols"])
    left, right = (c.read(claim[side], claim.get("where")) for side in ("left", "right"))
    found = derive(left, right, c)
    assert found.verdict == "proved"
    assert (found.start, found.end) == (left, right)
    assert 2 <= len(found.steps) <= 10
    lines = [found.start]
    for step in found.steps:
        assert step.before is lines[-1]
        assert step.after not in lines
        assert step.rule in RULES
        assert step.rule != "index-notation"
        assert step.replay() is step.after
        lines.append(step.after)


def test_dropout_is_derived_in_a_few_lines():
    c = declare(X="matrix(n, d)", y="vector(n)", w="vector(d)", p="scalar, in (0, 1)", R="matrix(n, d) ~ bernoulli(p)")
    found = derive(
        "E(norm(y - (R*X)@w)**2)", "norm(y - p*X@w)**2 + p*(1-p)*norm(diag(sqrt(sum(X**2, 0)))@w)**2", symbols=c
    )
    assert found.verdict == "proved"
    assert 3 <= len(found.steps) <= 10
    wrong = derive("E(norm(y - (R*X)@w)**2)", "norm(y - p*X@w)**2 + p*norm(diag(sqrt(sum(X**2, 0)))@w)**2", symbols=c)
    assert wrong.verdict == "refuted"


def test_without_a_goal_averages_are_worked_out():
    c = declare(x="scalar ~ normal(mean=m, std=s)", m="scalar", s="scalar, positive")
    assert certify(expectation("E(x**2)", c), c.read("m**2 + s**2")).verdict == "proved"
    with pytest.raises(LimitError, match="certify"):
        expectation("E(tanh(x))", c)


def test_a_false_claim_is_not_derived():
    c = declare(a="vector(n)", X="matrix(n, n)", b="vector(n)")
    assert derive("grad(a@X@b, X)", "outer(b, a)", c).verdict == "refuted"


def test_sides_must_be_readable():
    with pytest.raises(ReadingError):
        derive("x", "x")


MOMENT_LINES = {  # a claim of means, and a rule that its derivation must use
    "E((a@x)**6) = 15*(a@S@a)**3": "stein-lemma",
    "E(x*exp(a@x)) = exp(a@S@a/2)*S@a": "stein-lemma",
    "E(s*sin(s)) = t**2*exp(-t**2/2)": "stein-lemma",
    "E(sigmoid(c*k)) = (1 - p)/2 + p*sigmoid(c)": "average-over-the-values",
    "E(exp(c*e)) = (exp(c) + exp(-c))/2": "average-over-the-values",
    "Var(exp(s)) = exp(2*t**2) - exp(t**2)": "second-moments-by-definition",
    "Cov(x@A@x, x@A@x) = tr(A@S@A@S) + tr(A@S@A.T@S)": "second-moments-by-definition",
}
RANDOM = dict(
    x="vector(n) ~ normal(cov=S)", S="matrix(n, n), spd", a="vector(n)", A="matrix(n, n)", s="scalar ~ normal(mean=0, std=t)",
    t="scalar, positive", k="scalar ~ bernoulli(p)", p="scalar, in (0, 1)", c="scalar", e="scalar ~ rademacher()",
)


@pytest.mark.parametrize("claim", MOMENT_LINES)
def test_means_are_worked_out_line_by_line(claim):
    c = declare(**RANDOM)
    left, right = claim.split(" = ")
    found = derive(left, right, symbols=c)
    assert found.verdict == "proved" and len(found.steps) > 1
    assert MOMENT_LINES[claim] in [step.rule for step in found.steps]
    assert all(step.replay() is step.after for step in found.steps)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("E(h*c)", "p*c"),
        ("E(E(h)*h)", "p**2"),
        ("Var(h)", "s + 2*p*s + p*(1-p)"),
        ("Cov(k)", "eye(n) + p*(1-p)*ones(n, n)"),
        ("Cov(m)", "eye(n) + p*(1-p)*ones(n, n)"),
    ],
)
def test_laws_with_random_parameters_by_total_expectation_and_variance(text, value):
    c = declare(
        p="scalar, in (0, 1)", c="scalar", s="scalar, positive", q="scalar ~ bernoulli(p)", h="scalar ~ normal(mean=q, cov=s + 2*q*s)",
        k="vector(n) ~ normal(mean=q, std=1)", m="vector(n) ~ normal(mean=q*ones(n), cov=eye(n))",
    )  # fmt: skip
    found = derive(text, symbols=c)
    assert found.verdict == "proved" and found.steps
    assert certify(found.end, value, symbols=c).verdict == "proved"


def test_integration_by_parts_does_not_pass_a_jump():
    c = declare(**RANDOM)
    found = derive("E((a@x)*sign(a@x))", "a@S@E(zeros(n))", symbols=c)
    assert found.verdict == "refuted"
    right = derive("E((a@x)*sign(a@x))", "sqrt(2/pi)*sqrt(a@S@a)", symbols=c)
    assert right.verdict == "proved" and "stein-lemma" not in [step.rule for step in right.steps]


INVERSES = (
    "tr(X@inv(X.T@X + l*eye(d))@X.T) = d - l*tr(inv(X.T@X + l*eye(d)))",
    "inv(X.T@X + l*eye(d))@X.T@y = X.T@inv(X@X.T + l*eye(n))@y",
    "-X.T@(y - X@inv(X.T@X + l*eye(d))@X.T@y) + l*inv(X.T@X + l*eye(d))@X.T@y = zeros(d)",
    "norm(Q@X)**2 = norm(X)**2",
    "(outer(y, y)/(y@y))@(outer(y, y)/(y@y)) = outer(y, y)/(y@y)",
)


@pytest.mark.parametrize("claim", INVERSES)
def test_identities_of_inverses_are_shown_in_lines(claim):
    c = declare(X="matrix(n, d)", y="vector(n)", l="scalar, positive", Q="matrix(n, n), orthogonal")
    found = derive(*claim.split(" = "), symbols=c)
    assert found.verdict == "proved" and len(found.steps) > 1
    assert "index-notation" not in [step.rule for step in found.steps]
    assert all(step.replay() is step.after for step in found.steps)


def test_a_rule_is_refused_where_its_side_condition_fails():
    c = declare(t="scalar", s="scalar, positive")
    with pytest.raises(RuleError, match="needs a positive.*t = -"):
        begin("a root", "sqrt(t**2)", c).by("root-of-a-square")
    assert str(begin("a root", "sqrt(s**2)", c).by("root-of-a-square").end) == "s"


def test_what_is_wrong_with_a_line_by_hand_is_said():
    c = declare(u="vector(n)")
    d = begin("a norm", "norm(u)**2", c)
    with pytest.raises(UnknownNameError, match="did you mean squared-norm-as-inner-product"):
        d.by("squared-norm-as-inner-produkt")
    with pytest.raises(UnknownNameError, match="no-such-rule"):
        d.to("u@u", why="an inner product", rule="no-such-rule")
    with pytest.raises(RuleError, match=r"no part \(7, 3\).*2 arguments"):
        d.by("squared-norm-as-inner-product", at=(7, 3))
    with pytest.raises(RuleError, match="needs the line it leads to"):
        d.by("distributivity")


EVERY = [claim for claim in json.loads((DATA.parent / "claims_true.json").read_text())["claims"]]
NAMED = ("T333", "T360", "T389", "T393", "T418", "T422", "T445", "T513")  # a named law, or the same on both sides


@pytest.mark.parametrize("claim", EVERY[::4], ids=lambda c: c["id"])
def test_true_claims_are_derived_in_more_than_one_line(claim):
    """Every line is proved and made again by its rule; no average is closed by the normal form alone."""
    c = declare(**claim["symbols"])
    left, right = (c.read(claim[side], claim.get("where")) for side in ("left", "right"))
    found = derive(left, right, c, seconds=60)  # however busy the machine is
    assert found.verdict == "proved" and (found.start, found.end) == (left, right)
    assert len(found.steps) > 1 or claim["id"] in NAMED
    assert all(step.rule in RULES and step.replay() is step.after for step in found.steps)


BY_ROWS_AND_COLUMNS = (  # with inverses, broadcasts and sums over an axis: written out, not only asserted
    "T344", "T365", "T366", "T369", "T371", "T398", "T427", "T428", "T500", "T504", "T573", "T810", "T894", "T897",
    "T901", "T925", "T927",
)  # fmt: skip


@pytest.mark.parametrize("claim", [c for c in EVERY if c["id"] in BY_ROWS_AND_COLUMNS], ids=lambda c: c["id"])
def test_sums_over_rows_and_columns_are_written_out(claim):
    c = declare(**claim["symbols"])
    left, right = (c.read(claim[side], claim.get("where")) for side in ("left", "right"))
    found = derive(left, right, c)
    assert found.verdict == "proved" and len(found.steps) > 1
    assert not {"moments-by-partitions", "index-notation"} & {step.rule for step in found.steps}
    assert all(step.replay() is step.after for step in found.steps)


@pytest.mark.parametrize("wrong", ("2*n*norm(X - mean(X, 0))", "n*norm(X - mean(X, 0))**2", "2*d*norm(X - mean(X, 0))**2"))
def test_a_false_sum_over_rows_and_columns_is_refuted(wrong):
    c = declare(X="matrix(n, d)")
    found = derive("sum(col(sum(X**2, 1)) + sum(X**2, 1) - 2*X@X.T)", wrong, c)
    assert found.verdict == "refuted"


AVERAGES = (
    "E((x@A@x)**3) = tr(A@S)**3 + 3*tr(A@S)*(tr(A@S@A@S) + tr(A@S@A.T@S)) + 2*tr(A@S@A@S@A@S) + 6*tr(A@S@A@S@A.T@S)",
    "E(sum(r)**3) = n*p + 3*n*(n - 1)*p**2 + n*(n - 1)*(n - 2)*p**3",
    "E((i@a)**3) = q@a**3",
    "E(outer(i, i)) = diag(q)",
    "Var(norm(x)**2) = 2*tr(S@S)",
    "E(exp(2*r)) = (1 - p + p*exp(2))*ones(n)",
    "E(outer(x, x)@A@outer(x, x)) = S@(A + A.T)@S + tr(A@S)*S",
    "E(outer(x, x)@outer(x, x)) = 2*S@S + tr(S)*S",
    "E(s*sign(s)) = t*sqrt(2/pi)",
    "E(diag(r)@diag(r)) = p*eye(n)",
    "sum(E(relu(y))) = n*t/sqrt(2*pi)",
    "E(norm(A@x)**2) = tr(A@S@A.T)",
)


@pytest.mark.parametrize("claim", AVERAGES)
def test_averages_are_not_closed_by_the_normal_form(claim):
    c = declare(**RANDOM, r="vector(n) ~ bernoulli(p)", i="vector(n) ~ one_hot(q)", q="vector(n), simplex", y="vector(n) ~ normal(mean=0, std=t)")
    found = derive(*claim.split(" = "), symbols=c)
    assert found.verdict == "proved" and len(found.steps) > 1
    assert not {"moments-by-partitions", "index-notation"} & {step.rule for step in found.steps}


def test_no_line_leads_from_a_second_moment_to_a_variance_and_back():
    c = declare(**RANDOM)
    found = derive("E(relu(s)**2)", "t**2/2", symbols=c)
    assert [step.rule for step in found.steps].count("second-moments-by-definition") == 0
    assert "second-moment" not in [step.rule for step in found.steps]
