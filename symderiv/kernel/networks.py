"""Tensor networks: products of indexed atoms, with one canonical form each.

A *head* is an atom's name (a symbol, an inverse, an exponential …) with one
size per slot.  A *factor* is a head with indices and an exponent.  A *net* is a
connected product of factors whose bound indices are summed, such as
``Σ_j X_ij w_j``.  Heads and nets are interned: equal ones are one object, and
renaming bound indices never changes a net.

An index is ``(size, label)``: labels below 0 are the free slots of the whole
expression (slot k is ``-1-k``), labels from 0 are bound, and every index of
size 1 is the constant ``ONE``.

The canonical numbering is found by colour refinement with backtracking over
ties; the search is capped, and past the cap LimitError is raised, which a
decider reports as *undecided*.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from fractions import Fraction

from symderiv.errors import LimitError
from symderiv.limits import check_deadline
from symderiv.shapes import Dim
from symderiv.symbols import Symbol

Index = tuple[Dim, int]
Exponent = int | Fraction
Factor = tuple["Head", tuple[Index, ...], Exponent]

ONE: Index = (1, 0)
MAX_LEAVES = 4000


def slot(k: int, size: Dim) -> Index:
    """The k-th free slot of an expression, of the given size."""
    return ONE if size == 1 else (size, -1 - k)


class Head:
    """The name of an atom: ``kind`` and ``payload`` say what it is, ``dims`` the size of each slot."""

    __slots__ = ("dims", "kind", "payload", "positive", "symbols", "symmetric", "uid", "unit")

    def __init__(
        self,
        kind: str,
        payload: Hashable,
        dims: tuple[Dim, ...],
        symbols: frozenset[Symbol],
        symmetric: bool,
        positive: bool,
        unit: bool,
        uid: int,
    ) -> None:
        self.kind = kind
        self.payload = payload
        self.dims = dims
        self.symbols = symbols  # every declared symbol it depends on
        self.symmetric = symmetric  # its two slots may be exchanged
        self.positive = positive  # every entry > 0
        self.unit = unit  # every entry in (0, 1)
        self.uid = uid

    def __repr__(self) -> str:
        return f"{self.kind}[{self.payload}]"


_HEADS: dict[tuple[object, ...], Head] = {}


def head(
    kind: str,
    payload: Hashable,
    dims: tuple[Dim, ...] = (),
    symbols: frozenset[Symbol] = frozenset(),
    *,
    symmetric: bool = False,
    positive: bool = False,
    unit: bool = False,
) -> Head:
    """The one head of this kind and payload."""
    key = (kind, payload, dims)
    found = _HEADS.get(key)
    if found is None:
        found = Head(kind, payload, dims, symbols, symmetric, positive, unit, len(_HEADS))
        _HEADS[key] = found
    return found


DELTA_KIND = "delta"


def delta(size: Dim) -> Head:
    """The Kronecker delta of a size."""
    return head(DELTA_KIND, size, (size, size), symmetric=True)


class Net:
    """A connected product of factors in canonical numbering; compare by identity."""

    __slots__ = ("active", "bound", "factors", "free", "positive", "symbols", "uid")

    def __init__(self, factors: tuple[Factor, ...], uid: int) -> None:
        indices = {i for _, idx, _ in factors for i in idx}
        self.factors = factors
        self.uid = uid
        self.free = frozenset(i for i in indices if i[1] < 0)
        self.bound = frozenset(i for i in indices if i[1] >= 0 and i != ONE)
        self.symbols: frozenset[Symbol] = frozenset().union(*(h.symbols for h, _, _ in factors))
        self.positive = all(h.positive for h, _, _ in factors)
        # nets that later products may have to rewrite (see laws.ACTIVE)
        self.active = any(h.kind not in ("sym", "dim") for h, _, _ in factors)

    def __repr__(self) -> str:
        return "·".join(
            f"{h!r}{''.join(f'{i[0]}{i[1]}' for i in idx)}" + (f"^{e}" if e != 1 else "") for h, idx, e in self.factors
        )


NETS: list[Net] = []
_BY_KEY: dict[tuple[Factor, ...], Net] = {}
_MEMO: dict[tuple[Factor, ...], Net] = {}


def order_slots(h: Head, idx: tuple[Index, ...]) -> tuple[Index, ...]:
    """Indices of a symmetric head in a fixed order."""
    if h.symmetric and len(idx) == 2 and _label_key(idx[1]) < _label_key(idx[0]):
        return (idx[1], idx[0])
    return idx


def _label_key(i: Index) -> tuple[int, str]:
    return (i[1], str(i[0]))


def net_of(factors: Sequence[Factor]) -> Net:
    """The interned net of a connected product; bound labels may be arbitrary on input."""
    rough = tuple(sorted(factors, key=_factor_key))
    found = _MEMO.get(rough)
    if found is None:
        canon = _canonical(rough)
        found = _BY_KEY.get(canon)
        if found is None:
            found = Net(canon, len(NETS))
            NETS.append(found)
            _BY_KEY[canon] = found
        _MEMO[rough] = found
    return found


def _factor_key(f: Factor) -> tuple[object, ...]:
    return (f[0].uid, f[2], tuple(_label_key(i) for i in f[1]))


def _canonical(factors: tuple[Factor, ...]) -> tuple[Factor, ...]:
    bound = sorted({i for _, idx, _ in factors for i in idx if i[1] >= 0 and i != ONE}, key=_label_key)
    if not bound:
        return _encode(factors, {})
    if len(bound) == 1:
        return _encode(factors, {bound[0]: 0})
    return _Search(factors).run(_refine(factors, dict.fromkeys(bound, 0)))


def _encode(factors: Iterable[Factor], numbering: dict[Index, int]) -> tuple[Factor, ...]:
    def rename(i: Index) -> Index:
        return (i[0], numbering[i]) if i in numbering else i

    renamed = [(h, order_slots(h, tuple(rename(i) for i in idx)), e) for h, idx, e in factors]
    return tuple(sorted(renamed, key=_factor_key))


def _refine(factors: Sequence[Factor], colours: dict[Index, int]) -> dict[Index, int]:
    """Colour refinement: an index's colour absorbs the colours around it until nothing changes."""
    count = len(set(colours.values()))
    while True:
        seen: dict[Index, list[tuple[int, Exponent, int, tuple[int, ...]]]] = {i: [] for i in colours}
        for h, idx, e in factors:
            around = [colours[i] if i in colours else _label_key(i)[0] for i in idx]
            if h.symmetric:
                around.sort()
            for position, i in enumerate(idx):
                if i in seen:
                    place = 0 if h.symmetric else position
                    seen[i].append((h.uid, e, place, tuple(around)))
        keys = {i: (colours[i], str(i[0]), tuple(sorted(seen[i]))) for i in colours}
        ranks = {k: r for r, k in enumerate(sorted(set(keys.values())))}
        colours = {i: ranks[keys[i]] for i in colours}
        if len(ranks) == count:
            return colours
        count = len(ranks)


