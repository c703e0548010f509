"""Rules in words over vectors and matrices, judged beside plain SymPy over all orders of random messages."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from random import Random
from typing import Any

import pytest
import sympy as sp

from symderiv.errors import SymderivError
from symderiv.solving import solve

Rule = Callable[[list[Any]], Any]
A, SWAP = sp.Matrix([[2, 1], [0, 1]]), sp.Matrix([[0, 1], [1, 0]])
WEIGHTS = [sp.eye(2), SWAP, A]
DIAGONALS = [sp.diag(1, 2), sp.diag(3, 1), sp.diag(1, 1)]
THREE = "W1=I, W2=[[0,1],[1,0]], W3=[[2,1],[0,1]]"
DIAGONAL = "D1=diag(1,2), D2=diag(3,1), D3=diag(1,1)"


def product(values: list[Any]) -> Any:
    total = values[0]
    for value in values[1:]:
        total = total * value
    return total


def entrywise(values: list[Any]) -> Any:
    return sp.Matrix(*values[0].shape, lambda i, j: sp.prod([v[i, j] for v in values]))


def total(values: list[Any]) -> Any:
    return sp.Matrix(*values[0].shape, lambda i, j: sum(v[i, j] for v in values))


def mixed(weights: list[Any], values: list[Any]) -> list[Any]:
    return [w * v for w, v in zip(weights, values, strict=True)]


def by_entries(values: list[Any]) -> Any:
    return sp.Matrix([sorted(v[i, 0] for v in values) for i in range(2)])


VECTORS: list[tuple[str, Rule, str | None]] = [
    ("sum_j W*m_j with one shared matrix W=[[2,1],[0,1]]", lambda m: total([A * v for v in m]), "symmetric"),
    ("sum_j W*m_j with the same matrix W=[[2,1],[0,1]] for every neighbour", lambda m: A * total(m), "symmetric"),
    ("componentwise product of W*m_j, W=[[2,1],[0,1]] shared by all neighbours",
     lambda m: entrywise([A * v for v in m]), None),
    (f"componentwise product of D_j*m_j with {DIAGONAL}", lambda m: entrywise(mixed(DIAGONALS, m)), "product_commutes"),
    (f"sum_j D_j*m_j with diagonal {DIAGONAL}", lambda m: total(mixed(DIAGONALS, m)), "index_specific_weights"),
    ("sum_j a_j*m_j with a=(1,2,3)", lambda m: m[0] + 2 * m[1] + 3 * m[2], "index_specific_weights"),
    ("sum_j R^j*m_j with rotation R=[[0,-1],[1,0]]",
     lambda m: total([sp.Matrix([[0, -1], [1, 0]]) ** (k + 1) * v for k, v in enumerate(m)]), "index_specific_weights"),
    ("Gram matrix entry m_1^T*m_2", lambda m: (m[0].T * m[1])[0], None),
    ("concatenation of the messages [m_1, m_2, m_3]", lambda m: sp.Matrix.vstack(*m), "concatenation_order"),
    ("lexicographically sorted messages, concatenated",
     lambda m: sp.Matrix.vstack(*sorted(m, key=list)), "symmetric_after_sort"),
    ("concatenation of the messages after sorting them lexicographically",
     lambda m: sp.Matrix.vstack(*sorted(m, key=list)), "symmetric_after_sort"),
    ("componentwise sorted messages, concatenated", by_entries, "symmetric_after_sort"),
    (f"sort the messages lexicographically, then sum_j W_j*m_(j) with {THREE}",
     lambda m: total(mixed(WEIGHTS, sorted(m, key=list))), "symmetric_after_sort"),
    ("first component of m_1 plus second component of m_2", lambda m: m[0][0] + m[1][1], None),
    ("sum of the first components times the sum of the second components",
     lambda m: sum(v[0] for v in m) * sum(v[1] for v in m), "symmetric"),
    ("Hadamard product m_1*m_2*m_3", entrywise, None),
    ("Hadamard product m_1 o m_2 o m_3", entrywise, None),
    ("Kronecker product of the messages", lambda m: sp.Matrix(sp.kronecker_product(*m)), None),
    ("attention sum_j softmax_j(s^T m_j) m_j", total, "symmetric"),
]  # fmt: skip
MATRICES: list[tuple[str, Rule, str | None]] = [
    ("matrix product m_1*m_2*...*m_n", product, "matrices_do_not_commute"),
    ("trace of the product m_1*m_2*...*m_n", lambda m: product(m).trace(), None),
    ("determinant of the product m_1*m_2*...*m_n", lambda m: product(m).det(), None),
    ("m_1 + m_2 + ... + m_n", total, "symmetric"),
    (f"W_1*m_1 + ... + W_n*m_n with {THREE}", lambda m: total(mixed(WEIGHTS, m)), "index_specific_weights"),
    ("product M_1*M_2*M_3 of matrix messages", product, "matrices_do_not_commute"),
    ("product of the 2x2 messages M_1 M_2 M_3", product, "matrices_do_not_commute"),
    ("matrix product prod_j m_j (matrices do not commute)", product, "matrices_do_not_commute"),
    ("prod_j m_j with 2x2 matrix messages", product, "matrices_do_not_commute"),
    ("trace(M_1*M_2*M_3) of three matrix messages", lambda m: product(m).trace(), None),
    ("trace of the product of the matrix messages, tr(m_1*m_2*m_3)", lambda m: product(m).trace(), None),
    ("product of determinants prod_j det(m_j)", lambda m: sp.prod([v.det() for v in m]), None),
    ("sum over all orderings of the matrix product",
     lambda m: total([product(list(p)) for p in permutations(m)]), None),
    ("average over all permutations of the matrix product m_1*m_2*m_3",
     lambda m: total([product(list(p)) for p in permutations(m)]) / 6, None),
    ("sum over all permutations p of m_p(1)*m_p(2)*m_p(3)",
     lambda m: total([product(list(p)) for p in permutations(m)]), None),
    (f"sum_j m_j*W_j (weights on the right) with {THREE}",
     lambda m: total([v * w for v, w in zip(m, WEIGHTS, strict=True)]), "index_specific_weights"),
]  # fmt: skip
CASES = [(shape, *case) for shape, cases in (((2, 1), VECTORS), ((2, 2), MATRICES)) for case in cases]


def ask(rule: str, shape: tuple[int, int], degree: int = 3) -> dict[str, Any]:
    return solve("gnn_validity", {"rule": rule, "test_degree": degree, "message_shape": list(shape)})


def invariant(rule: Rule, shape: tuple[int, int], degree: int = 3) -> bool:
    draw = Random(5)
    for _ in range(5):
        messages = [sp.Matrix(*shape, lambda i, j: draw.randint(-3, 4)) for _ in range(degree)]
        values = [sp.Matrix([rule(list(order))]) for order in permutations(messages)]
        if any(value != values[0] for value in values):
            return False
    return True


@pytest.mark.parametrize(("shape", "rule", "program", "label"), CASES, ids=[case[1] for case in CASES])
def test_words_are_judged_like_the_program_they_say(
    shape: tuple[int, int], rule: str, program: Rule, label: str | None
) -> None:
    found = ask(rule, shape)
    assert found["valid"] is invariant(program, shape)
    assert label in (None, found["reason"]["label"])


def test_a_cross_product_is_no_conjunction() -> None:
    assert invariant(lambda m: m[0].cross(m[1]), (3, 1), 2) is False
    assert ask("cross product of m_1 and m_2", (3, 1), 2)["valid"] is False


@pytest.mark.parametrize(
    "rule",
    ["sum of the messages, sum_j w_j*m_j with w=(1,2,3)", "sum_j W_j*m_j with one shared matrix W1=I, W2=[[0,1],[1,0]]",
     "sum_j m_j with separate matrices W=[[2,1],[0,1]]", "the messages and s",
     "s - m_1 + m_2 + ... + m_n", "m_1 + 2*m_2 + ... + n*m_n", "m_1*m_2*...*m_n^2"],
)  # fmt: skip
def test_words_that_contradict_their_formula_are_refused(rule: str) -> None:
    with pytest.raises(SymderivError):
        ask(rule, (2, 1))
