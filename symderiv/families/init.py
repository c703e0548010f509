"""Questions on vanishing and exploding gradients: initialization, residual blocks, spectra, batch normalization.

``layers`` (or ``widths``, ``fan_in``, ``fan_out``) and ``activation``: for each initialization the factor of
E‖gradient‖² over all layers under its name (xavier, he, xavier_fan_in, lecun, he_fan_out, he_leaky), with _forward,
_backward, _per_layer, _norm; for ``init`` or a weight variance ``var``: forward, backward, factor, variance,
vanishes, explodes; critical_variance, slope_bound; with a ``threshold`` depth.  ``blocks``: growth.
``weight_scale``: output_factor, gradient_factor, invariant.  Jacobians ``J``, ``W``, ``w`` and clipping: see
``init_jacobians``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from symderiv.errors import ModelError
from symderiv.exact import ANY_NAME, read_exact, read_int, read_vector
from symderiv.families import FAMILIES
from symderiv.families.forms import expr, vec, words
from symderiv.families.given import choose, pick, prose
from symderiv.families.init_jacobians import BRANCHES, CLIPS, clipped, repeated, residual
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
from symderiv.models.residual import residual_variance
from symderiv.models.techniques import techniques

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


def _depth(given: Mapping[str, Any]) -> Any:
    """The number of layers: whole, or a symbol; 1 where it is not given."""
    value = pick(given, "layers", "depth", "L", "n_layers", default=1)
    depth = read_exact(value, ANY_NAME, "layers")
    return depth if depth.is_Symbol else read_int(value, "layers", 1, 1000)


def _widths(given: Mapping[str, Any]) -> list[Any]:
    """The widths told, or those of one layer, which is then repeated; one fan is also the other."""
    widths = pick(given, "widths", "sizes")
    if widths is not None:
        return list(read_vector(widths, ANY_NAME, "widths"))
    n = pick(given, "n", "width", default="n")
    n_in, n_out = pick(given, "fan_in", "n_in"), pick(given, "fan_out", "n_out")
    fans = (n if n_in is None and n_out is None else n_out if n_in is None else n_in,
            n if n_in is None and n_out is None else n_in if n_out is None else n_out)  # fmt: skip
    return [read_exact(fan, ANY_NAME, name) for fan, name in zip(fans, ("fan-in", "fan-out"), strict=True)]


def _layers(given: Mapping[str, Any]) -> dict[str, Any]:
    if "activation" not in given and any(name in given for name in BRANCHES):
        return {}
    activation = choose(pick(given, "activation", default=_told_activation(given)), _ACTIVATIONS, "activation")
    slope = read_exact(pick(given, "slope", "negative_slope", "alpha", "a", default="1/100"), ANY_NAME, "slope")
    widths = _widths(given)
    repeat = 1 if pick(given, "widths", "sizes") is not None else _depth(given)
    keep = read_exact(pick(given, "dropout_keep", "keep", default=1), ANY_NAME, "keep probability")
    answers: dict[str, Any] = {}
    made = {name: growth(widths, name, activation, slope=slope) for name in INITIALIZATIONS}
    for name in INITIALIZATIONS:
        answers |= _factors(name, made[name], repeat, keep)
    if made["xavier"].total_backward.is_nonzero is not False:
        ratio = expr((made["he"].total_backward / made["xavier"].total_backward) ** repeat)
        answers |= dict.fromkeys(("ratio", "he_over_xavier", "he_to_xavier"), ratio)
    chosen = pick(given, "init", "initialization", "initialisation", default=_told_init(given))
    variance = _variance(given)
    if chosen is not None or variance is not None:
        name = "he" if chosen is None else choose(chosen, _INITS, "initialization")
        answers |= _chosen(growth(widths, name, activation, slope=slope, variance=variance), repeat, keep, given)
    elif "threshold" in given:
        for name in ("xavier", "he"):
            answers |= _passing(f"{name}_depth", growth(widths, name, activation, slope=slope).backward[0], given)
    critical = expr(critical_variance(activation, widths[0], slope=slope))
    answers |= {
        **dict.fromkeys(("critical_variance", "critical_variance_forward"), critical),
        "critical_variance_backward": expr(critical_variance(activation, widths[1], slope=slope, backward=True)),
    }
    answers = {"variance": critical} | answers
    if activation in MAX_SLOPES:
        largest = read_exact(pick(given, "w", "weight", default=1), ANY_NAME, "weight")
        steepest = abs(largest) * read_exact(MAX_SLOPES[activation])
        bound = expr(steepest ** ((len(widths) - 1) * repeat))
        answers = dict.fromkeys(("slope_bound", "gradient_bound", "bound", "upper_bound"), bound) | answers
    return answers


def _told_init(given: Mapping[str, Any]) -> str | None:
    """The initialization the task names, if it is one."""
    text = str(given.get("task", ""))
    told = {name for name, pattern in (("he", r"\bHe\b|[Kk]aiming"), ("xavier", r"[Xx]avier|[Gg]lorot"))
            if re.search(pattern, text)}  # fmt: skip
    return told.pop() if len(told) == 1 else None


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
        **dict.fromkeys((f"{name}_variance", f"var_{name}"), expr(made.variances[0])),
        **dict.fromkeys((f"{name}_std", f"std_{name}"), expr(sympy.sqrt(made.variances[0]))),
        **dict.fromkeys((f"{name}_uniform_limit", f"{name}_limit"), expr(uniform_limit(made.variances[0]))),
    }


def _chosen(made: Growth, repeat: int, keep: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    import sympy

    extra = read_exact(pick(given, "gain", default=1), ANY_NAME, "gain") ** 2 / keep
    more = extra ** (len(made.backward) * repeat)
    forward, backward = (t**repeat * more for t in (made.total_forward, made.total_backward))
    step, limit = made.backward[0] * extra, expr(uniform_limit(made.variances[0]))
    uniform = "uniform" in f"{pick(given, 'distribution', default='')} {prose(given)}".lower()
    answers: dict[str, Any] = {
        **dict.fromkeys(("forward", "forward_factor", "activation_factor"), expr(forward)),
        **dict.fromkeys(("backward", "backward_factor", "gradient_factor", "factor", "gradient"), expr(backward)),
        "per_layer": expr(step), "variance": expr(made.variances[0]), "std": expr(sympy.sqrt(made.variances[0])),
        "norm_factor": expr(sympy.sqrt(backward)), "uniform_limit": limit,
        **(dict.fromkeys(("a", "limit", "bound"), limit) if uniform else {}),
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


def _blocks(given: Mapping[str, Any]) -> dict[str, Any]:
    if any(name in given for name in BRANCHES):
        return {}
    blocks = pick(given, "blocks", "residual_blocks", "n_blocks")
    branch = pick(given, "branch_variance", "branch", "branch_factor", default=1)
    scale = pick(given, "branch_scale", "residual_scale", "scale", default=1)
    share = read_exact(branch, {"L": read_exact(blocks, ANY_NAME)}, "branch") * read_exact(
        scale, {"L": read_exact(blocks, ANY_NAME)}, "branch scale") ** 2
    total = expr(residual_variance(blocks, share, pick(given, "skip", default=1)))
    names = ("growth", "variance_growth", "forward", "backward", "factor", "variance", "gradient_factor")
    one = residual_variance(1, share, pick(given, "skip", default=1))
    return dict.fromkeys(names, total) | {"per_block": expr(one)}


def _weight_scale(given: Mapping[str, Any]) -> dict[str, Any]:
    scale = read_exact(pick(given, "weight_scale", "w_scale", "c"), ANY_NAME, "weight scale")
    variance = read_exact(pick(given, "pre_variance", "input_variance", default=1), ANY_NAME, "variance")
    effect = weight_scale_effect(scale, variance, read_exact(pick(given, "epsilon", "eps", default=0), ANY_NAME))
    answers: dict[str, Any] = {"output_factor": expr(effect.output_ratio), "invariant": effect.invariant,
                               "scale_invariant": effect.invariant, "output_invariant": effect.invariant}
    if effect.gradient_ratio is not None:
        answers |= dict.fromkeys(("gradient_factor", "gradient_scale"), expr(effect.gradient_ratio))
    return answers


def _techniques(given: Mapping[str, Any]) -> dict[str, Any]:
    """Against what every technique named helps, and which help against each trouble."""
    told = pick(given, *_TOLD)
    effects = {t.key: t.helps for t in techniques()}
    troubles: dict[str, list[str]] = {"vanishing": [], "exploding": []}
    answers: dict[str, Any] = {}
    for name in told if isinstance(told, list) else [told]:
        effect = effects[choose(name, _TECHNIQUES, "technique")]
        found = [trouble for trouble in troubles if getattr(effect, trouble)]
        for trouble in found:
            troubles[trouble].append(str(name))
        answers[str(name)] = words(found)
    if not isinstance(told, list):
        answers |= {"helps": words(found), **{trouble: trouble in found for trouble in troubles}}
        return answers
    return answers | {trouble: words(names) for trouble, names in troubles.items()}


_TOLD: Final = ("tricks", "techniques", "tools", "trick", "technique", "tool")
_TECHNIQUES: Final = {
    **dict.fromkeys(("he", "heinit", "heinitialization", "heinitialisation", "kaiming", "herelativetoxavier",
                     "heinitializationrelativetoxavierinit", "heinsteadofxavier"), "he"),
    **dict.fromkeys(("skip", "skipconnection", "skipconnections", "residual", "residualconnection",
                     "residualconnections", "skipresidualconnections"), "skip"),
    **dict.fromkeys(("batchnorm", "bn", "batchnormalization", "batchnormalisation"), "batchnorm"),
}  # fmt: skip
_PARTS: Final[tuple[tuple[tuple[str, ...], Callable[[Mapping[str, Any]], dict[str, Any]]], ...]] = (
    (("layers", "activation", "widths", "sizes", "fan_in", "n_in", "fan_out", "n_out"), _layers),
    (("blocks", "residual_blocks", "n_blocks"), _blocks),
    (("w", "weight", "spectral_radius", "singular_value", "jacobian_factor", "W", "matrix", "A", "jacobian"), repeated),
    (("weight_scale", "w_scale", "c"), _weight_scale),
    (BRANCHES, residual),
    (CLIPS, clipped),
    (_TOLD, _techniques),
)

FAMILIES.add("init", answer)
