"""Decoding a sequence model: exhaustive, greedy and beam search over any tree or transition model, exactly.

A ``SequenceModel`` gives for every prefix the next tokens with their exact probabilities (or printed
log-probabilities, which add).  Ties go to the earlier candidate, in the order of the vocabulary; all
best sequences of an exhaustive search are reported.  Scores may be normalised by length: log p / length^alpha.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cmp_to_key
from typing import Any

from symderiv.errors import LimitError, ModelError
from symderiv.exact import compare, read_fraction

Prefix = tuple[str, ...]
Steps = Mapping[str, Any]
MAX_SEQUENCES = 300_000
MAX_ALPHA = 100


@dataclass(frozen=True)
class SequenceModel:
    """Next-token scores by prefix: ``steps(prefix)`` is empty where a sequence is complete.

    ``logarithmic`` says that scores are log-probabilities and add; else they are probabilities and multiply.
    ``memory`` is the number of last tokens the scores depend on (None: all of them).
    """

    steps: Callable[[Prefix], Steps]
    depth: int | None = None
    logarithmic: bool = False
    memory: int | None = None

    def next(self, prefix: Prefix) -> Steps:
        """The continuations of a prefix, none once ``depth`` tokens stand."""
        return {} if self.depth is not None and len(prefix) >= self.depth else self.steps(prefix)

    def extend(self, score: Any, step: Any) -> Any:
        """The score of a prefix with one more token."""
        return score + step if self.logarithmic else score * step

    @property
    def start(self) -> Fraction:
        """The score of the empty prefix."""
        return Fraction(0 if self.logarithmic else 1)


@dataclass(frozen=True)
class Hypothesis:
    """A prefix with its total score (probability or log-probability); complete when nothing can follow."""

    words: Prefix
    score: Any
    complete: bool = False


@dataclass(frozen=True)
class BeamStep:
    """One step of a beam search: all candidates in order of score, and how many of them were kept."""

    candidates: tuple[Hypothesis, ...]
    kept: tuple[Hypothesis, ...]
    tie_at_cut: bool


@dataclass(frozen=True)
class Search:
    """The result of a search: the best sequence, every sequence as good, the steps (of greedy and beam search)."""

    best: Hypothesis
    ties: tuple[Hypothesis, ...]
    steps: tuple[BeamStep, ...] = ()


def tree_model(
    table: Mapping[str, Steps], depth: int | None = None, *, logarithmic: bool = False, end: str | None = None
) -> SequenceModel:
    """A model from a table: prefix (tokens joined by spaces, ``""`` first) to next tokens and their scores.

    A sequence is complete at ``depth`` tokens, at the ``end`` token, or, without a depth, where the table has no
    row.  Raises ModelError for a missing row, probabilities below 0 or not summing to one, log-probabilities above 0.

    >>> greedy(tree_model({"": {"a": "3/4", "b": "1/4"}}, 1)).best.words
    ('a',)
    """
    rows = {tuple(prefix.split()): distribution(row, f"after {prefix!r}", logarithmic) for prefix, row in table.items()}

    def steps(prefix: Prefix) -> Steps:
        if prefix and prefix[-1] == end:
            return {}
        if prefix not in rows and (depth is not None or not prefix):
            raise ModelError(f"sequence model: no row for the prefix {' '.join(prefix)!r}; add it or lower the depth")
        return rows.get(prefix, {})

    return SequenceModel(steps, depth, logarithmic)


def markov_model(
    initial: Steps, transition: Mapping[str, Steps], depth: int, *, logarithmic: bool = False, end: str | None = None
) -> SequenceModel:
    """A model whose next token depends on the last one, or on the last m when the rows are named by m tokens.

    Raises ModelError as ``tree_model`` does; a prefix shorter than m uses the row named by all of it.

    >>> m = markov_model({"x": 1}, {"x": {"x": "1/2", "y": "1/2"}, "y": {"x": 1}}, 3)
    >>> exhaustive(m).best.words, exhaustive(m).best.score
    (('x', 'y', 'x'), Fraction(1, 2))
    """
    first = distribution(initial, "at the start", logarithmic)
    rows = {tuple(name.split()): distribution(row, f"after {name!r}", logarithmic) for name, row in transition.items()}
    memory = max((len(name) for name in rows), default=1)

    def steps(prefix: Prefix) -> Steps:
        if not prefix:
            return first
        if prefix[-1] == end:
            return {}
        if prefix[-memory:] not in rows:
            raise ModelError(f"sequence model: no transition from {' '.join(prefix[-memory:])!r}; add its row")
        return rows[prefix[-memory:]]

    return SequenceModel(steps, depth, logarithmic, memory)


def distribution(row: Steps, where: str, logarithmic: bool = False) -> dict[str, Fraction]:
    """Exact scores of the next tokens; ModelError unless probabilities are ≥ 0 and sum to one (logs: ≤ 0)."""
    scores = {token: read_fraction(value, f"{token!r} {where}") for token, value in row.items()}
    if not scores:
        raise ModelError(f"sequence model: no tokens {where}; give at least one")
    if logarithmic:
        bad = [t for t, s in scores.items() if s > 0]
        if bad:
            raise ModelError(f"sequence model: the log-probability of {bad[0]!r} {where} is {scores[bad[0]]}, above 0")
        return scores
    if min(scores.values()) < 0 or sum(scores.values()) != 1:
        raise ModelError(
            f"sequence model: the probabilities {where} are {', '.join(map(str, scores.values()))} "
            f"and sum to {sum(scores.values())}; they must be at least 0 and sum to 1"
        )
    return scores


def tempered(model: SequenceModel, temperature: Fraction) -> SequenceModel:
    """The model with every p replaced by p^(1/T) / sum p^(1/T); ModelError for T ≤ 0 or log-probabilities."""
    import sympy

    if temperature <= 0 or model.logarithmic:
        raise ModelError(f"temperature {temperature}: it must be positive and the model given by probabilities")
    power = 1 / temperature

    def steps(prefix: Prefix) -> Steps:
        row = model.steps(prefix)
        if power.denominator == 1:
            raised = {t: p**power.numerator for t, p in row.items()}
        else:
            raised = {t: sympy.Rational(p) ** sympy.Rational(power) for t, p in row.items()}
        total = sum(raised.values())
        return {t: p / total for t, p in raised.items()}

    return SequenceModel(steps, model.depth, False, model.memory)


def exhaustive(model: SequenceModel, alpha: Fraction = Fraction(0)) -> Search:
    """The best complete sequences of all, by their score, normalised by length^alpha.

    A model with memory is searched by dynamic programming (Viterbi), others sequence by sequence; raises
    LimitError beyond 300 000 sequences.
    """
    if alpha < 0 or alpha > MAX_ALPHA:
        raise ModelError(f"length normalisation: alpha is {alpha}; it must lie between 0 and {MAX_ALPHA}")
    if model.memory is not None and not alpha:
        return _viterbi(model)
    best: list[Hypothesis] = []
    for count, candidate in enumerate(leaves(model)):
        if count >= MAX_SEQUENCES:
            raise LimitError(f"exhaustive search: more than {MAX_SEQUENCES} sequences; use a smaller depth or a beam")
        order = 1 if not best else _order(model, alpha, candidate, best[0])
        best = [candidate] if order > 0 else [*best, candidate] if order == 0 else best
    return Search(best[0], tuple(best))


def leaves(model: SequenceModel) -> Iterator[Hypothesis]:
    """Every complete sequence, depth first in the order of the vocabulary."""
    stack = [Hypothesis((), model.start)]
    while stack:
        node = stack.pop()
        following = model.next(node.words)
        if not following:
            yield Hypothesis(node.words, node.score, True)
        stack += [_child(model, node, token, step) for token, step in reversed(list(following.items()))]


def _child(model: SequenceModel, node: Hypothesis, token: str, step: Any) -> Hypothesis:
    words = (*node.words, token)
    return Hypothesis(words, model.extend(node.score, step), not model.next(words))


def _viterbi(model: SequenceModel) -> Search:
    """Keeps, for every ending the future depends on, the best prefixes; complete ones stand apart."""
    alive = [Hypothesis((), model.start)]
    done: list[Hypothesis] = []
    memory = model.memory or 0
    while alive:
        groups: dict[Prefix, list[Hypothesis]] = {}
        for node in alive:
            for token, step in model.next(node.words).items():
                child = _child(model, node, token, step)
                groups.setdefault(("end",) if child.complete else child.words[-memory:], []).append(child)
        best = {ending: _maximal(model, group) for ending, group in groups.items()}
        done += [h for group in best.values() for h in group if h.complete]
        alive = [h for group in best.values() for h in group if not h.complete]
        if len(alive) > MAX_SEQUENCES:
            raise LimitError(f"exhaustive search: more than {MAX_SEQUENCES} tied prefixes")
    top = sorted(_maximal(model, done), key=lambda h: _place(model, h.words))
    return Search(top[0], tuple(top))


def _place(model: SequenceModel, words: Prefix) -> tuple[int, ...]:
    return tuple(list(model.steps(words[:i])).index(word) for i, word in enumerate(words))


def _maximal(model: SequenceModel, group: Sequence[Hypothesis]) -> list[Hypothesis]:
    best: list[Hypothesis] = []
    for h in group:
        order = 1 if not best else _order(model, Fraction(0), h, best[0])
        best = [h] if order > 0 else [*best, h] if order == 0 else best
    return best


def beam(model: SequenceModel, width: int, alpha: Fraction = Fraction(0)) -> Search:
    """Beam search: at every step all continuations of the kept prefixes compete, the best ``width`` are kept.

    Complete sequences stay in the beam with their score and compete on.  Raises ModelError for a width below 1.
    """
    if alpha < 0 or alpha > MAX_ALPHA:
        raise ModelError(f"length normalisation: alpha is {alpha}; it must lie between 0 and {MAX_ALPHA}")
    if width < 1:
        raise ModelError(f"beam search: the width is {width}; it must be at least 1")
    kept, steps = [Hypothesis((), model.start, not model.next(()))], []
    while not all(h.complete for h in kept):
        candidates = [
            child
            for h in kept
            for child in ([h] if h.complete else [_child(model, h, t, s) for t, s in model.next(h.words).items()])
        ]
        order = ranked(model, alpha, candidates)
        kept = order[:width]
        cut = len(order) > width and _order(model, alpha, order[width - 1], order[width]) == 0
        steps.append(BeamStep(tuple(order), tuple(kept), cut))
    ties = [h for h in kept if _order(model, alpha, h, kept[0]) == 0]
    return Search(kept[0], tuple(ties), tuple(steps))


def ranked(model: SequenceModel, alpha: Fraction, candidates: Sequence[Hypothesis]) -> list[Hypothesis]:
    """Best first; equal scores in the order they came."""

    def worse(left: Hypothesis, right: Hypothesis) -> int:
        return _order(model, alpha, right, left)

    return sorted(candidates, key=cmp_to_key(worse))


def greedy(model: SequenceModel) -> Search:
    """The best next token at every step: beam search of width 1."""
    return beam(model, 1)


def _order(model: SequenceModel, alpha: Fraction, left: Hypothesis, right: Hypothesis) -> int:
    """-1, 0, 1 as left scores less than, the same as or more than right."""
    a, b = left.score, right.score
    if not alpha or len(left.words) == len(right.words) or (not model.logarithmic and not (a and b)):
        if isinstance(a, Fraction) and isinstance(b, Fraction):
            return (a > b) - (a < b)
        return compare(_exact(a), _exact(b), "beam search")
    return compare(normalized(model, left, alpha), normalized(model, right, alpha), "length normalisation")


def normalized(model: SequenceModel, hypothesis: Hypothesis, alpha: Fraction) -> Any:
    """The length-normalised score log p / length^alpha, as a SymPy number."""
    import sympy

    score = _exact(hypothesis.score)
    logs = score if model.logarithmic else sympy.log(score)
    return logs / sympy.Integer(max(len(hypothesis.words), 1)) ** sympy.Rational(alpha)


def _exact(score: Any) -> Any:
    import sympy

    return sympy.Rational(score) if isinstance(score, Fraction) else score
