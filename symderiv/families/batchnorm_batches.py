"""Questions on the normalization of a batch.

A vector ``x``: batch_mean batch_variance x_hat y output_mean output_variance jacobian, with running statistics the
same at inference, with ``upstream`` dx dgamma dbeta, with ``momentum`` running_mean running_var.  A matrix ``x``
(samples by features): y (columns), y_layernorm (rows), y_rms.  ``kind`` says which: batch, layer, rms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from symderiv.errors import ModelError
from symderiv.exact import ANY_NAME, compare, read_exact, read_int, read_matrix, read_vector
from symderiv.families.forms import expr, mat, vec
from symderiv.families.given import choose, flag, need, pick, prose
from symderiv.models.normalization import (
    Moments,
    Normalized,
    batch_statistics,
    normalize,
    running_update,
    weight_scale_effect,
)
from symderiv.models.normalization_backward import backward, jacobian

UPSTREAM: Final = ("upstream", "dy", "d_loss_d_y", "dL_dy", "dl_dy", "dout", "grad_y", "g", "grad_output")
KINDS: Final = {
    **{word: "layer" for word in ("layer", "layernorm", "layernormalization", "ln")},
    **{word: "batch" for word in ("batch", "batchnorm", "batchnormalization", "bn", "features")},
    **{word: "rms" for word in ("rms", "rmsnorm", "rootmeansquare")},
}
MODES: Final = {
    "train": "train", "training": "train", **dict.fromkeys(("eval", "evaluation", "inference", "test"), "eval")
}
# "9/10 old + 1/10 new", "momentum*running + …": what the old value is multiplied by
OLD_SHARE: Final = re.compile(r"([\w./]+)\s*\*?\s*\(?(?:the )?(?:old|running|previous)\b")


def number(given: Mapping[str, Any], *names: str, default: Any = 0) -> Any:
    """The exact number under the first of ``names`` that is there."""
    return read_exact(pick(given, *names, default=default), ANY_NAME, names[0])


def settings(given: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """epsilon, gamma, beta of one feature."""
    return number(given, "epsilon", "eps"), number(given, "gamma", default=1), number(given, "beta")


def per_feature(given: Mapping[str, Any], name: str, size: int, default: int) -> tuple[Any, ...]:
    """One number for every feature, out of a list or one for all."""
    value = pick(given, name, default=default)
    values = value if isinstance(value, list) else [value] * size
    if len(values) != size:
        raise ModelError(f"{name}: {len(values)} entries for {size} features; give one for each, or one for all")
    return read_vector(values, ANY_NAME, name)


def running(given: Mapping[str, Any]) -> tuple[Any, Any] | None:
    """The running mean and variance, if given; ModelError for one without the other."""
    mean, variance = pick(given, "running_mean"), pick(given, "running_var", "running_variance")
    if (mean is None) != (variance is None):
        raise ModelError("batchnorm: running_mean and running_var come together; give both")
    return None if mean is None else (read_exact(mean, ANY_NAME, "running mean"), read_exact(variance, ANY_NAME))


def batch_answers(given: Mapping[str, Any], batch: Sequence[Any] | None) -> dict[str, Any]:
    """Answers about one feature over a batch, or about several batches one after another."""
    fixed, updating = running(given), "momentum" in given
    if batch is None or "batches" in given:
        if fixed is None:
            raise ModelError("batchnorm: running averages need a start; give running_mean and running_var")
        seen = [read_vector(b, ANY_NAME, "batch") for b in batch] if batch else []
        return _updated(given, seen, Moments(*fixed))
    scale, shift = number(given, "input_scale", default=1), number(given, "input_shift", "pre_bias")
    values = tuple(scale * v + shift for v in read_vector(batch, ANY_NAME, "x"))
    mode = choose(pick(given, "mode", default="train" if updating else "eval"), MODES, "mode")
    used = None if mode == "train" else fixed
    if _kind(given) == "rms":
        used = read_exact(0), read_exact(sum(v**2 for v in values)) / len(values)
    answers = _one(given, values, used)
    if fixed is not None and _kind(given) != "rms":
        epsilon, gamma, beta = settings(given)
        at_rest = vec(normalize(values, epsilon, gamma, beta, statistics=fixed).outputs)
        answers |= dict.fromkeys(("y_eval", "y_inference", "y_test"), at_rest)
        if _spread(values, epsilon, True):
            batch_y = normalize(values, epsilon, gamma, beta, unbiased=_unbiased(given)).outputs
            answers |= dict.fromkeys(("y_train", "y_training"), vec(batch_y))
    if updating and fixed is not None:
        answers |= _updated(given, [values], Moments(*fixed))
    return answers | _flow(given, values, used) | _scaled(given, values)


def _one(given: Mapping[str, Any], values: Sequence[Any], used: tuple[Any, Any] | None) -> dict[str, Any]:
    epsilon, gamma, beta = settings(given)
    unbiased = _unbiased(given)
    result = normalize(values, epsilon, gamma, beta, unbiased=unbiased, statistics=used)
    mean, variance = batch_statistics(values, unbiased)
    out_mean, out_variance = batch_statistics(result.outputs)
    answers: dict[str, Any] = {
        **dict.fromkeys(("batch_mean", "mu", "mean"), expr(mean)),
        **dict.fromkeys(("batch_variance", "batch_var", "variance", "var", "sigma2"), expr(variance)),
        "variance_biased": expr(batch_statistics(values)[1]),
        "x_hat": vec(result.standardized), "y": vec(result.outputs), "output": vec(result.outputs),
        **dict.fromkeys(("output_mean", "batch_mean_of_output", "y_mean"), expr(out_mean)),
        **dict.fromkeys(("output_variance", "output_batch_variance", "y_variance", "y_var"), expr(out_variance)),
        "batch_variance_equals_gamma2": _equal(out_variance, gamma**2),
        "batch_mean_equals_beta": _equal(out_mean, beta),
        **dict.fromkeys(
            ("standardised", "standardized"), _equal(out_variance, gamma**2) and _equal(out_mean, beta)
        ),
    }
    if len(values) > 1:
        answers["variance_unbiased"] = expr(batch_statistics(values, True)[1])
    if used is None:
        slopes = mat(jacobian(values, epsilon, gamma, unbiased=unbiased).tolist())
        answers |= dict.fromkeys(("jacobian", "dy_dx", "d_y_d_x"), slopes)
    return answers


def _unbiased(given: Mapping[str, Any]) -> bool:
    """Whether the batch's variance is divided by m - 1: told by a setting, or by the words of the task."""
    degrees = pick(given, "ddof")
    told = re.search(r"(?<!not )(?<!instead of )(?<!instead of the )\bunbiased\b", prose(given)) is not None
    default = read_int(degrees, "ddof", 0, 1) == 1 if degrees is not None else told and "momentum" not in given
    return flag(given, "unbiased", "bessel", default=default)


