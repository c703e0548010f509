"""Problem 9: an encoder and a decoder for translation: what a design lets an output see, what the decoder is fed.

The unrolled networks are graphs; what an output can depend on are its ancestors.  The source sentence of the
missing figure is not known; no answer below rests on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from symderiv.document import Blank, Bullets, Figure, Prose, Table
from symderiv.figures.schematics import unrolled_translation
from symderiv.models.seq2seq import decoder_inputs, needs_equal_lengths, targets, unrolled, visible_sources
from symderiv.notation.labels import tex
from symderiv.problem import Answer, Case, Cases, Part, Problem

SOURCE = ("Veo", "un", "perro")
REFERENCE = ("I", "see", "a", "dog")
SAMPLED = ("I", "saw", "a", "dog")
ADJECTIVES = ((("perro", "negro"), ("black", "dog")), (("perro", "blanco"), ("white", "dog")))
GIVEN, PROPOSED = "encoder_decoder", "stacked"
LENGTHS = range(1, 7)
ONE_WAY = "the encoder reads from the first word to the last only, as a single recurrent layer does"
TEACHER = "the decoder is trained by teacher forcing"
SPELLING = "the token <SOS> is <sos>; a comma between the second and the third token is meant"

Pair = tuple[Sequence[str], Sequence[str]]


def problem() -> Problem:
    """The problem with its computed answers."""
    steps = len(targets(REFERENCE))
    return Problem(
        number=9,
        title="Machine translation",
        scope={name: sp.Symbol(name) for name in ("t", "i", "h_t", "h_T", *_boxes(steps))},
        intro=(
            Prose(
                "A model translates from Spanish into English. A recurrent encoder of one layer reads the source "
                "sentence; its last hidden state $h_T$ is the first hidden state of a recurrent decoder of one layer. "
                "Every word goes in as a learned embedding as long as a hidden state. The tokens `<sos>` and `<eos>` "
                "mark the beginning and the end of a sentence."
            ),
            Figure(
                unrolled_translation(SOURCE, _letters(steps), targets(SAMPLED)),
                f"The model, unrolled in time, with a translation it sampled. The boxes $w_1$ to $w_{steps}$ "
                "are the tokens that go into the decoder.",
                label="translation",
                width=0.9,
            ),
        ),
        parts=(
            _design(steps),
            _fed("b", REFERENCE, steps, _TRAINING, _TRAINED),
            _fed("c", SAMPLED, steps, _GENERATING, _GENERATED),
        ),
    )


def _boxes(steps: int) -> tuple[str, ...]:
    return tuple(f"w_{i}" for i in range(1, steps + 1))


def _letters(steps: int) -> tuple[Any, ...]:
    return tuple(tex(f"w_{{{i}}}") for i in range(1, steps + 1))


def _design(steps: int) -> Part:
    position, (one, other) = _needs_later_word(ADJECTIVES)
    unseen = _never_seen(len(SOURCE), len(SOURCE) - 1)
    return Part(
        "a",
        (
            Prose(
                "A teammate wants to stack the decoder on the encoder: $h_T$ is no longer handed over, but in each "
                "time step $t$ the encoder's state $h_t$ is an input of the decoder's time step $t$. Name one problem "
                "of this design."
            ),
            Blank("Your answer", height=3),
        ),
        (
            Prose("Either of these is enough."),
            Bullets(
                (
                    "**Word order.** The output of time step $i$ depends on the first $i$ source words only, yet the "
                    f"word it needs may stand later: “{_text(one[0])}” and “{_text(other[0])}” begin alike, their "
                    f"translations “{_text(one[1])}” and “{_text(other[1])}” differ in word {position}.",
                    "**Length.** The sentences are tied step to step. A longer translation gets nothing from the "
                    f"encoder in its last time steps (here {_list(range(len(SOURCE) + 1, steps + 1))}); for a shorter "
                    f"one, the last source words reach no output (word {_list(unseen)} of {len(SOURCE)}, if "
                    f"{len(SOURCE) - 1} words are produced).",
                )
            ),
            Figure(
                unrolled_translation(SOURCE, _letters(steps), targets(SAMPLED), stacked=True),
                "The proposed design.",
                label="stacked",
                width=0.72,
            ),
            Table(
                ("Output", "Can see, as given", "Can see, as proposed"),
                tuple((str(i), *(_seen(design, i, steps) for design in (GIVEN, PROPOSED))) for i in LENGTHS[:steps]),
                "cll",
            ),
        ),
        points=4,
        answers=(
            Answer(
                "9a.lengths",
                needs_equal_lengths(PROPOSED) and not needs_equal_lengths(GIVEN) and bool(unseen),
                "whether the proposed design ties the lengths of the two sentences, and the given one does not",
                evidence="2 source words, 3 outputs: the third time step of the decoder has no input from the encoder; "
                f"{len(SOURCE)} source words, {len(SOURCE) - 1} outputs: word {_list(unseen)} reaches no output",
            ),
            Answer(
                "9a.prefix",
                all(_sees_prefix(PROPOSED, n, m) for n in LENGTHS for m in LENGTHS) and _forward_only(PROPOSED),
                "whether output i of the proposed design depends on the first i source words only",
                evidence=f"ancestors for all lengths up to {LENGTHS[-1]}, outputs fed back; no edge leads back in time",
                assumed=ONE_WAY,
            ),
            Answer(
                "9a.later-words",
                bool(position),
                "whether an output may need a later source word",
                evidence=f"{_text(one[0])} is {_text(one[1])} and {_text(other[0])} is {_text(other[1])}: "
                f"alike up to source word {position}, different in output {position}",
            ),
        ),
    )


def _graph(design: str, source: int, steps: int) -> Any:
    """The unrolled network while it generates: every output is the next input."""
    graph = unrolled(design, source, steps)
    graph.add_edges_from((("output", t), ("input", t + 1)) for t in range(1, steps))
    return graph


def _seen(design: str, output: int, steps: int) -> str:
    return _text([SOURCE[i - 1] for i in visible_sources(_graph(design, len(SOURCE), steps), output)])


def _sees_prefix(design: str, source: int, steps: int) -> bool:
    graph = _graph(design, source, steps)
    return all(visible_sources(graph, i) == tuple(range(1, min(i, source) + 1)) for i in range(1, steps + 1))


def _forward_only(design: str) -> bool:
    return all(early <= late for (_, early), (_, late) in _graph(design, LENGTHS[-1], LENGTHS[-1]).edges)


def _never_seen(source: int, steps: int) -> list[int]:
    graph = _graph(PROPOSED, source, steps)
    seen = {word for i in range(1, steps + 1) for word in visible_sources(graph, i)}
    return [word for word in range(1, source + 1) if word not in seen]


def _needs_later_word(pairs: Sequence[Pair]) -> tuple[int, tuple[Pair, Pair]]:
    """The first output at which two sentences that agree so far need different words; 0 where none does."""
    found = [
        (i, (one, other))
        for one in pairs
        for other in pairs
        for i in range(1, len(one[1]) + 1)
        if one[0][:i] == other[0][:i] and one[1][i - 1 : i] != other[1][i - 1 : i]
    ]
    return min(found, key=lambda item: item[0], default=(0, (pairs[0], pairs[0])))


def _list(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _text(words: Sequence[str]) -> str:
    return " ".join(words)


_TRAINING = (
    f"The right translation is “{_text(REFERENCE)}”; the one the model happened to sample is “{_text(SAMPLED)}”. "
    "Which tokens go into the decoder while the model is trained? (The right translation is known in training.)"
)
_TRAINED = "In training the decoder is fed the right words, each one time step late, whatever it has produced itself."
_GENERATING = (
    "Which tokens go into the decoder when this translation is generated? Assume that the decoder emits one word "
    "in each time step."
)
_GENERATED = "No right words are known when a translation is generated: each output is the next input."


def _fed(letter: str, words: Sequence[str], steps: int, asks: str, why: str) -> Part:
    tokens = decoder_inputs(words, steps)
    emitted = targets(words, steps)
    moved = all(tokens[t] == emitted[t - 1] for t in range(1, steps)) and tokens[0] not in words
    training = words is REFERENCE
    named = "the right word" if training else "the model's own output"
    return Part(
        letter,
        (
            Prose(asks),
            Table(
                tuple(f"${box}$" for box in _boxes(steps)),
                (tuple(Blank(width=1.9, answer=token) for token in tokens),),
                "c" * steps,
            ),
        ),
        (Prose(why + f" The first token is `{tokens[0]}`; `{emitted[-1]}` is emitted last and never fed."),),
        points=3,
        answers=(
            Answer(
                f"9{letter}",
                tokens,
                f"the tokens fed {'in training' if training else 'when generating'}",
                evidence=f"{tokens[0]}, then {_text(words)}, one time step late",
                assumed=SPELLING + (f"; {TEACHER}" if training else ""),
            ),
            Answer(
                f"9{letter}.reason",
                moved,
                f"whether every token after the first is {named} of the time step before",
                evidence=f"{', '.join(tokens[1:])} are outputs 1 to {steps - 1}; nothing comes before {tokens[0]}",
                assumed=TEACHER if training else "the decoder emits one word in each time step",
            ),
            Answer(f"9{letter}.count", len(tokens), "the number of tokens", evidence=f"{steps} time steps"),
            Answer(
                f"9{letter}.entries",
                Cases(
                    (
                        Case("the list is complete as printed", len(tokens), "one entry per token"),
                        Case("a comma of the list is lost", len(tokens) - 1, "two tokens stand in one entry"),
                    ),
                    open=True,
                ),
                "the entries between the commas of the printed list",
                assumed="a comma may be missing in print or lost in the text that was taken from it",
            ),
        ),
    )
