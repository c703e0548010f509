"""Update rules against all permutations of random messages, with the rules written a second time in plain Python."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import permutations
from math import exp, prod, tanh
from random import Random
from statistics import median
from typing import Any

import pytest
import sympy as sp

from symderiv.errors import LimitError, ModelError, ReadingError, UnknownNameError
from symderiv.models.rule_language import evaluate_rule, parse_rule
from symderiv.models.rule_symmetry import symmetric_for_all_degrees
from symderiv.models.update_validity import decide, update_rule

W = [Fraction(1), Fraction(2), Fraction(-3), Fraction(5)]
S = Fraction(2)

# rule text, the same rule in Python, and whether its structure should show it for all degrees
RULES = [
    ("s + sum(m)", lambda m: S + sum(m), True),
    ("w[0]*s + w[1]*sum(m)/len(m)", lambda m: W[0] * S + W[1] * sum(m) / len(m), True),
    ("max([w[0]*s] + [w[1]*v for v in m])", lambda m: max([W[0] * S] + [W[1] * v for v in m]), True),
    ("s*prod(w[j]*m[j] for j in range(len(m)))", lambda m: S * prod(a * b for a, b in zip(W, m, strict=True)), True),
    ("s + sum(a*b for a, b in zip(w, m))", lambda m: S + sum(a * b for a, b in zip(W, m, strict=True)), False),
    ("sum(w[j] + m[j] for j in range(n))", lambda m: sum(W) + sum(m), True),
    ("sum((w[j] + m[j])**2 for j in range(n))", lambda m: sum((a + b) ** 2 for a, b in zip(W, m, strict=True)), False),
    ("sum(1/(9*(w[j]+20) + m[j]) for j in range(n))", lambda m: sum(1 / (9 * (W[j] + 20) + m[j]) for j in range(4)), False),
    ("m[0]", lambda m: m[0], False),
    ("m[-1] + sum(m[1:])", lambda m: m[-1] + sum(m[1:]), False),
    ("sum((-1)**j*v for j, v in enumerate(m))", lambda m: sum((-1) ** j * v for j, v in enumerate(m)), False),
    ("median(m)", lambda m: median(m), True),
    ("sum(w[i]*v for i, v in enumerate(sorted(m)))", lambda m: sum(a * b for a, b in zip(W, sorted(m), strict=True)), True),
    ("max(m, key=abs)", lambda m: max(m, key=abs), False),
    ("sum(m[i]*m[j] for i in range(n) for j in range(i))", lambda m: sum(m[i] * m[j] for i in range(4) for j in range(i)), False),
    ("sum(m[i]*m[(i+1) % n] for i in range(n))", lambda m: sum(m[i] * m[(i + 1) % 4] for i in range(4)), False),
    ("sum(exp(s*v/9)*v for v in m)/sum(exp(s*v/9) for v in m)",
     lambda m: sum(exp(S * v / 9) * v for v in m) / sum(exp(S * v / 9) for v in m), True),
    ("sum(w[j]*tanh(m[j]) for j in range(n))", lambda m: sum(W[j] * tanh(m[j]) for j in range(4)), False),
    ("sum(w[j]*sum(a*v for a in m) for j, v in enumerate(m))", lambda m: sum(W[j] * v * sum(m) for j, v in enumerate(m)), False),
    ("sum(v for v in m if v > 0)", lambda m: sum(v for v in m if v > 0), True),
    ("m[0] if m[0] > m[1] else m[1]", lambda m: max(m[0], m[1]), False),
]  # fmt: skip


def invariant(rule: Callable[[list[Fraction]], Any]) -> bool:
    """All orders of messages with distinct, tied and opposite values."""
    draw = Random(5)
    trials = [[Fraction(v) for v in t] for t in ((1, -1, 2, 0), (1, 1, 2, 3), (2, -2, 2, 1))]
    trials += [[Fraction(draw.randint(-9, 9), draw.randint(1, 4)) for _ in range(4)] for _ in range(6)]
    return all(abs(rule(list(p)) - rule(t)) < 1e-9 for t in trials for p in permutations(t))


@pytest.mark.parametrize(("text", "rule", "structural"), RULES, ids=[r[0] for r in RULES])
def test_validity_is_invariance_under_all_permutations(
    text: str, rule: Callable[[list[Fraction]], Any], structural: bool
) -> None:
    made = update_rule(text, 4, (), {"s": sp.Rational(S), "w": [sp.Rational(w) for w in W]})
    found = decide(made)
    assert found.valid is invariant(rule)
    assert found.all_degrees is structural
    assert (found.counterexample is None) is found.valid
    if found.counterexample is not None:
        messages = [Fraction(int(v.p), int(v.q)) for v in found.counterexample.messages]
        reordered = [messages[k] for k in found.counterexample.order]
        assert abs(float(found.counterexample.left) - rule(messages)) < 1e-9
        assert abs(float(found.counterexample.right) - rule(reordered)) < 1e-9
        assert abs(rule(messages) - rule(reordered)) > 1e-9


@pytest.mark.parametrize("scalar", [True, False])
def test_structure_never_claims_too_much(scalar: bool) -> None:
    """Random rules from pieces: whatever the structure calls symmetric survives the permutations."""
    draw = Random(11)
    bodies = ["w[j]*m[j]", "w[j]+m[j]", "m[j]", "w[j]", "(w[j]+m[j])*m[j]", "s*m[j]+w[j]", "m[j]**2", "abs(w[j]+m[j])",
              "m[j]*max(m)", "w[j]*sorted(m)[j]", "2*(w[j]+m[j])", "m[j]/(1+s)"]  # fmt: skip
    heads = [
        "sum({}  for j in range(n))",
        "prod({} for j in range(n))",
        "max({} for j in range(n))",
        "min({} for j in range(n))",
    ]
    glue = ["{} + {}", "{}*{}", "s - {} + {}", "max({}, {})"]
    claimed = 0
    for _ in range(150):
        text = draw.choice(glue).format(*(draw.choice(heads).format(draw.choice(bodies)) for _ in range(2)))
        if not symmetric_for_all_degrees(parse_rule(text), scalar):
            continue
        claimed += 1
        values = {"s": sp.Integer(2), "w": [sp.Rational(w) for w in W], "n": sp.Integer(4)}
        messages = [sp.Rational(draw.randint(-9, 9), draw.randint(1, 3)) for _ in range(4)]
        seen = {evaluate_rule(text, values | {"m": list(p)}) for p in permutations(messages)}
        assert len(seen) == 1, text
    assert claimed > 10


@pytest.mark.parametrize(
    ("words", "shape", "valid", "reason"),
    [
        ("matrix product of the messages", (2, 2), False, "matrices_do_not_commute"),
        ("trace of the product of the messages", (2, 2), False, "matrices_do_not_commute"),
        ("det of the product of the messages", (2, 2), True, "symmetric"),
        ("s + W*sum_j m_j", (2, 1), True, "symmetric"),
        ("s + sum_j W_j*m_j", (2, 1), False, "index_specific_weights"),
        ("componentwise product of the messages", (2, 1), True, "symmetric"),
        ("componentwise max of W*m_j with W=[[1,2],[3,4]]", (2, 1), True, "symmetric"),
        ("concatenation of the messages", (2, 1), False, "concatenation_order"),
        ("an LSTM over the neighbours", (), False, "order_dependent"),
        ("max(w1*s, w2*m_1, w2*m_2, ..., w2*m_n)", (), True, "symmetric"),
        ("s * prod_j w_j*m_j", (), True, "product_commutes"),
    ],
)
def test_rules_in_words(words: str, shape: tuple[int, ...], valid: bool, reason: str) -> None:
    found = decide(update_rule(words, 3, shape, words=True))
    assert (found.valid, found.reason) == (valid, reason)


def test_trace_of_two_matrices_is_cyclic_and_so_valid_at_degree_two_only() -> None:
    two = decide(update_rule("trace of the product of the messages", 2, (2, 2), words=True))
    assert two.valid and not two.all_degrees


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("s + v*sum(m)", UnknownNameError), ("w9*sum(m)", UnknownNameError), ("().__class__", ReadingError),
        ("open('x')", ReadingError), ("2**10**9", LimitError), ("sum(range(10**9))", LimitError), ("m[7]", ModelError),
        ("sum(m", ReadingError), ("(" * 300 + "m[0]" + ")" * 300, ReadingError), ("m.append(3)", ReadingError),
        ("sum(a*b*c*d*e*f for a in range(9) for b in range(99) for c in range(99) for d in m for e in m for f in m)", LimitError),
        ("lambda: 0", ReadingError), ("f'{s}'", ReadingError), ("eval(s)", UnknownNameError),
    ],
)  # fmt: skip
def test_rules_outside_the_language_are_refused(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        decide(update_rule(text, 4, (), {"s": sp.Integer(2), "w": [sp.Rational(w) for w in W]}))


def test_words_nobody_can_read_are_refused() -> None:
    with pytest.raises(ModelError, match="rule_py"):
        update_rule("whatever the weather gives", 3, (), words=True)
    with pytest.raises(ModelError):
        update_rule("sum(m)", 0)
