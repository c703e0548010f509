"""Questions on attention: outputs, weights, ties, masks, derivatives, frozen parameters.

Answers, one query: scores raw_scores scaled_scores weights output winner_0based winners_0based winner_1based
tie margin radius d_output_d_query d_output_d_keys d_output_d_values d_weights_d_scores d_output_d_key_<j>
d_output_d_value_<j>, with an upstream gradient d_loss_d_query d_loss_d_keys d_loss_d_values; several
queries: the same in the plural, a row each.  For a layer's sizes: frozen frozen_params total_params
fraction most_frozen parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from symderiv.errors import ModelError
from symderiv.exact import ANY_NAME, read_exact, read_int, read_matrix, read_vector
from symderiv.families import FAMILIES
from symderiv.families.forms import expr, mat, tensor, vec, words
from symderiv.families.given import choose, flag, need, pick
from symderiv.models.attention import Attention, attend, dot
from symderiv.models.attention_gradients import AttentionGradients, argmax_radius, gradients, pull_back
from symderiv.models.transformer import frozen_share

_POOLINGS: Final = {
    **{word: "argmax" for word in ("argmax", "hardmax", "hard", "max", "hardattention")},
    "softmax": "softmax", "linear": "linear", "none": "linear", "identity": "linear",
    **{word: "linear_normalized" for word in ("linearnormalized", "linearnormalised", "normalized", "normalised")},
    **{word: "mean" for word in ("mean", "average", "uniform")},
}
_TIES: Final = {
    **{word: "first" for word in ("first", "lowest", "lowestindex", "smallestindex", "left", "firstindex")},
    **{word: "last" for word in ("last", "highest", "highestindex", "largestindex", "right", "lastindex")},
    **{word: "average" for word in ("average", "mean", "split", "share", "uniform", "equal")},
    "undefined": "undefined", "none": "undefined",
}
_SIMILARITIES: Final = {
    **{word: "dot" for word in ("dot", "dotproduct", "innerproduct", "inner", "scaleddot")},
    "cosine": "cosine", "cos": "cosine",
    **{word: "negative_squared_distance" for word in
       ("negativesquareddistance", "l2", "euclidean", "negativesquaredeuclidean", "rbf", "distance")},
}


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Every usual answer about an attention pooling or about a layer's frozen parameters."""
    answers: dict[str, Any] = {}
    if "d_model" in given:
        answers |= _frozen(given)
    if "keys" in given or "X" in given:
        answers |= _pooled(given)
    if not answers:
        raise ModelError(f"attention: give keys, values and a query, or d_model and d_ff; given are {sorted(given)}")
    return answers


def _frozen(given: Mapping[str, Any]) -> dict[str, Any]:
    def size(default: int | None, *names: str) -> Any:
        value = pick(given, *names)
        return default if value is None else read_int(value, names[0], 0)

    share = frozen_share(
        read_int(given["d_model"], "d_model", 1), size(0, "d_ff"),
        pooling=choose(pick(given, "pooling", default="argmax"), _POOLINGS, "pooling"),
        bias=flag(given, "bias", "biases"), heads=size(1, "heads", "n_heads", "num_heads"),
        kv_heads=size(None, "kv_heads", "n_kv_heads", "groups"), d_k=size(None, "d_k", "d_head"),
        d_v=size(None, "d_v"), layers=size(1, "layers", "n_layers", "num_layers"),
        layer_norm=flag(given, "layer_norm", "layernorm"), gated=flag(given, "gated", "swiglu", "glu"),
        vocabulary=size(0, "vocab", "vocab_size", "vocabulary"),
        positions=size(0, "positions", "max_len", "context"),
        tied=flag(given, "tied", "tied_embeddings", "weight_tying", default=True),
        cross_attention=flag(given, "cross_attention"),
    )
    return {
        "frozen": words(share.names), "fraction": expr(share.fraction),
        **dict.fromkeys(("frozen_params", "frozen_parameters", "frozen_count"), share.frozen),
        **dict.fromkeys(("total_params", "total_parameters", "total"), share.total),
        **dict.fromkeys(("most_frozen", "most", "majority_frozen"), 2 * share.frozen > share.total),
        "trainable": words(g.name for g in share.groups if not g.frozen),
        "parameters": {g.name: g.count for g in share.groups},
    }


