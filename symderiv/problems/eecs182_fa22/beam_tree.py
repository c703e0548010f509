"""The tree of words of problem 8: its figure is missing, the printed numbers give it back.

``LABELS`` stand beside words in the greedy search, ``SUMS`` behind sequences and their beginnings.  The
sums alone force all fourteen labels; that they repeat the six printed ones is the check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, Final

from symderiv.exact import compare
from symderiv.models.decoding import Prefix, SequenceModel, tree_model
from symderiv.models.printed_logs import ROUNDINGS, Reconstruction, printed, reconstruct_tree, sibling_check

WORDS: Final = ("deep", "learn")
LENGTH: Final = 3
DECIMALS: Final = 2

LABELS: Final = {
    "deep": "-0.51", "learn": "-0.91",
    "deep deep": "-0.35", "deep learn": "-1.20",
    "deep deep deep": "-0.22", "deep deep learn": "-1.61",
}  # fmt: skip
SUMS: Final = {
    "deep": "-0.51", "learn": "-0.91",
    "deep deep": "-0.86", "deep learn": "-1.71", "learn deep": "-5.52", "learn learn": "-0.92",
    "deep deep deep": "-1.08", "deep deep learn": "-2.47",
    "deep learn deep": "-2.4", "deep learn learn": "-2.4",
    "learn deep deep": "-7.82", "learn deep learn": "-5.63",
    "learn learn deep": "-0.97", "learn learn learn": "-3.91",
}  # fmt: skip


@dataclass(frozen=True)
class Siblings:
    """The two words after a prefix: labels, the probabilities in whole hundredths behind them, what fits.

    ``fits`` says for every way of rounding whether any probabilities that sum to one print as the labels;
    ``least`` is the smallest sum of the probabilities that round to them (a SymPy number).
    """

    prefix: Prefix
    labels: tuple[Fraction, ...]
    probabilities: tuple[Fraction, ...]
    fits: Mapping[str, bool]
    least: Any

    @property
    def logs(self) -> tuple[Any, ...]:
        """The exact log-probabilities."""
        import sympy

        return tuple(sympy.log(sympy.Rational(p)) for p in self.probabilities)

    @property
    def rounded(self) -> tuple[bool, ...]:
        """Whether each label is its log-probability rounded to the nearest."""
        return tuple(printed(p, DECIMALS) == label for p, label in zip(self.probabilities, self.labels, strict=True))

    @property
    def within_a_unit(self) -> bool:
        """Whether each label is less than a unit of its last digit away from its log-probability."""
        import sympy

        unit = sympy.Rational(1, 10**DECIMALS)
        away = [abs(log - sympy.Rational(label)) for log, label in zip(self.logs, self.labels, strict=True)]
        return all(compare(distance, unit) < 0 for distance in away)


def reconstruction(with_labels: bool = True) -> Reconstruction:
    """The labels that the printed sums force, beside the printed labels or without them."""
    return reconstruct_tree(_read(SUMS), _read(LABELS) if with_labels else {})


def model() -> SequenceModel:
    """The decoder: the labels of the tree are its log-probabilities."""
    labels = reconstruction().labels
    return tree_model(
        {" ".join(prefix): {word: labels[(*prefix, word)] for word in WORDS} for prefix in inner()},
        LENGTH,
        logarithmic=True,
    )


def inner() -> list[Prefix]:
    """The nodes with words below them, level by level."""
    known = sorted({path[:-1] for path in _read(SUMS)}, key=lambda path: (len(path), path))
    return [path for path in known if len(path) < LENGTH]


@cache
def siblings() -> tuple[Siblings, ...]:
    """The pairs of words, level by level, with the probabilities behind their labels."""
    labels = reconstruction().labels
    return tuple(_pair(prefix, tuple(labels[(*prefix, word)] for word in WORDS)) for prefix in inner())


def one_rounding() -> tuple[str, ...]:
    """The ways of rounding that could have made all labels; none does."""
    return tuple(name for name in ROUNDINGS if all(pair.fits[name] for pair in siblings()))


def path(words: str) -> Prefix:
    """A prefix from its words."""
    return tuple(words.split())


def number(value: Any, decimals: int = DECIMALS) -> str:
    """A number with a real minus sign.

    >>> number(Fraction(-12, 5))
    '−2.40'
    """
    return f"{float(value):.{decimals}f}".replace("-", "−")


def _pair(prefix: Prefix, labels: tuple[Fraction, ...]) -> Siblings:
    checks = {name: sibling_check(labels, DECIMALS, name) for name in ROUNDINGS}
    near = _nearest_hundredths(labels)
    return Siblings(prefix, labels, near, {n: c.possible for n, c in checks.items()}, checks["nearest"].low)


def _nearest_hundredths(labels: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    """The only probabilities in whole hundredths that print as both labels, by any rounding of each."""
    (found,) = [
        (p, 1 - p) for p in (Fraction(i, 100) for i in range(1, 100))
        if all(label in _prints(q) for label, q in zip(labels, (p, 1 - p), strict=True))
    ]  # fmt: skip
    return found


def _prints(probability: Fraction) -> set[Fraction]:
    return {printed(probability, DECIMALS, name) for name in ROUNDINGS}


def _read(table: Mapping[str, str]) -> dict[Prefix, Fraction]:
    return {path(words): Fraction(text) for words, text in table.items()}
