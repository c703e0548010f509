"""Why an update rule is valid or not, in one label, from the form of its text."""

from __future__ import annotations

import ast

from symderiv.models.rule_functions import Value

LARGEST = 12  # explicit places w[0]*m[0] that are looked for


def is_operand(tree: ast.expr, name: str) -> bool:
    """Whether a name stands bare in an arithmetic operation."""
    sides = [side for n in ast.walk(tree) if isinstance(n, ast.BinOp) for side in (n.left, n.right)]
    return any(isinstance(side, ast.Name) and side.id == name for side in sides)


def is_indexed(tree: ast.expr, name: str) -> bool:
    """Whether entries of a list are taken by index."""
    return any(
        isinstance(n, ast.Subscript) and isinstance(n.value, ast.Name) and n.value.id == name for n in ast.walk(tree)
    )


def reason(tree: ast.expr, valid: bool, matrices: bool, value: Value = None) -> str:
    """One label: why a rule is symmetric, or what ties it to an order.

    ``matrices`` says that messages are matrices, ``value`` is what the rule gave.

    >>> from symderiv.models.rule_language import parse_rule
    >>> reason(parse_rule("sum(w[j]*m[j] for j in range(n))"), False, False)
    'index_specific_weights'
    """
    nodes = list(ast.walk(tree))
    called = {
        n.func.id if isinstance(n.func, ast.Name) else getattr(n.func, "attr", "")
        for n in nodes
        if isinstance(n, ast.Call)
    }
    weights = any(_pairs_weights(tree, name) for name in ("w", "W"))
    if valid:
        if called & {"sorted", "median"}:
            return "symmetric_after_sort"
        return (
            "product_commutes"
            if weights and (called & {"prod", "hadamard"} or _multiplies_messages(nodes))
            else "symmetric"
        )
    if weights:
        return "index_specific_weights"
    if "concat" in called or isinstance(value, list):
        return "concatenation_order"
    if matrices and called & {"prod", "reduce"} or matrices and _multiplies_messages(nodes):
        return "matrices_do_not_commute"
    return "order_dependent"


def _pairs_weights(tree: ast.expr, name: str) -> bool:
    """Whether the list of weights runs beside the messages: w[j] with a running index, zip(w, m), w[0]*m[0]."""
    running = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == name:
            if any(isinstance(n, ast.Name) and n.id in running for n in ast.walk(node.slice)):
                return True
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("zip", "enumerate"):
            beside = any(ast.unparse(a) == name for a in node.args)
            if beside:
                return True
    both = {ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mult)}
    places = {k for k in range(LARGEST) for t in both if f"{name}[{k}]" in t and f"m[{k}]" in t}
    return len(places) > 1


def _multiplies_messages(nodes: list[ast.AST]) -> bool:
    products = [n for n in nodes if isinstance(n, ast.BinOp) and isinstance(n.op, (ast.Mult, ast.MatMult))]
    return any(ast.unparse(n.left).count("m[") and ast.unparse(n.right).count("m[") for n in products)
