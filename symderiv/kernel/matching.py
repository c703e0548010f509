"""Find a small network inside a product: the left sides of the inverse laws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from symderiv.kernel.networks import ONE, Factor, Index

# labels a pattern may use: at least PRIVATE for its own summed indices, OPEN for an end that may be anything
PRIVATE = 10**9
OPEN = 2 * 10**9


@dataclass(frozen=True)
class Match:
    """Where a pattern was found: the factors used, the summed indices consumed, what is left of the factors."""

    used: frozenset[int]
    gone: frozenset[Index]
    remainder: tuple[Factor, ...]
    images: dict[Index, Index]


def find_pattern(
    pattern: Sequence[Factor], factors: Sequence[Factor], fixed: dict[Index, Index], exclude: int
) -> Match | None:
    """Match a pattern inside a product.

    ``fixed`` maps the pattern's anchored indices; labels ≥ PRIVATE are summed and must
    occur nowhere outside the match; labels ≥ OPEN match any index.  Returns the first match.
    """
    if not pattern:
        return None
    for used, images, remainder in _extend(list(pattern), factors, dict(fixed), (exclude,), ()):
        taken = frozenset(used) - {exclude}
        private = {images[i] for _, idx, _ in pattern for i in idx if PRIVATE <= i[1] < OPEN}
        outside = {i for k, (_, idx, _) in enumerate(factors) if k not in taken for i in idx}
        outside |= {i for _, idx, _ in remainder for i in idx}
        if all(i[1] >= 0 and i not in outside for i in private) and len(private) == _count_private(pattern):
            return Match(taken, frozenset(private), remainder, images)
    return None


def _count_private(pattern: Sequence[Factor]) -> int:
    return len({i for _, idx, _ in pattern for i in idx if PRIVATE <= i[1] < OPEN})


def _extend(
    pattern: list[Factor],
    factors: Sequence[Factor],
    images: dict[Index, Index],
    used: tuple[int, ...],
    remainder: tuple[Factor, ...],
) -> Iterator[tuple[tuple[int, ...], dict[Index, Index], tuple[Factor, ...]]]:
    if not pattern:
        yield used, images, remainder
        return
    # continue where the pattern is already anchored
    pattern = sorted(pattern, key=lambda f: -sum(i in images or i == ONE for i in f[1]))
    (h, idx, e), *rest = pattern
    for k, (g, other, f) in enumerate(factors):
        if g is not h or k in used or not (f == e or (f > e > 0 and all(i in images for i in idx))):
            continue
        for target in {other, other[::-1]} if h.symmetric else (other,):
            extended = _agree(idx, target, images)
            if extended is not None:
                left = remainder if f == e else (*remainder, (h, other, f - e))
                yield from _extend(rest, factors, extended, (*used, k), left)


def _agree(
    pattern: tuple[Index, ...], target: tuple[Index, ...], images: dict[Index, Index]
) -> dict[Index, Index] | None:
    extended = dict(images)
    for i, j in zip(pattern, target, strict=True):
        if i == ONE or j == ONE:
            if i != j:
                return None
        elif extended.setdefault(i, j) != j:
            return None
    return extended
