"""SymPy's names in Typst."""

import pytest

from symderiv.notation.typst_names import close_call, quoted, sympy_name


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("x", "x"), ("u_1", "u_(1)"), ("sigma2", "sigma_(2)"), ("wcheck", "caron(w)"), ("Xtilde_j", "tilde(X)_(j)"),
        ("h_{t-1}", "h_(t - 1)"), (r"\mathbf{s}_i^{\ell-1}", "upright(bold(s))_(i)^(ell - 1)"), ("loss", 'italic("loss")'),
        ("W_out", 'W_(upright("out"))'), ("epsilon", "epsilon.alt"), (r"\mathcal{L}", "cal(L)"), ("q'", "q'"),
        (r"\mathrm{softmax}", 'upright("softmax")'),
    ],
)  # fmt: skip
def test_names(name, made):
    assert sympy_name(name) == made


@pytest.mark.parametrize("name", ["#let", 'a"b', r"\frac{", "a b", r"\write18{x}", "dL/dw", "{", "é", "", "x$", "_"])
def test_what_is_not_understood_is_text(name):
    assert sympy_name(name) == quoted(name)


def test_a_call_with_an_exponent_has_no_gap_before_its_brackets():
    assert close_call('op("step") lr((u))') == 'op("step")#h(0pt) lr((u))'
    assert close_call("tanh lr((u))") == "tanh lr((u))" and close_call("x") == "x"
