"""Questions on normalization layers.

A distribution (mean, variance): mean variance sd, also after an input scale and shift; with ``weight_scale``
output_ratio gradient_ratio invariant.  A joint distribution (covariance): mean covariance correlation sds
eigenvalues, in the plane semi_axes_1sd semi_axes_2sd angle.  A batch ``x``: batch_mean batch_variance x_hat y
output_mean output_variance jacobian, with running statistics the same at inference, with ``upstream`` dx
dgamma dbeta, with ``momentum`` running_mean running_var.  A matrix ``x``: y (columns), y_layernorm (rows).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symderiv.errors import ModelError
from symderiv.exact import ANY_NAME, compare, read_exact, read_matrix, read_vector
from symderiv.families import FAMILIES
from symderiv.families.forms import expr, mat, vec
from symderiv.families.given import flag, need, pick, prose
from symderiv.models.contours import ellipse
from symderiv.models.normalization import (
    Moments,
    batch_statistics,
    normalize,
    normalized_covariance,
    output_moments,
    running_update,
    weight_scale_effect,
)
from symderiv.models.normalization_backward import backward, jacobian


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Every usual answer about a batch or layer normalization."""
    batch = pick(given, "x", "X", "batch", "inputs", "values")
    if "covariance" in given or "cov" in given:
        return _joint(given)
    if isinstance(batch, list) and batch and isinstance(batch[0], list):
        return _matrix(given, batch)
    if isinstance(batch, list) or (batch is not None and "running_mean" in given):
        return _batch(given, batch if isinstance(batch, list) else [batch])
    return _distribution(given)


def _number(given: Mapping[str, Any], *names: str, default: Any = 0) -> Any:
    return read_exact(pick(given, *names, default=default), ANY_NAME, names[0])


