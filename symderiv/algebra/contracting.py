"""Networks of vectors and matrices, their points summed one after the other.

A vector lies at a point, a matrix joins two. Points go in the order of how few neighbours they have:

    none   Σᵢ uᵢvᵢ = u·v          one   Σⱼ Mᵢⱼvⱼ = (M v)ᵢ          two   Σⱼ MᵢⱼvⱼNⱼₖ = (M diag(v) N)ᵢₖ

and what comes to lie side by side is multiplied entry by entry.  That reaches every network of treewidth two;
what is left over, such as Σᵢ AᵢⱼBᵢₖCᵢₗ, has no matrix notation that is found here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from symderiv.algebra.building_blocks import diag_of, dot, over, power, times, total
from symderiv.algebra.chains import flipped
from symderiv.algebra.shortening import operations
from symderiv.errors import LimitError
from symderiv.expressions import Expr, constant, dimension, eye, make, number
from symderiv.kernel.networks import Exponent, Index
from symderiv.shapes import Dim

Powers = dict[Expr, Exponent]  # a product of powers, entry by entry
HALF = Fraction(1, 2)


class Network:
    """A product of scalars, vectors at points and matrices between them; what lies together is multiplied."""

    def __init__(self) -> None:
        self.scalars: Powers = {}
        self.vectors: dict[Index, Powers] = {}
        self.matrices: dict[tuple[Index, Index], Powers] = {}

    def put(self, factor: Expr, points: tuple[Index, ...], e: Exponent = 1) -> None:
        """One more factor, raised entry by entry; the rows of a matrix are at the first point.

        Raises LimitError for more than two points.
        """
        if len(points) > 2:
            raise LimitError("a factor with more than two indices has no matrix notation")
        if len(points) == 2 and points[0] == points[1]:
            factor, points = diagonal(factor), points[:1]
        if len(points) == 2 and points[1][1] < points[0][1]:
            factor, points = flipped(factor), points[::-1]
        factor, e = norm_out(factor, e)
        place = self._place(points)
        place[factor] = place.get(factor, 0) + e

    def _place(self, points: tuple[Index, ...]) -> Powers:
        if len(points) == 2:
            return self.matrices.setdefault((points[0], points[1]), {})
        return self.vectors.setdefault(points[0], {}) if points else self.scalars

    def multiply(self, other: Network, e: Exponent) -> None:
        """Multiply with a power of another network."""
        for points, powers in other._everything():
            for base, k in powers.items():
                self.put(base, points, k * e)

    def _everything(self) -> Iterable[tuple[tuple[Index, ...], Powers]]:
        yield (), self.scalars
        yield from (((i,), powers) for i, powers in self.vectors.items())
        yield from self.matrices.items()

    def between(self, i: Index, j: Index) -> Powers:
        """The matrices that join two points, their rows at the first."""
        turned = {flipped(m): e for m, e in self.matrices.get((j, i), {}).items()}
        return self.matrices.get((i, j), {}) or turned

    def around(self, i: Index) -> list[Index]:
        """The neighbours of a point."""
        return [j if k == i else k for j, k in self.matrices if i in (j, k)]

    def sum_over(self, points: Iterable[Index]) -> None:
        """Sum over points; raises LimitError where three matrices meet at each that is left."""
        left = list(points)
        while left:
            i = min(left, key=self._order)
            near = self.around(i)
            if len(near) > 2:
                raise LimitError("a sum in which three matrices share an index has no matrix notation")
            left.remove(i)
            gone = _SUMS[len(near)](self, i, near, left)
            left = [j for j in left if j != gone]

    def _order(self, i: Index) -> tuple[int, int, int]:
        """From the ends inwards, short ends first, so that both halves of a square come to the same."""
        return len(self.around(i)), sum(map(operations, self.vectors.get(i, {}))), i[1]

    def take(self, i: Index) -> Expr | None:
        """Take a point away; the vector that lay at it."""
        self.matrices = {join: m for join, m in self.matrices.items() if i not in join}
        return entrywise(self.vectors.pop(i, {}))

    def written(self, slots: Sequence[Index]) -> Expr:
        """The vector or matrix over the points that are left."""
        if len(slots) > 2:
            raise LimitError("an array with more than two axes has no matrix notation")
        ends = [entrywise(self.vectors.get(i, {})) for i in slots]
        whole = [constant("ones", (d,)) if a is None else a for a, (d, _) in zip(ends, slots, strict=True)]
        if len(slots) == 1:
            return whole[0]
        full = dict(self.between(slots[0], slots[1]))
        if full.pop(eye(slots[0][0]), None):
            inner = entrywise({diagonal(m): e for m, e in full.items()})
            return _diagonal_matrix([a for a in (*ends, inner) if a is not None], slots[0][0])
        matrix = entrywise(full)
        if matrix is None:
            return constant("ones", (slots[0][0], slots[1][0])) if ends == [None, None] else make("outer", *whole)
        column, row = ends
        if column is not None:
            return times(make("col", column) if row is None else make("outer", column, row), matrix)
        return matrix if row is None else times(matrix, row)


def _diagonal_matrix(scales: list[Expr], size: Dim) -> Expr:
    if len(scales) == 1 and scales[0].op == "diagonal" and _is_diagonal(scales[0].args[0]):
        return scales[0].args[0]
    return diag_of(times(*scales)) if scales else eye(size)


def _is_diagonal(e: Expr) -> bool:
    return e.op == "sym" and bool(e.data.has("diagonal"))


def _alone(network: Network, i: Index, near: list[Index], left: list[Index]) -> None:
    """Σᵢ of vectors: an inner product of two, the square of a norm, a trace, else a sum."""
    powers = network.vectors.pop(i, {})
    (first, e), *more = powers.items() or [(dimension(i[0]), 1)]
    if more:
        network.put(_turned(dot(power(first, e), times(*(power(a, k) for a, k in more)))), ())
    elif not powers:
        network.put(first, ())
    elif e == 2:
        network.put(make("norm", first), (), 2)
    else:
        trace = first.op == "diagonal" and e == 1
        network.put(make("tr", first.args[0]) if trace else make("sum", raised(first, e)), ())


def _turned(chain: Expr) -> Expr:
    """A scalar product read from the end where that is shorter: a·Mᵀb is b·M a."""
    if chain.op != "matmul":
        return chain
    return min(chain, dot(*(flipped(a) for a in reversed(chain.args))), key=operations)


def _end(network: Network, i: Index, near: list[Index], left: list[Index]) -> Index | None:
    """Σⱼ of matrices with rows at i and what lies at j; where nothing else lies at i, of all their entries."""
    (j,) = near
    factors, v = network.between(j, i), network.take(i)
    pair = [m for m, e in factors.items() if e == 1]
    whole = entrywise(factors)
    assert whole is not None
    if len(pair) == 2 == len(factors) and any(m.op == "matmul" for m in pair):
        network.put(make("diagonal", dot(pair[0], *([] if v is None else [diag_of(v)]), flipped(pair[1]))), (j,))
    elif v is not None:
        network.put(dot(whole, v), (j,))
    elif j in left and j not in network.vectors and not network.around(j):
        network.put(_all_entries(factors), ())
        return j
    else:
        network.put(_rows(whole), (j,))
    return None


def _all_entries(factors: Powers) -> Expr:
    """The sum of all entries of a product: the square of a norm, a trace, else a sum."""
    (first, e), *more = factors.items()
    if e == 2 and not more:
        return make("pow", make("norm", min((first, flipped(first)), key=operations)), number(2))
    whole = entrywise(factors)
    assert whole is not None
    found = [make("sum", whole), make("sum", flipped(whole))]
    if len(more) == 1 and e == more[0][1] == 1:
        second = more[0][0]
        found = [make("tr", dot(first, flipped(second))), make("tr", dot(flipped(first), second)), *found]
    return min(found, key=operations)


def _rows(matrix: Expr) -> Expr:
    """The sums of the rows."""
    if matrix.op == "matmul":
        return dot(*matrix.args[:-1], _rows(matrix.args[-1]))
    return total(matrix.args[0], 0) if matrix.op == "T" else total(matrix, 1)


def _link(network: Network, i: Index, near: list[Index], left: list[Index]) -> None:
    """Σⱼ of two matrices, and what lies between them."""
    first, last = entrywise(network.between(near[0], i)), entrywise(network.between(i, near[1]))
    assert first is not None and last is not None
    v = network.take(i)
    network.put(dot(first, *([] if v is None else [diag_of(v)]), last), (near[0], near[1]))


_SUMS = (_alone, _end, _link)  # by the number of neighbours


def entrywise(powers: Powers) -> Expr | None:
    """A product of powers entry by entry; None where there are no factors."""
    tops = [raised(a, e) for a, e in powers.items() if e > 0]
    bottoms = [raised(a, -e) for a, e in powers.items() if e < 0]
    if not tops and not bottoms:
        return None
    top = times(*tops) if tops else number(1)
    return over(top, times(*bottoms)) if bottoms else top


def raised(a: Expr, e: Exponent) -> Expr:
    """A power, as a root where it is one."""
    return make("sqrt", a) if e == HALF else power(a, e)


def norm_out(base: Expr, e: Exponent) -> tuple[Expr, Exponent]:
    """A base with its exponent; (|v|²)^e is a power of the norm."""
    squared = base.op == "pow" and base.args[0].op == "norm"
    return (base.args[0], base.args[1].data * e) if squared else (base, e)


def diagonal(m: Expr) -> Expr:
    """The diagonal of a square matrix, that of diag(v) at once."""
    return m.args[0] if m.op == "diag" else make("diagonal", m)
