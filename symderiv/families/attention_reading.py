"""The data of an attention question: queries, keys, values, similarity, pooling, scale, masks, the rule for ties."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from symderiv.errors import ModelError
from symderiv.exact import ANY_NAME, compare, read_exact, read_int, read_matrix, read_vector
from symderiv.families.given import choose, flag, need, pick, prose
from symderiv.models.attention import Attention, attend, dot

POOLINGS: Final = {
    **{word: "argmax" for word in ("argmax", "hardmax", "hard", "max", "hardattention")},
    "softmax": "softmax", "linear": "linear", "none": "linear", "identity": "linear",
    **{word: "linear_normalized" for word in ("linearnormalized", "linearnormalised", "normalized", "normalised")},
    **{word: "mean" for word in ("mean", "average", "uniform")},
    **{word: "top" for word in ("topk", "topksoftmax", "topsoftmax")},
}
TIES: Final = {
    **{word: "first" for word in ("first", "lowest", "lowestindex", "smallestindex", "left", "firstindex")},
    **{word: "last" for word in ("last", "highest", "highestindex", "largestindex", "right", "lastindex")},
    **{word: "average" for word in ("average", "mean", "split", "share", "uniform", "equal")},
    "undefined": "undefined", "none": "undefined",
}
SIMILARITIES: Final = {
    **{word: "dot" for word in ("dot", "dotproduct", "innerproduct", "inner", "scaleddot")},
    "cosine": "cosine", "cos": "cosine",
    **{word: "negative_squared_distance" for word in
       ("negativesquareddistance", "l2", "euclidean", "negativesquaredeuclidean", "rbf", "distance", "qk2")},
    **{word: "negative_half_squared_distance" for word in
       ("gaussian", "gaussiankernel", "negativehalfsquareddistance", "qk22", "12qk2", "05qk2")},
    "bilinear": "dot", "general": "dot", "luong": "dot",
}


INFINITE: Final = ("inf", "oo", "infinity")
BILINEAR: Final = ("W", "M", "A", "W_bilinear")
SCALED: Final = ("true", "sqrt(d)", "sqrt(d_k)", "sqrt", "sqrt_d", "sqrt_dk", "standard", "scaled", "vaswani")
UNSCALED: Final = ("none", "false", "no", "unscaled")
# what the words of the task say where the data are silent
TOLD_TIES: Final = (
    (r"averag|split|shared? (?:equally|between)", "average"),
    (r"(?:lowest|smallest|first) (?:index|key|winner|position|one)", "first"),
    (r"(?:highest|largest|last) (?:index|key|winner|position|one)", "last"),
)


@dataclass(frozen=True)
class Pooled:
    """The result of every query; ``many`` where queries are a list, ``scalar`` where values are plain numbers.

    ``surrogate`` is the first query's attention by the pooling whose slopes the backward pass uses instead, and
    ``moved_keys`` says that the keys compared are not the question's own.
    """

    results: tuple[Attention, ...]
    many: bool
    scalar: bool
    similarity: str
    moved_keys: bool
    surrogate: Attention | None
    ties: str

    @property
    def winners(self) -> list[int | None]:
        """The position that argmax picks for every query; None where ties are shared or left open."""
        place = -1 if self.ties == "last" else 0
        decided = self.ties in ("first", "last")
        return [r.winners[place] if len(r.winners) == 1 or r.winners and decided else None for r in self.results]


def read_pooled(given: Mapping[str, Any]) -> Pooled:
    """Attend with every query of ``given``; ModelError for shapes, UnknownNameError for words that do not fit."""
    queries, keys, values, scalar = _inputs(given)
    word = pick(given, "similarity", "score", default="dot")
    bilinear = pick(given, *BILINEAR) if "X" not in given else None
    if bilinear is not None:  # q·(W k) for every key
        rows = read_matrix(bilinear, ANY_NAME, "the bilinear form")
        keys = _product(keys, tuple(zip(*rows, strict=True)))
    pooling, scale = _pooling(given, len(queries[0]))
    similarity, ties = choose(word, SIMILARITIES, "similarity"), _ties(given)
    results = []
    for q, (mask, bias) in zip(queries, _masks(given, len(queries), len(keys)), strict=True):
        if pooling == "top":
            mask = _top(attend(q, keys, values, "softmax", scale=scale, bias=bias, mask=mask, similarity=similarity),
                        _count(given))  # fmt: skip
        used = "softmax" if pooling == "top" else pooling
        results.append(attend(q, keys, values, used, scale=scale, bias=bias, mask=mask, ties=ties,
                              similarity=similarity))  # fmt: skip
    many = "query" not in given and "q" not in given
    other = pick(given, "backward", "backward_pooling", "surrogate", "straight_through")
    surrogate = None
    if other is not None:
        mask, bias = _masks(given, len(queries), len(keys))[0]
        kind = "softmax" if other is True else choose(other, POOLINGS, "pooling")
        surrogate = attend(queries[0], keys, values, kind, scale=scale, bias=bias, mask=mask, similarity=similarity)
    return Pooled(tuple(results), many, scalar, similarity, bilinear is not None, surrogate, ties)


def _count(given: Mapping[str, Any]) -> int:
    """How many keys top-k keeps: a setting, or the number in ``top-2``."""
    named = re.search(r"top[-_ ]?(\d+)", str(pick(given, "pooling", "attention")).lower())
    return read_int(named[1] if named else need(given, "top_k", "k"), "k", 1)


def _top(result: Attention, count: int) -> list[bool]:
    """Which keys have the ``count`` largest scores; ModelError where the last place is shared."""
    kept: list[int] = []
    for i in result.visible:
        place = sum(compare(result.scores[j], result.scores[i], "top-k") > 0 for j in result.visible)
        kept += [i] if place < count else []
    if len(kept) > count:
        raise ModelError(f"top-k: {len(kept)} keys share the {count} largest scores; use another k")
    return [i in kept for i in range(len(result.scores))]


def _ties(given: Mapping[str, Any]) -> str:
    """The rule for equal scores: a setting, else what the task says of ties, else the first."""
    told = pick(given, "ties", "tie", "tie_break", "tie_rule", "tie_breaking")
    if told is not None:
        known = [word for word in re.findall(r"[a-z]+", str(told).lower()) if word in TIES]
        return TIES[known[0]] if known else choose(told, TIES, "tie rule")
    if re.search(r"\btie", prose(given)):
        said = {rule for pattern, rule in TOLD_TIES if re.search(pattern, prose(given))}
        if len(said) == 1:
            return said.pop()
    cold = pick(given, "temperature", "tau") in (0, "0") or str(pick(given, "beta", "inverse_temperature")) in INFINITE
    return "average" if cold else "first"


def _inputs(given: Mapping[str, Any]) -> tuple[Any, Any, Any, bool]:
    """Queries, keys, values, and whether the values were plain numbers."""
    if "X" in given:
        rows = read_matrix(given["X"], ANY_NAME, "X")
        weights = [pick(given, f"W_{x}", f"W{x}") for x in "QKV"]
        parts = [rows if w is None else _product(rows, read_matrix(w, ANY_NAME, "projection")) for w in weights]
        return parts[0], parts[1], parts[2], False
    keys = read_matrix(_columns(given["keys"]), ANY_NAME, "keys")
    given_values = need(given, "values")
    scalar = isinstance(given_values, list) and not any(isinstance(v, (list, tuple)) for v in given_values)
    values = read_matrix(_columns(given_values), ANY_NAME, "values")
    query = pick(given, "query", "q")
    if query is not None:
        return (read_vector(query if isinstance(query, list) else [query], ANY_NAME, "query"),), keys, values, scalar
    return read_matrix(_columns(need(given, "queries", "Q")), ANY_NAME, "queries"), keys, values, scalar


def _columns(rows: Any) -> Any:
    return [row if isinstance(row, (list, tuple)) else [row] for row in rows] if isinstance(rows, list) else rows


def _product(left: Sequence[Any], right: Sequence[Any]) -> tuple[tuple[Any, ...], ...]:
    if len(left[0]) != len(right):
        raise ModelError(f"X has rows of {len(left[0])} entries, the projection {len(right)} rows; make them equal")
    return tuple(tuple(dot(row, column) for column in zip(*right, strict=True)) for row in left)


def _pooling(given: Mapping[str, Any], width: int) -> tuple[str, Any]:
    """The pooling and the factor on its scores; a temperature of 0 is argmax, an infinite one the mean."""
    import sympy

    default = "softmax" if "softmax" in prose(given) and "argmax" not in prose(given) else "argmax"
    if pick(given, "top_k") is not None:
        default = "topk"
    named = re.sub(r"(?<=top)[-_ ]?\d+", "k", str(pick(given, "pooling", "attention", default=default)).lower())
    pooling = choose(named, POOLINGS, "pooling")
    if pooling == "softmax" and pick(given, "top_k") is not None:
        pooling = "top"
    beta = pick(given, "beta", "inverse_temperature", default=1)
    temperature = pick(given, "temperature", "tau", "T", default=1)
    if str(temperature) in INFINITE:
        return "mean", 1
    if str(beta) in INFINITE:
        return "argmax", 1
    heat, cold = read_exact(temperature, ANY_NAME, "temperature"), read_exact(beta, ANY_NAME, "inverse temperature")
    if heat.is_zero:
        return "argmax", 1
    for name, value in (("temperature", heat), ("inverse temperature", cold)):
        if value.is_negative:
            raise ModelError(f"attention: the {name} {value} is negative; it must be at least 0")
    return pooling, _scale(given, sympy.Integer(width)) * cold / heat


def _scale(given: Mapping[str, Any], width: Any) -> Any:
    """The factor on the similarities: told as a number or in words, or by the task's "scaled dot product"."""
    import sympy

    said = re.search(r"\bscaled dot[- ]product|sqrt\(d|√d", prose(given)) is not None
    said = said and not re.search(r"\bno\b.{0,20}scal|\bwithout\b.{0,20}(?:scal|sqrt)|unscaled", prose(given))
    scale = str(pick(given, "scale", "scaling", "scaled", default="scaled" if said else "none")).lower()
    if scale in (*SCALED, *UNSCALED):
        return 1 / sympy.sqrt(width) if scale in SCALED else sympy.Integer(1)
    return read_exact(scale, dict.fromkeys(("d", "d_k", "dk"), width), "scale")


