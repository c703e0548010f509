"""Questions on decoding a sequence model.

Read: ``prob`` (or ``logprob``: a table by prefix), or ``initial`` and ``transition`` (with ``emission`` and
``observations``: a hidden Markov model, whose searches score hidden tokens); ``depth``, ``eos``,
``length_penalty`` (alpha) or ``length_normalization``, ``temperature``, ``beam`` or ``beams``.
Answers: exhaustive, greedy, beam_1 … beam_5 (and the widths asked for): words and prob (or logprob);
<search>_logprob, <search>_score, <search>_ties, <search>_steps (kept prefixes), sequences (where they are at
most 100), ranking, second_best, top_2 …, smallest_exact_beam, greedy_is_optimal, ratio_greedy, tie, printed_logs.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from symderiv.exact import read_fraction, read_int
from symderiv.families import FAMILIES
from symderiv.families.beam_reading import sequence_model
from symderiv.families.forms import expr, num, words
from symderiv.families.given import pick, prose
from symderiv.models.decoding import Hypothesis, Search, SequenceModel, beam, exhaustive, leaves, normalized, ranked
from symderiv.models.printed_logs import printed

LARGEST_RANKED: Final = 3_000
LARGEST_WIDTH: Final = 200
ASKED: Final = re.compile(
    r"(?:\bbeams?(?: search)?(?: of)?(?: with)?(?: (?:sizes?|widths?|k))?|\bk) ?=? ?((?:\d+(?:, and |, | and | or )?)+)"
)
BY_LENGTH: Final = re.compile(r"length[- ]normali[sz]|(?:normali[sz]ed|divided) by (?:the |its )?length|per[- ]token")


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Every search's best sequence with its exact score, and how they compare."""
    model = sequence_model(given)
    alpha = _alpha(given)
    best = exhaustive(model, alpha)
    asked = _asked(given)
    beams = {k: beam(model, k, alpha) for k in sorted({1, 2, 3, 4, 5, *asked})}
    searches = {"exhaustive": best, "greedy": beams[1], **{f"beam_{k}": s for k, s in beams.items()}}
    answers: dict[str, Any] = {}
    for name, search in searches.items():
        answers |= _search(name, search, model, alpha)
    if asked:
        answers["beam"] = answers[f"beam_{asked[0]}"]
        answers["kept"] = answers["beam_steps"] = answers[f"beam_{asked[0]}_steps"]
    exact = [k for k, s in beams.items() if s.best.words in {h.words for h in best.ties}]
    answers["smallest_exact_beam"] = exact[0] if exact else _smallest(model, alpha, best, max(beams) + 1)
    answers["smallest_beam"] = answers["min_k"] = answers["min_beam"] = answers["smallest_exact_beam"]
    answers["greedy_is_optimal"] = 1 in exact
    answers["tie"] = len(best.ties) > 1
    if not model.logarithmic and best.best.score:
        answers["ratio_greedy"] = expr(beams[1].best.score / best.best.score)
    return answers | _ranking(model, alpha) | _sequences(model)


def _ranking(model: SequenceModel, alpha: Fraction) -> dict[str, Any]:
    """The best sequences in order, for models of at most LARGEST_RANKED sequences."""
    found = list(itertools.islice(leaves(model), LARGEST_RANKED + 1))
    quick = not alpha and all(isinstance(h.score, Fraction) for h in found)
    if len(found) > (LARGEST_RANKED if quick else LARGEST_RANKED // 20):
        return {}
    top = [_found(h, model) for h in ranked(model, alpha, found)[:5]]
    places = zip(("best", "second_best", "third_best"), top, strict=False)
    return {"ranking": top, **{f"top_{k}": top[:k] for k in range(2, len(top) + 1)}, **dict(places)}


def _asked(given: Mapping[str, Any]) -> list[int]:
    """The widths the question asks for, in its settings or in its task."""
    asked = pick(
        given, "beams", "beam_widths", "beam_sizes", "beam", "beam_size", "beam_width", "k", "width", default=[]
    )
    widths = [read_int(k, "beam", 1) for k in (asked if isinstance(asked, list) else [asked])]
    told = ASKED.findall(prose(given))
    said = [int(k) for text in told for k in re.findall(r"\d+", text)]
    return [*widths, *(k for k in said if 1 <= k <= LARGEST_WIDTH and k not in widths)]


def _alpha(given: Mapping[str, Any]) -> Fraction:
    on = pick(given, "length_penalty", "alpha", "length_alpha", "length_normalization", "length_normalisation",
              "normalize_length", "length_norm", "length_normalized")  # fmt: skip
    if on is None:
        denied = re.search(r"(?:no|without|not) (?:\w+ )?length[- ]normali", prose(given))
        on = BY_LENGTH.search(prose(given)) is not None and not denied
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
