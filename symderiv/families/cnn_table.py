"""Questions on the table of a convolutional network.

Answers: rows (layer, params, dims in the input's order of axes), total_params, computations (each entry as
written out), output_dims, receptive_field, macs, total_macs, weights_only, biases_only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from symderiv.errors import ModelError
from symderiv.exact import read_int
from symderiv.families import FAMILIES
from symderiv.families.given import need, pick, prose
from symderiv.models.convolution import Table, table, written

_SHORTHAND: Final[dict[str, Callable[..., dict[str, Any]]]] = {
    r"conv(\d+)(?:x\1)?-(\d+)": lambda k, f: {"type": "conv", "k": int(k), "filters": int(f)},
    r"((?:max|avg)?-?pool)-?(\d+)(?:x\2)?": lambda kind, k: {"type": kind, "k": int(k)},
    r"(?:fc|dense|linear)-?(\d+)": lambda units: {"type": "fc", "K": int(units)},
}
_SUFFIX: Final = re.compile(r"[\s,(]*(stride|padding|pad|dilation|groups)\s*(?:=|:|of)?\s*(\d+)\)?")
# the kinds of layers a clause on biases may be about
BIASED: Final = {
    "conv": r"\bconv(?:olution(?:s|al layers?)?|s| layers?)?\b(?! net)",
    "fc": r"\bfc\b|fully[- ]connected|dense layers?|linear layers?",
}
_AXES: Final = frozenset("NBHWCLDT")


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters and activation sizes of every layer, and their totals."""
    dims, order = _input(given)
    stack = need(given, "layers", "architecture", "network", "stack")
    if isinstance(stack, str):
        stack = [name.strip() for name in re.split(r"\s*(?:-+>|→|\||;)\s*", stack) if name.strip()]
    if not isinstance(stack, list) or not all(isinstance(item, (str, Mapping)) for item in stack):
        raise ModelError("question: 'layers' must be a list of layers, each an object or a name such as CONV3-10")
    stack = [item for entry in stack for item in _repeated(entry)]
    if any(isinstance(item, Mapping) and "bias" in item for item in stack) and "bias" not in given:
        given = {**given, "bias": True}  # the layers without one say so themselves
    layers = [_layer(item, given) for item in stack]
    names = [str(item if isinstance(item, str) else item.get("type", item.get("layer"))) for item in stack]
    return _answers(table(dims, layers), names, order)


def _input(given: Mapping[str, Any]) -> tuple[list[int], list[int]]:
    """The input's sizes with the channels last, and where each axis stood in the question."""
    extra = pick(given, "channels", "in_channels", "input_channels")
    for name, value in given.items():
        unusable = isinstance(value, (bool, Mapping)) or not value
        if not name.startswith("input") or name.endswith("channels") or unusable:
            continue
        if isinstance(value, str):
            value = re.split(r"\s*[x×*,]\s*", value.strip(" ()[]"))
        sizes = [read_int(v, name, 1) for v in (value if isinstance(value, (list, tuple)) else [value])]
        tail = name.rpartition("_")[2].upper()
        letters = tail if set(tail) <= _AXES else ""
        if letters and letters[0] in "NB":  # the number of inputs changes neither parameters nor one input's sizes
            letters, sizes = letters[1:], sizes[1:] if len(sizes) == len(letters) else sizes
        if "C" not in letters and (letters or extra is not None and len(sizes) <= 2):
            letters, sizes = f"{letters or 'HW'[: len(sizes)]}C", [*sizes, read_int(extra or 1, "channels", 1)]
        elif not letters and len(sizes) == 2 and "1d" not in str(given.get("layers")).lower():
            raise ModelError(f"question: {name!r} has two sizes; write input_HW, input_LC … to say which they are")
        if letters and len(letters) != len(sizes):
            raise ModelError(f"question: {name!r} names {len(letters)} axes and has {len(sizes)} sizes")
        channel = letters.index("C") if letters else len(sizes) - 1
        order = [i for i in range(len(sizes)) if i != channel] + [channel]
        return [sizes[i] for i in order], order
    raise ModelError(f"question: 'input_HWC' (or input_CHW, input_LC …) is missing; given are {sorted(given)}")


