"""The sequence model of a decoding question: a table by prefix, nested branches, independent tokens, or transitions.

Rows may be tables or lists in the order of ``vocab``; the order of ``vocab`` decides ties.  Log-probabilities may be
printed numbers (they add) or exact logarithms such as ``log(1/2)`` (read as the probabilities they are).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from symderiv.errors import ModelError
from symderiv.exact import read_exact, read_fraction, read_int, read_rows
from symderiv.families.given import need, pick, prose
from symderiv.models.decoding import SequenceModel, markov_model, tempered, tree_model
from symderiv.models.hidden_markov import observed

_ENDS: Final = ("<eos>", "</s>", "eos", "EOS", "<EOS>", "<end>", "END", "end", "$")
_TABLES: Final = ("prob", "probs", "probabilities", "tree", "conditional", "p", "table", "model")
_LOG_TABLES: Final = ("logprob", "logprobs", "log_prob", "log_probs", "labels", "log_probabilities", "logp", "log_p")
_TRANSITIONS: Final = ("transition", "transitions", "transition_matrix", "A", "P")
_STARTS: Final = ("<s>", "<sos>", "<SOS>", "<start>", "start", "START", "BOS", "<bos>", "root", "^")
_BRANCH: Final = ("p", "prob", "probability", "logprob", "logp")
_BELOW: Final = ("next", "children", "then", "branches")


def sequence_model(given: Mapping[str, Any]) -> SequenceModel:
    """The model of a question; ModelError for rows that are missing or no distributions."""
    depth = pick(given, "depth", "length", "max_length", "max_len", "steps", "T", "horizon", "n_steps")
    depth = None if depth is None else read_int(depth, "depth", 1, 500)
    seen = pick(given, "observations", "observed", "obs", "emitted")
    if isinstance(seen, list) and depth not in (None, len(seen)):
        raise ModelError(f"beam: {len(seen)} observations for {depth} steps; give one for every step")
    depth = len(seen) if isinstance(seen, list) else depth
    end = pick(given, "eos", "end", "end_token", "eos_token", "stop")
    reader = _markov if any(name in given for name in _TRANSITIONS) else _tree
    model = reader(given, depth, end)
    if isinstance(seen, list):
        emission = need(given, "emission", "emissions", "emission_prob", "B")
        model = observed(model, read_rows(emission, "emission"), [str(symbol) for symbol in seen])
    heat = read_fraction(pick(given, "temperature", "tau", default=1), "temperature")
    return model if heat == 1 else tempered(model, heat)


def _markov(given: Mapping[str, Any], depth: int | None, end: str | None) -> SequenceModel:
    table = pick(given, *_TRANSITIONS)
    rows = dict(read_rows(_named_rows(table, given), "transition"))
    initial = pick(given, "initial", "initial_distribution", "pi", "start", "init", "start_prob", "initial_prob", "p0")
    made = {token for row in rows.values() for token in row}
    openers = [name for name in ("", *_STARTS) if name in rows and name not in made]
    if isinstance(initial, str) and initial.lower() == "uniform" and initial not in rows:
        initial = {token: Fraction(1, len(rows)) for token in rows}
    elif initial is None and not openers:
        raise ModelError("beam: the distribution of the first token is missing; give 'initial' (a table, or 'uniform')")
    if isinstance(initial, str):
        if initial not in rows or initial in made:
            raise ModelError(
                f"beam: the start {initial!r} is itself a token; give 'initial' as a table of probabilities"
            )
        initial = rows.pop(initial)
    elif initial is None and openers:
        initial = rows.pop(openers[0])
    if isinstance(initial, list):
        initial = dict(zip(_vocabulary(given, initial), initial, strict=True))
    first = _ordered(read_rows({"initial": initial}, "initial"), given)["initial"]
    rows = _ordered(rows, given)
    logarithmic = bool(pick(given, "logarithmic", "log", default=False))
    if depth is None:
        raise ModelError("beam: the length of the sequences is missing; give 'depth'")
    return markov_model(first, rows, depth, logarithmic=logarithmic, end=end or _end(rows, first))


def _tree(given: Mapping[str, Any], depth: int | None, end: str | None) -> SequenceModel:
    rows = pick(given, *_TABLES, *_LOG_TABLES)
    if not isinstance(rows, Mapping) or not rows:
        raise ModelError(f"beam: 'prob' (a table by prefix) or 'transition' is missing; given are {sorted(given)}")
    logarithmic = any(name in given for name in _LOG_TABLES) or bool(given.get("logarithmic"))
    if all(not isinstance(row, (Mapping, list)) for row in rows.values()):
        if depth is None:
            raise ModelError("beam: independent tokens need the number of them; give 'depth'")
        table = _ordered({"": rows, **{str(token): rows for token in rows}}, given)
        return markov_model(table[""], {k: v for k, v in table.items() if k}, depth, logarithmic=logarithmic, end=end)
    if any(isinstance(row, Mapping) and any(k in row for k in _BELOW) for row in rows.values()):
        rows = _unfolded(rows, "")
    table = _ordered(_flat(read_rows(_named_rows(rows, given), "prob"), given), given)
    if logarithmic and any("log" in str(value) for row in table.values() for value in row.values()):
        table, logarithmic = {prefix: {t: _from_log(v) for t, v in row.items()} for prefix, row in table.items()}, False
    return tree_model(table, depth, logarithmic=logarithmic, end=end or _end(table, {}))


def _from_log(value: Any) -> Fraction:
    """The probability of an exact logarithm; ModelError where it is not rational."""
    import sympy

    number = sympy.exp(read_exact(value, (), "log-probability"))
    if not number.is_Rational:
        raise ModelError(f"log-probability {value}: exact logarithms and printed decimals cannot be mixed")
    return Fraction(int(number.p), int(number.q))


def _unfolded(branches: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Nested branches ``{"a": {"p": "1/2", "next": {…}}}`` as a table by prefix."""
    row: dict[str, Any] = {}
    below: dict[str, Any] = {}
    for token, branch in branches.items():
        inner = pick(branch, *_BELOW) if isinstance(branch, Mapping) else None
        row[token] = pick(branch, *_BRANCH) if isinstance(branch, Mapping) else branch
        if isinstance(inner, Mapping) and inner:
            below |= _unfolded(inner, f"{prefix} {token}".strip())
    return {prefix: row, **below}


