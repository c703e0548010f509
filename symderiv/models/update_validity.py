"""Is a node update of a graph network valid, that is, invariant under every order of the neighbours?

Three routes, from the strongest: the structure of the rule (all degrees), exact symbols under the adjacent
transpositions, which generate all permutations (one degree), exact numbers in every order.  Only a pair of exact
values that differ refutes; a rule that merely survived the numbers is *supported*.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from random import Random

import sympy as sp

from symderiv.errors import LimitError, ModelError, UnknownNameError
from symderiv.models.rule_functions import Undecided, Value
from symderiv.models.rule_language import evaluate_rule, free_names, parse_rule
from symderiv.models.rule_reasons import is_indexed, is_operand, reason
from symderiv.models.rule_sequences import OPAQUE
from symderiv.models.rule_symmetry import symmetric_for_all_degrees
from symderiv.models.rule_words import read_words

MAX_DEGREE = 8
MAX_EVALUATIONS = 3_000
WEIGHT = re.compile(
    r"[A-Za-z]_?\d*|(?:alpha|beta|gamma|delta|eps|lambda_?|lam|theta|bias|eta)_?\d*|pi|[WwUVAab]_[a-z]+|j_|k_"
)


@dataclass(frozen=True)
class Counterexample:
    """Messages, another order of them, and the two different values of the rule."""

    messages: tuple[Value, ...]
    order: tuple[int, ...]
    left: Value
    right: Value


@dataclass(frozen=True)
class Validity:
    """``verdict`` proved | supported | refuted, with the reason, the method, its scope, and numbers if refuted."""

    valid: bool
    verdict: str
    reason: str
    method: str
    all_degrees: bool
    counterexample: Counterexample | None = None


@dataclass(frozen=True)
class UpdateRule:
    """A rule as a syntax tree, its degree, the shape of a message (() for scalars), and the values of its names."""

    tree: ast.expr
    degree: int
    shape: tuple[int, ...]
    names: Mapping[str, Value]
    words: bool = False

    def value(self, messages: Sequence[Value]) -> Value:
        return self.value_for(self.names, messages)

    def value_for(self, names: Mapping[str, Value], messages: Sequence[Value]) -> Value:
        return evaluate_rule(self.tree, {**names, "m": list(messages)}, OPAQUE if self.words else None)


def update_rule(
    text: str, degree: int, shape: tuple[int, ...] = (), values: Mapping[str, Value] | None = None, words: bool = False
) -> UpdateRule:
    """Read a rule over the messages ``m``, the state ``s``, weights ``w`` and the degree ``n``.

    ``words`` reads a rule written for people.  Names without a value become symbols (matrices for capital letters
    where messages are); ModelError for a degree below 1, UnknownNameError for a weight that is not declared.
    """
    if degree < 1:
        raise ModelError(f"a node with {degree} neighbours has no messages to reorder; test a degree of at least 2")
    if degree > MAX_DEGREE:
        raise LimitError(f"degree {degree}: rules are tested up to {MAX_DEGREE} neighbours")
    if len(shape) not in (0, 2):
        raise ModelError(f"messages of shape {list(shape)}; scalars or matrices such as [2, 1] are handled")
    names: dict[str, Value] = dict(values or {})
    if words:
        # the degree of a neighbour travels with its message
        program = read_words(re.sub(r"\b(?:n|d|deg)_(?:\{j\}|j\b)", "degree(m_j)", text), degree)
        tree = parse_rule(program.text)
        names |= {name: _identities(value, shape) for name, value in program.constants.items()}
        for name in [k for k, v in names.items() if isinstance(v, list) and not is_indexed(tree, k)]:
            if is_operand(tree, name):
                del names[name]  # one shared weight, not the given list
        for name in free_names(tree) - {"m", "s", "n", *names}:
            if not WEIGHT.fullmatch(name):
                raise ModelError(
                    f"the word {name!r} in the rule {text[:60]!r} cannot be read; give the rule as rule_py"
                )
            numbered = (
                WEIGHT.fullmatch(name) and isinstance(names.get(name[0]), list) and name[1:].lstrip("_").isdigit()
            )
            if numbered:
                continue
            names[name] = _weight(name, degree, shape, is_indexed(tree, name))
    else:
        tree = parse_rule(text)
    names.setdefault("s", _block("s", shape))
    if isinstance(names["s"], sp.Expr) and shape:
        names["s"] = _block("s", shape)
    names["n"] = sp.Integer(degree)
    for name in sorted(free_names(tree) - {"m"}):
        numbered = name[:1] in ("w", "W") and name[1:].lstrip("_").isdigit() and isinstance(names.get(name[0]), list)
        place = int(name[1:].lstrip("_")) - 1 if numbered else -1
        if name not in names and numbered and 0 <= place < len(names[name[0]]):
            names[name] = names[name[0]][place]
        if name not in names:
            raise UnknownNameError("weight or name", name, [*names, "m"], f"the rule {ast.unparse(tree)[:60]!r}")
    return UpdateRule(tree, degree, shape, names, words)


def decide(rule: UpdateRule) -> Validity:
    """Valid for every order of the neighbours, or not, with the reason and how it is known.

    >>> decide(update_rule("s + sum(m)", 4)).all_degrees
    True
    >>> decide(update_rule("m[0] - m[1]", 2)).counterexample.messages
    (0, 1)
    """
    _evaluate_once(rule)
    lists = [name for name, value in rule.names.items() if isinstance(value, list)]
    if symmetric_for_all_degrees(rule.tree, not rule.shape, lists):
        return Validity(True, "proved", reason(rule.tree, True, bool(rule.shape)), "structure", True)
    if (found := counterexample(rule)) is not None:
        return Validity(
            False, "refuted", reason(rule.tree, False, bool(rule.shape), found.left), "exact numbers", False, found
        )
    try:
        if _symbolically_symmetric(rule):
            return Validity(
                True, "proved", reason(rule.tree, True, bool(rule.shape)), "adjacent transpositions of symbols", False
            )
    except (Undecided, NotImplementedError):
        pass  # an order of symbols was asked for; the numbers below have every order
    return Validity(True, "supported", reason(rule.tree, True, bool(rule.shape)), "exact numbers in every order", False)


def counterexample(rule: UpdateRule) -> Counterexample | None:
    """The first small messages whose reordering changes the value; None if none was found."""
    orders = list(permutations(range(rule.degree))) if rule.degree <= 4 else _transpositions(rule.degree)
    budget = MAX_EVALUATIONS
    names = _numeric_names(rule)
    for messages in _trials(rule):
        values: list[Value] = []
        for order in orders:
            budget -= 1
            try:
                values.append(rule.value_for(names, [messages[k] for k in order]))
            except (ModelError, ZeroDivisionError) as error:
                if isinstance(error, ModelError) and "division" not in str(error):
                    raise
                break
            if _differ(values[0], values[-1]):
                return Counterexample(tuple(messages), tuple(order), values[0], values[-1])
        if budget <= 0:
            return None
    return None


def _evaluate_once(rule: UpdateRule) -> None:
    """A rule that cannot be evaluated at all is refused before anything is said about its order."""
    try:
        rule.value_for(_numeric_names(rule), next(_trials(rule)))
    except ModelError as error:
        if "division" not in str(error):
            raise


def _transpositions(degree: int) -> list[tuple[int, ...]]:
    swaps = []
    for k in range(degree - 1):
        order = list(range(degree))
        order[k], order[k + 1] = order[k + 1], order[k]
        swaps.append(tuple(order))
    return [tuple(range(degree)), *swaps]


def _trials(rule: UpdateRule) -> Iterator[list[Value]]:
    """Messages from small to less small: distinct, tied and negative numbers, then a few random ones."""
    draw = Random(20220)
    if rule.shape:
        yield from _matrix_trials(rule.shape, rule.degree, draw)
        return
    size = rule.degree
    small = [list(range(size)), list(range(1, size + 1)), [k - 1 for k in range(size)], [0] * (size - 1) + [1]]
    small += [[(-1) ** k * (k // 2 + 1) for k in range(size)], [k * k + 1 for k in range(size)]]
    for entries in small:
        yield [sp.Integer(v) for v in entries]
    if size <= 4:
        for choice in product((-1, 0, 1), repeat=size):
            if len(set(choice)) > 1 and list(choice) == sorted(choice):
                yield [sp.Integer(v) for v in choice]
    for _ in range(6):
        yield [sp.Rational(draw.randint(-9, 9), draw.randint(1, 4)) for _ in range(size)]


def _matrix_trials(shape: tuple[int, ...], degree: int, draw: Random) -> Iterator[list[Value]]:
    """Unit matrices first, then small integers."""
    cells = [(i, j) for i in range(shape[0]) for j in range(shape[1])]
    if shape[0] == shape[1]:
        for picks in (cells[1:] + cells[:1], cells):
            places = [picks[k % len(picks)] for k in range(degree)]
            yield [sp.eye(shape[0]) + sp.Matrix(*shape, lambda i, j, at=at: int((i, j) == at)) for at in places]
    for top in (1, 2, 3, 3, 9, 9):
        yield [sp.Matrix(*shape, lambda i, j, top=top: draw.randint(-top, top)) for _ in range(degree)]


def _differ(left: Value, right: Value) -> bool:
    """Whether two exact values differ for certain."""
    if isinstance(left, (list, sp.MatrixBase)):
        if isinstance(left, sp.MatrixBase) and left.shape != right.shape:
            return True
        return len(left) != len(right) or any(_differ(a, b) for a, b in zip(left, right, strict=True))
    if not isinstance(left, sp.Expr):
        return bool(left != right)
    gap = left - right
    if gap.is_zero or gap.has(sp.nan, sp.zoo, sp.oo):
        return False
    if gap.free_symbols:
        raise ModelError(f"the rule leaves {sorted(map(str, gap.free_symbols))} open; declare their values")
    number = gap.evalf(30)
    return bool(number.is_number and abs(number) > sp.Float("1e-20"))


def _symbolically_symmetric(rule: UpdateRule) -> bool:
    messages = [_block(f"m_{k + 1}", rule.shape) for k in range(rule.degree)]
    base, *others = (rule.value([messages[k] for k in order]) for order in _transpositions(rule.degree))
    return all(_equal(base, other) for other in others)


def _equal(left: Value, right: Value) -> bool:
    if isinstance(left, (list, sp.MatrixBase)):
        return all(_equal(a, b) for a, b in zip(left, right, strict=True))
    if left == right:
        return True
    gap = sp.expand(left - right)
    return bool(gap == 0 or sp.cancel(sp.together(gap)) == 0 or sp.simplify(gap) == 0)


def _block(name: str, shape: tuple[int, ...]) -> Value:
    """A symbol, or a matrix of symbols."""
    if not shape:
        return sp.Symbol(name, real=True)
    return sp.Matrix(*shape, lambda i, j: sp.Symbol(f"{name}_{i + 1}{j + 1}", real=True))


def _weight(name: str, degree: int, shape: tuple[int, ...], indexed: bool) -> Value:
    block: tuple[int, ...] = (shape[0], shape[0]) if shape and name[:1].isupper() else ()
    return [_block(f"{name}{k + 1}", block) for k in range(degree)] if indexed else _block(name, block)


def _numeric_names(rule: UpdateRule) -> dict[str, Value]:
    """Small distinct primes for the symbols of weights and states."""
    symbols = sorted({s for value in rule.names.values() for s in _free(value)}, key=str)
    table = {symbol: sp.Integer(sp.prime(k + 1)) for k, symbol in enumerate(symbols)}
    return {name: _replace(value, lambda v: v.xreplace(table)) for name, value in rule.names.items()}


def _free(value: Value) -> set[sp.Symbol]:
    if isinstance(value, list):
        return {s for entry in value for s in _free(entry)}
    return set(value.free_symbols)


def _replace(value: Value, change: Callable[[Value], Value]) -> Value:
    return [_replace(v, change) for v in value] if isinstance(value, list) else change(value)


def _identities(value: Value, shape: tuple[int, ...]) -> Value:
    if isinstance(value, list):
        return [_identities(entry, shape) for entry in value]
    return (sp.eye(shape[0]) if shape else sp.Integer(1)) if isinstance(value, str) else value
