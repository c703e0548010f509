"""Sums and functions under their shorter names, checked by the certifier and by what must stay as it is."""

import pytest

from symderiv.algebra.shortening import operations, shortened
from symderiv.algebra.tidying import tidy
from symderiv.certify import certify
from symderiv.scope import declare

C = declare(
    A="matrix(n, n)", S="matrix(n, n), symmetric", X="matrix(m, n)", u="vector(n)", v="vector(n)", y="vector(m)",
    p="scalar, in (0, 1)", s="scalar, positive", a="scalar", b="scalar",
)  # fmt: skip

SHORTER = [
    ("norm(u)**2 + norm(v)**2 - 2*u@v", "norm(u - v)**2"),
    ("norm(y)**2 - 2*p*y@X@u + p**2*norm(X@u)**2 + s", "norm(y - p*X@u)**2 + s"),
    ("4*s*norm(u)**2 + 9*s*norm(v)**2 + 12*s*u@v", "s*norm(2*u + 3*v)**2"),
    ("norm(X.T@y)**2 + norm(u)**2 - 2*y@X@u", "norm(X.T@y - u)**2"),
    ("norm(A)**2 + norm(S)**2 - 2*tr(A@S)", "norm(A - S)**2"),
    ("norm(u)**2/n - sum(u)**2/n**2", "var(u)"),
    ("s*norm(u)**2 - s*sum(u)**2/n", "n*s*var(u)"),
    ("u*(2*step(u) - 1)", "abs(u)"),
    ("tanh(a) - tanh(-a)", "2*tanh(a)"),
    ("cos(-u)", "cos(u)"),
    ("diag(u) - diag(v)", "diag(u - v)"),
    ("outer(u, u) + outer(v, v) - outer(u, v) - outer(v, u)", "outer(u - v, u - v)"),
    ("outer(u, u) - outer(u, v)", "outer(u, u - v)"),
    ("S@u - S@v", "S@(u - v)"),
    ("S@A@u + S@A.T@u + v", "S@(A + A.T)@u + v"),
    ("sum(u)/n", "mean(u)"),
    ("(u@exp(v))*exp(v)/sum(exp(v))**2", "u@softmax(v)*softmax(v)"),
    ("(exp(2*a) - 1)**2/(exp(2*a) + 1)**2", "tanh(a)**2"),
    ("sum(diagonal(A))", "tr(A)"),
]


@pytest.mark.parametrize(("long", "short"), SHORTER)
def test_a_shorter_name_is_found(long, short):
    found = shortened(tidy(C.read(long)))
    assert certify(long, found, symbols=C).verdict == "proved"
    assert operations(found) <= operations(C.read(short)), str(found)


@pytest.mark.parametrize(
    "kept",
    [
        "norm(u)**2 + norm(v)**2 - 3*u@v",
        "norm(u)**2 + 2*norm(v)**2 - 2*u@v",
        "norm(u)**2 - norm(v)**2 - 2*u@v",
        "norm(u)**2 - sum(v)**2/n",
        "norm(u)**2 - sum(u)**2",
        "2*step(u) + 1",
        "tanh(a) - tanh(b)",
        "outer(u, v) - outer(v, u)",
    ],
)
def test_what_only_looks_alike_stays(kept):
    found = shortened(tidy(C.read(kept)))
    assert certify(kept, found, symbols=C).verdict == "proved"
    assert operations(found) == operations(C.read(kept))