def _masks(given: Mapping[str, Any], queries: int, keys: int) -> list[tuple[list[bool] | None, list[Any] | None]]:
    """For every query which keys it may see, and what is added to its scores."""
    mask = pick(given, "mask", "attention_mask")
    causal = flag(given, "causal") or mask == "causal"
    start = read_int(pick(given, "position", "query_position", default=keys - queries if queries < keys else 0))
    seen = [_visible(given, keys) for _ in range(queries)]
    added: list[list[Any] | None] = [None] * queries
    rows = mask if isinstance(mask, list) and mask and isinstance(mask[0], list) else [mask] * queries
    for i in range(queries):
        if causal:
            seen[i] = [s and j <= start + i for j, s in enumerate(seen[i])]
        if isinstance(rows[i], list):
            kept, added[i] = _row(rows[i])
            seen[i] = [s and k for s, k in zip(seen[i], kept, strict=True)] if len(kept) == keys else kept
    offsets = pick(given, "score_bias", "relative_bias", "position_bias")
    if offsets is None and isinstance(given.get("bias"), list):
        offsets = given["bias"]
    shared = None if offsets is None else list(read_vector(offsets, ANY_NAME, "score bias"))
    return [(s, a if shared is None else shared) for s, a in zip(seen, added, strict=True)]


def _row(entries: Sequence[Any]) -> tuple[list[bool], list[Any] | None]:
    """A mask of 0/1 (1 is seen) or, where an entry is -inf or negative, a term added to the scores."""
    hidden = [str(e).lower() in ("-inf", "-oo", "-infinity") for e in entries]
    if any(hidden) or any(e not in (0, 1, True, False, "0", "1") for e in entries):
        terms = [read_exact(0 if h else e, ANY_NAME, "mask") for e, h in zip(entries, hidden, strict=True)]
        return [not h for h in hidden], terms
    return [e in (1, "1") for e in entries], None


def _visible(given: Mapping[str, Any], keys: int) -> list[bool]:
    hidden = set(pick(given, "masked_0based", "masked", "hidden", default=[]))
    shown = pick(given, "visible", "visible_0based", default=range(keys))
    length = read_int(pick(given, "valid_length", "length", default=keys), "length", 0)
    padding = pick(given, "padding_mask", "key_padding_mask", default=[False] * keys)
    return [j not in hidden and j in shown and j < length and not padding[j] for j in range(keys)]
