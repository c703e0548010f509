"""``map`` and ``filter`` in a rule text as the comprehensions they stand for, so that one reading serves all."""

from __future__ import annotations

import ast

ENTRY = "entry_"


class _Comprehensions(ast.NodeTransformer):
    """Rewrites ``map(f, list)`` and ``filter(lambda v: …, list)``; everything else stays as it is."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        called = node.func.id if isinstance(node.func, ast.Name) else ""
        if called not in ("map", "filter") or len(node.args) != 2 or node.keywords:
            return node
        function, entries = node.args
        single = isinstance(function, ast.Lambda) and len(function.args.args) == 1
        name = function.args.args[0].arg if isinstance(function, ast.Lambda) and single else ENTRY
        entry = ast.Name(name, ast.Load())
        if isinstance(function, ast.Lambda) and single:
            body = function.body
        elif isinstance(function, (ast.Name, ast.Attribute)):
            body = ast.Call(function, [entry], [])
        else:
            return node
        value, tests = (body, []) if called == "map" else (entry, [body])
        loop = ast.comprehension(ast.Name(name, ast.Store()), entries, tests, 0)
        return ast.copy_location(ast.ListComp(value, [loop]), node)


def with_comprehensions(tree: ast.expr) -> ast.expr:
    """The same expression without map and filter.

    >>> ast.unparse(with_comprehensions(ast.parse("sum(map(abs, m))", mode="eval").body))
    'sum([abs(entry_) for entry_ in m])'
    """
    rewritten: ast.expr = ast.fix_missing_locations(_Comprehensions().visit(tree))
    return rewritten
