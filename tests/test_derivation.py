"""Chains of steps: a false line refutes the chain, a true one is certified."""

import json
from pathlib import Path

import pytest

from symderiv.derivation import begin
from symderiv.deriving import derive
from symderiv.errors import ReadingError, RuleError
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


@pytest.mark.parametrize("claim", json.loads((DATA / "derivatives.json").read_text())["claims"], ids=lambda c: c["id"])
def test_derivations_of_the_open_derivatives_are_proved(claim):
    c = declare(**claim["symbols"])
    left, right = (c.read(claim[side], claim.get("where")) for side in ("left", "right"))
    found = derive(left, right, c)
    assert found.verdict == "proved"
    assert found.start is left
    assert found.end is right


def test_a_false_claim_is_not_derived():
    c = declare(a="vector(n)", X="matrix(n, n)", b="vector(n)")
    assert derive("grad(a@X@b, X)", "outer(b, a)", c).verdict == "refuted"


def test_sides_must_be_readable():
    with pytest.raises(ReadingError):
        derive("x", "x")
