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
from symderiv.families.given import need
from symderiv.models.convolution import Table, table, written

_SHORTHAND: Final[dict[str, Callable[..., dict[str, Any]]]] = {
    r"conv(\d+)-(\d+)": lambda k, f: {"type": "conv", "k": int(k), "filters": int(f), "pad": (int(k) - 1) // 2},
    r"pool(\d+)": lambda k: {"type": "pool", "k": int(k)},
    r"fc-(\d+)": lambda units: {"type": "fc", "K": int(units)},
}


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters and activation sizes of every layer, and their totals."""
    dims, order = _input(given)
    stack = need(given, "layers", "architecture")
    if not isinstance(stack, list) or not all(isinstance(item, (str, Mapping)) for item in stack):
        raise ModelError("question: 'layers' must be a list of layers, each an object or a name such as CONV3-10")
    layers = [_layer(item, given) for item in stack]
    names = [str(item if isinstance(item, str) else item.get("type")) for item in stack]
    return _answers(table(dims, layers), names, order)


def _input(given: Mapping[str, Any]) -> tuple[list[int], list[int]]:
    """The input's sizes with the channels last, and where each axis stood in the question."""
    for name, value in given.items():
        if not name.startswith("input") or not isinstance(value, (list, tuple)) or not value:
            continue
        letters = name.partition("_")[2].upper().lstrip("N")
        sizes = [read_int(v, name, 1) for v in value]
        channel = letters.find("C") if "C" in letters else len(sizes)
        if channel == len(sizes) and letters and "C" not in letters:
            sizes = [*sizes, 1]
        channel = min(channel, len(sizes) - 1)
        order = [i for i in range(len(sizes)) if i != channel] + [channel]
        return [sizes[i] for i in order], order
    raise ModelError(f"question: 'input_HWC' (or input_CHW, input_LC …) is missing; given are {sorted(given)}")


def _layer(item: object, given: Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(item, Mapping):
        return {"bias": given["bias"], **item} if "bias" in given else item
    plain = str(item).lower()
    for pattern, build in _SHORTHAND.items():
        match = re.fullmatch(pattern, plain)
        if match:
            return build(*match.groups())
    return {"type": plain}


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
        "total_params": result.total_params, "total": result.total_params,
        "weights_only": result.total_params - biases, "biases_only": biases,
        "input_size": math.prod(result.input),
        "output_dims": back(last.dims) if last else list(result.input),
        "receptive_field": list(spatial[-1].receptive_field) if spatial else [1],
        "macs": [row.macs for row in result.rows], "total_macs": sum(row.macs for row in result.rows),
    }


FAMILIES.add("cnn_table", answer)
