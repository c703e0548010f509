"""Laws a reader accepts at a glance: two expressions that differ by them only are the same."""

from __future__ import annotations

from symderiv.algebra.terms import AXES, DIAGONAL, EXPAND, FLIP, INNER, ORDER
from symderiv.algebra.tidying import ordered
from symderiv.certify import certify
from symderiv.deciding.claims import PROVED
from symderiv.errors import LimitError
from symderiv.expressions import Expr
from symderiv.rewriting import Change, rule
from symderiv.steps.fractions import same_fraction
from symderiv.trees import paths

M = {"A": "matrix(n, m)", "B": "matrix(m, k)", "C": "matrix(n, m)", "u": "vector(n)", "v": "vector(n)", "p": "vector(m)"}


def same_up_to(level: int, kept: tuple[str, ...] = ()) -> Change:
    """Agree to the goal where both sides are equal by the laws up to a level, and have as many of the operators kept."""

    def change(e: Expr, goal: Expr | None) -> Expr | None:
        if goal is None or any(_parts(e, op) != _parts(goal, op) for op in kept):
            return None
        try:
            return goal if ordered(e, level) is ordered(goal, level) else None
        except (LimitError, ValueError):
            return None

    return change


def _parts(e: Expr, op: str) -> list[str]:
    """The parts with an operator: transposes as they stand, others by their number."""
    return sorted(str(t) if op == "T" else op for _, t in paths(e) if t.op == op)


def cancelled(e: Expr, goal: Expr | None) -> Expr | None:
    """Agree to the goal where it is what follows M⁻¹ M."""
    plain = e.op == "matmul" and len(e.args) == 2 and e.args[0].op == "inv" and e.args[1].op == "matmul"
    if plain and e.args[1].args[0] is e.args[0].args[0] and e.args[1].args[1:] == (goal,):
        return goal
    return same_up_to(ORDER)(e, goal)


def same_rational_function(e: Expr, goal: Expr | None) -> Expr | None:
    """Agree to the goal where both sides are the same rational function of their parts."""
    return goal if goal is not None and same_fraction(e, goal) else None


def same_sums(e: Expr, goal: Expr | None) -> Expr | None:
    """Agree to the goal where both sides are the same sums over indices."""
    return goal if goal is not None and certify(e, goal).verdict == PROVED else None


rule("order-of-factors", "C + A", "A + C", "order of terms and factors", M,
     change=same_up_to(ORDER, ("T", "inv", "eye", "zeros", "add", "div", "sqrt")), law=True)
rule("transposes-carried-inwards", "(A + C).T", "A.T + C.T", "a transpose turns products around and goes into sums", M,
     change=same_up_to(ORDER, ("inv", "eye", "zeros", "add", "div", "sqrt")), law=True)
rule("like-terms", "A + A", "2*A", "like terms are collected, idle factors drop out", M, change=same_up_to(ORDER), law=True)
rule("transpose-of-a-product", "(A@B).T", "B.T@A.T", "a transpose turns a product around", M)
rule("direction-of-a-chain", "(A@p)@u", "u@A@p", "a product read from its other end", M, change=same_up_to(FLIP), law=True)
rule("distributivity", "(A + C)@B", "A@B + C@B", "multiply out and collect", M, change=same_up_to(EXPAND), law=True)
rule("inner-products-and-traces", "sum(u*v)", "u@v", "inner products, norms and traces are the same sums",
     M, change=same_up_to(INNER), law=True)
rule("diagonal-products", "diag(u)@v", "u*v", "products with diagonal and rank-one matrices, entry by entry",
     M, change=same_up_to(DIAGONAL), law=True)
rule("sums-axis-by-axis", "sum(col(u) - p)", "m*sum(u) - n*sum(p)",
     "sums are taken over one index at a time: what does not depend on it comes out, or is counted", M,
     change=same_up_to(AXES), law=True)
rule("arithmetic-of-fractions", "1/(1 + s)", "1 - s/(1 + s)", "arithmetic of fractions and exponentials",
     {"s": "scalar, positive"}, change=same_rational_function, law=True)
rule("insert-an-inverse-pair", "C", "inv(S)@S@C", "a matrix times its inverse changes nothing",
     {**M, "S": "matrix(n, n), invertible"}, change=same_up_to(ORDER), law=True)
rule("cancel-an-inverse-pair", "inv(S)@S@C", "C", "an inverse cancels its matrix",
     {**M, "S": "matrix(n, n), invertible"}, change=cancelled, law=True)
rule("multiply-by-the-inverse", "inv(eye(n) + outer(u, u))", "inv(eye(n) + outer(u, u))@(eye(n) + 0*outer(u, u))",
     "what the matrix makes of the right side, to be checked entry by entry", M, change=same_sums, law=True)
rule("moments-by-partitions", "E(x*x*x)", "mu**3 + 3*mu*t**2", "the random factors are grouped in all ways (joint cumulants; pairs for a normal)",
     {"x": "scalar ~ normal(mean=mu, std=t)", "mu": "scalar", "t": "scalar, positive"}, change=same_sums, law=True)
rule("index-notation", "sum(A*(u*A.T).T)", "u@sum(A**2, 1)", "written in indices, both are the same sum",
     M, change=same_sums, law=True)
