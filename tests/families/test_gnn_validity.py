"""Family gnn_validity: programs against all permutations in plain Python, words and LaTeX against a second reading."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import permutations
from math import exp, log, prod, sqrt, tanh
from typing import Any

import pytest

from symderiv.errors import SymderivError
from symderiv.solving import solve

s, w = 2, [1, 2, -3, 5]
Rule = Callable[[list[Fraction]], Any]

# rule_py, the same in Python, the label (None: any)
PROGRAMS: list[tuple[str, Rule, str | None]] = [
    ("w[0]*s + w[1]*sum(m)/len(m)", lambda m: w[0] * s + w[1] * sum(m) / len(m), "symmetric"),
    ("s*prod(w[j]*m[j] for j in range(4))", lambda m: s * prod(w[j] * m[j] for j in range(4)), "product_commutes"),
    ("max(a*b for a, b in zip(w, m))", lambda m: max(a * b for a, b in zip(w, m, strict=True)), "index_specific_weights"),
    ("sqrt(sum((v - sum(m)/4)**2 for v in m)/4)", lambda m: sqrt(sum((v - sum(m) / 4) ** 2 for v in m) / 4), "symmetric"),
    ("max(m) - min(m)", lambda m: max(m) - min(m), "symmetric"),
    ("sorted(m)[-2]", lambda m: sorted(m)[-2], "symmetric_after_sort"),
    ("statistics.median(m)", lambda m: sorted(m)[1] + sorted(m)[2], "symmetric_after_sort"),
    ("m[0] - m[1]", lambda m: m[0] - m[1], "order_dependent"),
    ("list(m)", lambda m: m, "concatenation_order"),
    ("sum(map(abs, m))", lambda m: sum(map(abs, m)), "symmetric"),
    ("sum(filter(lambda v: v > 0, m))", lambda m: sum(v for v in m if v > 0), "symmetric"),
    ("sum(v > s for v in m) + m[0]*(m[0] > s)", lambda m: sum(v > s for v in m) + m[0] * (m[0] > s), "order_dependent"),
    ("sum(v*(v > s) for v in m)", lambda m: sum(v * (v > s) for v in m), "symmetric"),
    ("sum((-1)**j*v for j, v in enumerate(m))", lambda m: m[0] - m[1] + m[2] - m[3], "index_specific_weights"),
    ("log(sum(exp(v) for v in m))", lambda m: log(sum(exp(v) for v in m)), "symmetric"),
    ("s + functools.reduce(lambda a, b: a*b, m)", lambda m: s + prod(m), "symmetric"),
    ("functools.reduce(lambda a, b: 2*a + b, m, s)", lambda m: 16 * s + 8 * m[0] + 4 * m[1] + 2 * m[2] + m[3], None),
    ("m.index(max(m))", lambda m: m.index(max(m)), "order_dependent"),
    ("m[m.index(max(m))]", lambda m: max(m), None),
    ("s + Fraction(1, 2)*sum(m)", lambda m: s + sum(m) / 2, "symmetric"),
    ("sum(a*b for a, b in itertools.combinations(m, 2))",
     lambda m: sum(m[i] * m[j] for i in range(4) for j in range(i)), "symmetric"),
    ("prod(m[i] - m[j] for i in range(4) for j in range(i))",
     lambda m: prod(m[i] - m[j] for i in range(4) for j in range(i)), "order_dependent"),
    ("sum(tanh(w[j]*m[j]) for j in range(4))",
     lambda m: sum(tanh(w[j] * m[j]) for j in range(4)), "index_specific_weights"),
]  # fmt: skip

# the same question in words or as a formula, scalar messages
WORDS: list[tuple[str, bool, str | None]] = [
    ("standard deviation of the messages", True, "symmetric"),
    ("range: max - min", True, "symmetric"),
    ("second largest message", True, "symmetric_after_sort"),
    ("weighted sum w_j*m_j with a different weight for each neighbour", False, "index_specific_weights"),
    ("sum_j w_j*m_(j), m sorted", True, "symmetric_after_sort"),
    ("concatenation of the sorted messages", True, "symmetric_after_sort"),
    ("concatenation of the messages", False, "concatenation_order"),
    ("W*[m_1; m_2; m_3; m_4]", False, "concatenation_order"),
    ("logsumexp of the messages", True, "symmetric"),
    ("sum over pairs i<j of |m_i - m_j|", True, "symmetric"),
    ("sum_{i<j} (m_i - m_j)", False, "order_dependent"),
    ("sum_{j=1}^{n-1} m_j*m_{j+1}", False, "order_dependent"),
    ("sum_j sum_k m_j*m_k", True, "symmetric"),
    ("sum of absolute differences between consecutive messages", False, "order_dependent"),
    ("alternating sum m_1 - m_2 + m_3 - m_4", False, "index_specific_weights"),
    ("number of messages above s", True, "symmetric"),
    ("index of the largest message", False, "order_dependent"),
    ("mean of messages plus s", True, "symmetric"),
    ("difference of the first and last message", False, "order_dependent"),
    ("phi(sum_j psi(m_j))", True, "symmetric"),
    ("MLP of the concatenation of messages", False, "concatenation_order"),
    ("sum_j alpha_j*m_j with alpha_j = softmax_j(s*m_j)", True, "symmetric"),
    ("sum_j m_j/sqrt(n_i*n_j)", True, "symmetric"),
    ("(1+eps)*s + sum_j m_j (GIN)", True, "symmetric"),
    ("s if sum_j m_j > 0 else -s", True, "symmetric"),
    ("product over j of (1 + m_j)", True, "symmetric"),
    ("sum of the two largest messages", True, "symmetric_after_sort"),
    ("sign of the sum of messages", True, "symmetric"),
    ("mean of neighbours' messages plus w times own state", True, "symmetric"),
    ("s - mean", True, "symmetric"),
    ("s + w_1*m_1", False, "order_dependent"),
    ("LSTM over the messages in the given order", False, "order_dependent"),
    ("LSTM over sorted messages", True, "symmetric_after_sort"),
    (r"s_i^{l} = w_1 s_i^{l-1} + w_2 \frac{1}{n_i} \sum_{j=1}^{n_i} m_{i,j}^{l-1}", True, "symmetric"),
    (r"s_i^{\ell} = \max(w_1 s_i^{\ell-1}, w_2 m_{i,1}^{\ell-1}, \dots, w_2 m_{i,n_i}^{\ell-1})", True, "symmetric"),
    (r"s_i^{l} = s_i^{l-1} \prod_{j=1}^{n_i} w_j m_{i,j}^{l-1}", True, "product_commutes"),
    (r"\mathbf{s}_i^{\ell} = \mathbf{s}_i^{\ell-1} + \sum_{j=1}^{n_i} w_j \mathbf{m}_{i,j}^{\ell-1}", False, None),
    (r"s + \sqrt{\sum_j m_j^2}", True, "symmetric"),
    ("∑_j w_j·m_j", False, "index_specific_weights"),
]

MATRICES: list[tuple[str, list[int], bool, str | None]] = [
    ("ordered product of matrices M_1*M_2*M_3", [2, 2], False, "matrices_do_not_commute"),
    ("commutator m_1 m_2 - m_2 m_1", [2, 2], False, "matrices_do_not_commute"),
    ("determinant of the product", [2, 2], True, None),
    ("Frobenius norm of the sum", [2, 2], True, "symmetric"),
    ("sum of inverses", [2, 2], True, "symmetric"),
    ("product of traces", [2, 2], True, "symmetric"),
    ("sum of all ordered products M_i*M_j over i != j", [2, 2], True, "symmetric"),
    ("sum_{i<j} m_i*m_j", [2, 2], False, "matrices_do_not_commute"),
    ("componentwise max(W1*s, W2*m_1, ..., W2*m_n)", [2, 1], True, "symmetric"),
    ("max(W1*s, W2*m_1, W2*m_2, ..., W2*m_n), component-wise", [2, 1], True, "symmetric"),
    ("sum_j m_j m_j^T (outer products)", [2, 1], True, "symmetric"),
    ("s + sum_j W_j*m_j with different matrices W_j", [2, 1], False, "index_specific_weights"),
    ("sum_j W_j*m_j with W1=W2=W3", [2, 2], True, "symmetric"),
    ("sum of outer products m_j*m_j^T", [2, 1], True, "symmetric"),
    ("componentwise median", [2, 1], True, "symmetric_after_sort"),
    ("sum_j softmax_j(s^T*m_j)*m_j", [2, 1], True, "symmetric"),
    ("concatenate m_1, m_2, m_3 and multiply by W", [2, 1], False, "concatenation_order"),
    ("sum_j W_j*m_j with W1=I, W2=[[0,1],[1,0]], W3=[[2,1],[0,1]]", [2, 1], False, "index_specific_weights"),
    ("componentwise product of W_j*m_j with W1=W2=W3=[[2,1],[0,1]]", [2, 1], True, None),
]  # fmt: skip

# what might be read for something else: refused, never guessed
REFUSED = [
    "message with the largest absolute value", "mean of messages sorted by arrival time", "s + reduce",
    "lexicographically sorted concatenation of messages", "sum_j m_j with a different weight for each neighbour",
    "sum of the first two messages", "sum of messages weighted by position", "message from a random neighbour",
    "average of LSTM outputs over all permutations", "sum of m_j over even j", "sum_j f(m_j, g)(1)",
    "sum_j w_j m_j, w_j shared", "sum_j m_j (neighbours ranked by degree)", "s + sum_j m_j modulo the weather", "x" * 5000,
]  # fmt: skip


def ask(**given: Any) -> dict[str, Any]:
    return solve("gnn_validity", {"task": "Is this a valid GNN node update?", **given})


@pytest.mark.parametrize(("text", "rule", "label"), PROGRAMS, ids=[p[0] for p in PROGRAMS])
def test_programs_are_judged_by_all_permutations(text: str, rule: Rule, label: str | None) -> None:
    trials = [[Fraction(v) for v in t] for t in ((1, -1, 2, 3), (1, 1, 2, 3), (2, -2, 5, 7), (3, 4, 9, -1))]

    def near(a: Any, b: Any) -> bool:
        return a == b if isinstance(a, list) else abs(a - b) < 1e-9

    valid = all(near(rule(list(p)), rule(t)) for t in trials for p in permutations(t))
    found = ask(
        rule_py=text,
        rule="words that nobody reads",
        test_degree=4,
        message_shape="scalar",
        s="2",
        w=["1", "2", "-3", "5"],
    )
    assert found["valid"] is valid
    assert label in (None, found["reason"]["label"])


@pytest.mark.parametrize(("text", "valid", "label"), WORDS, ids=[p[0] for p in WORDS])
def test_words_and_formulas_are_read(text: str, valid: bool, label: str | None) -> None:
    found = ask(rule=text, test_degree=4, message_shape="scalar", s="2", w=["1", "2", "-3", "5"])
    assert found["valid"] is valid
    assert label in (None, found["reason"]["label"])


@pytest.mark.parametrize(("text", "shape", "valid", "label"), MATRICES, ids=[p[0] for p in MATRICES])
def test_matrix_messages(text: str, shape: list[int], valid: bool, label: str | None) -> None:
    found = ask(rule=text, test_degree=3, message_shape=shape)
    assert found["valid"] is valid
    assert label in (None, found["reason"]["label"])


@pytest.mark.parametrize("text", REFUSED, ids=[t[:40] for t in REFUSED])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(SymderivError):
        ask(rule=text, test_degree=4, message_shape="scalar")


def test_words_are_asked_where_the_program_cannot_be_read() -> None:
    assert ask(rule="s + sum of the messages", rule_py="s + total_of(m)", test_degree=3)["valid"] is True


@pytest.mark.parametrize(("shape", "valid"), [("2x2", False), ("matrix", False), ("scalar", True), (None, True)])
def test_the_shape_of_a_message_in_words(shape: Any, valid: bool) -> None:
    assert ask(rule="prod_j m_j", test_degree=3, message_shape=shape)["valid"] is valid


def test_a_determinant_of_columns_is_antisymmetric() -> None:
    found = ask(rule="determinant of the matrix with columns m_1, m_2", test_degree=2, message_shape=[2, 1])
    assert (found["valid"], found["reason"]["label"]) == (False, "order_dependent")
    assert found["counterexample"]["order"] == [2, 1]


def test_a_trace_of_two_factors_is_cyclic() -> None:
    assert ask(rule="trace(M_1 M_2)", test_degree=2, message_shape=[2, 2])["valid"] is True
    assert ask(rule="trace(M_1 M_2 M_3)", test_degree=3, message_shape=[2, 2])["valid"] is False


@pytest.mark.parametrize("weights", [[], [[]], [["1"], []]])
def test_weights_without_entries_are_refused(weights: list[Any]) -> None:
    with pytest.raises(SymderivError):
        ask(rule_py="s + sum(m)", test_degree=3, w=weights)
