"""Family ``gnn_validity``: is an update rule invariant under every order of the neighbours?

Read: ``rule_py`` (the rule language over ``m``, ``s``, ``w``, ``n``), else ``rule`` (words or a formula with a
running index), ``test_degree``, ``message_shape`` (``scalar`` or ``[rows, columns]``), ``s``, ``w``, further
weights by name.
Answered: ``valid``, ``reason`` (symmetric, symmetric_after_sort, product_commutes; index_specific_weights,
order_dependent, matrices_do_not_commute, concatenation_order), ``verdict``, ``method``, ``all_degrees``,
``counterexample``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sympy as sp

from symderiv.errors import ModelError, ReadingError, UnknownNameError
from symderiv.exact import ANY_NAME, read_exact, read_int
from symderiv.families import FAMILIES, forms
from symderiv.families.given import pick
from symderiv.models.rule_functions import Value
from symderiv.models.update_validity import Validity, decide, update_rule

SETTINGS = frozenset({
    "rule", "rule_py", "test_degree", "degree", "message_shape", "shape", "n_neighbors", "neighbors", "n", "task",
})  # fmt: skip


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """The verdict on one rule, with exact numbers where it fails."""
    texts = [(given[k], k == "rule") for k in ("rule_py", "rule") if isinstance(given.get(k), str)]
    if not texts:
        raise ModelError("a rule is needed as 'rule_py', for example 's + sum(m)', or in words as 'rule'")
    degree = read_int(
        pick(given, "test_degree", "degree", "n_neighbors", "neighbors", "n", default=3), "degree", least=1
    )
    shape = _shape(pick(given, "message_shape", "shape", default="scalar"))
    values = {k: _value(v, k) for k, v in given.items() if k not in SETTINGS and k.isidentifier()}
    found = _decided(texts, degree, shape, values)
    answers: dict[str, Any] = {
        "valid": found.valid,
        "reason": forms.label(found.reason),
        "verdict": forms.label(found.verdict),
        "method": {"text": found.method},
        "all_degrees": found.all_degrees,
        "degree": degree,
    }
    return answers | _shown(found)


def _decided(
    texts: list[tuple[str, bool]], degree: int, shape: tuple[int, ...], values: Mapping[str, Value]
) -> Validity:
    """The verdict on the first text that can be read; the words are asked only where the program is not readable."""
    for text, words in texts[:-1]:
        try:
            return decide(update_rule(text, degree, shape, values, words))
        except (ReadingError, UnknownNameError):
            continue
    return decide(update_rule(texts[-1][0], degree, shape, values, texts[-1][1]))


def _shown(found: Validity) -> dict[str, Any]:
    example = found.counterexample
    if example is None:
        return {}
    return {
        "counterexample": {
            "messages": [_written(m) for m in example.messages],
            "order": [k + 1 for k in example.order],
            "value": _written(example.left),
            "value_reordered": _written(example.right),
        }
    }


def _written(value: Value) -> Any:
    if isinstance(value, sp.MatrixBase):
        return forms.mat(value.tolist())
    return forms.vec(value) if isinstance(value, list) else forms.text(value)


def _shape(value: object) -> tuple[int, ...]:
    if value in ("scalar", None, [], 1):
        return ()
    if isinstance(value, str):  # of a vector or a matrix without sizes, sizes of 2 are tested
        sizes = re.fullmatch(r"\s*\(?\s*(\d+)\s*[x×*,]\s*(\d+)\s*\)?\s*", value)
        named = {"vector": [2, 1], "column": [2, 1], "matrix": [2, 2], "matrices": [2, 2], "vectors": [2, 1]}
        value = [int(sizes[1]), int(sizes[2])] if sizes else named.get(value.strip().lower(), value)
    if isinstance(value, list) and len(value) in (1, 2):
        dims = tuple(read_int(d, "message_shape", least=1) for d in value)
        return dims if len(dims) == 2 else (*dims, 1)
    raise ModelError(f"message_shape must be 'scalar' or [rows, columns], not {value!r}")


def _value(value: object, what: str) -> Value:
    if isinstance(value, list):
        if not value:
            raise ModelError(f"{what} is an empty list; give its entries, or leave it out")
        entries = [_value(v, what) for v in value]
        if all(isinstance(e, list) and not isinstance(e[0], (list, sp.MatrixBase)) for e in entries):
            return sp.Matrix(entries)
        return entries
    return read_exact(value, ANY_NAME, what)


FAMILIES.add("gnn_validity", answer)
