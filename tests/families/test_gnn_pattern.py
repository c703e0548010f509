"""Family gnn_pattern: which of the three patterns a rule shows; the definition decides, case by case."""

from __future__ import annotations

from typing import Any

import pytest

from symderiv.errors import SymderivError
from symderiv.solving import solve

RESIDUAL, BATCH, ATTENTION = "residual", "batch_normalization", "attention"
RULES: list[tuple[str, list[str]]] = [
    ("s_i = s_i + W1*(1/n_i)*sum_j tanh(W2*m_j)", [RESIDUAL]),
    ("s_i = relu(W1*s_i + W2*sum_j m_j)", []),
    ("s_i = relu(s_i + W2*sum_j m_j)", [RESIDUAL]),
    ("h_i = h_i + W*sum_j h_j", [RESIDUAL]),
    ("s_i = sum_j alpha_ij*W*m_j, alpha_ij = softmax_j(a^T*[W*s_i, W*m_j])", [ATTENTION]),
    ("s_i = s_i + sum_j softmax_j(s_i^T*W*m_j)*V*m_j", [RESIDUAL, ATTENTION]),
    ("s_i = sum_j exp(s_i*m_j)*m_j/sum_k exp(s_i*m_k)", [ATTENTION]),
    ("s_i = sum_j a(s_i,m_j)*m_j with a = softmax over j of s_i^T m_j", [ATTENTION]),
    ("s_i = sum_j softmax_j(w_j)*m_j", []),
    ("s_i = sum_j sigmoid(s_i*m_j)*m_j", []),
    ("s_i = BN(s_i + W*sum_j m_j)", [RESIDUAL, BATCH]),
    ("s_i = (s_i - mean over the batch)/(std over the batch) + s_i", [RESIDUAL, BATCH]),
    ("s_i = gamma*(s_i - mu)/sqrt(sigma^2 + eps) + beta, mu and sigma^2 over the mini-batch", [BATCH]),
    ("s_i = (s_i - mean(s_i))/std(s_i), mean/std over the features of node i", []),
    ("s_i = LayerNorm(s_i + sum_j W*m_j)", [RESIDUAL]),
    ("s_i = InstanceNorm(s_i + sum_j m_j)", [RESIDUAL]),
    ("s_i = z*s_i + (1-z)*tanh(W*sum_j m_j), z = sigmoid(U*s_i)", []),
    ("s_i = dropout(W*sum_j m_j)", []),
    (r"\mathbf{s}_i^{\ell} = \mathbf{s}_i^{\ell-1} + W_1 \frac{\sum_{j=1}^{n_i} \tanh(W_2 \mathbf{m}_{i,j}^{\ell-1})}{n_i}",
     [RESIDUAL]),
    (r"s_i^{\ell} = \sum_j \alpha_{ij} W m_j, \alpha_{ij} = \frac{\exp(e_{ij})}{\sum_k \exp(e_{ik})}", [ATTENTION]),
    ("attention over neighbours plus the previous state", [RESIDUAL, ATTENTION]),
    ("batch normalization of the sum of messages", [BATCH]),
    ("s_i = s_i + W1*sum_j m_j/n_i, followed by batch normalization over the mini-batch", [RESIDUAL, BATCH]),
    ("s_i = s_i + W1*sum_j m_j/n_i, followed by layer normalization", [RESIDUAL]),
    ("s_i = softmax(W1*sum_j m_j)", []),
    ("s_i = sum_j softmax(W1*m_j) (softmax over the features)", []),
    ("s_i = softmax(W1*sum_j m_j)*s_i", []),
    ("s_i = sum_j softmax(s_i^T m_j) m_j", [ATTENTION]),
    ("s_i = s_i + sum_j (softmax(s_i*m_j))*W1*m_j", [RESIDUAL, ATTENTION]),
    ("S = softmax(S*S^T)*S*W1", [ATTENTION]),
    ("s_i = S + softmax(Q K^T/sqrt(d)) V", [ATTENTION]),
    ("s_i = sum_j a_ij*m_j, a_ij = softmax(s_i^T m_j)", [ATTENTION]),
    ("s_i = max(s_i, max_j m_j)", []),
    ("skip connection around a layer with batch norm", [RESIDUAL, BATCH]),
]  # fmt: skip


def ask(**given: Any) -> dict[str, Any]:
    return solve("gnn_pattern", given)


@pytest.mark.parametrize(("rule", "expected"), RULES, ids=[r[:50] for r, _ in RULES])
def test_patterns_of_a_rule(rule: str, expected: list[str]) -> None:
    found = ask(rule=rule)
    assert found["patterns"]["words"] == expected
    assert [name for name in (RESIDUAL, BATCH, ATTENTION) if found[name]] == expected


@pytest.mark.parametrize("name", ["rule", "update", "update_rule"])
def test_the_rule_may_stand_under_other_names(name: str) -> None:
    assert ask(**{name: "s_i + sum_j m_j"})["residual"] is True


def test_other_patterns_are_named() -> None:
    assert "layer_normalization" in ask(rule="s_i = LN(W*sum_j m_j)")["other_patterns"]["words"]
    assert "gating" in ask(rule="s_i = z*s_i + (1-z)*sum_j m_j, z = sigmoid(U*s_i)")["other_patterns"]["words"]
    assert "dropout" in ask(rule="s_i = dropout(W*sum_j m_j)")["other_patterns"]["words"]


def test_shapes_of_the_weights() -> None:
    rule = "s_i + W1*(1/n_i)*sum_j tanh(W2*m_j)"
    assert ask(rule=rule, d="d", W2_rows="k")["W1_shape"] == {"words": ["d", "k"]}
    assert ask(rule=rule, state_dim=8, k=16)["weight_shapes"]["W1"] == ["8", "16"]
    assert ask(rule=rule, state_dim=8, k=16)["W1_shape"] == [8, 16]


def test_denied_patterns_are_not_read_as_shown() -> None:
    with pytest.raises(SymderivError):
        ask(rule="message passing without attention")


@pytest.mark.parametrize("given", [{}, {"rule": 3}, {"rule": " "}])
def test_bad_questions_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(SymderivError):
        ask(**given)
