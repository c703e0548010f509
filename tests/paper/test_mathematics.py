"""Contents of formulas: relation chains, texts, blanks."""

import pytest
import sympy as sp
from paper_samples import NAMES, SCOPE, U1, W

from symderiv.document import Blank
from symderiv.errors import ProblemError, ReadingError, UnknownNameError
from symderiv.paper.mathematics import printed, sides, spoken, terms


def test_a_chain_of_relations():
    found, relations = sides((W, "=", 3, "<=", U1))
    assert found == [W, 3, U1] and relations == ["=", "<="]
    assert printed((W, "!=", 3), None, "latex") == r"w \neq 3"
    assert printed((W, "!=", 3), None, "typst") == "w eq.not 3"


def test_texts_are_read_by_the_scope():
    found, relations = sides("norm(y - X@w)**2 >= 0", SCOPE)
    assert found[0] is SCOPE.read("norm(y - X@w)**2") and relations == [">="]


def test_a_mapping_and_a_scope_may_stand_together():
    assert sides("h_t = 2", (NAMES, SCOPE))[0] == [sp.Symbol("h_t"), 2]
    assert sides("X@w", (NAMES, SCOPE))[0] == [SCOPE.read("X@w")]


def test_relations_inside_brackets_and_names_do_not_split():
    names = {"f(a = b)": W, "domain": U1}
    assert sides("f(a = b)", (names,))[0] == [W]
    assert sides("domain", (names,))[0] == [U1]


def test_factors_stand_in_the_order_of_declaration():
    names = {"w": sp.Symbol("w"), "u": sp.Symbol("u")}
    product = 3 * names["u"] * names["w"] ** 2
    assert printed(product, names, "latex") == "3 w^{2} u"
    assert printed(product, dict(reversed(names.items())), "latex") == "3 u w^{2}"
    assert printed(sp.zeros(2), names, "text")


def test_an_unknown_text_suggests_a_near_one():
    with pytest.raises(UnknownNameError, match="did you mean h_t"):
        sides("h_u", NAMES)


def test_what_cannot_be_read_says_why():
    with pytest.raises(ProblemError, match="declared symbols"):
        sides("x + 1", None)
    with pytest.raises(ReadingError, match="both sides"):
        sides("w =", NAMES)
    with pytest.raises(ProblemError, match="alternates"):
        sides((W, "=", U1, "="))
    with pytest.raises(UnknownNameError, match="bogus"):
        sides("bogus @ w", SCOPE)


def test_a_blank_side_is_printed_by_the_format():
    assert printed((W, "=", Blank()), None, "latex", lambda b: "GAP") == "w = GAP"
    assert spoken((W, "=", Blank())) == "w = ____"


def test_terms_of_sums():
    assert terms(W + U1) == [U1, W]
    assert len(terms(SCOPE.read("y - X@w"))) == 2
    assert terms(W * U1) == [W * U1]


def test_one_letter_names_stand_without_quotes_in_typst():
    assert printed("X@w", SCOPE, "typst") == "X upright(bold(w))"
