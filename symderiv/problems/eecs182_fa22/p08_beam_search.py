"""Problem 8: exhaustive, greedy and beam search over a small tree of words.

The tree comes from the printed sums (``beam_tree``); what each search does, every sum and every comparison
is computed on it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp

from symderiv.document import Blank, Bullets, Figure, Prose, Table
from symderiv.figures.search_drawing import search_drawing
from symderiv.models.decoding import BeamStep, Hypothesis, SequenceModel, beam, exhaustive, greedy, leaves
from symderiv.models.search_tree import search_tree
from symderiv.problem import Answer, Part, Problem
from symderiv.problems.eecs182_fa22.beam_answers import (
    FORCED,
    Sums,
    greedy_answers,
    rounding_answer,
    step_answers,
    sum_answers,
)
from symderiv.problems.eecs182_fa22.beam_tree import (
    DECIMALS,
    LENGTH,
    SUMS,
    WORDS,
    Siblings,
    model,
    number,
    siblings,
)

WIDTH = 2
UNFINISHED = ("learn", "learn")  # the words that one line of the lists of whole sequences gives


def problem() -> Problem:
    """The problem with its computed answers."""
    decoder = model()
    return Problem(
        number=8,
        title="Beam search",
        scope={"k": sp.Symbol("k")},
        intro=(
            Prose(
                f"A small recurrent decoder emits one of two words, *{WORDS[0]}* or *{WORDS[1]}*, in each of its three "
                "time steps. The tree shows what may come next after every choice of earlier words. The number beside "
                "a word is the logarithm of its probability, given the words before it."
            ),
            Figure(
                search_drawing(search_tree(decoder, WIDTH), blank=True, number=number),
                "Every sequence of three words, with the log-probability of each word.",
                label="words",
                width=0.58,
            ),
        ),
        parts=(_exhaustive(decoder), _greedy(decoder), _beam(decoder)),
    )


def _asked(found: Hypothesis) -> Prose:
    return Prose(("The sequence: ", Blank(width=7, answer=_words(found))))


def _exhaustive(decoder: SequenceModel) -> Part:
    search = exhaustive(decoder)
    every = list(leaves(decoder))
    second = max(h.score for h in every if h != search.best)
    margin = search.best.score - second
    # a label is off by less than a unit of its last digit, on both sequences and at each of their words
    safe = margin > 2 * LENGTH * _unit()
    return Part(
        "a",
        (
            Prose("*Exhaustive search* looks at all sequences and takes the most likely one. Which one does it emit?"),
            _asked(search.best),
            Blank("Your work", height=2.7),
        ),
        (
            Prose(
                "The logarithm of a product is a sum: add the three numbers along each path and take the largest total."
            ),
            Table(
                ("Sequence", "Log-probabilities", "Total"),
                tuple(_row(decoder, h, h in search.ties) for h in every),
                "llr",
            ),
            Prose(
                f"The runner-up is {number(margin)} behind"
                + (", more than rounding the labels can have cost." if safe else ".")
            ),
        ),
        points=5,
        answers=(
            rounding_answer(),
            Answer(
                "8a",
                _words(search.best),
                "the most likely sequence",
                evidence=f"its total {number(search.best.score)} is the largest of {len(every)}; "
                f"the next is {number(second)}",
                assumed=FORCED,
            ),
            Answer(
                "8a.method",
                len(every) == len(WORDS) ** LENGTH and [h for h in every if h.score > second] == [search.best],
                "whether the largest sum of log-probabilities over all sequences names the sequence",
                evidence=f"{len(every)} sequences, the largest total is reached once",
            ),
            *sum_answers("8a", Sums(decoder), [words for words in SUMS if len(words.split()) == LENGTH]),
            Sums(decoder).beginning("8a.learn-learn", UNFINISHED),
        ),
    )


def _row(decoder: SequenceModel, found: Hypothesis, best: bool) -> tuple[str, ...]:
    steps = " + ".join(f"({number(step)})" for step in _steps(decoder, found.words))
    cells = (_words(found), steps, number(found.score))
    return tuple(f"**{cell}**" for cell in cells) if best else cells


def _steps(decoder: SequenceModel, words: tuple[str, ...]) -> list[Any]:
    return [decoder.next(words[:i])[word] for i, word in enumerate(words)]


def _greedy(decoder: SequenceModel) -> Part:
    search = greedy(decoder)
    best = exhaustive(decoder).best
    return Part(
        "b",
        (
            Prose("*Greedy search* takes the likeliest word of each time step and keeps it. What does it emit?"),
            _asked(search.best),
        ),
        (
            Prose("Compare the two numbers after the words that stand already."),
            Table(
                ("Time step", *(f"Log-probability of *{word}*" for word in WORDS), "Chosen"),
                tuple(_choice(decoder, search.best, i) for i in range(LENGTH)),
                "crrl",
            ),
            Figure(
                search_drawing(search_tree(decoder, 1), number=number),
                "Greedy search never looks below the word it did not take.",
                label="greedy",
                width=0.62,
            ),
            Prose(
                f"Its total {number(search.best.score)} is below the {number(best.score)} of part (a): the likeliest "
                "first word need not begin the likeliest sequence."
            ),
        ),
        points=4,
        answers=(
            Answer(
                "8b",
                _words(search.best),
                "the sequence of greedy search",
                evidence=f"chosen word by word; its total is {number(search.best.score)}",
            ),
            *greedy_answers(search.best),
        ),
    )


def _choice(decoder: SequenceModel, found: Hypothesis, i: int) -> tuple[str, ...]:
    row = decoder.next(found.words[:i])
    return (str(i + 1), *(number(row[word]) for word in WORDS), found.words[i])


def _beam(decoder: SequenceModel) -> Part:
    search = beam(decoder, WIDTH)
    width = next(k for k in range(1, len(SUMS)) if beam(decoder, k).best == exhaustive(decoder).best)
    return Part(
        "c",
        (
            Prose(
                "*Beam search* keeps the best $k$ beginnings, extends each of them by every word, keeps the best $k$ "
                f"of what results, and so on. What does it emit with $k = {WIDTH}$?"
            ),
            _asked(search.best),
            Blank("Your work", height=2.7),
        ),
        (
            Prose(
                f"Every candidate is a kept beginning with one more word. Of those of each time step, the {WIDTH} "
                "with the largest totals (in bold) stay:"
            ),
            Bullets(tuple(_candidates(step) for step in search.steps), ordered=True),
            Figure(
                search_drawing(search_tree(decoder, WIDTH), number=number),
                "Two beginnings kept: dashed branches were dropped, the path found is lit.",
                label="beam",
                width=0.58,
            ),
            _why_best(search.best, search.steps, width),
            *_about_the_numbers(siblings()),
        ),
        points=5,
        answers=(
            Answer(
                "8c",
                _words(search.best),
                "the sequence of beam search",
                evidence=f"the best of the last beam, {number(search.best.score)}",
                assumed=FORCED,
            ),
            *step_answers("8c", Sums(decoder), search),
            Sums(decoder).beginning(f"8c.{LENGTH}.learn-learn", UNFINISHED),
        ),
    )


def _candidates(step: BeamStep) -> str:
    told = {h: f"{_words(h)} {number(h.score)}" for h in step.candidates}
    return ", ".join(f"**{told[h]}**" if h in step.kept else told[h] for h in step.candidates)


def _why_best(best: Hypothesis, steps: tuple[BeamStep, ...], width: int) -> Prose:
    dropped = max(h.score for step in steps for h in step.candidates if h not in step.kept and not h.complete)
    told = (
        f"A dropped beginning could not have won: a total only falls when words are added, and the best of those "
        f"dropped stood at {number(dropped)}, below {number(best.score)}. "
        if dropped < best.score
        else ""
    )
    return Prose(
        told + f"Here $k = {width}$ is the smallest beam that finds the likeliest sequence; in general only a beam "
        "that drops no beginning is sure to."
    )


def _about_the_numbers(pairs: tuple[Siblings, ...]) -> tuple[Any, ...]:
    return (
        Prose(
            "**About the numbers.** The labels of the tree are those that the published totals force. The "
            "probabilities of two words that compete sum to one, and in whole hundredths exactly one pair of them has "
            "logarithms within a unit of the last digit of both labels. Some labels are these logarithms rounded, "
            "some are cut off; no single way of rounding makes all of them."
        ),
        Table(
            ("After", *WORDS, "Probabilities", "Logarithms", "Cut off"),
            tuple(_label_row(pair) for pair in pairs),
            "lrrccl",
        ),
        *(_no_fit(pair) for pair in pairs if not pair.fits["nearest"]),
    )


def _label_row(pair: Siblings) -> tuple[str, ...]:
    labels = [number(label) for label in pair.labels]
    cut = [label for label, rounded in zip(labels, pair.rounded, strict=True) if not rounded]
    return (
        " ".join(pair.prefix) or "(start)",
        *labels,
        ", ".join(number(p) for p in pair.probabilities),
        ", ".join(number(log, 4) for log in pair.logs),
        ", ".join(cut),
    )


def _no_fit(pair: Siblings) -> Prose:
    labels = " and ".join(number(label) for label in pair.labels)
    return Prose(f"No probabilities at all round to {labels}: those that do sum to at least {number(pair.least, 4)}.")


def _words(found: Hypothesis) -> str:
    return " ".join(found.words)


def _unit() -> Fraction:
    return Fraction(1, 10**DECIMALS)
