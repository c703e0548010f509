"""Family ``seq2seq``: what an encoder–decoder is fed, and which source words an output can use.

Read: ``reference``, ``sampled``, ``length``, ``sos``, ``eos``, ``pad`` (or ``tokens``), ``use_reference`` or
``use_sampled`` (coins, or the places of decoder inputs); ``design``, ``source`` or ``source_length``,
``target_length``, ``output``, ``reverse_source``.
A sentence ends at its ``eos``.  ``length`` cuts what is fed; it is filled up to ``length`` only where ``pad`` or the
task speaks of padding.
Answered: ``train``, ``targets``, ``eval``, ``mismatch`` (places where training and generation differ) and the first
and number of them, ``scheduled``; ``visible`` and ``visible_words`` (of ``output``, else of the last),
``visible_by_output``, ``sees_all``, ``path_length``, ``encoder_input``, ``needs_equal_lengths``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from symderiv.errors import ModelError
from symderiv.exact import read_int
from symderiv.families import FAMILIES, forms
from symderiv.families.given import flag, pick, prose
from symderiv.models import seq2seq

DESIGN_WORDS = {
    "standard": "encoder_decoder", "given": "encoder_decoder", "horizontal": "encoder_decoder",
    "vertical": "stacked", "stack": "stacked", "reversed": "reversed_source", "reverse": "reversed_source",
    "bahdanau": "attention", "birnn": "bidirectional", "bilstm": "bidirectional",
    "bidirectional_stacked": "stacked_bidirectional",
}  # fmt: skip


MARKS = {
    "sos": ("sos", "bos", "start", "sos_token", "bos_token", "start_token"),
    "eos": ("eos", "end", "stop", "eos_token", "end_token"),
    "pad": ("pad", "padding", "pad_token"),
}
PADS = re.compile(r"\bpad(?:ded|ding|s)?\b|<pad>")
TEACHER = ("use_reference", "teacher", "teacher_forcing", "coins", "coin", "use_teacher")
MODEL = ("use_sampled", "use_model", "use_own", "model_positions", "sampled_positions")
COINS = {
    **dict.fromkeys(("t", "teacher", "truth", "reference", "true", "gold", "ref"), True),
    **dict.fromkeys(("m", "model", "sampled", "false", "own", "sample"), False),
}


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Decoder inputs and targets where sentences are given, visibility where a design or a source is."""
    answers: dict[str, Any] = {}
    marks = _marks(given)
    wanted = pick(given, "length", "decoder_length")
    length = None if wanted is None else read_int(wanted, "length", least=1)
    reference = _sentence(pick(given, "reference", "target", "translation"), "reference", marks["eos"])
    sampled = _sentence(pick(given, "sampled", "generated", "hypothesis"), "sampled", marks["eos"])
    padded = pick(given, *MARKS["pad"]) is not None or PADS.search(prose(given)) is not None

    def shown(tokens: list[str]) -> int | None:
        return length if padded or length is None else min(length, len(tokens) + 1)

    if reference is not None:
        answers["train"] = forms.words(seq2seq.decoder_inputs(reference, shown(reference), **marks))
        answers["targets"] = forms.words(seq2seq.targets(reference, shown(reference), marks["eos"], marks["pad"]))
    if sampled is not None:
        answers["eval"] = forms.words(seq2seq.decoder_inputs(sampled, shown(sampled), **marks))
    if reference is not None and sampled is not None:
        answers |= _compared(answers["train"]["words"], answers["eval"]["words"])
        coins = _coins(given, length or min(len(reference), len(sampled)) + 1)
        if coins is not None:
            mixed = forms.words(seq2seq.scheduled_inputs(reference, sampled, coins, marks["sos"]))
            answers |= dict.fromkeys(("scheduled", "scheduled_sampling", "mixed", "inputs"), mixed)
    if "design" in given or "source" in given or "source_length" in given:
        answers |= _visibility(given, length or (len(reference) + 1 if reference else None))
    if not answers:
        raise ModelError("a seq2seq question needs 'reference', 'sampled', or a 'design' with a source length")
    return answers


