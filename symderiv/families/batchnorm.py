"""Questions on normalization layers.

A distribution (mean, variance; or a named one): mean variance sd, also after an input scale and shift, the gamma and
beta that undo the layer; with ``weight_scale`` output_ratio gradient_ratio invariant.  A joint distribution
(covariance, or lists of means and variances): mean covariance correlation sds eigenvalues, in the plane semi_axes_1sd
semi_axes_2sd angle.  Running statistics without a batch: the affine map scale shift, folded into a layer ``w`` ``b``.
A number of ``channels``: params.  Batches: see ``batchnorm_batches``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from symderiv.errors import ModelError
from symderiv.exact import ANY_NAME, read_exact, read_int, read_matrix, read_vector, sign
from symderiv.families import FAMILIES
from symderiv.families.batchnorm_batches import batch_answers, matrix_answers, number, per_feature, running, settings
from symderiv.families.forms import expr, mat, vec
from symderiv.families.given import choose, need, pick
from symderiv.models.contours import ellipse
from symderiv.models.normalization import normalize, normalized_covariance, output_moments, weight_scale_effect

COVARIANCES: Final = ("covariance", "cov", "Sigma", "covariance_matrix", "cov_matrix")
VARIANCES: Final = ("variance", "var", "sigma2", "variances")
DEVIATIONS: Final = ("sd", "std", "sigma", "sds", "stds")
# mean and variance of a named law from its parameters, each under its usual names
LAWS: Final[dict[str, tuple[tuple[tuple[str, ...], ...], Callable[..., tuple[Any, Any]]]]] = {
    "uniform": ((("low", "min", "lower"), ("high", "max", "upper")), lambda a, b: ((a + b) / 2, (b - a) ** 2 / 12)),
    "bernoulli": ((("p", "prob", "probability"),), lambda p: (p, p * (1 - p))),
    "exponential": ((("rate", "lambda"),), lambda r: (1 / r, 1 / r**2)),
    "poisson": ((("rate", "lambda"),), lambda r: (r, r)),
}
GAUSSIAN: Final = {word: "gaussian" for word in ("gaussian", "normal")}


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Every usual answer about a batch or layer normalization."""
    batch = pick(given, "x", "X", "batch", "batches", "inputs", "values")
    if pick(given, *COVARIANCES) is not None or any(isinstance(pick(given, *n), list) for n in (VARIANCES, DEVIATIONS)):
        return _joint(given)
    if isinstance(batch, list) and batch and isinstance(batch[0], list) and "batches" not in given:
        return matrix_answers(given, batch)
    if isinstance(batch, list) or (batch is not None and "running_mean" in given) or "momentum" in given:
        return batch_answers(given, batch if isinstance(batch, list) or batch is None else [batch])
    if "running_mean" in given:
        return _affine(given)
    channels = pick(given, "channels", "features", "num_features", "n_features")
    return _distribution(given) if channels is None else _parameters(read_int(channels, "channels", 1))


def _parameters(channels: int) -> dict[str, Any]:
    """gamma and beta are learned, the running mean and variance are kept."""
    learned = dict.fromkeys(("params", "parameters", "trainable", "learnable", "learned"), 2 * channels)
    return learned | dict.fromkeys(("buffers", "non_trainable", "running", "statistics"), 2 * channels)


def _moments(given: Mapping[str, Any]) -> tuple[Any, Any, str]:
    """Mean, variance and law of the input."""
    law = choose(pick(given, "distribution", "dist", "law", default="gaussian"), GAUSSIAN | {n: n for n in LAWS}, "law")
    if law in LAWS:
        names, moments = LAWS[law]
        ends = pick(given, "range", "interval", "support")
        data = dict(zip((n[0] for n in names), ends, strict=False)) if isinstance(ends, list) else given
        mean, variance = moments(*(read_exact(need(data, *n), ANY_NAME, n[0]) for n in names))
        return mean, variance, law
    told_variance = pick(given, *VARIANCES)
    if told_variance is not None:
        return number(given, "mean", "mu"), read_exact(told_variance, ANY_NAME, "variance"), law
    deviation = read_exact(need(given, *DEVIATIONS), ANY_NAME, "standard deviation")
    if deviation.is_negative:
        raise ModelError(f"normalization: the standard deviation {deviation} is negative; it must be at least 0")
    return number(given, "mean", "mu"), deviation**2, law


def _affine(given: Mapping[str, Any]) -> dict[str, Any]:
    """Inference is y = scale·x + shift, which folds into a layer w·x + b before it."""
    epsilon, gamma, beta = settings(given)
    mean, variance = running(given) or (0, 1)
    folded = normalize([read_exact(0), read_exact(1)], epsilon, gamma, beta, statistics=(mean, variance))
    shift, scale = folded.outputs[0], (folded.outputs[1] - folded.outputs[0]).expand()
    answers: dict[str, Any] = {
        **dict.fromkeys(("scale", "slope", "a"), expr(scale)), **dict.fromkeys(("shift", "intercept"), expr(shift)),
    }
    weight = pick(given, "w", "weight", "W", "weights")
    if weight is None:
        return answers | {"b": expr(shift), "c": expr(shift)}
    bias = (scale * number(given, "b", "bias") + shift).expand()
    made = (vec((scale * v).expand() for v in read_vector(weight, ANY_NAME, "w")) if isinstance(weight, list)
            else expr((scale * read_exact(weight, ANY_NAME, "w")).expand()))
    return answers | dict.fromkeys(
        ("w", "W", "weight", "w_fused", "w_folded", "w_new", "w_eff"), made
    ) | dict.fromkeys(("b", "bias", "b_fused", "b_folded", "b_new", "b_eff"), expr(bias))


