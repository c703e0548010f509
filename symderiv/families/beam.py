"""Questions on decoding a sequence model.

Read: ``prob`` (or ``logprob``: a table by prefix), or ``initial`` and ``transition``; ``depth``, ``eos``,
``length_penalty`` (alpha) or ``length_normalization``, ``temperature``, ``beam`` or ``beams``.
Answers: exhaustive, greedy, beam_1 … beam_5 (and the widths asked for): words and prob (or logprob);
<search>_logprob, <search>_score, <search>_ties, <search>_steps (kept prefixes), sequences (where they are at
most 100), smallest_exact_beam, greedy_is_optimal, ratio_greedy, tie, printed_logs.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from symderiv.errors import ModelError
from symderiv.exact import read_fraction, read_int, read_matrix, read_rows
from symderiv.families import FAMILIES
from symderiv.families.forms import expr, num, words
from symderiv.families.given import pick
from symderiv.models.decoding import (
    Hypothesis,
    Search,
    SequenceModel,
    beam,
    exhaustive,
    leaves,
    markov_model,
    normalized,
    tempered,
    tree_model,
)
from symderiv.models.printed_logs import printed

_ENDS: Final = ("<eos>", "</s>", "eos", "EOS", "<end>")
_TABLES: Final = ("prob", "probs", "probabilities", "tree", "conditional")
_LOG_TABLES: Final = ("logprob", "logprobs", "log_prob", "log_probs", "labels", "log_probabilities")


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Every search's best sequence with its exact score, and how they compare."""
    model = _model(given)
    alpha = _alpha(given)
    best = exhaustive(model, alpha)
    asked = pick(given, "beams", "beam_widths", "beam_sizes", "beam", "beam_size", "beam_width", "k", default=[])
    asked = [read_int(k, "beam", 1) for k in (asked if isinstance(asked, list) else [asked])]
    beams = {k: beam(model, k, alpha) for k in sorted({1, 2, 3, 4, 5, *asked})}
    searches = {"exhaustive": best, "greedy": beams[1], **{f"beam_{k}": s for k, s in beams.items()}}
    answers: dict[str, Any] = {}
    for name, search in searches.items():
        answers |= _search(name, search, model, alpha)
    if asked:
        answers["beam"] = answers[f"beam_{asked[0]}"]
    exact = [k for k, s in beams.items() if s.best.words in {h.words for h in best.ties}]
    answers["smallest_exact_beam"] = exact[0] if exact else _smallest(model, alpha, best, max(beams) + 1)
    answers["greedy_is_optimal"] = 1 in exact
    answers["tie"] = len(best.ties) > 1
    if not model.logarithmic and best.best.score:
        answers["ratio_greedy"] = expr(beams[1].best.score / best.best.score)
    return answers | _sequences(model)


def _model(given: Mapping[str, Any]) -> SequenceModel:
    depth = pick(given, "depth", "length", "max_length", "steps", "T")
    depth = None if depth is None else read_int(depth, "depth", 1, 500)
    end = pick(given, "eos", "end", "end_token")
    logarithmic = any(name in given for name in _LOG_TABLES) or bool(given.get("logarithmic"))
    if "transition" in given or "transitions" in given:
        rows = _rows(pick(given, "transition", "transitions"), given)
        initial = pick(given, "initial", "start", "initial_distribution")
        if isinstance(initial, list):
            initial = dict(zip(_vocabulary(given, initial), initial, strict=True))
        initial = read_rows({"initial": initial}, "initial")["initial"]
        end = end or _end(rows, initial)
        model = markov_model(initial, rows, read_int(depth or 1), logarithmic=logarithmic, end=end)
    else:
        rows = pick(given, *_TABLES, *_LOG_TABLES)
        if not isinstance(rows, Mapping):
            raise ModelError(f"beam: 'prob' (a table by prefix) or 'transition' is missing; given are {sorted(given)}")
        model = tree_model(_flat(read_rows(rows, "prob")), depth, logarithmic=logarithmic, end=end or _end(rows, {}))
    heat = read_fraction(pick(given, "temperature", "tau", default=1), "temperature")
    return model if heat == 1 else tempered(model, heat)


