"""Family ``rnn``: a recurrence unrolled, its derivatives, and the contribution of every use of a weight.

Read: ``recurrence`` (text, see ``models.recurrent``), ``steps``, ``h0`` (and further starting values), ``output``
(an expression in ``h_1 … h_T``), ``loss`` (in ``y`` or the states, or "squared error" with a ``target``), values for
names (``w``, ``u``, ``values``), ``untied``, ``truncate`` (a window) or ``detach`` (a state), ``learning_rate``.
A matrix among the data: see ``rnn_vectors``.
Answered: ``y``, ``L`` with a loss, ``dy_d<name>`` for every weight, input, starting value and state,
``d2y_d<name>2``, ``edge_contributions`` (of ``w``, else of the first weight) and ``edge_contributions_<name>``,
``states``, ``h1 …``, ``dh_T_dh_0`` where the output is the last state, ``dy_d<name>_truncated``, ``<name>_new``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sympy as sp

from symderiv.errors import LimitError, ModelError
from symderiv.exact import ANY_NAME, read_exact, read_int
from symderiv.families import FAMILIES, forms
from symderiv.families.given import need, pick
from symderiv.families.rnn_vectors import is_matrix, vector_answers
from symderiv.models.recurrent import Recurrence, Unrolled, read_recurrence, tidy, unroll

WINDOWS = ("truncate", "truncation", "truncation_length", "bptt_window", "bptt_steps", "tbptt", "tbptt_k", "window")
DETACHED = ("detach", "detach_at", "detached", "stop_gradient", "stop_gradient_at")
RATES = ("learning_rate", "lr", "step_size")
SETTINGS = frozenset({
    "recurrence", "steps", "T", "output", "outputs", "loss", "values", "at", "point", "inputs", "untied", "shared",
    "tied", "weights", "target", "activation", "task", *WINDOWS, *DETACHED, *RATES,
})  # fmt: skip
LOSSES = {
    **dict.fromkeys(("squarederror", "squared", "se", "l2", "mse"), "(y - ({}))**2"),
    **dict.fromkeys(("halfsquarederror", "halfsquared", "halfmse"), "(y - ({}))**2/2"),
}
SECOND_DERIVATIVE_SIZE = 400


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Every usual answer about an unrolled recurrence, computed by the chain rule over its graph."""
    text = _recurrence_text(given)
    recurrence = read_recurrence(text)
    steps = read_int(given.get("steps", given.get("T", 1)), "steps", least=1)
    output = _output(given.get("output", given.get("outputs")), recurrence)
    if any(is_matrix(given[name]) for name in _used(given, recurrence)):
        return vector_answers(text, steps, given, output)
    values = _numbers(given, recurrence)
    unrolled = unroll(recurrence, steps, output, values)
    answers = _derivatives(unrolled, "y", recurrence, steps, given)
    loss = _loss(given)
    if (output or last_state(recurrence, steps)) == last_state(recurrence, steps):
        h = recurrence.states[-1]
        names = (f"d{h}_T_d{h}_0", f"d{h}T_d{h}0", f"d{h}_{steps}_d{h}_0", f"d{h}{steps}_d{h}0")
        answers |= dict.fromkeys(names, answers[f"dy_d{h}0"]) if f"dy_d{h}0" in answers else {}
    if loss is not None:
        last = output or last_state(recurrence, steps)
        whole = loss if "y" in recurrence.states else re.sub(r"\by\b", f"({last.split('=')[-1]})", loss)
        lossy = unroll(recurrence, steps, whole, values)
        answers |= {k: v for k, v in _derivatives(lossy, "L", recurrence, steps, given).items() if k not in answers}
        answers["loss"] = answers["L"]
    return answers


def last_state(recurrence: Recurrence, steps: int) -> str:
    """The name of the last state at the last time step."""
    return f"{recurrence.states[-1]}_{steps}"


def _loss(given: Mapping[str, Any]) -> str | None:
    """The loss as an expression; a usual name needs a ``target``."""
    loss = given.get("loss")
    if not isinstance(loss, str):
        return None
    named = LOSSES.get(re.sub(r"[^a-z0-9]", "", loss.lower().replace("1/2", "half")))
    return loss if named is None else named.format(need(given, "target"))


def _derivatives(
    unrolled: Unrolled, y: str, recurrence: Recurrence, steps: int, given: Mapping[str, Any]
) -> dict[str, Any]:
    """The answers about one output, whose name is ``y`` or ``L``."""
    answers: dict[str, Any] = {y: forms.expr(unrolled.output)}
    along = [f"{state}_{k}" for state in recurrence.states for k in range(1, steps + 1)]
    too_long = []
    for name in [*unrolled.weights, *unrolled.inputs, *unrolled.starts, *along]:
        try:
            total = unrolled.total(name)
        except LimitError:
            too_long.append(name)
            continue
        answers[f"d{y}_d{name}"] = forms.expr(total)
        if name in unrolled.weights and total.count_ops() < SECOND_DERIVATIVE_SIZE:
            answers[f"d2{y}_d{name}2"] = forms.expr(tidy(total.diff(sp.Symbol(name))))
    answers |= {f"d{y}_d{name.replace('_', '')}": answers[f"d{y}_d{name}"] for name in along if name not in too_long}
    if too_long:
        answers["too_long_to_write"] = too_long
    shared = [name for name in unrolled.weights if name not in too_long and unrolled.backward.edges(name)]
    for name in shared:
        answers[f"edge_contributions_{name}"] = forms.vec(use.contribution for use in unrolled.uses(name))
    if shared:
        main = "w" if "w" in shared else shared[0]
        answers["edge_contributions"] = answers[f"edge_contributions_{main}"]
    state = recurrence.states[-1] if len(recurrence.states) == 1 else recurrence.states[0]
    values = {k: unrolled.value(f"{state}_{k}") for k in range(1, steps + 1)}
    answers["states"] = forms.vec(values.values())
    answers |= {f"{state}{k}": forms.expr(value) for k, value in values.items()}
    return answers | _training(unrolled, y, shared, steps, given)


