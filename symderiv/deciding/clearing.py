"""Is a form zero?  Clearing of denominators and of matrix inverses.

Scope: sums of products with powers of sums (complete for rational functions of
scalars and of entries at free indices), and matrix identities that become
polynomial after multiplication by the matrices whose inverses occur, at most
``MAX_DEPTH`` of them: push-through, Woodbury, Searle's identities; scalar identities
between traces of inverses where a factor is shared (``openings``); sums of such
functions, if they agree summand by summand (``summands``).

Multiplying by a factor that is invertible wherever both sides are defined keeps
the set of zeros; the list of multipliers is the certificate.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from symderiv.deciding.openings import opened
from symderiv.deciding.summands import summands
from symderiv.kernel.arithmetic import assemble
from symderiv.kernel.forms import Form, Product, instances, next_label, payload_form, size_factor, spell
from symderiv.kernel.networks import NETS, Factor, Head, Index, delta, slot
from symderiv.limits import check_deadline

MAX_DEPTH = 4
MAX_ROUNDS = 12
MAX_WIDTH = 400


def vanishes(form: Form) -> tuple[str, ...] | None:
    """The multipliers after which the form is 0 term by term, or None if that was not found.

    An empty tuple says that the form was 0 as it stood.
    """
    return _search(form, MAX_DEPTH, ())


def _search(form: Form, depth: int, done: tuple[str, ...]) -> tuple[str, ...] | None:
    if form.is_zero:
        return done
    cleared, used = _clear_powers(form)
    if cleared.is_zero:
        return (*done, *used)
    check_deadline()
    if depth == 0 or len(cleared.terms) > MAX_WIDTH:
        return None
    for part in summands(cleared):
        found = _search(part, depth - 1, (*done, *used, "the summands compared"))
        if found is not None:
            return found
    if depth == MAX_DEPTH:
        for part in opened(cleared):
            found = _search(part, depth - 1, (*done, *used, "a shared factor taken out"))
            if found is not None:
                return found
    for side, s, h in _candidates(cleared):
        found = _search(_multiplied(cleared, side, s, h), depth - 1, (*done, *used, f"{side} factor of an inverse"))
        if found is not None:
            return found
    return None


def _clear_powers(form: Form) -> tuple[Form, tuple[str, ...]]:
    """Multiply by every base that stands below the line at free indices, until none does."""
    used: list[str] = []
    for _ in range(MAX_ROUNDS):
        lowest: dict[int, Fraction | int] = {}
        for mono in form.terms:
            for uid, e in mono:
                net = NETS[uid]
                if not net.bound and net.factors[0][0].kind == "power" and e < lowest.get(uid, 0):
                    lowest[uid] = e
        if not lowest:
            break
        uid = min(lowest)
        h, idx, _ = NETS[uid].factors[0]
        raised: Factor = (h, idx, ceil(-lowest[uid]))
        form = assemble([(c, [*spell(m)[0], raised]) for m, c in form.terms.items()], form.dims)
        used.append("a denominator")
        if len(form.terms) > MAX_WIDTH:
            break
    return form, tuple(used)


def _candidates(form: Form) -> Iterator[tuple[str, int, Head]]:
    """Inverses with a free slot: on the left where the slot comes first, on the right where it comes second."""
    seen = set()
    for mono in form.terms:
        for uid, _ in mono:
            for h, idx, e in NETS[uid].factors:
                if h.kind == "inv" and e == 1:
                    for position, side in ((0, "left"), (1, "right")):
                        # a symmetric inverse may be entered from either end
                        for end in {position, 1 - position} if h.symmetric else (position,):
                            key = (side, -1 - idx[end][1], h)
                            if idx[end][1] < 0 and key not in seen:
                                seen.add(key)
                                yield key


def _multiplied(form: Form, side: str, s: int, h: Head) -> Form:
    """Contract slot s of the form with the matrix whose inverse is h: F⁻¹ there becomes δ."""
    size = h.dims[0]
    base = payload_form(h)
    here = slot(s, size)
    near = 0 if side == "left" else 1
    products: list[Product] = []
    for mono, c in form.terms.items():
        factors, label = spell(mono)
        k = next((k for k, (g, idx, e) in enumerate(factors) if g is h and e == 1 and _end(g, idx, near, here)), None)
        # the slot is summed against the matrix, so nothing else of the term may hang on it
        if k is not None and sum(idx.count(here) for _, idx, _ in factors) == 1:
            _, idx, _ = factors[k]
            other = idx[1 - near] if idx[near] == here else idx[near]
            products.append((c, [*factors[:k], (delta(size), (here, other), 1), *factors[k + 1 :]]))
            continue
        inner: Index = (size, label)
        moved, _ = spell(mono, label + 1, {here: inner})
        ends = (here, inner) if side == "left" else (inner, here)
        for d, more in instances(base, ends, next_label([*moved, (delta(size), (inner, here), 1)])):
            whole = moved + more
            if not any(inner in idx for _, idx, _ in whole):
                number, extra = size_factor(size)
                d, whole = d * number, whole + extra
            products.append((c * d, whole))
    return assemble(products, form.dims)


def _end(h: Head, idx: tuple[Index, ...], near: int, here: Index) -> bool:
    return idx[near] == here or (h.symmetric and idx[1 - near] == here)
