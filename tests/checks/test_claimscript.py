"""Python files of claims: what may stand in them, and what goes wrong in them."""

from __future__ import annotations

import pytest

from symderiv.checks.checking import check_files
from symderiv.checks.claimfile import BadClaim, FileClaim
from symderiv.checks.claimscript import ScriptClaim, script_claims
from symderiv.errors import ClaimError

SCRIPT = '''
"""Claims of a test."""
from types import SimpleNamespace
print("loading")
claims = [{"id": "listed", "left": "x", "right": "x", "symbols": {"x": "scalar"}}, {"id": "poor", "left": "x"}]

def claim_judged():
    """a certificate from elsewhere

    and more"""
    print("running")
    return SimpleNamespace(verdict="proved", method="elsewhere", counterexample=None, condition=None)

def claim_false():
    return SimpleNamespace(verdict="refuted")
claim_false.expect = "refuted"

def claim_odd():
    return 3

def claim_broken():
    return 1 / 0

def claim_listed():
    return 1, 1
'''


def write(tmp_path, content):
    path = tmp_path / "my_claims.py"
    path.write_text(content)
    return path


def test_lists_and_functions_are_found_in_order(tmp_path, capsys):
    claims = script_claims(write(tmp_path, SCRIPT), 5)
    assert [claim.id for claim in claims] == ["listed", "poor", "judged", "false", "odd", "broken", "listed"]
    kinds = [FileClaim, BadClaim, ScriptClaim, ScriptClaim, ScriptClaim, ScriptClaim, BadClaim]
    assert [type(claim) for claim in claims] == kinds
    assert claims[2].name == "a certificate from elsewhere"
    assert claims[3].expect == "refuted"
    assert capsys.readouterr().out == ""


def test_functions_are_run_and_judged(tmp_path, capfd):
    claims = write(tmp_path, SCRIPT.replace("claims = [", "listed = ["))
    check = check_files([claims], workers=1, seconds=5)
    found = {result.id: result for result in check.results}
    assert {name: result.verdict for name, result in found.items()} == {
        "judged": "proved",
        "false": "refuted",
        "odd": "error",
        "broken": "error",
        "listed": found["listed"].verdict,
    }
    assert found["judged"].method == "elsewhere"
    assert "returned int" in found["odd"].error
    assert "ZeroDivisionError" in found["broken"].error
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("x = ", "SyntaxError"),
        ("x = 1", "no claims"),
        ("claims = 3", "must be a list"),
        ("import nowhere_to_be_found", "ModuleNotFoundError"),
        ("import os; os._exit(5)", "exit code 5"),
    ],
)
def test_a_file_that_fails_is_one_error(tmp_path, content, told):
    with pytest.raises(ClaimError, match=told):
        script_claims(write(tmp_path, content), 5)
    with pytest.raises(ClaimError, match="no such file"):
        script_claims(tmp_path / "missing.py", 5)