def _training(unrolled: Unrolled, y: str, shared: list[str], steps: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """Truncated backpropagation through time, and one step of gradient descent."""
    answers: dict[str, Any] = {}
    window, detached, rate = pick(given, *WINDOWS), pick(given, *DETACHED), pick(given, *RATES)
    first = None
    if window is not None:
        first = steps - read_int(window, "the window of truncation", least=1) + 1
    elif detached is not None:
        told = re.sub(r"\D+", "", detached) if isinstance(detached, str) else detached
        first = read_int(told, "the detached time step", 0, steps) + 1
    for name in shared:
        if first is not None:
            kept = [use.contribution for use in unrolled.uses(name) if use.time_step >= first]
            answers[f"d{y}_d{name}_truncated"] = forms.expr(tidy(sp.Add(*kept)))
        if rate is not None:
            step = read_exact(rate, ANY_NAME, "the learning rate") * unrolled.total(name)
            value = unrolled.known.get(name, sp.Symbol(name))
            answers[f"{name}_new"] = forms.expr(tidy(value - step))
    return answers


def _recurrence_text(given: Mapping[str, Any]) -> str:
    text = given.get("recurrence")
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        text = ";".join(text)
    if not isinstance(text, str):
        raise ModelError("'recurrence' must be a text such as 'h = w*(u_t + h_prev)'")
    activation = given.get("activation")
    if isinstance(activation, str) and activation not in ("none", "linear", "identity") and activation not in text:
        text = re.sub(r"=\s*(.+)", lambda m: f"= {activation}({m[1]})", text)
    if given.get("untied") is True or False in (given.get("shared"), given.get("tied")) or _per_step(given):
        text = re.sub(r"\bw\b", "w_t", text)
    return text


def _per_step(given: Mapping[str, Any]) -> bool:
    """Whether ``weights`` names or gives one w for every time step."""
    return isinstance(given.get("weights"), list)


def _output(output: object, recurrence: Recurrence) -> str | None:
    if output is None:
        return None
    if not isinstance(output, str):
        raise ModelError("'output' must be a text such as 'h_5' or 'h_1 + h_2 + h_3'")
    return {"sum": f"sum({recurrence.states[-1]})", "mean": f"mean({recurrence.states[-1]})"}.get(output, output)


def _used(given: Mapping[str, Any], recurrence: Recurrence) -> list[str]:
    """The names of ``given`` that occur in the recurrence, the output or the loss; others are not looked up."""
    said = " ".join(str(given.get(k, "")) for k in ("recurrence", "output", "outputs", "loss"))
    used = {re.sub(r"[_\d]+$", "", word) for word in re.findall(r"[A-Za-z]\w*", said)} | set(recurrence.states)
    used |= {word.removesuffix("_t") for word in used} | {word.removesuffix("_prev") for word in used}
    ending = r"(?:_minus\d+|_init|_prev|[_\d]+)$"
    return [name for name in given if name not in SETTINGS and re.sub(ending, "", name) in used]


def _numbers(given: Mapping[str, Any], recurrence: Recurrence) -> dict[str, Any]:
    """Values for names, starting values such as h0 among them, out of all the places they may stand."""
    found: dict[str, object] = {name: given[name] for name in _used(given, recurrence)}
    for place in ("inputs", "values", "at", "point"):
        if isinstance(given.get(place), Mapping):
            found |= given[place]
        elif isinstance(given.get(place), list):
            found["u"] = given[place]
    if _per_step(given):
        found["w"] = [None if isinstance(w, str) and w.isidentifier() else w for w in given["weights"]]
    flat: dict[str, object] = {}
    for name, value in found.items():
        if isinstance(value, Mapping):
            flat |= {str(k) if str(k).startswith(name) else f"{name}{k}": v for k, v in value.items()}
        elif isinstance(value, list):
            flat |= {f"{name}{k}": v for k, v in enumerate(value, 1) if v is not None}
        elif isinstance(value, (int, float, str)) and not isinstance(value, bool):
            flat[name.replace("_", "") if re.fullmatch(r"[A-Za-z]+_\d+", name) else name] = value
    starting = re.compile(rf"({'|'.join(recurrence.states)})(0|_minus\d+|_init|_0|_prev)")
    values: dict[str, Any] = {}
    for name, value in flat.items():
        start = starting.fullmatch(name)
        if start:
            key = f"{start[1]}{'0' if start[2] in ('_init', '_0', '_prev') else start[2]}"
            values[key] = read_exact(value, ANY_NAME, name)
        elif not isinstance(value, str) or not value.isidentifier():
            values[name] = read_exact(value, ANY_NAME, name)
    return values


FAMILIES.add("rnn", answer)