def _distribution(given: Mapping[str, Any]) -> dict[str, Any]:
    import sympy

    epsilon, gamma, beta = settings(given)
    own_mean, spread, law = _moments(given)
    weight = pick(given, "weight_scale", "w_scale", "c")
    scale = number(given, "input_scale", "scale", "a", default=1)
    shift = number(given, "input_shift", "shift", "b")
    mean = own_mean * scale + shift
    out = output_moments(mean, spread * scale**2, epsilon, gamma, beta)
    answers: dict[str, Any] = {
        "mean": expr(out.mean), "variance": expr(out.variance), "var": expr(out.variance), "sd": expr(out.sd),
        "std": expr(out.sd), "output_mean": expr(out.mean), "output_variance": expr(out.variance),
        "output_sd": expr(out.sd), "input_mean": expr(mean), "input_variance": expr(spread * scale**2),
        "sd_equals_gamma": (out.sd - abs(gamma)).is_zero is True, "gaussian": law == "gaussian",
    }
    undo = (("gamma", sympy.sqrt(spread * scale**2 + epsilon)), ("beta", mean))
    for name, value in undo:
        answers |= dict.fromkeys((f"{name}_identity", f"identity_{name}"), expr(value))
        answers |= {name: expr(value)} if name not in given else {}
    if law == "uniform" and gamma.is_nonzero:
        ends = [(gamma * s * sympy.sqrt(3 * out.variance / gamma**2) + beta).expand() for s in (-1, 1)]
        ends = ends if sign(gamma) > 0 else ends[::-1]
        answers |= {"low": expr(ends[0]), "high": expr(ends[1]), "range": vec(ends), "support": vec(ends)}
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
        if m.is_number:
            answers["expected_batch_variance"] = expr(spread * scale**2 * (m - 1) / m)
    return answers


def _covariance(given: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    """The covariance matrix, told or made of variances (or deviations) and a correlation."""
    import sympy

    told = pick(given, *COVARIANCES)
    variances = pick(given, *VARIANCES)
    if told is None and isinstance(variances, list) and any(isinstance(row, list) for row in variances):
        told = variances
    if told is not None:
        return read_matrix(told, ANY_NAME, "covariance")
    if variances is not None:
        spreads = [sympy.sqrt(v) for v in read_vector(variances, ANY_NAME, "variance")]
    else:
        spreads = list(read_vector(pick(given, *DEVIATIONS), ANY_NAME, "standard deviation"))
    rho = number(given, "rho", "correlation", "corr")
    if not rho.is_zero and len(spreads) != 2:
        raise ModelError(f"batchnorm: one correlation for {len(spreads)} features; give the 'covariance' matrix")
    return [[a * b * (1 if i == j else rho) for j, b in enumerate(spreads)] for i, a in enumerate(spreads)]


def _joint(given: Mapping[str, Any]) -> dict[str, Any]:
    import sympy

    sigma = _covariance(given)
    size = len(sigma)
    gamma, beta = per_feature(given, "gamma", size, 1), per_feature(given, "beta", size, 0)
    out = normalized_covariance(sigma, number(given, "epsilon", "eps"), gamma, beta)
    cov = out.covariance
    before = pick(given, "mean", "mu")  # normalization removes it
    variances = [cov[i, i] for i in range(size)]
    answers: dict[str, Any] = {
        "mean": vec(out.mean), "covariance": mat(cov.tolist()), "output_covariance": mat(cov.tolist()),
        "variances": vec(variances), "variance": vec(variances), "sd": vec(map(sympy.sqrt, variances)),
        "sds": vec(map(sympy.sqrt, variances)), "whitened": bool(cov == cov.eye(size)),
        "decorrelated": bool(cov.is_diagonal()), "axis_aligned": bool(cov.is_diagonal()),
    }
    if before is not None:
        answers["input_mean"] = vec(per_feature({"mean": before}, "mean", size, 0))
    if not any(sigma[i][i].is_zero for i in range(size)):
        plain = normalized_covariance(sigma).covariance
        answers |= {
            "correlation_matrix": mat(plain.tolist()), "rho": expr(plain[0, 1]) if size > 1 else expr(1),
            "correlation": expr(plain[0, 1]) if size == 2 else mat(plain.tolist()),
        }
    if size == 2 and not cov.free_symbols:
        one, two = (ellipse(out.mean, cov.tolist(), k) for k in (1, 2))
        answers |= {
            "semi_axes": vec(one.axes), "semi_axes_1sd": vec(one.axes), "semi_axes_2sd": vec(two.axes),
            "eigenvalues": vec(a**2 for a in one.axes), "angle": expr(one.angle),
            "angle_degrees": expr(one.angle * 180 / read_exact("pi")), "major_axis": vec(one.direction),
        }
    return answers


FAMILIES.add("batchnorm", answer)
