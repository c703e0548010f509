"""What the official solution of problem 8 states beside its three sequences, computed: sums, choices, beams, labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from symderiv.models.decoding import Hypothesis, Prefix, Search, SequenceModel
from symderiv.models.printed_logs import ROUNDINGS
from symderiv.problem import Answer, Case, Cases
from symderiv.problems.eecs182_fa22.beam_tree import (
    DECIMALS,
    LABELS,
    LENGTH,
    SUMS,
    WORDS,
    Siblings,
    number,
    one_rounding,
    path,
    reconstruction,
    siblings,
)

FORCED = "the missing figure shows the labels that the printed sums force"
HUNDREDTHS = "the probabilities behind the labels are whole hundredths"
ORDINALS = ("first", "second", "third")
ROUNDED = {"nearest": "rounded to the nearest", "toward_zero": "cut off toward zero", "down": "rounded down"}


@dataclass(frozen=True)
class Sums:
    """The totals of a model, with the labels they are made of."""

    model: SequenceModel

    def labels(self, words: Prefix) -> list[object]:
        """The labels along a path."""
        return [self.model.next(words[:i])[word] for i, word in enumerate(words)]

    def answer(self, id: str, words: Prefix) -> Answer:
        """The total at the end of a path; says where a label of the path is known from such a total only."""
        total = self.model.start
        for label in self.labels(words):
            total = self.model.extend(total, label)
        hidden = [words[: i + 1] for i in range(len(words)) if " ".join(words[: i + 1]) not in LABELS]
        read = ", ".join(f"{number(self.labels(p)[-1])} after {' '.join(p[:-1])}" for p in hidden)
        pairs = [pair for pair in siblings() if pair.prefix in {p[:-1] for p in hidden}]
        return Answer(
            id,
            total,
            f"the log-probability of {' '.join(words)}",
            evidence="; ".join(
                (
                    " + ".join(f"({number(label)})" for label in self.labels(words)),
                    *_short(SUMS[" ".join(words)]),
                    *(_fitting(pair) for pair in pairs),
                )
            ),
            assumed=f"{FORCED} ({read})" if hidden else "",
        )


    def beginning(self, id: str, words: Prefix) -> Answer:
        """The total of the first words of a sequence, beside the totals with one word more."""
        answer = self.answer(id, words)
        longer = (f"{' '.join((*words, w))} {number(self.answer(id, (*words, w)).value)}" for w in WORDS)
        return replace(answer, evidence=f"{answer.evidence}; with one word more: {', '.join(longer)}")


def sum_answers(part: str, sums: Sums, sequences: Iterable[str]) -> list[Answer]:
    """One answer per total of a list."""
    return [sums.answer(f"{part}.{words.replace(' ', '-')}", path(words)) for words in sequences]


def rounding_answer() -> Answer:
    """Whether the labels are log-probabilities, for each way of rounding and for a slack of one unit."""
    pairs = siblings()
    cases = [
        Case(f"every label is {ROUNDED[name]}", name in one_rounding(), _unfit(pairs, name)) for name in ROUNDINGS
    ]
    loose = Case(
        "every label is less than a unit of its last digit off",
        all(pair.within_a_unit for pair in pairs),
        "whole hundredths fit: " + ", ".join(f"{float(pair.probabilities[0]):.2f}" for pair in pairs),
    )
    return Answer(
        "8",
        Cases((*cases, loose)),
        "whether the labels are the log-probabilities of the words",
        evidence="the probabilities of two words that compete sum to one",
        assumed=FORCED,
    )


def _unfit(pairs: Iterable[Siblings], name: str) -> str:
    bad = [pair for pair in pairs if not pair.fits[name]]
    told = " or as ".join(f"{_labels(pair)} after {' '.join(pair.prefix) or 'the start'}" for pair in bad)
    return f"no probabilities print as {told}" if bad else "all pairs fit"


def greedy_answers(found: Hypothesis) -> list[Answer]:
    """The three choices: the word, the comparison, and the two labels beside the sums and beside logarithms."""
    by_prefix = {pair.prefix: pair for pair in siblings()}
    from_sums = reconstruction(with_labels=False).labels
    out: list[Answer] = []
    for i, name in enumerate(ORDINALS[:LENGTH]):
        pair = by_prefix[found.words[:i]]
        first, second = pair.labels
        out += [
            Answer(f"8b.{name}", found.words[i], f"the word chosen in the {name} time step", evidence=_labels(pair)),
            Answer(
                f"8b.{name}.comparison",
                first > second,
                f"whether {number(first)} is more than {number(second)}, so that the {name} word is {WORDS[0]}",
                evidence=f"the difference is {number(first - second)}",
            ),
            Answer(
                f"8b.{name}.labels",
                tuple(from_sums[(*pair.prefix, word)] for word in WORDS),
                f"the labels of the {name} choice",
                evidence="differences of the sums printed in (a) and (c)",
            ),
            Answer(
                f"8b.{name}.rounding",
                pair.logs,
                f"the labels of the {name} choice as logarithms of probabilities",
                evidence=_behind(pair),
                assumed=HUNDREDTHS if pair.fits["nearest"] else "",
            ),
        ]
    return out


def _short(printed: str) -> list[str]:
    decimals = len(printed.partition(".")[2])
    return [f"printed with {decimals} of the {DECIMALS} decimals of the labels"] if decimals < DECIMALS else []


def _fitting(pair: Siblings) -> str:
    return f"{_labels(pair)} fit probabilities {_probabilities(pair)}"


def _probabilities(pair: Siblings) -> str:
    return " and ".join(f"{float(p):.2f}" for p in pair.probabilities)


def _behind(pair: Siblings) -> str:
    told = f"probabilities {_probabilities(pair)}"
    if all(pair.rounded):
        return told
    if pair.fits["nearest"]:
        return f"{told}; only probabilities that are no whole hundredths round to both labels"
    return f"{told}; none at all round to both labels, they would sum to at least {float(pair.least):.4f}"


def _labels(pair: Siblings) -> str:
    return " and ".join(number(label) for label in pair.labels)


def step_answers(part: str, sums: Sums, search: Search) -> list[Answer]:
    """Every beam: its candidates with their totals, what is kept, and the best of the last one."""
    out: list[Answer] = []
    before: tuple[Prefix, ...] = ((),)
    for i, step in enumerate(search.steps, 1):
        grown = sorted(h.words for h in step.candidates)
        out += [sums.answer(f"{part}.{i}.{'-'.join(words)}", words) for words in grown]
        out.append(
            Answer(
                f"{part}.{i}.expanded",
                tuple(" ".join(words) for words in grown),
                f"the candidates of step {i}, in the order of the words",
                evidence=f"{len(before)} kept, {len(WORDS)} words for each",
            )
        )
        out.append(
            Answer(
                f"{part}.{i}.kept",
                tuple(" ".join(h.words) for h in step.kept),
                f"the beam after step {i}, the best first",
                evidence=", ".join(number(h.score) for h in step.candidates) + (", a tie at the cut" * step.tie_at_cut),
            )
        )
        out.append(
            Answer(
                f"{part}.{i}.only-kept",
                {words[:-1] for words in grown} == set(before),
                f"whether step {i} expands the sequences of the beam and no others",
                evidence=f"{len(grown)} candidates of {len(WORDS) ** i} beginnings as long",
            )
        )
        before = tuple(h.words for h in step.kept)
    last = search.steps[-1].candidates
    out.append(
        Answer(
            f"{part}.best",
            " ".join(max(last, key=lambda h: h.score).words),
            "the best of the last candidates",
            evidence=", ".join(f"{' '.join(h.words)} {number(h.score)}" for h in last),
        )
    )
    return out
