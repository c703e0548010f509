"""Family ``seq2seq``: what an encoder–decoder is fed, and which source words an output can use.

Read: ``reference``, ``sampled``, ``length``, ``sos``, ``eos``, ``pad``, ``use_reference``; ``design``, ``source``
or ``source_length``, ``target_length``, ``output``.
Answered: ``train``, ``targets``, ``eval``, ``mismatch`` (places where training and generation differ),
``scheduled``; ``visible`` and ``visible_words`` (of ``output``, else of the last), ``visible_by_output``,
``sees_all``, ``path_length``, ``encoder_input``, ``needs_equal_lengths``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symderiv.errors import ModelError
from symderiv.exact import read_int
from symderiv.families import FAMILIES, forms
from symderiv.families.given import pick
from symderiv.models import seq2seq

DESIGN_WORDS = {
    "standard": "encoder_decoder", "given": "encoder_decoder", "horizontal": "encoder_decoder",
    "vertical": "stacked", "stack": "stacked", "reversed": "reversed_source", "reverse": "reversed_source",
    "bahdanau": "attention", "birnn": "bidirectional", "bilstm": "bidirectional",
    "bidirectional_stacked": "stacked_bidirectional",
}  # fmt: skip


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Decoder inputs and targets where sentences are given, visibility where a design or a source is."""
    answers: dict[str, Any] = {}
    marks = {
        "sos": str(pick(given, "sos", "bos", "start", default="<sos>")),
        "eos": str(pick(given, "eos", "end", "stop", default="<eos>")),
        "pad": str(pick(given, "pad", default="<pad>")),
    }
    wanted = pick(given, "length", "decoder_length")
    length = None if wanted is None else read_int(wanted, "length", least=1)
    reference = _tokens(pick(given, "reference", "target", "translation"), "reference")
    sampled = _tokens(pick(given, "sampled", "generated", "hypothesis"), "sampled")
    if reference is not None:
        answers["train"] = forms.words(seq2seq.decoder_inputs(reference, length, **marks))
        answers["targets"] = forms.words(seq2seq.targets(reference, length, marks["eos"], marks["pad"]))
    if sampled is not None:
        answers["eval"] = forms.words(seq2seq.decoder_inputs(sampled, length, **marks))
    if reference is not None and sampled is not None:
        fed = zip(answers["train"]["words"], answers["eval"]["words"], strict=False)
        answers["mismatch"] = [place for place, (a, b) in enumerate(fed, 1) if a != b]
        coins = pick(given, "use_reference", "teacher", "coins")
        if isinstance(coins, list):
            answers["scheduled"] = forms.words(
                seq2seq.scheduled_inputs(reference, sampled, [bool(c) for c in coins], marks["sos"])
            )
    if "design" in given or "source" in given or "source_length" in given:
        answers |= _visibility(given, length or (len(reference) + 1 if reference else None))
    if not answers:
        raise ModelError("a seq2seq question needs 'reference', 'sampled', or a 'design' with a source length")
    return answers


def _visibility(given: Mapping[str, Any], length: int | None) -> dict[str, Any]:
    word = str(given.get("design", "encoder_decoder")).lower().replace(" ", "_").replace("-", "_")
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
        "encoder_input": forms.words(reversed(source) if backwards else source),
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