def _equal(left: Any, right: Any) -> bool:
    return compare(left, right) == 0 if not (left - right).free_symbols else (left - right).expand().is_zero is True


def _updated(given: Mapping[str, Any], batches: Sequence[Sequence[Any]], start: Moments) -> dict[str, Any]:
    """Running averages after the batches; PyTorch's convention unless the old value keeps the weight given."""
    momentum = number(given, "momentum")
    if _keeps_old(given, momentum):
        momentum = 1 - momentum
    ends = {}
    for unbiased in (True, False):
        now = start
        for values in batches:
            now = running_update(now, values, momentum, unbiased=unbiased and len(values) > 1)
        ends[unbiased] = now
    if not batches:
        mean, variance = (number({"v": need(given, *names)}, "v") for names in (
            ("batch_mean", "mean", "mu"), ("batch_var", "batch_variance", "variance", "var")))  # fmt: skip
        ends[False] = ends[True] = Moments(
            (1 - momentum) * start.mean + momentum * mean, (1 - momentum) * start.variance + momentum * variance
        )
    biased = "biased" in prose(given).replace("unbiased", "") or flag(given, "biased")
    used = ends[not biased]
    return {
        **dict.fromkeys(("running_mean", "new_running_mean"), expr(used.mean)),
        **dict.fromkeys(("running_var", "new_running_var", "running_variance"), expr(used.variance)),
        "running_var_biased": expr(ends[False].variance), "running_var_unbiased": expr(ends[True].variance),
    }


def _keeps_old(given: Mapping[str, Any], momentum: Any) -> bool:
    """Whether ``momentum`` multiplies the old value: by a named convention or the formula in the task."""
    told = str(pick(given, "momentum_convention", "convention", default=prose(given))).lower()
    if any(word in told for word in ("keras", "decay", "tensorflow")):
        return True
    share = OLD_SHARE.search(told)
    return share is not None and share[1] in ("momentum", "m", "alpha", "rho", "decay", str(momentum))


