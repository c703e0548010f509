"""Walks over expression trees: parts, replacement at a path, what a part depends on.

A path is a tuple of argument positions from the root: ``()`` is the whole tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from symderiv.expressions import Expr, combine, leaf, make, number
from symderiv.operators import members

Path = tuple[int, ...]
DERIVATIVES = members("derivative")
AVERAGES = members("moment")


def over(tree: Expr, args: tuple[Expr, ...]) -> Expr:
    """The same node over other arguments."""
    return tree if args == tree.args else make(tree.op, *args, data=tree.data)


def part(tree: Expr, path: Path) -> Expr:
    """The sub-tree at a path; raises IndexError where there is none."""
    for k in path:
        tree = tree.args[k]
    return tree


def exchange(tree: Expr, path: Path, new: Expr) -> Expr:
    """The tree with the part at a path replaced."""
    if not path:
        return new
    k, *rest = path
    args = (*tree.args[:k], exchange(tree.args[k], tuple(rest), new), *tree.args[k + 1 :])
    return over(tree, args)


def paths(tree: Expr, path: Path = ()) -> Iterator[tuple[Path, Expr]]:
    """Every part with its path, outermost first."""
    yield path, tree
    for k, a in enumerate(tree.args):
        yield from paths(a, (*path, k))


def swap(tree: Expr, change: Callable[[Expr], Expr | None]) -> Expr:
    """Replace every outermost part for which ``change`` gives something; a shared part is looked at once."""
    done: dict[Expr, Expr] = {}

    def visit(t: Expr) -> Expr:
        if t not in done:
            new = change(t)
            done[t] = new if new is not None else over(t, tuple(map(visit, t.args)))
        return done[t]

    return visit(tree)


def replace_leaf(e: Expr, old: Expr, new: Expr) -> Expr:
    """The tree with one leaf exchanged for another of the same shape, in the laws of random symbols too.

    A law sees the symmetric part of what stands for a covariance: Cov(x_i, x_j) has no order, also where the
    entries of Σ are moved one at a time.
    """
    done: dict[Expr, Expr] = {old: new}

    def visit(t: Expr) -> Expr:
        if t not in done:
            done[t] = _redrawn(t, visit) if t.op == "sym" and t.data.random else over(t, tuple(map(visit, t.args)))
        return done[t]

    return visit(e)


def _redrawn(t: Expr, visit: Callable[[Expr], Expr]) -> Expr:
    """A random symbol over changed parameters."""
    law = tuple((name, visit(value) if isinstance(value, Expr) else value) for name, value in t.data.law)
    if law == t.data.law:
        return t
    law = tuple((name, _symmetric_part(value) if name == "cov" else value) for name, value in law)
    return leaf("sym", replace(t.data, law=law), t.shape)


def _symmetric_part(value: Expr) -> Expr:
    if not value.shape:
        return value
    return combine("mul", number(Fraction(1, 2)), combine("add", value, make("T", value)))


@lru_cache(maxsize=20_000)
def size(tree: Expr) -> int:
    """The number of nodes."""
    return 1 + sum(map(size, tree.args))


@lru_cache(maxsize=20_000)
def operators(tree: Expr) -> frozenset[str]:
    """The operators that occur in a tree."""
    return frozenset({tree.op}).union(*map(operators, tree.args))


@lru_cache(maxsize=20_000)
def leaves(tree: Expr) -> frozenset[Expr]:
    """The declared symbols that occur, those under ``held`` left out, but for what an inner derivative holds.

    An average depends on the parameters of the distributions in it.
    """
    if tree.op == "sym":
        return frozenset({tree})
    if tree.op == "held":
        return frozenset()
    found = frozenset().union(*map(leaves, tree.args))
    return found.union(*map(parameters, found)) if tree.op in AVERAGES else found


def involved(tree: Expr) -> frozenset[Expr]:
    """The symbols that occur, and those their distributions depend on."""
    here = leaves(tree)
    return here.union(*map(parameters, here))


def parameters(symbol: Expr) -> frozenset[Expr]:
    """The symbols that the distribution of a symbol depends on."""
    laws = [leaves(value) for _, value in symbol.data.law if isinstance(value, Expr)]
    return frozenset().union(*laws, *(parameters(s) for law in laws for s in law))


def is_parameter(x: Expr, e: Expr) -> bool:
    """Whether the law of a random symbol of the tree depends on x, so that averages move with it."""
    return any(x in leaves(value) for r in leaves(e) for _, value in r.data.law if isinstance(value, Expr))


@lru_cache(maxsize=20_000)
def is_random(tree: Expr) -> bool:
    """Whether a random symbol occurs that no E, Var or Cov has averaged."""
    if tree.op == "sym":
        return bool(tree.data.random)
    return tree.op not in ("E", "Var", "Cov") and any(map(is_random, tree.args))


def held_parts(tree: Expr) -> list[Expr]:
    """The outermost parts that a derivative of the tree takes for constants, in the order they stand.

    What is held inside another derivative is constant for that one only.
    """
    found: dict[Expr, None] = {}
    seen: set[Expr] = set()
    stack = [tree]
    while stack:
        t = stack.pop()
        if t.op == "held":
            found[t] = None
        elif t not in seen and t.op not in DERIVATIVES:
            seen.add(t)
            stack.extend(reversed(t.args))
    return list(found)
