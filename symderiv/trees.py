"""Walks over expression trees: parts, replacement at a path, what a part depends on.

A path is a tuple of argument positions from the root: ``()`` is the whole tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from symderiv.expressions import Expr, make
from symderiv.operators import members

Path = tuple[int, ...]
DERIVATIVES = members("derivative")


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
    """Replace every outermost part for which ``change`` gives something."""
    new = change(tree)
    if new is not None:
        return new
    return over(tree, tuple(swap(a, change) for a in tree.args))


@lru_cache(maxsize=20_000)
def size(tree: Expr) -> int:
    """The number of nodes."""
    return 1 + sum(map(size, tree.args))


@lru_cache(maxsize=20_000)
def leaves(tree: Expr) -> frozenset[Expr]:
    """The declared symbols that occur, those under ``held`` left out, but for what an inner derivative holds."""
    if tree.op == "sym":
        parameters = [value for _, value in tree.data.law if isinstance(value, Expr)]
        return frozenset({tree}).union(*map(leaves, parameters))
    if tree.op == "held":
        return frozenset()
    return frozenset().union(*map(leaves, tree.args))


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