def _flow(given: Mapping[str, Any], values: Sequence[Any], used: tuple[Any, Any] | None) -> dict[str, Any]:
    upstream = pick(given, *UPSTREAM)
    if upstream is None or _kind(given) == "rms":
        return {}
    epsilon, gamma, _ = settings(given)
    flow = read_vector(upstream, ANY_NAME, "upstream")
    slopes = backward(values, flow, epsilon, gamma, unbiased=_unbiased(given), statistics=used)
    answers: dict[str, Any] = {}
    for name, form in (("x", vec(slopes.inputs)), ("gamma", expr(slopes.gamma)), ("beta", expr(slopes.beta))):
        answers |= {f"d{name}": form, f"d_{name}": form, f"d_loss_d_{name}": form, f"dL_d{name}": form}
    total = expr(read_exact(sum(slopes.inputs)).expand())
    return answers | dict.fromkeys(("sum_dx", "dL_dbias", "d_bias"), total)


def _scaled(given: Mapping[str, Any], values: Sequence[Any]) -> dict[str, Any]:
    """What scaling the weights before the layer does to the batch's outputs and to their gradient."""
    weight = pick(given, "weight_scale", "w_scale", "c")
    if weight is None:
        return {}
    epsilon, gamma, beta = settings(given)
    scale = read_exact(weight, ANY_NAME, "weight scale")
    effect = weight_scale_effect(scale, batch_statistics(values, _unbiased(given))[1], epsilon)
    moved = normalize([scale * v for v in values], epsilon, gamma, beta, unbiased=_unbiased(given))
    answers: dict[str, Any] = {
        **dict.fromkeys(("output_ratio", "output_factor"), expr(effect.output_ratio)), "y_scaled": vec(moved.outputs),
        **dict.fromkeys(("invariant", "scale_invariant"), effect.invariant),
    }
    if effect.gradient_ratio is not None:
        answers |= dict.fromkeys(("gradient_ratio", "gradient_factor", "gradient_scale"), expr(effect.gradient_ratio))
    return answers


def _kind(given: Mapping[str, Any]) -> str:
    """batch, layer or rms, by a setting or by the words of the task; UnknownNameError for another."""
    told = pick(given, "type", "kind", "layer", "norm", "normalization")
    if told is not None:
        return choose(told, KINDS, "normalization")
    if pick(given, "axis") is not None:
        return "layer" if read_int(given["axis"], "axis", -1, 1) else "batch"
    text = re.sub(r"[\s_-]", "", prose(given))
    only_layer = "layernorm" in text and not re.search(r"(?<!insteadof)batchnorm", text)
    return "layer" if only_layer or flag(given, "layer_norm", "layernorm") else "batch"


def matrix_answers(given: Mapping[str, Any], batch: Sequence[Any]) -> dict[str, Any]:
    """A batch of samples (rows) by features (columns): batch normalization down, layer normalization across.

    The side that is not asked for is left out where it is 0/0.
    """
    rows = read_matrix(batch, ANY_NAME, "x")
    epsilon, size = number(given, "epsilon", "eps"), len(rows[0])
    gamma, beta = per_feature(given, "gamma", size, 1), per_feature(given, "beta", size, 0)
    unbiased, kind = _unbiased(given), _kind(given)
    columns = tuple(zip(*rows, strict=True))
    sides: dict[str, tuple[Sequence[Sequence[Any]], Any]] = {
        "batch": (columns, None), "layer": (rows, None),
        "rms": (rows, lambda row: (read_exact(0), read_exact(sum(v**2 for v in row)) / len(row))),
    }
    answers: dict[str, Any] = {}
    for side, (lines, statistics) in sides.items():
        if side != kind and not all(_spread(line, epsilon, statistics is None) for line in lines):
            continue
        made = [
            normalize(line, epsilon, unbiased=unbiased, statistics=None if statistics is None else statistics(line))
            for line in lines
        ]
        hats = list(zip(*(m.standardized for m in made), strict=True)) if side == "batch" else [
            m.standardized for m in made]  # fmt: skip
        y = mat([[(g * h + b).expand() for g, h, b in zip(gamma, row, beta, strict=True)] for row in hats])
        answers |= {f"y_{side}norm": y, f"{side}norm": y} | _statistics(side, made)
        if side == kind:
            answers |= {"y": y, "x_hat": mat(hats), "mean": answers[f"{side}_mean"],
                        "variance": answers[f"{side}_variance"]}  # fmt: skip
    return answers


def _statistics(side: str, made: Sequence[Normalized]) -> dict[str, Any]:
    return {f"{side}_mean": vec(m.mean for m in made), f"{side}_variance": vec(m.variance for m in made)}


def _spread(line: Sequence[Any], epsilon: Any, centred: bool) -> bool:
    """Whether the line can be normalised: its variance (or mean square) and epsilon are not both 0."""
    square = batch_statistics(line)[1] if centred else read_exact(sum(v**2 for v in line))
    return not (epsilon.is_zero and square.is_zero)
