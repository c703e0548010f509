"""Questions on vanishing and exploding gradients: initialization, residual blocks, spectra, batch normalization.

``layers`` (or ``widths``, ``fan_in``, ``fan_out``) and ``activation``: for each initialization the factor of
E‖gradient‖² over all layers under its name (xavier, he, xavier_fan_in, lecun, he_fan_out, he_leaky), with _forward,
_backward, _per_layer, _norm; for ``init`` or a weight variance ``var``: forward, backward, factor, variance,
vanishes, explodes; critical_variance, slope_bound; with a ``threshold`` depth.  ``J``: gradient,
skip_guarantees_gradient.  ``W`` or ``w``: spectral_radius, spectral_norm, product, vanishes, explodes.  ``blocks``:
growth.  ``weight_scale``: output_factor, gradient_factor, invariant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from symderiv.errors import ModelError
from symderiv.exact import ANY_NAME, read_exact, read_int, read_matrix, read_vector
from symderiv.families import FAMILIES
from symderiv.families.forms import expr, mat, vec
from symderiv.families.given import choose, pick, prose
from symderiv.models.initialization import (
    INITIALIZATIONS,
    MAX_SLOPES,
    Growth,
    critical_variance,
    first_depth_below,
    growth,
    uniform_limit,
)
from symderiv.models.normalization import weight_scale_effect
from symderiv.models.residual import residual_jacobian, residual_variance, spectrum

_ACTIVATIONS: Final = {
    **{word: "linear" for word in ("linear", "identity", "none")}, "relu": "relu", "abs": "abs",
    **{word: "tanh" for word in ("tanh", "tanhnear0", "tanhnearzero", "tanhsmall", "tanhlinearized", "tanhlinearised")},
    **{word: "leaky_relu" for word in ("leakyrelu", "lrelu", "prelu", "leaky")}, "sigmoid": "sigmoid",
    "logistic": "sigmoid", "sigmoidnear0": "sigmoid", "softsign": "softsign", "gelu": "gelu", "silu": "silu",
}
_INITS: Final = {
    **{name.replace("_", ""): name for name in INITIALIZATIONS}, "glorot": "xavier", "xavierinit": "xavier",
    "kaiming": "he", "hefanin": "he", "kaimingfanout": "he_fan_out", "kaimingfanin": "he", "heinit": "he",
}


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Every usual answer about how signals and gradients grow with depth."""
    answers: dict[str, Any] = {}
    for names, part in _PARTS:
        if any(name in given for name in names):
            answers |= part(given)
    if not answers:
        raise ModelError(f"init: none of layers, widths, fan_in, J, W, w, blocks is given; given are {sorted(given)}")
    return answers


def _depth(given: Mapping[str, Any]) -> int | None:
    value = pick(given, "layers", "depth", "L", "n_layers")
    return None if value is None else read_int(value, "layers", 1, 1000)


def _widths(given: Mapping[str, Any]) -> list[Any]:
    widths = pick(given, "widths", "sizes")
    if widths is not None:
        return list(read_vector(widths, ANY_NAME, "widths"))
    n = read_exact(pick(given, "n", "width", default="n"), ANY_NAME, "width")
    n_in = read_exact(pick(given, "fan_in", "n_in", default=n), ANY_NAME, "fan-in")
    n_out = read_exact(pick(given, "fan_out", "n_out", default=n), ANY_NAME, "fan-out")
    if n_in == n_out:
        return [n_in] * ((_depth(given) or 1) + 1)
    return [n_in, n_out]


def _layers(given: Mapping[str, Any]) -> dict[str, Any]:
    if "activation" not in given and "J" in given:
        return {}
    activation = choose(pick(given, "activation", default=_told_activation(given)), _ACTIVATIONS, "activation")
    slope = read_exact(pick(given, "slope", "negative_slope", "alpha", "a", default="1/100"), ANY_NAME, "slope")
    widths, repeat = _widths(given), 1
    if len(widths) == 2 and "widths" not in given and "sizes" not in given:
        repeat = _depth(given) or 1
    keep = read_exact(pick(given, "dropout_keep", "keep", default=1), ANY_NAME, "keep probability")
    answers: dict[str, Any] = {}
    for name in INITIALIZATIONS:
        answers |= _factors(f"{name}", growth(widths, name, activation, slope=slope), repeat, keep)
    chosen = pick(given, "init", "initialization", "initialisation")
    variance = _variance(given)
    if chosen is not None or variance is not None:
        name = "he" if chosen is None else choose(chosen, _INITS, "initialization")
        made = growth(widths, name, activation, slope=slope, variance=variance)
        answers |= _chosen(made, repeat, keep, given)
    elif "threshold" in given:
        for name in ("xavier", "he"):
            answers |= _passing(f"{name}_depth", growth(widths, name, activation, slope=slope).backward[0], given)
    fan_in, fan_out = widths[0], widths[1]
    return answers | {
        "critical_variance": expr(critical_variance(activation, fan_in, slope=slope)),
        "critical_variance_backward": expr(critical_variance(activation, fan_out, slope=slope, backward=True)),
        **({"slope_bound": expr(read_exact(MAX_SLOPES[activation]) ** ((len(widths) - 1) * repeat))}
           if activation in MAX_SLOPES else {}),
    }


