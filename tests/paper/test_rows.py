"""Where long formulas break: the same place in every language."""

import pytest
import sympy as sp
from paper_samples import BLOCKS, DERIVATION, LONG, WIDE, W, Y

from symderiv.document import Chain, Formula, Line, chain
from symderiv.paper.rows import LINE, chain_rows, formula_rows
from symderiv.paper.widths import width


def test_a_short_formula_is_one_row():
    assert len(formula_rows(Formula((Y, "=", W)), "latex")) == 1


def test_a_long_sum_breaks_before_a_term_and_loses_none():
    rows = formula_rows(Formula((Y, "=", LONG), "1"), "latex")
    assert len(rows) > 1 and rows[-1].tag == "1" and not any(row.shrink for row in rows)
    assert all(width(row.line) <= LINE for row in rows)
    joined = " ".join(row.body for row in rows).replace(r"\quad {} ", "")
    assert joined == sp.latex(LONG, order="lex") or joined.count("u_") == 11


@pytest.mark.parametrize("name", ["long", "wide", "stacked", "chain", "own_line", "formula"])
def test_every_language_breaks_at_the_same_place(name):
    block = BLOCKS[name]
    make = chain_rows if name in ("chain", "own_line") else formula_rows
    shapes = [
        [(bool(r.left), bool(r.relation), r.tag, r.shrink) for r in make(block, language)]
        for language in ("latex", "typst", "text")
    ]
    assert shapes[0] == shapes[1] == shapes[2]


def test_what_cannot_break_is_shrunk():
    rows = formula_rows(Formula((Y, "=", WIDE)), "latex")
    assert any(row.shrink for row in rows)


def test_a_chain_carries_reasons_numbers_and_doubts():
    rows = chain_rows(chain(DERIVATION), "text")
    assert [row.verdict for row in rows if row.why] == ["", "supported"]
    assert rows[0].left and not rows[0].relation  # a wide start has a line of its own


def test_a_reason_has_the_room_that_the_lines_leave():
    short, long = Chain(Y, (Line("=", W, "a reason"),)), Chain(Y, (Line("=", LONG, "a reason"),))
    rooms = [chain_rows(block, "latex")[0].beside for block in (short, long, Chain(Y, (Line("=", W, "why", "1"),)))]
    assert rooms[0] == 24.0 and rooms[1] == 10.5 and rooms[1] < rooms[2] <= rooms[0]
    assert chain_rows(short, "typst")[0].beside == rooms[0]


def test_every_row_can_be_read_aloud():
    for name in ("formula", "long", "chain"):
        make = chain_rows if name == "chain" else formula_rows
        rows = make(BLOCKS[name], "typst")
        assert rows[0].alt or rows[0].left_alt
