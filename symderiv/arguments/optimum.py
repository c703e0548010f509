"""Arguments about minimisers of matrix functions, as claims: each holds the certificates it rests on.

A change of variables carries minimisers to minimisers where the map can be undone; a positive factor and a
constant leave them where they are; at a stationary point every gradient vanishes; a bound by squares is attained
where the squares vanish.  Nothing here decides: equalities go to ``certify``, signs to ``scalar_facts``, and the
verdict of an argument is that of its weakest part.  (Boyd and Vandenberghe, Convex Optimization, 4.1.3.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from symderiv.arguments.scalar_facts import Fact, nonnegative, positive
from symderiv.calculus import gradient
from symderiv.certify import Certificate, certify
from symderiv.deciding.claims import UNDECIDED, weakest
from symderiv.deciding.domains import needs
from symderiv.derivation import Derivation, begin
from symderiv.errors import ClaimError, ShapeError
from symderiv.expressions import Expr, as_expr, combine, constant, make, number
from symderiv.shapes import show
from symderiv.trees import swap

Lines = Sequence[tuple[Expr, str]]


@dataclass(frozen=True)
class ChangeOfVariables:
    """f(x) = g(φ(x)) with φ invertible, so that the minimisers of g are the images φ(x*) of those of f."""

    objective: Expr
    variable: Expr
    image: Expr
    new: Expr
    forward: Expr
    backward: Expr
    certificates: tuple[Certificate, ...]
    ranges: tuple[Fact, ...] = ()

    @property
    def verdict(self) -> str:
        """The weakest of: the objectives agree, φ⁻¹(φ(x)) = x, φ(φ⁻¹(z)) = z, both maps stay in what is declared."""
        return weakest([*(c.verdict for c in self.certificates), *(fact.verdict for fact in self.ranges)])

    @property
    def relations(self) -> tuple[tuple[Any, ...], ...]:
        """What it says, as relation chains: new = φ(x), x = φ⁻¹(new), f(x) = g(φ(x))."""
        return (
            (self.new, "=", self.forward),
            (self.variable, "=", self.backward),
            (self.objective, "=", substitute(self.image, {self.new: self.forward})),
        )

    def carried(self, minimiser: Expr) -> Expr:
        """φ(x*), the minimiser of the new objective, from one of the old."""
        return substitute(self.forward, {self.variable: minimiser})


def change_of_variables(
    objective: Expr, variable: Expr, image: Expr, new: Expr, forward: Expr, backward: Expr
) -> ChangeOfVariables:
    """The claim that ``new = forward(variable)`` turns ``objective`` into ``image`` and can be undone by ``backward``.

    Raises ShapeError where a map does not have the shape of what it gives, ClaimError where a side depends on
    the variable it must not, or where a map is not defined for every value: then it does not reach all points.

    >>> from symderiv.scope import declare
    >>> c = declare(y="vector(n)", w="vector(n)", u="vector(n)", p="scalar, positive")
    >>> f, g = c.read("norm(y - p*w)**2"), c.read("norm(y - u)**2")
    >>> change_of_variables(f, c.w, g, c.u, forward=c.read("p*w"), backward=c.read("u/p")).verdict
    'proved'
    """
    for name, value, wanted in (("forward", forward, new), ("backward", backward, variable)):
        if value.shape != wanted.shape:
            raise ShapeError(f"{name} gives {show(value.shape)}, but {wanted} is {show(wanted.shape)}; fit the map")
    for what, value, foreign in (
        ("the objective", objective, new), ("the image", image, variable),
        ("forward", forward, new), ("backward", backward, variable),
    ):  # fmt: skip
        if _occurs(foreign, value):
            raise ClaimError(
                f"{what} {value} depends on {foreign}; only {variable if foreign is new else new} may occur in it"
            )
    for what, value, free in (("forward", forward, variable), ("backward", backward, new)):
        missing = [need for need in needs(value).values() if _occurs(free, need.expr)]
        if missing:
            raise ClaimError(
                f"{what} {value} is defined only where {missing[0]}; declare {free} so that this always holds"
            )
    certificates = (
        certify(objective, substitute(image, {new: forward})),
        certify(substitute(backward, {new: forward}), variable),
        certify(substitute(forward, {variable: backward}), new),
    )
    ranges = (*_stays(forward, new), *_stays(backward, variable))
    return ChangeOfVariables(objective, variable, image, new, forward, backward, certificates, ranges)


def _stays(value: Expr, wanted: Expr) -> Iterator[Fact]:
    """Whether the values of a map have the properties that are declared for what it gives."""
    for name in sorted(wanted.data.properties):
        if not value.shape and name in _RANGES:
            yield from (positive(part) for part in _RANGES[name](value))
        elif not (value.op == "sym" and value.data.has(name)):
            yield Fact(
                f"{value} is {name}", UNDECIDED, "declarations", f"{wanted} is declared {name}; no rule shows it"
            )


def _admitted(at: Mapping[Expr, Expr]) -> tuple[Fact, ...]:
    return tuple(fact for variable, value in at.items() for fact in _stays(value, variable))


_RANGES: dict[str, Callable[[Expr], tuple[Expr, ...]]] = {
    "positive": lambda value: (value,),
    "in (0, 1)": lambda value: (value, 1 - value),
}


@dataclass(frozen=True)
class Rescaling:
    """f = factor·g + offset with a positive factor: f and g have the same minimisers."""

    objective: Expr
    other: Expr
    factor: Expr
    offset: Expr
    certificate: Certificate
    sign: Fact

    @property
    def verdict(self) -> str:
        """The weaker of: the two sides agree, the factor is positive."""
        return weakest([self.certificate.verdict, self.sign.verdict])


def rescaled(
    objective: Expr, other: Expr, factor: Expr, offset: Expr | None = None, variables: Sequence[Expr] = ()
) -> Rescaling:
    """The claim ``objective = factor·other + offset``; the factor and the offset must not depend on ``variables``.

    Raises ClaimError where they do.

    >>> from symderiv.scope import declare
    >>> c = declare(x="vector(n)", k="scalar, positive")
    >>> f, g = c.read("k*(x@x) + 1"), c.read("norm(x)**2")
    >>> rescaled(f, g, c.k, number(1), [c.x]).verdict, rescaled(f, g, c.read("-k"), number(1), [c.x]).verdict
    ('proved', 'refuted')
    """
    offset = number(0) if offset is None else offset
    for variable in variables:
        for name, value in (("factor", factor), ("offset", offset)):
            if _occurs(variable, value):
                raise ClaimError(f"the {name} {value} depends on {variable}; only a constant leaves the minimisers")
    right = combine("add", combine("mul", factor, other), offset)
    return Rescaling(objective, other, factor, offset, certify(objective, right), positive(factor))


@dataclass(frozen=True)
class StationaryPoint:
    """A point at which the gradient by every variable vanishes.

    ``gradients`` has, for each variable, its gradient and the lines from the gradient at the point down to 0.
    """

    objective: Expr
    at: tuple[tuple[Expr, Expr], ...]
    gradients: tuple[tuple[Expr, Expr, Derivation], ...]
    admitted: tuple[Fact, ...] = ()

    @property
    def verdict(self) -> str:
        """The weakest line of all; the gradients themselves are proved when they are made.

        The point must have the signs that are declared of its variables.
        """
        return weakest([*(lines.verdict for _, _, lines in self.gradients), *(fact.verdict for fact in self.admitted)])


def stationary_point(
    objective: Expr, at: Mapping[Expr, Expr], lines: Mapping[Expr, Lines] | None = None
) -> StationaryPoint:
    """The claim that all gradients of ``objective`` vanish at ``at``; ``lines`` are shown between the gradient and 0.

    Raises ShapeError for a value that does not have its variable's shape, LimitError where no gradient is found.

    >>> from symderiv.scope import declare
    >>> c = declare(A="matrix(d, d), spd", b="vector(d)", x="vector(d)")
    >>> f = c.read("x@A@x - 2*(b@x)")
    >>> stationary_point(f, {c.x: c.read("inv(A)@b")}).verdict, stationary_point(f, {c.x: c.b}).verdict
    ('proved', 'refuted')
    """
    for variable, value in at.items():
        if value.shape != variable.shape:
            raise ShapeError(f"{variable} is {show(variable.shape)}, the point gives {show(value.shape)}")
    found = []
    for variable in at:
        slope = gradient(objective, variable)
        chain = begin(f"the gradient by {variable}", substitute(slope, at))
        for line, why in (lines or {}).get(variable, ()):
            chain = chain.to(line, why=why)
        zero = zero_like(variable)
        found.append((variable, slope, chain if chain.end is zero else chain.to(zero, why="everything cancels")))
    return StationaryPoint(objective, tuple(at.items()), tuple(found), _admitted(at))


@dataclass(frozen=True)
class LowerBound:
    """f = bound + Σ weight·‖square‖² ≥ bound, and whether the bound is attained at a given point.

    ``vanishing`` certifies each square to be 0 at ``at``; without a point nothing is said about attainment.
    """

    objective: Expr
    bound: Expr
    squares: tuple[tuple[Expr, Expr], ...]
    identity: Certificate
    signs: tuple[Fact, ...]
    at: tuple[tuple[Expr, Expr], ...]
    vanishing: tuple[Certificate, ...]
    admitted: tuple[Fact, ...] = ()

    @property
    def verdict(self) -> str:
        """Whether the bound holds: the identity and the signs of the weights."""
        return weakest([self.identity.verdict, *(s.verdict for s in self.signs)])

    @property
    def attained(self) -> str:
        """The verdict of "the bound is attained at the point"; *undecided* where no point was given."""
        there = [*(c.verdict for c in self.vanishing), *(fact.verdict for fact in self.admitted)]
        return weakest([self.verdict, *there]) if self.at else "undecided"


def lower_bound(
    objective: Expr, bound: Expr, squares: Sequence[tuple[Any, Expr]], at: Mapping[Expr, Expr] | None = None
) -> LowerBound:
    """The claim ``objective = bound + Σ weight·‖square‖²`` with weights that are not negative; attained at ``at``.

    >>> from symderiv.scope import declare
    >>> c = declare(a="scalar, positive", b="scalar, positive")
    >>> f = lower_bound(c.read("a**2 + b**2"), c.read("2*a*b"), [(1, c.read("a - b"))], {c.a: c.b})
    >>> f.verdict, f.attained
    ('proved', 'proved')
    """
    weighted = []
    for weight, square in squares:
        factor = as_expr(weight)
        if factor is None:
            raise ClaimError(f"a weight is a number or an expression, not a {type(weight).__name__}")
        weighted.append((factor, square))
    whole = bound
    for weight, square in weighted:
        whole = combine("add", whole, combine("mul", weight, _squared(square)))
    point = dict(at or {})
    vanishing = tuple(certify(substitute(square, point), zero_like(square)) for _, square in weighted if point)
    signs = tuple(nonnegative(weight) for weight, _ in weighted)
    identity, items = certify(objective, whole), tuple(point.items())
    return LowerBound(objective, bound, tuple(weighted), identity, signs, items, vanishing, _admitted(point))


def substitute(tree: Expr, images: Mapping[Expr, Expr]) -> Expr:
    """The tree with symbols replaced, all at once.

    >>> from symderiv.scope import declare
    >>> c = declare(x="vector(n)", y="vector(n)")
    >>> str(substitute(c.read("x@x + y@y"), {c.x: c.y, c.y: c.x}))
    'y@y + x@x'
    """
    return swap(tree, images.get)


def zero_like(like: Expr) -> Expr:
    """0 in the shape of an expression."""
    return constant("zeros", like.shape) if like.shape else number(0)


def _squared(e: Expr) -> Expr:
    return make("pow", make("norm", e) if e.shape else e, number(2))


def _occurs(symbol: Expr, tree: Expr) -> bool:
    return tree is symbol or any(_occurs(symbol, a) for a in tree.args)