def _settings(given: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """epsilon, gamma, beta of one feature."""
    return _number(given, "epsilon", "eps"), _number(given, "gamma", default=1), _number(given, "beta")


def _distribution(given: Mapping[str, Any]) -> dict[str, Any]:
    epsilon, gamma, beta = _settings(given)
    variance = pick(given, "variance", "var", "sigma2")
    spread = read_exact(variance, ANY_NAME, "variance") if variance is not None else _number(
        {"sd": need(given, "sd", "std", "sigma")}, "sd") ** 2
    weight = pick(given, "weight_scale", "w_scale", "c")
    scale = _number(given, "input_scale", "scale", "a", default=1)
    shift = _number(given, "input_shift", "shift", "b")
    mean = _number(given, "mean", "mu") * scale + shift
    out = output_moments(mean, spread * scale**2, epsilon, gamma, beta)
    answers: dict[str, Any] = {
        "mean": expr(out.mean), "variance": expr(out.variance), "var": expr(out.variance), "sd": expr(out.sd),
        "std": expr(out.sd), "output_mean": expr(out.mean), "output_variance": expr(out.variance),
        "output_sd": expr(out.sd), "input_mean": expr(mean), "input_variance": expr(spread * scale**2),
        "sd_equals_gamma": (out.sd - abs(gamma)).is_zero is True, "gaussian": True,
    }
    if weight is not None:
        effect = weight_scale_effect(read_exact(weight, ANY_NAME, "weight scale"), spread, epsilon)
        answers |= {"output_ratio": expr(effect.output_ratio), "output_factor": expr(effect.output_ratio),
                    "invariant": effect.invariant, "scale_invariant": effect.invariant}
        if effect.gradient_ratio is not None:
            names = ("gradient_ratio", "gradient_factor", "gradient_scale")
            answers |= dict.fromkeys(names, expr(effect.gradient_ratio))
    points = pick(given, "x", "point")
    if points is not None:
        value = normalize([read_exact(points, ANY_NAME, "x")], epsilon, gamma, beta, statistics=(mean, spread))
        answers |= {"y": expr(value.outputs[0]), "x_hat": expr(value.standardized[0])}
    size = pick(given, "batch_size", "m")
    if size is not None:
        m = read_exact(size, ANY_NAME, "batch size")
        answers["expected_batch_variance"] = expr(spread * scale**2 * (m - 1) / m)
    return answers


def _per_feature(given: Mapping[str, Any], name: str, size: int, default: int) -> tuple[Any, ...]:
    value = pick(given, name, default=default)
    values = value if isinstance(value, list) else [value] * size
    return read_vector(values, ANY_NAME, name)


def _joint(given: Mapping[str, Any]) -> dict[str, Any]:
    sigma = read_matrix(need(given, "covariance", "cov"), ANY_NAME, "covariance")
    size = len(sigma)
    gamma, beta = _per_feature(given, "gamma", size, 1), _per_feature(given, "beta", size, 0)
    out = normalized_covariance(sigma, _number(given, "epsilon", "eps"), gamma, beta)
    plain = normalized_covariance(sigma).covariance
    cov = out.covariance
    answers: dict[str, Any] = {
        "mean": vec(out.mean), "covariance": mat(cov.tolist()), "output_covariance": mat(cov.tolist()),
        "variances": vec(cov[i, i] for i in range(size)), "correlation_matrix": mat(plain.tolist()),
        "correlation": expr(plain[0, 1]) if size == 2 else mat(plain.tolist()),
        "rho": expr(plain[0, 1]) if size > 1 else expr(1), "whitened": bool(cov == cov.eye(size)),
        "decorrelated": bool(cov.is_diagonal()),
    }
    if size == 2 and not cov.free_symbols:
        one, two = (ellipse(out.mean, cov.tolist(), k) for k in (1, 2))
        answers |= {
            "semi_axes": vec(one.axes), "semi_axes_1sd": vec(one.axes), "semi_axes_2sd": vec(two.axes),
            "eigenvalues": vec(a**2 for a in one.axes), "angle": expr(one.angle),
            "angle_degrees": expr(one.angle * 180 / read_exact("pi")), "major_axis": vec(one.direction),
        }
    return answers


def _batch(given: Mapping[str, Any], batch: Sequence[Any]) -> dict[str, Any]:
    values = read_vector(batch, ANY_NAME, "x")
    epsilon, gamma, beta = _settings(given)
    unbiased = flag(given, "unbiased", "bessel")
    fixed = _running(given)
    updating = "momentum" in given
    used = None if updating else fixed
    result = normalize(values, epsilon, gamma, beta, unbiased=unbiased, statistics=used)
    mean, variance = batch_statistics(values, unbiased)
    out_mean, out_variance = batch_statistics(result.outputs)
    answers: dict[str, Any] = {
        **dict.fromkeys(("batch_mean", "mu", "mean"), expr(mean)),
        **dict.fromkeys(("batch_variance", "batch_var", "variance", "var", "sigma2"), expr(variance)),
        "variance_biased": expr(batch_statistics(values)[1]),
        "x_hat": vec(result.standardized), "y": vec(result.outputs), "output": vec(result.outputs),
        "output_mean": expr(out_mean), "output_variance": expr(out_variance),
        "batch_variance_equals_gamma2": _equal(out_variance, gamma**2),
        "batch_mean_equals_beta": _equal(out_mean, beta),
        "standardised": _equal(out_variance, gamma**2) and _equal(out_mean, beta),
    }
    if len(values) > 1:
        answers["variance_unbiased"] = expr(batch_statistics(values, True)[1])
    if used is None:
        slopes = jacobian(values, epsilon, gamma, unbiased=unbiased)
        answers |= {"jacobian": mat(slopes.tolist()), "dy_dx": mat(slopes.tolist()), "d_y_d_x": mat(slopes.tolist())}
    if updating and fixed is not None:
        answers |= _updated(given, values, Moments(*fixed))
    return answers | _flow(given, values, used)


def _equal(left: Any, right: Any) -> bool:
    return compare(left, right) == 0 if not (left - right).free_symbols else (left - right).expand().is_zero is True


def _running(given: Mapping[str, Any]) -> tuple[Any, Any] | None:
    mean, variance = pick(given, "running_mean"), pick(given, "running_var", "running_variance")
    if (mean is None) != (variance is None):
        raise ModelError("batchnorm: running_mean and running_var come together; give both")
    return None if mean is None else (read_exact(mean, ANY_NAME, "running mean"), read_exact(variance, ANY_NAME))


def _updated(given: Mapping[str, Any], values: Sequence[Any], running: Moments) -> dict[str, Any]:
    """Running averages after the batch; with ``decay`` wording the old value keeps the weight given."""
    momentum = _number(given, "momentum")
    convention = str(pick(given, "momentum_convention", default=prose(given))).lower()
    if any(word in convention for word in ("keras", "decay", "tensorflow")):
        momentum = 1 - momentum
    unbiased, biased = (running_update(running, values, momentum, unbiased=u) for u in (len(values) > 1, False))
    return {"running_mean": expr(unbiased.mean), "new_running_mean": expr(unbiased.mean),
            "running_var": expr(unbiased.variance), "new_running_var": expr(unbiased.variance),
            "running_var_biased": expr(biased.variance)}


def _flow(given: Mapping[str, Any], values: Sequence[Any], used: tuple[Any, Any] | None) -> dict[str, Any]:
    upstream = pick(given, "upstream", "dy", "d_loss_d_y", "g", "grad_output")
    if upstream is None:
        return {}
    epsilon, gamma, _ = _settings(given)
    flow = read_vector(upstream, ANY_NAME, "upstream")
    slopes = backward(values, flow, epsilon, gamma, unbiased=flag(given, "unbiased", "bessel"), statistics=used)
    answers: dict[str, Any] = {}
    for name, form in (("x", vec(slopes.inputs)), ("gamma", expr(slopes.gamma)), ("beta", expr(slopes.beta))):
        answers |= {f"d{name}": form, f"d_{name}": form, f"d_loss_d_{name}": form, f"dL_d{name}": form}
    return answers | {"sum_dx": expr(read_exact(sum(slopes.inputs)).expand())}


def _matrix(given: Mapping[str, Any], batch: Sequence[Any]) -> dict[str, Any]:
    """A batch of samples (rows) by features (columns): batch normalization down, layer normalization across."""
    rows = read_matrix(batch, ANY_NAME, "x")
    epsilon, size = _number(given, "epsilon", "eps"), len(rows[0])
    gamma, beta = _per_feature(given, "gamma", size, 1), _per_feature(given, "beta", size, 0)
    unbiased = flag(given, "unbiased", "bessel")
    columns = [
        normalize(column, epsilon, g, b, unbiased=unbiased)
        for column, g, b in zip(zip(*rows, strict=True), gamma, beta, strict=True)
    ]
    across = [normalize(row, epsilon, unbiased=unbiased) for row in rows]
    batch_y = list(zip(*(c.outputs for c in columns), strict=True))
    layer_y = [[g * h + b for g, h, b in zip(gamma, r.standardized, beta, strict=True)] for r in across]
    kind = str(pick(given, "type", "layer", "norm", default=prose(given))).lower().replace("_", "").replace(" ", "")
    layer = "layernorm" in kind and "batchnorm" not in kind or flag(given, "layer_norm", "layernorm")
    used = across if layer else columns
    return {
        "y": mat(layer_y if layer else batch_y), "y_batchnorm": mat(batch_y), "y_layernorm": mat(layer_y),
        "batchnorm": mat(batch_y), "layernorm": mat(layer_y),
        "mean": vec(u.mean for u in used), "variance": vec(u.variance for u in used),
        "batch_mean": vec(c.mean for c in columns), "batch_variance": vec(c.variance for c in columns),
        "layer_mean": vec(r.mean for r in across), "layer_variance": vec(r.variance for r in across),
    }


FAMILIES.add("batchnorm", answer)
