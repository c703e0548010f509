"""The random mask of a dropout question, from its table ``mask_model`` or from its sentence ``noise``.

The table wins where both speak, except on sharing: ``R_ij = r_i`` says it without the doubt that "row" leaves.
Every word is looked up; one that is not known is refused, since a setting left out would change the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy as sp

from symderiv.errors import ModelError, UnknownNameError
from symderiv.exact import ANY_NAME, read_exact, read_int, read_matrix, read_vector
from symderiv.families.given import choose
from symderiv.models import dropout

Reader = Callable[[int, int], sp.Expr]

KEYS = {
    "dist": "dist", "distribution": "dist", "law": "dist", "family": "dist", "type": "dist",
    "keep": "keep", "p": "keep", "keep_prob": "keep", "keep_probability": "keep", "keep_per_feature": "keep",
    "keep_probs": "keep", "keeps": "keep", "prob": "keep", "p_keep": "keep",
    "drop": "drop", "drop_prob": "drop", "drop_probability": "drop", "drop_rate": "drop", "p_drop": "drop",
    "mean": "mean", "mu": "mean", "loc": "mean", "var": "var", "variance": "var", "sigma2": "var", "s2": "var",
    "std": "std", "sd": "std", "sigma": "std", "s": "std", "stddev": "std", "low": "low", "a": "low", "min": "low",
    "lower": "low", "lo": "low", "high": "high", "b": "high", "max": "high", "upper": "high", "hi": "high",
    "interval": "interval", "range": "interval", "support": "interval", "rate": "rate", "lam": "rate", "lambda": "rate",
    "scale": "scale", "keep_per_row": "keep_rows", "row_keep": "keep_rows",
    "values": "values", "probs": "probs", "probabilities": "probs", "shared": "shared", "sharing": "shared",
    "share": "shared", "rescale": "rescale", "scaling": "rescale", "inverted": "inverted", "additive": "additive",
    "mode": "mode", "kind": "mode", "target": "target", "on": "target", "applied_to": "target", "apply_to": "target",
    "correlation": "correlation", "rho": "correlation", "kept": "kept", "k": "kept", "groups": "shared",
}  # fmt: skip
LAW_WORDS = {
    "bernoulli": "bernoulli", "binary": "bernoulli", "dropout": "bernoulli", "normal": "normal", "gaussian": "normal",
    "n": "normal", "uniform": "uniform", "u": "uniform", "rademacher": "rademacher", "sign": "rademacher",
    "signs": "rademacher", "poisson": "poisson", "exponential": "exponential", "laplace": "laplace",
    "twopoint": "discrete", "ternary": "discrete",
    "discrete": "discrete", "finite": "discrete", "categorical": "discrete", "exactlyk": "subset",
    "subset": "subset", "fixedsize": "subset", "fixedcount": "subset", "withoutreplacement": "subset",
    "moments": "moments", "any": "moments", "": "normal", "noise": "normal",
}  # fmt: skip
SHARES = {
    "none": "none", "no": "none", "false": "none", "iid": "none", "entry": "none", "elementwise": "none",
    "independent": "none", "entries": "none", "row": "row", "rows": "row", "perrow": "row", "sample": "row",
    "persample": "row", "example": "row", "perexample": "row", "alongrow": "row", "alongrows": "row", "i": "row",
    "column": "column", "columns": "column", "col": "column", "cols": "column", "percolumn": "column",
    "feature": "column", "features": "column", "perfeature": "column", "alongcolumns": "column",
    "percol": "column", "j": "column", "weight": "column", "weights": "column",
    "all": "all", "block": "all", "everything": "all", "true": "all", "global": "all", "single": "all",
}  # fmt: skip
# what the mask multiplies; a mask on the weights is one on the columns, one on the predictions one on the rows
TARGETS = {
    "features": "features", "inputs": "features", "x": "features", "input": "features", "data": "features",
    "weights": "weights", "w": "weights", "outputs": "predictions", "output": "predictions",
    "predictions": "predictions", "prediction": "predictions", "xw": "predictions", "y": "targets",
    "targets": "targets", "target": "targets", "labels": "targets", "label": "targets", "residual": "residuals",
    "residuals": "residuals", "yxw": "residuals",
}  # fmt: skip
MODES = {"multiplicative": False, "multiply": False, "additive": True, "add": True}
# the settings a law takes; another beside it is refused, since it would be left out
TAKES = {
    "bernoulli": {"keep", "drop"}, "normal": {"mean", "var", "std"}, "moments": {"mean", "var", "std"},
    "uniform": {"low", "high"}, "rademacher": {"mean", "scale"}, "poisson": {"rate"}, "exponential": {"rate", "mean"},
    "laplace": {"mean", "scale"}, "discrete": {"values", "probs"}, "subset": {"kept"},
}  # fmt: skip
ONE_OF = ({"keep", "drop"}, {"var", "std"})
ANYWHERE = {"shared", "rescale", "correlation"}
ADDED = re.compile(r"additive|\bx(?:_?\{?ij\}?)?\s*\+\s*[a-z]", re.IGNORECASE)
# of two features exactly one is kept: R_i2 = 1 - R_i1
OPPOSITE = ("complementary", "opposite", "antithetic", "exclusive")
COMPLEMENT = re.compile(r"r_?\{?(?:i,?2\}?\s*=\s*1\s*-\s*r_?\{?i,?1|i,?1\}?\s*=\s*1\s*-\s*r_?\{?i,?2)", re.IGNORECASE)
SETTINGS = ("keep", "mean", "var", "std", "low", "high", "rate", "scale")
INDEXED = {"ri": "row", "rj": "column", "r": "all", "rij": "none"}
# a law in a sentence, and the settings its arguments stand for
SPOKEN: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (r"bern(?:oulli)?\(([^()]*)\)", "bernoulli", ("keep",)),
    (r"(?:\bn|normal|gaussian)\(([^()]*(?:\([^()]*\))?[^()]*)\)", "normal", ("mean", "var")),
    (r"(?:\bu|unif(?:orm)?)[(\[]([^()\[\]]*)[)\]]", "uniform", ("low", "high")),
    (r"poisson\(([^()]*)\)", "poisson", ("rate",)),
    (r"exp(?:onential)?\(([^()]*)\)", "exponential", ("rate",)),
    (r"laplace\(([^()]*)\)", "laplace", ("mean", "scale")),
    (r"(rademacher)", "rademacher", ()),
)


def read_mask(model: object, text: str, shape: tuple[int, int]) -> tuple[dropout.Mask, str, sp.Expr | None]:
    """The mask for an X of this shape, what it multiplies, and its keep probability where all entries have one.

    Raises UnknownNameError for a setting or word nobody knows, ModelError for settings that are missing or clash.
    """
    if model is None:
        model = spoken(text) if text.strip() else {"dist": "bernoulli", "keep": "p"}
    if not isinstance(model, Mapping):
        raise ModelError("mask_model must be a table such as {'dist': 'bernoulli', 'keep': 'p'}")
    table = _renamed(model)
    if "keep_rows" in table:
        by_row = read_vector(table.pop("keep_rows"), ANY_NAME, "keep_per_row")
        if "keep" in table or len(by_row) != shape[0]:
            raise ModelError(f"keep_per_row must give the keep probability of each of the {shape[0]} rows, and alone")
        table["keep"] = [[str(keep)] * shape[1] for keep in by_row]
    target = choose(table.pop("target", "features"), TARGETS, "target of the mask")
    dist, additive, inverted = _law(table, bool(ADDED.search(text)))
    _refuse_unused(table, dist)
    if str(table.get("shared", "")).lower() in OPPOSITE or COMPLEMENT.search(text):
        table |= _opposite(table, dist, shape)
    shared = _sharing(table.get("shared"), text, target)
    if additive:
        table.setdefault("mean", 0)
    per_row = shared == "row"
    if dist == "discrete":
        dist = "moments"
        table["mean"], table["var"] = _moments(table)
    correlation = read_exact(table.get("correlation", 0), ANY_NAME, "correlation")
    if dist == "subset":
        kept = read_int(table.get("kept"), "kept", least=1, most=shape[1])
        dist, table["keep"] = "bernoulli", sp.Rational(kept, shape[1])
        # drawing without replacement: what one feature gets, the others lose
        correlation = sp.Rational(-1, shape[1] - 1) if shape[1] > 1 else sp.S.Zero
    readers = {name: entry_reader(table[name], name, shape, per_row) for name in SETTINGS if name in table}
    if "drop" in table and "keep" not in table:
        dropped = entry_reader(table["drop"], "drop", shape, per_row)
        readers["keep"] = lambda i, j: 1 - dropped(i, j)
    rescale = _rescaling(table.get("rescale", "inverted" if inverted else 1), readers.get("keep"), shape, per_row)
    noise = dropout.mask(
        shape, dist, lambda i, j: {name: reader(i, j) for name, reader in readers.items()},
        shared, rescale, additive, correlation,
    )  # fmt: skip
    keeps = {readers["keep"](i, j) for i in range(shape[0]) for j in range(shape[1])} if "keep" in readers else set()
    return noise, target, keeps.pop() if len(keeps) == 1 else None


def spoken(text: str) -> dict[str, Any]:
    """A table read from a sentence such as ``R_ij iid N(1, s^2)``; ModelError unless exactly one law is named.

    >>> spoken("R_ij ~ Bernoulli(q), rescaled by 1/q")
    {'dist': 'bernoulli', 'keep': 'q', 'rescale': '1/q'}
    """
    flat = text.lower().replace("^", "**").replace("±1", "rademacher").replace("+-1", "rademacher")
    found = [(law, names, m[1]) for pattern, law, names in SPOKEN for m in re.finditer(pattern, flat)]
    if len(found) != 1:
        raise ModelError(f"noise {text!r} names {len(found)} laws; give mask_model, for example {{'dist': 'normal'}}")
    law, names, inside = found[0]
    arguments = [part.strip() for part in inside.split(",")] if names else []
    if len(arguments) != len(names):
        raise ModelError(f"noise {text!r}: {law} takes {' and '.join(names)}")
    table: dict[str, Any] = {"dist": law, **dict(zip(names, arguments, strict=True))}
    scaled = re.search(r"\b(?:re)?scaled\s+(?:by|with)\s+(1/\w+|\w+)|(?:\bdivided\s+by\s+|\)\s*/\s*)(\w+)", flat)
    if scaled:
        table["rescale"] = scaled[1] or f"1/{scaled[2]}"
    elif "inverted" in flat:
        table["rescale"] = "inverted"
    elif re.search(r"\b(?:re)?scal", flat) and not re.search(r"\b(?:no|not|without)\s+(?:re)?scal", flat):
        raise ModelError(f"noise {text!r} speaks of a rescaling without its factor; write 'rescaled by 1/p'")
    if ADDED.search(flat):
        table["additive"] = True
    return table


def entry_reader(value: object, what: str, shape: tuple[int, int], per_row: bool = False) -> Reader:
    """A setting for all entries, for each column (a list; for each row where rows share) or entry (a list of rows)."""
    if isinstance(value, list) and value and isinstance(value[0], list):
        table = read_matrix(value, ANY_NAME, what)
        if (len(table), len(table[0])) != shape:
            raise ModelError(f"{what} is {len(table)}×{len(table[0])}, X is {shape[0]}×{shape[1]}")
        return lambda i, j: table[i][j]
    if isinstance(value, list):
        row = read_vector(value, ANY_NAME, what)
        if len(row) != shape[0 if per_row else 1]:
            raise ModelError(f"{what} has {len(row)} entries, X has {shape[0]} rows and {shape[1]} columns")
        return (lambda i, j: row[i]) if per_row else lambda i, j: row[j]
    number = read_exact(value.replace("^", "**") if isinstance(value, str) else value, ANY_NAME, what)
    return lambda i, j: number


def _renamed(model: Mapping[str, Any]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    model = {k: v for k, v in model.items() if k != "groups"} | _told_groups(model)
    for old, value in model.items():
        if old not in KEYS:
            raise UnknownNameError("setting of the mask", str(old), KEYS)
        if table.setdefault(KEYS[old], value) != value:
            raise ModelError(f"mask_model says {KEYS[old]} twice, and not the same")
    if "interval" in table:
        ends = read_vector(table.pop("interval"), ANY_NAME, "interval")
        if len(ends) != 2:
            raise ModelError("the interval of a uniform mask has two ends")
        table["low"], table["high"] = ends
    return table


def _told_groups(model: Mapping[str, Any]) -> dict[str, Any]:
    """The groups of a table that says ``shared: groups`` and lists them beside it."""
    if "groups" not in model:
        return {}
    word = str(model.get("shared", "groups")).lower()
    return {"shared" if word in ("groups", "group", "grouped") else "groups": model["groups"]}


def _refuse_unused(table: Mapping[str, Any], dist: str) -> None:
    for name in table:
        if name not in TAKES[dist] | ANYWHERE:
            raise ModelError(f"a {dist} mask takes {' and '.join(sorted(TAKES[dist]))}, not {name}")
    for pair in ONE_OF:
        if pair <= set(table):
            raise ModelError(f"mask_model gives {' and '.join(sorted(pair))}; give one of them")


def _law(table: dict[str, Any], said_added: bool) -> tuple[str, bool, bool]:
    """The law, whether it is added to X, and whether the kept entries are divided by the keep probability."""
    word = str(table.pop("dist", "bernoulli")).lower()
    additive = table.pop("additive", "additive" in word or said_added)
    if "mode" in table:
        mode = str(table.pop("mode")).lower()
        if mode not in MODES:
            raise UnknownNameError("mode of the mask", mode, MODES)
        additive = MODES[mode]
    inverted = table.pop("inverted", "inverted" in word)
    for name, value in (("additive", additive), ("inverted", inverted)):
        if not isinstance(value, bool):
            raise ModelError(f"{name} must be true or false, not {value!r}")
    plain = re.sub(r"additive|multiplicative|inverted", "", word)
    return choose(plain, LAW_WORDS, "mask distribution"), additive, inverted


def _sharing(value: object, text: str, target: str) -> str | Sequence[Sequence[int]]:
    said = re.search(r"[rn]_?\{?ij\}?\s*=\s*(r(?:_?\{?(?:ij|i|j)\}?)?)(?![\w(])", text, re.IGNORECASE)
    if said:
        return INDEXED[re.sub(r"[_{}]", "", said[1].lower())]
    if value is None or target in ("targets", "predictions", "residuals"):
        return {"features": "none", "weights": "column"}.get(target, "row")
    word = choose(value, SHARES, "sharing of the mask") if isinstance(value, (str, bool)) else ""
    if word == "none" and target == "weights":
        raise ModelError("a mask on the weights: say shared 'column' (one for all rows) or put it on the features")
    return word or _groups(value)


def _opposite(table: Mapping[str, Any], dist: str, shape: tuple[int, int]) -> dict[str, Any]:
    """The settings of a mask whose second feature is kept exactly where the first is dropped."""
    if dist != "bernoulli" or shape[1] != 2 or isinstance(table.get("keep"), list) or "keep" not in table:
        raise ModelError("complementary masks need two features and one keep probability, that of the first")
    keep = read_exact(table["keep"], ANY_NAME, "keep")
    return {"keep": [keep, 1 - keep], "correlation": -1, "shared": "none"}


def _groups(value: object) -> Sequence[Sequence[int]]:
    if not isinstance(value, list) or not all(isinstance(group, list) for group in value):
        raise ModelError("shared must be a word or a list of groups of columns such as [[0, 1], [2]]")
    groups = [[read_int(j, "column of a group", least=0) for j in group] for group in value]
    members = sorted(j for group in groups for j in group)
    # columns counted from 1, as the features w1, w2 … are
    first = int(bool(members) and members == list(range(1, len(members) + 1)))
    return [[j - first for j in group] for group in groups]


def _rescaling(value: object, keep: Reader | None, shape: tuple[int, int], per_row: bool) -> Reader:
    if isinstance(value, bool) or str(value).lower() in ("none", "no", "inverted", "yes", "inverse"):
        if value is True or str(value).lower() in ("inverted", "yes", "inverse"):
            if keep is None:
                raise ModelError("an inverted mask needs a keep probability to divide by")
            return lambda i, j: 1 / keep(i, j)
        return lambda i, j: sp.S.One
    return entry_reader(value, "rescale", shape, per_row)


def _moments(table: Mapping[str, Any]) -> tuple[sp.Expr, sp.Expr]:
    values = read_vector(table.get("values"), ANY_NAME, "values")
    chances = read_vector(table.get("probs", [sp.Rational(1, len(values))] * len(values)), ANY_NAME, "probs")
    if len(values) != len(chances) or sp.simplify(sp.Add(*chances) - 1) != 0:
        raise ModelError("a discrete mask needs a probability for each value, and they must sum to 1")
    if any(chance.is_negative for chance in chances):
        raise ModelError("the probability of a value of the mask cannot be negative")
    mean = sp.Add(*(v * c for v, c in zip(values, chances, strict=True)))
    return mean, sp.expand(sp.Add(*(v**2 * c for v, c in zip(values, chances, strict=True))) - mean**2)
