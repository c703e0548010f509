"""Questions on recurrences with vector states: a matrix among the data says so.

Answered: ``y`` (the output state), ``h1 …``, ``states``, the Jacobians ``dy_du1 …`` and ``dh_T_dh_0`` (``dy_dh0``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from symderiv.errors import LimitError, ModelError
from symderiv.exact import ANY_NAME, read_exact
from symderiv.families import forms
from symderiv.models.recurrent import read_recurrence, unroll
from symderiv.models.rule_language import free_names
from symderiv.models.vector_recurrence import componentwise, entry_names


def is_matrix(value: object) -> bool:
    """A list of lists."""
    return isinstance(value, list) and bool(value) and all(isinstance(row, list) and row for row in value)


def vector_answers(text: str, steps: int, given: Mapping[str, Any], output: str | None) -> dict[str, Any]:
    """Every state and its Jacobians by inputs and start, from the recurrence of the entries."""
    recurrence = read_recurrence(text)
    state = recurrence.states[-1]
    told = re.fullmatch(r"(\w+?)_?(\d+)", output or f"{state}_{steps}")
    if told is None or told[1] not in recurrence.states or not 1 <= int(told[2]) <= steps:
        raise ModelError(f"the output {output!r} of a vector recurrence must be one state, such as {state}_{steps}")
    names = {name.strip("_"): given[name] for name in given if isinstance(given[name], list)}
    square = [value for name, value in names.items() if is_matrix(value) and name not in recurrence.inputs]
    size = len(square[0]) if square else len(next(v[0] for v in names.values() if is_matrix(v)))
    values, axes = _known(names, recurrence.inputs, recurrence.states, size)
    plain = {name for _, tree in recurrence.equations for name in free_names(tree)} & set(given) - set(names)
    values |= {name: read_exact(given[name], ANY_NAME, name) for name in plain if given[name] != name}
    scalar = componentwise(text, size, axes | dict.fromkeys(recurrence.inputs, 1))
    outs = [unroll(read_recurrence(scalar), steps, f"{entry}_{told[2]}", values)
            for entry in entry_names(told[1], size)]  # fmt: skip
    along = {k: [outs[0].value(f"{entry}_{k}") for entry in entry_names(state, size)] for k in range(1, steps + 1)}
    y = [out.output for out in outs]

    def jacobian(of: list[str], *called: str) -> dict[str, Any]:
        try:
            return dict.fromkeys(called, forms.mat([[out.total(name) for name in of] for out in outs]))
        except LimitError:  # too long to write; the states are still told
            return {}

    answers: dict[str, Any] = {
        "y": forms.vec(y), f"{told[1]}_{told[2]}": forms.vec(y), "states": forms.mat(along.values()),
        **{f"{state}{k}": forms.vec(entries) for k, entries in along.items()},
    }
    for stem in recurrence.inputs:
        for k in range(1, steps + 1):
            of = [f"{entry}{k}" for entry in entry_names(stem, size)]
            if all(name in outs[0].inputs for name in of):
                answers |= jacobian(of, f"dy_d{stem}{k}")
    of = [f"{entry}0" for entry in entry_names(state, size)]
    if all(name in outs[0].starts for name in of):
        answers |= jacobian(of, f"dy_d{state}0", f"d{state}_T_d{state}_0")
    return answers


def _known(
    names: Mapping[str, Any], inputs: tuple[str, ...], states: tuple[str, ...], size: int
) -> tuple[dict[str, Any], dict[str, int]]:
    """Values under the names of entries, and the axes of the weights."""
    values: dict[str, Any] = {}
    axes: dict[str, int] = {}

    def put(stem: str, ending: str, entries: Any) -> None:
        if not isinstance(entries, list) or len(entries) != size:
            raise ModelError(f"{stem}{ending}: {entries!r} is no list of {size} entries")
        for entry, value in zip(entry_names(stem, size), entries, strict=True):
            values[f"{entry}{ending}"] = read_exact(value, ANY_NAME, f"{stem}{ending}")

    for name, value in names.items():
        start = re.fullmatch(rf"({'|'.join(states)})_?0", name)
        if start:
            put(start[1], "0", value)
        elif name in inputs:
            for k, entries in enumerate(value, 1):
                put(name, str(k), entries)
        elif is_matrix(value):
            axes[name] = 2
            if len(value) != size:
                raise ModelError(f"{name}: {len(value)} rows, not {size}; weights are square")
            for row, entries in zip(entry_names(name, size), value, strict=True):
                put(row, "", entries)
        else:
            axes[name] = 1
            put(name, "", value)
    return values, axes
