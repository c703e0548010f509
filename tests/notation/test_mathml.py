"""MathML from LaTeX."""

from symderiv.notation.mathml import mathml


def test_the_name_of_a_function_stands_close_to_its_brackets():
    assert '<mo lspace="0.17em" rspace="0">mean</mo>' in mathml(r"\operatorname{mean}\left(x\right)")


def test_signs_keep_the_room_of_operators():
    assert "<mo>&#x0003D;</mo>" in mathml("a = b") and "lspace" not in mathml("a + b = c")
