"""Forms read back: the matrix notation has the form it was read from, for random expressions too."""

from random import Random

import pytest

from symderiv.algebra.matrix_forms import MOST_TERMS, matrix_form
from symderiv.errors import LimitError
from symderiv.expressions import make
from symderiv.indexed import derivative, lower
from symderiv.scope import declare

C = declare(
    A="matrix(n, n)", B="matrix(n, n)", H="matrix(n, n), symmetric", S="matrix(n, n), spd", D="matrix(n, n), diagonal",
    X="matrix(m, n)", u="vector(n)", v="vector(n)", c="vector(m)", p="scalar, in (0, 1)", s="scalar, positive", a="scalar",
    Q="matrix(n, n), orthogonal", one="matrix(n, 1)", three="matrix(3, n)",
)  # fmt: skip


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("p*A - p**2*A", "p*(1 - p)*A"),
        ("u@A@u", "u@A@u"),
        ("sum(u)", "sum(u)"),
        ("sum(u**2)", "norm(u)**2"),
        ("sum(u**3)", "sum(u**3)"),
        ("tr(A@B.T)", "sum(A*B)"),
        ("tr(A@B)", "tr(A@B)"),
        ("tr(A.T@A)", "norm(A)**2"),
        ("tr(A@B@A)", "tr(A@A@B)"),
        ("diagonal(A@S@A.T)", "diagonal(A@S@A.T)"),
        ("diag(A@u)", "diag(A@u)"),
        ("X@diag(u)@X.T", "X@diag(u)@X.T"),
        ("A*v", "A*v"),
        ("col(c)*X", "col(c)*X"),
        ("diag(c)@X@diag(v)", "outer(c, v)*X"),
        ("D@u", "diagonal(D)*u"),
        ("(A*B)@u", "(A*B)@u"),
        ("u@A@A.T@u", "norm(A.T@u)**2"),
        ("exp(u)*exp(v)", "exp(u + v)"),
        ("sqrt(2*s/(4*pi))", "sqrt(s/(2*pi))"),
        ("inv(X.T@X + s*eye(n))@v", "inv(X.T@X + s*eye(n))@v"),
        ("-s**2*(1 - n)/n", "s**2*(n - 1)/n"),
        ("n**2 + 2*n", "n*(n + 2)"),
        ("zeros(m, n)", "zeros(m, n)"),
        ("ones(m, n)*s", "s*ones(m, n)"),
        ("one.T@A@one*ones(1, 1)", None),
        ("sum(one)*u", "sum(sum(one, 1))*u"),
        ("three@u", "three@u"),
        ("logdet(S)", "logdet(S)"),
    ],
)
def test_what_a_form_reads_as(written, read):
    form = lower(C.read(written))
    if read is None:
        with pytest.raises(LimitError, match="size 1"):
            matrix_form(form)
        return
    found = matrix_form(form)
    assert lower(found) == form
    assert lower(found) == lower(C.read(read))
    assert str(found) == read or len(str(found)) <= len(read)


@pytest.mark.parametrize("seed", range(60))
def test_random_expressions_are_read_back_to_the_same_form(seed):
    random = Random(seed)
    matrices = [C.read(t) for t in ("A", "B", "A.T", "H", "S", "D", "X.T@X", "outer(u, v)", "diag(u)", "eye(n)")]
    vectors = [C.read(t) for t in ("u", "v", "X.T@c", "p*v", "exp(u)", "ones(n)", "diagonal(B)", "sqrt(exp(v) + 1)")]

    def matrix(depth):
        if not depth:
            return random.choice(matrices)
        first, second = matrix(depth - 1), matrix(depth - 1)
        choices = (first @ second, first * second, first + 2 * second, first * vector(depth - 1), first.T)
        return random.choice(choices)

    def vector(depth):
        if not depth:
            return random.choice(vectors)
        choices = (matrix(depth - 1) @ vector(depth - 1), vector(depth - 1) * vector(depth - 1))
        return random.choice((*choices, make("diagonal", matrix(depth - 1))))

    read = 0
    for e in (matrix(2), vector(3), make("sum", vector(3)), make("tr", matrix(2)), vector(2) @ matrix(2) @ vector(1)):
        try:
            form = lower(e)
            found = matrix_form(form)
        except LimitError:
            continue
        assert lower(found) == form, f"{e} was read as {found}"
        read += 1
    assert read >= 3


def test_what_has_no_matrix_notation_is_refused():
    with pytest.raises(LimitError, match="more than two axes"):
        matrix_form(derivative(C.read("A@u"), C.A))


def test_a_sum_of_very_many_terms_is_refused():
    long = lower(C.read("(u@v + p + s + a + u@A@v)**5"))
    assert len(long.terms) > MOST_TERMS
    with pytest.raises(LimitError, match="very many terms"):
        matrix_form(long)