def _rows(table: Any, given: Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(table, list):
        names = _vocabulary(given, table)
        return {a: dict(zip(names, row, strict=True)) for a, row in zip(names, read_matrix(table), strict=True)}
    return read_rows(table, "transition")


def _vocabulary(given: Mapping[str, Any], values: list[Any]) -> list[str]:
    """The tokens that the entries of a list stand for."""
    names = pick(given, "vocab", "vocabulary", "tokens")
    if not isinstance(names, list) or len(names) != len(values):
        raise ModelError(f"beam: 'vocab' must list one token for each of {len(values)} entries, got {names!r}")
    return [str(name) for name in names]


def _flat(rows: Mapping[str, Any]) -> dict[str, Any]:
    """Prefixes separated by spaces; ``"<sos>"`` or ``"start"`` is the empty one, commas and arrows count as spaces."""
    renamed = {"<sos>": "", "start": "", "root": ""}
    return {renamed.get(k, k.replace(",", " ").replace("->", " ").strip()): v for k, v in rows.items()}


def _end(rows: Mapping[str, Any], initial: Mapping[str, Any]) -> str | None:
    """An end token known by its name, if the model uses one and never continues after it."""
    tokens = {t for row in rows.values() if isinstance(row, Mapping) for t in row} | set(initial)
    return next((t for t in _ENDS if t in tokens and t not in rows), None)


def _alpha(given: Mapping[str, Any]) -> Fraction:
    on = pick(given, "length_penalty", "alpha", "length_alpha", "length_normalization", "length_normalisation",
              "normalize_length", "length_norm", default=0)
    if isinstance(on, bool):
        return Fraction(int(on))
    if isinstance(on, str) and on.strip().lower() in ("mean", "average", "per_token", "1/length", "length"):
        return Fraction(1)
    return Fraction(0) if on == "none" else read_fraction(on, "length penalty")


def _search(name: str, search: Search, model: SequenceModel, alpha: Fraction) -> dict[str, Any]:
    best = search.best
    answers: dict[str, Any] = {
        name: _found(best, model),
        f"{name}_ties": [list(h.words) for h in search.ties],
        f"{name}_steps": [[" ".join(h.words) for h in step.kept] for step in search.steps],
    }
    if model.logarithmic or best.score:
        answers[f"{name}_logprob"] = num(normalized(model, best, Fraction(0)))
        answers[f"{name}_score"] = num(normalized(model, best, alpha))
    return answers


def _found(best: Hypothesis, model: SequenceModel) -> dict[str, Any]:
    key = "logprob" if model.logarithmic else "prob"
    return {**words(best.words), key: decimal(best.score) if model.logarithmic else str(best.score)}


def decimal(value: Any) -> str:
    """A decimal where it ends, else a fraction.

    >>> decimal(Fraction(-27, 25)), decimal(Fraction(1, 3))
    ('-1.08', '1/3')
    """
    if isinstance(value, Fraction):
        for places in range(12):
            if value.denominator != 1 and 10**places % value.denominator == 0:
                return f"{float(value):.{places}f}"
    return str(value)


def _smallest(model: SequenceModel, alpha: Fraction, best: Search, start: int) -> int | None:
    goals = {h.words for h in best.ties}
    return next((k for k in range(start, 60) if beam(model, k, alpha).best.words in goals), None)


def _sequences(model: SequenceModel) -> dict[str, Any]:
    found = []
    for leaf in leaves(model):
        found.append(leaf)
        if len(found) > 100:
            return {}
    scores = {" ".join(h.words): decimal(h.score) if model.logarithmic else str(h.score) for h in found}
    if model.logarithmic or any(not isinstance(h.score, Fraction) for h in found):
        return {"sequences": scores}
    logs = {" ".join(h.words): f"{float(printed(h.score)):.2f}" for h in found if h.score}
    return {"sequences": scores, "printed_logs": logs}


FAMILIES.add("beam", answer)
