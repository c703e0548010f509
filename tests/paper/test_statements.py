"""Statements beside answers: the status is computed, and follows the truth of the cases."""

import json
from dataclasses import replace

import pytest
import sympy as sp

import symderiv as sd
from symderiv.derivation import begin
from symderiv.errors import ProblemError
from symderiv.paper.statements import compared, read_statements, stated
from symderiv.problem import Answer, Case, Cases


def status(statement, value, scope=None):
    return compared({"id": "1a", "claim": "", **statement}, Answer("1a", value), scope).status


EXACT = sp.log(sp.Rational(2, 5))  # -0.9163 to four digits


@pytest.mark.parametrize(
    ("printed", "expected"),
    [("-0.92", "confirmed"), ("-0.9163", "confirmed"), ("-0.91", "imprecise"), ("-0.9", "confirmed"), ("-0.90", "refuted")],
)
def test_a_printed_decimal_is_judged_by_its_digits(printed, expected):
    assert status({"num": printed}, EXACT) == expected


def test_a_list_of_decimals_is_as_good_as_its_worst_and_counts():
    assert status({"num": ["-0.92", "-0.91"]}, (EXACT, EXACT)) == "imprecise"
    assert status({"num": ["-0.92"]}, (EXACT, EXACT)) == "refuted"


def test_cases_all_some_or_none():
    cases = (Case("epsilon = 0", 1), Case("epsilon > 0", 2))
    assert status({"value": 1}, Cases(cases)) == "imprecise"
    assert status({"value": 1}, Cases(cases, open=True)) == "underdetermined"
    assert status({"value": 1, "when": "epsilon = 0"}, Cases(cases)) == "confirmed"
    assert status({"value": 3}, Cases(cases)) == "refuted"
    with pytest.raises(ProblemError, match="epsilon > 0"):
        status({"value": 1, "when": "never"}, Cases(cases))


def test_a_case_that_nobody_decided_is_no_error():
    x = sp.Symbol("x")
    undecided = sp.Function("f")(x)
    cases = Cases((Case("small", x), Case("large", undecided)))
    known = {"x": x}
    assert status({"expr": "x"}, Cases((Case("small", x), Case("large", x + 1))), known) == "imprecise"
    finding = compared({"id": "1a", "claim": "", "expr": "x"}, Answer("1a", cases), known)
    assert (finding.status, finding.verdict) == ("underdetermined", "undecided")


def test_formulas_are_read_in_the_scope_of_the_answer():
    scope = sd.declare(X="matrix(n, d)", w="vector(d)")
    value = scope.read("(X@w)@(X@w)")
    assert status({"expr": "norm(X@w)**2"}, value, scope) == "confirmed"
    assert status({"expr": "2*norm(X@w)**2"}, value, scope) == "refuted"


def test_words_compare_as_words_and_truth_values_as_truth_values():
    assert status({"value": ["learn", "deep"]}, ("learn", "deep")) == "confirmed"
    assert status({"value": True}, False) == "refuted"


@pytest.mark.parametrize("value", [-0.92, ["x"], "__import__('os')"])
def test_a_decimal_is_a_text_with_digits(value):
    with pytest.raises((ProblemError, ValueError)):
        stated({"id": "1a", "claim": "", "num": value})


def test_an_id_given_twice_is_refused(tmp_path):
    file = tmp_path / "official.json"
    one = {"id": "1a", "claim": "c", "value": 1}
    file.write_text(json.dumps({"version": 1, "statements": [one, one]}))
    with pytest.raises(ProblemError, match="twice"):
        read_statements(file)


def test_a_truth_value_is_no_number():
    assert status({"value": 1}, True) == "refuted"
    assert status({"value": False}, 0) == "refuted"


def test_a_sequence_of_words_may_be_given_word_by_word():
    assert status({"value": ["learn", "deep"]}, "learn deep") == "confirmed"
    assert status({"value": "learn deep"}, ("learn", "deep")) == "refuted"  # two entries are not one of two words


def test_a_value_is_no_more_certain_than_its_derivation():
    scope = sd.declare(x="scalar", y="scalar")
    line = begin("spoiled", "x + y", scope).to("x + 2*y", why="a factor too many")
    assert line.verdict == "refuted"
    answer = Answer("1a", scope.read("x + 2*y"), derivation=line)
    found = compared({"id": "1a", "claim": "", "expr": "x + 2*y"}, answer, scope)
    assert (found.status, found.verdict) == ("underdetermined", "undecided")
    kept = replace(answer, derivation=begin("kept", "x + 2*y", scope).to("2*y + x", why="turned round"))
    assert compared({"id": "1a", "claim": "", "expr": "x + 2*y"}, kept, scope).status == "confirmed"
