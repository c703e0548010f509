"""What the solutions display as equal is equal: each equation is read back from the printed blocks and decided."""

import importlib
import pkgutil

import pytest

import symderiv.problems.eecs182_fa22 as exam
from symderiv.certify import certify
from symderiv.document import Formula
from symderiv.paper.blocktree import transform
from symderiv.paper.exams import problem_blocks

NAMES = [m.name for m in pkgutil.iter_modules(exam.__path__) if m.name[0] == "p" and m.name[1:3].isdigit()]


def equations(blocks):
    """Neighbouring sides of matrix expressions where the right side brings in no name; a name alone is defined."""
    found = []

    def look(block):
        if isinstance(block, Formula) and isinstance(block.content, tuple):
            sides = [block.scope.read(s) if isinstance(s, str) and s not in ("=", "->", "approx") else s
                     for s in block.content if not isinstance(block.content[0], tuple)]
            for left, relation, right in zip(sides, sides[1:], sides[2:], strict=False):
                if relation == "=" and all(hasattr(side, "op") for side in (left, right)):
                    found.append((left, right, block.scope))
        return block

    transform(blocks, look)
    return [(left, right, scope) for left, right, scope in found if left.op != "sym" and names(right) <= names(left)]


def names(e):
    return {str(e)} if e.op == "sym" else set().union(*(names(a) for a in e.args)) if e.args else set()


@pytest.mark.parametrize("name", NAMES)
def test_displayed_equations_hold(name):
    problem = importlib.import_module(f"{exam.__name__}.{name}")
    if not hasattr(problem, "problem"):
        return
    for left, right, scope in equations(problem_blocks(problem.problem(), "staff")):
        assert certify(left, right, symbols=scope).verdict == "proved", f"{left} = {right}"