def _marks(given: Mapping[str, Any]) -> dict[str, str]:
    """The special tokens, one by one or in a table or list ``tokens``."""
    told = pick(given, "tokens", "special", "special_tokens", default={})
    if isinstance(told, list):
        told = dict(zip(("sos", "eos", "pad"), told, strict=False))
    if not isinstance(told, Mapping):
        raise ModelError("the special tokens must be a table with 'sos', 'eos', 'pad', or a list in that order")
    return {
        mark: str(pick({**told, **{n: given[n] for n in names if n in given}}, *names, default=f"<{mark}>"))
        for mark, names in MARKS.items()
    }


def _sentence(value: object, what: str, eos: str) -> list[str] | None:
    """The words before the end token."""
    tokens = _tokens(value, what)
    return tokens if tokens is None or eos not in tokens else tokens[: tokens.index(eos)]


def _compared(train: list[str], generated: list[str]) -> dict[str, Any]:
    """Where the decoder is fed something else in generation than in training, as places from 1."""
    differ = [place for place, (a, b) in enumerate(zip(train, generated, strict=False), 1) if a != b]
    answers: dict[str, Any] = {"mismatch": differ, **dict.fromkeys(("n_mismatch", "mismatch_count"), len(differ))}
    return answers | ({"first_mismatch": differ[0]} if differ else {})


def _coins(given: Mapping[str, Any], length: int) -> list[bool] | None:
    """For the decoder inputs w2, w3, … whether the reference is fed: coins (with or without w1), or places from 1."""
    told = pick(given, *TEACHER)
    truth = told is not None
    told = told if truth else pick(given, *MODEL)
    if not isinstance(told, list):
        return None
    if any(isinstance(c, int) and c > 1 for c in told):
        places = {read_int(c, "a place of a decoder input", 1, length) for c in told}
        return [(w in places) == truth for w in range(2, length + 1)]
    unknown = [c for c in told if not isinstance(c, bool) and c not in (0, 1) and str(c).lower() not in COINS]
    if unknown:
        raise ModelError(f"a coin is {unknown[0]!r}; write true for the reference's token, false for the model's")
    flips = [c == truth if isinstance(c, (bool, int)) else COINS[str(c).lower()] for c in told]
    return flips[1:] if len(flips) == length else flips


def _visibility(given: Mapping[str, Any], length: int | None) -> dict[str, Any]:
    usual = "reversed_source" if flag(given, "reverse_source", "reversed", "reverse") else "encoder_decoder"
    word = str(given.get("design", usual)).lower().replace(" ", "_").replace("-", "_")
    design = DESIGN_WORDS.get(word, word)
    source = _tokens(given.get("source"), "source")
    size = read_int(given.get("source_length", len(source) if source else length or 1), "source_length", least=1)
    source = source or [str(t) for t in range(1, size + 1)]
    steps = read_int(pick(given, "target_length", "outputs", default=length or size), "target_length", least=1)
    graph = seq2seq.unrolled(design, size, steps)
    visible = [seq2seq.visible_sources(graph, u) for u in range(1, steps + 1)]
    chosen = read_int(pick(given, "output", "position", default=steps), "output", least=1)
    if chosen > steps:
        raise ModelError(f"output {chosen} of a decoder with {steps} time steps")
    backwards = design == "reversed_source"
    return {
        "visible": list(visible[chosen - 1]),
        "visible_words": forms.words(source[t - 1] for t in visible[chosen - 1]),
        "visible_by_output": [list(v) for v in visible],
        "sees_all": [len(v) == size for v in visible],
        "path_length": [[seq2seq.path_length(graph, t, u) for t in range(1, size + 1)] for u in range(1, steps + 1)],
        **dict.fromkeys(
            ("encoder_input", "encoder_inputs", "encoder"), forms.words(reversed(source) if backwards else source)
        ),
        "needs_equal_lengths": seq2seq.needs_equal_lengths(design),
    }


def _tokens(value: object, what: str) -> list[str] | None:
    if value is None:
        return None
    if isinstance(value, str):
        return value.split()
    if not isinstance(value, list) or not all(isinstance(token, str) for token in value):
        raise ModelError(f"{what} must be a list of words or a sentence")
    return list(value)


FAMILIES.add("seq2seq", answer)
