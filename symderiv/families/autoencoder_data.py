"""What a question on linear autoencoders gives: eigenvalues of the data, and which penalties stand where.

Where the data are silent on the kind of penalty, the words of the task say it; a key nobody knows is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symderiv.errors import ModelError, UnknownNameError
from symderiv.exact import ANY_NAME, read_exact, read_int, read_matrix
from symderiv.families.autoencoder_scales import scales
from symderiv.families.given import flag, pick
from symderiv.models import autoencoder as ae

COMMON = ("lambda", "lam", "lambdas", "penalties", "penalty_each")
TIED_PENALTIES = ("penalty_W", "lambda_W")  # on the one matrix of tied weights
FIRST = ("penalty_W1", "lambda1", "lam1", "penalty_encoder", "lambda_W1", "lambda_enc", *TIED_PENALTIES)
SECOND = ("penalty_W2", "lambda2", "lam2", "penalty_decoder", "lambda_W2", "lambda_dec")
PRODUCT = ("penalty_product", "penalty_W2W1", "lambda_product")
NUCLEAR = ("penalty_nuclear", "nuclear_penalty", "lambda_nuclear")
CODE = ("penalty_code", "lambda_code")
DECAY = ("weight_decay", "wd", "decay")
NOISE = ("noise_variance", "tau2", "noise_var", "input_noise_variance", "s2")
KIND = ("penalty", "penalty_type", "penalty_on", "regularizer", "regularization", "kind")
VALUES = ("data_eigenvalue", "data_eigenvalues", "eigenvalues", "eigenvalue", "sigma2", "spectrum")
LAYERS = ("layers", "L", "depth", "num_layers")
SIZES = ("k", "bottleneck", "code_size", "hidden", "rank")
RATES = ("lr", "eta", "learning_rate", "step_size")
TIED = ("tied", "tied_weights")
STATES = ("W1", "W2", "a", "b")
ELSE = {"X", "covariance", "m", "n", "task", "note", "notes", "comment", "sigma"}
READ = {
    *COMMON, *FIRST, *SECOND, *PRODUCT, *NUCLEAR, *CODE, *DECAY, *NOISE, *KIND, *VALUES, *LAYERS, *SIZES, *RATES,
    *TIED, *STATES, *ELSE,
}  # fmt: skip
# a word or a formula in the data, or in the task, for where the penalty stands; the first that fits counts
KINDS = (
    ("nuclear", re.compile(r"nuclear|trace norm|\|\|w2w1\|\|_?\*")),
    ("product", re.compile(r"\|\|w2w1\|\||^w2w1$|product penalty|penalty on the product|^product$")),
    ("code", re.compile(r"\|\|w1x\|\||^code$|(?:penalty|decay|penalised|penalized) on the code|code penalty")),
    *(
        (f"W{i}", re.compile(
            rf"\|\|w{i}\|\|(?:_f)?\^2 (?:only|alone)|no penalty on (?:the )?(?:w{3 - i}|{other})|^w{i}$|^{one}$"
            rf"|only(?: on)?(?: the)? (?:w{i}|{one})|(?:w{i}|{one}) only"
        ))
        for i, one, other in ((1, "encoder", "decoder"), (2, "decoder", "encoder"))
    ),
    ("both", re.compile(r"^both$|^factors$|^l2$|^frobenius$|^each$|^weight_?decay$")),
)  # fmt: skip
BOTH = re.compile(r"\|\|w1\|\|.*\+.*\|\|w2\|\|")
SCALED = re.compile(r"[\d)]\*?lam(?:bda)?\*?\(?\|\||lam(?:bda)?/\d\)?\*?\(?\|\||/\d\)?\*?\(?\|\|w|/\(?2n?\)*\*?\|\|x")
NORMS = {"w1", "w2", "w2w1", "w", "w1x", "x-w2w1x", "x-w2*w1*x", "w2*w1", "w2*w1*x"}
ODD = re.compile(
    r"\|\|1\b|lasso|sparse|relu|tanh|sigmoid|nonlinear|dropout|quarticpenalty|l[14](?:norm|penalty)|[ab](?:\^|\*\*)4"
    r"|\|\|f?(?:\^2|\*\*2)?\*?\|\|w|\|\|f?(?:\^2|\*\*2)?\)(?:\^|\*\*)2|\|\|f?(?:\^|\*\*)[13-9]"
)
ONCE = re.compile(r"\|\|w\|\||\|\|w1\|\||lam(?:bda)?\*?[as](?:\*\*|\^)2")
TWICE = re.compile(r"2\*?lam|\|\|w2\|\||both|each")
SPOKEN = re.compile(r"\blam(?:bda)?\s*=\s*(\d+/\d+|\d*\.\d+|\d+)")
NOTHING = re.compile(r"none|no|off|unregulari[sz]ed|no penalty", re.I)
# a penalty that is a number or a formula in the usual letters, not a word nobody knows
STRENGTH = re.compile(
    r"(?:[\s\d./*()+^-]|sqrt|(?<![a-z])(?:[a-z]|lam|lambda|gamma|alpha|beta|tau|sigma|mu|rho|eta|wd)_?\d*(?![a-z]))+",
    re.I,
)
FREE = re.compile(r"\b(?:no|without)\s+(?:any\s+)?(?:weight\s+)?(?:decay|penalt|regulari)")


@dataclass(frozen=True)
class Penalties:
    """λ1 on W1, λ2 on W2, ρ on the product (with the noise), ν of the nuclear norm, λ of the code; W2 = W1ᵀ or not."""

    encoder: sp.Expr
    decoder: sp.Expr
    ridge: sp.Expr
    nuclear: sp.Expr
    code: sp.Expr
    tied: bool
    said: bool


def check_names(given: Mapping[str, Any]) -> None:
    """UnknownNameError for a key that is not read; ModelError for a task with a norm no mode is solved for."""
    layered = {f"lambda{i}" for i in range(1, 13)} if pick(given, *LAYERS) is not None else set()
    for name in given:
        if name not in READ | layered:
            raise UnknownNameError("setting of an autoencoder question", str(name), READ)
    flat = _flat(given)
    if ODD.search(flat) or not set(re.findall(r"\|\|(.+?)\|\|", flat)) <= NORMS:
        raise ModelError("the task names a norm, a mask or a nonlinear layer that no mode is solved for")
    _scales(given)


def _scales(given: Mapping[str, Any]) -> Mapping[str, sp.Rational]:
    """The numbers before λ in the task, for W1, W2 and W2W1; ModelError where they cannot be read or are said twice."""
    flat = _flat(given)
    # 2λ‖W2W1‖_* beside λ(‖W1‖² + ‖W2‖²) restates it; 2λ with tied weights counts both factors
    if BOTH.search(flat):
        flat = re.sub(r"2\*?lam(?:bda)?\*?\|\|w2w1\|\|", "", flat)
    if is_tied(given):
        flat = re.sub(r"2\*?(?=lam)", "", flat)
    if not SCALED.search(flat):
        return {}
    found = scales(flat)
    if found is None or is_tied(given) or pick(given, *FIRST, *SECOND, *PRODUCT, *NUCLEAR, *LAYERS) is not None:
        raise ModelError(
            "the task scales one of its norms by a number; give the whole penalty, for (1/n)‖X - W2 W1 X‖²"
        )
    return found


def is_tied(given: Mapping[str, Any]) -> bool:
    """Whether W2 = W1ᵀ, by the data or by the task."""
    return flag(given, *TIED) or re.search(r"\btied|w2=w1\^?(?:t\b|\\top|'|ᵀ|\{t)", _flat(given)) is not None


def number(value: object, what: str) -> sp.Expr:
    """An exact number or a formula whose names are positive quantities; ``lambda`` is read as ``lam``."""
    if isinstance(value, str):
        value = re.sub(r"\blambda\b", "lam", value)
    read = read_exact(value, ANY_NAME, what)
    return read.xreplace({s: sp.Symbol(s.name, positive=True) for s in read.free_symbols})


def read_eigenvalues(given: Mapping[str, Any]) -> list[sp.Expr]:
    """The eigenvalues of XXᵀ/n, from data, from a covariance or as they stand; σ² is free where nothing is said."""
    if "X" in given or "covariance" in given:
        return list(ae.spectrum(read_covariance(given)))
    value = pick(given, *VALUES)
    if value is None and "sigma" in given:
        sigma = given["sigma"]
        roots = [number(v, "sigma") for v in (sigma if isinstance(sigma, list) else [sigma])]
        return [root**2 for root in roots]
    value = "sigma2" if value is None else value
    values = value if isinstance(value, list) else [value]
    if not values:
        raise ModelError("the list of eigenvalues is empty; give at least one")
    return [ae.eigenvalue(number(v, "data_eigenvalue")) for v in values]


def read_covariance(given: Mapping[str, Any]) -> sp.Matrix:
    """XXᵀ/n, from X (m, n) with a point in each column (a list is one point) or as ``covariance``."""
    if "X" in given:
        x = given["X"]
        nested = not isinstance(x, list) or not x or isinstance(x[0], list)
        data = sp.Matrix(read_matrix(x if nested else [[v] for v in x], ANY_NAME, "X"))
        return data * data.T / sp.Integer(data.cols)
    matrix = sp.Matrix(read_matrix(given["covariance"], ANY_NAME, "covariance"))
    if matrix != matrix.T:
        raise ModelError("the covariance must be symmetric")
    return matrix


def read_penalties(given: Mapping[str, Any]) -> Penalties:
    """Which penalties stand where; ModelError where the task and the data leave it open for tied weights."""
    named = {"encoder": FIRST, "decoder": SECOND, "ridge": PRODUCT, "nuclear": NUCLEAR, "code": CODE}
    values = {
        name: number(pick(given, *keys), keys[0]) for name, keys in named.items() if pick(given, *keys) is not None
    }
    word, common = pick(given, *KIND), pick(given, *COMMON)
    if pick(given, *TIED_PENALTIES) is not None and not is_tied(given):
        raise ModelError("penalty_W belongs to tied weights, W2 = W1ᵀ; give penalty_W1 and penalty_W2, or tied")
    if word is not None and NOTHING.fullmatch(str(word)):
        word, common = None, 0 if common is None else common
    kind = _kind(given, word)
    if kind is None and word is not None and common is None and not STRENGTH.fullmatch(str(word)):
        raise UnknownNameError("kind of penalty", str(word), [name for name, _ in KINDS])
    if kind is None and word is not None and common is None:
        common, word = word, None
    if kind is None and word is not None:
        raise UnknownNameError("kind of penalty", str(word), [name for name, _ in KINDS])
    if isinstance(common, list):
        raise ModelError("a list of penalties belongs to a list of layers; give layers, or lambda1 and lambda2")
    if (decay := pick(given, *DECAY)) is not None and common is None:
        common = number(decay, "weight_decay") * number(given.get("m", 1), "m") / 2
    noise = pick(given, *NOISE)
    said = bool(values) or common is not None or kind is not None
    if common is None and not values and (spoken := set(SPOKEN.findall(_words(given)))):
        if len(spoken) > 1:
            raise ModelError(f"the task names several values of lambda ({', '.join(sorted(spoken))}); give lambda")
        common = spoken.pop()
    if not said and common is None:
        silent = noise is not None and not re.search(r"lam|penal|decay|regulari", _words(given))
        common = 0 if silent or FREE.search(_words(given)) else "lam"
    if kind == "code" and not values and not re.search(r"\|\|w2\|\|", _flat(given)):
        raise ModelError("a penalty on the code: say whether W2 is penalised too (penalty_code, penalty_W2)")
    zero = sp.S.Zero
    if common is not None:
        strength = number(common, "lambda")
        places = {"nuclear": ("nuclear",), "product": ("ridge",), "code": ("code", "decoder"), "W1": ("encoder",),
                  "W2": ("decoder",)}.get(kind or "both", ("encoder", "decoder"))  # fmt: skip
        factors, names = _scales(given), {"encoder": "w1", "decoder": "w2", "ridge": "w2w1", "nuclear": "w2w1"}
        values = {place: strength * factors.get(names.get(place, ""), 1) for place in places} | values
    elif kind is not None and not values:
        return read_penalties({**given, "lam": "lam"})
    tied = is_tied(given)
    if tied and {"encoder", "decoder"} <= set(values) and pick(given, *FIRST, *SECOND) is None:
        values["decoder"] = zero if _counted_once(given) else values["decoder"]
    ridge = values.get("ridge", zero) + (zero if noise is None else number(noise, "noise_variance"))
    return Penalties(
        values.get("encoder", zero), values.get("decoder", zero), ridge, values.get("nuclear", zero),
        values.get("code", zero), tied, said or noise is not None or bool(_words(given).strip()),
    )  # fmt: skip


def read_k(given: Mapping[str, Any], count: int) -> int:
    """The size of the code; as many as there are eigenvalues where it is not said."""
    value = pick(given, *SIZES)
    k = count if value is None else read_int(value, "k", least=1)
    # one eigenvalue stands for any of the modes, whatever their number
    return min(k, count) if count == 1 else k


def _kind(given: Mapping[str, Any], word: object) -> str | None:
    said = str(word).lower().replace("*w", "w").replace(" w1", "w1") if word is not None else ""
    for name, pattern in KINDS:
        if word is not None and pattern.search(said):
            return name
    if word is not None:
        return None
    if BOTH.search(_flat(given)):
        return "both"
    return next((name for name, pattern in KINDS[:-1] if pattern.search(_joined(given))), None)


def _counted_once(given: Mapping[str, Any]) -> bool:
    flat = _flat(given)
    twice = TWICE.search(flat) is not None
    once = ONCE.search(flat) is not None and not twice
    if once == twice:
        raise ModelError("tied weights: say whether the penalty stands on W once (penalty_W1) or on both factors")
    return once


def _words(given: Mapping[str, Any]) -> str:
    return str(given.get("task", "")).lower()


def _flat(given: Mapping[str, Any]) -> str:
    """The task without blanks and without the signs of the Frobenius norm."""
    words = _words(given).replace("‖", "||")
    return re.sub(r"(?<=\|\|)_?\{?(?:f\}?(?=\W|$)|2\}?(?=\^))|[\s_]", "", words)


def _joined(given: Mapping[str, Any]) -> str:
    """The task with its formulas' blanks taken out: "||W2 W1||" is one word."""
    return re.sub(r"(?<=w[12])\s*\*?\s*(?=(?:w[12]|x\b))", "", _words(given).replace("w_", "w").replace("‖", "||"))