def _told_activation(given: Mapping[str, Any]) -> str:
    """The activation the prose names, where the data leave it out; else linear."""
    found = re.search(r"leaky|relu|tanh|sigmoid|linear", prose(given))
    return found[0] if found else "linear"


def _variance(given: Mapping[str, Any]) -> Callable[[Any, Any], Any] | None:
    """The weight variance as a function of the fans: a text in n, n_in, n_out, a deviation, or a uniform limit."""
    text = pick(given, "var", "variance", "weight_variance", "weight_var")
    deviation = pick(given, "std", "sd", "sigma", "weight_std")
    limit = pick(given, "uniform_limit", "uniform_a", "limit")

    def read(value: Any, n_in: Any, n_out: Any) -> Any:
        names = {"n": n_in, "n_in": n_in, "n_out": n_out, "fan_in": n_in, "fan_out": n_out}
        free = {w for w in str(value).replace("*", " ").replace("/", " ").split() if w.isidentifier()} - set(names)
        return read_exact(value, {**names, **{f: read_exact(f, ANY_NAME) for f in free - {"sqrt"}}}, "weight variance")

    if text is not None:
        return lambda n_in, n_out: read(text, n_in, n_out)
    if deviation is not None:
        return lambda n_in, n_out: read(deviation, n_in, n_out) ** 2
    return None if limit is None else lambda n_in, n_out: read(limit, n_in, n_out) ** 2 / 3


def _factors(name: str, made: Growth, repeat: int, keep: Any) -> dict[str, Any]:
    import sympy

    drop = (1 / keep) ** (len(made.backward) * repeat)
    forward, backward = (t**repeat * drop for t in (made.total_forward, made.total_backward))
    return {
        name: expr(backward), f"{name}_forward": expr(forward), f"{name}_backward": expr(backward),
        f"{name}_per_layer": expr(made.backward[0] / keep), f"{name}_norm": expr(sympy.sqrt(backward)),
        f"{name}_variance": expr(made.variances[0]), f"var_{name}": expr(made.variances[0]),
    }


