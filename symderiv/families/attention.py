"""Questions on attention: outputs, weights, ties, masks, derivatives, frozen parameters.

Answers, one query: scores raw_scores scaled_scores weights output winner_0based winners_0based winner_1based
tie margin radius d_output_d_query d_output_d_keys d_output_d_values d_weights_d_scores d_output_d_key_<j>
d_output_d_value_<j>, with an upstream gradient d_loss_d_query d_loss_d_keys d_loss_d_values; several
queries: the same in the plural, a row each.  For a layer's sizes: frozen frozen_params total_params
fraction most_frozen parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from symderiv.errors import ModelError
from symderiv.exact import ANY_NAME, read_exact, read_int, read_vector
from symderiv.families import FAMILIES
from symderiv.families.attention_reading import POOLINGS, Pooled, read_pooled
from symderiv.families.forms import expr, mat, tensor, vec, words
from symderiv.families.given import choose, flag, pick
from symderiv.models.attention_gradients import AttentionGradients, argmax_radius, gradients, pull_back
from symderiv.models.transformer import frozen_share


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

    width = _width(given["d_model"], "d_model", 1)
    share = frozen_share(
        width, _width(pick(given, "d_ff", default=0), "d_ff", 0, width),
        pooling=choose(pick(given, "pooling", default="argmax"), POOLINGS, "pooling"),
        bias=flag(given, "bias", "biases"), heads=size(1, "heads", "n_heads", "num_heads"),
        kv_heads=size(None, "kv_heads", "n_kv_heads", "groups"), d_k=size(None, "d_k", "d_head"),
        d_v=size(None, "d_v"), layers=size(1, "layers", "n_layers", "num_layers"),
        layer_norm=flag(given, "layer_norm", "layernorm"), gated=flag(given, "gated", "swiglu", "glu"),
        vocabulary=size(0, "vocab", "vocab_size", "vocabulary"),
        positions=size(0, "positions", "max_len", "context"),
        tied=flag(given, "tied", "tied_embeddings", "weight_tying", default=True),
        cross_attention=flag(given, "cross_attention"),
    )
    fraction = share.fraction
    answers: dict[str, Any] = {
        "frozen": words(share.names),
        **dict.fromkeys(("fraction", "frozen_fraction", "fraction_frozen", "share"), expr(fraction)),
        **dict.fromkeys(("trainable_fraction", "fraction_trainable"), expr(1 - fraction)),
        **dict.fromkeys(("frozen_params", "frozen_parameters", "frozen_count"), _count(share.frozen)),
        **dict.fromkeys(("total_params", "total_parameters", "total"), _count(share.total)),
        "trainable": words(g.name for g in share.groups if not g.frozen),
        "parameters": {g.name: _count(g.count) for g in share.groups},
    }
    if isinstance(fraction, Fraction) or fraction.is_number:
        most = 2 * fraction > 1
        answers |= dict.fromkeys(("most_frozen", "most", "majority_frozen"), bool(most))
    return answers


def _width(value: object, what: str, least: int, unit: Any = None) -> Any:
    """A width as a whole number, or as a formula; ``4*d_model`` in terms of the ``unit``."""
    import sympy

    width = read_exact(value, ANY_NAME, what)
    if unit is not None:
        width = width.subs({sympy.Symbol("d_model"): unit})
    return width if width.free_symbols else read_int(width, what, least)


def _count(count: Any) -> Any:
    return count if isinstance(count, int) else expr(count)


def _pooled(given: Mapping[str, Any]) -> dict[str, Any]:
    asked = read_pooled(given)
    if asked.many:
        return _several(asked)
    answers = _single(asked, given)
    # keys that a bilinear form or a projection has moved are not the question's
    return {k: v for k, v in answers.items() if not (asked.moved_keys and "_d_key" in k)}


def _single(asked: Pooled, given: Mapping[str, Any]) -> dict[str, Any]:
    result, scalar = asked.results[0], asked.scalar
    plain = asked.similarity == "dot"
    tied = len(result.winners) > 1
    answers: dict[str, Any] = {
        "scores": vec(result.scores), "scaled_scores": vec(result.scores), "raw_scores": vec(result.raw),
        "tie": tied, "winners_0based": list(result.winners), "tied_0based": list(result.winners) if tied else [],
        "winners_1based": [i + 1 for i in result.winners],
    }
    winner = asked.winners[0]
    if winner is not None:
        answers |= {"winner_0based": winner, "winner_1based": winner + 1}
    if result.margin is not None:
        answers["margin"] = expr(result.margin)
    if plain and result.winners and not any(q.free_symbols for q in result.query):
        radius = argmax_radius(result)
        if radius is not None:
            answers |= {"radius": expr(radius), "robust_radius": expr(radius)}
    if result.output is None or result.weights is None:
        return answers | {"output": {"label": "undefined"}, "weights": {"label": "undefined"}} | _no_derivative()
    answers |= {"weights": vec(result.weights), "output": _output(result.output, scalar)}
    answers |= _entropy(result.weights) if result.pooling == "softmax" else {}
    if not plain:
        return answers
    if asked.surrogate is not None:  # straight through: the forward weights, the surrogate's slopes of the scores
        soft = gradients(asked.surrogate)
        by_values = gradients(replace(result, winners=result.winners[:1])).by_values
        return answers | _derivatives(replace(soft, by_values=by_values), given, scalar)
    if result.pooling == "argmax" and tied:
        return answers | _no_derivative()
    return answers | _derivatives(gradients(result), given, scalar)


def _entropy(weights: Sequence[Any]) -> dict[str, Any]:
    """The entropy of the pooling weights, in nats."""
    import sympy

    return {"entropy": expr(-sympy.Add(*(w * sympy.log(w) for w in weights if not w.is_zero)))}


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


def _several(asked: Pooled) -> dict[str, Any]:
    results, scalar = asked.results, asked.scalar
    answers: dict[str, Any] = {
        "scores": mat(r.scores for r in results), "raw_scores": mat(r.raw for r in results),
        "winners_0based": asked.winners,
        "tied_queries_0based": [i for i, r in enumerate(results) if len(r.winners) > 1],
    }
    weights, outputs = [r.weights for r in results], [r.output for r in results]
    if all(w is not None for w in weights) and all(o is not None for o in outputs):
        rows = [o for o in outputs if o is not None]
        shown = vec(o[0] for o in rows) if scalar else mat(rows)
        answers |= {"weights": mat(w for w in weights if w is not None), "output": shown, "outputs": shown}
    return answers


FAMILIES.add("attention", answer)
