"""Is an update rule symmetric in its messages for every number of neighbours?  A structural argument.

An abstract reading of the rule's text.  A value is *invariant* when no reordering of the messages changes it, a
list is *messages* when its j-th entry is one function of m_j alone (the same for all j), *fixed* when its entries do
not move at all (weights, sorted messages, range), *paired* when the j-th entry depends on j and on m_j.  Sums,
extrema and the like of *messages* are invariant; a product of ``w_j * m_j`` and a sum of ``w_j + m_j`` are as well,
because they separate.  Everything not recognised is *unknown*, which proves nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from symderiv.models.rule_functions import OF_LIST, OF_MATRIX, SCALAR
from symderiv.models.rule_sequences import OPAQUE

INVARIANT, UNKNOWN = "invariant", "unknown"
MESSAGE, INDEX, PLACE = "message", "index", "place"  # one entry; PLACE is an index that runs over all messages
PRODUCT, SUM, BOTH = "product", "sum", "both"  # of an index part and a message part; BOTH does not separate
# lists to a value that no reordering changes
AGGREGATES = {*OF_LIST, "sum", "max", "min", "norm"} - {"list", "tuple", "reversed", "softmax", "concat", "set"}
OPERATIONS: dict[type[ast.AST], str] = {ast.Mult: "times", ast.Div: "over", ast.Add: "plus", ast.Sub: "plus"}
SCALARS = (INVARIANT, MESSAGE, INDEX, PLACE, PRODUCT, SUM, BOTH)


@dataclass(frozen=True)
class Sequence:
    """A list by the kind of its entries; ``bag`` means only the multiset of the entries is invariant."""

    entry: Any
    bag: bool = False
    depends: str = INVARIANT  # the kind of the loop variables outside on which all entries depend


@dataclass
class _Structure:
    names: dict[str, Any]
    scalar: bool = True
    readers: Mapping[type[ast.AST], Callable[..., Any]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.readers = {
            ast.Constant: lambda node: INVARIANT, ast.Name: self.name, ast.BinOp: self.binary, ast.UnaryOp: self.unary,
            ast.Compare: self.compare, ast.BoolOp: lambda node: self.mixed(node.values),
            ast.IfExp: lambda node: self.mixed([node.test, node.body, node.orelse]), ast.Call: self.call,
            ast.GeneratorExp: self.comprehension, ast.ListComp: self.comprehension, ast.List: self.listing,
            ast.Tuple: self.listing, ast.Subscript: self.subscript,
            ast.Attribute: lambda node: self.kind(node.value) if node.attr == "T" else UNKNOWN,
        }  # fmt: skip

    def kind(self, node: ast.AST) -> Any:
        reader: Any = self.readers.get(type(node))
        return reader(node) if reader else UNKNOWN

    def name(self, node: ast.Name) -> Any:
        return self.names.get(node.id, INVARIANT)

    def unary(self, node: ast.UnaryOp) -> Any:
        inner = self.kind(node.operand)
        return inner if inner in SCALARS else UNKNOWN

    def binary(self, node: ast.BinOp) -> Any:
        left, right = self.kind(node.left), self.kind(node.right)
        if isinstance(left, Sequence) and isinstance(right, Sequence) and isinstance(node.op, ast.Add):
            return Sequence(MESSAGE, bag=True) if _simple(left) and _simple(right) else UNKNOWN
        operation = OPERATIONS.get(type(node.op), "other")
        commutes = self.scalar or operation == "plus" or INVARIANT in (left, right)
        return combine(left, right, operation if commutes else "other")

    def compare(self, node: ast.Compare) -> Any:
        return self.mixed([node.left, *node.comparators])

    def mixed(self, nodes: list[ast.expr]) -> Any:
        """A function of several values that separates nothing."""
        total: Any = INVARIANT
        for node in nodes:
            total = combine(total, self.kind(node), "other")
        return total

    def listing(self, node: ast.List | ast.Tuple) -> Any:
        starred = [isinstance(e, ast.Starred) for e in node.elts]
        kinds = [self.kind(e.value if isinstance(e, ast.Starred) else e) for e in node.elts]
        if not any(starred):
            return tuple(kinds) if set(kinds) - {INVARIANT} else Sequence(INDEX)
        loose = all(k == INVARIANT for k, star in zip(kinds, starred, strict=True) if not star)
        lists = [k for k, star in zip(kinds, starred, strict=True) if star]
        return Sequence(MESSAGE, bag=True) if loose and all(map(_simple, lists)) else UNKNOWN

    def subscript(self, node: ast.Subscript) -> Any:
        whole = self.kind(node.value)
        if not isinstance(whole, Sequence) or whole.bag or whole.depends != INVARIANT:
            return UNKNOWN
        if isinstance(node.slice, ast.Slice):
            empty = node.slice.lower is None and node.slice.upper is None and node.slice.step is None
            return whole if empty or whole.entry == INDEX else UNKNOWN
        at = self.kind(node.slice)
        if at == PLACE:
            return whole.entry
        if whole.entry == INDEX and at in (INVARIANT, INDEX):
            return at
        return UNKNOWN

    def comprehension(self, node: ast.GeneratorExp | ast.ListComp) -> Any:
        outside = dict(self.names)
        used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and self.names.get(n.id) in SCALARS}
        depends: Any = INVARIANT
        for name in used:
            depends = combine(depends, self.names[name], "other")
        self.names |= dict.fromkeys(used, INVARIANT)
        result = self._comprehension(node)
        self.names = outside
        return replace(result, depends=depends) if isinstance(result, Sequence) else result

    def _comprehension(self, node: ast.GeneratorExp | ast.ListComp) -> Any:
        entries = []
        for generator in node.generators:
            source = self.kind(generator.iter)
            if not _whole(source) or not self._bind(generator.target, source.entry):
                return UNKNOWN
            entries.append(source)
        filters = [c for g in node.generators for c in g.ifs]
        body = self.kind(node.elt)
        several = len(entries) > 1
        allowed = {MESSAGE, INVARIANT}
        if several or any(e.bag for e in entries):
            if any(e.entry not in (MESSAGE, PLACE) for e in entries) or body not in allowed:
                return UNKNOWN
            ok = all(self.kind(c) in allowed or self._apart(c) for c in filters)
            return Sequence(MESSAGE, bag=True) if ok else UNKNOWN
        if filters:
            plain = body in allowed and all(self.kind(c) in allowed for c in filters)
            return Sequence(MESSAGE, bag=True) if plain and entries[0].entry != INDEX else UNKNOWN
        if body == UNKNOWN or isinstance(body, Sequence):
            return UNKNOWN
        fixed = entries[0].entry == INDEX and body in (INDEX, INVARIANT)
        return Sequence(INDEX if fixed or body == PLACE else MESSAGE if body == INVARIANT else body)

    def _apart(self, condition: ast.expr) -> bool:
        """``i != j`` and ``i == j`` between two places do not prefer an order."""
        return (
            isinstance(condition, ast.Compare) and isinstance(condition.ops[0], (ast.NotEq, ast.Eq))
            and [self.kind(v) for v in [condition.left, *condition.comparators]] == [PLACE, PLACE]
        )  # fmt: skip

    def _bind(self, target: ast.expr, entry: Any) -> bool:
        if isinstance(target, ast.Name):
            self.names[target.id] = entry
            return entry != UNKNOWN
        if isinstance(target, ast.Tuple) and isinstance(entry, tuple) and len(entry) == len(target.elts):
            return all(self._bind(t, e) for t, e in zip(target.elts, entry, strict=True))
        return False

    def call(self, node: ast.Call) -> Any:
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name == "sorted" and all(k.arg == "reverse" for k in node.keywords) and len(node.args) == 1:
            return Sequence(INDEX) if _simple(self.kind(node.args[0])) else UNKNOWN
        if node.keywords:
            return UNKNOWN
        if name == "range":
            return Sequence(PLACE if _all_messages(node) else INDEX) if self.mixed(node.args) == INVARIANT else UNKNOWN
        if name in ("zip", "enumerate"):
            sources = [self.kind(a) for a in node.args[: 1 if name == "enumerate" else None]]
            if not all(_whole(s) and not s.bag for s in sources):
                return UNKNOWN
            entries = tuple(s.entry for s in sources)
            place = PLACE if len(node.args) == 1 else INDEX
            return Sequence((place, *entries) if name == "enumerate" else entries)
        if len(node.args) == 1 and not isinstance(node.args[0], ast.Starred):
            return self._of_one(name, node.args[0])
        if name in OPAQUE:
            return self.mixed(node.args)
        if name in ("max", "min", "sum", "hadamard"):
            inner = self.listing(ast.List(elts=node.args, ctx=ast.Load()))
            starred = any(isinstance(a, ast.Starred) for a in node.args)
            return (INVARIANT if _simple(inner) else UNKNOWN) if starred else self.mixed(node.args)
        return UNKNOWN

    def _of_one(self, name: str, argument: ast.expr) -> Any:
        inner = self.kind(argument)
        if name in SCALAR or name in OPAQUE and inner in SCALARS:
            return combine(inner, INVARIANT, "other") if inner not in (PRODUCT, SUM) else BOTH
        if name in OF_MATRIX:
            return inner if inner in (INVARIANT, MESSAGE) else UNKNOWN
        if name in OF_LIST and inner == MESSAGE:
            return MESSAGE
        if not isinstance(inner, Sequence):
            return UNKNOWN
        if name == "permutations":
            return Sequence(MESSAGE, bag=True) if _simple(inner) else UNKNOWN
        symmetric = inner.entry in (MESSAGE, INDEX, PLACE)
        separated = {"prod": PRODUCT, "hadamard": PRODUCT, "sum": SUM, "mean": SUM}.get(name) == inner.entry
        if name in AGGREGATES:
            ordered = name == "prod" and not self.scalar and inner.entry != INDEX
            return inner.depends if name == "len" or (symmetric or separated) and not ordered else UNKNOWN
        if inner.depends != INVARIANT:
            return UNKNOWN
        if name in ("list", "tuple") or name == "softmax" and inner == Sequence(MESSAGE):
            return inner
        if name == "set":
            return Sequence(INDEX) if symmetric else UNKNOWN
        fixed = name in ("concat", "reversed", "softmax") and inner.entry == INDEX and not inner.bag
        return Sequence(INDEX) if fixed else UNKNOWN


def _whole(kind: Any) -> bool:
    """A list none of whose entries hangs on a loop outside."""
    return isinstance(kind, Sequence) and kind.depends == INVARIANT


def _simple(kind: Any) -> bool:
    """A whole list whose entries do not pair an index with a message: its multiset is invariant."""
    return _whole(kind) and kind.entry in (MESSAGE, INDEX, PLACE)


def combine(left: Any, right: Any, operation: str) -> Any:
    """The kind of ``left ∘ right`` for ``times``, ``over``, ``plus`` and, for everything else, ``other``."""
    if left not in SCALARS or right not in SCALARS:
        return UNKNOWN
    kinds = {INDEX if k == PLACE else k for k in (left, right)} - {INVARIANT}
    if not kinds:
        return INVARIANT
    if kinds <= {INDEX} or kinds <= {MESSAGE}:
        return kinds.pop()
    if operation == "plus":
        return SUM if kinds <= {INDEX, MESSAGE, SUM} else BOTH
    if operation in ("times", "over"):
        if kinds <= {INDEX, MESSAGE, PRODUCT}:
            return PRODUCT
        scaled = (left, right) == (SUM, INVARIANT) or (left, right, operation) == (INVARIANT, SUM, "times")
        return SUM if scaled else BOTH
    return BOTH


def symmetric_for_all_degrees(rule: ast.expr, scalar: bool = True, lists: Iterable[str] = ("w",)) -> bool:
    """True when the structure of a rule shows invariance for every number of neighbours; False proves nothing.

    ``lists`` names the lists besides the messages ``m``; with ``scalar`` False products do not commute.

    >>> from symderiv.models.rule_language import parse_rule
    >>> symmetric_for_all_degrees(parse_rule("s + prod(a*b for a, b in zip(w, m))"))
    True
    >>> symmetric_for_all_degrees(parse_rule("s + sum(a*b for a, b in zip(w, m))"))
    False
    """
    names = {name: Sequence(INDEX) for name in lists} | {"m": Sequence(MESSAGE)}
    return bool(_Structure(names, scalar).kind(rule) == INVARIANT)


def _all_messages(node: ast.Call) -> bool:
    return ast.unparse(node) in ("range(len(m))", "range(n)", "range(0, len(m))", "range(0, n)")
