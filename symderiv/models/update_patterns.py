"""Patterns in an update rule: residual connection, batch normalisation, attention, and what resembles them.

The rule is text for people, so its form is read, not its value: the terms of the outermost sum, the set a mean and a
variance are taken over, and whether messages are weighted by a softmax of scores that depend on them.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from symderiv.errors import ModelError, ShapeError
from symderiv.models.rule_functions import SCALAR
from symderiv.models.rule_language import parse_rule
from symderiv.models.rule_spelling import plain
from symderiv.models.rule_words import read_words

OWN_STATE = re.compile(r"^\(*[shx](_\{?i\}?)?(\^\{?\(?(l|ell|\\ell)\s*-\s*1\)?\}?)?(\[(l|ell)-1\])?\)*$")
BATCH = re.compile(r"batch|_\{?B\}?\b|_b\b|\bBN\b", re.I)
FEATURES = re.compile(r"layer|feature|coordinate|component|_\{?[dfk]\}?\b|\bLN\b", re.I)
# a score that depends on states or messages
CONTENT = r"\b[smhxqkv](?:_\{?\(?[ij]|\b)|\b(?:e|score)_|\b[A-Z]\s*[*@]?\s*[A-Z](?:\^|\.)T"
# what is said to be done to the value of the formula
FOLLOWED = r"\b(?:followed by|then|and then|passed through|after(?:wards)?) (?:a |an |the )?"
# a softmax over neighbours carries their index, or its value weighs something or is named as a weight
NAMED_WEIGHT = re.compile(r"(?:alpha\w*|[aw]_\{?i,?j\}?|(?:attention )?weights?)\s*=\s*$", re.I)
WEIGHS = re.compile(r"[\s)]*[*@]?\s*\(?(?:[WVU]\d?\s*[*@]?\s*)*(?:[mshxv]_\{?(?:i,?)?[jk]|[VMSXH]\b)")
WRAPPERS = (
    *SCALAR,
    "BN",
    "LN",
    "BatchNorm",
    "LayerNorm",
    "batchnorm",
    "layernorm",
    "sigma",
    "phi",
    "norm",
    "dropout",
    "InstanceNorm",
    "GroupNorm",
    "GraphNorm",
    "instancenorm",
)


@dataclass(frozen=True)
class Patterns:
    """The three patterns of the usual question, and further ones by name."""

    residual: bool
    batch_normalization: bool
    attention: bool
    others: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        shown = ("residual", "batch_normalization", "attention")
        return tuple(name for name in shown if getattr(self, name))


def patterns(rule: str) -> Patterns:
    """The patterns of a rule text; ModelError for an empty one.

    >>> patterns("s_i = s_i + W1*(1/n_i)*sum_j tanh(W2*m_j)").names
    ('residual',)
    """
    text = rule.strip()
    if not text:
        raise ModelError("an empty rule has no patterns; give for example 's_i + W1*sum_j m_j'")
    if not re.search(r"[=+*/()_\\]", text):
        return _said(text)
    text = plain(text)
    right = re.split(r"(?<![<>=!])(?:<-|=)(?!=)", text, maxsplit=1)[-1] if re.match(r"\s*[shx]", text) else text
    formula, _, comment = _split_comment(right)
    normalised = _normalisation(formula, comment)
    found = {
        "layer_normalization": normalised == "features",
        "normalization": normalised == "other",
        "gating": bool(re.search(r"sigmoid|gate|\bz\b.*\(1\s*-\s*z\)|\(1\s*-\s*z\)", text)),
        "mean_pooling": bool(re.search(r"1/n|/\s*n_?i?\b|\bmean_?j", formula)),
        "max_pooling": bool(re.search(r"\bmax_?j|\bmax\s*\(", formula)),
        "sum_pooling": bool(re.search(r"\bsum_?\{?j", formula)) and not re.search(r"/\s*n|1/n", formula),
        "dropout": "dropout" in text.lower() or "bernoulli" in text.lower(),
    }
    return Patterns(
        _is_residual(formula), normalised == "batch", _is_attention(formula, comment),
        tuple(name for name, there in found.items() if there),
    )  # fmt: skip


def _said(text: str) -> Patterns:
    """The patterns of a rule told in words only; ModelError for words that deny one."""
    if re.search(r"\b(no|not|without|neither|nor|instead|rather)\b", text, re.I):
        raise ModelError(f"the words {text[:60]!r} deny something; give the rule as a formula")
    return Patterns(
        bool(re.search(r"residual|skip[- ]connection|(plus|added to|adds?) (the )?(previous|own)", text, re.I)),
        bool(re.search(r"batch[- ]?norm", text, re.I)), bool(re.search(r"attention|softmax", text, re.I)),
        ("layer_normalization",) if re.search(r"layer[- ]?norm", text, re.I) else (),
    )  # fmt: skip


def weight_shapes(rule: str, state: str = "d", rows: dict[str, str] | None = None) -> dict[str, tuple[str, str]]:
    """The shapes of the weight matrices of a rule over column states, as (rows, columns).

    ``rows`` fixes the number of rows of some of them; a number no condition fixes is ``r_<name>``.  ShapeError where
    two conditions disagree.

    >>> weight_shapes("s_i + W1*(1/n_i)*sum_j tanh(W2*m_j)", "d", {"W2": "k"})["W1"]
    ('d', 'k')
    """
    tree = parse_rule(read_words(rule.split("=")[-1], 2).text)
    inference = _Shapes(state, dict(rows or {}))
    result = inference.rows_of(tree)
    inference.same(result, state, "the new state")
    return {n: (inference.name(r), inference.name(c)) for n, (r, c) in sorted(inference.matrices.items())}


class _Shapes:
    """Unification of the numbers of rows: a size is a name, or an unknown that is given a name later."""

    def __init__(self, state: str, rows: dict[str, str]) -> None:
        self.state, self.rows = state, rows
        self.matrices: dict[str, tuple[str, str]] = {}
        self.bound: dict[str, str] = {}

    def name(self, size: str) -> str:
        while size in self.bound:
            size = self.bound[size]
        return size

    def same(self, left: str | None, right: str | None, where: str) -> str | None:
        if left is None or right is None:
            return left or right
        a, b = self.name(left), self.name(right)
        if a == b:
            return a
        unknown = a if a.startswith("r_") or a.startswith("c_") else b if b.startswith(("r_", "c_")) else None
        if unknown is None:
            raise ShapeError(f"{where} joins columns with {a} and with {b} entries; they must agree")
        self.bound[unknown] = b if unknown == a else a
        return self.name(a)

    def rows_of(self, node: ast.AST) -> str | None:
        """The number of rows of a column; None for a scalar."""
        if isinstance(node, ast.Name):
            return self.state if node.id in ("s", "m") else None
        if isinstance(node, ast.Subscript):
            return self.rows_of(node.value)
        if isinstance(node, (ast.GeneratorExp, ast.ListComp)):
            return self.rows_of(node.elt)
        if isinstance(node, ast.UnaryOp):
            return self.rows_of(node.operand)
        if isinstance(node, ast.BinOp):
            if isinstance(node.op, (ast.Mult, ast.MatMult)):
                return self._product(node)
            return self.same(self.rows_of(node.left), self.rows_of(node.right), ast.unparse(node)[:60])
        if isinstance(node, ast.Call) and ast.unparse(node.func) not in ("len", "range"):
            parts: str | None = None
            for argument in node.args:
                inner = argument.value if isinstance(argument, ast.Starred) else argument
                parts = self.same(parts, self.rows_of(inner), ast.unparse(node)[:60])
            return parts
        return None

    def _product(self, node: ast.BinOp) -> str | None:
        """Factors from the right: a weight maps the column behind it."""
        factors = _factors(node)
        column: str | None = None
        for factor in reversed(factors):
            weight = _weight_name(factor)
            if weight is not None and column is not None:
                rows, columns = self.matrices.setdefault(weight, (self.rows.get(weight, f"r_{weight}"), f"c_{weight}"))
                self.same(columns, column, ast.unparse(node)[:60])
                column = rows
            else:
                column = self.same(column, self.rows_of(factor), ast.unparse(node)[:60])
        return column


def _factors(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.MatMult)):
        return _factors(node.left) + _factors(node.right)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _factors(node.left)
    return [node]


def _weight_name(node: ast.AST) -> str | None:
    name = node.value if isinstance(node, ast.Subscript) else node
    return name.id if isinstance(name, ast.Name) and name.id[:1].isupper() else None


def _split_comment(text: str) -> tuple[str, str, str]:
    """The formula, and the words behind it that say what a mean runs over."""
    depth = 0
    for place, letter in enumerate(text):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(letter, 0)
        if depth == 0 and (letter in ",;" or text[place : place + 2] == "  "):
            return text[:place], letter, text[place:]
    return text, "", ""


def _terms(text: str) -> list[tuple[str, str]]:
    """(sign, term) of the outermost sum."""
    terms, depth, start, sign = [], 0, 0, "+"
    for place, letter in enumerate(text):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(letter, 0)
        if depth == 0 and letter in "+-" and text[start:place].strip():
            terms.append((sign, text[start:place].strip()))
            start, sign = place + 1, letter
    return [*terms, (sign, text[start:].strip())]


def _is_residual(formula: str) -> bool:
    """The own state is a term of the sum with factor one, also below one outer function (post-activation)."""
    formula = formula.strip()
    terms = _terms(formula)
    if len(terms) > 1:
        return any(sign == "+" and OWN_STATE.match(term.replace(" ", "")) for sign, term in terms)
    wrapped = re.fullmatch(r"(\w+)\s*\((.*)\)", formula)
    return bool(wrapped and wrapped[1] in WRAPPERS and _is_residual(wrapped[2]))


def _normalisation(formula: str, comment: str) -> str | None:
    """``batch``, ``features`` or ``other`` if something is centred and divided by its spread."""
    if re.search(r"\b(BN|batch_?norm)\w*\s*\(", formula, re.I):
        return "batch"
    if re.search(r"\b(LN|layer_?norm)\w*\s*\(", formula, re.I):
        return "features"
    if re.search(rf"{FOLLOWED}batch[- ]?norm", comment, re.I):
        return "batch"
    if re.search(rf"{FOLLOWED}layer[- ]?norm", comment, re.I):
        return "features"
    spread = re.search(r"/\s*\(?\s*(sqrt\s*\(\s*(var|sigma|s2)|std|sd|sigma)\w*", formula)
    centre = re.search(r"-\s*(mean|mu|E|avg)(_\{?\w+\}?)?", formula)
    if not (spread and centre):
        return None
    own = formula[centre.start() : centre.end()] + " " + spread[0]
    for words in (own, comment, formula if "over the" in formula else ""):
        if BATCH.search(words):
            return "batch"
        if FEATURES.search(words):
            return "features"
    return "other"


def _is_attention(formula: str, comment: str) -> bool:
    """Messages weighted by a normalised function of scores that depend on them (a softmax, or an argmax)."""
    text = f"{formula} {comment}"
    if re.search(r"\battention\s*\(|\battn\s*\(|\bMHA\s*\(", text, re.I):
        return True
    if re.search(r"softmax over (?:j|(?:the |all )?neighbou?rs)\b", text):
        return True
    for found in re.finditer(r"softmax(_\{?\w+\}?)?\s*[\(\[]", text):
        stop = _closing(text, found.end())
        indexed = found[1] is not None and re.search(r"[jk]", found[1])
        weighs = WEIGHS.match(text[stop + 1 :]) or NAMED_WEIGHT.search(text[: found.start()])
        if (indexed or weighs) and re.search(CONTENT, text[found.end() : stop]):
            return True
    ratio = re.search(r"exp\s*\((.*?)\).*/\s*\(*\s*sum\w*\s*\(?\s*exp\s*\(", text)
    return bool(ratio and re.search(CONTENT, ratio[1]) or re.search(r"arg\s*max|hardmax", text, re.I))


def _closing(text: str, start: int) -> int:
    """The bracket that closes the one just before ``start``."""
    depth = 1
    for place in range(start, len(text)):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(text[place], 0)
        if depth == 0:
            return place
    return len(text)
