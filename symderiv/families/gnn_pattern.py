"""Family ``gnn_pattern``: which patterns an update rule shows, and the shapes of its weights.

Read: ``rule`` (text), ``state_dimension`` (``d``), ``rows`` (weight to number of rows).
Answered: ``patterns`` (of residual, batch_normalization, attention), ``residual``, ``batch_normalization``,
``attention``, ``other_patterns``; where the shapes can be inferred ``weight_shapes`` and ``<weight>_shape``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symderiv.errors import ModelError, SymderivError
from symderiv.families import FAMILIES, forms
from symderiv.families.given import pick
from symderiv.models.update_patterns import patterns, weight_shapes


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """The patterns of a rule."""
    rule = pick(given, "rule", "update", "update_rule", "rule_py")
    if not isinstance(rule, str):
        raise ModelError("'rule' must be a text such as 's_i + W1*(1/n_i)*sum_j tanh(W2*m_j)'")
    found = patterns(rule)
    answers: dict[str, Any] = {
        "patterns": forms.words(found.names),
        "residual": found.residual,
        "batch_normalization": found.batch_normalization,
        "attention": found.attention,
        "other_patterns": forms.words(found.others),
    }
    rows = given.get("rows", given.get("W_rows", {}))
    rows = rows if isinstance(rows, Mapping) else {}
    if given.get("k") is not None and "W2" in rule.replace("_", ""):
        rows = {"W2": given["k"], **rows}
    rows = {**rows, **{k[:-5]: v for k, v in given.items() if k.endswith("_rows") and k != "W_rows"}}
    try:
        state = str(pick(given, "state_dimension", "state_dim", "d", "dim", default="d"))
        shapes = weight_shapes(rule, state, {k: str(v) for k, v in rows.items()})
    except SymderivError:
        return answers  # a rule in words has patterns but no shapes that could be inferred
    answers["weight_shapes"] = {name: list(shape) for name, shape in shapes.items()}
    return answers | {f"{name}_shape": _sizes(shape) for name, shape in shapes.items()}


def _sizes(shape: tuple[str, str]) -> Any:
    """Numbers as numbers, names as words."""
    return [int(size) for size in shape] if all(size.isdigit() for size in shape) else forms.words(shape)


FAMILIES.add("gnn_pattern", answer)
