"""Claim files as tests: what passes, and what a failure looks like."""

from __future__ import annotations

import json

SYMBOLS = {"x": "vector(n)", "A": "matrix(n, n)"}
TRUE = {"id": "true", "name": "linear form", "symbols": SYMBOLS, "left": "grad(x@x, x)", "right": "2*x"}
FALSE = {"id": "false", "symbols": SYMBOLS, "left": "grad(x@x, x)", "right": "x"}
TURNED = {"id": "turned", "symbols": SYMBOLS, "left": "grad(tr(A@A), A)", "right": "2*A"}


def write(pytester, claims, name="linear.claims.json"):
    (pytester.path / name).write_text(json.dumps({"version": 1, "claims": claims}, indent=1))


def test_claims_are_items_with_their_verdicts(pytester):
    known, unread = {**FALSE, "id": "known", "expect": "refuted"}, {**TRUE, "id": "unread", "left": "f(x"}
    write(pytester, [TRUE, FALSE, known, unread])
    done = pytester.runpytest_subprocess()
    done.assert_outcomes(passed=2, failed=2)
    done.stdout.fnmatch_lines(
        [
            "false, expected proved",
            "not equal: refuted by *",
            "*line:  *linear.claims.json:*",
            "*left:  grad(x@x, x)",
            "*right: x",
            "*counterexample: *",
            "*nearest true statement (a factor 2): left = 2[*](x)",
        ]
    )
    assert "Traceback" not in done.stdout.str()


def test_the_nearest_true_statement_may_be_a_transpose(pytester):
    write(pytester, [TURNED])
    done = pytester.runpytest_subprocess()
    done.stdout.fnmatch_lines(["*nearest true statement (a transpose): left = (2[*]A).T"])


def test_a_file_that_is_none_is_one_error(pytester):
    (pytester.path / "bad.claims.json").write_text('{"version": 7, "claims": []}')
    done = pytester.runpytest_subprocess()
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*version 7 where 1 is read*"])


def test_a_bad_claim_fails_alone(pytester):
    write(pytester, [{"id": "poor", "left": "x"}, {**TRUE, "id": "good"}])
    done = pytester.runpytest_subprocess("-k", "poor")
    done.assert_outcomes(failed=1, deselected=1)
    done.stdout.fnmatch_lines(["*claim 1 (poor): right missing*"])


def test_other_files_are_left_alone(pytester):
    write(pytester, [FALSE], "claims.json")
    assert pytester.runpytest_subprocess().parseoutcomes() == {}