def _repeated(item: Any) -> list[Any]:
    """A layer that stands several times."""
    if not isinstance(item, Mapping):
        return [item]
    times = read_int(pick(item, "repeat", "times", default=1), "repeat", 1, 1000)
    return [{k: v for k, v in item.items() if k not in ("repeat", "times")}] * times


def _layer(item: object, given: Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(item, Mapping):
        named = {"type": item["layer"], **item} if "layer" in item and "type" not in item else item
        layer = {**_layer(named["type"], given), **named} if _short(str(named.get("type"))) else dict(named)
        if _short(str(named.get("type"))):
            layer["type"] = _layer(named["type"], given)["type"]
        return {**_bias(given, str(layer.get("type"))), **layer}
    plain = str(item).lower()
    settings = {name: int(value) for name, value in _SUFFIX.findall(plain)}
    short = _short(_SUFFIX.sub("", plain).strip())
    layer = short if short else {"type": _SUFFIX.sub("", plain).strip()}
    if short and layer["type"] == "conv" and not {"pad", "padding"} & settings.keys():
        settings["pad"] = _shorthand_padding(given, layer["k"])
    return {**_bias(given, str(layer["type"])), **layer, **settings}


def _bias(given: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Whether a layer of this kind has a bias, where the question says it for all layers or for all of the kind."""
    if "bias" in given:
        return {"bias": given["bias"]}
    clause = re.search(r"[^,;.]*(?:\b(?:no|without) bias|bias[- ]free)[^,;.]*", prose(given))
    if clause is None:
        return {}
    named = [name for name, words in BIASED.items() if re.search(words, clause[0])]
    spoken_of = len(named) != 1 or named[0] in kind.lower() or named == ["fc"] and kind.lower() in ("dense", "linear")
    return {"bias": False} if spoken_of else {}


def _short(plain: str) -> dict[str, Any] | None:
    """CONV3-10, POOL2, FC-3 as a layer."""
    for pattern, build in _SHORTHAND.items():
        match = re.fullmatch(pattern, plain.lower())
        if match:
            return build(*match.groups())
    return None


def _shorthand_padding(given: Mapping[str, Any], kernel: int) -> Any:
    """What CONVk-F is padded with: given, else said in the task, else as many as keep the size (1 for an even k)."""
    said = re.search(r"padding (?:is |of |= ?)?(\d+)", prose(given))
    return pick(given, "pad", "padding", default=int(said[1]) if said else max((kernel - 1) // 2, int(kernel % 2 == 0)))


def _answers(result: Table, names: Sequence[str], order: Sequence[int]) -> dict[str, Any]:
    def back(dims: Sequence[int]) -> list[int]:
        if len(dims) != len(order):
            return list(dims)
        return [dims[order.index(i)] for i in range(len(dims))]

    rows = list(zip(names, result.rows, strict=True))
    last = result.rows[-1] if result.rows else None
    spatial = [row for row in result.rows if row.made.windows]
    biases = sum(t[0] for r in result.rows for t in r.params_as if len(t) == 1)
    return {
        "rows": [{"layer": name, "params": row.params, "dims": back(row.dims)} for name, row in rows],
        "computations": [
            {"layer": name, "params": written(row.params_as), "dims": written((tuple(row.dims_as),))}
            for name, row in rows
        ],
        "total_params": result.total_params,
        "total": result.total_params,
        "weights_only": result.total_params - biases,
        "biases_only": biases,
        "input_size": math.prod(result.input),
        "output_dims": back(last.dims) if last else list(result.input),
        "receptive_field": list(spatial[-1].receptive_field) if spatial else [1],
        "macs": [row.macs for row in result.rows],
        "total_macs": sum(row.macs for row in result.rows),
    }


FAMILIES.add("cnn_table", answer)