def _pooled(given: Mapping[str, Any]) -> dict[str, Any]:
    queries, keys, values, scalar = _inputs(given)
    many = "query" not in given and "q" not in given
    pooling, scale = _pooling(given, len(queries[0]))
    default_tie = "average" if pick(given, "temperature") in (0, "0") else "first"
    rule = pick(given, "ties", "tie", "tie_break", "tie_rule", "tie_breaking", default=default_tie)
    ties = choose(rule, _TIES, "tie rule")
    similarity = choose(pick(given, "similarity", "score", default="dot"), _SIMILARITIES, "similarity")
    results = [
        attend(q, keys, values, pooling, scale=scale, bias=bias, mask=mask, ties=ties, similarity=similarity)
        for q, (mask, bias) in zip(queries, _masks(given, len(queries), len(keys)), strict=True)
    ]
    return _several(results, scalar) if many else _single(results[0], given, scalar, similarity)


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

    pooling = choose(pick(given, "pooling", "attention", default="argmax"), _POOLINGS, "pooling")
    temperature = pick(given, "temperature", "tau", "T", default=1)
    if temperature in ("inf", "oo", "infinity"):
        return "mean", 1
    heat = read_exact(temperature, ANY_NAME, "temperature")
    if heat.is_zero:
        return "argmax", 1
    if heat.is_negative:
        raise ModelError(f"attention: the temperature {heat} is negative; it must be at least 0")
    root = sympy.sqrt(width)
    scale = pick(given, "scale", "scaling", default="none")
    named = {"none": 1, "1": 1, "false": 1, "true": 1 / root, "sqrt(d)": 1 / root, "sqrt(d_k)": 1 / root}
    names = {"d": sympy.Integer(width), "d_k": sympy.Integer(width), "dk": sympy.Integer(width)}
    factor = named[str(scale).lower()] if str(scale).lower() in named else read_exact(scale, names, "scale")
    return pooling, factor / heat


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
    offsets = pick(given, "score_bias", "relative_bias")
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


def _single(result: Attention, given: Mapping[str, Any], scalar: bool, similarity: str) -> dict[str, Any]:
    tied = len(result.winners) > 1
    answers: dict[str, Any] = {
        "scores": vec(result.scores), "scaled_scores": vec(result.scores), "raw_scores": vec(result.raw),
        "tie": tied, "winners_0based": list(result.winners), "tied_0based": list(result.winners) if tied else [],
        "winners_1based": [i + 1 for i in result.winners],
    }
    if result.winners:
        answers |= {"winner_0based": result.winners[0], "winner_1based": result.winners[0] + 1}
    if result.margin is not None:
        answers["margin"] = expr(result.margin)
    if similarity == "dot" and result.winners and not any(q.free_symbols for q in result.query):
        radius = argmax_radius(result)
        if radius is not None:
            answers |= {"radius": expr(radius), "robust_radius": expr(radius)}
    if result.output is None or result.weights is None:
        return answers | {"output": {"label": "undefined"}, "weights": {"label": "undefined"}} | _no_derivative()
    answers |= {"weights": vec(result.weights), "output": _output(result.output, scalar)}
    if result.pooling == "argmax" and tied:
        return answers | _no_derivative()
    return answers | (_derivatives(gradients(result), given, scalar) if similarity == "dot" else {})


def _no_derivative() -> dict[str, Any]:
    names = ("d_output_d_query", "d_output_d_keys", "d_output_d_values")
    return dict.fromkeys(names, {"label": "undefined"}) | {"differentiable": False}


def _output(values: Sequence[Any], scalar: bool) -> dict[str, Any]:
    return expr(values[0]) if scalar else vec(values)


def _derivatives(slopes: AttentionGradients, given: Mapping[str, Any], scalar: bool) -> dict[str, Any]:
    def shape(jacobian: Any) -> dict[str, Any]:
        return vec(jacobian[0]) if scalar else mat(jacobian)

    everything = [*slopes.by_query, *(row for jacobian in slopes.by_keys for row in jacobian)]
    answers: dict[str, Any] = {
        "differentiable": True, "d_output_d_query": shape(slopes.by_query),
        "d_output_d_keys": tensor([j[0] for j in slopes.by_keys] if scalar else slopes.by_keys),
        "d_output_d_values": vec([j[0][0] for j in slopes.by_values]) if scalar else tensor(slopes.by_values),
        "d_weights_d_scores": mat(slopes.weights_by_scores),
        "query_key_gradient_zero": all(x.is_zero for row in everything for x in row),
    }
    for j, (by_key, by_value) in enumerate(zip(slopes.by_keys, slopes.by_values, strict=True)):
        answers |= {f"d_output_d_key_{j}": shape(by_key), f"d_output_d_value_{j}": mat(by_value)}
    index = pick(given, "key_0based", "key_index", "wrt_key")
    if index is not None:
        answers["d_output_d_key"] = answers[f"d_output_d_key_{read_int(index)}"]
    upstream = pick(given, "upstream", "d_loss_d_output", "g")
    if upstream is not None:
        flow = read_vector(upstream if isinstance(upstream, list) else [upstream], ANY_NAME, "upstream")
        answers |= {
            "d_loss_d_query": vec(pull_back(flow, slopes.by_query)),
            "d_loss_d_keys": mat([pull_back(flow, j) for j in slopes.by_keys]),
            "d_loss_d_values": mat([pull_back(flow, j) for j in slopes.by_values]),
        }
    return answers


def _several(results: Sequence[Attention], scalar: bool) -> dict[str, Any]:
    answers: dict[str, Any] = {
        "scores": mat(r.scores for r in results), "raw_scores": mat(r.raw for r in results),
        "winners_0based": [r.winners[0] for r in results if r.winners],
        "tied_queries_0based": [i for i, r in enumerate(results) if len(r.winners) > 1],
    }
    weights, outputs = [r.weights for r in results], [r.output for r in results]
    if all(w is not None for w in weights) and all(o is not None for o in outputs):
        rows = [o for o in outputs if o is not None]
        shown = vec(o[0] for o in rows) if scalar else mat(rows)
        answers |= {"weights": mat(w for w in weights if w is not None), "output": shown, "outputs": shown}
    return answers


FAMILIES.add("attention", answer)
