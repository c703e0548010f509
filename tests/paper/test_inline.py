"""Markup inside a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symderiv.document import Blank, Math
from symderiv.errors import ReadingError
from symderiv.notation.escaping import latex_text, typst_text
from symderiv.paper.inline import Code, Emph, Link, Ref, Strong, Words, pieces, plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a **b** c", (Words("a "), Strong((Words("b"),)), Words(" c"))),
        ("*b*", (Emph((Words("b"),)),)),
        ("2 * 3 * 4", (Words("2 * 3 * 4"),)),
        ("`x*y`", (Code("x*y"),)),
        ("[a](https://b.c/d)", (Link((Words("a"),), "https://b.c/d"),)),
        ("@{13}", (Ref("13"),)),
        ("____", (Blank(width=2.0),)),
        (r"\$5 and \*", (Words("$5 and *"),)),
        ('"a" isn\'t -- b', (Words("“a” isn’t – b"),)),
        ("snake_case_name", (Words("snake_case_name"),)),
    ],
)
def test_markup(text, expected):
    assert pieces(text) == expected


def test_mathematics_carries_its_scope():
    assert pieces("a $x + 1$", {"x + 1": 3})[1] == Math("x + 1", {"x + 1": 3})
    assert plain(pieces("a $x$", {"x": 3})) == "a 3"


@pytest.mark.parametrize("text", ["costs $5", "$ $", "a $$ b"])
def test_open_mathematics_is_named(text):
    with pytest.raises(ReadingError, match="dollar"):
        pieces(text)


@pytest.mark.parametrize("address", ["javascript:alert", "file:///etc/passwd", "data:text/html,x"])
def test_unsafe_links_are_refused(address):
    with pytest.raises(ReadingError, match="link"):
        pieces(f"[x]({address})")


@given(st.text(alphabet=st.characters(exclude_characters="$"), max_size=80))
def test_any_text_has_pieces(text):
    try:
        found = pieces(text)
    except ReadingError as error:
        assert "link" in str(error)
    else:
        assert all(isinstance(piece, (Words, Strong, Emph, Code, Link, Ref, Blank)) for piece in found)


def test_spaces_of_a_fixed_width_are_kept():
    assert pieces("valid \n yes\u2003no\u00a05")[0].text == "valid yes\u2003no\u00a05"
    assert latex_text("yes\u2003no\u00a05") == r"yes\quad{}no~5"
    assert "yes\u2003no" in typst_text("yes\u2003no")
