"""Chains of steps: a false line refutes the chain, a true one is certified."""

import json
from pathlib import Path

import pytest

from symderiv.certify import certify
from symderiv.derivation import begin
from symderiv.deriving import derive, expectation
from symderiv.errors import LimitError, ReadingError, RuleError
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
