"""Why an update rule is valid or not, in one label, from the form of its text."""

from __future__ import annotations

import ast
import re

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
    weights = _pairs_weights(tree)
    if valid:
        if called & {"sorted", "sorted_entries", "median"}:
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


def _pairs_weights(tree: ast.expr) -> bool:
    """Whether something fixed runs beside the messages: w[j] with a running index, zip(w, m), w[0]*m[0], j*m[j]."""
    running = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    lists = {ast.unparse(n.value) for n in ast.walk(tree) if isinstance(n, ast.Subscript)} - running
    lists -= {"m", "sorted(m)"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript):
            if ast.unparse(node.value) in lists and _mentions(node.slice, running):
                return True
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("zip", "enumerate"):
            beside = [not _mentions(a, {"m"}) for a in node.args]
            if any(beside):
                return True
    products = [n for n in ast.walk(tree) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mult)]
    both = {ast.unparse(n) for n in products}
    for name in lists:
        if len({k for k in range(LARGEST) for t in both if f"{name}[{k}]" in t and f"m[{k}]" in t}) > 1:
            return True
    return _counts_places(tree) or _weighs_places(tree)


def _mentions(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(node))


def _counts_places(tree: ast.expr) -> bool:
    """A running place is itself a factor or an exponent of an entry: (j+1)*m[j], (-1)**j*m[j]."""
    for loop in (n for n in ast.walk(tree) if isinstance(n, (ast.ListComp, ast.GeneratorExp))):
        places, entries = set(), {"m"}
        for generator in loop.generators:
            source, target = ast.unparse(generator.iter), generator.target
            if source.startswith("range(") and isinstance(target, ast.Name):
                places.add(target.id)
            elif source.startswith("enumerate(m") and isinstance(target, ast.Tuple):
                places.add(ast.unparse(target.elts[0]))
                entries.add(ast.unparse(target.elts[1]))
        for node in (n for n in ast.walk(loop.elt) if isinstance(n, ast.BinOp)):
            sides = (_bare_names(node.left) & places, _bare_names(node.right) & places)
            beside = (_mentions(node.right, entries), _mentions(node.left, entries))
            scales = isinstance(node.op, (ast.Mult, ast.Div, ast.Pow, ast.MatMult))
            if scales and any(place and entry for place, entry in zip(sides, beside, strict=True)):
                return True
    return False


def _bare_names(node: ast.AST) -> set[str]:
    """The names of an expression that do not stand inside an index."""
    if isinstance(node, ast.Subscript):
        return _bare_names(node.value)
    found = {node.id} if isinstance(node, ast.Name) else set()
    return found.union(*(_bare_names(child) for child in ast.iter_child_nodes(node)))


def _weighs_places(tree: ast.expr) -> bool:
    """A sum of all messages with numbers of their own: m[0] - m[1] + m[2], 1*m[0] + 2*m[1] + 3*m[2]."""
    places: list[int] = []
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
            pending += [node.left, node.right]
            continue
        text = re.fullmatch(r"(?:-?[\d/.]+ ?\* ?)?-?m\[(\d+)\]", ast.unparse(node))
        if text is None and _mentions(node, {"m"}):
            return False
        places += [int(text[1])] if text else []
    return len(places) >= 3 and sorted(places) == list(range(len(places)))


def _multiplies_messages(nodes: list[ast.AST]) -> bool:
    products = [n for n in nodes if isinstance(n, ast.BinOp) and isinstance(n.op, (ast.Mult, ast.MatMult))]
    return any(ast.unparse(n.left).count("m[") and ast.unparse(n.right).count("m[") for n in products)