def _named_rows(table: Any, given: Mapping[str, Any]) -> Any:
    """Rows given as lists, under the tokens of the vocabulary."""
    if isinstance(table, list):
        names = _vocabulary(given, table)
        table = dict(zip(names, table, strict=True))
    if not isinstance(table, Mapping):
        return table
    return {
        name: dict(zip(_vocabulary(given, row), row, strict=True)) if isinstance(row, list) else row
        for name, row in table.items()
    }


def _names(given: Mapping[str, Any]) -> list[str]:
    names = pick(given, "vocab", "vocabulary", "tokens", "states", "words", "alphabet", default=[])
    return [str(name) for name in names] if isinstance(names, list) else []


def _vocabulary(given: Mapping[str, Any], values: list[Any]) -> list[str]:
    """The tokens that the entries of a list stand for."""
    names = _names(given)
    if len(names) != len(values):
        raise ModelError(f"beam: 'vocab' must list one token for each of {len(values)} entries, got {names!r}")
    return names


def _ordered(rows: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Rows in the order that decides ties: of the vocabulary, or of the alphabet where the question says so."""
    text = f"{prose(given)} {pick(given, 'tie_break', 'ties', 'tie_breaking', default='')}".lower()
    if re.search(r"\btie.*(?:last|later|reverse)|(?:last|later) (?:token|word)s? wins?", text):
        raise ModelError("beam: ties go to the earlier token here; give the vocabulary in the order that decides")
    names = _names(given)
    by_name = re.search(r"alphabetical|lexicographic", text) is not None
    place = {name: k for k, name in enumerate(sorted(names) if by_name else names)}
    if by_name or place:
        return {
            prefix: dict(
                sorted(row.items(), key=lambda item: (place.get(item[0], len(place)), item[0] if by_name else ""))
            )
            for prefix, row in rows.items()
        }
    return dict(rows)


def _flat(rows: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Prefixes separated by spaces, commas, arrows or bars, or written without a gap where tokens are letters."""
    names = _names(given) or list(dict.fromkeys(t for row in rows.values() for t in row))
    single = all(len(name) == 1 for name in names)
    flat = {}
    for prefix, row in rows.items():
        words = re.sub(r",|->|→|\||/|-(?=\w)", " ", prefix).strip()
        words = "" if words in _STARTS and words not in names else words
        first, _, rest = words.partition(" ")
        words = rest if first in _STARTS and first not in names else words
        if single and " " not in words and words not in names and all(letter in names for letter in words):
            words = " ".join(words)
        flat[" ".join(words.split())] = row
    return flat


def _end(rows: Mapping[str, Any], initial: Mapping[str, Any]) -> str | None:
    """An end token known by its name, if the model uses one and never continues after it."""
    tokens = {t for row in rows.values() if isinstance(row, Mapping) for t in row} | set(initial)
    return next((t for t in _ENDS if t in tokens and t not in rows), None)