def _chosen(made: Growth, repeat: int, keep: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    import sympy

    extra = read_exact(pick(given, "gain", default=1), ANY_NAME, "gain") ** 2 / keep
    more = extra ** (len(made.backward) * repeat)
    forward, backward = (t**repeat * more for t in (made.total_forward, made.total_backward))
    step = made.backward[0] * extra
    answers: dict[str, Any] = {
        **dict.fromkeys(("forward", "forward_factor", "activation_factor"), expr(forward)),
        **dict.fromkeys(("backward", "backward_factor", "gradient_factor", "factor", "gradient"), expr(backward)),
        "per_layer": expr(step), "variance": expr(made.variances[0]), "std": expr(sympy.sqrt(made.variances[0])),
        "norm_factor": expr(sympy.sqrt(backward)), "uniform_limit": expr(uniform_limit(made.variances[0])),
        "forward_per_layer": vec(made.forward), "backward_per_layer": vec(made.backward),
    }
    if not backward.free_symbols:
        answers |= {"vanishes": bool(backward < 1), "explodes": bool(backward > 1), "preserved": bool(backward == 1)}
    return answers | (_passing("depth", step, given) if "threshold" in given else {})


def _passing(name: str, factor: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    threshold = read_exact(given["threshold"], (), "threshold")
    if factor.free_symbols or factor == 1 or (factor < 1) != (threshold < 1):
        return {}
    depth = first_depth_below(factor, threshold)
    return {name: depth, name.replace("depth", "layers_to_threshold"): depth}


def _residual(given: Mapping[str, Any]) -> dict[str, Any]:
    import sympy

    blocks = _depth(given) or 1
    if isinstance(given["J"], list):
        result = residual_jacobian(given["J"], blocks)
        upstream = pick(given, "upstream", "g")
        flow = {} if upstream is None else {"d_input": vec(result.total.T * sympy.Matrix(read_vector(upstream)))}
        return flow | {
            "gradient": mat(result.total.tolist()), "block_jacobian": mat(result.one.tolist()),
            "skip_guarantees_gradient": result.keeps_every_gradient, "determinant": expr(result.one.det()),
            "plain_gradient": mat((sympy.Matrix(read_matrix(given["J"], ANY_NAME, "J")) ** blocks).tolist()),
        }
    unit = sympy.Symbol("I")
    branch = read_exact(given["J"], ANY_NAME, "J")
    scalar = sympy.expand(branch).coeff(unit, 1) if branch.has(unit) else branch
    total = sympy.expand((1 + scalar) ** blocks) if (1 + scalar).free_symbols else (1 + scalar) ** blocks
    return {
        "gradient": expr(total), "plain_gradient": expr(scalar**blocks), "block_jacobian": expr(1 + scalar),
        "skip_guarantees_gradient": bool((1 + scalar).is_nonzero), "without_skip": expr(scalar**blocks),
    }


def _blocks(given: Mapping[str, Any]) -> dict[str, Any]:
    blocks = pick(given, "blocks", "residual_blocks", "n_blocks")
    branch = pick(given, "branch_variance", "branch", "branch_factor", default=1)
    scale = pick(given, "branch_scale", "residual_scale", "scale", default=1)
    share = read_exact(branch, {"L": read_exact(blocks, ANY_NAME)}, "branch") * read_exact(
        scale, {"L": read_exact(blocks, ANY_NAME)}, "branch scale") ** 2
    total = expr(residual_variance(blocks, share, pick(given, "skip", default=1)))
    names = ("growth", "variance_growth", "forward", "backward", "factor", "variance", "gradient_factor")
    one = residual_variance(1, share, pick(given, "skip", default=1))
    return dict.fromkeys(names, total) | {"per_block": expr(one)}


def _repeated(given: Mapping[str, Any]) -> dict[str, Any]:
    import sympy

    steps = read_int(pick(given, "steps", "layers", "T", "depth", "L", default=1), "steps", 1, 1000)
    scalar = pick(given, "w", "spectral_radius", "singular_value", "jacobian_factor")
    if scalar is not None:
        w = read_exact(scalar, ANY_NAME, "factor")
        return {"gradient": expr(w**steps), "product": expr(w**steps), "factor": expr(w**steps),
                **({} if w.free_symbols else {"vanishes": bool(abs(w) < 1), "explodes": bool(abs(w) > 1)})}
    rows = pick(given, "W", "matrix", "A", "jacobian")
    found = spectrum(rows)
    power = sympy.Matrix(read_matrix(rows, what="W")) ** steps
    return {
        "spectral_radius": expr(found.radius), "spectral_norm": expr(found.norm), "eigenvalues": vec(found.eigenvalues),
        "singular_values": vec(found.singular_values), "vanishes": found.vanishes, "explodes": found.explodes,
        "orthogonal": found.orthogonal, "preserves_norm": found.orthogonal, "product": mat(power.tolist()),
        "gradient": mat(power.T.tolist()), "norm_bound": expr(found.norm**steps),
    }


def _weight_scale(given: Mapping[str, Any]) -> dict[str, Any]:
    scale = read_exact(pick(given, "weight_scale", "w_scale", "c"), ANY_NAME, "weight scale")
    variance = read_exact(pick(given, "pre_variance", "input_variance", default=1), ANY_NAME, "variance")
    effect = weight_scale_effect(scale, variance, read_exact(pick(given, "epsilon", "eps", default=0), ANY_NAME))
    answers: dict[str, Any] = {"output_factor": expr(effect.output_ratio), "invariant": effect.invariant,
                               "scale_invariant": effect.invariant, "output_invariant": effect.invariant}
    if effect.gradient_ratio is not None:
        answers |= dict.fromkeys(("gradient_factor", "gradient_scale"), expr(effect.gradient_ratio))
    return answers


_PARTS: Final[tuple[tuple[tuple[str, ...], Callable[[Mapping[str, Any]], dict[str, Any]]], ...]] = (
    (("layers", "activation", "widths", "sizes", "fan_in", "n_in"), _layers),
    (("blocks", "residual_blocks", "n_blocks"), _blocks),
    (("w", "spectral_radius", "singular_value", "jacobian_factor", "W", "matrix", "A", "jacobian"), _repeated),
    (("weight_scale", "w_scale", "c"), _weight_scale),
    (("J",), _residual),
)

FAMILIES.add("init", answer)