class _Search:
    """Individualise and refine; equal leaves reveal symmetries, which prune their whole orbit."""

    def __init__(self, factors: tuple[Factor, ...]) -> None:
        self.factors = factors
        self.leaves = 0
        self.best: tuple[Factor, ...] = ()
        self.best_key: list[tuple[object, ...]] | None = None
        self.best_order: list[Index] = []
        self.symmetries: list[dict[Index, Index]] = []

    def run(self, colours: dict[Index, int]) -> tuple[Factor, ...]:
        self.visit(colours, ())
        return self.best

    def visit(self, colours: dict[Index, int], path: tuple[Index, ...]) -> None:
        cells: dict[int, list[Index]] = {}
        for i, c in colours.items():
            cells.setdefault(c, []).append(i)
        tied = next((c for c in sorted(cells) if len(cells[c]) > 1), None)
        if tied is None:
            self.leaf(sorted(colours, key=colours.__getitem__))
            return
        tried: list[Index] = []
        for i in cells[tied]:
            if not self.symmetric_to(i, tried, path):
                # individualise i: it comes first in its cell
                split = {j: 2 * c + (c == tied and j != i) for j, c in colours.items()}
                self.visit(_refine(self.factors, split), (*path, i))
            tried.append(i)

    def leaf(self, order: list[Index]) -> None:
        self.leaves += 1
        check_deadline()
        if self.leaves > MAX_LEAVES:
            raise LimitError(
                f"a product of {len(self.factors)} factors has too many equal ones to name its indices canonically"
            )
        found = _encode(self.factors, {i: k for k, i in enumerate(order)})
        key = [_factor_key(f) for f in found]
        if self.best_key is None or key < self.best_key:
            self.best, self.best_key, self.best_order = found, key, order
        elif key == self.best_key:
            self.symmetries.append(dict(zip(self.best_order, order, strict=True)))

    def symmetric_to(self, i: Index, tried: list[Index], path: tuple[Index, ...]) -> bool:
        """Whether a known symmetry that fixes the path carries an explored index to i."""
        moves = [s for s in self.symmetries if all(s[p] == p for p in path)]
        orbit, frontier = set(tried), list(tried)
        while frontier:
            j = frontier.pop()
            for s in moves:
                if s[j] not in orbit:
                    orbit.add(s[j])
                    frontier.append(s[j])
        return i in orbit


def components(factors: Sequence[Factor]) -> list[list[Factor]]:
    """Split a product into parts that share no bound index."""
    parent = list(range(len(factors)))

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = parent[k]
        return k

    owner: dict[Index, int] = {}
    for k, (_, idx, _) in enumerate(factors):
        for i in idx:
            if i[1] >= 0 and i != ONE:
                if i in owner:
                    parent[root(k)] = root(owner[i])
                else:
                    owner[i] = k
    groups: dict[int, list[Factor]] = {}
    for k, f in enumerate(factors):
        groups.setdefault(root(k), []).append(f)
    return list(groups.values())
